/**
 * Writes the Pulumi projects that the timings compare: `node bench/projects.ts <directory>`. They import the library by
 * its name, as another team's project would, and share their settings.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [directory = ""] = process.argv.slice(2);

const redisServices = (count: number) =>
    `import { RedisService } from "pulumi-drydock";\nfor (let i = 0; i < ${count}; i++) new RedisService(\`redis-\${i}\`);\n`;

/** A Redis as one writes it with Pulumi's packages alone. */
const redisByHand = `import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

const password = new random.RandomPassword("redis-password", { length: 32, special: false });
const image = new docker.RemoteImage("redis-image", { name: "redis:8", keepLocally: true });
const network = new docker.Network("redis-network");
const volume = new docker.Volume("redis-volume");
new docker.Container("redis", {
    image: image.imageId,
    command: ["redis-server", "/run/redis.conf"],
    uploads: [{ file: "/run/redis.conf", content: pulumi.interpolate\`requirepass \${password.result}\\n\` }],
    networksAdvanced: [{ name: network.name }],
    volumes: [{ volumeName: volume.name, containerPath: "/data" }],
    healthcheck: { tests: ["CMD-SHELL", "redis-cli ping"], interval: "2s" },
    wait: true,
});
`;

/** The dev stack's application behind a gateway, which deploys it without downtime. */
const behindGateway = `import * as pulumi from "@pulumi/pulumi";
import { Gateway, PostgresService, RailsWebApp, RedisService, Tls } from "pulumi-drydock";

const port = new pulumi.Config().requireNumber("port");
const gateway = new Gateway("front", { tls: Tls.Off, http: { port, ip: "127.0.0.1" } });
new RailsWebApp("sample", {
    build: { context: "../../apps/sample" },
    database: new PostgresService("db", { version: "17" }).connection,
    redis: new RedisService("cache").connection,
    processes: { worker: { command: ["bin/jobs"] } },
    routes: [{ gateway: gateway.connection, host: "127.0.0.1" }],
});
`;

const programs: Record<string, string> = {
    empty: "export const a = 1;\n",
    "redis-by-hand": redisByHand,
    "redis-1": redisServices(1),
    "redis-6": redisServices(6),
    "redis-20": redisServices(20),
    "behind-gateway": behindGateway,
};

/** As Pulumi's template for TypeScript, without type checks, and translated by swc: the examples have the same. */
const tsconfig = {
    compilerOptions: {
        target: "es2022",
        module: "node16",
        moduleResolution: "node16",
        strict: true,
        skipLibCheck: true,
        noEmit: true,
        noCheck: true,
    },
    "ts-node": { swc: true },
};

for (const [name, program] of Object.entries(programs)) {
    const project = join(directory, name);
    mkdirSync(project, { recursive: true });
    writeFileSync(join(project, "Pulumi.yaml"), `name: ${name}\nruntime: nodejs\n`);
    writeFileSync(join(project, "package.json"), `{ "name": "${name}" }\n`);
    writeFileSync(join(project, "tsconfig.json"), JSON.stringify(tsconfig));
    writeFileSync(join(project, "index.ts"), program);
}
