import * as pulumi from "@pulumi/pulumi";
import { RedisService, WebApp } from "pulumi-drydock";

const config = new pulumi.Config();
const redisPort = config.requireNumber("redisPort");

const redis = new RedisService("redis", { publish: redisPort === 0 ? undefined : { port: redisPort } });

const web = new WebApp("web", {
    build: { context: "../../apps/counter" },
    port: 80,
    publish: { port: config.requireNumber("port") },
    health: { path: "/health" },
    links: { redis: redis.connection },
});

export const url = web.url;
export const redisAddress = redis.address;
export const redisPassword = redis.connection.password;
