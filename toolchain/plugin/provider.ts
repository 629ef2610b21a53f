import type { Failure } from "./check.ts";
import type { Severity } from "./engine.ts";
import type { Properties } from "./schema.ts";
import type { Values } from "./values.ts";

/** The context of an operation. */
export interface Context {
    /** The resource's name in the program. */
    readonly name: string;
    /** Aborted on Ctrl-C, and when the resource's `customTimeouts` run out. */
    readonly signal: AbortSignal;
    /** Shows a line of progress beside the resource while the operation runs. */
    status(message: string): void;
    /** Adds a message to the output of the run. */
    log(severity: Severity, message: string): void;
}

/** The ID and state of an existing resource. */
export interface Existing {
    readonly id: string;
    readonly state: Values;
}

/**
 * A resource type. `I` is the type of its inputs with defaults applied. The state holds the inputs and the outputs.
 */
export interface Resource<I = Values> {
    /** Pulumi's type token, such as `docker:index/network:Network`. */
    readonly token: string;
    readonly properties: Properties;
    /** Names of the outputs that are not inputs. */
    readonly outputs: readonly string[];
    /** Outputs that are always secret. */
    readonly secretOutputs?: readonly string[];
    /** Outputs that an update changes, and that are unknown during its preview. */
    readonly updatedOutputs?: readonly string[];
    /** The old and the new resource cannot exist at the same time. */
    readonly deleteBeforeReplace?: boolean;
    /** Terraform's schema version, which the official provider expects in the state. */
    readonly schemaVersion?: number;

    /** Validation beyond that of single properties. May add inputs. */
    check?(inputs: Values, context: Context): Failure[] | Promise<Failure[]>;
    /** Returns the inputs recorded in a state, for a resource that does not keep them at the top level. */
    declaredInputs?(state: Values): Values;
    create(inputs: I, context: Context): Promise<Existing>;
    /** Reads the resource; undefined if it no longer exists. The state is empty for an import. */
    read?(id: string, state: Values, context: Context): Promise<Existing | undefined>;
    /** Updates `inPlace` properties and returns the new state. */
    update?(id: string, state: Values, inputs: I, context: Context): Promise<Values>;
    delete?(id: string, state: Values, context: Context): Promise<void>;
}

/** A function of a provider, such as `docker.getRegistryImage(...)`. `I` is the type of its inputs with defaults applied. */
export interface ProviderFunction<I = Values> {
    /** Pulumi's type token, such as `docker:index/getRegistryImage:getRegistryImage`. */
    readonly token: string;
    readonly properties: Properties;
    /** @param signal aborted on Ctrl-C */
    invoke(inputs: I, signal: AbortSignal): Promise<Values>;
}

export interface Provider {
    readonly name: string;
    readonly version: string;
    /** Properties of the provider itself, as in `new docker.Provider("p", {host: ...})`. */
    readonly config: Properties;
    readonly resources: readonly Resource[];
    readonly functions?: readonly ProviderFunction[];
    /**
     * Keep defaults out of the recorded inputs: Check returns the inputs unchanged, without `__defaults`. Official
     * providers do so if they are built on Terraform's plugin framework or on pulumi-go-provider.
     */
    readonly defaultsInState?: boolean;
    /** Called once, before any operation. */
    configure?(config: Values): Promise<void>;
}

/**
 * The resource exists but did not become ready. The engine records it with the error, and the next update tries again.
 */
export class InitializationError extends Error {
    readonly id: string;
    readonly state: Values;

    constructor(id: string, state: Values, reason: string) {
        super(reason);
        this.id = id;
        this.state = state;
    }
}

/** Erases the type of the inputs, so that a provider can list its resources in one array. */
export function resource<I>(definition: Resource<I>): Resource {
    return definition as unknown as Resource;
}

/** Erases the type of the inputs, as `resource` does. */
export function providerFunction<I>(definition: ProviderFunction<I>): ProviderFunction {
    return definition as unknown as ProviderFunction;
}
