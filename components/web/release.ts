/**
 * Releases of an application: the images and variables that it has run, so that `drydock rollback` can run them again.
 *
 * The records are in the state of the stack, as the output of two Commands: `<name>-release` has images, commits and
 * times, and `<name>-release-variables` has the variables, which are secret. Each Command receives its last output.
 */
import { scryptSync } from "node:crypto";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { valueFromFile } from "../container/env-files.ts";
import { dockerScript } from "../engines/index.ts";
import { type ImageSource, localImageName } from "../shared/image.ts";
import { declaredLinkVariables } from "../shared/link-validation.ts";
import { withDependency } from "../shared/readiness.ts";
import { readScriptBody } from "../shared/scripts.ts";
import type { WiringArgs } from "../shared/wiring.ts";

/** Number of releases that are kept by default. */
const KEPT_RELEASES = 3;
export const MAX_KEPT_RELEASES = 100;

/** Each Command receives its records in one environment variable, which Linux limits to 131,072 bytes. */
const MAX_RECORDS_BYTES = 100_000;

/** Renaming a component with an alias keeps the names of its images. */
const IGNORED_CHANGES = ["environment.NAMES"];

type Environment = Record<string, pulumi.Input<string>>;

/** Arguments that determine the variables of an application. */
interface Variables extends Pick<WiringArgs, "links" | "linkStyle" | "variables" | "secrets"> {
    env?: Environment;
    processes?: Record<string, { env?: Environment }>;
}

/** Variables of the application and its processes, by name. */
interface RecordedVariables {
    app: Record<string, string>;
    processes: Record<string, Record<string, string>>;
    /** Names of the variables that were not recorded: those of links, secrets, and Outputs. */
    others: string[];
}

/** The configuration value `drydock:rollback`, which `drydock rollback` sets when it runs the program. */
export interface Rollback {
    /** Name of the application. */
    app: string;
    release: number;
    image: string;
    /** Fingerprint of the variables. */
    variables: string;
    /** Undefined if the variables of the release are not recorded. */
    recorded?: RecordedVariables;
    /** Names of the application's resources in the state, except its containers. A rollback declares no new ones. */
    existing: string[];
    /** Names of the application's containers in the state. */
    containers?: string[];
}

/** The rollback of the application, if this update is one. */
export function rollbackOf(name: string): Rollback | undefined {
    const rollback = new pulumi.Config("drydock").getObject<Rollback>("rollback");
    return rollback?.app === name ? rollback : undefined;
}

/**
 * The image that an application runs.
 *
 * A rollback is a targeted update, which does not change the declared image. The dependency on that image must stay:
 * without it, the targeted update would fail with "Duplicate resource URN" (pulumi/pulumi 24303).
 *
 * @param resolve declares the image of the program
 */
