import * as pulumi from "@pulumi/pulumi";
import type { MockMonitor } from "@pulumi/pulumi/runtime/mocks.js";

/** Properties of a resource, by name. */
export type Properties = Record<string, unknown>;

/** What a program declared of a resource. */
export interface Declared {
    type: string;
    name: string;
    /** With what was secret taken out of its wrapping. */
    inputs: Properties;
    /** Names of the inputs that are secret, or have something secret in them. */
    secrets: string[];
    /** Type and name of the parent, such as `drydock:index:WebApp shop`. */
    parent: string;
    /** Names of what it depends on. */
    dependencies: string[];
    options: {
        protect: boolean;
        retainOnDelete: boolean;
        deleteBeforeReplace: boolean;
        ignoreChanges: string[];
        replaceOnChanges: string[];
        additionalSecretOutputs: string[];
        /** What replaces it when it changes, if anything does. */
        replacementTrigger: unknown;
    };
}

/** What the SDK sends to register a resource. */
export interface Request {
    getType(): string;
    getName(): string;
    getCustom(): boolean;
    getParent(): string;
    getObject(): { toJavaScript(): Properties };
    getDependenciesList(): string[];
    getProtect(): boolean;
    getRetainondelete(): boolean;
    getDeletebeforereplace(): boolean;
    getIgnorechangesList(): string[];
    getReplaceonchangesList(): string[];
    getAdditionalsecretoutputsList(): string[];
    getReplacementTrigger(): { toJavaScript(): unknown } | undefined;
}

export type Register = (
    this: MockMonitor,
    request: Request,
    callback: (error: unknown, response: unknown) => void,
) => Promise<void>;

/** Marks what is secret, and what else is no plain value, on its way to the engine. */
const SECRET = pulumi.runtime.specialSigKey;

export function described(request: Request): Declared {
    const inputs = request.getObject().toJavaScript();
    return {
        type: request.getType(),
        name: request.getName(),
        inputs: unwrapped(inputs) as Properties,
        secrets: Object.keys(inputs).filter((key) => JSON.stringify(inputs[key]).includes(SECRET)),
        parent: shortUrn(request.getParent()),
        dependencies: request.getDependenciesList().map(shortUrn),
        options: {
            protect: request.getProtect(),
            retainOnDelete: request.getRetainondelete(),
            deleteBeforeReplace: request.getDeletebeforereplace(),
            ignoreChanges: request.getIgnorechangesList(),
            replaceOnChanges: request.getReplaceonchangesList(),
            additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
            replacementTrigger: unwrapped(request.getReplacementTrigger()?.toJavaScript()),
        },
    };
}

function unwrapped(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(unwrapped);
    if (typeof value !== "object" || value === null) return value;
    if (SECRET in value) return unwrapped((value as unknown as { value: unknown }).value);
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unwrapped(inner)]));
}

/** `drydock:index:WebApp shop`, without the stack, the project and the types of parents. */
function shortUrn(urn: string): string {
    const [, , types = "", name = ""] = urn.replace(/^urn:pulumi:/, "").split("::");
    return urn === "" ? "" : `${types.split("$").at(-1) ?? ""} ${name}`;
}
