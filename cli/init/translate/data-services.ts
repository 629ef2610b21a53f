import { posix } from "node:path";
import type { DeclaredService, DeclaredVolume } from "../declared.ts";
import type { Place } from "../facts.ts";
import { type Arguments, Code, type Expression } from "../model.ts";
import type { ProgramBuilder } from "../program-builder.ts";
import type { ProjectFiles } from "../project-files.ts";
import type { Outcome, Report } from "../report.ts";
import { evaluate, formatTemplate, literalOf, type Template } from "../text/template.ts";
import { splitWords } from "../text/words.ts";
import {
    absolutePath,
    buildArguments,
    containerOptions,
    fileArguments,
    fromProject,
    publishArguments,
} from "./container.ts";
import { imageTag, isOfficial } from "./known-images.ts";
import { describeWords, environmentExpression, isSecretOption, showsSecret } from "./clear-text.ts";
import { type Adoption, ADOPTED, ADOPTED_PASSWORD } from "./adoption.ts";
import type { Target } from "./targets.ts";

export interface DataContext {
    builder: ProgramBuilder;
    report: Report;
    files: ProjectFiles;
    known: Record<string, string>;
    protectData: Code;
    /** Takes over existing data. */
    adoption?: Adoption;
}

const DEFAULT_POSTGRES = "17";
const VERSION = /^\d+(\.\d+)*(-[\w.]+)*$/;

/** Variables that the component refuses, and the reasons. */
const REFUSED_VARIABLES: Record<string, string | undefined> = {
    PGPORT: "Postgres listens on 5432 in its container; to choose the port on the host, use `publish.port`",
    POSTGRES_INITDB_WALDIR: "would keep part of the data outside of the volume",
};

export function translatePostgres(target: Target, context: DataContext): Arguments {
    const { declared } = target;
    const { builder, report } = context;
    const env = translatePostgresVariables(target, context);
    const data = translatePostgresVolumes(target, context);
    // The variables would be those of the old setup.
    if (declared.envFiles.length > 0)
        row(
            declared,
            "env_file",
            "changed",
            "",
            "user and database are arguments, and the password is generated",
            report,
            true,
        );
    const databases = Object.fromEntries([...target.databases].map(([key, name]) => [key, { name }]));
    for (const argument of ["command", "entrypoint", "user"] as const)
        if (declared.options[argument] !== undefined)
            row(declared, argument, "left out", "", "the component starts Postgres itself", report);
    return {
        ...postgresImage(declared, context),
        ...(target.database !== undefined && { database: target.database }),
        ...(target.username !== undefined && { username: target.username }),
        ...(Object.keys(databases).length > 0 && { databases }),
        ...postgresSettings(declared, context),
        ...data,
        ...adoptedPassword(target, context),
        ...publish(target, context),
        ...containerOptions(declared, builder, [
            "user",
            "health",
            "command",
            "entrypoint",
            "restart",
            "hostname",
        ]),
        ...healthTimes(declared, report),
        ...(Object.keys(env).length > 0 && { env }),
        protectData: context.protectData,
    };
}

/** The component checks its server itself. */
function healthTimes({ options, ...declared }: DeclaredService, report: Report): Arguments {
    const { health } = options as { health?: Record<string, number | undefined> };
    if (health === undefined) return {};
    const times = ["interval", "timeout", "retries", "startPeriod"].flatMap((key) =>
        health[key] === undefined ? [] : [[key, health[key]] as const],
    );
    row(
        { ...declared, options },
        "healthcheck",
        "changed",
        times.length > 0 ? "health" : "",
        "the component has a check of its own",
        report,
        true,
    );
    return times.length > 0 ? { health: Object.fromEntries(times) } : {};
}

function row(
    declared: DeclaredService,
    key: string,
    outcome: Outcome,
    argument: string,
    note: string,
    report: Report,
    replaces = false,
    place: Place = declared.keys.get(key) ?? declared.place,
): void {
    const row = { service: declared.name, key, outcome, argument, note, place };
    if (replaces) report.replace(row);
    else report.add(row);
}

