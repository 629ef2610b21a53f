import type { LinkVariables } from "../../../components/shared/links.ts";
import type { DeclaredService } from "../declared.ts";
import type { Code } from "../model.ts";
import type { Template } from "../text/template.ts";
import type { KnownImage } from "./known-images.ts";

export type TargetKind = "postgres" | "redis" | "service" | "application" | "task";

/** A declared service as the target of links. */
export interface Target {
    declared: DeclaredService;
    kind: TargetKind;
    /** Name of the component. */
    name: string;
    /** Constant of the component. */
    variable: string;
    known?: KnownImage;
    /** Port that it listens on, if one is known. */
    port?: number;
    scheme?: string;
    username?: string;
    database?: string;
    /** How the file writes its password. The same text in other places stands for the password of the connection. */
    passwords: Template[];
    /** Whether its component has a password. */
    hasPassword: boolean;
    /** Further databases of a Postgres: key by name. */
    databases: Map<string, string>;
    /** Targets that it links to. */
    linksTo: Set<Target>;
    /** A database of other services, which the application does not use. */
    isOfOthers?: boolean;
    /** A gateway passes requests on to it. */
    isRouted?: boolean;
}

/** A link of a container. */
export interface Link {
    target: Target;
    /** Key of a further database of a Postgres. */
    databaseKey?: string;
    /** The connection, in the program. */
    connection: Code;
    variables: LinkNames;
}

/** Names of the variables of a link. */
export type LinkNames = Omit<LinkVariables, "style">;

/** Whether a target links to another one, directly or through others. */
export function reaches(from: Target, to: Target, seen = new Set<Target>()): boolean {
    if (from === to) return true;
    if (seen.has(from)) return false;
    seen.add(from);
    return [...from.linksTo].some((next) => reaches(next, to, seen));
}
