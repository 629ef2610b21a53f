import { type Operation, type Step, UNKNOWN } from "../../../../../cli/pr/events.ts";
import { type Change, component, CONTAINER, type Inputs, risks, SERVICE, summary } from "../steps.ts";

const volumes = [{ volumeName: "data", containerPath: "/data" }];
const withData: Change = [CONTAINER, "it", "replace", { volumes }, { volumes }];

/** A RedisService whose input `persistence` changes. */
function redis(before: Inputs, after: Inputs, ...changes: Change[]): Step[] {
    const [own, ...children] = component("RedisService", ...changes);
    const state = (inputs: Inputs) => ({ inputs, outputs: {} });
    const operation: Operation = "update";
    return own ? [{ ...own, operation, old: state(before), new: state(after) }, ...children] : [];
}

const SAVE = { save: "60 1" };

describe("settings of a Redis that has data", () => {
    test.each<[string, Inputs, Inputs, string[]]>([
        ["append-only turned on", SAVE, { ...SAVE, appendonly: "Yes" }, ["`appendonly` is turned on"]],
        [
            "append-only turned off",
            { appendonly: "yes" },
            { appendonly: "no" },
            ["`appendonly` is turned off"],
        ],
        ["append-only set to its default", {}, { appendonly: "no" }, []],
        ["another dump", {}, { dbfilename: "other.rdb" }, ["`dbfilename` changes"]],
        ["the default name of the dump", {}, { dbfilename: "dump.rdb" }, []],
        [
            "another directory and another file",
            { appenddirname: "a", appendfilename: "b" },
            { appenddirname: "c", appendfilename: "d" },
            ["`appenddirname` changes", "`appendfilename` changes"],
        ],
        ["no saving any more", SAVE, { save: "" }, ["`save` is turned off"]],
        ["saving at other times", SAVE, { save: "3600 1" }, []],
        ["append-only without saving", { ...SAVE, appendonly: "yes" }, { save: "", appendonly: "yes" }, []],
    ])("are at risk only if Redis loses data: %s", (_, before, after, expected) => {
        const found = risks(redis({ persistence: before }, { persistence: after }, withData));
        expect(found).toEqual(expected.map((start) => expect.stringContaining(start) as string));
        expect(found.join()).not.toContain("other.rdb");
    });

    const turnedOn = [{ persistence: SAVE }, { persistence: { ...SAVE, appendonly: "yes" } }] as const;

    test("are at risk on a Swarm too", () => {
        const mounts = [{ type: "volume", source: "data", target: "/data" }];
        const service = { taskSpec: { containerSpec: { mounts } } };
        expect(risks(redis(...turnedOn, [SERVICE, "it", "update", service, service]))).toEqual([
            expect.stringContaining("`appendonly` is turned on"),
        ]);
    });

    test("are no risk if there is no data before or after", () => {
        expect(risks(redis(...turnedOn, [CONTAINER, "it", "replace", {}, { volumes }]))).toEqual([]);
    });

    test("are compared only if both are known", () => {
        expect(risks(redis({}, turnedOn[1], withData))).toEqual([]); // A state of an older version.
        expect(risks(redis(turnedOn[0], { persistence: UNKNOWN }, withData))).toEqual([]);
        expect(risks(redis({ persistence: null }, turnedOn[1], withData))).toEqual([]);
        const created = redis({}, turnedOn[1], withData).map((step) => ({ ...step, old: undefined }));
        expect(risks(created)).toEqual([]);
    });

    test("alone are no change of the component", () => {
        expect(summary(redis({}, turnedOn[1])).markdown).toContain("No change to the environment");
    });
});
