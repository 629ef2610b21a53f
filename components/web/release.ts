/**
 * Releases of an application: which images and variables it has run, so that `drydock rollback` can run them again.
 *
 * The records are in the state of the stack, as the output of Commands: `<name>-release` has images, commits and times,
 * and `<name>-release-variables` the variables, which are secret. Each receives its former output.
 */
import { scryptSync } from "node:crypto";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { fileValueOf } from "../container/env-files.ts";
import { dockerScript } from "../engines/index.ts";
import { type ImageSource, localImageName } from "../shared/image.ts";
import { withDependency } from "../shared/readiness.ts";
import { readScriptBody } from "../shared/scripts.ts";

/** How many releases are kept by default. */
const KEPT_RELEASES = 3;

/** The records of a Command are in one environment variable, which Linux limits to 131,072 bytes. */
const MAX_RECORDS_BYTES = 100_000;

/** Renaming a component with an alias keeps the names of its images. */
const KEEPS_NAMES = ["environment.NAMES"];

type Environment = Record<string, pulumi.Input<string>>;

/** What decides about the variables of an application. */
interface Variables {
    env?: Environment;
    secrets?: string[];
    processes?: Record<string, { env?: Environment }>;
}

/** Variables by their names, of the application and of its processes. */
interface RecordedVariables {
    app: Record<string, string>;
    processes: Record<string, Record<string, string>>;
}

/** The setting `drydock:rollback`, with which `drydock rollback` runs the program. */
export interface Rollback {
    /** Name of the application. */
    app: string;
    release: number;
    image: string;
    /** Fingerprint of the variables. */
    variables: string;
    /** Undefined if the variables of the release were too large to be recorded. */
    recorded?: RecordedVariables;
    /** Names of the application's resources in the state. The program declares no new images and migrations. */
    existing: string[];
}

/** The rollback of an application that this update carries out. */
export function rollbackOf(name: string): Rollback | undefined {
    const rollback = new pulumi.Config("drydock").getObject<Rollback>("rollback");
    return rollback?.app === name ? rollback : undefined;
}

/**
 * The image that an application runs.
 *
 * A rollback is a targeted update, which leaves the image that is declared as it is. It must not lose a dependency: a
 * targeted update would fail with "Duplicate resource URN" (pulumi/pulumi 24303).
 *
 * @param resolve declares the image
 */
export function imageOf(
    rollback: Rollback | undefined,
    name: string,
    { image, build }: ImageSource,
    resolve: () => pulumi.Output<string>,
): pulumi.Output<string> {
    if (rollback === undefined) return resolve();
    const isDeclared = build !== undefined || typeof image === "string";
    if (isDeclared && !rollback.existing.includes(`${name}-image`)) return pulumi.output(rollback.image);
    return resolve().apply(() => rollback.image);
}

/**
 * The arguments with the variables of a release. What comes from elsewhere stays as it is today: links, secrets of the
 * stack, and Outputs. So does the port.
 */
export function withVariablesOf<T extends Variables>({ recorded }: Rollback, args: T): T {
    if (recorded === undefined) return args;
    const { processes } = args;
    const restored = Object.entries(processes ?? {}).map(([process, own]) => {
        const variables = recorded.processes[process];
        return [process, variables ? { ...own, env: restore(variables, own.env, args.secrets) } : own];
    });
    return {
        ...args,
        env: restore(recorded.app, args.env, args.secrets),
        ...(processes && { processes: Object.fromEntries(restored) as T["processes"] }),
    };
}

function restore(
    recorded: Record<string, string>,
    env: Environment = {},
    secrets: string[] = [],
): Environment {
    const former = Object.entries(recorded)
        .filter(([name]) => !secrets.includes(name))
        .map(([name, value]) => [name, pulumi.secret(value)] as const);
    const current = Object.entries(env).filter(([name, value]) => !isRecorded(name, value));
    return Object.fromEntries<pulumi.Input<string>>([...former, ...current]);
}

