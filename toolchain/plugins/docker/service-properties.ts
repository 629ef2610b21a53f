import {
    atLeast,
    autoname,
    boolean,
    list,
    number,
    object,
    oneOf,
    set,
    string,
    TypeOf,
} from "../../plugin/schema";
import { label } from "./labels";
import { duration, taskProperties } from "./task-properties";

const ratio = {
    default: "0.0",
    validate: (text: string) =>
        text.trim() !== "" && Number(text) >= 0 && Number(text) <= 1
            ? undefined
            : "is not a ratio between 0.0 and 1.0",
    canonical: (text: string) => String(Number(text)),
};

/** How a change, or its rollback, goes from one task to the next. */
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

/** The properties of a service, and which of their changes are rolled out: the official provider's decisions. */
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
