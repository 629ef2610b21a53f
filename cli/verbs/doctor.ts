import { Command } from "commander";
import { examine, type Finding } from "../doctor.ts";
import { ExitCode } from "../exit-codes.ts";
import { withJson, withStack } from "../options.ts";
import { type Colors, colorsFor, printJson } from "../output.ts";
import type { StackOption } from "../project.ts";

export function doctorCommand(): Command {
    const command = new Command("doctor").description(
        "check Node.js, Pulumi, Docker, the state and the containers, and show what to do",
    );
    return withJson(withStack(command)).action(
        async ({ json, ...options }: StackOption & { json?: boolean }) => {
            const findings = await examine(options);
            const ok = findings.every(({ status }) => status !== "error");
            if (json) printJson({ ok, findings });
            else process.stdout.write(`${formatFindings(findings, colorsFor(process.stdout))}\n`);
            if (!ok) process.exitCode = ExitCode.Failure;
        },
    );
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
