/** What a check found, and its form on a terminal. */
import type { Colors } from "./output.ts";

export interface Finding {
    /** What was checked: `Docker`. */
    check: string;
    status: "ok" | "warning" | "error";
    message: string;
    remedy?: string;
}

export function formatFindings(findings: Finding[], colors: Colors): string {
    const signs = { ok: colors.green("✓"), warning: colors.yellow("!"), error: colors.red("✗") };
    const width = Math.max(...findings.map(({ check }) => check.length));
    return findings
        .map(({ check, status, message, remedy }) => {
            const advice = remedy === undefined ? "" : `\n${indent(remedy, width + 4)}`;
            return `${signs[status]} ${check.padEnd(width)}  ${message}${advice}`;
        })
        .join("\n");
}

function indent(text: string, spaces: number): string {
    return text.replace(/^/gm, " ".repeat(spaces));
}
