/** Runs an earlier release of an application again. */
import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Rollback } from "../../components/web/release.ts";
import { openEngines } from "../engine.ts";
import { CommandError, UsageError } from "../exit-codes.ts";
import { nameOf } from "../inventory.ts";
import { COMMAND, CONTAINER, DRYDOCK, SERVICE } from "../resource-types.ts";
import { warn } from "../output.ts";
import { decode, type Plan } from "../pr/events.ts";
import { pulumi } from "../pr/pulumi.ts";
import { configFile, type Stack } from "../project.ts";
import {
    type Application,
    applicationsIn,
    formatCommit,
    formatTime,
    isMissing,
    type Release,
} from "../releases.ts";
import type { Resource } from "../state.ts";
import { setSecret } from "../secrets/set.ts";
import { openForUpdate, type UpdateOptions } from "./stack.ts";
import { updateStack } from "./up.ts";

export interface RollbackOptions extends UpdateOptions {
    /** Name of the application. */
    app?: string;
}

/**
 * @param number of the release; see selectRelease for the default
 */
export async function rollBack(number: number | undefined, options: RollbackOptions): Promise<void> {
    const stack = await openForUpdate(options);
    const { option } = stack;
    const { resources = [] } = await stack.deployment();
    const application = selectApplication(applicationsIn(resources), options.app, option);
    const { name } = application;
    const release = selectRelease(application, number, option);
    if (await isMissing(release, await openEngines(stack, resources)))
        throw new CommandError(
            `The image of release ${release.release} of ${name} is no longer on the Docker Engine`,
            remedyForMissingImage(release, option),
        );
    const variables = (await readVariables(stack, name)).get(release.variables);
    if (variables === undefined)
        warn(
            `The variables of release ${release.release} are not recorded: they were too large, or the record was lost. The rollback uses the variables of the current program instead.`,
        );
    const directory = mkdtempSync(join(tmpdir(), "drydock-rollback-"));
    try {
        const copy = join(directory, "Pulumi.yaml");
        const file = configFile(stack);
        if (existsSync(file)) copyFileSync(file, copy);
        const setting: Rollback = {
            app: name,
            release: release.release,
            image: release.image,
            variables: release.variables,
            recorded: variables as Rollback["recorded"],
            existing: declaredNames(application, resources),
            containers: containerNames(application, resources),
        };
        setSecret(stack, SETTING, JSON.stringify(setting), copy);
        await updateStack(stack, options, {
            update: { targets: targetsOf(application, resources), configFile: copy },
            introduction: describeRollback(name, release),
            question: `Roll ${name} back?`,
            verify: (plan) => {
                verifyPlan(plan, application, release, option);
            },
        });
    } catch (error) {
        throw explainRefusal(error, option);
    } finally {
        rmSync(directory, { recursive: true });
    }
}

function remedyForMissingImage({ commit }: Release, option: string): string {
    return commit === undefined
        ? `Build that version of the source again: \`drydock up${option}\`.`
        : `Check out the commit of the release, ${commit.slice(0, 7)}, and run \`drydock up${option}\`.`;
}

/**
 * @throws UsageError if the release serves already
 * @throws CommandError if the program does not roll the application back
 */
export function verifyPlan(
    { steps }: Plan,
    { name, serving }: Pick<Application, "name" | "serving">,
    { release }: Pick<Release, "release">,
    option: string,
): void {
    const isRecord = (step: Plan["steps"][number]) =>
        step.type === COMMAND && step.name === `${name}-release`;
    const record = steps.find((step) => isRecord(step) && step.operation !== "delete");
    const environment = record?.new?.inputs.environment;
    const { ROLLBACK } = (environment ?? {}) as { ROLLBACK?: unknown };
    // A string stands for an environment that is secret or not known yet.
    if (ROLLBACK !== String(release) && typeof environment !== "string")
        throw new CommandError(
            `The program has no application ${name} (was it renamed?)`,
            `Run \`drydock up${option}\` with the program of the last update, and then roll back.`,
        );
    if (release === serving && steps.every((step) => step.operation === "same" || isRecord(step)))
        throw new UsageError(
            `${name} runs release ${serving} already`,
            `\`drydock releases${option}\` lists the releases.`,
        );
}

/** Explains why Pulumi refuses a targeted update: it neither creates nor forgets what is not a target. */
export function explainRefusal(error: unknown, option: string): unknown {
    if (!(error instanceof CommandError) || error.remedy === undefined) return error;
    const pulumiSays = `Pulumi says:\n${error.remedy}`;
    if (/depends on .* not specified in --target list/.test(error.remedy))
        return new CommandError(
            "The application in the program depends on something that the stack does not have yet",
            `Check out the program of the last update and roll back with it, or run \`drydock up${option}\`. ${pulumiSays}`,
        );
    // pulumi/pulumi 24303
    if (error.remedy.includes("Duplicate resource URN"))
        return new CommandError(
            "The application in the stack depends on something that the program no longer has, such as a migration or a process",
            `Check out the program of the last update and roll back with it, or run \`drydock up${option}\`. ${pulumiSays}`,
        );
    return error;
}

