import { posix } from "node:path";
import type { DeclaredService, DeclaredValue, OptionValue } from "../declared.ts";
import { type Arguments, Code, type Expression } from "../model.ts";
import type { Outcome } from "../report.ts";
import { evaluate, formatTemplate, isSameTemplate } from "../text/template.ts";
import {
    absolutePath,
    buildArguments,
    commandExpression,
    containerOptions,
    envFileArguments,
    fileArguments,
    protocolOf,
    orGenerated,
    publishArguments,
    reportBuild,
} from "./container.ts";
import { ADOPTED } from "./adoption.ts";
import type { DataContext } from "./data-services.ts";
import { replicaArguments } from "./replicas.ts";
import { type SharedVolumes, sharedMount } from "./services.ts";
import { linkArguments, type Wirer } from "./wiring.ts";

/** Services that run the same image: one application. */
export interface ApplicationGroup {
    web: DeclaredService;
    processes: DeclaredService[];
    tasks: DeclaredService[];
}

/** Facts about the application from other sources. */
export interface ApplicationFacts {
    isRails: boolean;
    /** Port that the web process listens on. */
    port: number;
    /** Whether a file declares the port. */
    isPortDeclared?: boolean;
    /** Environment variables that were decided, such as SOLID_QUEUE_IN_PUMA. */
    env: Record<string, Expression>;
    /** Commands of processes that no declared service has. */
    processes: Record<string, Arguments>;
    /** Arguments that other sources decide: health, storage, masterKey, migration. */
    args: Arguments;
    /** The image's working directory, where a mounted source directory is. */
    sourcePaths: string[];
}

/** Options that a process does not inherit from the application. */
const APPLICATION_OPTIONS = ["aliases", "restart", "health", "hostname"];

export function translateApplication(
    { web, processes }: ApplicationGroup,
    facts: ApplicationFacts,
    wirer: Wirer,
    context: DataContext,
    shared: SharedVolumes,
    publishedPort: Expression | undefined,
): Arguments {
    const { builder, report } = context;
    const common = web.env;
    wirer.wire(common);
    const { links, env, secrets } = wirer.wiring;
    const build = buildArguments(web, builder, report, context.known);
    reportBuild(web, report);
    if (build === undefined && web.keys.has("image"))
        report.add({
            service: web.name,
            key: "image",
            outcome: "taken",
            argument: "image",
            place: web.keys.get("image"),
        });
    const { mounts, storage } = applicationMounts(web, facts, context, shared);
    const hasStorage = mounts.some(({ path }) => typeof path === "string" && path.endsWith("/storage"));
    const files = fileArguments(web, web.volumes, builder, report);
    const { published, ports } = applicationPorts(web, facts.port, context, publishedPort);
    const translated = Object.fromEntries(
        processes.map((process) => [
            process.name,
            translateProcess(process, web, facts, wirer, context, shared),
        ]),
    );
    const allProcesses = { ...translated, ...facts.processes };
    const allSecrets = [...new Set(secrets)];
    const allEnv: Record<string, Expression> = { ...facts.env, ...env };
    if (facts.isRails && allEnv.RAILS_ENV === "production") delete allEnv.RAILS_ENV;
    const railsEnv = facts.isRails ? allEnv.RAILS_ENV : undefined;
    if (railsEnv !== undefined) delete allEnv.RAILS_ENV;
    delete allEnv.PORT;
    return {
        ...(build === undefined ? { image: builder.expression(web.image ?? []) } : { build }),
        ...(railsEnv !== undefined && { railsEnv }),
        ...(web.command && { command: commandExpression(web.command, builder) }),
        ...(web.entrypoint && { entrypoint: commandExpression(web.entrypoint, builder) }),
        ...linkArguments(links, facts.isRails),
        ...((facts.port !== 3000 || facts.isPortDeclared) && { port: facts.port }),
        publish: published,
        ...(Object.keys(ports).length > 0 && { ports }),
        ...replicaArguments(
            web,
            builder,
            report,
            "with several containers, the application publishes no port",
        ),
        ...facts.args,
        ...(hasStorage && { storage: undefined }),
        ...(storage !== undefined && { storage }),
        ...(Object.keys(allEnv).length > 0 && { env: allEnv }),
        ...(allSecrets.length > 0 && { secrets: allSecrets }),
        envFiles: envFileArguments(web),
        ...(mounts.length > 0 && { mounts }),
        ...(files !== undefined && { files }),
        // Without a health check that only a development server has.
        ...containerOptions(web, builder, facts.args.health === undefined ? [] : ["health"]),
        ...(Object.keys(allProcesses).length > 0 && { processes: allProcesses }),
    };
}

