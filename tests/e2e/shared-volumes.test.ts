import { execFileSync } from "node:child_process";
import { Programs } from "./programs.ts";
import { soakTest } from "./soak-test.ts";

describe("a volume that a web server and nginx share", () => {
    const programs = new Programs();
    const stack = "shared";
    const existing = `drydock-test-uploads-${process.pid}`;
    afterAll(async () => {
        execFileSync("docker", ["volume", "rm", "--force", existing]);
        await programs.dispose();
    });

    /** @param args of the Volume @param front further mounts of the second application */
    const program = (args: string, front = "readOnly: true") => `
        const assets = new drydock.Volume("assets", ${args});
        const app = { image: "debian:trixie-slim", command: ["sleep", "infinity"], health: { command: ["true"] }, stopTimeout: 1 };
        new drydock.WebApp("web", { ...app, mounts: [{ path: "/rails/public", source: assets.source }] });
        new drydock.WebApp("front", { ...app, mounts: [{ path: "/srv/public", source: assets.source, ${front} }] });
        const seed = new drydock.Task("seed", {
            image: "debian:trixie-slim",
            command: ["sh", "-c", "echo ahoy > /a/page"],
            mounts: [{ path: "/a", source: assets.source }],
        });
        return { source: assets.source };`;
    const exec = (app: string, command: string) =>
        programs.shell(`docker exec drydock-${stack}-${app} sh -c '${command}' 2>&1 || true`);
    const volumes = () => programs.shell("docker volume ls --quiet").split("\n");

    test("is writable in one and read-only in the other, and outlives both", async () => {
        expect(await programs.up(stack, program("{}"))).toSucceed();
        expect(exec("front", "cat /srv/public/page")).toBe("ahoy");
        expect(exec("front", "echo x > /srv/public/page")).toContain("Read-only file system");
        exec("web", "echo changed > /rails/public/page");
        expect((await programs.up(stack, program("{}"))).output).toMatch(/unchanged/);

        const both = 'new drydock.Volume("assets", {}); return {};';
        expect(await programs.up(stack, both)).toSucceed();
        expect(volumes()).toContain(`drydock.${stack}.assets`);
        await programs.up(stack, program("{}", "readOnly: false").replace(/const seed[^]*?\}\);/, ""));
        expect(exec("front", "cat /srv/public/page")).toBe("changed");
    });

    soakTest(
        "of a Redis can be mounted read-only elsewhere, and does not keep the Redis from starting again",
        async () => {
            const cache = (hz: string) => `
            const cache = new drydock.RedisService("cache", { volume: "drydock.lent.data", settings: { hz: "${hz}", appendonly: "yes" } });
            new drydock.Service("backup", {
                image: "debian:trixie-slim",
                command: ["sleep", "infinity"],
                stopTimeout: 1,
                networks: [cache.connection.network],
                mounts: [{ path: "/backup/cache", source: { volume: "drydock.lent.data" }, readOnly: true }],
            });
            return {};`;
            expect(await programs.up("lent", cache("10"))).toSucceed();
            expect(programs.shell("docker exec drydock-lent-backup ls /backup/cache")).toContain(
                "appendonlydir",
            );
            const { code, output } = await programs.up("lent", cache("20"));
            expect({ code, output }).toSucceed();
            expect(output).toContain("1 replaced");
            expect(await programs.up("lent", "return {};")).toSucceed();
            expect(volumes()).not.toContain("drydock.lent.data");
        },
    );

    soakTest("can be replaced by an existing one, which is taken over and stays", async () => {
        programs.shell(`docker volume create ${existing}`);
        programs.shell(
            `docker run --rm --volume ${existing}:/a debian:trixie-slim sh -c 'echo old > /a/old'`,
        );
        const args = `{ name: "${existing}", protectData: true }`;
        expect(await programs.up(stack, program(args))).toSucceed();
        expect(exec("front", "cat /srv/public/old")).toBe("old");

        expect((await programs.up(stack, "return {};")).output).toContain("protected");
        await programs.up(stack, program(`{ name: "${existing}" }`));
        const { output } = await programs.up(stack, "return {};");
        expect(output).toContain(`Removed the volume drydock.${stack}.assets with its data`);
        expect(output).toContain(`Kept the volume ${existing}, which this stack did not create`);
        expect(volumes()).toContain(existing);
        expect(volumes()).not.toContain(`drydock.${stack}.assets`);
    });
});
