import * as pulumi from "@pulumi/pulumi";
import {
    type Engine,
    PostgresService,
    type PostgresServiceArgs,
    RailsWebApp,
    type RailsWebAppArgs,
    RedisService,
    type RedisServiceArgs,
} from "../components/index.ts";

/** Where the sample application's source is. */
export const SAMPLE = "apps/sample";

/** Sidekiq says in its title how much it does, once it has started. */
const WORKS = ["grep", "--quiet", "busy", "/proc/1/cmdline"];

/** What one environment has that another has not. */
export interface Differences {
    /** Of both, Postgres and Redis. */
    data?: Pick<PostgresServiceArgs & RedisServiceArgs, "publish" | "swarm">;
    app: Partial<RailsWebAppArgs>;
}

/** The sample application, web and worker, on its Postgres and Redis. */
export function sample({ data, app }: Differences) {
    const settings = new pulumi.Config();
    const engine = settings.require<Engine>("engine");
    const protectData = settings.requireBoolean("protectData");

    const db = new PostgresService("db", {
        engine,
        protectData,
        ...data,
        version: settings.require("postgresVersion"),
    });
    const cache = new RedisService("cache", {
        engine,
        protectData,
        ...data,
        version: settings.require("redisVersion"),
    });
    const web = new RailsWebApp("sample", {
        engine,
        build: { context: SAMPLE },
        database: db.connection,
        redis: cache.connection,
        processes: { worker: { command: ["bin/jobs"], health: { command: WORKS } } },
        memory: settings.require("memory"),
        ...app,
    });
    return { db, cache, web };
}
