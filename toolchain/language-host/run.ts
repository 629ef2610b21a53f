import type { RunRequest } from "@pulumi/pulumi/proto/language_pb.js";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";
import { parseOptions, type RuntimeOptions } from "./options.ts";
import { run, type Command, type Exit } from "./process.ts";

/** Exit code of the SDK if it has already reported the error. */
const EXIT_ALREADY_REPORTED = 32;

/** How much of a program's stderr to keep, to recognize a lack of memory. */
const STDERR_TAIL_CHARS = 4096;

export interface Host {
    /** The engine's gRPC address. */
    engine: string;
    tracing?: string;
}

/** The result of a program for the engine. `bail` means that the program has already reported its error. */
export interface Outcome {
    error?: string;
    bail?: boolean;
}

export async function runProgram(command: Command, signal: AbortSignal): Promise<Outcome> {
    let stderrTail = "";
    const stdout = (chunk: Buffer) => process.stdout.write(chunk);
    const stderr = (chunk: Buffer) => {
        stderrTail = (stderrTail + chunk.toString("latin1")).slice(-STDERR_TAIL_CHARS);
        process.stderr.write(chunk);
    };
    return programOutcome(await run(command, { stdout, stderr }, signal), stderrTail);
}

/** The command that runs a Pulumi program against the engine's resource monitor. */
export function programCommand(request: RunRequest, host: Host, env: NodeJS.ProcessEnv): Command {
    const info = request.getInfo();
    const cwd = info?.getProgramDirectory() ?? "";
    const options = parseOptions(info?.getOptions()?.toJavaScript());
    const flags = {
        monitor: request.getMonitorAddress(),
        engine: host.engine,
        organization: request.getOrganization(),
        project: request.getProject(),
        "root-directory": info?.getRootDirectory(),
        stack: request.getStack(),
        pwd: cwd,
        parallel: String(request.getParallel()),
        tracing: host.tracing,
    };
    return {
        file: process.execPath,
        args: [
            ...nodeArgs(options),
            locateSdk("@pulumi/pulumi/cmd/run", cwd, "pulumi install"),
            ...Object.entries(flags).flatMap(([name, value]) => (value ? [`--${name}`, value] : [])),
            ...(request.getDryrun() ? ["--dry-run"] : []),
            info?.getEntryPoint() ?? ".",
            ...request.getArgsList(),
        ],
        cwd,
        env: {
            ...nodeEnv(env, options),
            PULUMI_CONFIG: JSON.stringify(
                Object.fromEntries(request.getConfigMap().toArray().map(configEntry)),
            ),
            PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
        },
    };
}

/** Arguments for Node itself. */
export function nodeArgs(options: RuntimeOptions): string[] {
    // Hides a warning caused by ts-node for ESM programs: https://github.com/TypeStrong/ts-node/issues/2116
    return ["--disable-warning=DEP0180", ...options.nodeargs];
}

export function nodeEnv(env: NodeJS.ProcessEnv, options: RuntimeOptions): NodeJS.ProcessEnv {
    return {
        // A small program spends most of its time loading the SDK. The cache halves that.
        NODE_COMPILE_CACHE: join(env.PULUMI_HOME ?? join(homedir(), ".pulumi"), "node-compile-cache"),
        ...env,
        ...(options.typescript && { PULUMI_NODEJS_TYPESCRIPT: "true" }),
        ...(options.tsconfig && { PULUMI_NODEJS_TSCONFIG_PATH: options.tsconfig }),
    };
}

/** Resolves a script of the SDK from the program's directory. */
export function locateSdk(script: string, directory: string, remedy: string): string {
    try {
        return createRequire(join(directory, "package.json")).resolve(script);
    } catch {
        throw new Error(`@pulumi/pulumi is not installed for ${directory}; run \`${remedy}\` there`);
    }
}

export function programOutcome(exit: Exit, stderr: string): Outcome {
    if (exit.code === 0) return {};
    if (exit.code === EXIT_ALREADY_REPORTED) return { bail: true };
    if (stderr.includes("JavaScript heap out of memory")) {
        return {
            error: 'the program ran out of memory; give it more with runtime option nodeargs: "--max-old-space-size=8192"',
        };
    }
    if (exit.signal) return { error: `the program was stopped by ${exit.signal}` };
    return { error: `the program exited with code ${exit.code ?? "unknown"}` };
}

/** Converts `project:key` to `project:config:key`, which the SDK expects. */
function configEntry([key, value]: [string, string]): [string, string] {
    return [key.replace(/^([^:]+):(?!config:)/, "$1:config:"), value];
}
