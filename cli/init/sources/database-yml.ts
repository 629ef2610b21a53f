import type { DatabaseFacts } from "../facts.ts";
import type { ProjectFiles } from "../project-files.ts";
import { parseErbTokens, withoutErb } from "../text/erb.ts";
import type { Template } from "../text/template.ts";
import { YamlFile } from "../text/yaml-file.ts";
import { isObject } from "./yaml-values.ts";

const FILES = ["config/database.yml", "config/database.yaml"];

/**
 * Reads the production databases as Rails does: the first one is the primary, whatever its name.
 *
 * @returns the databases, and what could not be read
 */
export function readDatabases(files: ProjectFiles): { databases: DatabaseFacts[]; problems: string[] } {
    const name = FILES.find((file) => files.read(file) !== undefined);
    if (name === undefined) return { databases: [], problems: [] };
    const erb = withoutErb(files.read(name) ?? "");
    const problems = erb.statements.map(
        ({ line, code }) => `${name}:${line}: the Ruby code \`${code}\` is not run; check what it changes`,
    );
    const yaml = new YamlFile(name, erb.text, "1.1");
    problems.push(...yaml.problems);
    const { production } = (yaml.data ?? {}) as Record<string, unknown>;
    const template = (value: unknown): Template | undefined =>
        typeof value === "string" || typeof value === "number"
            ? parseErbTokens(String(value), erb)
            : undefined;
    const toFacts = (key: string, config: object, path: string[]): DatabaseFacts => {
        const values = config as Record<string, unknown>;
        const url = template(values.url);
        return {
            name: key,
            adapter: adapterOf(values.adapter, url),
            database: template(values.database),
            username: template(values.username),
            host: template(values.host),
            url,
            isReplica: values.replica === true,
            place: yaml.place(...path),
        };
    };
    if (!isObject(production)) return { databases: [], problems };
    const isSingle = !Object.values(production).every(isObject);
    const databases = isSingle
        ? [toFacts("primary", production, ["production"])]
        : Object.entries(production).map(([key, config]) =>
              toFacts(key, config as object, ["production", key]),
          );
    return { databases, problems };
}

function adapterOf(adapter: unknown, url: Template | undefined): string {
    if (typeof adapter === "string" && !adapter.includes("__erb")) return adapter;
    const [first] = url ?? [];
    const [, scheme = ""] = typeof first === "string" ? (/^([a-z0-9]+):/.exec(first) ?? []) : [];
    return scheme === "postgres" ? "postgresql" : scheme;
}