function postgresImage(declared: DeclaredService, { builder, report, known }: DataContext): Arguments {
    const { image = [] } = declared;
    const build = buildArguments(declared, builder, report, known);
    if (build !== undefined) {
        row(declared, "build", "taken", "build", "", report);
        return { build };
    }
    const text = evaluate(image, known);
    const tag = imageTag(text);
    const place = declared.keys.get("image");
    if (place === undefined) return { version: DEFAULT_POSTGRES };
    if (isOfficial(text, "postgres")) {
        const prefix = /^[^:]*:/.exec(formatTemplate(image))?.[0] ?? "";
        const [first = "", ...rest] = image;
        const hasPrefix = typeof first === "string" && first.startsWith(prefix) && prefix !== "";
        row(declared, "image", "taken", "version", "", report);
        if (tag !== undefined && VERSION.test(tag) && hasPrefix) {
            const version: Template = [...(first === prefix ? [] : [first.slice(prefix.length)]), ...rest];
            return { version: builder.expression(version) };
        }
        report.note(
            `${declared.name}: the image ${text} names no version of Postgres; the program uses ${DEFAULT_POSTGRES}. Existing data needs the version that wrote it`,
        );
        return { version: DEFAULT_POSTGRES };
    }
    const [, major] = /(?:^|[^\d])(?:pg)?(\d{2})\b/.exec(tag ?? "") ?? [];
    const version = /\bpg(\d{2})\b/.exec(tag ?? "")?.[1] ?? /^(\d{2})\b/.exec(tag ?? "")?.[1] ?? major;
    row(declared, "image", "taken", "image", "", report);
    if (version !== undefined) {
        report.note(`${declared.name}: version ${version} of Postgres is read from the tag of ${text}`);
        return { image: builder.expression(image), version };
    }
    const answer = builder.decide({
        id: `version of ${declared.name}`,
        message: `Which version of Postgres is in the image ${text} of ${declared.name}?`,
        remedy: `set \`version\` of ${declared.name} in infra/index.ts; it is ${DEFAULT_POSTGRES} until then`,
    });
    return { image: builder.expression(image), version: answer ?? DEFAULT_POSTGRES };
}

/** Reports the outcome of each variable, and returns those that stay. */
function translatePostgresVariables(
    target: Target,
    { builder, report, known, adoption }: DataContext,
): Record<string, Expression> {
    const { declared } = target;
    const env: Record<string, Expression> = {};
    for (const [name, { template, place }] of declared.env) {
        const at = (outcome: Outcome, argument: string, note = "") => {
            report.add({
                service: declared.name,
                key: `environment.${name}`,
                outcome,
                argument,
                note,
                place,
            });
        };
        if (name === "POSTGRES_USER" || name === "PGUSER") at("taken", "username");
        else if (name === "POSTGRES_DB" || name === "PGDATABASE") at("taken", "database");
        else if (adoption !== undefined && name === "POSTGRES_PASSWORD")
            at("taken", "password", ADOPTED_PASSWORD);
        else if (/^(POSTGRES_PASSWORD(_FILE)?|PGPASSWORD)$/.test(name))
            at("changed", "", "the password is generated, and reaches what links to the server");
        else if (name === "POSTGRES_HOST_AUTH_METHOD")
            at("changed", "", "the server has a generated password");
        else if (name === "PGDATA")
            at(
                "taken",
                "dataPath",
                evaluate(template, known) === defaultDataPath(declared, known) ? "is the default" : "",
            );
        else if (REFUSED_VARIABLES[name.replace(/_FILE$/, "")] !== undefined)
            at("left out", "", REFUSED_VARIABLES[name.replace(/_FILE$/, "")]);
        else {
            env[name] = environmentExpression(declared.name, name, { template, place }, builder, known);
            at("taken", `env.${name}`);
        }
    }
    return env;
}

