import type { AnalyzerStackConfigureRequest } from "@pulumi/pulumi/proto/analyzer_pb.js";
import type { RunPluginRequest } from "@pulumi/pulumi/proto/language_pb.js";
import { parseOptions } from "./options.ts";
import { policyProxy, type StartPack } from "./policy-proxy.ts";
import { run, type Command, type Exit, type Output } from "./process.ts";
import { locateSdk, nodeArgs, nodeEnv } from "./run.ts";
import { listen } from "./server.ts";

const POLICY_PACK = "analyzer";

/** Runs a component provider or policy pack until it exits or is aborted. */
export function runPlugin(request: RunPluginRequest, output: Output, signal: AbortSignal): Promise<Exit> {
    const command = pluginCommand(request);
    return request.getKind() === POLICY_PACK
        ? runPolicyPack(command, output, signal)
        : run(command, output, signal);
}

/** The command that runs a plugin from its source directory. */
export function pluginCommand(request: RunPluginRequest): Command {
    const info = request.getInfo();
    const directory = info?.getProgramDirectory() ?? "";
    const options = parseOptions(info?.getOptions()?.toJavaScript());
    const env = nodeEnv(Object.fromEntries(request.getEnvList().map(parseVariable)), options);
    const command = (script: string, cwd: string, args: string[]): Command => ({
        file: process.execPath,
        args: [...nodeArgs(options), locateSdk(script, directory, "npm install"), ...args],
        cwd,
        env,
    });
    // A policy pack runs in its own directory, which is the last argument. For other plugins it is the first.
    return request.getKind() === POLICY_PACK
        ? command("@pulumi/pulumi/cmd/run-policy-pack", directory, [...request.getArgsList(), directory])
        : command("@pulumi/pulumi/cmd/run-plugin", request.getPwd(), [directory, ...request.getArgsList()]);
}

/** Runs a policy pack behind a proxy: the pack can start only once the engine has named the stack. */
function runPolicyPack(command: Command, output: Output, signal: AbortSignal): Promise<Exit> {
    return new Promise((resolve, reject) => {
        const start: StartPack = (stack) =>
            new Promise((started, failed) => {
                const stdout = afterFirstLine(output.stdout, (port) => {
                    started(Number(port));
                });
                const env = { ...command.env, ...(stack && stackEnv(stack)) };
                run({ ...command, env }, { ...output, stdout }, signal)
                    .finally(() => {
                        failed(new Error("the policy pack has exited; see its output"));
                        // Not forceShutdown: pending calls must still receive the error.
                        server.tryShutdown(() => undefined);
                    })
                    .then(resolve, reject);
            });
        const server = policyProxy(start);
        signal.addEventListener("abort", () => {
            server.forceShutdown();
        });
        listen(server).then((port) => {
            output.stdout(Buffer.from(`${port}\n`));
        }, reject);
    });
}

/** The variables from which @pulumi/policy reads the stack. */
export function stackEnv(stack: AnalyzerStackConfigureRequest): NodeJS.ProcessEnv {
    return {
        PULUMI_NODEJS_ORGANIZATION: stack.getOrganization(),
        PULUMI_NODEJS_PROJECT: stack.getProject(),
        PULUMI_NODEJS_STACK: stack.getStack(),
        PULUMI_NODEJS_DRY_RUN: String(stack.getDryRun()),
        PULUMI_CONFIG: JSON.stringify(Object.fromEntries(stack.getConfigMap().toArray())),
    };
}

/** Passes the first line of a stream to one callback and the rest to another. */
function afterFirstLine(
    onRest: (chunk: Buffer) => void,
    onFirstLine: (line: string) => void,
): (chunk: Buffer) => void {
    let pending: Buffer | undefined = Buffer.alloc(0);
    return (chunk) => {
        if (!pending) {
            onRest(chunk);
            return;
        }
        pending = Buffer.concat([pending, chunk]);
        const end = pending.indexOf("\n");
        if (end < 0) return;
        onFirstLine(pending.toString("utf8", 0, end));
        onRest(pending.subarray(end + 1));
        pending = undefined;
    };
}

function parseVariable(assignment: string): [string, string] {
    const at = assignment.indexOf("=");
    return [assignment.slice(0, at), assignment.slice(at + 1)];
}
