import * as pulumi from "@pulumi/pulumi";
import { ContainerSpec, Mount, runContainer, Running } from "./engines";
import { HealthArgs, healthCheck, httpHealth, validateHealth } from "./health";
import { imageOf, ImageSource, validateImage } from "./image";
import { physicalName } from "./names";
import { PublishArgs, publishedAddress, publishedPort, validatePublish } from "./publish";
import {
    isAbsolutePath,
    isDockerName,
    isMemory,
    isPort,
    isPositive,
    mebibytes,
    oneOf,
    refuse,
    validate,
} from "./validation";
import { validateWiring, WiringArgs, wiringOf } from "./wiring";

/** A volume, or a directory of the host, in a container. */
export interface MountArgs {
    /** Path in the container, absolute. */
    path: string;
    /** Name of a volume; Docker makes it where there is none. */
    volume?: pulumi.Input<string>;
    /** Directory of the host, absolute. */
    hostPath?: string;
    /** @default false */
    readOnly?: boolean;
}

/** A process beside the web server, of the same image and with the same wiring: a worker, a scheduler. */
export interface ProcessArgs {
    /** The program and its arguments. */
    command: string[];
    /** How to see that it works. @default that it runs */
    health?: HealthArgs;
    /** Most memory it may use, such as `512m`. @default as the web process */
    memory?: string;
}

/** How a container is kept in its place. */
export interface LimitArgs {
    /** Most memory a process may use, such as `512m`. @default no limit */
    memory?: string;
    /** Processors a process may use, such as 1.5. @default no limit */
    cpus?: number;
    /** When an ended process is started again: `no`, `on-failure`, `always`, `unless-stopped`. @default `unless-stopped` */
    restart?: string;
    /** User or `user:group` to run as. @default the image's */
    user?: string;
    /** Makes the root file system read-only. @default false */
    readOnly?: boolean;
    /** Memory file systems by path, with options: `{"/tmp": ""}`. */
    tmpfs?: Record<string, string>;
    /** Linux capabilities to leave, such as `["CHOWN", "SETUID"]`. @default none */
    capabilities?: string[];
    /** Seconds between the request to stop and the end by force. @default 10 */
    stopTimeout?: number;
}

export interface WebAppArgs extends ImageSource, WiringArgs, LimitArgs {
    /** Command of the web process. @default the image's */
    command?: string[];
    /** Port that the web process listens on; it is told by `PORT`. @default 3000 */
    port?: number;
    /** Publishes the port on the machine it runs on. @default only what is on a network with it reaches it */
    publish?: PublishArgs;
    /** How to see that the web process works. @default `/` answers */
    health?: HealthArgs;
    /** Further processes by name. */
    processes?: Record<string, ProcessArgs>;
    /** Volumes and directories of the host. */
    mounts?: MountArgs[];
}

/**
 * A web application in containers: its web server, and what runs beside it.
 *
 * @example
 * const shop = new WebApp("shop", {
 *     build: { context: "shop" },
 *     links: { database: db.connection, redis: cache.connection },
 *     publish: { port: 3000 },
 *     processes: { worker: { command: ["bin/worker"] } },
 * });
 * export const url = shop.url;
 */
export class WebApp extends pulumi.ComponentResource {
    /** Where it is published, such as `http://127.0.0.1:3000`; empty where it is not. Resolves once it is healthy. */
    public readonly url: pulumi.Output<string>;

    /** @throws pulumi.InputPropertyError for an argument that cannot work */
    constructor(name: string, args: WebAppArgs, opts?: pulumi.ComponentResourceOptions) {
        super("drydock:index:WebApp", name, {}, opts);
        validateArgs(name, args);
        const child = { parent: this };

        const image = imageOf(name, args, child);
        const { port = 3000 } = args;
        const publish = publishedPort(name, args.publish, port, child);
        const health = httpHealth(port, args.health ?? {}, args.health?.path ?? "/");
        const web = runProcess(name, name, image, args, { command: args.command, publish, health }, child);
        for (const [process, { command, health, memory }] of Object.entries(args.processes ?? {})) {
            const check = health?.command && healthCheck(["CMD", ...health.command], health);
            const own = {
                command,
                health: check,
                ...(memory !== undefined && { memory: mebibytes(memory) }),
            };
            runProcess(name, `${name}-${process}`, image, args, own, child);
        }

        this.url = publishedAddress(web.ready, publish).apply((address) =>
            address === "" ? "" : `http://${address}`,
        );
        this.registerOutputs({ url: this.url });
    }
}

function validateArgs(name: string, args: WebAppArgs): void {
    validate({
        name: [name, isDockerName],
        port: [args.port, isPort],
        memory: [args.memory, isMemory],
        cpus: [args.cpus, isPositive],
        stopTimeout: [args.stopTimeout, isPositive],
        restart: [args.restart, oneOf(["no", "on-failure", "always", "unless-stopped"])],
    });
    for (const [process, { command, health, memory }] of Object.entries(args.processes ?? {})) {
        const path = `processes.${process}`;
        validate({ [path]: [process, isDockerName], [`${path}.memory`]: [memory, isMemory] });
        if (command.length === 0)
            refuse(`${path}.command`, "there is nothing to run; set it to the program and its arguments");
        if (health?.path !== undefined)
            refuse(`${path}.health.path`, "only the web process has a port; set health.command");
    }
    args.mounts?.forEach(({ path, volume, hostPath }, i) => {
        validate({
            [`mounts[${i}].path`]: [path, isAbsolutePath],
            [`mounts[${i}].hostPath`]: [hostPath, isAbsolutePath],
        });
        validate({ [`mounts[${i}].volume`]: [volume, isDockerName] });
        if ((volume === undefined) === (hostPath === undefined))
            refuse(`mounts[${i}]`, "set volume or hostPath, one of the two");
    });
    validateImage(args, true);
    validateWiring(args);
    validatePublish(args.publish);
    validateHealth(args.health);
}

function runProcess(
    component: string,
    name: string,
    image: pulumi.Output<string>,
    args: WebAppArgs,
    own: Pick<ContainerSpec, "command" | "publish" | "health"> & { memory?: number },
    opts: pulumi.CustomResourceOptions,
): Running {
    const container = physicalName(name);
    const { env, networks, reachesHost } = wiringOf(container, args);
    const { port = 3000, cpus, restart, user, readOnly, tmpfs, capabilities, stopTimeout = 10 } = args;
    const spec: ContainerSpec = {
        ...{ component, name: container, image, networks, reachesHost },
        ...{ cpus, restart, user, readOnly, tmpfs, capabilities, stopTimeout },
        memory: mebibytes(args.memory),
        env: env.apply((variables) => ({ PORT: String(port), ...variables })),
        mounts: args.mounts satisfies Mount[] | undefined,
        ...own,
    };
    return runContainer(name, spec, opts);
}