function majorVersion({ image = [] }: DeclaredService, known: Record<string, string>): number {
    const tag = imageTag(evaluate(image, known)) ?? "";
    return Number(/pg(\d+)/.exec(tag)?.[1] ?? /^(\d+)/.exec(tag)?.[1] ?? DEFAULT_POSTGRES);
}

const IMAGE_DIRECTORY = "/var/lib/postgresql";

function defaultDataPath(declared: DeclaredService, known: Record<string, string>): string {
    const major = majorVersion(declared, known);
    return major >= 18 ? `${IMAGE_DIRECTORY}/${major}/docker` : `${IMAGE_DIRECTORY}/data`;
}

function translatePostgresVolumes(
    { declared }: Target,
    { builder, report, files, known, adoption }: DataContext,
): Arguments {
    const initScripts: Record<string, Expression> = {};
    const rest: DeclaredVolume[] = [];
    const pgdata = declared.env.get("PGDATA");
    const dataPath = pgdata ? evaluate(pgdata.template, known) : defaultDataPath(declared, known);
    const args: Arguments = {};
    for (const volume of declared.volumes) {
        const { source, target, kind, key, place } = volume;
        const at = (outcome: Outcome, argument: string, note = "") => {
            report.add({ service: declared.name, key: `${key}.${target}`, outcome, argument, note, place });
        };
        if (target.startsWith("/docker-entrypoint-initdb.d")) {
            const scripts =
                kind === "directory"
                    ? listScripts(source, files)
                    : [[posix.basename(target), source] as const];
            for (const [name, path] of scripts)
                if (/\.(sql|sh)$/.test(name))
                    initScripts[name] = new Code(
                        `readFileSync(${JSON.stringify(fromProject(path))}, "utf8")`,
                        [],
                        ["readFileSync"],
                    );
            at("taken", "initScripts", "for an empty database only");
        } else if (/postgresql\.conf$|pg_hba\.conf$/.test(target)) {
            at("left out", "", `the file is left out: move its settings into \`settings\``);
        } else if (kind === "file") rest.push(volume);
        else if (
            dataPath === target ||
            dataPath.startsWith(`${target}/`) ||
            target.startsWith(IMAGE_DIRECTORY)
        ) {
            const isDefault = dataPath === defaultDataPath(declared, known);
            // A volume above the data of version 18, or at the path of the data, is where the component mounts its own.
            const isImageVolume = target === IMAGE_DIRECTORY || target === `${IMAGE_DIRECTORY}/data`;
            // Up to version 17, the image has a volume at .../data, which hides what is mounted above it.
            const imageVolume = `${IMAGE_DIRECTORY}/data`;
            const isHidden =
                majorVersion(declared, known) < 18 &&
                `${dataPath}/`.startsWith(`${imageVolume}/`) &&
                imageVolume.startsWith(`${target}/`);
            const holdsData = !isHidden && (dataPath === target || dataPath.startsWith(`${target}/`));
            const isElsewhere = declared.volumes.some((other) => other.target === imageVolume);
            if (isHidden && isElsewhere) {
                at("left out", "", `the data is in the volume at ${imageVolume}`);
                continue;
            }
            if (!holdsData) {
                report.note(
                    `${declared.name}: the volume at ${target} does not hold the data, which the image keeps in ${dataPath}. Before you replace the container, copy the data out of it`,
                );
                at("changed", "", `the image stores nothing there: the data is in ${dataPath}`);
                if (adoption !== undefined)
                    builder.decide({
                        id: `data of ${declared.name}`,
                        message: `The volume at ${target} does not hold the data of ${declared.name}, so the new server starts empty. Have you copied the data out of ${dataPath}?`,
                        remedy: `dump it with pg_dumpall from the old container, and restore it into ${declared.name}`,
                    });
                continue;
            }
            if (!isDefault || !isImageVolume) args.dataPath = dataPath;
            if (kind === "directory") args.hostPath = absolutePath(source);
            Object.assign(args, adoption?.place(declared, volume));
            at(...describeData(volume, adoption));
        } else at("left out", "", "Postgres keeps nothing there");
    }
    if (pgdata !== undefined && args.dataPath === undefined && dataPath !== defaultDataPath(declared, known))
        args.dataPath = dataPath;
    const copied = fileArguments(declared, rest, builder, report);
    if (Object.keys(initScripts).length > 0) args.initScripts = initScripts;
    if (copied !== undefined) args.files = withoutPasswords(copied);
    return args;
}