export function releaseImage(
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
 * Replaces the variables of the program with those of a release. A release records only plain values. A variable keeps its
 * value in the program if it is, or was in the release, an Output, a secret of the stack or a variable of a link. `PORT`
 * always keeps it.
 */
export function withVariablesOf<T extends Variables>({ recorded }: Rollback, args: T): T {
    if (recorded === undefined) return args;
    const { env: appEnv, processes, secrets = [] } = args;
    const links = linkVariableNames(args);
    const restore = (former: Record<string, string>, env: Environment = {}): Environment => {
        // A variable of today's program overrides a link.
        const linked = links.filter((name) => appEnv?.[name] === undefined && env[name] === undefined);
        const restored = Object.entries(former)
            .filter(([name]) => !secrets.includes(name) && !linked.includes(name))
            .map(([name, value]) => [name, pulumi.secret(value)] as const);
        const current = Object.entries(env).filter(
            ([name, value]) =>
                !isRecorded(name, value) || (!(name in former) && recorded.others.includes(name)),
        );
        return Object.fromEntries<pulumi.Input<string>>([...restored, ...current]);
    };
    const restored = Object.entries(processes ?? {}).map(([name, process]) => {
        const variables = recorded.processes[name];
        return [name, variables ? { ...process, env: restore(variables, process.env) } : process];
    });
    return {
        ...args,
        env: restore(recorded.app, appEnv),
        ...(processes && { processes: Object.fromEntries(restored) as T["processes"] }),
    };
}

function linkVariableNames(args: Variables): string[] {
    return declaredLinkVariables(args).map(({ variable }) => variable);
}

function isRecorded(name: string, value: pulumi.Input<string>): boolean {
    return name !== "PORT" && knownValue(value) !== undefined;
}

function knownValue(value: pulumi.Input<string>): string | undefined {
    return typeof value === "string" ? value : valueFromFile(value);
}

function recordedVariables(args: Variables): RecordedVariables {
    const { env, secrets = [], processes = {} } = args;
    const known = (variables: Environment = {}) =>
        Object.fromEntries(
            Object.entries(variables)
                .filter(([name, value]) => isRecorded(name, value))
                .map(([name, value]) => [name, knownValue(value) ?? ""] as const)
                .sort(([a], [b]) => (a < b ? -1 : 1)),
        );
    const outputs = [env, ...Object.values(processes).map(({ env }) => env)].flatMap((variables = {}) =>
        Object.entries(variables)
            .filter(([, value]) => knownValue(value) === undefined)
            .map(([name]) => name),
    );
    return {
        app: known(env),
        processes: Object.fromEntries(
            Object.entries(processes).map(([process, { env }]) => [process, known(env)]),
        ),
        others: [...new Set([...linkVariableNames(args), ...secrets, ...outputs])].sort(),
    };
}

/**
 * Whether a rollback declares a replica of a process: only if the state has the same Commands for it as for the first
 * container. A failed update may have created only the container.
 */
export function hasReplica(
    { existing, containers = [] }: Pick<Rollback, "existing" | "containers">,
    first: string,
    replica: string,
): boolean {
    const isComplete = ["traffic", "running"].every(
        (command) => !existing.includes(`${first}-${command}`) || existing.includes(`${replica}-${command}`),
    );
    return isComplete && containers.includes(replica);
}

/** Slow to compute: the fingerprint is not secret, but the variables may contain secrets. */
function fingerprint(name: string, { app, processes }: RecordedVariables): string {
    return scryptSync(JSON.stringify({ app, processes }), name, 16).toString("hex");
}

/**
 * Creates the Command `<name>-release-images`, which removes the images of an application's releases once its containers
 * are deleted.
 *
 * @returns the image for the containers, and the prefix of the tags that keep the images
 */
export function createReleaseImagesRemoval(
    name: string,
    image: pulumi.Output<string>,
    opts: pulumi.CustomResourceOptions,
): { image: pulumi.Output<string>; tagPrefix: pulumi.Output<string> } {
    const removal = new command.local.Command(
        `${name}-release-images`,
        {
            ...releaseScript("release-images.sh", { NAMES: localImageName(name) }, opts.parent),
            delete: "sh",
        },
        pulumi.mergeOptions(opts, { ignoreChanges: IGNORED_CHANGES }),
    );
    return {
        image: withDependency(image, removal),
        tagPrefix: removal.environment.apply((environment) => environment?.NAMES ?? ""),
    };
}

/** An image and the variables that an application runs it with. */
export interface Release {
    image: pulumi.Output<string>;
    /** Arguments that contain the variables. */
    args: Variables & { keepReleases?: number };
    /** Directory with the source of the image. */
    source: string;
    /** Prefix of the tags that keep the images of the releases. Empty on a Swarm, whose nodes pull the images. */
    tagPrefix: pulumi.Input<string>;
    rollback?: Rollback;
}

/** Records a release once the application runs. */
export function recordRelease(name: string, release: Release, opts: pulumi.CustomResourceOptions): void {
    const { args, rollback } = release;
    const keep = args.keepReleases ?? KEPT_RELEASES;
    const KEEP = String(keep);
    const recorded = recordedVariables(args);
    const variables = rollback?.variables ?? fingerprint(name, recorded);
    const all = JSON.stringify({ variables, recorded });
    const isTooLarge = Buffer.byteLength(all) > MAX_RECORDS_BYTES / keep;
    const RECORD = isTooLarge ? JSON.stringify({ variables }) : all;
    // Not a target of a rollback, which leaves it as it is.
    const record = new command.local.Command(
        `${name}-release-variables`,
        {
            create: "sh",
            stdin: readScriptBody(import.meta.dirname, "release-variables.sh"),
            environment: pulumi.secret({ RECORD, KEEP, MAX_BYTES: String(MAX_RECORDS_BYTES) }),
            logging: command.local.Logging.None,
        },
        { ...opts, additionalSecretOutputs: ["stdout"] },
    );
    const environment = {
        IMAGE: pulumi.unsecret(release.image),
        VARIABLES: variables,
        KEEP,
        ROLLBACK: rollback ? String(rollback.release) : "",
        DIRECTORY: release.source,
        NAMES: release.tagPrefix,
    };
    new command.local.Command(
        `${name}-release`,
        {
            ...releaseScript("release.sh", environment, opts.parent),
            create: "sh",
            logging: command.local.Logging.None,
        },
        pulumi.mergeOptions(opts, { dependsOn: record }),
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
