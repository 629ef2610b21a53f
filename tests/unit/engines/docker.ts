import { readFileSync } from "node:fs";
import type { Declared, UNKNOWN } from "../../../testing/index.ts";
import {
    capabilities,
    type Check,
    common,
    type ContainerView,
    health,
    type Label,
    labelled,
    reachesHost,
    type TmpfsView,
    USUAL_MODE,
} from "./view.ts";

interface Container {
    name: string;
    image: string;
    entrypoints?: string[];
    command?: string[];
    envs?: string[] | typeof UNKNOWN;
    labels: Label[];
    uploads?: { file: string; content?: string; source?: string }[];
    volumes?: { containerPath: string; volumeName?: string; hostPath?: string; readOnly?: boolean }[];
    tmpfs?: Record<string, string>;
    networksAdvanced?: { name: string }[] | typeof UNKNOWN;
    ports?: { internal: number; external: number }[];
    hosts?: unknown;
    healthcheck?: Check;
    waitTimeout?: number;
    memory?: number;
    shmSize?: number;
    cpus?: string;
    user?: string;
    readOnly?: boolean;
    capabilities: { drops?: string[]; adds?: string[] };
    restart: string;
    destroyGraceSeconds: number;
}

/** What a docker.Container says of its container. */
export function fromContainer(resource: Declared): ContainerView {
    const inputs = resource.inputs as unknown as Container;
    const { secrets } = resource;
    const [port] = inputs.ports ?? [];
    return {
        ...common(resource),
        host: inputs.name,
        labels: labelled(inputs.labels),
        image: inputs.image,
        entrypoint: inputs.entrypoints,
        command: inputs.command,
        env: environment(inputs.envs),
        files: Object.fromEntries(
            (inputs.uploads ?? []).map(({ file, content, source }) => [
                file,
                {
                    content: source === undefined ? (content ?? "") : readFileSync(source, "utf8"),
                    secret: secrets.includes("uploads"),
                },
            ]),
        ),
        mounts: (inputs.volumes ?? []).map(({ containerPath, volumeName, hostPath, readOnly = false }) => ({
            path: containerPath,
            volume: volumeName,
            hostPath,
            readOnly,
        })),
        tmpfs: Object.fromEntries(
            Object.entries(inputs.tmpfs ?? {}).map(([path, options]) => [path, memoryFileSystem(options)]),
        ),
        networks: joined(inputs.networksAdvanced),
        publish: port && { containerPort: port.internal, hostPort: port.external },
        health: inputs.healthcheck && health(inputs.healthcheck, inputs.waitTimeout ?? NaN),
        memory: inputs.memory,
        sharedMemory: inputs.shmSize,
        cpus: inputs.cpus === undefined ? undefined : Number(inputs.cpus),
        user: inputs.user,
        readOnly: inputs.readOnly,
        capabilities: capabilities(inputs.capabilities),
        restart: restart(inputs.restart),
        stopTimeout: inputs.destroyGraceSeconds,
        reachesHost: reachesHost(inputs.hosts),
        secrets: [
            ...(secrets.includes("envs") ? ["env" as const] : []),
            ...(secrets.includes("uploads") ? ["files" as const] : []),
        ],
    };
}

function environment(envs: Container["envs"] = []): ContainerView["env"] {
    if (typeof envs === "string") return envs;
    return Object.fromEntries(envs.map((line) => [line.replace(/=.*/s, ""), line.replace(/^[^=]*=/, "")]));
}

function joined(networks: Container["networksAdvanced"] = []): unknown {
    return typeof networks === "string" ? networks : networks.map(({ name }) => name);
}

/** Of `size=64m,mode=1777`. */
function memoryFileSystem(options: string): TmpfsView {
    const values = new Map(options.split(",").map((option) => option.split("=") as [string, string]));
    const [, amount, unit = ""] = /^(\d+)([kmg]?)$/.exec(values.get("size") ?? "") ?? [];
    const mode = values.get("mode");
    return {
        size: amount === undefined ? undefined : Number(amount) * 1024 ** ["", "k", "m", "g"].indexOf(unit),
        mode: mode === undefined ? USUAL_MODE : Number.parseInt(mode, 8),
    };
}

function restart(policy: string): ContainerView["restart"] {
    return policy === "no" || policy === "on-failure" ? policy : "always";
}
