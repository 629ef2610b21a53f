import { posix } from "node:path";
import type { Declaration, DeclaredBuildSecret, DeclaredService } from "../declared.ts";
import { parseEnvFile, EnvFileError } from "../../../components/container/env-file-parser.ts";
import { formatPlace } from "../facts.ts";
import type { ProjectFiles } from "../project-files.ts";
import type { Report } from "../report.ts";
import { evaluate, parseInterpolation } from "../text/template.ts";
import { YamlFile } from "../text/yaml-file.ts";
import { readComposeProxy } from "./compose-proxy.ts";
import { ServiceReader, splitOutsideBraces } from "./service-reader.ts";
import { isObject, scalar } from "./yaml-values.ts";

/** In Docker Compose's order of precedence. */
const NAMES = ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"];

/** The Compose file of a directory, as Docker Compose finds it. */
export function findComposeFile(files: ProjectFiles): string | undefined {
    return NAMES.find((name) => files.read(name) !== undefined);
}

/** Other Compose files, which are not read by default. */
export function otherComposeFiles(files: ProjectFiles, read: string[]): string[] {
    const isCompose = /^(docker-)?compose[\w.-]*\.ya?ml$/;
    return ["", ".devcontainer/"].flatMap((directory) =>
        files
            .list(directory || ".")
            .filter((name) => isCompose.test(name) && !read.includes(directory + name))
            .map((name) => directory + name),
    );
}

/** The override file that Docker Compose merges by default. */
export function overrideFileOf(file: string, files: ProjectFiles): string | undefined {
    return [".yaml", ".yml"]
        .map((ending) => file.replace(/\.ya?ml$/, `.override${ending}`))
        .find((name) => files.read(name) !== undefined);
}

/** Variables of the file `.env`, which Docker Compose reads for interpolation. */
export function readDotEnv(files: ProjectFiles, report: Report): Record<string, string> {
    try {
        return parseEnvFile(files.read(".env") ?? "");
    } catch (error) {
        if (!(error instanceof EnvFileError)) throw error;
        report.note(`.env: ${error.message}; its values are not used`);
        return {};
    }
}

/** What Compose files are read with. */
interface ComposeContext {
    files: ProjectFiles;
    /** Variables with known values, for what `init` needs to know, such as the port of a service. */
    variables: Record<string, string>;
    report: Report;
}

/**
 * Reads Compose files without resolving them: the output of `docker compose config` contains the passwords.
 *
 * @param names of the files; later ones override earlier ones
 */
export function readCompose(names: string[], context: ComposeContext): Declaration {
    const declaration = readWithIncluded(names, undefined, context, []);
    declareLinkAliases(declaration.services, context.report);
    return { ...declaration, ...readComposeProxy(declaration.services, context) };
}

/** @param path of the files that include these */
function readWithIncluded(
    names: string[],
    projectDirectory: string | undefined,
    context: ComposeContext,
    path: string[],
): Declaration {
    const yamls = names.map((name) => new YamlFile(name, context.files.read(name) ?? "", "1.2"));
    const declaration = readFiles(yamls, projectDirectory, context);
    const included = yamls.flatMap((yaml) =>
        includesOf(yaml, context).map((include) =>
            include.names.some((name) => path.includes(name))
                ? undefined
                : readWithIncluded(include.names, include.directory, context, [...path, ...names]),
        ),
    );
    const all = [declaration, ...included.filter((own) => own !== undefined)];
    const services = all.flatMap((own) => own.services);
    return {
        ...declaration,
        file: [...new Set(all.map(({ file }) => file))].join(", "),
        services: services.filter(({ name }, i) => services.findIndex((other) => other.name === name) === i),
        volumes: new Map([...all].reverse().flatMap(({ volumes }) => [...volumes])),
    };
}

/** The files that `include` names, as they are on this machine. */
function includesOf(
    yaml: YamlFile,
    { files, variables, report }: ComposeContext,
): { names: string[]; directory?: string }[] {
    const { include } = isObject(yaml.data) ? yaml.data : {};
    const entries = Array.isArray(include) ? (include as unknown[]) : [];
    const directory = posix.dirname(yaml.name);
    const inDirectory = (path: string) => posix.normalize(posix.join(directory, path));
    return entries.flatMap((entry, i) => {
        const { path, project_directory, env_file } = isObject(entry) ? entry : { path: entry };
        const place = yaml.place("include", i);
        const paths = (Array.isArray(path) ? (path as unknown[]) : [path]).map((own) =>
            evaluate(parseInterpolation(scalar(own)), variables),
        );
        const remote = paths.find((own) => /^([a-z]+:\/\/|git@|github\.com\/)/.test(own));
        if (remote !== undefined) {
            report.add({
                service: yaml.name,
                key: "include",
                outcome: "left out",
                note: `${remote} is on another machine, and is not read: copy it here, and name it with --compose`,
                place,
            });
            return [];
        }
        const names = paths.map(inDirectory);
        const missing = names.find((name) => files.read(name) === undefined);
        if (missing !== undefined) {
            report.error(`${formatPlace(place)}: \`include\` names ${missing}, which does not exist`);
            return [];
        }
        if (env_file !== undefined)
            report.note(
                `${formatPlace(place)}: \`env_file\` of \`include\` is not read; its variables are settings`,
            );
        return [
            {
                names,
                ...(project_directory !== undefined && { directory: inDirectory(scalar(project_directory)) }),
            },
        ];
    });
}

