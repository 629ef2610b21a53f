import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { planOf } from "../../preview/events.ts";
import { Programs } from "./programs.ts";

/** States that earlier versions have left, by version; each of the stack `upgrade` with upgrade/program.ts. */
const STATES = readdirSync(join(import.meta.dirname, "upgrade")).filter((file) => file.endsWith(".json"));

describe("a stack that an earlier version has made", () => {
    const programs = new Programs();
    const { clone } = programs;
    afterAll(() => clone.dispose());

    const program = readFileSync(join(import.meta.dirname, "upgrade/program.ts"), "utf8");

    test.each(STATES)("of %s is taken over, and nothing that holds data is replaced", async (file) => {
        programs.declare("upgrade", program.replace('"drydock"', '"../components/index.ts"'));
        clone.shell(
            `. ./env; pulumi stack import --stack upgrade --file ${join(import.meta.dirname, "upgrade", file)}`,
        );
        const { code, output } = await clone.run(
            ". ./env; PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true pulumi preview --json --stack upgrade",
        );
        const { steps, errors } = planOf(output);
        expect({ code, errors }).toEqual({ code: 0, errors: [] });
        expect(steps.length).toBeGreaterThan(30);
        // What removes a volume removes it when it is replaced, too.
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
    });
});
