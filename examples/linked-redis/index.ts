import * as pulumi from "@pulumi/pulumi";
import { LinkStyle, RedisService, Task, WebApp } from "pulumi-drydock";

const password = new pulumi.Config().getSecret("password");

// docker build -t crosbymichael/redis .
// docker run -d -e PASSWORD=docker crosbymichael/redis --requirepass docker
const redis = new RedisService("redis", {
    build: { context: "../../apps/redis" },
    // Arguments to the image's ENTRYPOINT instead of its CMD. The file contains the password.
    command: ["/usr/local/etc/redis/redis.conf"],
    dataPath: "/redis-data",
    password,
});

// docker run -t -i -link /redis:db ubuntu bash
const link = { image: "debian:trixie-slim", links: { db: redis.connection }, linkStyle: LinkStyle.Docker };
const web = new WebApp("web", { ...link, command: ["sleep", "infinity"], health: { command: pingRedis() } });

// root@4c01db0b339c:/# env
const env = new Task("env", { ...link, command: ["env"], quiet: true }, { dependsOn: web });

/** Logs in to Redis and sends a PING, with nothing but bash. */
function pingRedis(): string[] {
    const script = [
        'exec 3<>"/dev/tcp/$DB_PORT_6379_TCP_ADDR/$DB_PORT_6379_TCP_PORT"',
        'printf "AUTH \\"%s\\"\\r\\nPING\\r\\n" "$DB_ENV_PASSWORD" >&3',
        "head -n 2 <&3 | grep -q PONG",
    ];
    return ["bash", "-c", script.join(" && ")];
}

/** Environment of a linked container. Secret, because it contains the password. */
export const environment = env.stdout;
export const shell = pulumi.interpolate`docker exec -it ${pulumi.getProject()}-${pulumi.getStack()}-web bash`;