/** Other names that `links` gives to a service: host names on its network. */
function declareLinkAliases(services: DeclaredService[], report: Report): void {
    for (const { name, linkAliases, keys } of services)
        for (const [alias, linked] of linkAliases) {
            const target = services.find((service) => service.name === linked);
            const owner = services.find((service) => service.hostNames.includes(alias));
            if (target === undefined || owner === target) continue;
            if (owner !== undefined) {
                report.add({
                    service: name,
                    key: `links.${linked}:${alias}`,
                    outcome: "left out",
                    note: `${alias} is a name of ${owner.name} too: use another name`,
                    place: keys.get("links"),
                });
                continue;
            }
            target.hostNames.push(alias);
            const { aliases = [] } = target.options;
            target.options.aliases = [...(Array.isArray(aliases) ? aliases : []), alias];
        }
}

function readFiles(
    yamls: YamlFile[],
    projectDirectory: string | undefined,
    { files, variables, report }: ComposeContext,
): Declaration {
    const names = yamls.map(({ name }) => name);
    for (const problem of yamls.flatMap(({ problems }) => problems)) report.error(problem);
    const [first] = yamls;
    const data = yamls.map((yaml) => (isObject(yaml.data) ? yaml.data : {})).reduce(merge, {});
    const directory = projectDirectory ?? posix.dirname(first?.name ?? "");
    const services = isObject(data.services) ? data.services : {};
    const declaration: Declaration = {
        file: names.join(", "),
        services: [],
        volumes: readVolumes(data.volumes),
    };
    if (typeof data.name === "string") declaration.name = evaluate(parseInterpolation(data.name), variables);
    for (const name of Object.keys(services)) {
        const own = resolveExtends(services, name, files, report);
        const yaml = yamls.findLast(({ data }) => hasService(data, name)) ?? first;
        const context = {
            ...{ files, report, variables, directory },
            parse: parseInterpolation,
            place: (...path: (string | number)[]) =>
                yaml?.place("services", name, ...path) ?? { file: names[0] ?? "" },
        };
        const { profiles, secrets, configs, ...keys } = own;
        const reader = new ServiceReader(name, context).read(keys);
        if (Array.isArray(profiles) && profiles.length > 0) {
            report.add({
                service: name,
                key: "profiles",
                outcome: "left out",
                note: `the service is not declared, as profile ${profiles.map(scalar).join(", ")} is not active by default`,
                place: context.place("profiles"),
            });
            report.rows.splice(
                0,
                report.rows.length,
                ...report.rows.filter((row) => row.service !== name || row.key === "profiles"),
            );
            continue;
        }
        readBuildSecrets(reader, keys.build, data.secrets);
        readAttachedFiles(reader, "secrets", secrets, data.secrets, report);
        readAttachedFiles(reader, "configs", configs, data.configs, report);
        declaration.services.push(reader.service);
    }
    for (const key of Object.keys(data).filter(
        (key) =>
            !["services", "volumes", "networks", "secrets", "configs", "name", "version", "include"].includes(
                key,
            ),
    ))
        if (!key.startsWith("x-")) report.note(`${names.join(", ")}: \`${key}\` is not read`);
    return declaration;
}

function hasService(data: unknown, name: string): boolean {
    return isObject(data) && isObject(data.services) && name in data.services;
}

/**
 * Merges as Docker Compose does: maps by key; lists are joined, but of two entries for the same mount path the later one
 * wins; scalars are replaced.
 */
function merge(one: Record<string, unknown>, other: Record<string, unknown>): Record<string, unknown> {
    const merged = { ...one };
    for (const [key, value] of Object.entries(other)) {
        const own = merged[key];
        if (isObject(own) && isObject(value)) merged[key] = merge(own, value);
        else if (
            Array.isArray(own) &&
            Array.isArray(value) &&
            !["command", "entrypoint", "test"].includes(key)
        )
            merged[key] = joinLists(key, [...(own as unknown[]), ...(value as unknown[])]);
        else if (isObject(own) && Array.isArray(value)) merged[key] = merge(own, toMap(value));
        else if (Array.isArray(own) && isObject(value)) merged[key] = merge(toMap(own), value);
        else merged[key] = value;
    }
    return merged;
}

function joinLists(key: string, entries: unknown[]): unknown[] {
    if (key === "volumes") return lastOfEach(entries, mountPath);
    if (key === "secrets" || key === "configs")
        return lastOfEach(entries, (entry) => attachedFile(key, entry).path);
    return entries;
}

