import { existsSync, mkdirSync, readFileSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { ROOT, Sandbox } from "./sandbox.ts";

describe("a state that a kill has left unreadable", () => {
    let box: Sandbox;
    beforeEach(() => {
        box = new Sandbox();
    });
    afterEach(() => {
        box.dispose();
    });

    const STATE = "state/.pulumi/stacks/drydock/dev.json";
    const BACKUP = "state/.pulumi/backups/drydock/dev/dev";
    const read = (file: string) => readFileSync(join(box.dir, file), "utf8");

    function repair(url = `file://${box.dir}/state`) {
        const script = join(ROOT, "scripts/restore-state.ts");
        return box.run(`node ${script} drydock dev`, { PULUMI_BACKEND_URL: url });
    }

    test.each(["", "?metadata=skip"])("is read again without attributes that are cut off (%s)", (query) => {
        box.write(STATE, "{}");
        box.write(`${STATE}.attrs`, "");
        box.write("state/.pulumi/meta.yaml.attrs", '{"user.cache_co');
        box.write("state/.pulumi/locks/dev/1.json.attrs", '{"user.cache_control":""}\n');
        const { code, output } = repair(`file://${box.dir}/state${query}`);
        expect(output).toContain(
            "removing what keeps its state from being read, stacks/drydock/dev.json.attrs",
        );
        expect(code).toBe(0);
        expect(existsSync(join(box.dir, `${STATE}.attrs`))).toBe(false);
        expect(existsSync(join(box.dir, "state/.pulumi/meta.yaml.attrs"))).toBe(false);
        expect(existsSync(join(box.dir, "state/.pulumi/locks/dev/1.json.attrs"))).toBe(true);
        expect(repair().output).toBe("");
    });

    test.each([
        ["empty", ""],
        ["cut off", '{"version":3,"checkpoint":{"lat'],
    ])("is the one before if it is %s", (_, text) => {
        box.write(STATE, text);
        box.write(`${STATE}.bak`, '{"before":1}');
        const { code, output } = repair();
        expect(output).toContain("An update was killed while it wrote its state: taking up the one before");
        expect(code).toBe(0);
        expect(read(STATE)).toBe('{"before":1}');
    });

    test("is that of the last update if the one before is unreadable too", () => {
        box.write(STATE, "");
        box.write(`${STATE}.bak`, "");
        const older = box.write(`${BACKUP}.9.json`, '{"older":1}');
        utimesSync(older, 1000, 1000);
        box.write(`${BACKUP}.10.json`, '{"latest":1}');
        expect(repair().code).toBe(0);
        expect(read(STATE)).toBe('{"latest":1}');
    });

    test("and has no copy fails with what to do, and stays as it is", () => {
        box.write(STATE, "{");
        const { code, output } = repair();
        expect(output).toContain(`put one of yours in its place, ${join(box.dir, STATE)}`);
        expect(output).not.toContain("    at ");
        expect(code).toBe(1);
        expect(read(STATE)).toBe("{");
    });

    test("is the one before if it is missing and its lock is there; else the stack was removed", () => {
        box.write(`${STATE}.bak`, '{"before":1}');
        expect(repair()).toEqual({ code: 0, output: "" });
        expect(existsSync(join(box.dir, STATE))).toBe(false);
        box.write("state/.pulumi/locks/organization/drydock/dev/1.json", "{}");
        expect(repair().output).toContain("taking up the one before");
        expect(read(STATE)).toBe('{"before":1}');
    });

    test("is none where Pulumi keeps it compressed: what is beside it is older", () => {
        box.write(`${STATE}.gz`, "compressed");
        box.write(`${STATE}.bak`, '{"older":1}');
        box.write("state/.pulumi/locks/organization/drydock/dev/1.json", "{}");
        expect(repair()).toEqual({ code: 0, output: "" });
        expect(existsSync(join(box.dir, STATE))).toBe(false);
    });

    test("is not looked for elsewhere, nor where there is none yet", () => {
        expect(repair("s3://team")).toEqual({ code: 0, output: "" });
        mkdirSync(join(box.dir, "state"));
        expect(repair()).toEqual({ code: 0, output: "" });
    });
});

test("a state in the home folder is found by the shell scripts too", () => {
    const box = new Sandbox();
    const directory = (url: string) => {
        const script = `. '${join(ROOT, "scripts/common.sh")}' 2>/dev/null; echo "$state_dir"`;
        return box.run(script, { PULUMI_BACKEND_URL: url }).output.trim();
    };
    expect(directory("file://~/state?metadata=skip")).toBe(join(box.dir, "state"));
    expect(directory("file://~")).toBe(box.dir);
    expect(directory("file:///srv/~/state")).toBe("/srv/~/state");
    box.dispose();
});
