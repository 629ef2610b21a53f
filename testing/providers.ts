import * as pulumi from "@pulumi/pulumi";

/** Types of the resources that components declare. */
export const CONTAINER = "docker:index/container:Container";
export const SERVICE = "docker:index/service:Service";
export const SECRET = "docker:index/secret:Secret";
export const SERVICE_CONFIG = "docker:index/serviceConfig:ServiceConfig";
export const VOLUME = "docker:index/volume:Volume";
export const NETWORK = "docker:index/network:Network";
export const IMAGE = "docker:index/image:Image";
export const REMOTE_IMAGE = "docker:index/remoteImage:RemoteImage";
export const TAG = "docker:index/tag:Tag";
export const COMMAND = "command:local:Command";
/** The container of a Task, with the properties of a docker.Container. */
export const TASK_CONTAINER = "drydock:index:TaskContainer";
export const RANDOM_PASSWORD = "random:index/randomPassword:RandomPassword";
export const RANDOM_STRING = "random:index/randomString:RandomString";
export const RANDOM_INTEGER = "random:index/randomInteger:RandomInteger";

const STACK_REFERENCE = "pulumi:pulumi:StackReference";

/** Values that the mocked providers generate. */
export const GENERATED = {
    password: "generatedPassword",
    port: 23456,
    salt: "generatedSalt",
    image: "sha256:image",
    built: "sha256:built",
    /** Digest of a pulled image, by which a Swarm runs it. */
    digest: "registry.example.com/image@sha256:digest",
    /** ID and digest of a newer image, with `registry: "newer"`. */
    newerImage: "sha256:newerImage",
    newerDigest: "registry.example.com/image@sha256:newer",
    /** Entrypoint and command of an image. */
    start: [["image-entrypoint"], ["image-command"]],
};

/** The value of an unknown input in a preview. */
export const UNKNOWN = pulumi.runtime.unknownValue;

type Properties = Record<string, unknown>;

/** What a registry answers (`registry` in `Settings`). */
type RegistryAnswer = "same" | "newer" | "silent";

/** Mocks that add the properties that the real providers compute. */
export function providers(
    preview: "first" | "later" | undefined,
    stacks: Record<string, Properties>,
    registry: RegistryAnswer = "same",
): pulumi.runtime.Mocks {
    const first = preview === "first";
    const computed: Record<string, Properties> = {
        [RANDOM_INTEGER]: { result: GENERATED.port },
        [RANDOM_STRING]: { result: GENERATED.salt },
        [REMOTE_IMAGE]: { imageId: GENERATED.image, repoDigest: GENERATED.digest },
        [IMAGE]: { repoDigest: GENERATED.built },
    };
    return {
        call: ({ token, inputs }) => callFunction(token, inputs as Properties, preview, registry),
        newResource: ({ type, name, inputs }) => {
            const { name: nameInput } = inputs as { name?: string };
            if (type === REMOTE_IMAGE && isNewer(nameInput))
                return { id: name, state: { ...(inputs as Properties), ...(!preview && NEWER) } };
            if (type === STACK_REFERENCE)
                return { id: name, state: { name: nameInput, outputs: stacks[nameInput ?? ""] ?? {} } };
            return {
                id: first ? undefined : `${name}-id`,
                state: {
                    // The SDK generates an omitted name in a preview too.
                    ...(type.startsWith("docker:") && { name: `${name}-1a2b3c4` }),
                    ...(inputs as Properties),
                    ...(!first &&
                        (type === COMMAND ? commandOutput(name, inputs as Properties) : computed[type])),
                    ...(type === RANDOM_PASSWORD && { result: secretPassword(!first) }),
                },
            };
        },
    };
}

const NEWER = { imageId: GENERATED.newerImage, repoDigest: GENERATED.newerDigest };

function digestIn(reference: string): string {
    return reference.split("@")[1] ?? "";
}

function isNewer(name = ""): boolean {
    return digestIn(name) === digestIn(GENERATED.newerDigest);
}

/** The functions with which components look for newer images. Others return their inputs. */
function callFunction(
    token: string,
    inputs: Properties,
    preview: "first" | "later" | undefined,
    registry: RegistryAnswer,
): Properties {
    const { name } = inputs as { name?: string };
    switch (token) {
        case "docker:index/getRegistryImage:getRegistryImage": {
            if (registry === "silent") throw new Error("connect ECONNREFUSED");
            const reference = registry === "newer" ? GENERATED.newerDigest : GENERATED.digest;
            return { ...inputs, sha256Digest: digestIn(reference) };
        }
        case "docker:index/getRemoteImage:getRemoteImage":
            if (preview === "first" || isNewer(name)) throw new Error(`did not find docker image '${name}'`);
            return { ...inputs, id: GENERATED.image, repoDigest: GENERATED.digest };
        default:
            return inputs;
    }
}

/** Secret even if it is not known yet. */
function secretPassword(known: boolean): pulumi.Output<string> {
    return pulumi.secret(known ? GENERATED.password : UNKNOWN);
}

/** Output of a Command. Other resources use the output of some Commands. */
function commandOutput(name: string, { environment }: Properties): Properties {
    if (name.endsWith("-image-start")) return { stdout: JSON.stringify(GENERATED.start), stderr: "" };
    // On a Swarm, the Command that labels the node of a volume prints the name of the volume.
    const { PLACE: volume } = (environment ?? {}) as Properties;
    return { stdout: volume ?? "output", stderr: "" };
}
