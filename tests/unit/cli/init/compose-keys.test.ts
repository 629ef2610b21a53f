import { readFileSync } from "node:fs";
import { join } from "node:path";
import { NOTES } from "../../../../cli/init/sources/compose-keys.ts";
import { HANDLERS } from "../../../../cli/init/sources/service-reader.ts";

/** Keys that are read before those of a single service. */
const WHOLE_FILE = ["configs", "extends", "profiles", "secrets"];

/** The table of the keys of a service in the reference: whether each is supported, and its arguments. */
function referenceRows(): Map<string, { supported: string; argument: string }> {
    const page = readFileSync(join(import.meta.dirname, "../../../../docs/reference/compose.md"), "utf8");
    const [, section = ""] = /^## Services\n([^]*?)^##/m.exec(page) ?? [];
    return new Map(
        [...section.matchAll(/^\| (`[^|]*) \| ([^|]*)\| ([^|]*)\|/gm)].flatMap(
            ([, keys = "", supported = "", argument = ""]) =>
                [...keys.matchAll(/`([\w.]+)`/g)].map(
                    ([, key = ""]) => [key, { supported: supported.trim(), argument }] as const,
                ),
        ),
    );
}

const rows = referenceRows();

test("init knows the keys of the reference, and no others", () => {
    const known = [...Object.keys(HANDLERS), ...Object.keys(NOTES), ...WHOLE_FILE];
    expect([...new Set(known)].sort()).toEqual([...rows.keys()].sort());
});

test.each(Object.entries(NOTES))("init says of %s what the reference says", (key, { note }) => {
    const { supported, argument } = rows.get(key) ?? { supported: "missing", argument: "" };
    expect(supported).not.toBe("yes");
    const [, property] = /^set `(\w+)` of `docker\.Container`/.exec(note) ?? [];
    if (property !== undefined) expect(argument).toContain(`docker.Container.${property}`);
    else expect(argument).not.toContain("docker.Container.");
});
