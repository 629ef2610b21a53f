/**
 * Writes the small services that the timings grow with: `node bench/services.ts <folder> <count>...`. A Pulumi
 * project of as many Redis services as its setting `count` says, importing the library, and for each count the
 * same for Compose, which reads JSON as well.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [folder = "", ...counts] = process.argv.slice(2);

const files: Record<string, string> = {
    "Pulumi.yaml": "name: services\nruntime: nodejs\nconfig:\n  count: { type: integer }\n",
    "package.json": '{ "main": "index.ts" }\n',
    // Pulumi looks for noCheck in this very file, and checks all types at every run where it does not find it.
    "tsconfig.json": '{ "extends": "../tsconfig.json", "compilerOptions": { "noCheck": true } }\n',
    "index.ts": `import * as pulumi from "@pulumi/pulumi";
import { RedisService } from "../components";

const count = new pulumi.Config().requireNumber("count");
for (let i = 0; i < count; i++) new RedisService(\`redis-\${i}\`);
`,
    ...Object.fromEntries(counts.map((count) => [`compose-${count}.json`, forCompose(Number(count))])),
};

mkdirSync(folder, { recursive: true });
for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);

function forCompose(count: number): string {
    const names = Array.from({ length: count }, (_, i) => `redis-${i}`);
    const each = (of: (name: string) => object) => Object.fromEntries(names.map((name) => [name, of(name)]));
    return JSON.stringify({
        name: "${PROJECT}",
        services: each((name) => ({
            image: "redis:8",
            command: ["redis-server", "/usr/local/etc/redis/redis.conf"],
            configs: [
                { source: "password", target: "/run/redis-password" },
                { source: "redis", target: "/usr/local/etc/redis/redis.conf" },
            ],
            volumes: [`${name}:/data`],
            networks: [name],
            healthcheck: {
                test: 'REDISCLI_AUTH="$$(cat /run/redis-password)" redis-cli ping | grep -q PONG',
                interval: "2s",
                timeout: "5s",
                retries: 5,
                start_period: "60s",
            },
            cap_drop: ["ALL"],
            cap_add: ["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETPCAP", "SETUID"],
            security_opt: ["no-new-privileges"],
            restart: "unless-stopped",
            stop_grace_period: "10s",
        })),
        configs: {
            password: { content: "${PASSWORD}" },
            redis: { content: 'dir /data\nsave 60 1\nrequirepass "${PASSWORD}"\n' },
        },
        networks: each(() => ({})),
        volumes: each(() => ({})),
    });
}
