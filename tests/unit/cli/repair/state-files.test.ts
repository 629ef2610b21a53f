import { existsSync, mkdirSync, readFileSync, realpathSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { repairState } from "../../../../cli/repair/state-files.ts";
import { stateDirectory } from "../../../../cli/state.ts";
import { Sandbox } from "../../sandbox.ts";

describe("an unreadable state file", () => {
    let sandbox: Sandbox;
    beforeEach(() => {
        sandbox = new Sandbox();
    });
    afterEach(() => {
        sandbox.dispose();
    });

    const STATE = "state/.pulumi/stacks/drydock/dev.json";
    const BACKUP = "state/.pulumi/backups/drydock/dev/dev";
    const read = (file: string) => readFileSync(join(sandbox.dir, file), "utf8");

    /** What `drydock up` does first. */
    function repair(url = `file://${sandbox.dir}/state`): string {
        const directory = stateDirectory(url);
        return directory === undefined ? "" : repairState(directory, "drydock", "dev").join("\n");
    }

    test.each(["", "?metadata=skip"])(
        "becomes readable when truncated attribute files are removed (%s)",
        (query) => {
            sandbox.write(STATE, "{}");
            sandbox.write(`${STATE}.attrs`, "");
            sandbox.write("state/.pulumi/meta.yaml.attrs", '{"user.cache_co');
            sandbox.write("state/.pulumi/locks/dev/1.json.attrs", '{"user.cache_control":""}\n');
            const output = repair(`file://${sandbox.dir}/state${query}`);
            expect(output).toContain("Removing stacks/drydock/dev.json.attrs");
            expect(existsSync(join(sandbox.dir, `${STATE}.attrs`))).toBe(false);
            expect(existsSync(join(sandbox.dir, "state/.pulumi/meta.yaml.attrs"))).toBe(false);
            expect(existsSync(join(sandbox.dir, "state/.pulumi/locks/dev/1.json.attrs"))).toBe(true);
            expect(repair()).toBe("");
        },
    );

    test.each([
        ["empty", ""],
        ["truncated", '{"version":3,"checkpoint":{"lat'],
    ])("is restored from the previous state if it is %s", (_, text) => {
        sandbox.write(STATE, text);
        sandbox.write(`${STATE}.bak`, '{"before":1}');
        expect(repair()).toContain(
            "An update was killed while it wrote its state. Restoring the previous state",
        );
        expect(read(STATE)).toBe('{"before":1}');
    });

    test("is restored from the latest backup if the previous state is unreadable too", () => {
        sandbox.write(STATE, "");
        sandbox.write(`${STATE}.bak`, "");
        const older = sandbox.write(`${BACKUP}.9.json`, '{"older":1}');
        utimesSync(older, 1000, 1000);
        sandbox.write(`${BACKUP}.10.json`, '{"latest":1}');
        repair();
        expect(read(STATE)).toBe('{"latest":1}');
    });

    test("is reported with a remedy, and kept, if there is no copy", () => {
        sandbox.write(STATE, "{");
        expect(() => repair()).toThrow(
            `Restore ${join(realpathSync(sandbox.dir), STATE)} from your own backup`,
        );
        expect(read(STATE)).toBe("{");
    });

    test("is restored if it is missing and a lock exists; without a lock, the stack was removed", () => {
        sandbox.write(`${STATE}.bak`, '{"before":1}');
        expect(repair()).toBe("");
        expect(existsSync(join(sandbox.dir, STATE))).toBe(false);
        sandbox.write("state/.pulumi/locks/organization/drydock/dev/1.json", "{}");
        expect(repair()).toContain("Restoring the previous state");
        expect(read(STATE)).toBe('{"before":1}');
    });

    test("is left alone if Pulumi compresses the state: the uncompressed file is older", () => {
        sandbox.write(`${STATE}.gz`, "compressed");
        sandbox.write(`${STATE}.bak`, '{"older":1}');
        sandbox.write("state/.pulumi/locks/organization/drydock/dev/1.json", "{}");
        expect(repair()).toBe("");
        expect(existsSync(join(sandbox.dir, STATE))).toBe(false);
    });

    test("is not looked for in a remote backend, nor in an empty directory", () => {
        expect(repair("s3://team")).toBe("");
        mkdirSync(join(sandbox.dir, "state"));
        expect(repair()).toBe("");
    });
});