function isRecorded(name: string, value: pulumi.Input<string>): boolean {
    return name !== "PORT" && knownValue(value) !== undefined;
}

function knownValue(value: pulumi.Input<string>): string | undefined {
    return typeof value === "string" ? value : fileValueOf(value);
}

function recordedVariables({ env, processes = {} }: Variables): RecordedVariables {
    const known = (variables: Environment = {}) =>
        Object.fromEntries(
            Object.entries(variables)
                .filter(([name, value]) => isRecorded(name, value))
                .map(([name, value]) => [name, knownValue(value) ?? ""] as const)
                .sort(([a], [b]) => (a < b ? -1 : 1)),
        );
    return {
        app: known(env),
        processes: Object.fromEntries(
            Object.entries(processes).map(([process, { env }]) => [process, known(env)]),
        ),
    };
}

/** Slow to compute, as the variables may contain secrets, and the fingerprint is not secret. */
function fingerprint(name: string, variables: RecordedVariables): string {
    return scryptSync(JSON.stringify(variables), name, 16).toString("hex");
}

/** Beginning of the names that keep the images of an application's releases. */
function namesOfImages(name: string): string {
    return localImageName(name);
}

/**
 * A Command `<name>-release-images` that removes the images of an application's releases once its containers are deleted.
 *
 * @returns the image that the containers run
 */
export function removeImagesAfter(
    name: string,
    image: pulumi.Output<string>,
    opts: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
    const removal = new command.local.Command(
        `${name}-release-images`,
        { ...releaseScript("release-images.sh", { NAMES: namesOfImages(name) }, opts.parent), delete: "sh" },
        pulumi.mergeOptions(opts, { ignoreChanges: KEEPS_NAMES }),
    );
    return withDependency(image, removal);
}

/** What an application runs. */
export interface Release {
    image: pulumi.Output<string>;
    /** Arguments with the variables. */
    args: Variables & { keepReleases?: number };
    /** Directory with the source of the image. */
    source: string;
    /** Whether the nodes of a Swarm pull the image. */
    isPulledByNodes: boolean;
    rollback?: Rollback;
}

/** Records a release once the application runs. */
export function recordRelease(name: string, release: Release, opts: pulumi.CustomResourceOptions): void {
    const { args, rollback } = release;
    const keep = args.keepReleases ?? KEPT_RELEASES;
    const KEEP = String(keep);
    const variables = recordedVariables(args);
    const id = rollback?.variables ?? fingerprint(name, variables);
    const all = JSON.stringify({ variables: id, recorded: rollback ? rollback.recorded : variables });
    const RECORD = all.length > MAX_RECORDS_BYTES / keep ? JSON.stringify({ variables: id }) : all;
    const recorded = new command.local.Command(
        `${name}-release-variables`,
        {
            create: "sh",
            stdin: readScriptBody(import.meta.dirname, "release-variables.sh"),
            environment: pulumi.secret({ RECORD, KEEP }),
            logging: command.local.Logging.None,
        },
        { ...opts, additionalSecretOutputs: ["stdout"] },
    );
    const environment = {
        IMAGE: pulumi.unsecret(release.image),
        VARIABLES: id,
        KEEP,
        ROLLBACK: rollback ? String(rollback.release) : "",
        DIRECTORY: release.source,
        NAMES: release.isPulledByNodes ? "" : namesOfImages(name),
    };
    new command.local.Command(
        `${name}-release`,
        {
            ...releaseScript("release.sh", environment, opts.parent),
            create: "sh",
            logging: command.local.Logging.None,
        },
        pulumi.mergeOptions(opts, { dependsOn: recorded, ignoreChanges: KEEPS_NAMES }),
    );
}

function releaseScript(
    file: string,
    environment: Record<string, pulumi.Input<string>>,
    component: pulumi.Resource | undefined,
) {
    const [functions, script] = ["release-functions.sh", file].map((name) =>
        readScriptBody(import.meta.dirname, name),
    );
    return dockerScript(component, `${functions}\n${script}`, environment);
}
