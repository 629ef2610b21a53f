import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inspectAny, removeLabelled } from "./docker-cli.ts";
import { Registry } from "./registry.ts";
import { Stack } from "./stack.ts";

const LABEL = `drydock.conformance=functions-${process.pid}`;

describe("functions", () => {
    const stack = new Stack("functions");
    let registry: Registry;

    beforeAll(async () => {
        registry = await Registry.start(stack.dir, LABEL);
        mkdirSync(join(stack.dir, "app"));
        writeFileSync(join(stack.dir, "app/Dockerfile"), "FROM scratch\nCOPY Dockerfile /\n");
    });

    afterAll(async () => {
        await stack.dispose();
        registry.removeLocalImages();
        removeLabelled(LABEL);
    });

    test("read an image in its registry and on the Docker daemon", async () => {
        const { address } = registry;
        const image = `
            const login = ${registry.login("address")};
            const image = new docker.Image("image", {
                imageName: "${address}/app:1", build: { context: "./app" }, registry: ${registry.login("server")},
            });`;
        expect(await stack.up(`${image} return { image: image.repoDigest };`)).toSucceed();
        const { image: pushed } = await stack.outputs();
        const [, digest] = String(pushed).split("@");

        // A registry without TLS is asked by its address in registryAuth.
        const calls = `
            const at = (name, password) => new docker.Provider(name, {
                registryAuth: [{ ...login, address: "http://" + login.address, ...(password && { password }) }],
            });
            const [provider, other] = [at("registry"), at("refused", "wrong")];
            const remote = (name, provider) => docker.getRegistryImage({ name, insecureSkipVerify: true }, { provider });
            const local = (name) => docker.getRemoteImage({ name }, { provider });
            return {
                digest: remote("${address}/app:1", provider),
                pinned: remote("${address}/app:1@${digest}", provider),
                missing: remote("${address}/app:2", provider).catch(String),
                refused: remote("${address}/app:1", other).catch(String),
                silent: remote("127.0.0.1:1/app:1", provider).catch(String),
                local: local("${String(pushed)}"),
                notHere: local("${address}/app:2").catch(String),
            };`;
        const run = await stack.up(image + calls);
        expect(run).toSucceed();
        expect(run.output).not.toContain(Registry.PASSWORD);
        expect(await stack.outputs()).toEqual({
            digest: { id: digest, name: `${address}/app:1`, insecureSkipVerify: true, sha256Digest: digest },
            pinned: expect.objectContaining({ sha256Digest: digest }) as unknown,
            missing: expect.stringMatching(
                /fetch image version app:2 from registry: .*404 Not Found/,
            ) as string,
            refused: expect.stringContaining("401 Unauthorized") as string,
            silent: expect.stringContaining("connect") as string,
            local: {
                id: (inspectAny(String(pushed)) as { Id: string }).Id,
                name: pushed,
                repoDigest: pushed,
            },
            notHere: expect.stringContaining(`did not find docker image '${address}/app:2'`) as string,
        });

        // A preview calls them too, and creates nothing.
        const steps = await stack.preview(image + calls);
        expect(steps.map(({ op }) => op)).toEqual(steps.map(() => "same"));
    });
});
