import { spawn } from "node:child_process";
import { Command } from "commander";
import { CommandError, UsageError } from "../exit-codes.ts";
import { selectProcesses } from "../containers.ts";
import { declaredProcesses } from "../inventory.ts";
import { withStack } from "../options.ts";
import { openStack, type Stack, type StackOption } from "../project.ts";
import { stackOutputs } from "../update/summary.ts";

export function openCommand(): Command {
    const command = new Command("open")
        .description("open the application in the browser, and print its address")
        .argument("[component]", "component to open (default: the only one with a URL)")
        .option("--url", "only print the address");
    return withStack(command).action(
        async (component: string | undefined, { url, ...options }: StackOption & { url?: boolean }) => {
            const stack = await openStack(options);
            const { resources = [] } = await stack.deployment();
            const { url: output } = stackOutputs(resources);
            const address = chooseUrl(declaredProcesses(resources), stack, component, output);
            process.stdout.write(`${address}\n`);
            if (!url) await openBrowser(address);
        },
    );
}

/**
 * The URL of a component, or of the only one that has any.
 *
 * @param output `url` of the stack: of an application that publishes no port, behind a gateway
 */
export function chooseUrl(
    processes: { component: string; process: string; resource: string; address?: string }[],
    { option }: Pick<Stack, "option">,
    component?: string,
    output?: unknown,
): string {
    const named = selectProcesses(processes, component === undefined ? [] : [component], { option });
    const urls = new Map(
        named.flatMap(({ component, address }) =>
            isUrl(address ?? "") ? [[component, address ?? ""] as const] : [],
        ),
    );
    const [first] = urls.values();
    if (first === undefined && component === undefined && typeof output === "string" && isUrl(output))
        return output;
    if (first === undefined)
        throw new CommandError(
            `${component ?? "The stack"} has no URL`,
            "Behind a gateway, export the URL of the application as `url`. Otherwise set `publish: {}` in its arguments. " +
                `Then run \`drydock up${option}\`, and \`drydock open${option}\` without a component.`,
        );
    if (urls.size > 1)
        throw new UsageError(
            `Several components have a URL: ${[...urls.keys()].join(", ")}`,
            `Name the one to open, for example \`drydock open${option} ${[...urls.keys()][0] ?? ""}\`.`,
        );
    return first;
}

function isUrl(text: string): boolean {
    return /^https?:\/\//.test(text);
}

/** Opens the default browser of the system. */
async function openBrowser(url: string): Promise<void> {
    const { BROWSER = "" } = process.env;
    const opener = BROWSER === "" ? (process.platform === "darwin" ? "open" : "xdg-open") : BROWSER;
    const child = spawn(opener, [url], { stdio: "ignore", detached: true });
    await new Promise<void>((resolve, reject) => {
        child.once("error", () => {
            reject(
                new CommandError(`Cannot open a browser: ${opener} was not found`, `Open ${url} yourself.`),
            );
        });
        child.once("spawn", resolve);
    });
    child.unref();
}
