import type * as pulumi from "@pulumi/pulumi";
import { validateContainer } from "../container/container-args.ts";
import { refuseVariable } from "../container/environment.ts";
import { Engine } from "../engines/engine.ts";
import { validateEngine, validateProcessOnEngine } from "../engines/index.ts";
import { validateAppRoutes } from "../gateway/routes.ts";
import { reserveContainerName } from "../shared/container-names.ts";
import { refuseTimesWithoutCheck } from "../shared/health.ts";
import { validateImage, volumesReservedForImage } from "../shared/image.ts";
import { refuseReservedVolumes } from "../shared/mounts.ts";
import { reserveHostPorts, validatePorts } from "../shared/ports.ts";
import { validatePublish } from "../shared/publish.ts";
import {
    isBoolean,
    isCommand,
    isDockerName,
    isIntegerBetween,
    isOneOf,
    isPort,
    isUnknown,
    matches,
    quote,
    refuse,
    required,
    validate,
    validateObject,
} from "../shared/validation.ts";
import { chosenVariables, validateWiring } from "../shared/wiring.ts";
import { MAX_KEPT_RELEASES } from "./release.ts";
import { type ReplicaArgs, replicaName, replicaNumbers, validateReplicas } from "./replicas.ts";
import {
    listeningPort,
    type ProcessArgs,
    processArgs,
    processPort,
    publishesPort,
    resetsEntrypoint,
    WEB,
    type WebAppArgs,
} from "./web-app-args.ts";

export function validateWebApp(name: string, args: WebAppArgs): void {
    validate({
        name: [name, isDockerName],
        port: [args.port, isPort],
        protectData: [args.protectData, isBoolean],
        keepReleases: [args.keepReleases, isIntegerBetween(1, MAX_KEPT_RELEASES)],
    });
    validateContainer(args);
    validateImage(args, true);
    validateWiring(args);
    validatePortVariable(args);
    validatePublish(args.publish);
    validatePorts(args, listeningPort(args));
    validateEngine(args);
    validateProcesses(args);
    validateEndpointNames(args);
    validateAliases(name, args);
    validateRoutes(args);
    validateAssets(args);
    validateOverlap(args);
    validateReplicas(args, args.engine, publishesPort(args));
    validateVolumeNames(args);
}

/**
 * Names that a volume cannot have on a Swarm. A volume there is a Command `<application>-<volume>`, and the application has
 * other Commands with these endings.
 */
const SWARM_COMMANDS = [
    "image",
    "image-start",
    "ready",
    "release",
    "release-variables",
    "routes",
    "shutdown",
];

function validateVolumeNames({ build, mounts, health, processes = {}, engine }: WebAppArgs): void {
    const unchecked = Object.entries(processes).filter(
        ([, { health }]) => health === undefined || health.disabled,
    );
    const reserved =
        engine === Engine.Swarm
            ? [
                  ...SWARM_COMMANDS,
                  ...(health?.disabled ? ["running"] : []),
                  ...unchecked.map(([process]) => `${process}-running`),
              ]
            : volumesReservedForImage({ build });
    refuseReservedVolumes(mounts, reserved, "application");
    for (const [process, { mounts }] of Object.entries(processes))
        refuseReservedVolumes(mounts, reserved, "application", `processes.${process}.mounts`);
}

function validateRoutes(args: WebAppArgs): void {
    const { routes, ports = {}, processes = {} } = args;
    const processPorts = Object.values(processes).flatMap(({ ports = {} }) => Object.keys(ports));
    validateAppRoutes(routes, [WEB, ...Object.keys(ports), ...processPorts]);
}

function validateAssets({ assets, routes, engine }: WebAppArgs): void {
    if (assets === undefined) return;
    if (isUnknown(assets) || !Array.isArray(assets))
        refuse("assets", 'must be a list, for example ["public/assets"]');
    if (engine === Engine.Swarm && routes !== undefined && assets.length > 0)
        refuse("assets", "gateways on a Swarm do not keep the assets of earlier releases; leave it out");
    assets.forEach((directory, i) => {
        validate({ [`assets[${i}]`]: [required(directory), isAssetDirectory] });
    });
}

