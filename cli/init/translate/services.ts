import { posix } from "node:path";
import type { DeclaredVolume } from "../declared.ts";
import { type Arguments, Code, type Expression } from "../model.ts";
import { camelCase } from "../program-builder.ts";
import type { Outcome } from "../report.ts";
import { evaluate } from "../text/template.ts";
import {
    absolutePath,
    buildArguments,
    commandExpression,
    containerOptions,
    envFileArguments,
    fileArguments,
    protocolOf,
    publishArguments,
    reportBuild,
} from "./container.ts";
import { ADOPTED } from "./adoption.ts";
import type { DataContext } from "./data-services.ts";
import type { Target } from "./targets.ts";
import { linkArguments, type Wirer } from "./wiring.ts";

/** Volumes that several components mount, by name: the constant of the Volume. */
export type SharedVolumes = Map<string, string>;

/** A container of any other image. */
export function translateService(
    target: Target,
    wirer: Wirer,
    context: DataContext,
    shared: SharedVolumes,
): Arguments {
    const { declared } = target;
    const { builder, report } = context;
    const password = translatePassword(target, context);
    const own = new Set(password.variable === undefined ? [] : [password.variable]);
    wirer.wire(declared.env, own);
    const { links, env, secrets } = wirer.wiring;
    const build = buildArguments(declared, builder, report, context.known);
    reportBuild(declared, report);
    if (build === undefined && declared.keys.has("image"))
        report.add({
            service: declared.name,
            key: "image",
            outcome: "taken",
            argument: "image",
            place: declared.keys.get("image"),
        });
    const { data, volumes, mounts } = serviceData(target, context, shared);
    const files = fileArguments(declared, declared.volumes, builder, report);
    const endpoint = {
        ...(target.scheme !== undefined && { scheme: target.scheme }),
        ...(target.username !== undefined && { username: target.username }),
        ...(target.database !== undefined && { database: target.database }),
    };
    const hasData = data !== undefined || volumes !== undefined;
    const args: Arguments = {
        ...(build === undefined ? { image: builder.expression(declared.image ?? []) } : { build }),
        ...(declared.command && { command: commandExpression(declared.command, builder) }),
        ...(declared.entrypoint && { entrypoint: commandExpression(declared.entrypoint, builder) }),
        ...servicePorts(target, context),
        ...(target.port !== undefined && Object.keys(endpoint).length > 0 && { connection: endpoint }),
        ...(data !== undefined && { data }),
        ...(volumes !== undefined && { volumes }),
        ...(mounts.length > 0 && { mounts }),
        ...(password.args && { password: password.args }),
        ...linkArguments(links, false),
        ...(Object.keys(env).length > 0 && { env }),
        ...(secrets.length > 0 && { secrets }),
        envFiles: envFileArguments(declared),
        ...(files !== undefined && { files }),
        ...containerOptions(declared, builder),
        ...(hasData && { protectData: context.protectData }),
    };
    return args;
}

function translatePassword(
    { declared, known, hasPassword, passwords }: Target,
    { report, adoption, known: variables }: DataContext,
): { variable?: string; args?: Arguments } {
    const variable = known?.passwords?.find((name) => declared.env.has(name));
    if (variable === undefined || !hasPassword) return {};
    report.add({
        service: declared.name,
        key: `environment.${variable}`,
        outcome: "changed",
        argument: "password",
        note: "the password is generated, and reaches what links to the service",
        place: declared.env.get(variable)?.place,
    });
    const { password: value } = adoption?.password(declared, passwords[0], variables) ?? {};
    return {
        variable,
        args: {
            variable,
            ...(value !== undefined && { value }),
            ...(known?.readsPasswordAtStart && { change: [] }),
        },
    };
}

