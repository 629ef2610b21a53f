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

/** Source of the sample application. */
export const SAMPLE_DIRECTORY = "apps/sample";

/** Once Sidekiq has started, its process title says how many threads are busy. */
const SIDEKIQ_IS_RUNNING = ["grep", "--quiet", "busy", "/proc/1/cmdline"];

/** What differs between the environments. */
export interface SampleArgs {
    /** For both Postgres and Redis. */
    data?: Pick<PostgresServiceArgs & RedisServiceArgs, "publish" | "swarm">;
    app: Partial<RailsWebAppArgs>;
}

/** The sample application with a worker, Postgres and Redis. */
export function sample({ data, app }: SampleArgs) {
    const config = new pulumi.Config();
    const engine = config.require<Engine>("engine");
    const protectData = config.requireBoolean("protectData");

    const db = new PostgresService("db", {
        engine,
        protectData,
        ...data,
        version: config.require("postgresVersion"),
    });
    const cache = new RedisService("cache", {
        engine,
        protectData,
        ...data,
        version: config.require("redisVersion"),
    });
    const web = new RailsWebApp("sample", {
        engine,
        build: { context: SAMPLE_DIRECTORY },
        database: db.connection,
        redis: cache.connection,
        processes: { worker: { command: ["bin/jobs"], health: { command: SIDEKIQ_IS_RUNNING } } },
        memory: config.require("memory"),
        ...app,
    });
    return { db, cache, web };
}
