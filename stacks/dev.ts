import { resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import {
    connectionUrl,
    type PostgresService,
    type RailsWebAppArgs,
    type RedisService,
} from "../components/index.ts";
import { sample, SAMPLE } from "./sample.ts";

/** A developer's environment: all of it on this machine. */
export function dev() {
    const settings = new pulumi.Config();
    const publish = settings.requireBoolean("publishData") ? {} : undefined;

    const { db, cache, web } = sample({
        data: { publish },
        app: {
            publish: { port: settings.requireNumber("port") || undefined },
            ...(settings.requireBoolean("liveReload") ? fromSource() : {}),
        },
    });

    const published = publish && {
        postgres: db.address,
        redis: cache.address,
        databaseUrl: publishedUrl(db),
        redisUrl: publishedUrl(cache),
    };
    return { url: web.url, ...published };
}

/** The URL for programs of this machine. Secret: the password is in it. */
function publishedUrl({ connection, address }: PostgresService | RedisService): pulumi.Output<string> {
    return pulumi.all([connection, address]).apply(([parts, at]) => {
        const { hostname, port } = new URL(`tcp://${at}`);
        return connectionUrl({ ...parts, host: hostname, port: Number(port) });
    });
}

/** Runs the files of this machine in place of those in the image; Rails loads them anew when they change. */
function fromSource(): Partial<RailsWebAppArgs> {
    return {
        railsEnv: "development",
        mounts: [{ path: "/rails", hostPath: resolve(SAMPLE), readOnly: true }],
        // Owned by the user that the Dockerfile names.
        tmpfs: { "/rails/tmp": "uid=1000", "/rails/log": "uid=1000" },
    };
}
