import * as pulumi from "@pulumi/pulumi";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks";

export const CONTAINER = "docker:index/container:Container";
export const VOLUME = "docker:index/volume:Volume";
export const NETWORK = "docker:index/network:Network";
export const IMAGE = "docker:index/image:Image";
export const REMOTE_IMAGE = "docker:index/remoteImage:RemoteImage";
export const COMMAND = "command:local:Command";
export const PASSWORD = "random:index/randomPassword:RandomPassword";
export const INTEGER = "random:index/randomInteger:RandomInteger";

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
    /** URNs of what it depends on. */
    dependencies: string[];
    options: {
        protect: boolean;
        deleteBeforeReplace: boolean;
        ignoreChanges: string[];
        replaceOnChanges: string[];
        additionalSecretOutputs: string[];
    };
}

export interface Output {
    value: unknown;
    secret: boolean;
    known: boolean;
}

export interface Settings {
    project?: string;
    stack?: string;
    /** A preview, before anything has been made, or after: then generated values are known. */
    preview?: "first" | "later";
    /** Names of the resources (`type name`) whose creation never ends. */
    stuck?: string[];
}

/** What a program declared, and what came of the outputs that it returned. */
export interface Run {
    declared: Declared[];
    outputs: Record<string, Output>;
    /** The one resource of that type and name; the name may be left out where there is one of the type. */
    one(type: string, name?: string): Declared;
    /** Names of the resources of a type. */
    names(type: string): string[];
}

const SIGNATURE = "4dabf18193072939515e22adb298388d";
/** What stands in requests for what is not known. */
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export const GENERATED_PASSWORD = "generatedPassword";
export const GENERATED_PORT = 23456;

/** Runs a program against providers that answer as the real ones do. */
export async function run(
    program: () => Record<string, pulumi.Output<unknown>>,
    { project = "shop", stack = "dev", preview, stuck = [] }: Settings = {},
): Promise<Run> {
    const declared: Declared[] = [];
    const requests = jest.spyOn(MockMonitor.prototype, "registerResource");
    const register = requests.getMockImplementation();
    const original = Object.getPrototypeOf(MockMonitor.prototype) as unknown;
    void original;
    void register;
    requests.mockRestore();
    const real = MockMonitor.prototype.registerResource;
    MockMonitor.prototype.registerResource = function (this: MockMonitor, request, callback) {
        const resource = declaredBy(request as Request);
        declared.push(resource);
        if (stuck.includes(`${resource.type} ${resource.name}`)) return new Promise(() => undefined);
        return real.call(this, request, callback);
    };
    try {
        await pulumi.runtime.setMocks(provider(preview), project, stack, preview !== undefined);
        const returned = program();
        if (stuck.length > 0) await settled();
        else await pulumi.runtime.disconnect();
        const outputs = stuck.length > 0 ? [] : await Promise.all(Object.entries(returned).map(inspected));
        return runOf(declared, Object.fromEntries(outputs));
    } finally {
        MockMonitor.prototype.registerResource = real;
    }
}
