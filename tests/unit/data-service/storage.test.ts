import { Engine, RedisService, type StorageArgs } from "../../../components/index.ts";
import { refusal } from "../../../testing/index.ts";
import { ENGINES, runOn } from "../engines/index.ts";

describe.each(ENGINES)("the data of a service on %s", (engine) => {
    const runRedis = (args: StorageArgs) =>
        runOn(engine, () => ({ c: new RedisService("cache", { engine, ...args }).connection }));

    test("is on a volume of its own", async () => {
        const volume = "shop.dev.cache";
        const { container, volumes } = await runRedis({});
        expect(volumes).toEqual([
            { name: "cache-data", parent: "drydock:index:RedisService cache", volume, protect: false },
        ]);
        expect(container().mounts).toEqual([{ path: "/data", volume, readOnly: false }]);
    });

    test("can be on a volume with another name", async () => {
        const { container } = await runRedis({ volume: "mine" });
        expect(container().mounts).toEqual([{ path: "/data", volume: "mine", readOnly: false }]);
    });

    test.each<[StorageArgs, string | undefined]>([
        [{}, "shop.dev.cache"],
        [{ volume: "mine" }, "mine"],
        [{ hostPath: "/srv/redis" }, "/srv/redis"],
        [{ persistent: false }, undefined],
    ])("with %j is called %p in the connection", async (args, storage) => {
        const { outputs } = await runRedis(args);
        expect(outputs.c?.value).toMatchObject({ network: expect.anything() as unknown });
        expect((outputs.c?.value as { storage?: string } | undefined)?.storage).toBe(storage);
    });

    test("can be protected: its volume and the resource that deletes the volume", async () => {
        const { declared, volumes } = await runRedis({ protectData: true });
        expect(volumes).toMatchObject([{ name: "cache-data", protect: true }]);
        expect(declared.filter(({ options }) => options.protect).map(({ name }) => name)).toEqual([
            ...(engine === Engine.Docker ? ["cache-data-removal"] : []),
            "cache-data",
        ]);
    });

    test("can be in a directory of the host", async () => {
        const { container, volumes } = await runRedis({ hostPath: "/srv/redis" });
        expect(volumes).toEqual([]);
        expect(container().mounts).toEqual([{ path: "/data", hostPath: "/srv/redis", readOnly: false }]);
    });

    test("has no mount if it is not persistent", async () => {
        const { container, declared } = await runRedis({ persistent: false });
        expect(declared.map(({ name }) => name)).not.toContain("cache-data");
        expect(container().mounts).toEqual([]);
    });

    test.each<[StorageArgs, string]>([
        [{ hostPath: "data" }, 'hostPath: "data" is not an absolute path; start it with /'],
        [{ hostPath: "/a:b" }, 'hostPath: "/a:b" contains a character that Docker cannot mount'],
        [{ hostPath: "/a,b" }, 'hostPath: "/a,b" contains a character'],
        [{ volume: "my data" }, 'volume: "my data" is not the name of a volume; use two or more'],
        [{ volume: "v1", hostPath: "/srv" }, "hostPath: hostPath and volume are both set; keep one"],
        [
            { persistent: false, volume: "v1" },
            "persistent: persistent is false, but volume or hostPath is set",
        ],
        [
            { persistent: false, hostPath: "/srv" },
            "persistent: persistent is false, but volume or hostPath is set",
        ],
        [
            { persistent: false, protectData: true },
            "protectData: there is no data to protect while persistent is false",
        ],
    ])("refuses %j", async (args, message) => {
        expect(await refusal(() => new RedisService("cache", { engine, ...args }))).toContain(message);
    });
});
