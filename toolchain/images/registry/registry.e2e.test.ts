import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { hashSync } from "bcryptjs";
import { directory, docker, tryDocker, publishedPort, cleanUp, start } from "../testing.ts";

// What users rely on in the official image, tested from outside: the tests pass for both images.

afterAll(cleanUp);

describe("registry:2", () => {
    let open: string;
    let guarded: string;

    beforeAll(async () => {
        const auth = directory("registry-auth");
        writeFileSync(join(auth, "htpasswd"), `robot:${hashSync("s3cret", 4)}\n`);
        const registries = await Promise.all([
            start("registry:2", { port: 5000 }),
            start(
                "registry:2",
                {
                    env: {
                        REGISTRY_AUTH: "htpasswd",
                        REGISTRY_AUTH_HTPASSWD_REALM: "Shipyard",
                        REGISTRY_AUTH_HTPASSWD_PATH: "/auth/htpasswd",
                        REGISTRY_HTTP_ADDR: ":5001",
                    },
                    port: 5001,
                    volumes: { "/auth": auth },
                },
                "serve",
                "/etc/docker/registry/config.yml",
            ),
        ]);
        [open, guarded] = await Promise.all([address(registries[0], 5000), address(registries[1], 5001)]);
    });

    test("requires no login by default", async () => {
        expect((await fetch(`http://${open}/v2/`)).status).toBe(200);
    });

    test("requires a login with REGISTRY_AUTH", async () => {
        const answer = await fetch(`http://${guarded}/v2/`);
        expect(answer.status).toBe(401);
        expect(answer.headers.get("www-authenticate")).toBe('Basic realm="Shipyard"');
    });

    test("stores images pushed with a login", async () => {
        const image = `${guarded}/tiny:1`;
        const client = ["--config", directory("docker-config")];
        const context = directory("tiny");
        writeFileSync(join(context, "Dockerfile"), "FROM scratch\nCOPY Dockerfile /\n");
        await docker("build", "--quiet", "--tag", image, context);
        try {
            expect(await tryDocker(...client, "push", image)).toExitWith(1);
            await docker(...client, "login", "--username", "robot", "--password", "s3cret", guarded);
            await docker(...client, "push", image);
            await docker("rmi", image);
            await docker(...client, "pull", image);
        } finally {
            await tryDocker("rmi", image);
        }
    });
});

/** The address of a registry, once it answers. */
async function address(container: string, port: number): Promise<string> {
    const host = `127.0.0.1:${await publishedPort(container, port)}`;
    const deadline = Date.now() + 600_000;
    while (!(await fetch(`http://${host}/v2/`).catch(() => undefined)) && Date.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return host;
}
