import type { Template } from "./text/template.ts";

/** Where something is written. */
export interface Place {
    /** Path relative to the application's directory. */
    file: string;
    line?: number;
}

/** A value, and where it is written. */
export interface Fact<T> {
    value: T;
    place: Place;
}

/** Facts from Gemfile.lock and .ruby-version. */
export interface GemFacts {
    /** Versions of all gems, by name. */
    versions: Map<string, Fact<string>>;
    /** Gems that the Gemfile names itself. */
    direct: Set<string>;
    ruby?: Fact<string>;
}

/** A database of the production section of config/database.yml. */
export interface DatabaseFacts {
    /** Name of the configuration: `primary`, `cache`. */
    name: string;
    adapter: string;
    database?: Template;
    username?: Template;
    host?: Template;
    url?: Template;
    isReplica: boolean;
    place: Place;
}

/** A line of a Procfile. */
export interface ProcfileLine {
    name: string;
    command: string;
    place: Place;
}

/** Facts about the last stage of the Dockerfile, including what it inherits from earlier stages. */
export interface DockerfileFacts {
    file: string;
    ports: Fact<number>[];
    workingDirectory?: Fact<string>;
    user?: Fact<string>;
    command?: Fact<string>;
    entrypoint?: Fact<string>;
    /** Build secrets (`RUN --mount=type=secret,id=...`). */
    secrets: Fact<string>[];
    /** Build arguments without a default. */
    requiredArguments: Fact<string>[];
}

/** Facts from the application's code and configuration. */
export interface RailsFacts {
    /** Files that use Redis. */
    redis: Place[];
    /** config/puma.rb has the plugin of Solid Queue: always, or if a variable is set. */
    queueInPuma?: Fact<"always" | "by variable">;
    queueAdapter?: Fact<string>;
    /** The route of the health check. */
    health?: Place;
    /** config/routes.rb was read. */
    hasRoutes: boolean;
    recurringJobs?: Place;
    /** Active Storage keeps files on the disk, and its tables exist. */
    localUploads?: Place;
    /** production.rb redirects to https. */
    forcesSsl?: Place;
    /** Files that are encrypted with the master key. */
    credentials?: Place;
    /** The file with the master key. */
    keyFile?: string;
    hasBinJobs: boolean;
    hasBinRails: boolean;
}

/** Where the value of a secret comes from, according to .kamal/secrets. */
export type SecretSource =
    | { kind: "file"; path: string }
    | { kind: "environment"; variable: string }
    | { kind: "literal"; value: string }
    /** Known only after running the command. */
    | { kind: "command"; command: string };

export interface SecretFacts {
    name: string;
    source: SecretSource;
    place: Place;
    /** Only other secrets use it. */
    isIntermediate: boolean;
}

export function formatPlace({ file, line }: Place): string {
    return line === undefined ? file : `${file}:${line}`;
}