const isAssetDirectory = matches(
    /^(?!\/)(?!.*\.\.)[\w./-]+$/,
    "is not a directory relative to the image's working directory; write it like public/assets",
);

function validateOverlap({ overlap, engine = Engine.Docker, ...args }: WebAppArgs): void {
    validate({ overlap: [overlap, isBoolean] });
    if (overlap && engine === Engine.Docker && publishesPort(args))
        refuse(
            "overlap",
            "two containers cannot publish the same port; leave out publish and reach the application through a Gateway, or leave out overlap",
        );
}

function validateProcesses(app: WebAppArgs): void {
    const { processes = {}, engine, swarm } = app;
    validateObject("processes", processes, '{ worker: { command: ["bin/worker"] } }');
    for (const [process, args] of Object.entries(processes)) {
        const path = `processes.${process}`;
        validate({ [path]: [process, isDockerName] });
        if (args.command?.length === 0)
            refuse(
                `${path}.command`,
                "is empty; leave it out for the image's command. A process does not inherit the command of the application",
            );
        validate({ [`${path}.command`]: [args.command, isCommand] });
        // Some images choose their program from a variable.
        const isReset = resetsEntrypoint(args);
        const entrypoint = isReset ? app.entrypoint : args.entrypoint;
        if ((args.command ?? entrypoint ?? args.env) === undefined)
            refuse(
                `${path}.command`,
                "the process would run the same program as the web process; set command, entrypoint or env",
            );
        validate({ [`${path}.overlap`]: [args.overlap, isBoolean] });
        validateReplicas(args, engine, publishesPort({ ports: args.ports }), `${path}.`);
        validateContainer(isReset ? { ...args, entrypoint: undefined } : args, `${path}.`);
        validatePorts({ ports: args.ports }, undefined, `${path}.`);
        const { readOnly, tmpfs, files, mounts } = processArgs(app, args);
        validateProcessOnEngine(
            { ...args, engine, swarm: { ...swarm, ...args.swarm }, readOnly, tmpfs, files, mounts },
            `${path}.`,
        );
        for (const key of ["path", "host", "tcp"] as const)
            if (args.health?.[key] !== undefined && processPort(args) === undefined)
                refuse(`${path}.health.${key}`, "the process has no TCP port; set ports, or health.command");
        const { health = {} } = args;
        if (!health.tcp && (health.path ?? health.command) === undefined)
            refuseTimesWithoutCheck(health, `${path}.health`, `${path}.health.command, path or tcp`);
        validateOrder(process, processes);
    }
    refuseReplicaNames(app);
}

/** The drydock command names the replicas of a process `worker-2`, `worker-3` and so on. */
function refuseReplicaNames({ processes = {}, engine, ...web }: WebAppArgs): void {
    for (const [process, args] of [[WEB, web] as const, ...Object.entries(processes)])
        for (const replica of replicaNumbers(args, engine)) {
            const name = replicaName(process, replica);
            if (replica > 1 && name in processes)
                refuse(
                    `processes.${name}`,
                    `is the name of a replica of the process ${process}; use another name`,
                );
        }
}

function validateOrder(process: string, processes: Record<string, ProcessArgs>): void {
    const at = `processes.${process}.after`;
    const others = [WEB, ...Object.keys(processes)].filter((name) => name !== process);
    processes[process]?.after?.forEach((name, i) => {
        validate({ [`${at}[${i}]`]: [name, isOneOf(others)] });
    });
    const cycle = findCycle(process, processes, [process]);
    if (cycle !== undefined)
        refuse(
            at,
            `the processes wait for one another (${cycle.join(" -> ")}); remove one of these dependencies`,
        );
}

