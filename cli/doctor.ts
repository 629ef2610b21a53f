/** Checks what a stack needs. Each finding has a message and, unless all is well, a remedy. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { type Engine, engineEnvironments, openEngine } from "./engine.ts";
import { CommandError, UsageError } from "./exit-codes.ts";
import type { Finding } from "./findings.ts";
import { declaredProcesses } from "./inventory.ts";
import { type ExplainedCertificate, explainMissingCertificates } from "./missing-certificates.ts";
import { formatBytes } from "./output.ts";
import {
    backendUrl,
    messageOf,
    openStack,
    openWorkspace,
    type Project,
    type Stack,
    type StackOption,
} from "./project.ts";
import { passphraseRemedy } from "./passphrase.ts";
import { addressAdvice, describeNetworks, networksLeft } from "./repair/address-pools.ts";
import { type EngineState, faultsOf, type GeneratedPort, readEngines, takenPorts } from "./repair/drift.ts";
import { isLocal } from "./docker-environment.ts";
import { findOrphans, listNames } from "./repair/orphans.ts";
import type { Deployment, Resource } from "./state.ts";
import { MissingPulumi } from "./setup/find-pulumi.ts";
import { isOnPath } from "./setup/path.ts";
import { sharesConnections, sshArguments } from "./ssh.ts";
import { nodeEngines, readProcesses } from "./stack-inventory.ts";
import { describeLocalState, hasLocalState } from "./state-location.ts";
import { CONTAINER } from "./resource-types.ts";

const run = promisify(execFile);

export const GIB = 1024 ** 3;
/** Disk space below which an image may no longer fit, and below which databases may stop. */
export const LITTLE_SPACE = 5 * GIB;
export const NO_SPACE = GIB;

/** An application with a database and a cache takes two or three. */
const FEW_NETWORKS = 4;

export const MINIMUM_DOCKER = [20, 10];

/** Runs all checks, except those whose prerequisites another check found missing. */
export async function examine(options: StackOption): Promise<Finding[]> {
    const findings: Finding[] = [{ check: "Node.js", status: "ok", message: process.versions.node }];
    const stack = await openStack(options).catch((error: unknown) => {
        const check = error instanceof MissingPulumi ? "Pulumi" : "Project";
        // Before `init` there is none.
        findings.push(findingOf(check, error, error instanceof UsageError ? "warning" : "error"));
        return undefined;
    });
    if (stack) {
        const { directory, name } = stack.project;
        findings.push({
            check: "Project",
            status: "ok",
            message: `${name} in ${directory}, stack ${stack.name}`,
        });
    }
    const hasPulumi = stack && (await checkPulumi(stack.project, findings));
    const deployment = hasPulumi && (await checkState(stack, findings));
    const resources = deployment ? (deployment.resources ?? []) : [];
    const others = await Promise.all([
        stack && deployment ? secretFindings(stack) : [],
        stack && deployment ? pluginFindings(stack.project, resources) : [],
        dockerFindings(stack, resources),
    ]);
    return [...findings, ...others.flat()];
}

/** Runs a step, and records why it failed. */
async function attempt<T>(
    check: string,
    findings: Finding[],
    step: () => Promise<T>,
): Promise<T | undefined> {
    try {
        return await step();
    } catch (error) {
        findings.push(findingOf(check, error, "error"));
        return undefined;
    }
}

function findingOf(check: string, error: unknown, status: Finding["status"], remedy?: string): Finding {
    const advice = error instanceof CommandError ? (error.remedy ?? remedy) : remedy;
    return { check, status, message: messageOf(error), ...(advice && { remedy: advice }) };
}

async function checkPulumi(project: Project, findings: Finding[]): Promise<boolean> {
    const workspace = await attempt("Pulumi", findings, () => openWorkspace(project));
    if (workspace) findings.push({ check: "Pulumi", status: "ok", message: workspace.pulumiVersion });
    return workspace !== undefined;
}

/** The backend and the state in it. */
async function checkState(stack: Stack, findings: Finding[]): Promise<Deployment | undefined> {
    const backend = backendUrl(stack.project) ?? "as `pulumi login` selected";
    const deployment = await stack.deployment().catch((error: unknown) => {
        // Before the first `up` there is none.
        findings.push(findingOf("State", error, error instanceof UsageError ? "warning" : "error"));
        return undefined;
    });
    if (!deployment) return undefined;
    const { resources = [], pending_operations: pending = [] } = deployment;
    findings.push({
        check: "State",
        status: "ok",
        message: `${resources.length} resources, backend ${backend}`,
    });
    if (pending.length > 0)
        findings.push({
            check: "State",
            status: "warning",
            message: "An update was killed and left operations pending",
            remedy: `The next \`drydock up${stack.option}\` repairs that.`,
        });
    return deployment;
}

