import { Command } from "commander";
import { examine } from "../doctor.ts";
import { ExitCode } from "../exit-codes.ts";
import { formatFindings } from "../findings.ts";
import { withJson, withStack } from "../options.ts";
import { colorsFor, printJson } from "../output.ts";
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