function lastOfEach(entries: unknown[], keyOf: (entry: unknown) => string): unknown[] {
    return [...new Map(entries.map((entry) => [keyOf(entry), entry])).values()];
}

/** Path in the container at which an entry of `volumes` is mounted. */
function mountPath(entry: unknown): string {
    const [first = "", target = first] = isObject(entry)
        ? [scalar(entry.target)]
        : splitOutsideBraces(scalar(entry));
    return posix.normalize(target).replace(/(.)\/$/, "$1");
}

/** The name of a secret or config, and its path in the container. */
function attachedFile(key: "secrets" | "configs", entry: unknown): { name: string; path: string } {
    const { source, target } = isObject(entry) ? entry : { source: entry, target: undefined };
    const name = scalar(source);
    const path = target === undefined ? `${key === "secrets" ? "/run/secrets" : ""}/${name}` : scalar(target);
    return { name, path: posix.isAbsolute(path) ? path : `/run/secrets/${path}` };
}

function toMap(list: unknown[]): Record<string, unknown> {
    return Object.fromEntries(
        list.map((entry) => {
            const [name = "", ...rest] = scalar(entry).split("=");
            return [name, scalar(entry).includes("=") ? rest.join("=") : null];
        }),
    );
}

function resolveExtends(
    services: Record<string, unknown>,
    name: string,
    files: ProjectFiles,
    report: Report,
    seen: string[] = [],
): Record<string, unknown> {
    const service = services[name];
    if (!isObject(service)) return {};
    const { extends: base, ...own } = service;
    if (base === undefined) return own;
    const { service: parent, file } = isObject(base) ? base : { service: base, file: undefined };
    const parentName = scalar(parent);
    if (seen.includes(parentName)) return own;
    let others = services;
    if (typeof file === "string") {
        const yaml = new YamlFile(file, files.read(file) ?? "", "1.2");
        others = isObject(yaml.data) && isObject(yaml.data.services) ? yaml.data.services : {};
    }
    if (!(parentName in others)) report.note(`${name} extends ${parentName}, which is not found`);
    return merge(resolveExtends(others, parentName, files, report, [...seen, name]), own);
}

function readVolumes(volumes: unknown): Declaration["volumes"] {
    const entries = Object.entries(isObject(volumes) ? volumes : {});
    return new Map(
        entries.map(([name, own]) => [
            name,
            {
                external: isObject(own) && own.external !== undefined && own.external !== false,
                ...(isObject(own) && typeof own.name === "string" && { name: own.name }),
            },
        ]),
    );
}

/** The secrets of a build, which the file declares at its top level. */
function readBuildSecrets(reader: ServiceReader, build: unknown, declared: unknown): void {
    const { build: target } = reader.service;
    if (!target || !isObject(build) || !Array.isArray(build.secrets)) return;
    const secrets = new Map<string, DeclaredBuildSecret>();
    for (const entry of build.secrets as unknown[]) {
        const own = isObject(entry) ? entry : { source: entry };
        const name = scalar(own.source);
        const id = own.target === undefined ? name : scalar(own.target);
        const { file, environment } = isObject(declared) && isObject(declared[name]) ? declared[name] : {};
        if (typeof environment === "string") secrets.set(id, { variable: environment });
        else if (typeof file === "string") secrets.set(id, { file: reader.path(reader.plain(file)) });
        else
            reader.leftOut(
                "build.secrets",
                `${name} has no file and no variable; add it to \`build.secrets\``,
            );
    }
    if (secrets.size > 0) target.secrets = secrets;
}

/** The secrets and configs of a service: files in the container. */
function readAttachedFiles(
    reader: ServiceReader,
    key: "secrets" | "configs",
    attached: unknown,
    declared: unknown,
    report: Report,
): void {
    if (!Array.isArray(attached)) return;
    const { service } = reader;
    const place = reader.place(key);
    service.keys.set(key, place);
    for (const entry of attached as unknown[]) {
        const { name, path } = attachedFile(key, entry);
        const definition = isObject(declared) && isObject(declared[name]) ? declared[name] : {};
        const file =
            typeof definition.file === "string" ? reader.path(reader.plain(definition.file)) : undefined;
        const variable = typeof definition.environment === "string" ? definition.environment : undefined;
        if (key === "secrets")
            service.files.push({
                path,
                secret: name,
                source: file,
                ...(variable !== undefined && { variable }),
            });
        else if (file !== undefined) service.files.push({ path, source: file });
        else if (typeof definition.content === "string")
            service.files.push({ path, content: reader.text(definition.content) });
        else if (variable !== undefined) service.files.push({ path, content: [{ variable }] });
        else
            report.add({
                service: service.name,
                key,
                outcome: "left out",
                note: `${name} has no file and no content`,
                place,
            });
    }
}
