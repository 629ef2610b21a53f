import { Failure } from "./check";
import { Severity } from "./engine";
import { Properties } from "./schema";
import { Values } from "./values";

/** What an operation gets beside its values. */
export interface Context {
    /** The resource's name in the program. */
    readonly name: string;
    /** Aborted on Ctrl-C, and when the resource's `customTimeouts` run out. */
    readonly signal: AbortSignal;
    /** Shows a line of progress beside the resource while the operation runs. */
    status(message: string): void;
    /** Leaves a message in the output of the run. */
    log(severity: Severity, message: string): void;
}

/** A resource as it is: its ID, and its state. */
export interface Existing {
    readonly id: string;
    readonly state: Values;
}

/**
 * One type of resource. `I` is what a program declares, defaults filled in; the state holds that and what
 * the provider found out.
 */
export interface Resource<I = Values> {
    /** Pulumi's name for it, such as `docker:index/network:Network`. */
    readonly token: string;
    readonly properties: Properties;
    /** What the state holds beyond the properties. */
    readonly outputs: readonly string[];
    /** Keys of the state that are secret whatever the inputs are. */
    readonly secretOutputs?: readonly string[];
    /** Keys of the state that an update changes: unknown in its preview. */
    readonly updatedOutputs?: readonly string[];
    /** A replacement needs the old one gone: the two cannot exist side by side. */
    readonly deleteBeforeReplace?: boolean;
    /** Version of the state in Terraform's terms, which the official provider looks for. */
    readonly schemaVersion?: number;

    /** What is wrong with the inputs beyond what the properties say. It may add to the inputs. */
    check?(inputs: Values, context: Context): Failure[] | Promise<Failure[]>;
    /** What a state says was declared, for a resource whose state holds its inputs elsewhere than at the top. */
    declared?(state: Values): Values;
    create(inputs: I, context: Context): Promise<Existing>;
    /** The resource as it is now, or undefined where it is gone. An import comes with an empty state. */
    read?(id: string, state: Values, context: Context): Promise<Existing | undefined>;
    /** Carries out a change of the properties that are `inPlace`; returns the new state. */
    update?(id: string, state: Values, inputs: I, context: Context): Promise<Values>;
    delete?(id: string, state: Values, context: Context): Promise<void>;
}

export interface Provider {
    readonly name: string;
    readonly version: string;
    /** Properties of the provider itself, as in `new docker.Provider("p", {host: ...})`. */
    readonly config: Properties;
    readonly resources: readonly Resource[];
    /**
     * Defaults are in the state alone: Check returns the inputs as they came, without `__defaults`. So do
     * Pulumi's bridge to Terraform's newer plugin framework, and its own Go framework.
     */
    readonly defaultsInState?: boolean;
    /** Called once, before the first resource. */
    configure?(config: Values): Promise<void>;
}

/**
 * The resource exists but is not what it should be. It stays in the state, marked, and the next update
 * tries again.
 */
export class InitializationError extends Error {
    constructor(
        readonly id: string,
        readonly state: Values,
        reason: string,
    ) {
        super(reason);
    }
}

/** Lets one table hold resources that each have inputs of their own type. */
export function resource<I>(definition: Resource<I>): Resource {
    return definition as unknown as Resource;
}
