import * as pulumi from "@pulumi/pulumi";
import { loadEnvFiles } from "../container/env-files.ts";
import { Engine } from "../engines/engine.ts";
import { getEngine } from "../engines/index.ts";
import type { Connection } from "../shared/connection.ts";
import { convertToDeclaredTypes } from "../shared/conversion.ts";
import { resolveImage, sourceOf } from "../shared/image.ts";
import { physicalName } from "../shared/names.ts";
import { isNested, markNested } from "../shared/nested-arguments.ts";
import { addressWhenHealthy, createPublishedPorts } from "../shared/publish.ts";
import { whenHealthy } from "../shared/readiness.ts";
import { refuseUnknownArguments } from "../shared/unknown-arguments.ts";
import { reportErrorsOn } from "../shared/validation.ts";
import { createAppMounts, createOwnNetwork, createProcesses, createServer } from "./app-containers.ts";
import { createEndpoint, createEndpoints, createRoutes } from "./app-endpoints.ts";
import {
    createReleaseImagesRemoval,
    recordRelease,
    releaseImage,
    rollbackOf,
    withVariablesOf,
} from "./release.ts";
import { listeningPort, type WebAppArgs } from "./web-app-args.ts";
import { reserveNames, validateWebApp } from "./web-app-validation.ts";

/**
 * A web application in containers: its web server, and further processes such as a worker.
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
    /** URL on the host, for example `http://127.0.0.1:3000`. Empty if the application is not published. Resolves once the
     *  web process is healthy. */
    public readonly url: pulumi.Output<string>;
    /** Host name of the web process on its networks. With `routes` or `overlap` on a Docker Engine, it resolves only on the
     *  application's own network and on those of its gateways. Resolves once the web process is healthy. */
    public readonly host: pulumi.Output<string>;
    /** Connection to the web process, for the routes of a Gateway. It needs a network: one that `links` joins, or one of its
     *  own (`aliases` or `ports`). */
    public readonly endpoint: pulumi.Output<Connection>;
    /** Connections to the ports in `ports` of the application and its processes, by name, for `links` of other components.
     *  `web` is the port of the web process. Empty if neither `ports` nor `aliases` is set. */
    public readonly endpoints: pulumi.Output<Record<string, Connection>>;
    /** Digest or ID of the image, for example for a Task. */
    public readonly image: pulumi.Output<string>;

    /** @throws pulumi.InputPropertyError if an argument is invalid */
    constructor(name: string, args: WebAppArgs, opts?: pulumi.ComponentResourceOptions) {
        super("drydock:index:WebApp", name, {}, opts);
        args = convertToDeclaredTypes("WebApp", args);
        reportErrorsOn(this, () => {
            refuseUnknownArguments("WebApp", args);
            args = loadEnvFiles(args);
            validateWebApp(name, args);
            reserveNames(name, args, this);
        });
        const child = { parent: this };

        const rollback = rollbackOf(name);
        if (rollback) {
            const restored = withVariablesOf(rollback, args);
            args = isNested(args) ? markNested(restored) : restored;
        }
        const engine = getEngine(args);
        const image = releaseImage(rollback, name, args, () => resolveImage(name, args, engine, child));
        // On a Swarm, no images of releases are kept, as the nodes pull them from the registry.
        const releaseImages =
            args.engine === Engine.Swarm
                ? { image, tagPrefix: "" }
                : createReleaseImagesRemoval(name, image, child);
        const network = createOwnNetwork(name, args, engine, child);
        const { mounts, processMounts, dependsOn } = createAppMounts(name, args, engine, child);
        const app = {
            name,
            args,
            engine,
            image: releaseImages.image,
            network,
            mounts,
            processMounts,
            rollback,
        };
        const options = { ...child, dependsOn };
        const published = createPublishedPorts(name, args.publish, { port: listeningPort(args) }, child);
        const server = createServer(app, published, options);
        const processes = createProcesses(app, server, options);
        const routes = createRoutes(app, server, processes, child);
        const containers = [server, ...Object.values(processes)];
        recordRelease(
            name,
            {
                image,
                args,
                rollback,
                source: sourceOf(args.build ? image : args.image),
                tagPrefix: releaseImages.tagPrefix,
            },
            { ...child, dependsOn: [...containers.flatMap(({ started }) => started), ...routes] },
        );

        const healthy = whenHealthy(name, server.started, server.spec, engine, child);
        const address = addressWhenHealthy(healthy, published, engine, child);
        this.url = address.apply((address) => (address === "" ? "" : `http://${address}`));
        this.host = healthy.apply(() => physicalName(name));
        this.endpoint = createEndpoint(app, published, { ...server, healthy }, child);
        this.endpoints = createEndpoints(app, published, { ...server, healthy }, processes, child);
        this.image = image;
        const { url, host, endpoint, endpoints } = this;
        this.registerOutputs({ url, host, endpoint, endpoints, image });
    }
}
