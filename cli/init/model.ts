/** The Pulumi program that `init` writes and its parts, as data. */
import type { Place } from "./facts.ts";

/** A piece of TypeScript. */
export class Code {
    readonly text: string;
    /** Variables of the components that it uses. */
    readonly uses: string[];
    /** What it imports: `pulumi`, or a name of the library or of Node. */
    readonly imports: string[];

    constructor(text: string, uses: string[] = [], imports: string[] = []) {
        this.text = text;
        this.uses = uses;
        this.imports = imports;
    }
}

/** A value that may be missing, in which case the property that has it is left out. */
export class OptionalCode extends Code {
    /** Code whose value is empty or undefined if the value is missing. */
    readonly condition: string;

    constructor({ text, uses, imports }: Code, condition = text) {
        super(text, uses, imports);
        this.condition = condition;
    }
}

/** A value of the program. */
export type Expression =
    | string
    | number
    | boolean
    | Code
    | Expression[]
    | { [name: string]: Expression | undefined };
export type Arguments = Record<string, Expression | undefined>;

export type ComponentKind =
    | "PostgresService"
    | "RedisService"
    | "Service"
    | "RailsWebApp"
    | "WebApp"
    | "Task"
    | "Volume"
    | "Gateway";

export interface Component {
    kind: ComponentKind;
    name: string;
    /** Name of the constant. */
    variable: string;
    args: Arguments;
    /** Constants of components that must be complete first. */
    dependsOn: string[];
}

/** A setting of the stack's configuration. */
export interface Setting {
    name: string;
    type: "string" | "integer" | "boolean";
    /** Undefined if the stack must set it. */
    default?: string | number | boolean;
    description: string;
    /** Name of the constant. */
    constant: string;
}

/** A secret of the stack's configuration. */
export interface StackSecret {
    name: string;
    /** The value, if `init` knows it. Never written to a file. */
    value?: string;
    /** Where the value is, for a person. */
    source: string;
    /** File of the application that holds the value. */
    file?: string;
    /** Variable of the shell that holds the value. */
    variable?: string;
    /** The program works without it. */
    isOptional?: boolean;
    /** Without it, a new one is generated. */
    isGenerated?: boolean;
    /** A command that prints the value, which runs only with consent. */
    command?: string;
    /** Only stacks whose configuration has this value of a setting need it. @default all stacks */
    onlyWith?: { setting: string; value: string };
    place?: Place;
}

/** A stack and its configuration. */
export interface Stack {
    name: string;
    /** Runs on the developer's own machine. */
    isDevelopment: boolean;
    values: Record<string, string | number | boolean>;
}

/** Whether a stack needs a secret. */
export function needsSecret({ values }: Stack, { onlyWith }: StackSecret): boolean {
    return onlyWith === undefined || values[onlyWith.setting] === onlyWith.value;
}

/** A question that the files do not answer. */
export interface Question {
    /** Identifies its answer. */
    id: string;
    message: string;
    /** Undefined if there is no sensible default. */
    default?: string;
    choices?: string[];
    /** What is wrong with an answer. Undefined if nothing is. */
    check?: (answer: string) => string | undefined;
    /** How to answer it later. */
    remedy: string;
}

/** A Pulumi program. */
export interface Program {
    /** Name of the project. */
    name: string;
    settings: Setting[];
    components: Component[];
    secrets: StackSecret[];
    stacks: Stack[];
    /** Volumes of this machine that the program takes over, by their settings. */
    adoptedVolumes: Record<string, string>;
    outputs: { name: string; value: Code }[];
}
