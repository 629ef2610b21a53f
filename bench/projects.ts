/**
 * Writes the Pulumi projects that the timings compare: `node bench/projects.ts <directory>`. They import the library by
 * its name, as another team's project would, and share their settings.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [directory = ""] = process.argv.slice(2);

const redisServices = (count: number) =>
    `import { RedisService } from "pulumi-drydock";\nfor (let i = 0; i < ${count}; i++) new RedisService(\`redis-\${i}\`);\n`;

const programs: Record<string, string> = {
    empty: "export const a = 1;\n",
    "redis-1": redisServices(1),
    "redis-6": redisServices(6),
    "redis-20": redisServices(20),
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
