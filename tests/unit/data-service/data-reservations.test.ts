import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as docker from "@pulumi/docker";
import { Engine, PostgresService, RedisService, type StorageArgs } from "../../../components/index.ts";
import { refusal } from "../../../testing/index.ts";
import { ENGINES } from "../engines/index.ts";

const ACCEPTED = "nothing was refused";

const directory = mkdtempSync(join(tmpdir(), "drydock-data-"));
const symlink = `${directory}-link`;
symlinkSync(directory, symlink);
afterAll(() => {
    rmSync(directory, { recursive: true });
    rmSync(symlink);
});

describe.each(ENGINES)("two services of a program on %s", (engine) => {
    test.each<[StorageArgs, StorageArgs, string]>([
        [{ volume: "pgd" }, { volume: "pgd" }, 'volume: "pgd" is used by the component "db"'],
        [{}, { volume: "shop.dev.db" }, 'volume: "shop.dev.db" is used by the component "db"'],
        [
            { hostPath: "/srv/pg" },
            { hostPath: "/srv/pg" },
            'hostPath: "/srv/pg" is used by the component "db"',
        ],
        [{ hostPath: "/srv/pg" }, { hostPath: "/srv//pg/" }, 'hostPath: "/srv//pg/" is used by'],
        [{ hostPath: "/srv/pg" }, { hostPath: "/srv" }, 'the component "db" ("/srv/pg")'],
        [{ hostPath: "/srv" }, { hostPath: "/srv/pg" }, 'the component "db" ("/srv")'],
        [{ hostPath: directory }, { hostPath: symlink }, "two servers on the same files corrupt them"],
    ])("cannot have the data of %j and %j", async (one, other, message) => {
        const both = () => {
            new PostgresService("db", { engine, ...one });
            new RedisService("cache", { engine, ...other });
        };
        expect(await refusal(both)).toContain(message);
    });

    test.each<[StorageArgs, StorageArgs]>([
        [{}, {}],
        [{ hostPath: "/srv/pg" }, { hostPath: "/srv/pg2" }],
        [{ persistent: false }, { persistent: false }],
    ])("can have the data of %j and %j", async (one, other) => {
        const both = () => {
            new PostgresService("db", { engine, ...one });
            new RedisService("cache", { engine, ...other });
        };
        expect(await refusal(both)).toBe(ACCEPTED);
    });

    test("can have volumes of the same name on different machines", async () => {
        const both = () => {
            const provider = new docker.Provider("remote", { host: "ssh://remote" });
            new RedisService("a", { engine, volume: "data" });
            new RedisService("b", { engine, volume: "data" }, { provider });
        };
        expect(await refusal(both)).toBe(ACCEPTED);
    });
});

test("data can be used again in the next update", async () => {
    expect(await refusal(() => new RedisService("a", { volume: "data" }))).toBe(ACCEPTED);
    expect(await refusal(() => new RedisService("b", { volume: "data" }))).toBe(ACCEPTED);
});

test("Engine.Docker and no engine are the same engine", async () => {
    const both = () => {
        new RedisService("a", { volume: "data" });
        new RedisService("b", { volume: "data", engine: Engine.Docker });
    };
    expect(await refusal(both)).toContain('volume: "data" is used by the component "a"');
});

test.each([
    ["is the same on one node", "node1", "node1", 'hostPath: "/srv/redis" is used by the component "a"'],
    ["differs between nodes", "node1", "node2", ACCEPTED],
])("a directory on a Swarm %s", async (_, one, other, message) => {
    const redisOn = (node: string) => ({ engine: Engine.Swarm, hostPath: "/srv/redis", swarm: { node } });
    const both = () => {
        new RedisService("a", redisOn(one));
        new RedisService("b", redisOn(other));
    };
    expect(await refusal(both)).toContain(message);
});
