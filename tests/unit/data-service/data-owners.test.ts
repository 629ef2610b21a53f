import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as docker from "@pulumi/docker";
import { Engine, PostgresService, RedisService, type StorageArgs } from "../../../components/index.ts";
import { refuseForeignUse } from "../../../components/engines/data-guard.ts";
import { createDockerClient } from "../../../components/engines/docker-command.ts";
import { refusal } from "../../../testing/index.ts";
import { ENGINES } from "../engines/index.ts";

const folder = mkdtempSync(join(tmpdir(), "drydock-data-"));
const link = `${folder}-link`;
symlinkSync(folder, link);
afterAll(() => {
    rmSync(folder, { recursive: true });
    rmSync(link);
});

describe.each(ENGINES)("the data of a server, on %s, belongs to it alone", (engine) => {
    const both = (one: StorageArgs, other: StorageArgs) =>
        refusal(() => {
            new PostgresService("db", { engine, ...one });
            new RedisService("cache", { engine, ...other });
        });

    test.each<[StorageArgs, StorageArgs, string]>([
        [{ volume: "pgd" }, { volume: "pgd" }, 'volume: "pgd" is used by the service "db"'],
        [{}, { volume: "shop.dev.db" }, 'volume: "shop.dev.db" is used by the service "db"'],
        [{ hostPath: "/srv/pg" }, { hostPath: "/srv/pg" }, 'hostPath: "/srv/pg" is used by the service "db"'],
        [{ hostPath: "/srv/pg" }, { hostPath: "/srv//pg/" }, 'hostPath: "/srv//pg/" is used by'],
        [{ hostPath: "/srv/pg" }, { hostPath: "/srv" }, 'the service "db" ("/srv/pg")'],
        [{ hostPath: "/srv" }, { hostPath: "/srv/pg" }, 'the service "db" ("/srv")'],
        [{ hostPath: folder }, { hostPath: link }, "two servers on the same files corrupt them"],
        [{}, {}, "nothing was refused"],
        [{ hostPath: "/srv/pg" }, { hostPath: "/srv/pg2" }, "nothing was refused"],
        [{ persistent: false }, { persistent: false }, "nothing was refused"],
    ])("%j and %j", async (one, other, reason) => {
        expect(await both(one, other)).toContain(reason);
        // Of another run, nothing is left.
        expect(await refusal(() => new RedisService("cache", { engine, ...other }))).toBe(
            "nothing was refused",
        );
    });

    test("but may have the same name on another machine", async () => {
        const reason = await refusal(() => {
            const provider = new docker.Provider("far", { host: "ssh://big" });
            new RedisService("a", { engine, volume: "data" });
            new RedisService("b", { engine, volume: "data" }, { provider });
        });
        expect(reason).toBe("nothing was refused");
    });
});

test("an engine that is left out is the Docker Engine", async () => {
    const reason = await refusal(() => {
        new RedisService("a", { volume: "data" });
        new RedisService("b", { volume: "data", engine: Engine.Docker });
    });
    expect(reason).toContain('volume: "data" is used by the service "a"');
});

test("a directory on two nodes of a Swarm is two", async () => {
    const on = (node: string) => ({ engine: Engine.Swarm, hostPath: "/srv/redis", swarm: { node } });
    const both = (one: string, other: string) =>
        refusal(() => {
            new RedisService("a", on(one));
            new RedisService("b", on(other));
        });
    expect(await both("n1", "n2")).toBe("nothing was refused");
    expect(await both("n1", "n1")).toContain("hostPath");
});

describe("a server does not start on data that another container has", () => {
    const volume = (Name: string, more = {}) => ({ Type: "volume", Name, ...more });
    const container = (status: string, labels = {}, mount: object = volume("pgd")) => [
        { name: "old", status, labels, mounts: [mount as { Type: string }] },
    ];
    const refused = (
        others: ReturnType<typeof container>,
        source: { volume?: string; hostPath?: string },
    ) => {
        try {
            refuseForeignUse(source, others, "shop-dev-db");
            return "";
        } catch (error) {
            return (error as Error).message;
        }
    };

    test.each(["running", "restarting", "paused"])("which is %s, and names it", (status) => {
        expect(refused(container(status), { volume: "pgd" })).toBe(
            `the volume pgd is in use by the container old, which is ${status}: two servers on the same files corrupt ` +
                "them. Stop it (docker stop old), or use another volume.",
        );
    });

    test.each<[Record<string, string>, string, string]>([
        [
            { "drydock.project": "blog", "drydock.stack": "prod" },
            "the container old of the stack prod of the project blog",
            "Stop it (docker stop old)",
        ],
        [
            { "com.docker.compose.project": "shop", "com.docker.compose.service": "db" },
            "the container old of the Compose project shop",
            "Stop it (docker compose --project-name shop stop db)",
        ],
    ])("and says whose it is: %j", (labels, whose, remedy) => {
        const reason = refused(container("running", labels), { volume: "pgd" });
        expect(reason).toContain(whose);
        expect(reason).toContain(remedy);
    });

    test.each<[string, object, { volume?: string; hostPath?: string }, boolean]>([
        ["a directory", { Type: "bind", Source: "/srv/pg" }, { hostPath: "/srv/pg" }, true],
        ["a directory in it", { Type: "bind", Source: "/srv/pg/data" }, { hostPath: "/srv/pg" }, true],
        ["a directory around it", { Type: "bind", Source: "/srv" }, { hostPath: "/srv/pg" }, true],
        ["a directory beside it", { Type: "bind", Source: "/srv/pg2" }, { hostPath: "/srv/pg" }, false],
        ["the whole machine", { Type: "bind", Source: "/" }, { hostPath: "/srv/pg" }, false],
        ["another volume", volume("pgd2"), { volume: "pgd" }, false],
        ["the volume, which it only reads", volume("pgd", { RW: false }), { volume: "pgd" }, false],
        ["a service's volume", { Type: "volume", Source: "pgd" }, { volume: "pgd" }, true],
    ])("that mounts %s", (_, mount, source, isRefused) => {
        expect(refused(container("running", {}, mount), source) !== "").toBe(isRefused);
    });
});

test("a question to Docker that fails is told by Docker's answer, and not by the script", async () => {
    writeFileSync(join(folder, "docker"), "#!/bin/sh\necho 'Cannot connect to Docker' >&2; exit 1\n", {
        mode: 0o755,
    });
    const { PATH } = process.env;
    process.env.PATH = `${folder}:${PATH}`;
    try {
        await expect(createDockerClient(undefined)("ps")).rejects.toThrow(/^Cannot connect to Docker$/);
    } finally {
        process.env.PATH = PATH;
    }
});
