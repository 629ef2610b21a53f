import { posix } from "node:path";
import { SERVICE_CAPABILITIES } from "../../../components/container/capabilities.ts";
import {
    emptyService,
    isLocalDirectory,
    type DeclaredPort,
    type DeclaredService,
    type DeclaredValue,
    type DeclaredVolume,
    type OptionValue,
    Text,
} from "../declared.ts";
import type { Place } from "../facts.ts";
import type { ProjectFiles } from "../project-files.ts";
import type { Report } from "../report.ts";
import { evaluate, type Template } from "../text/template.ts";
import { splitWords } from "../text/words.ts";
import { NOTES, type KeyNote } from "./compose-keys.ts";
import { OPTIONAL_CACHE, readComposeCache } from "./build-cache.ts";
import { isObject, list, scalar } from "./yaml-values.ts";
import { parseGoDuration } from "../../../policies/go-duration.ts";

/** The context in which the keys of a service are read. */
export interface ReaderContext {
    files: ProjectFiles;
    report: Report;
    /** Variables whose values are known, for what must be known now. */
    variables: Record<string, string>;
    /** Directory that paths are relative to. */
    directory: string;
    parse: (text: string) => Template;
    place: (...path: (string | number)[]) => Place;
    /** Names of the keys in the file, by those in Compose. */
    keyNames?: Record<string, string>;
    /** Absolute paths are on a server, from which nothing is copied. */
    isForServer?: boolean;
}

/** Keys whose outcome depends on the whole program: the translation reports them. */
const REPORTED_LATER = new Set([
    "environment",
    "volumes",
    "ports",
    "depends_on",
    "build",
    "image",
    "expose",
    "links",
]);

/** Reads the keys of one service, named as in Compose. */
export class ServiceReader {
    readonly service: DeclaredService;
    readonly #context: ReaderContext;

    constructor(name: string, context: ReaderContext) {
        this.#context = context;
        this.service = emptyService(name, context.place());
    }

    read(keys: Record<string, unknown>): this {
        for (const [key, value] of Object.entries(keys)) {
            if (value === null || value === undefined) continue;
            this.service.keys.set(this.#name(key), this.#context.place(key));
            if (key.startsWith("x-")) {
                this.#row(key, "changed", "", "an extension; a constant of the program");
                continue;
            }
            const handler = HANDLERS[key];
            const note = NOTES[key];
            if (handler) handler(this, value);
            else if (note) this.#row(key, note.outcome, note.argument, note.note);
            else this.#row(key, "left out", "", "is not a key that Drydock knows");
        }
        return this;
    }

    #name(key: string): string {
        return this.#context.keyNames?.[key] ?? key;
    }