/** Whether Pulumi can decrypt the secrets in the state. Nothing prints them. */
async function secretFindings({ project: { directory }, name }: Stack): Promise<Finding[]> {
    const args = ["stack", "export", "--show-secrets", "--stack", name];
    try {
        await run("pulumi", args, { cwd: directory, maxBuffer: GIB });
        return [{ check: "Secrets", status: "ok", message: "can be decrypted" }];
    } catch (error) {
        return [findingOf("Secrets", error, "error", passphraseRemedy())];
    }
}

/** The plugins of the providers in the state. */
async function pluginFindings({ directory, file }: Project, resources: Resource[]): Promise<Finding[]> {
    const providers = resources
        .filter(({ type }) => type.startsWith("pulumi:providers:"))
        .map(({ type, inputs = {} }) => ({ name: type.split(":").at(-1) ?? "", version: inputs.version }));
    const localPath = (name: string) => {
        const source = file.packages?.[name];
        return typeof source === "string" && /^[./]/.test(source) ? resolve(directory, source) : undefined;
    };
    for (const { name } of providers) {
        const path = localPath(name);
        if (path !== undefined && !existsSync(path))
            return [
                {
                    check: "Plugins",
                    status: "error",
                    message: `${name} is not in ${path}, which Pulumi.yaml names`,
                    remedy: `Run \`npm install\` in ${directory}.`,
                },
            ];
    }
    const needed = providers.filter(({ name }) => localPath(name) === undefined);
    const listed = await run("pulumi", ["plugin", "ls", "--json"], { cwd: directory }).catch(
        (error: unknown) => findingOf("Plugins", error, "error"),
    );
    if (!("stdout" in listed)) return [listed];
    const installed = JSON.parse(listed.stdout) as { name: string; kind: string; version?: string }[];
    const missing = needed.filter(
        ({ name, version }) =>
            !installed.some(
                (plugin) =>
                    plugin.kind === "resource" &&
                    plugin.name === name &&
                    (typeof version !== "string" || plugin.version === version),
            ),
    );
    const names = (plugins: typeof needed) => [
        ...new Set(
            plugins.map(({ name, version }) => (typeof version === "string" ? `${name} ${version}` : name)),
        ),
    ];
    if (missing.length === 0)
        return [{ check: "Plugins", status: "ok", message: names(needed).join(", ") || "none needed yet" }];
    const isDownloaded = process.env.PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION !== "true";
    return names(missing).map((plugin) => ({
        check: "Plugins",
        status: isDownloaded ? "warning" : "error",
        message: `${plugin} is not installed`,
        remedy: isDownloaded
            ? "Pulumi downloads it during the next update."
            : `Install it: \`drydock pulumi plugin install resource ${plugin}\`.`,
    }));
}

async function dockerFindings(stack: Stack | undefined, resources: Resource[]): Promise<Finding[]> {
    const environments = stack ? engineEnvironments(stack, resources) : [{}];
    const directory = stack?.project.directory ?? process.cwd();
    const hasDocker = isOnPath("docker");
    const findings: Finding[] = hasDocker
        ? []
        : [
              {
                  check: "Docker",
                  status: "error",
                  message: "The docker command is not in the PATH",
                  remedy: "Install it: https://docs.docker.com/engine/install",
              },
          ];
    const engines: Engine[] = [];
    for (const env of environments) {
        const engine = await attempt("Docker", findings, () => openEngine(env, directory, stack?.option));
        if (!engine) continue;
        engines.push(engine);
        const checks = [contextFinding(engine), diskFindings(engine)];
        findings.push(
            dockerVersion(engine),
            ...(await Promise.all(checks)).flat(),
            ...sshFindings(engine),
            ...networkFindings(engine),
        );
    }
    if (!stack || !hasDocker || engines.length < environments.length) return findings;
    const docker = await readEngines(environments, resources);
    return [
        ...findings,
        ...stateLocationFindings(stack, engines),
        ...containerFindings(stack, resources, docker),
        ...(await portFindings(resources, docker, environments.every(isLocal))),
        ...(resources.length > 0 ? await orphanFindings(stack, resources, engines) : []),
        ...(await certificateFindings(stack, resources)),
    ];
}

