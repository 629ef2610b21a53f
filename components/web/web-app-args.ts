import type { ContainerArgs } from "../container/container-args.ts";
import { Engine, type SwarmAppArgs } from "../engines/engine.ts";
import type { AppRouteArgs } from "../gateway/routes.ts";
import type { HealthArgs } from "../shared/health.ts";
import type { ImageSource } from "../shared/image.ts";
import { firstTcpPort, type PortArgs, type PortsArgs } from "../shared/ports.ts";
import type { PublishArgs } from "../shared/publish.ts";
import type { WiringArgs } from "../shared/wiring.ts";

/**
 * A process beside the web server, such as a worker or a scheduler. It inherits the application's image, links and
 * arguments, except for command, ports, host names and health check. An argument that the process sets itself overrides
 * the application's; variables, files, mounts and labels are added to the application's.
 */
export interface ProcessArgs extends ContainerArgs {
    /** Program to run, and its arguments. Required unless `entrypoint`, `env` or `envFiles` is set.
     *  @default the image's command */
    command?: string[];
    /** Program that starts the command, which also replaces the image's command. `[]` restores the image's entrypoint.
     *  @default the entrypoint of the application, or else the image's */
    entrypoint?: string[];
    /** Ports that the process listens on, by name. The first TCP port is passed to it as `PORT`. */
    ports?: Record<string, PortArgs>;
    /** Health check. `path` and `tcp` use the first TCP port of `ports`. The image's check, which may be for the web
     *  server, is turned off; `{}` keeps it. @default none: the process must run for 5 s */
    health?: HealthArgs;
    /** Processes that must be healthy before this one starts; `web` is the web process. */
    after?: string[];
    /** Whether an update may start the new process before it stops the old one. On a Docker Engine, a process
     *  overlaps only if the web process overlaps and the process publishes no port. @default true */
    overlap?: boolean;
    /** Number of containers that run the process, 1 to 100. With several on a Docker Engine, the process cannot publish a
     *  port. @default 1; on a Swarm, `swarm.replicas` of the application */
    replicas?: number;
    /** How a Swarm runs the process. Overrides individual settings of the application's `swarm`. */
    swarm?: SwarmAppArgs;
}

export interface WebAppArgs extends ImageSource, WiringArgs, ContainerArgs {
    /** Command of the web process. @default the image's command */
    command?: string[];
    /** Port that the web process listens on. Passed to it as `PORT`. @default `PORT` of `env`, or 3000 */
    port?: number;
    /** Publishes the port on the host. @default not published: only containers on the same network can reach it */
    publish?: PublishArgs;
    /** Further ports of the web process, by name. If `ports` or `aliases` is set, the application has a network of its own,
     *  which others join by linking to one of its `endpoints`. */
    ports?: Record<string, PortArgs>;
    /** Requests that gateways pass on to the application. An application with routes that publishes no port is deployed
     *  without downtime: the gateways send requests to the new container once it is healthy. @default none */
    routes?: AppRouteArgs[];
    /** Directories of the image with fingerprinted assets, relative to its working directory: `["public/assets"]`. The
     *  gateways of `routes` keep the assets of the last five releases, and serve them when the application responds with
     *  status 404: after a deploy, pages of the old version still find their assets. Not on a Swarm. @default none */
    assets?: string[];
    /** Whether an update starts the new web process before it stops the old one. On a Docker Engine, the application must not
     *  publish a port. A Gateway switches to the new process without a failed request. Other clients of the
     *  application's host name must resolve it again, and retry while the old process stops.
     *  @default true on a Swarm; on a Docker Engine, true if `routes` is set and no port is published */
    overlap?: boolean;
    /** Number of containers that run the web process, 1 to 100. With several on a Docker Engine, the application cannot
     *  publish a port; the gateways of `routes` send each request to the one with the fewest requests in progress. On a
     *  Swarm, `swarm.replicas` overrides it, and applies to the other processes too. @default 1 */
    replicas?: number;
    /** Health check of the web process. @default HTTP GET `/` */
    health?: HealthArgs;
    /** Further processes, by name. */
    processes?: Record<string, ProcessArgs>;
    /** Refuses every update that would delete or unmount one of its volumes, until this is false (Pulumi's
     *  `protect`). For a single volume, set `protectData` of the mount. @default false */
    protectData?: boolean;
    /** Number of releases that `drydock rollback` can return to, including the current one: 1 to 100. Their images
     *  stay on the Docker Engine. Older images are removed, unless they have another name. @default 3 */
    keepReleases?: number;
    /** Engine that runs the containers. @default `Engine.Docker` */
    engine?: Engine;
    /** How a Swarm runs the application. No effect with `Engine.Docker`. */
    swarm?: SwarmAppArgs;
}

