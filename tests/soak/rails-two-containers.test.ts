import { writeFileSync } from "node:fs";
import { hashSync } from "bcryptjs";
import { Clone } from "../e2e/clone.ts";
import { Example } from "../e2e/example.ts";
import { fetchPage } from "../e2e/network.ts";

describe("rails-two-containers", () => {
    const clone = new Clone();
    const example = new Example(clone, "rails-two-containers", "pushed");
    let registry = "";
    afterAll(async () => {
        await example.make("down");
        clone.shell(`docker rm --force --volumes ${registry}`);
        expect(example.dockerObjects()).toBe("");
        await clone.dispose();
    });

    test("pushes its image to a registry that requires a login, and runs it from there", async () => {
        writeFileSync(`${clone.dir}/htpasswd`, `hartl:${hashSync("anchor", 4)}\n`);
        const auth = "--env REGISTRY_AUTH=htpasswd --env REGISTRY_AUTH_HTPASSWD_REALM=r";
        const file = `--env REGISTRY_AUTH_HTPASSWD_PATH=/htpasswd --volume ${clone.dir}/htpasswd:/htpasswd:ro`;
        registry = clone
            .shell(`docker run --detach --publish 127.0.0.1::5000 ${auth} ${file} registry:2`)
            .trim();
        const address = clone.shell(`docker port ${registry} 5000`).trim();
        const image = `${address}/hartl/sample:1`;
        example.configure({ registry: image, registryUser: "hartl", "!registryPassword": "wrong" });
        expect(await example.make("up")).toFail();

        example.configure({ "!registryPassword": "anchor" });
        await example.up();
        expect(example.inspect("web", "{{.Config.Image}}")).toMatch(
            new RegExp(`^${address}/hartl/sample@sha256:`),
        );
        const tags = `http://${address}/v2/hartl/sample/tags/list`;
        expect((await fetch(tags)).status).toBe(401);
        const authorization = `Basic ${Buffer.from("hartl:anchor").toString("base64")}`;
        expect(await (await fetch(tags, { headers: { authorization } })).json()).toMatchObject({
            tags: ["1"],
        });
        const { url } = example.outputs() as { url: string };
        expect(await fetchPage(`${url}/users`)).toContain("Ada Lovelace");
        clone.shell(`docker image rm --force ${image}`);
    });
});
