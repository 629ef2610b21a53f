import { resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import {
    connectionUrl,
    type PostgresService,
    type RailsWebAppArgs,
    type RedisService,
} from "../components/index.ts";
import { sample, SAMPLE_DIRECTORY } from "./sample.ts";

/** A developer's environment, on one machine. */
export function dev() {
    const config = new pulumi.Config();
    const publish = config.requireBoolean("publishData") ? {} : undefined;

    const { db, cache, web } = sample({
        data: { publish },
        app: {
            publish: { port: config.requireNumber("port") || undefined },
            ...(config.requireBoolean("liveReload") ? sourceMounts() : {}),
        },
    });

    const databaseOutputs = publish && {
        postgres: db.address,
        redis: cache.address,
        databaseUrl: publishedUrl(db),
        redisUrl: publishedUrl(cache),
    };
    return { url: web.url, ...databaseOutputs };
}

/** URL for programs on this machine. Secret, because it contains the password. */
function publishedUrl({ connection, address }: PostgresService | RedisService): pulumi.Output<string> {
    return pulumi.all([connection, address]).apply(([parts, at]) => {
        const { hostname, port } = new URL(`tcp://${at}`);
        return connectionUrl({ ...parts, host: hostname, port: Number(port) });
    });
}

/** Runs the files of this machine instead of those in the image. Rails reloads them when they change. */
function sourceMounts(): Partial<RailsWebAppArgs> {
    return {
        railsEnv: "development",
        mounts: [{ path: "/rails", hostPath: resolve(SAMPLE_DIRECTORY), readOnly: true }],
        // Owned by the user of the Dockerfile.
        tmpfs: { "/rails/tmp": "uid=1000", "/rails/log": "uid=1000" },
    };
}
