import { RedisService, StorageArgs } from "../../components";
import { CONTAINER, refusal, run, VOLUME } from "../../testing";

const stored = (args: StorageArgs) => run(() => ({ c: new RedisService("cache", args).connection }));

test("data is on a volume, which no change of labels, driver or name makes anew", async () => {
    const { one } = await stored({});
    expect(one(VOLUME)).toMatchObject({
        ...{
            name: "cache-data",
            inputs: { name: "shop.dev.cache" },
            parent: "drydock:index:RedisService cache",
        },
        options: { protect: false },
    });
    expect(one(VOLUME).options.ignoreChanges.sort()).toEqual(["driver", "driverOpts", "labels", "name"]);
    expect(one(CONTAINER).inputs.volumes).toEqual([{ containerPath: "/data", volumeName: "shop.dev.cache" }]);
});

test("a volume may have a name of one's own, which can be changed", async () => {
    const { one } = await stored({ volume: "mine" });
    expect(one(VOLUME).inputs.name).toBe("mine");
    expect(one(VOLUME).options.ignoreChanges.sort()).toEqual(["driver", "driverOpts", "labels"]);
    expect(one(CONTAINER).inputs.volumes).toEqual([{ containerPath: "/data", volumeName: "mine" }]);
});

test("a volume can be protected, and it alone", async () => {
    const { declared } = await stored({ protectData: true });
    expect(declared.filter(({ options }) => options.protect).map(({ type }) => type)).toEqual([VOLUME]);
});

test("a directory of the host stands in for a volume", async () => {
    const { one, names } = await stored({ hostPath: "/srv/redis" });
    expect(names(VOLUME)).toEqual([]);
    expect(one(CONTAINER).inputs.volumes).toEqual([{ containerPath: "/data", hostPath: "/srv/redis" }]);
});

test("data that is not to be kept has no mount", async () => {
    const { one, names } = await stored({ persistent: false });
    expect(names(VOLUME)).toEqual([]);
    expect(one(CONTAINER).inputs.volumes).toEqual([]);
});

test.each<[StorageArgs, string]>([
    [{ hostPath: "data" }, "hostPath: data is not an absolute path; begin with /"],
    [{ volume: "my data" }, "volume: my data is not a name of a volume; use two or more"],
    [
        { volume: "v1", hostPath: "/srv" },
        "hostPath: hostPath and volume are both set; keep the directory or the volume",
    ],
    [
        { persistent: false, volume: "v1" },
        "persistent: persistent is false, but a volume or a hostPath is set",
    ],
    [
        { persistent: false, hostPath: "/srv" },
        "persistent: persistent is false, but a volume or a hostPath is set",
    ],
    [
        { persistent: false, protectData: true },
        "protectData: persistent is false: there is no data to protect",
    ],
])("%j is refused", async (args, reason) => {
    expect(await refusal(() => new RedisService("cache", args))).toContain(reason);
});
