import { resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { PostgresService, RailsWebApp, RailsWebAppArgs, RedisService } from "../components";

const SAMPLE = "apps/sample";

/** A developer's environment: the sample application, web and worker, on its Postgres and Redis. */
export function dev() {
    const settings = new pulumi.Config();
    const publish = settings.requireBoolean("publishData") ? {} : undefined;
    const protectData = settings.requireBoolean("protectData");

    const db = new PostgresService("db", {
        version: settings.require("postgresVersion"),
        publish,
        protectData,
    });
    const cache = new RedisService("cache", {
        version: settings.require("redisVersion"),
        publish,
        protectData,
    });
    const app = new RailsWebApp("sample", {
        build: { context: SAMPLE },
        database: db.connection,
        redis: cache.connection,
        publish: { port: settings.requireNumber("port") || undefined },
        processes: { worker: { command: ["bin/jobs"] } },
        memory: settings.require("memory"),
        ...(settings.requireBoolean("liveReload") ? fromSource() : {}),
    });

    return { url: app.url, ...(publish && { postgres: db.address, redis: cache.address }) };
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
