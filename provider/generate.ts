/** Writes schema.json from the components' types and docstrings: `make schema`. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Analyzer } from "@pulumi/pulumi/provider/experimental/analyzer";
import { generateSchema } from "@pulumi/pulumi/provider/experimental/schema";

const ROOT = resolve(__dirname, "..");

export const COMPONENTS = ["PostgresService", "RailsWebApp", "RedisService", "Task", "WebApp"];

/** What Pulumi's own analyzer makes of the library. */
export function schema(): string {
    const main = join(ROOT, "components/index.ts");
    const { version, description } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Record<
        string,
        string
    >;
    // The library alone: the analyzer reads all that the tsconfig.json of its folder names.
    const folder = mkdtempSync(join(tmpdir(), "drydock-schema-"));
    try {
        writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ files: [main] }));
        const names = new Set(COMPONENTS);
        const { components, typeDefinitions, dependencies } = new Analyzer(
            folder,
            "drydock",
            { main },
            names,
        ).analyze();
        const made = generateSchema(
            "drydock",
            version ?? "",
            description ?? "",
            components,
            typeDefinitions,
            dependencies,
        );
        return `${JSON.stringify(made, undefined, 2)}\n`;
    } finally {
        rmSync(folder, { recursive: true });
    }
}

if (require.main === module) writeFileSync(join(ROOT, "provider/schema.json"), schema());
