import { resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { LinkStyle, RedisService, WebApp } from "pulumi-drydock";

const config = new pulumi.Config();
const redisPort = config.requireNumber("redisPort");
if (config.requireBoolean("overHost") && redisPort === 0) {
    throw new pulumi.RunError("overHost: Redis is not published; set redisPort too, for instance to 6379");
}

// docker run -d -p 6379:6379 -v /home/vagrant/redis:/root --name=redis dockerfile/redis
const redis = new RedisService("redis", {
    hostPath: resolve(config.require("data")),
    dump: resolve("dump.rdb"),
    publish: redisPort === 0 ? undefined : { port: redisPort, ip: "0.0.0.0" },
});

// docker build -t playground/smartypants .
// docker run -p 9292:9292 --link redis:db playground/smartypants /bin/bash -c "bundle exec rackup config.ru"
const app = new WebApp("app", {
    build: { context: "../../apps/smartypants" },
    command: ["/bin/bash", "-c", "bundle exec rackup --host 0.0.0.0 config.ru"],
    port: 9292,
    publish: { port: config.requireNumber("port") },
    health: { path: "/health" },
    links: { db: config.requireBoolean("overHost") ? redis.connection.apply(overHost) : redis.connection },
    linkStyle: LinkStyle.Docker,
});

/** Reaches Redis over the port that is published on the host. */
function overHost({ scheme, password }: { scheme: string; password?: string }) {
    return { scheme, password, host: "host.docker.internal", port: redisPort };
}

export const url = app.url;
export const redisAddress = redis.address;
export const redisPassword = redis.connection.password;
