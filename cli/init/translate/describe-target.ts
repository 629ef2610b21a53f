import type { Declaration, DeclaredService } from "../declared.ts";
import { evaluate } from "../text/template.ts";
import { knownImage } from "./known-images.ts";
import type { Target, TargetKind } from "./targets.ts";

export interface TargetContext {
    declaration: Declaration;
    /** Values of variables on this machine. */
    known: Record<string, string>;
}

/** What other components need to know about a declared service to link to it. */
export function describeTarget(
    declared: DeclaredService,
    kind: TargetKind,
    context: TargetContext,
): Omit<Target, "name" | "variable"> {
    const { known: variables } = context;
    const image = declared.image ? evaluate(declared.image, variables) : "";
    const known = kind === "service" ? knownImage(image) : undefined;
    const value = (variable: string | undefined) => {
        const own = variable === undefined ? undefined : declared.env.get(variable);
        const text = own && evaluate(own.template, variables);
        return text === "" ? undefined : text;
    };
    const passwordNames = {
        postgres: ["POSTGRES_PASSWORD"],
        redis: ["REDIS_PASSWORD"],
        service: known?.passwords ?? [],
        application: [],
        task: [],
    }[kind];
    const passwords =
        passwordNames.flatMap((variable) => declared.env.get(variable)?.template ?? []).length > 0
            ? passwordNames.flatMap((variable) =>
                  declared.env.has(variable) ? [declared.env.get(variable)?.template ?? []] : [],
              )
            : [];
    if (kind === "redis") passwords.push(...redisPassword(declared));
    const user = kind === "postgres" ? value("POSTGRES_USER") : value(known?.username);
    return {
        declared,
        kind,
        known,
        scheme: known?.scheme,
        port: kind === "postgres" ? 5432 : kind === "redis" ? 6379 : portOf(declared, known?.port, context),
        username: user ?? (passwords.length > 0 ? known?.defaultUsername : undefined),
        database:
            kind === "postgres" ? (value("POSTGRES_DB") ?? value("POSTGRES_USER")) : value(known?.database),
        passwords,
        hasPassword: kind === "postgres" || kind === "redis" || passwords.length > 0,
        databases: new Map(),
        linksTo: new Set(),
    };
}

/** A port that the image is known for, or that the file or another service's URL names. */
function portOf(
    declared: DeclaredService,
    known: number | undefined,
    { declaration, known: variables }: TargetContext,
): number | undefined {
    const named = declared.hostNames.flatMap((host) =>
        declaration.services.flatMap(({ env }) =>
            [...env.values()].flatMap(({ template }) => {
                const [, port] =
                    new RegExp(String.raw`(?:^|[/@,])${host.replace(/\W/g, "\\$&")}:(\d+)`).exec(
                        evaluate(template, variables),
                    ) ?? [];
                return port === undefined ? [] : [Number(port)];
            }),
        ),
    );
    const routed = declaration.gateway?.routes.find(({ service }) => service === declared.name)?.port;
    const own = declared.env.get("PORT");
    const variable = own && Number(evaluate(own.template, variables));
    if (variable !== undefined && variable > 0) return variable;
    const tcp = declared.ports.find(({ protocol }) => protocol === "tcp")?.container;
    const [first] = named;
    return known ?? routed ?? first ?? declared.exposed[0] ?? tcp;
}

/** `--requirepass` of the command. */
function redisPassword({ command = [] }: DeclaredService): DeclaredService["command"] & object {
    const index = command.findIndex((word) => word.length === 1 && word[0] === "--requirepass");
    const value = index < 0 ? undefined : command[index + 1];
    return value === undefined ? [] : [value];
}
