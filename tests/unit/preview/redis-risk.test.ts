import { LATER } from "../../../preview/events.ts";
import { type Change, component, CONTAINER, type Inputs, risks, SECRET, SERVICE } from "./steps.ts";

const CONFIG = "/usr/local/etc/redis/redis.conf";
const volumes = [{ volumeName: "data", containerPath: "/data" }];
const config = (...lines: string[]) => ["dir /data", ...lines, 'requirepass "rum"', ""].join("\n");
const mounted = (...lines: string[]) => ({ volumes, uploads: [{ file: CONFIG, content: config(...lines) }] });
const replaced = (from: Inputs, to: Inputs): Change => [CONTAINER, "it", "replace", from, to];

describe("settings of a Redis that has data", () => {
    test.each<[string, string[], string[], string[]]>([
        [
            "append-only, switched on",
            ["save 60 1"],
            ["save 60 1", "AppendOnly Yes"],
            ["`appendonly` is switched on"],
        ],
        [
            "append-only, switched off",
            ["appendonly yes"],
            ["appendonly no"],
            ["`appendonly` is switched off"],
        ],
        ["append-only, as it is by itself", [], ["appendonly no"], []],
        ["another dump", [], ["dbfilename other.rdb"], ["`dbfilename` changes"]],
        ["the dump's usual name", [], ["dbfilename dump.rdb"], []],
        [
            "another folder and another file",
            ["appenddirname a", "appendfilename b"],
            ["appenddirname c", "appendfilename d"],
            ["`appenddirname` changes", "`appendfilename` changes"],
        ],
        ["nothing saved any more", ["save 60 1"], ['save ""'], ["`save` is switched off"]],
        ["saved otherwise", ["save 60 1"], ["save 3600 1"], []],
        ["append-only alone, as before", ["save 60 1", "appendonly yes"], ['save ""', "appendonly yes"], []],
        ["memory", [], ["maxmemory 64mb"], []],
    ])("%s", (_, before, after, expected) => {
        const found = risks(component("RedisService", replaced(mounted(...before), mounted(...after))));
        expect(found).toEqual(expected.map((start) => expect.stringContaining(start) as string));
        expect(found.join()).not.toMatch(/rum|other\.rdb/);
    });

    test("are in a secret on a Swarm", () => {
        const mounts = [{ type: "volume", source: "data", target: "/data" }];
        const service = { taskSpec: { containerSpec: { mounts } } };
        const data = (text: string) => ({ data: Buffer.from(text).toString("base64") });
        const found = risks(
            component(
                "RedisService",
                [SERVICE, "it", "update", service, service],
                [SECRET, "it-redis-conf", "replace", data(config()), data(config("appendonly yes"))],
            ),
        );
        expect(found).toEqual([expect.stringContaining("`appendonly` is switched on")]);
    });

    test("are no risk where there is no data, before or after", () => {
        const { uploads } = mounted("appendonly yes");
        expect(
            risks(component("RedisService", replaced({ ...mounted(), volumes: [] }, { volumes, uploads }))),
        ).toEqual([]);
        expect(risks(component("WebApp", replaced(mounted(), mounted("appendonly yes"))))).toEqual([]);
    });

    test("cannot be told before the update where the password is not known", () => {
        const later = { volumes, uploads: [{ file: CONFIG, content: LATER }] };
        expect(risks(component("RedisService", replaced(mounted(), later)))).toEqual([]);
    });
});