function applicationPorts(
    web: DeclaredService,
    port: number,
    { builder, report }: DataContext,
    publishedPort: Expression | undefined,
): { published: Expression | undefined; ports: Record<string, Expression> } {
    let published: Expression | undefined = publishedPort && { port: orGenerated(publishedPort) };
    const ports: Record<string, Expression> = {};
    for (const declared of web.ports) {
        if (declared.container === port && declared.protocol === "tcp")
            published = publishArguments(web, declared, "publish", builder, report, publishedPort);
        else
            ports[`${declared.protocol === "udp" ? "udp" : "port"}${declared.container}`] = {
                port: declared.container,
                ...(declared.endPort !== undefined && { endPort: declared.endPort }),
                ...protocolOf(declared),
                publish: publishArguments(web, declared, "ports", builder, report),
            };
    }
    for (const exposed of web.exposed)
        report.add({
            service: web.name,
            key: `expose.${exposed}`,
            outcome: "changed",
            argument: exposed === port ? "port" : "",
            note: "",
            place: web.keys.get("expose"),
        });
    return { published, ports };
}

/** Whether a mounted directory only has what is in the image too, or what need not outlive the container. */
export function isInImage(target: string): boolean {
    return /(node_modules|bundle|bundler|\/gems|\/tmp(\/|$)|\/log(\/|$)|\.cache|yarn)/.test(target);
}

function applicationMounts(
    service: DeclaredService,
    facts: ApplicationFacts,
    { report, protectData, adoption }: DataContext,
    shared: SharedVolumes,
    isProcess = false,
): { mounts: Arguments[]; storage?: Arguments } {
    const mounts: Arguments[] = [];
    let storage: Arguments | undefined;
    for (const volume of service.volumes) {
        const { kind, source, target, readOnly, key, place } = volume;
        const at = (outcome: Outcome, argument: string, note = "") => {
            report.add({ service: service.name, key: `${key}.${target}`, outcome, argument, note, place });
        };
        if (kind === "file") continue;
        const constant = shared.get(source);
        const isSource = kind === "directory" && (facts.sourcePaths.includes(source) || source === ".");
        const isBelowSource = service.volumes.some(
            (other) =>
                other !== volume &&
                other.kind === "directory" &&
                other.source === "." &&
                target.startsWith(`${other.target}/`),
        );
        if (isSource)
            at(
                "changed",
                "build",
                "the source is in the image; `drydock up` builds it again when it changes",
            );
        else if (kind === "anonymous" || (isInImage(target) && !posix.isAbsolute(source)))
            at("changed", "", "it is in the image, or it need not outlive the container");
        else if (kind === "volume" && constant !== undefined) {
            mounts.push(sharedMount(volume, constant));
            at(
                "taken",
                "mounts",
                adoption === undefined ? "a Volume that several components mount" : ADOPTED,
            );
        } else if (kind === "volume" && facts.isRails && target.endsWith("/storage") && !isProcess) {
            storage = { path: target, protectData, ...adoption?.place(service, volume) };
            if (adoption === undefined)
                at(
                    "changed",
                    "storage",
                    "a volume of the component's own, which starts empty; `--adopt` takes over the data",
                );
            else at("taken", "storage", ADOPTED);
        } else if (kind === "volume" && target.endsWith("/storage") && isProcess && facts.isRails)
            at("changed", "storage", "the application's storage is in every process");
        else if (kind === "volume") {
            mounts.push({
                path: target,
                volume: source,
                ...(readOnly && { readOnly }),
                ...(!readOnly && { protectData }),
            });
            at("changed", "mounts", "a volume of the component's own, which starts empty");
        } else if (isBelowSource) at("changed", "build", "the image has it");
        else if (/docker\.sock|^\/(proc|sys|dev|var\/run|run)(\/|$)/.test(source))
            at("left out", "", "gives the container control of the machine");
        else {
            mounts.push({ path: target, hostPath: absolutePath(source), ...(readOnly && { readOnly }) });
            at("taken", "mounts", "a directory of the machine that runs the container");
        }
    }
    return { mounts, storage };
}

function isSameValue(one: DeclaredValue | undefined, other: DeclaredValue): boolean {
    return one !== undefined && isSameTemplate(one.template, other.template);
}

