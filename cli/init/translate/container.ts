import { posix } from "node:path";
import {
    isLocalDirectory,
    type DeclaredBuild,
    type DeclaredBuildSecret,
    type DeclaredFile,
    type DeclaredService,
    type DeclaredVolume,
    type OptionValue,
    Text,
} from "../declared.ts";
import { type Arguments, Code, type Expression, OptionalCode, type StackSecret } from "../model.ts";
import { camelCase, type ProgramBuilder } from "../program-builder.ts";
import { isSecretName } from "../secret-names.ts";
import { formatPlace } from "../facts.ts";
import { printOnLine } from "../print.ts";
import type { Report } from "../report.ts";
import { evaluate, isHidden, type Template, variablesOf } from "../text/template.ts";
import { withLocalPaths } from "../sources/build-cache.ts";
import { isSecretText, showsLogin } from "./clear-text.ts";

/** Directory of the Pulumi project, relative to the application's. */
export const PROJECT_DIRECTORY = "infra";

/** A path of the application, as the program in `infra/` writes it. */
export function fromProject(path: string): string {
    if (posix.isAbsolute(path) || path.startsWith("~")) return path;
    return posix.relative(PROJECT_DIRECTORY, posix.normalize(path)) || ".";
}

/** An option as a value of the program. */
export function toExpression(value: OptionValue, builder: ProgramBuilder): Expression {
    if (value instanceof Text) return builder.expression(value.template);
    if (Array.isArray(value)) return value.map((item) => toExpression(item, builder));
    if (typeof value !== "object") return value;
    return Object.fromEntries(
        Object.entries(value).flatMap(([name, own]) =>
            own === undefined ? [] : [[name, toExpression(own, builder)]],
        ),
    );
}

/** Arguments that every container has, except those that the component refuses. */
export function containerOptions(
    { options }: DeclaredService,
    builder: ProgramBuilder,
    refused: string[] = [],
): Arguments {
    return Object.fromEntries(
        Object.entries(options).flatMap(([name, value]) =>
            value === undefined || refused.includes(name)
                ? []
                : [[name, optionExpression(name, value, builder)]],
        ),
    );
}

function optionExpression(name: string, value: OptionValue, builder: ProgramBuilder): Expression {
    if (name === "pull") return new Code("Pull.Always", [], ["Pull"]);
    return toExpression(value, builder);
}

export function commandExpression(
    words: Template[] | undefined,
    builder: ProgramBuilder,
): Expression | undefined {
    return words?.map((word) => builder.expression(word));
}

export function envFileArguments({ envFiles }: DeclaredService): Expression | undefined {
    if (envFiles.length === 0) return undefined;
    return envFiles.map(({ path, optional }) => ({ path: fromProject(path), ...(optional && { optional }) }));
}

/** A directory of the application as an absolute path. */
export function absolutePath(path: string): Expression {
    if (posix.isAbsolute(path)) return path;
    return new Code(`resolve(${JSON.stringify(fromProject(path))})`, [], ["resolve"]);
}

/** Files that are mounted or attached, as `files`. */
export function fileArguments(
    service: DeclaredService,
    volumes: DeclaredVolume[],
    builder: ProgramBuilder,
    report: Report,
): Expression | undefined {
    const files: Record<string, Expression> = {};
    for (const volume of volumes.filter(({ kind }) => kind === "file")) {
        const { source, target, key, place } = volume;
        const row = { service: service.name, key: `${key}.${target}`, place };
        if (source.endsWith(".sock")) {
            report.add({
                ...row,
                outcome: "left out",
                note: "a socket gives the container control of another program; mount its directory if it must be",
            });
            continue;
        }
        files[target] = { source: fromProject(source) };
        const note = source.endsWith(".erb") ? "its ERB is not evaluated" : "copied into the container";
        report.add({ ...row, outcome: "taken", argument: "files", note });
    }
    for (const file of service.files) files[file.path] = fileArgument(service, file, builder, report);
    return Object.keys(files).length === 0 ? undefined : files;
}

function fileArgument(
    service: DeclaredService,
    { path, source, content = [], secret, variable }: DeclaredFile,
    builder: ProgramBuilder,
    report: Report,
): Expression {
    const row = {
        service: service.name,
        key: secret === undefined ? "configs" : "secrets",
        outcome: "taken",
        argument: "files",
        place: service.place,
    } as const;
    const secretContent = (name: string, value: Partial<StackSecret>) => {
        report.add({ ...row, note: `${name} is a secret of the stack's configuration` });
        return {
            content: builder.secretCode(name, { name, source: source ?? service.place.file, ...value }),
            mode: "0444",
        };
    };
    if (secret !== undefined)
        return secretContent(secret, {
            file: source,
            ...(variable !== undefined && { variable, source: `the variable ${variable}` }),
        });
    if (source === undefined && isSecretText(content, builder.known)) {
        const isKnown = variablesOf(content).every(
            ({ variable: name, operator }) => name in builder.known || operator !== undefined,
        );
        return secretContent(camelCase(`${service.name}-${posix.basename(path)}`), {
            ...(isKnown && { value: evaluate(content, builder.known) }),
        });
    }
    report.add(row);
    return source === undefined ? { content: builder.expression(content) } : { source: fromProject(source) };
}