/** Name of the web process among the processes and the endpoints. */
export const WEB = "web";

/** Port that the web process listens on. */
export function listeningPort({ port, env }: WebAppArgs): number {
    return port ?? Number(env?.PORT ?? 3000);
}

/** Port of the health check, which is also passed to the process as `PORT`. */
export function processPort({ ports }: ProcessArgs): number | undefined {
    return firstTcpPort(ports)?.port;
}

/** Whether the process has the image's entrypoint instead of the application's. */
export function resetsEntrypoint({ entrypoint }: ProcessArgs): boolean {
    return entrypoint?.length === 0;
}

/** The arguments of a process: its own, and those that it inherits from the application (see ProcessArgs). */
export function processArgs(app: WebAppArgs, process: ProcessArgs): ContainerArgs & WiringArgs & PortsArgs {
    const {
        command: _command,
        hostname: _hostname,
        aliases: _aliases,
        ports: _ports,
        overlap: _overlap,
        ...common
    } = app;
    const own = Object.fromEntries(Object.entries(process).filter(([, value]) => value !== undefined));
    const port = processPort(process);
    return {
        ...common,
        ...own,
        ...(resetsEntrypoint(process) && { entrypoint: undefined }),
        env:
            app.env || process.env || port
                ? { ...app.env, ...(port && { PORT: String(port) }), ...process.env }
                : undefined,
        files: app.files || process.files ? { ...app.files, ...process.files } : undefined,
        labels: app.labels || process.labels ? { ...app.labels, ...process.labels } : undefined,
        mounts: mergeMounts(app.mounts, process.mounts),
    };
}

/** The mounts of a process: those of the application, and its own, which take precedence at the same path. */
export function mergeMounts<M extends { path: string }>(inherited: M[] = [], own: M[] = []): M[] {
    return [...inherited.filter(({ path }) => own.every((mount) => mount.path !== path)), ...own];
}

/** Whether the host has a port of the container, so that there can be only one container at a time. */
export function publishesPort({ publish, ports = {} }: PortsArgs): boolean {
    return publish !== undefined || Object.values(ports).some(({ publish }) => publish !== undefined);
}

/**
 * Whether a Docker Engine replaces the web process without downtime. Without routes, this is not the default: a proxy such as
 * nginx resolves a host name only once, and would not find the new container.
 */
export function hasRollingUpdate({ engine = Engine.Docker, overlap, routes, ...args }: WebAppArgs): boolean {
    return (
        engine === Engine.Docker &&
        (overlap ?? routesToApplication(routes).length > 0) &&
        !publishesPort(args)
    );
}

/** The routes that send requests to the application: all but redirects. */
export function routesToApplication(routes: AppRouteArgs[] = []): AppRouteArgs[] {
    return routes.filter(({ redirect }) => redirect === undefined);
}

/** The routes that send requests to one of these endpoints. */
export function routesTo({ routes }: WebAppArgs, endpoints: string[]): AppRouteArgs[] {
    return routesToApplication(routes).filter(({ endpoint = WEB }) => endpoints.includes(endpoint));
}

/** The short host names on the network of the application. */
export function hostNames(name: string, { aliases = [], processes = {} }: WebAppArgs): string[] {
    const processNames = Object.entries(processes).map(([process, { aliases = [] }]) => [
        `${name}-${process}`,
        ...aliases,
    ]);
    return [name, ...aliases, ...processNames.flat()];
}
