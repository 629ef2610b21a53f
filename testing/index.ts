import * as pulumi from "@pulumi/pulumi";
import { type Declared, Recorder } from "./declared.ts";
import { providers } from "./providers.ts";

export type { Declared, Properties } from "./declared.ts";
export {
    COMMAND,
    SERVICE_CONFIG,
    CONTAINER,
    GENERATED,
    IMAGE,
    NETWORK,
    RANDOM_PASSWORD,
    RANDOM_INTEGER,
    RANDOM_STRING,
    REMOTE_IMAGE,
    SECRET,
    SERVICE,
    TASK_CONTAINER,
    TAG,
    UNKNOWN,
    VOLUME,
} from "./providers.ts";

/** A resolved output. */
export interface Inspected {
    /** Its value. Undefined if the value is not known. */
    value: unknown;
    /** Whether the output is secret: encrypted in the state and masked in the output of Pulumi. */
    secret: boolean;
    /** Whether the value is known. In a preview, many are not. */
    known: boolean;
}

/** Settings of `run`. */
export interface Settings {
    /** Name of the project. @default `shop` */
    project?: string;
    /** Name of the stack. @default `dev` */
    stack?: string;
    /** Runs a preview: the `first` of a stack, which does not exist yet, or a `later` one, in which generated values
     *  such as passwords are known. @default an update */
    preview?: "first" | "later";
    /** Outputs of other stacks, by the name that a StackReference uses for the stack. */
    stacks?: Record<string, Record<string, unknown>>;
    /** What registries answer to components with `Pull.Always`: that the tag names the `same` image as on the Docker
     *  Engine, that it names a `newer` one, or nothing (`silent`). @default `same` */
    registry?: "same" | "newer" | "silent";
    /** Name of a custom resource whose creation does not return until everything that can start without it has started:
     *  see `startedWhilePaused`. `run` throws if there is no such resource. */
    pause?: string;
    /** The former name of `pause`. @deprecated Use `pause`. */
    slow?: string;
}

/** What a program declared. */
export interface Run {
    /** All resources, in the order of the program. */
    declared: Declared[];
    /** With `pause`: names of the custom resources whose creation started while that resource was being created. What
     *  depends on it is not among them. */
    startedWhilePaused: string[];
    /** The former name of `startedWhilePaused`. @deprecated Use `startedWhilePaused`. */
    early: string[];
    /** The outputs that the program returned, by name. */
    outputs: Record<string, Inspected>;
    /** Returns the resource of a type. The name may be omitted if the program declares one resource of the type.
     *  @throws Error that lists the declared resources, if none or several match */
    one: (type: string, name?: string) => Declared;
    /** Returns the names of the resources of a type, sorted. */
    names: (type: string) => string[];
}

/**
 * Runs a program with mocked providers, which generate names, IDs, ports and secret passwords as the real ones do. Needs
 * neither a Pulumi engine nor Docker, and works with any test runner.
 *
 * @example
 * const { one, outputs } = await run(() => {
 *     const cache = new RedisService("cache", { memory: "64m" });
 *     return { connection: cache.connection };
 * });
 * assert.equal(one(CONTAINER, "cache").inputs.memory, 64);
 * assert.ok(outputs.connection.secret);
 */
export async function run(
    program: () => object | undefined,
    { project = "shop", stack = "dev", preview, stacks = {}, registry, ...settings }: Settings = {},
): Promise<Run> {
    // oxlint-disable-next-line typescript/no-deprecated
    const pause = settings.pause ?? settings.slow;
    const recorder = new Recorder();
    const started: string[] = [];
    let resume = (): void => undefined;
    const resumed = new Promise<void>((resolve) => (resume = resolve));
    const mocks = providers(preview, stacks, registry);
    const pausing: pulumi.runtime.Mocks = {
        ...mocks,
        newResource: async (args) => {
            if (args.custom) started.push(args.name);
            if (args.custom && args.name === pause) await resumed;
            return mocks.newResource(args);
        },
    };
    try {
        await pulumi.runtime.setMocks(pausing, project, stack, preview !== undefined);
        const returned = await runInStack(() => {
            recorder.start();
            return program() ?? {};
        });
        if (pause !== undefined) await idle();
        if (pause !== undefined && !started.includes(pause))
            throw new Error(`pause: no custom resource is named ${pause}; started: ${started.join(", ")}`);
        const startedWhilePaused = [...started];
        resume();
        const outputs = await Promise.all(
            Object.entries(returned).map(
                async ([name, value]) => [name, await inspected(pulumi.output<unknown>(value))] as const,
            ),
        );
        await pulumi.runtime.disconnect();
        await recorder.settled();
        const { declared } = recorder;
        return {
            declared,
            startedWhilePaused,
            early: startedWhilePaused,
            outputs: Object.fromEntries(outputs),
            one: (type, name) => one(declared, type, name),
            names: (type) =>
                declared
                    .filter((other) => other.type === type)
                    .map(({ name }) => name)
                    .sort(),
        };
    } finally {
        resume();
        await pulumi.runtime.disconnect();
    }
}

/** Runs a program in a stack, as stack transformations require. Throws an error that the program throws. */
async function runInStack(program: () => object): Promise<object> {
    let result: { returned: object } | { error: unknown } = { returned: {} };
    await pulumi.runtime.runInPulumiStack(() => {
        try {
            result = { returned: program() };
        } catch (error) {
            result = { error };
        }
        return Promise.resolve({});
    });
    if ("error" in result) throw result.error;
    return result.returned;
}

/** Runs a program that is expected to be refused, and returns the path of the argument and the reason. */
export async function refusal(program: () => unknown): Promise<string> {
    let reason = "nothing was refused";
    await run(() => {
        try {
            program();
        } catch (error) {
            if (!pulumi.InputPropertyError.isInstance(error)) throw error;
            reason = error.reason.startsWith(`${error.propertyPath}: `)
                ? error.reason
                : `without path: ${error.reason}`;
        }
        return undefined;
    });
    return reason;
}

/** Waits for an output and returns its value, and whether it is secret and known. */
export async function inspected(output: pulumi.Output<unknown>): Promise<Inspected> {
    let result: Pick<Inspected, "value" | "known"> = { value: undefined, known: false };
    // The callback does not run for an unknown value. Afterwards, `applied` shows whether the output is secret.
    const applied = output.apply((value) => {
        result = { value, known: true };
    });
    const secret = await pulumi.isSecret(applied);
    return { ...result, secret };
}

function one(declared: Declared[], type: string, name?: string): Declared {
    const matches = declared.filter((other) => other.type === type && (name ?? other.name) === other.name);
    const [match, ...others] = matches;
    if (match === undefined || others.length > 0) {
        const names = declared.map((other) => `${other.type} ${other.name}`).join(", ");
        throw new Error(`${matches.length} resources match ${type} ${name ?? ""}; declared: ${names}`);
    }
    return match;
}

/** Runs 200 turns of the event loop, in which promises settle that do not wait for the paused resource. */
async function idle(): Promise<void> {
    for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
}
