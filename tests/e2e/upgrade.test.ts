import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { planOf } from "../../cli/pr/events.ts";
import { Programs } from "./programs.ts";

/** Exported states of upgrade/program.ts, one file for each earlier version that deployed it. */
const STATES = readdirSync(join(import.meta.dirname, "upgrade")).filter((file) => file.endsWith(".json"));

describe("a stack of an earlier version", () => {
    const programs = new Programs();
    const { clone } = programs;
    afterAll(() => clone.dispose());

    const program = readFileSync(join(import.meta.dirname, "upgrade/program.ts"), "utf8");

    test.each(STATES)(
        "%s previews without a change to volumes, passwords and databases, and runs no task again",
        async (file) => {
            programs.declare("upgrade", program);
            clone.shell(
                `. ./env; pulumi stack import --stack upgrade --file ${join(import.meta.dirname, "upgrade", file)}`,
            );
            const { code, output } = await clone.run(
                ". ./env; PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true pulumi preview --json --stack upgrade",
            );
            const { steps, errors } = planOf(output);
            expect({ code, errors }).toEqual({ code: 0, errors: [] });
            expect(steps.length).toBeGreaterThan(30);
            // Replacing the command that deletes a volume at its removal would delete the volume.
            const lost = steps.filter(({ operation, type, name }) =>
                type.endsWith(":Volume") || type.endsWith(":RandomPassword")
                    ? operation !== "same"
                    : operation === "delete" || (operation === "replace" && name.endsWith("-removal")),
            );
            expect(lost.map(({ operation, urn }) => `${operation} ${urn}`)).toEqual([]);
            const databases = steps.filter(({ urn }) =>
                /(Postgres|Redis)Service\$docker:index\/container/.test(urn),
            );
            const changed = databases.map(({ operation, name }) => `${operation} ${name}`);
            expect(changed.sort()).toEqual(["same cache", "same db"]);
            const tasks = steps.filter(({ urn }) => /Task\$command:local:Command::.*-run$/.test(urn));
            const runs = tasks.map(({ operation, name }) => `${operation} ${name}`);
            expect(runs.sort()).toEqual(["same rails-migration-run", "same seed-run"]);
        },
    );
});