/** Outcome, argument and note for the data of a server. */
function describeData(
    { kind, hostPath }: DeclaredVolume,
    adoption: Adoption | undefined,
): [outcome: Outcome, argument: string, note: string] {
    if (kind === "directory") return ["changed", "hostPath", "the same directory"];
    if (adoption === undefined || kind === "anonymous")
        return [
            "changed",
            "",
            "a volume of the component's own, which starts empty; `--adopt` takes over the data",
        ];
    return ["taken", hostPath === undefined ? "volume" : "hostPath", ADOPTED];
}

/** The component's password is a file of its own. */
function withoutPasswords(files: Expression): Expression | undefined {
    const others = Object.entries(files as Record<string, Expression>).filter(
        ([path]) => !path.startsWith("/run/secrets/"),
    );
    return others.length === 0 ? undefined : Object.fromEntries(others);
}

function listScripts(directory: string, files: ProjectFiles): (readonly [string, string])[] {
    return files.list(directory).map((name) => [name, posix.join(directory, name)] as const);
}

/** `postgres -c name=value --name=value` */
function postgresSettings(declared: DeclaredService, { builder, report, known }: DataContext): Arguments {
    const words = declared.command ?? [];
    const settings: Record<string, Expression> = {};
    const others: string[] = [];
    for (let i = 0; i < words.length; i++) {
        const word = words[i] ?? [];
        const plain = formatTemplate(word);
        if (i === 0 && /^(postgres|docker-entrypoint\.sh)$/.test(plain)) continue;
        const joined = /^(?:-c|--)(?=[\w.-]+=)/.exec(plain)?.[0];
        const value =
            plain === "-c" ? words[++i] : joined === undefined ? undefined : removePrefix(word, joined);
        const [name = "", first = ""] = value === undefined ? [] : splitAssignment(value);
        if (value === undefined || name === "") {
            others.push(plain);
            continue;
        }
        const key = name.replace(/-/g, "_");
        const rest: Template = [...(first === "" ? [] : [first]), ...value.slice(1)];
        if (["listen_addresses", "port", "data_directory", "config_file", "hba_file"].includes(key))
            others.push(key);
        else if (isSecretSetting(key, [rest], known))
            others.push(`${key} (a secret, and settings are plain text)`);
        else settings[key] = builder.expression(rest);
    }
    if (words.length > 0) {
        const key = declared.keys.has("cmd") ? "cmd" : "command";
        const note = others.length > 0 ? `left out: ${describeWords(others, known)}` : "";
        row(declared, key, others.length > 0 ? "left out" : "taken", "settings", note, report, true);
    }
    return Object.keys(settings).length > 0 ? { settings } : {};
}

/** Settings are plain text in the program. */
function isSecretSetting(name: string, values: Template[], known: Record<string, string>): boolean {
    const isNamed =
        isSecretOption(name) && values.some((value) => !/^(|[/$].*)$/.test(evaluate(value, known)));
    return isNamed || showsSecret(values, known);
}

function removePrefix(template: Template, prefix: string): Template {
    const [first = "", ...rest] = template;
    return [(first as string).slice(prefix.length), ...rest];
}

function splitAssignment([first]: Template): [name: string, value: string] {
    if (typeof first !== "string") return ["", ""];
    const [, name = "", value = ""] = /^([\w.-]+)=([^]*)$/.exec(first) ?? [];
    return [name, value];
}

