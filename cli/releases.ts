/** The releases of applications, which their Commands `<name>-release` record in the state (components/web/release.ts). */
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import type { Engine } from "./engine.ts";
import { imageOf, isNotFound, nameOf, outermostComponent } from "./inventory.ts";
import { COMMAND, CONTAINER, IMAGE, SERVICE } from "./resource-types.ts";
import { warn } from "./output.ts";
import type { Step } from "./pr/events.ts";
import type { Resource } from "./state.ts";

export interface Release {
    release: number;
    /** When it was first deployed: ISO 8601. */
    time: string;
    /** Commit of the source. Missing if there was no git. */
    commit?: string;
    /** Whether the source had changes that were not committed. */
    changed?: boolean;
    /** ID, digest or name. */
    image: string;
    /** Fingerprint of its variables. */
    variables: string;
}

/** An application that has recorded releases. */
export interface Application {
    name: string;
    /** URN of the outermost component that it belongs to. */
    component: string;
    /** The latest first. */
    releases: Release[];
    /** Number of the current release. */
    serving: number;
    /** When it was rolled back to that release: ISO 8601. Missing if it runs what its program declares. */
    rolledBack?: string;
    /** Images of processes that do not run the release. Empty unless an update or a rollback did not finish. */
    otherImages: string[];
}

/** A line of the record: a release, or a rollback. */
type Line = Release | { rollback: number; time: string };

/** The applications of a stack that have recorded releases, sorted by name. */
export function applicationsIn(resources: Resource[]): Application[] {
    const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
    return resources
        .filter((resource) => isRecord(resource) && !resource.delete)
        .flatMap((resource) => {
            const { stdout } = resource.outputs ?? {};
            const component = outermostComponent(resource, byUrn);
            const application = typeof stdout === "string" ? parseRecord(stdout) : undefined;
            if (application === undefined) return [];
            const name = applicationOf(nameOf(resource));
            const otherImages = imagesOfOtherReleases(resource, application, resources);
            return [{ name, component: component.urn ?? "", ...application, otherImages }];
        })
        .sort((a, b) => a.name.localeCompare(b.name));
}

function isRecord({ type, urn, inputs }: Pick<Resource, "type" | "urn" | "inputs">): boolean {
    const { ROLLBACK } = (inputs?.environment ?? {}) as Record<string, unknown>;
    return type === COMMAND && urn?.endsWith(SUFFIX) === true && ROLLBACK !== undefined;
}

const SUFFIX = "-release";

function imagesOfOtherReleases(
    { parent, inputs }: Resource,
    { releases, serving }: Pick<Application, "releases" | "serving">,
    resources: Resource[],
): string[] {
    // The record may have the ID of an image, and the containers its name.
    const { IMAGE } = (inputs?.environment ?? {}) as { IMAGE?: unknown };
    const recorded = releases.find(({ release }) => release === serving)?.image;
    const images = resources
        .filter(
            (resource) =>
                [CONTAINER, SERVICE].includes(resource.type) &&
                resource.parent === parent &&
                !resource.delete,
        )
        .map(({ inputs = {} }) => imageOf(inputs))
        .filter((image) => image !== "" && image !== IMAGE && image !== recorded);
    return [...new Set(images)];
}

function applicationOf(name: string): string {
    return name.slice(0, -SUFFIX.length);
}

/** Parses the output of release.sh. Undefined if it has not run. */
function parseRecord(stdout: string): Omit<Application, "name" | "component" | "otherImages"> | undefined {
    const lines = stdout
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Line);
    const releases = lines.filter((line) => "release" in line);
    const rollback = lines.find((line) => "rollback" in line);
    const serving = rollback?.rollback ?? releases[0]?.release;
    if (serving === undefined) return undefined;
    return { releases, serving, ...(rollback && { rolledBack: rollback.time }) };
}

/** For example `0f3c1a2 with uncommitted changes`. Empty if the commit is not known. */
export function formatCommit({ commit, changed }: Pick<Release, "commit" | "changed">): string {
    return commit === undefined
        ? ""
        : `${commit.slice(0, 7)}${changed === true ? " with uncommitted changes" : ""}`;
}

/** For example `2026-01-31 12:00 UTC`. */
export function formatTime(time: string): string {
    return time.replace(/^(.{10})T(.{5}).*$/, "$1 $2 UTC");
}

/** Warns that an update ends rollbacks. Returns whether any application is rolled back. */
export function warnOfRollbacks(resources: Resource[]): boolean {
    const rollbacks = applicationsIn(resources).flatMap(({ name, serving, rolledBack }) =>
        rolledBack === undefined
            ? []
            : [`${name} was rolled back to release ${serving} at ${formatTime(rolledBack)}`],
    );
    for (const sentence of rollbacks)
        warn(`${sentence}. This update ends the rollback and deploys the current program.`);
    return rollbacks.length > 0;
}

/**
 * A line for each application for which an update records a release: the commit that it deploys.
 *
 * @param directory of the project
 */
export function plannedCommits(steps: Step[], directory: string): string[] {
    return steps.flatMap((step) => {
        const { operation, urn } = step;
        if (!RECORD_URN.test(urn) || operation === "delete" || !recordsRelease(step)) return [];
        const name = applicationOf(step.name);
        const commit = readCommit(resolve(directory, sourceDirectory(step, name, steps)));
        return commit === undefined ? [] : [`${name}: ${formatCommit(commit)}`];
    });
}

const RECORD_URN = /drydock:index:WebApp\$command:local:Command::[^:]*-release$/;

/** A preview may know neither the image nor the environment of the Command. */
function recordsRelease({ operation, old, new: after }: Step): boolean {
    if (operation === "same") return false;
    const [before, next] = [old, after].map(
        (state) => (state?.inputs.environment ?? {}) as { IMAGE?: unknown; VARIABLES?: unknown },
    );
    return next?.IMAGE === undefined || next.IMAGE !== before?.IMAGE || next.VARIABLES !== before.VARIABLES;
}

/** Directory with the source. A preview does not know the environment of the Command if it does not know the image. */
function sourceDirectory({ old, new: after }: Step, application: string, steps: Step[]): string {
    const image = steps.find(({ name, type }) => name === `${application}-image` && type === IMAGE);
    const { context } = (image?.new?.inputs.build ?? {}) as { context?: unknown };
    const known = [after, old].map((state) => (state?.inputs.environment ?? {}) as { DIRECTORY?: unknown });
    const directories = [...known.map(({ DIRECTORY }) => DIRECTORY), context];
    return directories.find((directory) => typeof directory === "string") ?? ".";
}

/** As release.sh reads it. */
function readCommit(directory: string): Pick<Release, "commit" | "changed"> | undefined {
    const git = (...args: string[]) => {
        const { status, stdout } = spawnSync("git", ["-C", directory, "--no-optional-locks", ...args], {
            encoding: "utf8",
        });
        return status === 0 ? stdout.trim() : undefined;
    };
    const commit = git("rev-parse", "HEAD");
    const files = git("status", "--porcelain", "--", ".");
    return commit === undefined || files === undefined ? undefined : { commit, changed: files !== "" };
}

/** Whether none of the engines has the image, and no registry does. An engine that does not answer may have it. */
export async function isMissing({ image }: Release, engines: Engine[]): Promise<boolean> {
    // If a digest in a registry names the image, Docker pulls it again.
    if (!image.startsWith("sha256:")) return false;
    const has = await Promise.all(
        engines.map(({ docker }) =>
            docker
                .getImage(image)
                .inspect()
                .then(
                    () => true,
                    (error: unknown) => !isNotFound(error),
                ),
        ),
    );
    return !has.includes(true);
}
