import { posix } from "node:path";
import type { Place, RailsFacts } from "../facts.ts";
import type { ProjectFiles } from "../project-files.ts";
import { withoutErb } from "../text/erb.ts";
import { YamlFile } from "../text/yaml-file.ts";
import { isObject } from "./yaml-values.ts";

const PRODUCTION = "config/environments/production.rb";

/** Where the master key can be, in the order of Rails. */
const KEY_FILES = ["config/credentials/production.key", "config/master.key"];
const CREDENTIALS = ["config/credentials/production.yml.enc", "config/credentials.yml.enc"];

const USES_REDIS =
    /\bRedis(?:Client)?\.new|\bRedis\.current|REDIS_URL|:redis_cache_store|redis:\/\/|:redis_store/;

/** Reads the application's configuration. */
export function readRails(files: ProjectFiles): RailsFacts {
    const routes = findIn(files, "config/routes.rb", /rails\/health#show|["']\/?up["']|rails_health_check/);
    const adapter = findIn(files, PRODUCTION, /^\s*config\.active_job\.queue_adapter\s*=\s*:(\w+)/m);
    const service = findIn(files, PRODUCTION, /^\s*config\.active_storage\.service\s*=\s*:local\b/m);
    const assumesSsl = findIn(files, PRODUCTION, /^\s*config\.assume_ssl\s*=\s*true/m);
    const forcesSsl = findIn(files, PRODUCTION, /^\s*config\.force_ssl\s*=\s*true/m);
    const hasUploads = ["db/schema.rb", "db/structure.sql"].some((file) =>
        files.read(file)?.includes("active_storage_blobs"),
    );
    return {
        redis: readRedisUse(files),
        queueInPuma: readQueueInPuma(files),
        queueAdapter: adapter && { value: adapter.match[1] ?? "", place: adapter.place },
        health: routes?.place,
        hasRoutes: files.read("config/routes.rb") !== undefined,
        recurringJobs:
            files.read("config/recurring.yml") === undefined ? undefined : { file: "config/recurring.yml" },
        localUploads: service && hasUploads ? service.place : undefined,
        forcesSsl: assumesSsl ? undefined : forcesSsl?.place,
        credentials: fileOf(CREDENTIALS, files),
        keyFile: fileOf(KEY_FILES, files)?.file,
        hasBinJobs: files.read("bin/jobs") !== undefined,
        hasBinRails: files.read("bin/rails") !== undefined,
    };
}

function fileOf(candidates: string[], files: ProjectFiles): Place | undefined {
    const file = candidates.find((candidate) => files.read(candidate) !== undefined);
    return file === undefined ? undefined : { file };
}

function findIn(
    files: ProjectFiles,
    file: string,
    pattern: RegExp,
): { match: RegExpExecArray; place: Place } | undefined {
    const text = files.read(file) ?? "";
    const match = pattern.exec(withoutComments(text));
    return match
        ? { match, place: { file, line: text.slice(0, match.index).split("\n").length } }
        : undefined;
}

/** Keeps the lines and columns. */
function withoutComments(ruby: string): string {
    return ruby.replace(/^(\s*)#.*$/gm, (line) => " ".repeat(line.length));
}

function readQueueInPuma(files: ProjectFiles): RailsFacts["queueInPuma"] {
    const found = findIn(files, "config/puma.rb", /^\s*plugin\s*\(?\s*:solid_queue\b(.*)$/m);
    if (!found) return undefined;
    const [, condition = ""] = found.match;
    return { value: condition.includes("ENV") ? "by variable" : "always", place: found.place };
}

/** Places that use Redis: the production cable, and code. A gem alone does not count. */
function readRedisUse(files: ProjectFiles): Place[] {
    const places: Place[] = [];
    const cable = files.read("config/cable.yml");
    if (cable !== undefined) {
        const yaml = new YamlFile("config/cable.yml", withoutErb(cable).text, "1.1");
        const { production } = isObject(yaml.data) ? yaml.data : {};
        if (isObject(production) && production.adapter === "redis")
            places.push(yaml.place("production", "adapter"));
    }
    for (const file of [
        ...codeFiles(files, "config"),
        ...codeFiles(files, "lib"),
        ...codeFiles(files, "app"),
    ]) {
        const found = findIn(files, file, USES_REDIS);
        if (found) places.push(found.place);
    }
    return places;
}

/** Files that say nothing about what production needs. */
const SKIPPED =
    /^config\/(environments\/(?!production\.rb)|database|deploy|cable)|\/(assets|javascript|views|node_modules)\//;

function codeFiles(files: ProjectFiles, directory: string, depth = 0): string[] {
    if (depth > 6) return [];
    return files.list(directory).flatMap((name) => {
        const path = posix.join(directory, name);
        if (SKIPPED.test(`${path}/`)) return [];
        if (files.kindOf(path) === "directory") return codeFiles(files, path, depth + 1);
        return /\.(rb|yml|rake)$/.test(name) && !/[*.]deploy.*\.yml$/.test(name) ? [path] : [];
    });
}