function adoptedPassword({ declared, passwords }: Target, { adoption, known }: DataContext): Arguments {
    return adoption?.password(declared, passwords[0], known) ?? {};
}

/** Publishes the port of the connection. Others are not published. */
function publish({ declared, port }: Target, { builder, report }: DataContext): Arguments {
    const published = declared.ports.find(({ container }) => container === port);
    for (const other of declared.ports.filter((other) => other !== published))
        report.add({
            service: declared.name,
            key: `ports.${other.container}`,
            outcome: "left out",
            note: "the component publishes only its main port",
            place: other.place,
        });
    if (published === undefined) return {};
    return { publish: publishArguments(declared, published, "publish", builder, report) };
}

const REDIS_VARIABLES = /^(REDIS_PASSWORD|REDIS_ARGS|ALLOW_EMPTY_PASSWORD)$/;

export function translateRedis(target: Target, context: DataContext): Arguments {
    const { declared } = target;
    const { builder, report, known } = context;
    const { image = [] } = declared;
    const text = evaluate(image, known);
    const tag = imageTag(text);
    const args: Arguments = {};
    const build = buildArguments(declared, builder, report, known);
    if (build !== undefined) {
        args.build = build;
        row(declared, "build", "taken", "build", "", report);
    } else if (declared.keys.has("image")) {
        const literal = literalOf(image);
        const isVersion =
            isOfficial(text, "redis") && literal !== undefined && tag !== undefined && VERSION.test(tag);
        if (isVersion) args.version = tag;
        else if (
            !isOfficial(text, "redis") ||
            (tag !== undefined && tag !== "latest" && !/^[a-z]+$/.test(tag))
        )
            args.image = builder.expression(image);
        if (args.version === undefined && args.image === undefined && tag !== undefined && tag !== "latest")
            args.version = `8-${tag}`;
        row(declared, "image", "taken", args.image === undefined ? "version" : "image", "", report);
    }
    const env: Record<string, Expression> = {};
    for (const [name, { template, place }] of declared.env) {
        const isOwn = REDIS_VARIABLES.test(name);
        if (!isOwn)
            env[name] = environmentExpression(declared.name, name, { template, place }, builder, known);
        const isArguments = name === "REDIS_ARGS";
        const note = isArguments
            ? "its options are settings"
            : isOwn
              ? "the password is generated, and reaches what links to the server"
              : "";
        report.add({
            service: declared.name,
            key: `environment.${name}`,
            outcome: isOwn ? "changed" : "taken",
            argument: isArguments ? "settings" : isOwn ? "" : `env.${name}`,
            note,
            place,
        });
    }
    const rest: DeclaredVolume[] = [];
    const dataPath = redisDataPath(declared, known);
    for (const volume of declared.volumes) {
        const { kind, source, target: path, key, place } = volume;
        const at = (outcome: Outcome, argument: string, note: string) => {
            report.add({ service: declared.name, key: `${key}.${path}`, outcome, argument, note, place });
        };
        if (path.endsWith("redis.conf"))
            at("left out", "", "the file is left out: move its settings into `settings`");
        else if (kind === "file") rest.push(volume);
        else if (path !== dataPath)
            at(
                "left out",
                "",
                `Redis keeps its data in ${dataPath}, not here: settings go into \`settings\`, and other files into \`files\``,
            );
        else {
            if (kind === "directory") args.hostPath = absolutePath(source);
            if (path !== "/data") args.dataPath = path;
            Object.assign(args, context.adoption?.place(declared, volume));
            at(...describeData(volume, context.adoption));
        }
    }
    const files = fileArguments(declared, rest, builder, report);
    if (declared.envFiles.length > 0)
        row(
            declared,
            "env_file",
            "changed",
            "",
            "the password is generated, and the image reads no other variable",
            report,
            true,
        );
    return {
        ...args,
        ...adoptedPassword(target, context),
        ...redisSettings(declared, context),
        ...publish(target, context),
        ...containerOptions(declared, builder, ["health", "user", "restart", "hostname"]),
        ...healthTimes(declared, report),
        ...(Object.keys(env).length > 0 && { env }),
        ...(files !== undefined && { files }),
        protectData: context.protectData,
    };
}

