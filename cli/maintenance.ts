/** Makes gateways respond with a page in place of an application (components/gateway/caddyfile.ts). */
import { readFileSync } from "node:fs";
import { MAINTENANCE_DIRECTORY } from "../components/gateway/directories.ts";
import { type Engine, openEngines } from "./engine.ts";
import { CommandError, UsageError } from "./exit-codes.ts";
import { isNotFound, nameOf, outermostComponent } from "./inventory.ts";
import { progress } from "./output.ts";
import { messageOf, type Stack } from "./project.ts";
import { hasRoutesOnSwarm, trafficOf } from "./repair/state.ts";
import { outputOf } from "./terminal.ts";

/** Linux passes at most 128 KiB as an argument of a program. */
const MAX_PAGE = 100_000;

const DEFAULT_PAGE = `<!doctype html>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Maintenance</title>
<body style="font: 1.1em/1.5 system-ui, sans-serif; max-width: 32em; margin: 20vh auto; padding: 0 1em">
<h1>We will be back soon</h1>
<p>This site is down for maintenance.</p>
`;

/** The script writes the page at once: a request never sees a part of it. */
const TURN_ON = 'umask 077 && mkdir -p "$0" && printf %s "$2" >"$0/.new" && mv "$0/.new" "$0/$1.html"';
const TURN_OFF = 'rm -f "$0/$1.html"';

/** @param file with a page of one's own, in HTML */
export function readPage(file: string | undefined): string {
    if (file === undefined) return DEFAULT_PAGE;
    let page: string;
    try {
        page = readFileSync(file, "utf8");
    } catch (error) {
        throw new UsageError(
            `The page ${file} cannot be read: ${messageOf(error)}`,
            "Name a file with HTML.",
        );
    }
    if (page.trim() === "") throw new UsageError(`The page ${file} is empty`, "Name a file with HTML.");
    if (Buffer.byteLength(page) > MAX_PAGE)
        throw new UsageError(
            `The page ${file} is larger than ${MAX_PAGE / 1000} kB`,
            "Load its images and styles from elsewhere.",
        );
    return page;
}

/**
 * @param names of applications; all that have routes in gateways if there are none
 * @param page undefined to turn the maintenance off
 */
export async function setMaintenance(stack: Stack, names: string[], page: string | undefined): Promise<void> {
    const { resources = [] } = await stack.deployment();
    const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
    const routed = resources.flatMap((resource) => {
        const traffic = trafficOf(resource);
        const gateways = (traffic?.GATEWAYS ?? "").split("\n").filter(Boolean);
        if (resource.delete || traffic === undefined || gateways.length === 0) return [];
        return [{ name: nameOf(outermostComponent(resource, byUrn)), host: traffic.HOST, gateways }];
    });
    const onSwarm = resources
        .filter((resource) => !resource.delete && hasRoutesOnSwarm(resource))
        .map((resource) => nameOf(outermostComponent(resource, byUrn)))
        .filter((name) => names.length === 0 || names.includes(name));
    if (onSwarm.length > 0)
        throw new CommandError(
            `The gateways of ${onSwarm.join(", ")} run on a Swarm, where they have no maintenance page`,
            "Let the application show one: deploy a version that does.",
        );
    const known = [...new Set(routed.map(({ name }) => name))];
    for (const name of names)
        if (!known.includes(name))
            throw new UsageError(
                `${name} is not an application with routes in a gateway`,
                known.length === 0
                    ? "Give it `routes`: those that a Gateway declares itself do not count."
                    : `Name one of ${known.join(", ")}.`,
            );
    if (known.length === 0)
        throw new CommandError(
            "No application of this stack has routes in a gateway",
            "Give the application `routes`: those that a Gateway declares itself do not count.",
        );
    const engines = await openEngines(stack, resources);
    for (const { name, host, gateways } of routed.filter(
        ({ name }) => names.length === 0 || names.includes(name),
    ))
        for (const gateway of gateways) {
            const script =
                page === undefined
                    ? [TURN_OFF, MAINTENANCE_DIRECTORY, host]
                    : [TURN_ON, MAINTENANCE_DIRECTORY, host, page];
            const engine = await engineOf(gateway, engines);
            await outputOf({ engine, id: gateway }, ["sh", "-c", ...script]);
            progress(
                page === undefined
                    ? `${gateway} sends requests to ${name} (${host}) again`
                    : `${gateway} shows the maintenance page in place of ${name} (${host})`,
            );
        }
}

/** The engine that runs a gateway, which may be of another stack. */
async function engineOf(gateway: string, engines: Engine[]): Promise<Engine> {
    for (const engine of engines) {
        const isRunning = await engine.docker
            .getContainer(gateway)
            .inspect()
            .then(({ State }) => State.Running)
            .catch((error: unknown) => {
                if (!isNotFound(error)) throw error;
            });
        if (isRunning) return engine;
    }
    throw new CommandError(
        `The gateway ${gateway} does not run`,
        "Bring up the stack that has it: `drydock up`.",
    );
}
