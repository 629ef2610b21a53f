import {
    atLeast,
    autoname,
    boolean,
    list,
    map,
    number,
    object,
    oneOf,
    set,
    string,
    type TypeOf,
} from "../../plugin/schema.ts";
import { nanoseconds } from "./duration.ts";
import { label } from "./labels.ts";

export const duration = {
    validate: (value: string) =>
        nanoseconds(value) === undefined ? "is not a duration such as 5s or 1m30s" : undefined,
};

/** Labels whose change replaces the service. Docker could update them, but the official provider replaces it too. */
const replacingLabels = set(label, { replaces: true });

const healthcheck = object(
    {
        tests: list(string()),
        interval: string({ default: "0s", ...duration }),
        timeout: string({ default: "0s", ...duration }),
        startPeriod: string({ default: "0s", ...duration }),
        retries: number({ default: 0, validate: atLeast(0) }),
    },
    { computed: true },
);

const mount = object({
    target: string({ required: true }),
    source: string(),
    type: string({ required: true, validate: oneOf("bind", "volume", "tmpfs") }),
    readOnly: boolean(),
    bindOptions: object({
        propagation: string({
            default: "rprivate",
            validate: oneOf("private", "rprivate", "shared", "rshared", "slave", "rslave"),
        }),
    }),
    volumeOptions: object({
        noCopy: boolean(),
        labels: replacingLabels,
        driverName: string(),
        driverOptions: map(),
    }),
    tmpfsOptions: object({ sizeBytes: number(), mode: number() }),
});

/** The file of a secret or config in the containers. */
const file = {
    fileName: string({ required: true }),
    fileUid: string({ default: "0" }),
    fileGid: string({ default: "0" }),

    fileMode: number({ default: 0o444, validate: atLeast(0) }),
};

const privileges = object({
    credentialSpec: object({ file: string(), registry: string() }),
    seLinuxContext: object({
        disable: boolean(),
        user: string(),
        role: string(),
        type: string(),
        level: string(),
    }),
});

const containerSpec = object(
    {
        image: string({ required: true }),
        labels: replacingLabels,
        commands: list(string()),
        args: list(string()),
        hostname: string(),
        env: map(),
        dir: string(),
        user: string(),
        groups: list(string()),
        privileges,
        readOnly: boolean(),
        mounts: set(mount),
        stopSignal: string(),
        stopGracePeriod: string({ computed: true, ...duration }),
        healthcheck,
        hosts: set(object({ host: string({ required: true }), ip: string({ required: true }) }), {
            replaces: true,
        }),
        dnsConfig: object(
            {
                nameservers: list(string(), { required: true }),
                searches: list(string()),
                options: list(string()),
            },
            { computed: true },
        ),
        secrets: set(object({ secretId: string({ required: true }), secretName: string(), ...file })),
        configs: set(object({ configId: string({ required: true }), configName: string(), ...file })),
        isolation: string({ default: "default", validate: oneOf("default", "process", "hyperv") }),
        sysctl: map({ replaces: true }),
        capAdds: list(string()),
        capDrops: list(string()),
        init: boolean({ computed: true }),
    },
    { required: true },
);

const resources = object(
    {
        limits: object({ nanoCpus: number(), memoryBytes: number() }),
        reservation: object({
            nanoCpus: number(),
            memoryBytes: number(),
            genericResources: object({
                namedResourcesSpecs: set(string()),
                discreteResourcesSpecs: set(string()),
            }),
        }),
    },
    { computed: true },
);

/** The properties of a service's tasks. Changes are rolled out, except those that `replaces` marks. */
export const taskProperties = {
    containerSpec,
    resources,
    restartPolicy: object(
        {
            condition: string({ validate: oneOf("none", "on-failure", "any") }),
            delay: string(duration),
            maxAttempts: number({ validate: atLeast(0) }),
            window: string(duration),
        },
        { computed: true },
    ),
    placement: object(
        {
            constraints: set(string()),
            prefs: set(string()),
            maxReplicas: number({ validate: atLeast(0) }),
            platforms: set(
                object({ architecture: string({ required: true }), os: string({ required: true }) }),
            ),
        },
        { computed: true },
    ),
    forceUpdate: number({ computed: true, validate: atLeast(0) }),
    runtime: string({ computed: true, validate: oneOf("container", "plugin") }),
    networksAdvanceds: set(
        object({ id: string(), name: string(), aliases: set(string()), driverOpts: set(string()) }),
        { replaces: true },
    ),
    logDriver: object({ name: string({ required: true }), options: map() }),
};

const ratio = {
    default: "0.0",
    validate: (text: string) =>
        text.trim() !== "" && Number(text) >= 0 && Number(text) <= 1
            ? undefined
            : "is not a ratio between 0.0 and 1.0",
    canonical: (text: string) => String(Number(text)),
};

/** How an update or rollback proceeds. */
const rollout = {
    parallelism: number({ default: 1, validate: atLeast(0) }),
    delay: string({ default: "0s", ...duration }),
    monitor: string({ default: "5s", ...duration }),
    maxFailureRatio: string(ratio),
    order: string({ default: "stop-first", validate: oneOf("stop-first", "start-first") }),
};

const port = object({
    name: string(),
    protocol: string({ default: "tcp", validate: oneOf("tcp", "udp", "sctp") }),
    targetPort: number({ required: true }),
    publishedPort: number({ computed: true }),
    publishMode: string({ default: "ingress", validate: oneOf("host", "ingress") }),
});

/** The properties of a service. Which of them are updated in place is the same as in the official provider. */
export const serviceProperties = {
    name: autoname,
    auth: object({
        serverAddress: string({ required: true }),
        username: string({ default: process.env.DOCKER_REGISTRY_USER ?? "" }),
        password: string({ default: process.env.DOCKER_REGISTRY_PASS ?? "" }),
    }),
    labels: set(label, { computed: true, inPlace: true }),
    taskSpec: object(taskProperties, { required: true, inPlace: true }),
    mode: object(
        {
            replicated: object(
                { replicas: number({ default: 1, validate: atLeast(0) }) },
                { computed: true },
            ),
            global: boolean({ default: false }),
        },
        { computed: true, inPlace: true },
    ),
    updateConfig: object(
        {
            ...rollout,
            failureAction: string({ default: "pause", validate: oneOf("pause", "continue", "rollback") }),
        },
        { inPlace: true },
    ),
    rollbackConfig: object(
        {
            ...rollout,
            failureAction: string({ default: "pause", validate: oneOf("pause", "continue") }),
        },
        { inPlace: true },
    ),
    endpointSpec: object(
        { mode: string({ computed: true, validate: oneOf("vip", "dnsrr") }), ports: list(port) },
        { computed: true, inPlace: true },
    ),
    convergeConfig: object(
        {
            delay: string({ default: "7s", ...duration }),
            timeout: string({ default: "3m", ...duration }),
        },
        { inPlace: true },
    ),
};

export type ServiceInputs = TypeOf<typeof serviceProperties>;
export type TaskInputs = TypeOf<typeof taskProperties>;
