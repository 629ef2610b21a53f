import * as pulumi from "@pulumi/pulumi";
import * as drydock from "pulumi-drydock";

/** Every component that holds data, declared as in version 0.1.0. */
export function upgrade() {
    const db = new drydock.PostgresService("db", { database: "shop", publish: {} });
    const cache = new drydock.RedisService("cache", { settings: { appendonly: "yes" } });
    const links = { database: db.connection, redis: cache.connection };
    const task = new drydock.Task("seed", { image: "redis:8", command: ["true"], links });
    const health = { command: ["true"] };
    const command = ["sleep", "infinity"];
    const mounts = [{ path: "/storage", volume: "storage" }];
    const web = new drydock.WebApp("web", {
        image: "redis:8",
        command,
        health,
        links,
        mounts,
        publish: {},
        stopTimeout: 1,
    });
    new drydock.RailsWebApp("rails", {
        image: "redis:8",
        command,
        health,
        mounts,
        migration: ["true"],
        stopTimeout: 1,
        database: db.connection,
        redis: cache.connection,
        processes: { worker: { command } },
    });
    return { url: web.url, db: db.connection, said: pulumi.unsecret(task.stdout) };
}
