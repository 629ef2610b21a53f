import { resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { RedisService, Task } from "pulumi-drydock";

const config = new pulumi.Config();
const version = config.require("version");

// docker run -d redis:3.2
new RedisService("unpublished", { version });

// docker run -d --name redisHostPort -p 6379:6379 redis:latest
const hostPort = new RedisService("host-port", {
    version,
    publish: { port: config.requireNumber("port"), ip: "0.0.0.0" },
});

// docker run -d -p 127.0.0.1:6379:6379 redis
const local = new RedisService("local", { version, publish: { port: config.requireNumber("localPort") } });

// docker run -d --name redisDynamic -p 6379 redis:latest, and once more
const dynamic = [1, 2].map((n) => new RedisService(`dynamic-${n}`, { version, publish: {} }));

// docker run -d --name redisMapped -v /opt/docker/data/redis:/data redis
const mapped = new RedisService("mapped", {
    version,
    publish: {},
    hostPath: resolve(config.require("data")),
});

// docker run ubuntu ps: another command, in the same image
const foreground = new Task("foreground", {
    image: `redis:${version}`,
    command: ["redis-server", "--version"],
});

// docker port, for each of them
export const addresses = {
    hostPort: hostPort.address,
    local: local.address,
    dynamic: dynamic.map(({ address }) => address),
    mapped: mapped.address,
};
export const passwords = {
    hostPort: hostPort.connection.password,
    local: local.connection.password,
    dynamic: dynamic.map(({ connection }) => connection.password),
    mapped: mapped.connection.password,
};
export const foregroundOutput = pulumi.unsecret(foreground.stdout);

const container = pulumi.unsecret(hostPort.connection.host);
export const logs = pulumi.interpolate`docker logs ${container}`;
export const inspect = pulumi.interpolate`docker inspect ${container}`;
export const shell = `docker run -it --rm redis:${version} bash`;
