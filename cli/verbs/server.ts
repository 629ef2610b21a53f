import { Command, InvalidArgumentError, Option } from "commander";
import { ExitCode } from "../exit-codes.ts";
import { withJson } from "../options.ts";
import { colorsFor, printJson } from "../output.ts";
import { assess, type Requirements } from "../server/assess.ts";
import { parseDestination } from "../server/destination.ts";
import { readFacts } from "../server/facts.ts";
import { formatSteps, isReady, setUpServer } from "../server/setup.ts";
import { formatFindings } from "../findings.ts";

interface SetupFlags extends Partial<Requirements> {
    ports: number[];
    stack?: string;
    yes?: boolean;
}

interface CheckFlags extends Partial<Requirements> {
    ports: number[];
    json?: boolean;
}

export function serverCommand(): Command {
    const command = new Command("server").description("prepare a machine for stacks over ssh, or check it");
    const setup = command
        .command("setup")
        .description("install Docker Engine on a Debian or Ubuntu machine; shows what it will do, and asks");
    withRequirements(setup)
        .option("--stack <name>", "set docker:host of this stack to the machine (default: of no stack)")
        .option("--yes", "do not ask")
        .action(setUp);
    const check = command
        .command("check")
        .description(
            "check whether a machine is ready, and change nothing; exit code 1 if something is missing",
        );
    withJson(withRequirements(check)).action(checkServer);
    return command;
}

/** Adds the machine, and what it should have. */
function withRequirements(command: Command): Command {
    return command
        .argument("<user@host>", "the machine, such as deploy@shop.example.com, as ssh knows it")
        .addOption(
            new Option("--ports <ports>", "ports that applications will use")
                .argParser(parsePorts)
                .default([80, 443], "80,443"),
        )
        .option("--security-updates", "let the machine install security updates automatically");
}

function parsePorts(value: string): number[] {
    const ports = value.split(",").map((port) => (/^\d+$/.test(port) ? Number(port) : 0));
    if (ports.some((port) => port < 1 || port > 65_535))
        throw new InvalidArgumentError("Use ports from 1 to 65535, such as 80,443.");
    return ports;
}

async function setUp(machine: string, flags: SetupFlags): Promise<void> {
    const { securityUpdates = false, yes = false } = flags;
    const isDone = await setUpServer(parseDestination(machine), { ...flags, securityUpdates, yes });
    if (!isDone) process.exitCode = ExitCode.Failure;
}

async function checkServer(machine: string, flags: CheckFlags): Promise<void> {
    const { ports, securityUpdates = false, json = false } = flags;
    const destination = parseDestination(machine);
    const assessment = assess(await readFacts(destination, ports), { ports, securityUpdates });
    const { findings, steps } = assessment;
    const ok = isReady(assessment);
    const sentences = steps.map(({ sentence }) => sentence);
    if (json) printJson({ host: destination.address, ok, findings, steps: sentences });
    else {
        process.stdout.write(`${formatFindings(findings, colorsFor(process.stdout))}\n`);
        if (steps.length > 0)
            process.stdout.write(
                `\`drydock server setup ${destination.name}\` will:\n${formatSteps(sentences)}\n`,
            );
    }
    if (!ok) process.exitCode = ExitCode.Failure;
}
