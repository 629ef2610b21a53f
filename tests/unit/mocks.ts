import * as pulumi from "@pulumi/pulumi";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks";

export const CONTAINER = "docker:index/container:Container";
export const VOLUME = "docker:index/volume:Volume";
export const NETWORK = "docker:index/network:Network";
export const IMAGE = "docker:index/image:Image";
export const REMOTE_IMAGE = "docker:index/remoteImage:RemoteImage";
export const COMMAND = "command:local:Command";
export const PASSWORD = "random:index/randomPassword:RandomPassword";
export const PORT = "random:index/randomInteger:RandomInteger";

/** What the providers make up. */
export const GENERATED = {
    password: "generatedPassword",
    port: 23456,
    image: "sha256:image",
    built: "sha256:built",
};

/** In inputs, what is not known yet. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

type Properties = Record<string, unknown>;

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
        deleteBeforeReplace: boolean;
        ignoreChanges: string[];
        replaceOnChanges: string[];
        additionalSecretOutputs: string[];
    };
}

export interface Inspected {
    value: unknown;
    secret: boolean;
    known: boolean;
}

export interface Settings {
    project?: string;
    stack?: string;
    /** A preview: the first, or a later one, where what was generated is known. */
    preview?: "first" | "later";
    /** Name of the resources whose creation ends only after all else has come as far as it can. */
    slow?: string;
}

export interface Run {
    declared: Declared[];
    /** Names of the custom resources that were declared before the slow ones were made. */
    early: string[];
    /** What came of the outputs that the program returned. */
    outputs: Record<string, Inspected>;
    /** The resource of that type; the name may be left out where there is one. */
    one: (type: string, name?: string) => Declared;
    /** In the order of the alphabet. */
    names: (type: string) => string[];
}

/** Runs a program against providers that answer as the real ones do. */
export async function run(
    program: () => Record<string, pulumi.Output<unknown>> | undefined,
    { project = "shop", stack = "dev", preview, slow }: Settings = {},
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
        await pulumi.runtime.setMocks(providers(preview), project, stack, preview !== undefined);
        const returned = program() ?? {};
        if (slow !== undefined) await allThatCanHappen();
        const early = declared.filter(({ type }) => !type.startsWith("drydock:")).map(({ name }) => name);
        release();
        const outputs = await Promise.all(
            Object.entries(returned).map(async ([name, output]) => [name, await inspected(output)] as const),
        );
        return {
            ...{ declared, early, outputs: Object.fromEntries(outputs) },
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

/** What a program that is refused says: the path, and the reason. */
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

interface Request {
    getType(): string;
    getName(): string;
    getCustom(): boolean;
    getParent(): string;
    getObject(): { toJavaScript(): Properties };
    getDependenciesList(): string[];
    getProtect(): boolean;
    getDeletebeforereplace(): boolean;
    getIgnorechangesList(): string[];
    getReplaceonchangesList(): string[];
    getAdditionalsecretoutputsList(): string[];
}

type Register = (
    this: MockMonitor,
    request: Request,
    callback: (error: unknown, response: unknown) => void,
) => Promise<void>;

const SECRET = "4dabf18193072939515e22adb298388d";

function described(request: Request): Declared {
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
            deleteBeforeReplace: request.getDeletebeforereplace(),
            ignoreChanges: request.getIgnorechangesList(),
            replaceOnChanges: request.getReplaceonchangesList(),
            additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
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

/** Answers with what the real providers add. */
function providers(preview: Settings["preview"]): pulumi.runtime.Mocks {
    const made: Record<string, Properties> = {
        [PASSWORD]: { result: GENERATED.password },
        [PORT]: { result: GENERATED.port },
        [REMOTE_IMAGE]: { imageId: GENERATED.image },
        [IMAGE]: { repoDigest: GENERATED.built },
        [COMMAND]: { stdout: "said", stderr: "" },
    };
    return {
        call: ({ inputs }) => inputs as Properties,
        newResource: ({ type, name, inputs }) => ({
            id: preview === "first" ? undefined : `${name}-id`,
            state: { ...(inputs as Properties), ...(preview === "first" ? {} : made[type]) },
        }),
    };
}

/** Until nothing moves any more. */
async function allThatCanHappen(): Promise<void> {
    for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
}