/** The variables of releases, as JSON, by their fingerprints. Undefined for those that are not recorded. */
async function readVariables(
    { project, name: stack }: Stack,
    application: string,
): Promise<Map<string, unknown>> {
    const { exitCode, stdout, output } = await pulumi(
        project.directory,
        stack,
        "stack export --show-secrets",
    );
    if (exitCode !== 0)
        throw new CommandError(`The state of the stack ${stack} cannot be read`, output.trim());
    const { deployment } = JSON.parse(stdout) as { deployment?: { resources?: Resource[] } };
    const record = deployment?.resources?.find(
        (resource) => resource.type === COMMAND && nameOf(resource) === `${application}-release-variables`,
    );
    const { stdout: lines } = decode(record?.outputs ?? {}) as { stdout?: string };
    return new Map(
        (lines ?? "")
            .split("\n")
            .filter(Boolean)
            .map((line) => JSON.parse(line) as { variables: string; recorded?: unknown })
            .map(({ variables, recorded }) => [variables, recorded]),
    );
}

/** Setting that components/web/release.ts reads. */
const SETTING = "drydock:rollback";

/**
 * @param option see `Stack`
 * @throws UsageError if there is no such application, or none is named and there are several
 */
export function selectApplication(
    applications: Application[],
    name: string | undefined,
    option: string,
): Application {
    const names = applications.map((application) => application.name);
    const selected =
        name === undefined && applications.length === 1
            ? applications[0]
            : applications.find((application) => application.name === name);
    if (selected) return selected;
    if (names.length === 0)
        throw new UsageError(
            "No application of the stack has recorded a release",
            `\`drydock up${option}\` records the first one.`,
        );
    if (name === undefined)
        throw new UsageError(
            `The stack has several applications: ${names.join(", ")}`,
            `Name one with --app, for example \`drydock rollback${option} --app ${names[0] ?? ""}\`.`,
        );
    throw new UsageError(`${name} is not an application with releases`, `Name one of ${names.join(", ")}.`);
}

/**
 * @param number by default, the release before the current one. If an update did not finish, the current release;
 *  but if a rollback to the release before did not finish, that one
 * @throws UsageError if the release is not recorded
 */
export function selectRelease(
    { name, releases, serving, otherImages }: Application,
    number: number | undefined,
    option: string,
): Release {
    const index = releases.findIndex(({ release }) => release === (number ?? serving));
    const before = index < 0 ? undefined : releases[index + 1];
    const goesBack = otherImages.every((image) => image === before?.image);
    const selected = number === undefined && goesBack ? before : releases[index];
    if (selected) return selected;
    throw new UsageError(
        number === undefined
            ? `There is no release of ${name} before release ${serving}`
            : `${name} has no release ${number}`,
        `\`drydock releases${option}\` lists the releases that are kept. To go back further, check out an earlier commit and run \`drydock up${option}\`. \`keepReleases\` of the application keeps more.`,
    );
}

/** Types of the resources that a rollback may change. */
const TARGET_TYPES = [
    CONTAINER,
    SERVICE,
    // Environment and files of a service.
    "docker:index/secret:Secret",
    "docker:index/serviceConfig:ServiceConfig",
];

/** Endings of the names of Commands that belong to a container, or record the release. */
const TARGET_COMMANDS = /-(traffic|running|shutdown|image-start|release)$/;

/** URNs of the resources that a rollback may change. All others stay as they are: data, tasks, images, other components. */
export function targetsOf(application: Pick<Application, "component">, resources: Resource[]): string[] {
    const urns = resourcesOf(application, resources)
        .filter(
            ({ type, urn = "" }) =>
                TARGET_TYPES.includes(type) || (type === COMMAND && TARGET_COMMANDS.test(urn)),
        )
        .map(({ urn = "" }) => urn);
    return [...new Set(urns)];
}

/** Names of the resources of an application, except its containers: a process may have the same name as a task. */
export function declaredNames(application: Pick<Application, "component">, resources: Resource[]): string[] {
    return resourcesOf(application, resources)
        .filter(({ type }) => type !== CONTAINER && type !== SERVICE)
        .map(nameOf);
}

function containerNames(application: Pick<Application, "component">, resources: Resource[]): string[] {
    return resourcesOf(application, resources)
        .filter((resource) => resource.type === CONTAINER && !resource.delete)
        .map(nameOf);
}

/** The resources of an application, without its components. */
function resourcesOf({ component }: Pick<Application, "component">, resources: Resource[]): Resource[] {
    const parents = new Map(resources.map(({ urn, parent }) => [urn, parent]));
    const isInside = (urn: string | undefined): boolean =>
        urn !== undefined && (urn === component || isInside(parents.get(urn)));
    return resources.filter(({ urn, type }) => isInside(urn) && !type.startsWith(DRYDOCK));
}

function describeRollback(name: string, release: Release): string {
    const commit = formatCommit(release);
    return [
        `${name} goes back to release ${release.release} of ${formatTime(release.time)}${commit === "" ? "" : ` (commit ${commit})`}: its image and its variables.`,
        "No migration and no other task runs, and no data changes: databases stay as later releases have left them.",
    ].join("\n");
}