/** @param path the processes that wait for one another, up to `process` */
function findCycle(
    process: string,
    processes: Record<string, ProcessArgs>,
    path: string[],
): string[] | undefined {
    for (const name of processes[process]?.after ?? []) {
        if (name === path[0]) return [...path, name];
        const cycle = path.includes(name) ? undefined : findCycle(name, processes, [...path, name]);
        if (cycle !== undefined) return cycle;
    }
    return undefined;
}

/** The endpoints of all processes share one map, so their names must differ. */
function validateEndpointNames(args: WebAppArgs): void {
    const owners = new Map<string, string>();
    const all = [
        ...Object.entries(args.ports ?? {}).map(([port, own]) => [port, `ports.${port}`, own.port] as const),
        ...Object.entries(args.processes ?? {}).flatMap(([process, { ports = {} }]) =>
            Object.keys(ports).map(
                (port) => [port, `processes.${process}.ports.${port}`, undefined] as const,
            ),
        ),
    ];
    for (const [port, path, number] of all) {
        if (port === WEB && number !== listeningPort(args))
            refuse(path, `web is the port of the web process, ${listeningPort(args)}; use another name`);
        const other = owners.get(port);
        if (other !== undefined) refuse(path, `${other} has the same name; rename one of them`);
        owners.set(port, path);
    }
}

/** All processes are on the network of the application, so their host names must differ. */
function validateAliases(name: string, { aliases, processes = {} }: WebAppArgs): void {
    const all = [
        { path: "aliases", own: name, process: "the web process", aliases },
        ...Object.entries(processes).map(([process, { aliases }]) => ({
            path: `processes.${process}.aliases`,
            own: `${name}-${process}`,
            process: `the process ${process}`,
            aliases,
        })),
    ];
    const owners = new Map(all.map(({ own, process }) => [own, process]));
    for (const { path, process, aliases = [] } of all)
        aliases.forEach((alias, i) => {
            const other = owners.get(alias) ?? process;
            if (other !== process)
                refuse(`${path}[${i}]`, `${quote(alias)} is a host name of ${other}; use another name`);
            owners.set(alias, process);
        });
}

/** Ensures that the health check, the published port and the application use the same port. */
function validatePortVariable(args: WebAppArgs): void {
    const { port, env: { PORT: variable } = {} } = args;
    for (const chosen of chosenVariables(args))
        if (chosen.variable === "PORT" && chosen.argument !== "env.PORT")
            refuseVariable(chosen, "is the port that the web process listens on; use another name");
    if (isUnknown(variable))
        refuse("env.PORT", "must be a plain value and not an Output; or leave it out, and set port");
    if (variable === undefined) return;
    if (isPort(Number(variable)) !== undefined)
        refuse("env.PORT", `${quote(variable)} is not a port; use 1 to 65535, or leave it out`);
    if (port !== undefined && Number(variable) !== port)
        refuse("env.PORT", `${quote(variable)} differs from port, which is ${port}; keep one of the two`);
}

/** Reserves the names of the containers and the ports of the host. */
export function reserveNames(name: string, args: WebAppArgs, app: pulumi.Resource): void {
    const { processes = {}, engine, swarm } = args;
    reserveContainerNames(app, name, args, engine, "name", `the application ${name}`);
    reserveHostPorts(app, `the application ${name}`, args);
    for (const [process, own] of Object.entries(processes)) {
        const description = `the process ${process} of ${name}`;
        reserveContainerNames(app, `${name}-${process}`, own, engine, `processes.${process}`, description);
        const published = { ports: own.ports, engine, swarm: { ...swarm, ...own.swarm } };
        reserveHostPorts(app, description, published, `processes.${process}.`);
    }
}

/** @param at path of the argument that the name comes from */
function reserveContainerNames(
    app: pulumi.Resource,
    name: string,
    args: ReplicaArgs,
    engine: Engine | undefined,
    at: string,
    description: string,
): void {
    for (const replica of replicaNumbers(args, engine))
        reserveContainerName(app, replicaName(name, replica), at, description);
}