async function certificateFindings(stack: Stack, resources: Resource[]): Promise<Finding[]> {
    const processes = await readProcesses(stack, resources);
    const nodes = nodeEngines(stack);
    const missing = await explainMissingCertificates({ stack, resources, processes, nodes });
    return missing.map(certificateFinding);
}

export function certificateFinding({ gateway, host, pointsHere, addresses }: ExplainedCertificate): Finding {
    const check = { check: "Certificates", status: "warning" } as const;
    if (pointsHere)
        return {
            ...check,
            message: `The gateway ${gateway} has no certificate for ${host} yet`,
            remedy: "The next HTTPS request for it requests one. If that fails, the log of the gateway shows why.",
        };
    return {
        ...check,
        message: `The gateway ${gateway} has no certificate for ${host}, which does not point to it (DNS: ${addresses.join(" ") || "no address"})`,
        remedy: "Change its DNS record. The next HTTPS request after that requests the certificate. If the machine cannot reach its own public address, set `checkHosts: false` of the Gateway.",
    };
}

function dockerVersion({ version, address }: Engine): Finding {
    const message = `${version} at ${address}`;
    if (isCurrent(version)) return { check: "Docker", status: "ok", message };
    return {
        check: "Docker",
        status: "error",
        message,
        remedy: `Update it to ${MINIMUM_DOCKER.join(".")} or newer.`,
    };
}