/** Build arguments. Those that are secrets are named as open: the image's history shows build arguments. */
export function buildArguments(
    { name, build }: DeclaredService,
    builder: ProgramBuilder,
    report: Report,
    known: Record<string, string>,
): Arguments | undefined {
    if (build === undefined) return undefined;
    const args: Record<string, Expression> = {};
    for (const [argument, { template, place }] of build.args) {
        const isSecret =
            isSecretName(argument) ||
            showsLogin(template, known) ||
            variablesOf(template).some(({ variable }) => isSecretName(variable));
        const row = { service: name, key: `build.args.${argument}`, place };
        if (isSecret) {
            report.add({
                ...row,
                outcome: "later",
                note: `is a secret, and the image's history shows build arguments: mount it in the Dockerfile (RUN --mount=type=secret,id=${argument}), and add it to \`build.secrets\``,
            });
            continue;
        }
        const hidden = template.find(isHidden);
        if (hidden !== undefined) {
            const setting = camelCase(argument);
            const answer = builder.decideComputed(hidden.code, setting, argument, formatPlace(place));
            args[argument] = builder.setting(setting, "string", `Value of ${argument}`, answer);
            const note = "is computed in ERB, which is not run";
            report.add({ ...row, outcome: "taken", argument: `setting ${setting}`, note });
            continue;
        }
        args[argument] = builder.expression(template);
        report.add({ ...row, outcome: "taken", argument: `build.args.${argument}` });
    }
    const { context, dockerfile, target, ssh, contexts, secrets } = build;
    const isDefault = dockerfile === undefined || dockerfile === posix.join(context, "Dockerfile");
    return {
        context: fromProject(context),
        ...(!isDefault && { dockerfile: fromProject(dockerfile) }),
        ...(target !== undefined && { target: builder.expression(target) }),
        ...(Object.keys(args).length > 0 && { args }),
        ...(secrets && {
            secrets: Object.fromEntries(
                [...secrets].map(([id, secret]) => [id, buildSecret(secret, builder)]),
            ),
        }),
        ...(ssh && { ssh }),
        ...(contexts && {
            contexts: Object.fromEntries(
                [...contexts].map(([name, source]) => [
                    name,
                    isLocalDirectory(source) ? fromProject(source) : source,
                ]),
            ),
        }),
        ...cacheArguments(build, builder),
    };
}

function cacheArguments(
    { cacheFrom = [], cacheTo = [], cache }: DeclaredBuild,
    builder: ProgramBuilder,
): Arguments {
    const toProject = (options: string[]) => options.map((option) => withLocalPaths(option, fromProject));
    const args: Arguments = {
        ...(cacheFrom.length > 0 && { cacheFrom: toProject(cacheFrom) }),
        ...(cacheTo.length > 0 && { cacheTo: toProject(cacheTo) }),
    };
    if (cache === undefined) return args;
    const { text } = builder.setting(
        "buildCache",
        "boolean",
        cache.from.length > 0
            ? "Whether builds read the cache in `cacheFrom` and write it to `cacheTo`. Writing needs Docker's containerd image store"
            : "Whether builds write their cache to `cacheTo`, which needs Docker's containerd image store",
        false,
    );
    const optional = (options: string[]) => new OptionalCode(new Code(printOnLine(toProject(options))), text);
    return {
        ...args,
        ...(cache.from.length > 0 && { cacheFrom: optional(cache.from) }),
        cacheTo: optional(cache.to),
    };
}

function buildSecret(secret: DeclaredBuildSecret, builder: ProgramBuilder): Record<string, Expression> {
    if ("stackSecret" in secret) {
        const { stackSecret: name } = secret;
        return { value: builder.secretCode(name, { name, source: ".kamal/secrets" }) };
    }
    return "file" in secret ? { file: fromProject(secret.file) } : { variable: secret.variable };
}

export function reportBuild(service: DeclaredService, report: Report): void {
    if (service.build === undefined) return;
    const row = { service: service.name, place: service.build.place };
    report.add({ ...row, key: "build", outcome: "taken", argument: "build" });
    if (service.image === undefined) return;
    const note = "dropped: the image is built, and its name is generated";
    const place = service.keys.get("image") ?? service.build.place;
    report.add({ service: service.name, key: "image", outcome: "changed", note, place });
}

/** A port of the host: the one of the file, on 127.0.0.1. */
export function publishArguments(
    service: DeclaredService,
    port: DeclaredService["ports"][number],
    argument: string,
    builder: ProgramBuilder,
    report: Report,
    published?: Expression,
): Expression {
    const { ip } = port;
    const isOpen = ip === undefined || ip === "0.0.0.0" || ip === "::";
    report.add({
        service: service.name,
        key: service.keys.has("port") ? "port" : `ports.${port.container}`,
        outcome: isOpen ? "changed" : "taken",
        argument,
        note: isOpen
            ? "was open to other machines; now bound to 127.0.0.1. To open it, set `publish.ip`"
            : "",
        place: port.place,
    });
    const own = published ?? (port.published === undefined ? undefined : builder.integer(port.published));
    return {
        ...(own !== undefined && { port: orGenerated(own) }),
        ...(!isOpen && ip !== "127.0.0.1" && ip !== "localhost" && { ip }),
    };
}

/** Turns port 0 of a setting into an undefined one, which Drydock then chooses, so that several stacks can run side by side. */
export function orGenerated(port: Expression): Expression {
    return port instanceof Code ? new Code(`${port.text} || undefined`, port.uses, port.imports) : port;
}

export function protocolOf({ protocol }: DeclaredService["ports"][number]): Arguments {
    return protocol === "udp" ? { protocol: new Code("Protocol.Udp", [], ["Protocol"]) } : {};
}
