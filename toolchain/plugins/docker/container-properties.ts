import {
    autoname,
    boolean,
    list,
    map,
    matches,
    number,
    object,
    oneOf,
    set,
    string,
    type TypeOf,
} from "../../plugin/schema.ts";
import { goDuration, nanoseconds } from "./duration.ts";
import { label } from "./labels.ts";

const duration = string({
    default: "0s",
    validate: (value: string) =>
        nanoseconds(value) === undefined ? "is not a duration such as 5s or 1m30s" : undefined,
    canonical: (value: string) => goDuration(nanoseconds(value) ?? 0),
});

/** Docker reports capabilities with their prefix. */
const capability = string({
    canonical: (name: string) => (name === "ALL" || name.startsWith("CAP_") ? name : `CAP_${name}`),
});

/** Base64 with optional line breaks, as Go decodes it. */
function isBase64(text: string): boolean {
    const joined = text.replace(/[\r\n]/g, "");
    return joined.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(joined);
}

const cpus = string({
    validate: matches(/^\d*\.?\d+$/, "a number of processors such as 1.5"),
    canonical: (text: string) => String(Number(text)),
});

/**
 * The supported properties of a container. Which of them are updated in place is the same as in the official provider.
 */
export const containerProperties = {
    name: autoname,
    image: string({ required: true }),
    attach: boolean({ default: false, inPlace: true }),
    capabilities: object({ adds: set(capability), drops: set(capability) }),
    command: list(string(), { computed: true }),
    containerReadRefreshTimeoutMilliseconds: number({ default: 15000, inPlace: true }),
    cpus,
    cpuSet: string({ inPlace: true }),
    cpuShares: number({ inPlace: true }),
    destroyGraceSeconds: number({ inPlace: true }),
    dns: set(string()),
    domainname: string(),
    entrypoints: list(string(), { computed: true }),
    envs: set(string(), { computed: true }),
    groupAdds: set(string()),
    healthcheck: object(
        {
            tests: list(string()),
            interval: duration,
            timeout: duration,
            startPeriod: duration,
            startInterval: duration,
            retries: number({ default: 0 }),
        },
        { computed: true },
    ),
    hostname: string({ computed: true }),
    hosts: set(object({ host: string({ required: true }), ip: string({ required: true }) })),
    init: boolean({ computed: true, inPlace: true }),
    ipcMode: string({ computed: true }),
    labels: set(label, { computed: true }),
    logDriver: string({ computed: true }),
    logOpts: map(),
    logs: boolean({ default: false, inPlace: true }),
    maxRetryCount: number({ inPlace: true }),
    memory: number({ inPlace: true }),
    memoryReservation: number({ default: 0, inPlace: true }),
    // If unset, the daemon sets it to twice the memory.
    memorySwap: number({ inPlace: true, computed: true }),
    mustRun: boolean({ default: true, inPlace: true }),
    // "default" is another name of the bridge network.
    networkMode: string({
        default: "bridge",
        canonical: (mode: string) => (mode === "default" ? "bridge" : mode),
    }),
    networksAdvanced: set(
        object({
            name: string({ required: true }),
            aliases: set(string()),
            ipv4Address: string(),
            ipv6Address: string(),
        }),
    ),
    // The official provider reads them back in another order and compares them as a set.
    ports: set(
        object({
            internal: number({ required: true }),
            external: number({ computed: true }),
            ip: string({ default: "0.0.0.0" }),
            protocol: string({ default: "tcp", validate: oneOf("tcp", "udp", "sctp") }),
        }),
    ),
    privileged: boolean(),
    publishAllPorts: boolean(),
    readOnly: boolean({ default: false }),
    removeVolumes: boolean({ default: true, inPlace: true }),
    restart: string({
        default: "no",
        inPlace: true,
        validate: oneOf("no", "on-failure", "always", "unless-stopped"),
    }),
    rm: boolean({ default: false, inPlace: true }),
    runtime: string({ computed: true }),
    securityOpts: set(string(), { computed: true }),
    shmSize: number({ computed: true }),
    start: boolean({ default: true, inPlace: true }),
    stdinOpen: boolean({ default: false }),
    stopSignal: string({ computed: true }),
    stopTimeout: number({ computed: true }),
    sysctls: map(),
    tmpfs: map({ inPlace: true }),
    tty: boolean({ default: false }),
    ulimits: set(
        object({
            name: string({ required: true }),
            soft: number({ required: true }),
            hard: number({ required: true }),
        }),
    ),
    uploads: set(
        object({
            file: string({ required: true }),
            content: string(),
            contentBase64: string({ validate: (text) => (isBase64(text) ? undefined : "is not base64") }),
            executable: boolean({ default: false }),
            group: string({ validate: matches(/^\d+$/, "a numeric ID") }),
            owner: string({ validate: matches(/^\d+$/, "a numeric ID") }),
            permissions: string({ validate: matches(/^0[0-7]{3}$/, "a file mode such as 0644") }),
            source: string(),
            sourceHash: string(),
        }),
    ),
    // If unset or empty, that of the image applies.
    user: string({ computed: true }),
    volumes: set(
        object({
            containerPath: string(),
            fromContainer: string(),
            hostPath: string({ validate: matches(/^(\/|[a-zA-Z]:)/, "an absolute path") }),
            readOnly: boolean(),
            volumeName: string(),
        }),
    ),
    wait: boolean({ default: false, inPlace: true }),
    waitTimeout: number({ default: 60, inPlace: true }),
    workingDir: string({ computed: true }),
};

export type ContainerInputs = TypeOf<typeof containerProperties>;