/** Whether a Docker Engine is new enough. */
export function isCurrent(version: string): boolean {
    const [major = 0, minor = 0] = version.split(".").map(Number);
    const [wantedMajor = 0, wantedMinor = 0] = MINIMUM_DOCKER;
    return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

/** The provider does not follow `docker context use`, the docker command does. */
async function contextFinding({ env, address }: Engine): Promise<Finding[]> {
    if (env.DOCKER_HOST || env.DOCKER_CONTEXT || process.env.DOCKER_HOST || process.env.DOCKER_CONTEXT)
        return [];
    const current = await run("docker", ["context", "show"]).then(
        ({ stdout }) => stdout.trim(),
        () => "default", // There is no docker command, or an old one.
    );
    if (current === "default") return [];
    return [
        {
            check: "Docker",
            status: "warning",
            message: `The docker command uses the context ${current}, but Pulumi uses ${address}`,
            remedy: "Set docker:host in the stack's configuration, or run `docker context use default`.",
        },
    ];
}

/** Free disk space where Docker stores its data. Nothing for a virtual machine, whose disk cannot be seen from here. */
async function diskFindings(engine: Engine): Promise<Finding[]> {
    const { DockerRootDir: directory = "" } = (await engine.docker.info()) as { DockerRootDir?: string };
    const free = await freeSpace(engine, directory).catch(() => undefined);
    if (free === undefined) return [];
    const status = free < NO_SPACE ? "error" : free < LITTLE_SPACE ? "warning" : "ok";
    return [
        {
            check: "Disk",
            status,
            message: `${formatBytes(free)} free in ${directory} at ${engine.address}`,
            ...(status !== "ok" && {
                remedy: "`docker image prune` and `docker builder prune` remove unused images and build caches.",
            }),
        },
    ];
}

async function freeSpace({ address }: Engine, directory: string): Promise<number | undefined> {
    if (address.startsWith("ssh://")) {
        const { stdout } = await run("ssh", [...sshArguments(address), `df -Pk '${directory}'`]);
        return Number(stdout.trim().split("\n").at(-1)?.split(/\s+/)[3]) * 1024;
    }
    if (!address.startsWith("unix://")) return undefined;
    const { bavail, bsize } = await statfs(directory);
    return bavail * bsize;
}

function networkFindings({ env, address }: Engine): Finding[] {
    const left = networksLeft(env, isLocal(env));
    if (left === undefined) return [];
    const message = `${describeNetworks(left)} at ${address}`;
    if (left >= FEW_NETWORKS) return [{ check: "Networks", status: "ok", message }];
    return [
        {
            check: "Networks",
            status: left === 0 ? "error" : "warning",
            message,
            remedy: addressAdvice(left),
        },
    ];
}

/** The docker command accepts no ssh options: only ~/.ssh/config can make it share a connection. */
function sshFindings({ address }: Engine): Finding[] {
    if (!address.startsWith("ssh://")) return [];
    const { hostname } = new URL(address);
    if (sharesConnections(address))
        return [
            {
                check: "ssh",
                status: "ok",
                message: `the docker command shares a connection to ${hostname}`,
            },
        ];
    return [
        {
            check: "ssh",
            status: "warning",
            message: `The docker command opens a new connection to ${hostname} each time`,
            remedy: [
                "Add to ~/.ssh/config:",
                `  Host ${hostname}`,
                "      ControlMaster auto",
                "      ControlPath ~/.ssh/%C",
                "      ControlPersist 60",
            ].join("\n"),
        },
    ];
}

function stateLocationFindings(stack: Stack, engines: Engine[]): Finding[] {
    const remote = engines.find(({ env }) => !isLocal(env));
    return remote && hasLocalState(stack.project)
        ? [{ check: "State", status: "warning", ...describeLocalState(stack, remote.address) }]
        : [];
}

export function containerFindings(
    { option }: Pick<Stack, "option">,
    resources: Resource[],
    docker: EngineState,
): Finding[] {
    const faults = faultsOf(resources, docker);
    if (faults.length === 0)
        return [
            {
                check: "Containers",
                status: "ok",
                message: `${declaredProcesses(resources).length} running, as in the state`,
            },
        ];
    return faults.map(({ sentence, starting }) => ({
        check: "Containers",
        status: starting ? "warning" : "error",
        message: sentence,
        remedy: `\`drydock up${option}\` brings back what is missing; \`drydock logs${option}\` shows why it fails.`,
    }));
}

/** Ports that the state publishes and that another program has taken. */
async function portFindings(resources: Resource[], docker: EngineState, isHere: boolean): Promise<Finding[]> {
    const ports = publishedPorts(resources);
    // A running container holds its own ports. On a Swarm, its services publish them.
    const running = docker.containers.filter(({ state }) => state === "running").map(({ id }) => id);
    const free = ports.filter(({ holder = "" }) => !running.includes(holder));
    const taken = await takenPorts(free, docker, isHere);
    if (taken.length === 0)
        return ports.length === 0
            ? []
            : [
                  {
                      check: "Ports",
                      status: "ok",
                      message: [...new Set(ports.map(({ port }) => port))].join(", "),
                  },
              ];
    return taken.map(({ port, urn }) => ({
        check: "Ports",
        status: "error",
        message: `${port}, which ${urn.split("::").at(-1) ?? ""} publishes, is in use by another program`,
        remedy: "Stop that program, or publish another port.",
    }));
}

function publishedPorts(resources: Resource[]): GeneratedPort[] {
    interface Port {
        external?: number;
        ip?: string;
        protocol?: string;
    }
    return resources
        .filter(({ type, delete: isOld }) => type === CONTAINER && !isOld)
        .flatMap(({ urn = "", id, inputs }) =>
            (Array.isArray(inputs?.ports) ? (inputs.ports as Port[]) : []).flatMap(
                ({ external, ip, protocol }) =>
                    external === undefined
                        ? []
                        : [
                              {
                                  urn,
                                  port: external,
                                  ip: ip ?? "0.0.0.0",
                                  ...(protocol === "udp" && { protocol }),
                                  ...(id !== undefined && { holder: id }),
                              },
                          ],
            ),
        );
}

async function orphanFindings(stack: Stack, resources: Resource[], engines: Engine[]): Promise<Finding[]> {
    const { project, name } = stack;
    const known = resources.flatMap(({ id }) => id ?? []);
    const orphans = await findOrphans(
        project.name,
        name,
        known,
        engines.map(({ env }) => env),
    );
    if (orphans.length === 0) return [];
    return [
        {
            check: "Containers",
            status: "warning",
            message: `In Docker, but not in the state of ${name}: ${listNames(orphans)}`,
            remedy: orphanRemedy(stack),
        },
    ];
}

export function orphanRemedy({ project, option }: Pick<Stack, "project" | "option">): string {
    // With a remote backend, somebody else may be running an update.
    const removal = hasLocalState(project)
        ? `The next \`drydock up${option}\` removes them.`
        : `Remove them with \`drydock up${option} --remove-orphans\`.`;
    return `If no update is running, an update that was killed left them behind. ${removal}`;
}
