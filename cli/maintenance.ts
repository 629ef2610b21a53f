/** Makes gateways respond with a page in place of an application (components/gateway/caddyfile.ts). */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { MAINTENANCE_DIRECTORY } from "../components/gateway/directories.ts";
import { readScriptBody } from "../components/shared/scripts.ts";
import { type Engine, engineOf, openEngines } from "./engine.ts";
import { CommandError, UsageError } from "./exit-codes.ts";
import { runInGateways, type RunningStack } from "./gateways.ts";
import { isNotFound, nameOf, outermostComponent } from "./inventory.ts";
import { SERVICE } from "./resource-types.ts";
import { progress } from "./output.ts";
import { messageOf, type Stack } from "./project.ts";
import { dockerEnvironment, stderrOf } from "./docker-environment.ts";
import { type Resource, type SwarmRegistration, swarmRegistrationOf, trafficOf } from "./state.ts";
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

/** Writes the page atomically: no request sees part of it. */
const TURN_ON = 'umask 077 && mkdir -p "$0" && printf %s "$2" >"$0/.new" && mv "$0/.new" "$0/$1.html"';
const TURN_OFF = 'rm -f "$0/$1.html"';
const LIST_PAGES = '! [ -d "$1" ] || ls "$1"';

const ROUTES_REMEDY =
    "Set `routes` of the application. Routes that a Gateway declares itself have no maintenance page.";

/** @param file the user's own page, in HTML */
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

/** An application with routes in gateways. */
interface RoutedApplication {
    name: string;
    /** Names of the containers or services of the gateways. */
    gateways: string[];
    /** Host names of its processes. */
    hosts: string[];
    /** Environment of its Command `<name>-routes`, if the gateways run on a Swarm. */
    registration?: SwarmRegistration;
}

/**
 * @param names of applications; all that have routes in gateways if there are none
 * @param page undefined to turn the maintenance off
 */
export async function setMaintenance(stack: Stack, names: string[], page: string | undefined): Promise<void> {
    const { resources = [] } = await stack.deployment();
    const routed = routedApplications(resources);
    const known = [...new Set(routed.map(({ name }) => name))];
    for (const name of names)
        if (!known.includes(name))
            throw new UsageError(
                `${name} is not an application with routes in a gateway`,
                known.length === 0 ? ROUTES_REMEDY : `Name one of ${known.join(", ")}.`,
            );
    if (known.length === 0)
        throw new CommandError(
            `No application of the stack ${stack.name} has routes in a gateway`,
            ROUTES_REMEDY,
        );
    const engines = await openEngines(stack, resources);
    for (const application of routed.filter(({ name }) => names.length === 0 || names.includes(name)))
        for (const gateway of application.gateways) {
            const { registration, name, hosts } = application;
            if (registration === undefined)
                for (const host of hosts)
                    await setOnEngine(await runningEngine(gateway, engines), gateway, host, page);
            else
                await setOnSwarm(
                    stack,
                    await managerOf(gateway, engines),
                    gateway,
                    hosts,
                    registration,
                    page,
                );
            progress(
                page === undefined
                    ? `${gateway} sends requests to ${name} (${hosts.join(", ")}) again`
                    : `${gateway} shows the maintenance page in place of ${name} (${hosts.join(", ")})`,
            );
        }
}

/** Names of the applications that a gateway replaces with a maintenance page. */
export async function findMaintenance(running: RunningStack): Promise<string[]> {
    const routed = routedApplications(running.resources);
    if (routed.length === 0) return [];
    const outputs = await runInGateways(running, LIST_PAGES, () => [MAINTENANCE_DIRECTORY]);
    const pages = outputs.flatMap(({ lines }) => lines);
    const shown = routed.filter(({ hosts }) => hosts.some((host) => pages.includes(`${host}.html`)));
    return [...new Set(shown.map(({ name }) => name))];
}

function routedApplications(resources: Resource[]): RoutedApplication[] {
    const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
    const present = resources.filter((resource) => !resource.delete);
    const ownerOf = (resource: Resource) => outermostComponent(resource, byUrn);
    return present.flatMap((resource) => {
        const name = nameOf(ownerOf(resource));
        const traffic = trafficOf(resource);
        const registration = swarmRegistrationOf(resource);
        const gateways = (traffic ?? registration)?.GATEWAYS.split("\n").filter(Boolean) ?? [];
        if (gateways.length === 0) return [];
        // The page of the first replica stands for all.
        if (traffic?.SHARED_HOST) return [];
        if (traffic !== undefined) return [{ name, gateways, hosts: [traffic.HOST] }];
        const hosts = present
            .filter((other) => other.type === SERVICE && ownerOf(other) === ownerOf(resource))
            .map(({ inputs }) => String(inputs?.name));
        return [{ name, gateways, hosts, registration }];
    });
}

async function setOnEngine(
    engine: Engine,
    gateway: string,
    host: string,
    page: string | undefined,
): Promise<void> {
    const script =
        page === undefined
            ? [TURN_OFF, MAINTENANCE_DIRECTORY, host]
            : [TURN_ON, MAINTENANCE_DIRECTORY, host, page];
    await outputOf({ engine, id: gateway }, ["sh", "-c", ...script]);
}

/** Passes the page to the gateways on all nodes (components/gateway/swarm/set-maintenance.sh). */
async function setOnSwarm(
    { project: { directory } }: Stack,
    { env }: Engine,
    gateway: string,
    hosts: string[],
    { GATEWAY_LABEL, OWNER_LABEL, PATHS_LABEL, OWNER }: SwarmRegistration,
    page: string | undefined,
): Promise<void> {
    progress(`Updating ${gateway} on each node`);
    const script = ["functions.sh", "set-maintenance.sh"]
        .map((file) => readScriptBody(join(import.meta.dirname, "../components/gateway/swarm"), file))
        .join("\n");
    const running = promisify(execFile)("sh", ["-s", page === undefined ? "off" : "on"], {
        cwd: directory,
        env: {
            ...dockerEnvironment(env),
            ...{ GATEWAY_LABEL, OWNER_LABEL, PATHS_LABEL, OWNER },
            ...{ GATEWAYS: gateway, HOSTS: hosts.join(" "), PAGE: page ?? "" },
        },
    });
    running.child.stdin?.end(script);
    await running.catch((error: unknown) => {
        throw new CommandError(stderrOf(error));
    });
}

/** A manager of the Swarm that runs a gateway. */
async function managerOf(gateway: string, engines: Engine[]): Promise<Engine> {
    const managers = engines.filter(({ isManager }) => isManager);
    if (managers.length === 0)
        throw new CommandError(
            `No Docker Engine of this stack manages the Swarm of the gateway ${gateway}`,
            "Set docker:host in the stack's configuration to a manager.",
        );
    return engineOf({ id: gateway, isService: true }, managers);
}

/** The engine that runs a gateway, which may be of another stack. */
async function runningEngine(gateway: string, engines: Engine[]): Promise<Engine> {
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
        `The gateway ${gateway} is not running`,
        "Bring up the stack that it belongs to: `drydock up --stack <name>`.",
    );
}
