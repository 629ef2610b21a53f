import type { ProcfileLine } from "../facts.ts";
import type { ProjectFiles } from "../project-files.ts";

/** Reads a Procfile. */
export function readProcfile(files: ProjectFiles, file = "Procfile"): ProcfileLine[] {
    return (files.read(file) ?? "").split(/\r?\n/).flatMap((text, i) => {
        const [, name, command] = /^([A-Za-z0-9_-]+):\s*(.+?)\s*$/.exec(text) ?? [];
        return name && command ? [{ name, command, place: { file, line: i + 1 } }] : [];
    });
}
