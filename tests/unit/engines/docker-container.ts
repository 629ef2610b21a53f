import { readFileSync } from "node:fs";
import type { Declared, UNKNOWN } from "../../../testing/index.ts";
import {
    toCapabilities,
    type ProviderHealthCheck,
    commonProperties,
    type DeclaredContainer,
    toHealthCheck,
    type Label,
    toLabels,
    readHosts,
    type DeclaredTmpfs,
    DEFAULT_TMPFS_MODE,
} from "./declared-container.ts";

interface Container {
    name: string;
    image: string;
    entrypoints?: string[];
    command?: string[];
    envs?: string[] | typeof UNKNOWN;
    labels: Label[];
    uploads?: Upload[];
    volumes?: { containerPath: string; volumeName?: string; hostPath?: string; readOnly?: boolean }[];
    tmpfs?: Record<string, string>;
    networksAdvanced?: { name: string; aliases?: string[] }[] | typeof UNKNOWN;
    ports?: { internal: number; external: number; ip?: string; protocol?: string }[];
    hosts?: unknown;
    healthcheck?: ProviderHealthCheck;
    waitTimeout?: number;
    memory?: number;
    shmSize?: number;
    cpus?: string;
    user?: string;
    workingDir?: string;
    hostname?: string;
    init?: boolean;
    logDriver?: string;
    logOpts?: Record<string, string>;
    readOnly?: boolean;
    capabilities: { drops?: string[]; adds?: string[] };
    restart: string;
    destroyGraceSeconds: number;
}

interface Upload {
    file: string;
    content?: string;
    contentBase64?: string;
    source?: string;
    permissions?: string;
    owner?: string;
    group?: string;
}

function contentOf({ content, contentBase64, source }: Upload): string {
    if (source !== undefined) return readFileSync(source, "utf8");
    return contentBase64 === undefined ? (content ?? "") : Buffer.from(contentBase64, "base64").toString();
}

/** The container of a docker.Container. */
export function readContainer(resource: Declared): DeclaredContainer {
    const inputs = resource.inputs as unknown as Container;
    const { secrets } = resource;
    const [port] = inputs.ports ?? [];
    return {
        ...commonProperties(resource),
        hostName: inputs.name,
        labels: toLabels(inputs.labels),
        image: inputs.image,
        entrypoint: inputs.entrypoints,
        command: inputs.command,
        env: environment(inputs.envs),
        files: Object.fromEntries(
            (inputs.uploads ?? []).map((upload) => [
                upload.file,
                {
                    content: contentOf(upload),
                    secret: secrets.includes("uploads"),
                },
            ]),
        ),
        permissions: Object.fromEntries(
            (inputs.uploads ?? []).map(({ file, permissions, owner = "0", group = "0" }) => [
                file,
                { mode: permissions, owner: Number(owner), group: Number(group) },
            ]),
        ),
        mounts: (inputs.volumes ?? []).map(({ containerPath, volumeName, hostPath, readOnly = false }) => ({
            path: containerPath,
            volume: volumeName,
            hostPath,
            readOnly,
        })),
        tmpfs: Object.fromEntries(
            Object.entries(inputs.tmpfs ?? {}).map(([path, options]) => [path, parseTmpfs(options)]),
        ),
        networks: networkNames(inputs.networksAdvanced),
        aliases: aliasesOf(inputs.networksAdvanced),
        ports: (inputs.ports ?? []).map(
            ({ internal, external, ip = "", protocol = "tcp" }) =>
                `${ip}:${external} -> ${internal}/${protocol}`,
        ),
        publish: port && { containerPort: port.internal, hostPort: port.external },
        health: inputs.healthcheck && toHealthCheck(inputs.healthcheck, inputs.waitTimeout ?? NaN),
        memory: inputs.memory,
        sharedMemory: inputs.shmSize,
        cpus: inputs.cpus === undefined ? undefined : Number(inputs.cpus),
        user: inputs.user,
        readOnly: inputs.readOnly,
        capabilities: toCapabilities(inputs.capabilities),
        restart: restart(inputs.restart),
        stopTimeout: inputs.destroyGraceSeconds,
        workingDirectory: inputs.workingDir,
        ownHostName: inputs.hostname,
        init: inputs.init,
        logging:
            inputs.logDriver === undefined
                ? undefined
                : { driver: inputs.logDriver, options: inputs.logOpts },
        ...readHosts(inputs.hosts),
        secrets: [
            ...(secrets.includes("envs") ? ["env" as const] : []),
            ...(secrets.includes("uploads") ? ["files" as const] : []),
        ],
    };
}

function environment(envs: Container["envs"] = []): DeclaredContainer["env"] {
    if (typeof envs === "string") return envs;
    return Object.fromEntries(envs.map((line) => [line.replace(/=.*/s, ""), line.replace(/^[^=]*=/, "")]));
}

function networkNames(networks: Container["networksAdvanced"] = []): unknown {
    return typeof networks === "string" ? networks : networks.map(({ name }) => name);
}

function aliasesOf(networks: Container["networksAdvanced"] = []): Record<string, string[]> {
    if (typeof networks === "string") return {};
    return Object.fromEntries(networks.flatMap(({ name, aliases }) => (aliases ? [[name, aliases]] : [])));
}

/** Parses options such as `size=64m,mode=1777`. */
function parseTmpfs(options: string): DeclaredTmpfs {
    const values = new Map(options.split(",").map((option) => option.split("=") as [string, string]));
    const [, amount, unit = ""] = /^(\d+)([kmg]?)$/.exec(values.get("size") ?? "") ?? [];
    const mode = values.get("mode");
    return {
        size: amount === undefined ? undefined : Number(amount) * 1024 ** ["", "k", "m", "g"].indexOf(unit),
        mode: mode === undefined ? DEFAULT_TMPFS_MODE : Number.parseInt(mode, 8),
    };
}

function restart(policy: string): DeclaredContainer["restart"] {
    return policy === "no" || policy === "on-failure" ? policy : "always";
}