    #row(key: string, outcome: KeyNote["outcome"], argument = "", note = ""): void {
        const { report, place } = this.#context;
        report.add({
            service: this.service.name,
            key: this.#name(key),
            outcome,
            argument,
            note,
            place: place(...key.split(".")),
        });
    }

    taken(key: string, argument: string, note = ""): void {
        if (!REPORTED_LATER.has(key)) this.#row(key, "taken", argument, note);
    }

    changed(key: string, argument: string, note: string): void {
        this.#row(key, "changed", argument, note);
    }

    leftOut(key: string, note: string): void {
        this.#row(key, "left out", "", note);
    }

    /** A value. Compose interpolates every value: use `text` or `plain`, and `scalar` only for names. */
    text(value: unknown): Template {
        return this.#context.parse(scalar(value));
    }

    /** The value if every variable has its default. */
    plain(value: unknown): string {
        return evaluate(this.text(value), this.#context.variables);
    }

    option(key: string, argument: string, value: OptionValue | undefined, note = ""): void {
        if (value === undefined) return;
        this.service.options[argument] = value;
        this.taken(key, argument, note);
    }

    words(value: unknown): Template[] {
        const words = Array.isArray(value) ? value.map(scalar) : splitWords(scalar(value));
        return words.map((word) => this.#context.parse(word));
    }

    place(...path: (string | number)[]): Place {
        return this.#context.place(...path);
    }

    keyName(key: string): string {
        return this.#name(key);
    }

    /** Path relative to the application's directory. */
    path(path: string): string {
        return posix.isAbsolute(path) ? path : posix.normalize(posix.join(this.#context.directory, path));
    }

    kindOf(path: string): "file" | "directory" | undefined {
        if (this.#context.isForServer && posix.isAbsolute(path)) return "directory";
        return posix.isAbsolute(path) ? undefined : this.#context.files.kindOf(path);
    }

    /** Environment as a map or as a list. A variable without a value comes from the shell of whoever runs the command. */
    variables(key: string, value: unknown): Map<string, DeclaredValue> {
        const entries: [string, unknown, string | number][] = Array.isArray(value)
            ? value.map((entry, i) => {
                  const [name = "", ...rest] = scalar(entry).split("=");
                  return [name, scalar(entry).includes("=") ? rest.join("=") : null, i];
              })
            : Object.entries(isObject(value) ? value : {}).map(([name, own]) => [name, own, name]);
        return new Map(
            entries.map(([name, own, at]) => [
                name,
                {
                    template: own === null || own === undefined ? [{ variable: name }] : this.text(own),
                    ...((own === null || own === undefined) && { isOptional: true }),
                    place: this.#context.place(key, at),
                },
            ]),
        );
    }
}

function stringMap(reader: ServiceReader, value: unknown): Record<string, OptionValue> {
    const entries = isObject(value)
        ? Object.entries(value)
        : list(value ?? []).map((entry) => {
              const [name = "", ...rest] = scalar(entry).split("=");
              return [name, rest.join("=")] as const;
          });
    return Object.fromEntries(entries.map(([name, own]) => [name, new Text(reader.text(own))]));
}

type Handler = (reader: ServiceReader, value: unknown) => void;

/** Memory as the components take it: whole mebibytes or gibibytes. */
export function toMemory(text: string): string | undefined {
    const [, number, unit = ""] = /^([\d.]+)\s*([kmgt]?)i?b?$/i.exec(text.trim()) ?? [];
    if (number === undefined) return undefined;
    const factor =
        { "": 1 / 1024 / 1024, k: 1 / 1024, m: 1, g: 1024, t: 1024 * 1024 }[unit.toLowerCase()] ?? 1;
    const mebibytes = Math.ceil(Number(number) * factor);
    if (mebibytes < 6) return undefined;
    return mebibytes % 1024 === 0 ? `${mebibytes / 1024}g` : `${mebibytes}m`;
}

/** Whole seconds of a duration, at least one: `1m30s`, `90s`, or a number. */
export function toSeconds(text: string): number | undefined {
    if (/^\d+$/.test(text)) return Number(text);
    const seconds = parseGoDuration(text);
    return seconds === undefined ? undefined : Math.max(1, Math.round(seconds));
}

const memory =
    (key: string, argument: string): Handler =>
    (reader, value) => {
        const size = toMemory(reader.plain(value));
        if (size === undefined) reader.leftOut(key, "is not an amount of memory that Docker allows");
        else reader.option(key, argument, size);
    };

const number =
    (key: string, argument: string): Handler =>
    (reader, value) => {
        const plain = Number(reader.plain(value));
        if (Number.isFinite(plain) && plain > 0) reader.option(key, argument, plain);
        else reader.leftOut(key, "is not a number above 0");
    };

const boolean =
    (key: string, argument: string): Handler =>
    (reader, value) => {
        if (reader.plain(value) === "true") reader.option(key, argument, true);
        else reader.changed(key, "", "is the default");
    };

const text =
    (key: string, argument: string): Handler =>
    (reader, value) => {
        reader.option(key, argument, new Text(reader.text(value)));
    };

/** How the keys of a service are read, by their names in Compose. Those in NOTES are not. */
export const HANDLERS: Record<string, Handler> = {
    image: (reader, value) => {
        reader.service.image = reader.text(value);
    },
    build: readBuild,
    command: (reader, value) => {
        if (Array.isArray(value) && value.length === 0) return;
        reader.service.command = reader.words(value);
        reader.taken("command", "command", Array.isArray(value) ? "" : "split into words, as a shell does");
    },
    entrypoint: (reader, value) => {
        reader.service.entrypoint = reader.words(value);
        reader.taken("entrypoint", "entrypoint");
    },
    environment: (reader, value) => {
        reader.service.env = reader.variables("environment", value);
    },
    env_file: (reader, value) => {
        for (const entry of list(value)) {
            const { path, required } = isObject(entry) ? entry : { path: entry, required: true };
            reader.service.envFiles.push({
                path: reader.path(reader.plain(path)),
                optional: required === false,
            });
        }
        reader.taken("env_file", "envFiles", "no value is copied into the program");
    },
    ports: (reader, value) => {
        list(value).forEach((entry, i) => {
            const port = readPort(reader, entry, reader.place("ports", i));
            if (port) reader.service.ports.push(port);
            else reader.leftOut("ports", "has a form that Drydock does not read");
        });
    },
    expose: (reader, value) => {
        reader.service.exposed.push(...list(value).map((port) => Number.parseInt(reader.plain(port), 10)));
    },
    volumes: (reader, value) => {
        list(value).forEach((entry, i) => {
            readVolume(reader, entry, reader.place("volumes", i));
        });
    },
    depends_on: (reader, value) => {
        const entries = isObject(value)
            ? Object.entries(value).map(([name, own]) => [
                  name,
                  isObject(own) ? scalar(own.condition ?? "service_started") : "service_started",
              ])
            : list(value).map((name) => [scalar(name), "service_started"]);
        for (const [name = "", condition = ""] of entries) reader.service.dependsOn.set(name, condition);
    },
    links: (reader, value) => {
        for (const entry of list(value)) {
            const [name = "", alias = name] = scalar(entry).split(":");
            if (alias !== name) reader.service.linkAliases.set(alias, name);
            if (!reader.service.dependsOn.has(name)) reader.service.dependsOn.set(name, "service_started");
        }
    },
    networks: (reader, value) => {
        const networks = isObject(value)
            ? Object.entries(value)
            : list(value).map((name) => [scalar(name), {}]);
        for (const [name, own] of networks as [string, unknown][]) {
            reader.service.networks.push(name);
            const { aliases } = isObject(own) ? own : {};
            if (Array.isArray(aliases)) reader.service.hostNames.push(...aliases.map(scalar));
        }
        reader.changed("networks", "", "a link joins the network of its service; nothing else can reach it");
    },
    container_name: (reader, value) => {
        reader.service.hostNames.push(reader.plain(value));
        reader.changed("container_name", "", "names are generated from the project and the stack");
    },
    hostname: (reader, value) => {
        reader.service.hostNames.push(reader.plain(value));
        text("hostname", "hostname")(reader, value);
    },
    restart: (reader, value) => {
        const plain = reader.plain(value).split(":")[0] ?? "";
        if (plain === "unless-stopped") reader.changed("restart", "", "is the default");
        else reader.option("restart", "restart", plain === "false" ? "no" : plain);
    },
    user: text("user", "user"),
    working_dir: text("working_dir", "workingDirectory"),
    mem_limit: memory("mem_limit", "memory"),
    cpus: number("cpus", "cpus"),
    shm_size: memory("shm_size", "sharedMemory"),
    init: boolean("init", "init"),
    tty: boolean("tty", "tty"),
    stdin_open: boolean("stdin_open", "stdinOpen"),
    read_only: boolean("read_only", "readOnly"),
    ulimits: (reader, value) => {
        const limits = Object.entries(isObject(value) ? value : {}).map(([name, own]) => {
            const { soft, hard } = isObject(own) ? own : { soft: own, hard: undefined };
            return [
                name,
                {
                    soft: Number(reader.plain(soft)),
                    ...(hard !== undefined && { hard: Number(reader.plain(hard)) }),
                },
            ] as const;
        });
        reader.option("ulimits", "ulimits", Object.fromEntries(limits));
    },
    labels: (reader, value) => {
        reader.option("labels", "labels", stringMap(reader, value));
    },
    extra_hosts: (reader, value) => {
        const hosts = isObject(value)
            ? Object.entries(value)
            : list(value).map((entry) => {
                  const [, name = "", address] =
                      /^((?:\$\{[^}]*\}|[^:=])*)[:=](.*)$/.exec(scalar(entry)) ?? [];
                  return [reader.plain(name), address] as const;
              });
        reader.option(
            "extra_hosts",
            "extraHosts",
            Object.fromEntries(hosts.map(([name, address]) => [name, new Text(reader.text(address))])),
        );
    },
    cap_add: (reader, value) => {
        const added = list(value).map((name) => scalar(name).replace(/^CAP_/, "").toUpperCase());
        if (added.includes("ALL"))
            reader.leftOut("cap_add", "ALL is refused; name the capabilities that are needed");
        else
            reader.option(
                "cap_add",
                "capabilities",
                [...SERVICE_CAPABILITIES, ...added],
                "added to the default",
            );
    },
    cap_drop: (reader) => {
        reader.changed("cap_drop", "", "all capabilities but those in `capabilities` are dropped");
    },
    tmpfs: (reader, value) => {
        const mounts = list(value).map((entry) => {
            const [path = "", options = ""] = splitOutsideBraces(scalar(entry));
            return [reader.plain(path), new Text(reader.text(options))] as const;
        });
        addTmpfs(reader, Object.fromEntries(mounts));
    },
    logging: (reader, value) => {
        const { driver, options } = isObject(value) ? value : {};
        const given = stringMap(reader, options);
        reader.option("logging", "logging", {
            driver: driver === undefined ? "json-file" : new Text(reader.text(driver)),
            ...(Object.keys(given).length > 0 && { options: given }),
        });
    },
    stop_grace_period: (reader, value) => {
        reader.option("stop_grace_period", "stopTimeout", toSeconds(reader.plain(value)));
    },
    healthcheck: readHealth,
    pull_policy: (reader, value) => {
        if (value === "always") reader.option("pull_policy", "pull", "always");
        else reader.changed("pull_policy", "", "an image is pulled if it is missing");
    },
    deploy: readDeploy,
    scale: (reader, value) => {
        readReplicas(reader, "scale", value);
    },
};

/** The translation reports the outcome: whether several containers can run depends on the component. */
function readReplicas(reader: ServiceReader, key: string, value: unknown): void {
    const { replicas } = reader.service;
    if (replicas === undefined)
        reader.service.replicas = {
            template: reader.text(value),
            count: Number(reader.plain(value)),
            key,
            place: reader.place(...key.split(".")),
        };
    else reader.changed(key, "replicas", `the same as ${replicas.key}`);
}

function readBuild(reader: ServiceReader, value: unknown): void {
    const build: Record<string, unknown> = isObject(value) ? value : { context: value };
    const context = reader.plain(build.context ?? ".");
    if (/^(https?:|git@|git:|ssh:)/.test(context)) {
        reader.leftOut("build.context", "is a Git URL; clone it, and set `build.context` to the directory");
        return;
    }
    const directory = reader.path(context);
    const dockerfile =
        build.dockerfile === undefined ? undefined : posix.join(directory, reader.plain(build.dockerfile));
    reader.service.build = {
        context: directory,
        dockerfile,
        target: build.target === undefined ? undefined : reader.text(build.target),
        ...readCache(reader, build),
        args: new Map(
            [...reader.variables("build", build.args ?? {})].map(([name, own]) => [
                name,
                { ...own, place: reader.place("build", "args", name) },
            ]),
        ),
        ...(build.ssh !== undefined && {
            ssh: readAssignments(build.ssh).map(([id, path]) => (path === "" ? id : `${id}=${path}`)),
        }),
        ...(build.additional_contexts !== undefined && {
            contexts: readContexts(reader, build.additional_contexts),
        }),
        place: reader.place("build"),
    };
    // readBuildSecrets in compose.ts reads the secrets.
    const known = [
        ...["context", "dockerfile", "target", "args", "cache_from", "cache_to", "platforms"],
        ...["secrets", "ssh", "additional_contexts"],
    ];
    for (const key of Object.keys(build).filter((key) => !known.includes(key)))
        reader.leftOut(
            `build.${key}`,
            "is not supported; build with @pulumi/docker-build, and pass its `ref` as `image`",
        );
}

function readCache(
    reader: ServiceReader,
    build: Record<string, unknown>,
): ReturnType<typeof readComposeCache> {
    const read = readComposeCache(
        (key) => (build[key] === undefined ? [] : list(build[key]).map((entry) => reader.plain(entry))),
        (path) => reader.path(path),
        (key, reason) => {
            reader.leftOut(`build.${key}`, reason);
        },
    );
    if (read.cache !== undefined) reader.changed("build.cache_to", "build.cacheTo", OPTIONAL_CACHE);
    return read;
}

/** A list of `name=value`, or a map. */
function readAssignments(value: unknown): [name: string, value: string][] {
    if (isObject(value)) return Object.entries(value).map(([name, own]) => [name, scalar(own ?? "")]);
    return list(value).map((entry) => {
        const [name = "", own = ""] = scalar(entry).split(/=(.*)/s);
        return [name, own];
    });
}

function readContexts(reader: ServiceReader, value: unknown): Map<string, string> {
    const contexts = new Map<string, string>();
    for (const [name, own] of readAssignments(value)) {
        const source = reader.plain(own);
        if (source.startsWith("service:"))
            reader.leftOut(
                "build.additional_contexts",
                `${name} is the image of ${source.replace("service:", "")}: build it first, and name it with docker-image://`,
            );
        else contexts.set(name, isLocalDirectory(source) ? reader.path(source) : source);
    }
    return contexts;
}

/** `[[ip:]host:]container[/protocol]`, or the long form. */
function readPort(reader: ServiceReader, entry: unknown, place: Place): DeclaredPort | undefined {
    if (isObject(entry)) {
        const { target, published, host_ip, protocol } = entry;
        return {
            container: Number(reader.plain(target)),
            ...(published !== undefined && { published: reader.text(published) }),
            ...(host_ip !== undefined && { ip: reader.plain(host_ip) }),
            protocol: protocol === "udp" ? "udp" : "tcp",
            place,
        };
    }
    const [, mapping = "", protocol = "tcp"] = /^([^]*?)(?:\/(tcp|udp))?$/.exec(scalar(entry)) ?? [];
    const parts = splitOutsideBraces(mapping);
    const container = reader.plain(parts.pop() ?? "");
    const [start = "", end] = container.split("-");
    if (!/^\d+$/.test(start)) return undefined;
    const published = parts.pop();
    const ip = parts.join(":").replace(/^\[|\]$/g, "");
    const [firstPublished] = published?.includes("${") ? [published] : (published?.split("-") ?? []);
    return {
        container: Number(start),
        ...(end !== undefined && { endPort: Number(end) }),
        ...(firstPublished && { published: reader.text(firstPublished) }),
        ...(ip !== "" && { ip: reader.plain(ip) }),
        protocol: protocol === "udp" ? "udp" : "tcp",
        place,
    };
}

/** Splits at colons, but not at those of `${NAME:-default}` and `[::1]`. */
export function splitOutsideBraces(text: string): string[] {
    const parts = [""];
    let depth = 0;
    for (const character of text) {
        if (/[{[]/.test(character)) depth++;
        if (/[}\]]/.test(character)) depth--;
        if (character === ":" && depth === 0) parts.push("");
        else parts.push((parts.pop() ?? "") + character);
    }
    return parts;
}

/** Adds mounts to those of `volumes` and `tmpfs`, which may come in any order. */
function addTmpfs(reader: ServiceReader, added: Record<string, OptionValue>): void {
    const mounts = reader.service.options.tmpfs as Record<string, OptionValue> | undefined;
    reader.option("tmpfs", "tmpfs", { ...mounts, ...added });
}

function readVolume(reader: ServiceReader, entry: unknown, place: Place): void {
    const add = (volume: Omit<DeclaredVolume, "key" | "place">) => {
        reader.service.volumes.push({ ...volume, key: reader.keyName("volumes"), place });
    };
    if (isObject(entry)) {
        const { type, source, target, read_only, tmpfs } = entry;
        const path = reader.plain(target);
        if (type === "tmpfs") {
            const { size } = isObject(tmpfs) ? tmpfs : {};
            addTmpfs(reader, { [path]: size === undefined ? "" : new Text(["size=", ...reader.text(size)]) });
        } else
            addMount(reader, add, source === undefined ? "" : reader.plain(source), path, read_only === true);
        return;
    }
    const [first = "", second, mode = ""] = splitOutsideBraces(scalar(entry));
    if (second === undefined) addMount(reader, add, "", reader.plain(first), false);
    else addMount(reader, add, reader.plain(first), reader.plain(second), mode.split(",").includes("ro"));
}

function addMount(
    reader: ServiceReader,
    add: (volume: Omit<DeclaredVolume, "key" | "place">) => void,
    source: string,
    target: string,
    readOnly: boolean,
): void {
    const isPath = /^[./~]/.test(source);
    const path = isPath && !source.startsWith("~") ? reader.path(source) : source;
    add({
        kind: source === "" ? "anonymous" : isPath ? bindKind(reader, path, target) : "volume",
        source: path,
        target: posix.normalize(target).replace(/(.)\/$/, "$1"),
        readOnly,
    });
}

/** A source that does not exist is a file if it and the path in the container have an extension. */
function bindKind(reader: ServiceReader, source: string, target: string): "file" | "directory" {
    const hasEnding = /\.\w+$/.test(posix.basename(source)) && /\.\w+$/.test(posix.basename(target));
    return reader.kindOf(source) ?? (hasEnding || source.endsWith(".sock") ? "file" : "directory");
}

function readHealth(reader: ServiceReader, value: unknown): void {
    const { test, disable, interval, timeout, retries, start_period, start_interval } = isObject(value)
        ? value
        : {};
    const times = {
        interval: interval === undefined ? undefined : toSeconds(reader.plain(interval)),
        timeout: timeout === undefined ? undefined : toSeconds(reader.plain(timeout)),
        retries: retries === undefined ? undefined : Number(reader.plain(retries)),
        startPeriod: start_period === undefined ? undefined : toSeconds(reader.plain(start_period)),
    };
    if (start_interval !== undefined)
        reader.changed(
            "healthcheck.start_interval",
            "health.interval",
            "checks are frequent until the first success",
        );
    if (disable === true || (Array.isArray(test) && test[0] === "NONE"))
        reader.option("healthcheck", "health", { disabled: true });
    else
        reader.option("healthcheck", "health", {
            ...(test !== undefined && { command: testCommand(reader, test) }),
            ...times,
        });
}

function testCommand(reader: ServiceReader, test: unknown): OptionValue {
    const words = Array.isArray(test) ? test.map(scalar) : ["CMD-SHELL", scalar(test)];
    const [kind, ...rest] = words;
    const text = (word: string) => new Text(reader.text(word));
    if (kind === "CMD") return rest.map(text);
    const [command = ""] = kind === "CMD-SHELL" ? rest : words;
    return ["sh", "-c", text(command)];
}

function readDeploy(reader: ServiceReader, value: unknown): void {
    const { resources, restart_policy, replicas, ...others } = isObject(value) ? value : {};
    const { limits, reservations } = isObject(resources) ? resources : {};
    const { memory: limit, cpus } = isObject(limits) ? limits : {};
    if (limit !== undefined) memory("deploy.resources.limits.memory", "memory")(reader, limit);
    if (cpus !== undefined) number("deploy.resources.limits.cpus", "cpus")(reader, cpus);
    if (reservations !== undefined)
        reader.leftOut("deploy.resources.reservations", "set `memoryReservation` by a transform");
    if (replicas !== undefined) readReplicas(reader, "deploy.replicas", replicas);
    const { condition } = isObject(restart_policy) ? restart_policy : {};
    if (condition !== undefined)
        reader.option(
            "deploy.restart_policy",
            "restart",
            { none: "no", "on-failure": "on-failure" }[reader.plain(condition)] ?? "unless-stopped",
        );
    for (const key of Object.keys(others))
        reader.changed(`deploy.${key}`, "swarm", "applies to a Swarm only");
    reader.changed("deploy", "", "see its keys");
}
