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
export const COMMAND = "command:local:Command";
/** The container of a Task, with the properties of a docker.Container. */
export const TASK_CONTAINER = "drydock:index:TaskContainer";
export const RANDOM_PASSWORD = "random:index/randomPassword:RandomPassword";
export const RANDOM_INTEGER = "random:index/randomInteger:RandomInteger";

const STACK = "pulumi:pulumi:StackReference";

/** What the providers make up. */
export const GENERATED = {
    password: "generatedPassword",
    port: 23456,
    image: "sha256:image",
    built: "sha256:built",
    /** What a Swarm runs of an image that was pulled. */
    digest: "registry.example.com/image@sha256:digest",
    /** How an image starts that says so itself: its entrypoint, and its command. */
    start: [["image-entrypoint"], ["image-command"]],
};

/** In inputs, what is not known yet. */
export const UNKNOWN = pulumi.runtime.unknownValue;

type Properties = Record<string, unknown>;

/** Answers with what the real providers add. */
export function providers(
    preview: "first" | "later" | undefined,
    stacks: Record<string, Properties>,
): pulumi.runtime.Mocks {
    const first = preview === "first";
    const made: Record<string, Properties> = {
        [RANDOM_INTEGER]: { result: GENERATED.port },
        [REMOTE_IMAGE]: { imageId: GENERATED.image, repoDigest: GENERATED.digest },
        [IMAGE]: { repoDigest: GENERATED.built },
    };
    return {
        call: ({ inputs }) => inputs as Properties,
        newResource: ({ type, name, inputs }) => {
            const { name: stack } = inputs as { name?: string };
            if (type === STACK)
                return { id: name, state: { name: stack, outputs: stacks[stack ?? ""] ?? {} } };
            return {
                id: first ? undefined : `${name}-id`,
                state: {
                    // A name that is left out is made up, in a preview too.
                    ...(type.startsWith("docker:") && { name: `${name}-1a2b3c4` }),
                    ...(inputs as Properties),
                    ...(!first && (type === COMMAND ? said(inputs as Properties) : made[type])),
                    ...(type === RANDOM_PASSWORD && { result: secretPassword(!first) }),
                },
            };
        },
    };
}

/** Secret even where it is not known yet. */
function secretPassword(known: boolean): pulumi.Output<string> {
    return pulumi.secret(known ? GENERATED.password : UNKNOWN);
}

/** What a script says: those that the components run on their own account answer as they do. */
function said({ stdin, triggers }: Properties): Properties {
    const script = typeof stdin === "string" ? stdin : "";
    const [place] = Array.isArray(triggers) ? (triggers as unknown[]) : [];
    if (script.includes("image inspect")) return { stdout: JSON.stringify(GENERATED.start), stderr: "" };
    return { stdout: script.includes("drydock.data.") ? place : "said", stderr: "" };
}
