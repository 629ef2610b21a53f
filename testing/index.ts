import * as pulumi from "@pulumi/pulumi";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks.js";
import { type Declared, described, type Register, type Request } from "./declared.ts";
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
    REMOTE_IMAGE,
    SECRET,
    SERVICE,
    TASK_CONTAINER,
    UNKNOWN,
    VOLUME,
} from "./providers.ts";

/** What came of an output. */
export interface Inspected {
    /** Its value; undefined where that is not known. */
    value: unknown;
    /** Whether it is encrypted in the state and masked wherever it is shown. */
    secret: boolean;
    /** Whether its value is known; in a preview, much is not. */
    known: boolean;
}

/** Under which circumstances a program runs. */
export interface Settings {
    /** Name of the project. @default `shop` */
    project?: string;
    /** Name of the stack. @default `dev` */
    stack?: string;
    /** A preview: the first, or a later one, where what was generated is known. @default an update */
    preview?: "first" | "later";
    /** Outputs of other stacks, by the names that a StackReference gives them. */
    stacks?: Record<string, Record<string, unknown>>;
    /** Name of the resources whose creation ends only after all else has come as far as it can. */
    slow?: string;
}

/** What a program did. */
export interface Run {
    /** All resources, in the order in which they were declared. */
    declared: Declared[];
    /** Names of the custom resources that were declared before the slow ones were made. */
    early: string[];
    /** What came of the outputs that the program returned. */
    outputs: Record<string, Inspected>;
    /** The resource of that type; the name may be left out where there is one.
     *  @throws Error that lists what was declared, if there is none or more than one */
    one: (type: string, name?: string) => Declared;
    /** Names of the resources of that type, in the order of the alphabet. */
    names: (type: string) => string[];
}

/**
 * Runs a program against providers that answer as the real ones do: with names, IDs, ports, and passwords that are
 * secret. It needs neither an engine nor Docker, and any test runner will do.
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
    { project = "shop", stack = "dev", preview, stacks = {}, slow }: Settings = {},
): Promise<Run> {
    const declared: Declared[] = [];
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const register = Reflect.get(MockMonitor.prototype, "registerResource") as Register;
    MockMonitor.prototype.registerResource = async function (this: MockMonitor, request: Request, callback) {
        const resource = described(request);
        declared.push(resource);
        if (resource.name === slow && request.getCustom()) await released;
        await register.call(this, request, callback);
    };
    const errors: { prepareStackTrace?: unknown } = Error;
    const { prepareStackTrace } = errors;
    // Pulumi takes a stack trace for every promise, and jest maps each to its source, which takes most of the time.
    errors.prepareStackTrace = String;
    try {
        await pulumi.runtime.setMocks(providers(preview, stacks), project, stack, preview !== undefined);
        const returned: object = program() ?? {};
        if (slow !== undefined) await allThatCanHappen();
        const early = declared.filter(({ type }) => !type.startsWith("drydock:")).map(({ name }) => name);
        release();
        const outputs = await Promise.all(
            Object.entries(returned).map(
                async ([name, value]) => [name, await inspected(pulumi.output<unknown>(value))] as const,
            ),
        );
        return {
            declared,
            early,
            outputs: Object.fromEntries(outputs),
            one: (type, name) => one(declared, type, name),
            names: (type) =>
                declared
                    .filter((other) => other.type === type)
                    .map(({ name }) => name)
                    .sort(),
        };
    } finally {
        release();
        await pulumi.runtime.disconnect();
        MockMonitor.prototype.registerResource = register;
        errors.prepareStackTrace = prepareStackTrace;
    }
}

/** What a program that is refused says: the path of the argument, and the reason. */
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

/** What came of an output, once it has resolved. */
export function inspected(output: pulumi.Output<unknown>): Promise<Inspected> {
    const internals = output as unknown as {
        promise(): Promise<unknown>;
        isSecret: Promise<boolean>;
        isKnown: Promise<boolean>;
    };
    return Promise.all([internals.promise(), internals.isSecret, internals.isKnown]).then(
        ([value, secret, known]) => ({ value, secret, known }),
    );
}

function one(declared: Declared[], type: string, name?: string): Declared {
    const found = declared.filter((other) => other.type === type && (name ?? other.name) === other.name);
    const [first, ...others] = found;
    if (first === undefined || others.length > 0) {
        const all = declared.map((other) => `${other.type} ${other.name}`).join(", ");
        throw new Error(`${found.length} resources are ${type} ${name ?? ""}, of: ${all}`);
    }
    return first;
}

/** Until nothing moves any more. */
async function allThatCanHappen(): Promise<void> {
    for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
}
