import { Engine, RedisService, type StorageArgs } from "../../../components/index.ts";
import { refusal } from "../../../testing/index.ts";
import { ENGINES, runOn } from "../engines/index.ts";

describe.each(ENGINES)("on %s", (engine) => {
    const stored = (args: StorageArgs) =>
        runOn(engine, () => ({ c: new RedisService("cache", { engine, ...args }).connection }));

    test("data is on a volume of the component's name, which goes with it", async () => {
        const volume = "shop.dev.cache";
        const { container, volumes } = await stored({});
        expect(volumes).toEqual([
            { name: "cache-data", parent: "drydock:index:RedisService cache", volume, protect: false },
        ]);
        expect(container().mounts).toEqual([{ path: "/data", volume, readOnly: false }]);
    });

    test("data is on a volume of a name of one's own", async () => {
        const { container } = await stored({ volume: "mine" });
        expect(container().mounts).toEqual([{ path: "/data", volume: "mine", readOnly: false }]);
    });

    test.each<[StorageArgs, string | undefined]>([
        [{}, "shop.dev.cache"],
        [{ volume: "mine" }, "mine"],
        [{ hostPath: "/srv/redis" }, "/srv/redis"],
        [{ persistent: false }, undefined],
    ])("the connection names the data of %j", async (args, storage) => {
        const { outputs } = await stored(args);
        expect(outputs.c?.value).toMatchObject({ network: expect.anything() as unknown });
        expect((outputs.c?.value as { storage?: string }).storage).toBe(storage);
    });

    test("a volume can be protected, with what removes it, and nothing else", async () => {
        const { declared, volumes } = await stored({ protectData: true });
        expect(volumes).toMatchObject([{ name: "cache-data", protect: true }]);
        expect(declared.filter(({ options }) => options.protect).map(({ name }) => name)).toEqual([
            ...(engine === Engine.Docker ? ["cache-data-removal"] : []),
            "cache-data",
        ]);
    });

    test("a directory of the host stands in for a volume", async () => {
        const { container, volumes } = await stored({ hostPath: "/srv/redis" });
        expect(volumes).toEqual([]);
        expect(container().mounts).toEqual([{ path: "/data", hostPath: "/srv/redis", readOnly: false }]);
    });

    test("data that is not to be kept has no mount", async () => {
        const { container, declared } = await stored({ persistent: false });
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
    ])("%j is refused", async (args, reason) => {
        expect(await refusal(() => new RedisService("cache", { engine, ...args }))).toContain(reason);
    });
});
