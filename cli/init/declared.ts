import type { Place } from "./facts.ts";
import type { Template } from "./text/template.ts";

/** A string argument in which parts may be variables. */
export class Text {
    readonly template: Template;
    constructor(template: Template) {
        this.template = template;
    }
}

/** The value of an argument that a file sets. */
export type OptionValue =
    | Text
    | string
    | number
    | boolean
    | OptionValue[]
    | { [name: string]: OptionValue | undefined };

export interface DeclaredValue {
    template: Template;
    place: Place;
    /** Without a value, the variable is not in the container. */
    isOptional?: boolean;
}

export interface DeclaredBuild {
    /** Directory, relative to the application's. */
    context: string;
    /** Path of the Dockerfile, relative to the application's directory. Undefined for `Dockerfile` in the context. */
    dockerfile?: string;
    target?: Template;
    platform?: string;
    /** As for `docker buildx build`. */
    cacheFrom?: string[];
    /** As for `docker buildx build`: only into the image. */
    cacheTo?: string[];
    /** Cache that not every Docker Engine can write. */
    cache?: DeclaredCache;
    args: Map<string, DeclaredValue>;
    /** By their IDs. */
    secrets?: Map<string, DeclaredBuildSecret>;
    ssh?: string[];
    /** Directories, relative to the application's, and URLs, by name. */
    contexts?: Map<string, string>;
    place: Place;
}

/** Values of `--cache-from` and `--cache-to` of `docker buildx build`. */
export interface DeclaredCache {
    from: string[];
    to: string[];
}

/** A secret of the stack, or an environment variable or a file of the machine that builds. */
export type DeclaredBuildSecret = { stackSecret: string } | { variable: string } | { file: string };

/** Whether a context is a directory, and not a URL. */
export function isLocalDirectory(source: string): boolean {
    return !/^[\w+.-]+:\/\/|^git@/.test(source);
}

export interface DeclaredPort {
    container: number;
    endPort?: number;
    /** Port on the host. Undefined if Docker chooses one. */
    published?: Template;
    ip?: string;
    protocol: "tcp" | "udp";
    place: Place;
}

export interface DeclaredVolume {
    kind: "volume" | "directory" | "file" | "anonymous";
    /** Name of the volume, or path relative to the application's directory, or absolute path. */
    source: string;
    target: string;
    readOnly: boolean;
    /** Directory of the host that Kamal keeps the data in, relative to the home of the user. */
    hostPath?: string;
    /** Key of the file that declares it. */
    key: string;
    place: Place;
}

/** A file in the container. */
export interface DeclaredFile {
    path: string;
    /** Path relative to the application's directory. */
    source?: string;
    content?: Template;
    /** Name of the secret that it holds. */
    secret?: string;
    /** Variable of the shell that holds the secret. */
    variable?: string;
}

/** Number of containers of a service. */
export interface DeclaredReplicas {
    template: Template;
    /** If every variable has its default or its value on this machine. */
    count: number;
    /** Key of the file that declares it. */
    key: string;
    place: Place;
}

export interface DeclaredEnvFile {
    path: string;
    optional: boolean;
}

/** A container of a Compose file or of Kamal's configuration, in the terms of Docker. */
export interface DeclaredService {
    name: string;
    place: Place;
    /** Part of the Rails application by what the file is: a role of Kamal. */
    isApplication: boolean;
    /** Names by which other containers reach it. */
    hostNames: string[];
    /** Addresses of the machine that it runs on. Others may use them to reach its published port. */
    machines?: string[];
    image?: Template;
    build?: DeclaredBuild;
    command?: Template[];
    entrypoint?: Template[];
    env: Map<string, DeclaredValue>;
    envFiles: DeclaredEnvFile[];
    ports: DeclaredPort[];
    /** Ports that are not published. */
    exposed: number[];
    volumes: DeclaredVolume[];
    files: DeclaredFile[];
    /** Conditions by service. */
    dependsOn: Map<string, string>;
    networks: string[];
    /** @default one */
    replicas?: DeclaredReplicas;
    /** Other names that this service gives to services, with the names that they have. */
    linkAliases: Map<string, string>;
    /** Arguments that every container has, by name. */
    options: Record<string, OptionValue | undefined>;
    /** Keys of the file, for the report. */
    keys: Map<string, Place>;
}

export function emptyService(name: string, place: Place): DeclaredService {
    return {
        name,
        place,
        isApplication: false,
        hostNames: [name],
        env: new Map(),
        envFiles: [],
        ports: [],
        exposed: [],
        volumes: [],
        files: [],
        dependsOn: new Map(),
        networks: [],
        linkAliases: new Map(),
        options: {},
        keys: new Map(),
    };
}

/** Requests that a reverse proxy passes on to a service. */
export interface DeclaredRoute {
    service: string;
    /** Names of the hosts. Empty for all hosts. */
    hosts: string[];
    /** Names of the hosts on each stack of a server, if they may differ. Empty if they are not known. */
    hostsByStack?: Map<string, string[]>;
    /** Ruby that computes the hosts. */
    hidden?: string;
    path?: string;
    /** The service gets the path without `path`. */
    stripPath?: boolean;
    /** Port of the container, if it is not the service's first. */
    port?: number;
    /** Seconds that the service may take to begin its answer. */
    timeout?: number;
    /** Largest request body, in bytes. */
    maxBody?: number;
    /** Certificate of the hosts, on the stacks of servers. Undefined if an authority issues it. */
    certificate?: DeclaredCertificate;
    /** Users who may send requests. @default everybody */
    logins?: DeclaredLogin[];
}

/** A user who may send requests. */
export interface DeclaredLogin {
    user: string;
    /** Hash of the password, or `{PLAIN}` and the password. */
    hash: string;
    place: Place;
}

/** Names of the secrets that hold a certificate and its key, in PEM. */
export interface DeclaredCertificate {
    certificate: string;
    key: string;
}

/** The reverse proxy in front of the services. */
export interface DeclaredGateway {
    routes: DeclaredRoute[];
    tls: boolean;
    /** Whether each stack of a server has TLS, if they may differ. */
    tlsByStack?: Map<string, boolean>;
    /** For the certificate authority. */
    email?: string;
    accessLog?: boolean;
    /** Port for HTTP, if the file names one. */
    httpPort?: number;
    /** Another proxy is in front, whose headers are to be trusted. */
    behindProxy?: Place;
}

/** What a Compose file or Kamal's configuration declares. */
export interface Declaration {
    /** The file that is named in messages. */
    file: string;
    /** Name of the whole, if the file has one. */
    name?: string;
    services: DeclaredService[];
    /** Volumes of the file: whether each belongs to another project, and its name in Docker. */
    volumes: Map<string, { external: boolean; name?: string }>;
    gateway?: DeclaredGateway;
}
