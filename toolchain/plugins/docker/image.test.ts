import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Context } from "../../plugin/provider";
import { isSecret, plain, secret, UNKNOWN, Value, Values } from "../../plugin/values";
import { Daemon } from "./daemon";
import { image } from "./image";

const folder = mkdtempSync(join(tmpdir(), "drydock-image-"));
writeFileSync(join(folder, "Dockerfile"), "FROM scratch\n");
afterAll(() => {
    rmSync(folder, { recursive: true });
});

async function checked(inputs: Values) {
    const failures = await image(new Daemon()).check?.(inputs, {} as Context);
    return failures?.map(({ property }) => property);
}

test("a build that is not known yet, or is a secret, is what it will be", async () => {
    const unknown: Values = { imageName: "app", skipPush: true, build: UNKNOWN };
    expect(await checked(unknown)).toEqual([]);
    expect(unknown.build).toBe(UNKNOWN);

    const hidden: Values = { imageName: "app", skipPush: true, build: secret({ context: folder }) };
    expect(await checked(hidden)).toEqual([]);
    expect(isSecret(hidden.build)).toBe(true);
    expect(plain(hidden.build as Value)).toMatchObject({
        context: folder,
        dockerfile: join(folder, "Dockerfile"),
        contextDigest: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    });
});

test.each<[string, Values, string[]]>([
    ["its name says the registry", { imageName: "registry.example.com/app" }, []],
    ["its login says the registry", { imageName: "team/app", registry: { server: "docker.io" } }, []],
    ["its login is not known yet", { imageName: "team/app", registry: UNKNOWN }, []],
    ["it is not pushed", { imageName: "team/app", skipPush: true }, []],
    ["nothing says the registry", { imageName: "team/app" }, ["imageName"]],
    ["its login does not say it", { imageName: "team/app", registry: { username: "me" } }, ["imageName"]],
])("where an image goes is known: %s", async (_, inputs, refused) => {
    expect(await checked({ ...inputs, build: { context: folder } })).toEqual(refused);
});