/** Where Redis keeps its data: `--dir` of the command, or the directory of the image. */
function redisDataPath({ command = [] }: DeclaredService, known: Record<string, string>): string {
    const text = command.map((word) => evaluate(word, known)).join(" ");
    const [, directory] = /(?:^|\s)--dir[\s=]+["']?([^\s"']+)/.exec(text) ?? [];
    return directory === undefined ? "/data" : posix.resolve("/data", directory);
}

/** Settings that the component sets itself. */
const OWN_SETTINGS: Record<string, string> = {
    requirepass: "the password is generated",
    bind: "listens in its container only; `publish.ip` for the host",
    port: "6379 in the container",
    dir: "`dataPath`",
    "protected-mode": "the component's own",
    daemonize: "a container runs in the foreground",
};

/** The words of `redis-server`, which may be in a command of a shell. */
function redisSettings(declared: DeclaredService, { builder, report, known }: DataContext): Arguments {
    const variable = declared.env.get("REDIS_ARGS");
    let words = [
        ...(declared.command ?? []),
        ...(variable === undefined
            ? []
            : splitWords(evaluate(variable.template, known)).map((word): Template => [word])),
    ];
    if (words.length === 0) return {};
    const [shell, option, script] = words.map((word) => formatTemplate(word));
    if (/^(\/bin\/)?(ba)?sh$/.test(shell ?? "") && option === "-c" && script !== undefined)
        words = splitWords(script.replace(/^exec\s+/, "")).map((word) => [word]);
    const settings: Record<string, Expression> = {};
    const notes: string[] = [];
    const leftOut: string[] = [];
    let name: string | undefined;
    let values: Template[] = [];
    const finish = () => {
        if (name === undefined) return;
        const own = OWN_SETTINGS[name];
        if (own !== undefined) notes.push(`${name}: ${own}`);
        else if (isSecretSetting(name, values, known))
            leftOut.push(`${name} (a secret, and settings are plain text)`);
        else addSetting(settings, name, values, builder);
        name = undefined;
        values = [];
    };
    words.forEach((word, i) => {
        const plain = formatTemplate(word);
        if (i === 0 && /(^|\/)redis-(stack-)?server$/.test(plain)) return;
        if (plain.startsWith("--")) {
            finish();
            name = plain.slice(2).toLowerCase();
        } else if (name !== undefined) values.push(word);
        else leftOut.push(plain);
    });
    finish();
    const key =
        declared.command === undefined
            ? "environment.REDIS_ARGS"
            : declared.keys.has("cmd")
              ? "cmd"
              : "command";
    if (leftOut.length > 0) notes.push(`left out: ${describeWords(leftOut, known)}`);
    row(declared, key, leftOut.length > 0 ? "left out" : "taken", "settings", notes.join("; "), report, true);
    return Object.keys(settings).length > 0 ? { settings } : {};
}

/** One line for each value of a setting that repeats. */
function addSetting(
    settings: Record<string, Expression>,
    name: string,
    values: Template[],
    builder: ProgramBuilder,
): void {
    const literals = values.map(literalOf);
    if (literals.some((value) => value === undefined)) {
        const [only = []] = values;
        settings[name] = builder.expression(only);
        return;
    }
    const isSave = name === "save";
    const line = literals
        .map((value = "") => (value === "" || (/\s/.test(value) && !isSave) ? JSON.stringify(value) : value))
        .join(" ");
    const other = settings[name];
    settings[name] = typeof other === "string" && isSave ? `${other}\n${line}` : line;
}