function servicePorts({ declared, port }: Target, { builder, report, known }: DataContext): Arguments {
    const args: Arguments = {};
    const ports: Record<string, Expression> = {};
    const taken = new Map<string, string>();
    for (const declaredPort of declared.ports) {
        const { container, endPort, published, protocol } = declaredPort;
        const host = `${protocol} ${published === undefined ? container : evaluate(published, known)}`;
        const isMain = container === port && protocol === "tcp" && args.publish === undefined;
        if (taken.has(host)) continue;
        taken.set(host, "");
        if (isMain) args.publish = publishArguments(declared, declaredPort, "publish", builder, report);
        else {
            const name = `${protocol === "udp" ? "udp" : "port"}${container}`;
            ports[name] = {
                port: container,
                ...(endPort !== undefined && { endPort }),
                ...protocolOf(declaredPort),
                publish: publishArguments(declared, declaredPort, `ports.${name}`, builder, report),
            };
        }
    }
    for (const exposed of declared.exposed)
        report.add({
            service: declared.name,
            key: `expose.${exposed}`,
            outcome: "changed",
            argument: exposed === port ? "port" : "",
            note: exposed === port ? "" : "what links to the service reaches all of its ports",
            place: declared.keys.get("expose"),
        });
    return {
        ...(port !== undefined && { port }),
        ...args,
        ...(Object.keys(ports).length > 0 && { ports }),
    };
}

/** The volumes of a service: its data, those that it shares, and directories of the host. */
function serviceData(
    { declared, known }: Target,
    { report, adoption }: DataContext,
    shared: SharedVolumes,
): { data?: Expression; volumes?: Expression; mounts: Expression[] } {
    const own: { name: string; args: Arguments }[] = [];
    const mounts: Expression[] = [];
    for (const volume of declared.volumes) {
        const { kind, source, target, readOnly, key, place } = volume;
        const at = (outcome: Outcome, argument: string, note = "") => {
            report.add({ service: declared.name, key: `${key}.${target}`, outcome, argument, note, place });
        };
        if (kind === "file") continue;
        const constant = shared.get(source);
        if (kind === "volume" && constant !== undefined) {
            mounts.push(sharedMount(volume, constant));
            at(
                "taken",
                "mounts",
                adoption === undefined ? "a Volume that several components mount" : ADOPTED,
            );
        } else if (kind === "directory") {
            if (/^(\/var)?\/run(\/|$)|^\/(proc|sys|dev)(\/|$)/.test(source)) {
                at("left out", "", "gives the container control of the machine");
                continue;
            }
            if (known?.data?.includes(target))
                own.push({ name: nameOf(volume), args: { path: target, hostPath: absolutePath(source) } });
            else mounts.push({ path: target, hostPath: absolutePath(source), ...(readOnly && { readOnly }) });
            at(
                "taken",
                known?.data?.includes(target) ? "data" : "mounts",
                "a directory of the machine that runs the container",
            );
        } else if (kind === "anonymous")
            at("changed", "", "without a name, its data does not outlive the container");
        else {
            own.push({ name: nameOf(volume), args: { path: target, ...adoption?.place(declared, volume) } });
            if (adoption === undefined)
                at(
                    "changed",
                    "data",
                    "a volume of the component's own, which starts empty; `--adopt` takes over the data",
                );
            else at("taken", "data", ADOPTED);
        }
    }
    const [first, ...others] = own;
    if (first === undefined) {
        // An inferred server, for which no file could declare a volume.
        const [path] = declared.keys.size === 0 ? (known?.data ?? []) : [];
        return { ...(path !== undefined && { data: { path } }), mounts };
    }
    const names = new Set<string>();
    const unique = (name: string) => {
        let candidate = name;
        for (let i = 2; names.has(candidate); i++) candidate = `${name}${i}`;
        names.add(candidate);
        return candidate;
    };
    return {
        data: first.args,
        ...(others.length > 0 && {
            volumes: Object.fromEntries(others.map(({ name, args }) => [unique(name), args])),
        }),
        mounts,
    };
}

export function sharedMount({ target, readOnly }: DeclaredVolume, constant: string): Arguments {
    return {
        path: target,
        source: new Code(`${constant}.source`, [constant]),
        ...(readOnly && { readOnly }),
    };
}

function nameOf({ source, target }: DeclaredVolume): string {
    return camelCase(posix.basename(source.startsWith("/") || source === "" ? target : source));
}