function translateProcess(
    process: DeclaredService,
    web: DeclaredService,
    facts: ApplicationFacts,
    wirer: Wirer,
    context: DataContext,
    shared: SharedVolumes,
): Arguments {
    const { builder, report } = context;
    reportBuild(process, report);
    if (process.keys.has("image"))
        report.add({
            service: process.name,
            key: "image",
            outcome: "taken",
            note: "the application's",
            place: process.keys.get("image"),
        });
    const isInherited = (name: string, value: DeclaredValue) => isSameValue(web.env.get(name), value);
    for (const [name, value] of process.env)
        if (isInherited(name, value))
            report.add({
                service: process.name,
                key: `environment.${name}`,
                outcome: "taken",
                note: "the application's",
                place: value.place,
            });
    const own = new Map([...process.env].filter(([name, value]) => !isInherited(name, value)));
    const env = wirer.wireProcess(process.name, own);
    delete env.PORT;
    if (facts.isRails && env.RAILS_ENV === "production") delete env.RAILS_ENV;
    const processFacts = { ...facts, args: {} };
    const inherited = new Set(web.volumes.map(({ target }) => target));
    const volumes = process.volumes.filter((volume) => {
        if (!inherited.has(volume.target)) return true;
        report.add({
            service: process.name,
            key: `${volume.key}.${volume.target}`,
            outcome: "taken",
            note: "the application's",
            place: volume.place,
        });
        return false;
    });
    const { mounts } = applicationMounts({ ...process, volumes }, processFacts, context, shared, true);
    const files = fileArguments(process, volumes, builder, report);
    const after = [...process.dependsOn.keys()].flatMap((name) => (name === web.name ? ["web"] : []));
    const ports = processPorts(process, context);
    for (const name of process.dependsOn.keys())
        report.add({
            service: process.name,
            key: `depends_on.${name}`,
            outcome: "taken",
            argument: name === web.name ? "after" : "",
            note: name === web.name ? "" : "a link waits until the service is healthy",
            place: process.keys.get("depends_on"),
        });
    const options = processOptions(process, web, context);
    const envFiles = isSameList(process.envFiles, web.envFiles) ? undefined : envFileArguments(process);
    // A process has the application's entrypoint; `[]` is that of the image.
    const entrypoint = process.entrypoint ?? (web.entrypoint && []);
    return {
        ...(process.command && { command: commandExpression(process.command, builder) }),
        ...(entrypoint && { entrypoint: commandExpression(entrypoint, builder) }),
        ...(Object.keys(ports).length > 0 && { ports }),
        ...replicaArguments(process, builder, report),
        ...(Object.keys(env).length > 0 && { env }),
        ...(envFiles !== undefined && { envFiles }),
        ...(mounts.length > 0 && { mounts }),
        ...(files !== undefined && { files }),
        ...(after.length > 0 && { after }),
        ...options,
    };
}

function isSameList(one: unknown, other: unknown): boolean {
    return JSON.stringify(one) === JSON.stringify(other);
}

/** Options in which the process differs from the application. */
function processOptions(process: DeclaredService, web: DeclaredService, { builder }: DataContext): Arguments {
    const differing = Object.entries(process.options).filter(
        ([name, value]) => APPLICATION_OPTIONS.includes(name) || !isSameList(value, web.options[name]),
    );
    const options: Record<string, OptionValue | undefined> = Object.fromEntries(differing);
    return containerOptions({ ...process, options }, builder);
}

function processPorts(
    process: DeclaredService,
    { builder, report }: DataContext,
): Record<string, Expression> {
    const [first] = process.ports;
    return Object.fromEntries(
        process.ports.map((port) => [
            port === first
                ? process.name.replace(/[^A-Za-z0-9_-]/g, "_")
                : `${process.name}${port.container}`,
            {
                port: port.container,
                ...protocolOf(port),
                publish: publishArguments(process, port, "ports", builder, report),
            },
        ]),
    );
}

/** A command that runs once and ends. */
export function translateTask(
    task: DeclaredService,
    app: { variable: string; group: ApplicationGroup } | undefined,
    isBeforeApp: boolean,
    wirer: Wirer,
    context: DataContext,
    shared: SharedVolumes,
): Arguments {
    const { builder, report } = context;
    wirer.wire(task.env);
    const { links, env, secrets } = wirer.wiring;
    const build = buildArguments(task, builder, report, context.known);
    reportBuild(task, report);
    const { mounts } = applicationMounts(
        task,
        { isRails: false, port: 0, env: {}, processes: {}, args: {}, sourcePaths: ["."] },
        context,
        shared,
        true,
    );
    const files = fileArguments(task, task.volumes, builder, report);
    if (task.keys.has("image") && build === undefined)
        report.add({
            service: task.name,
            key: "image",
            outcome: "taken",
            argument: "image",
            place: task.keys.get("image"),
        });
    const image =
        app !== undefined && !isBeforeApp
            ? { image: new Code(`${app.variable}.image`, [app.variable]) }
            : build === undefined
              ? { image: builder.expression(task.image ?? []) }
              : { build };
    const words = [...(task.entrypoint ?? []), ...(task.command ?? [])];
    return {
        ...image,
        command: commandExpression(words, builder) ?? [],
        ...linkArguments(links, false),
        ...(Object.keys(env).length > 0 && { env }),
        ...(secrets.length > 0 && { secrets }),
        envFiles: envFileArguments(task),
        ...(mounts.length > 0 && { mounts }),
        ...(files !== undefined && { files }),
        ...containerOptions(task, builder, ["restart", "health", "stopTimeout", "aliases"]),
    };
}

/** The command of a service on one line, to find out what it starts. */
export function commandText({ command = [], entrypoint = [] }: DeclaredService): string {
    return [...entrypoint, ...command].map(formatTemplate).join(" ");
}

/** What identifies the image of a service. Empty if it has none. */
export function imageKey({ image, build }: DeclaredService, known: Record<string, string>): string {
    if (build !== undefined) {
        const { context, dockerfile = "", target = [] } = build;
        return `build ${context} ${dockerfile} ${evaluate(target, known)}`;
    }
    return image === undefined ? "" : `image ${evaluate(image, known)}`;
}
