import { Command } from "commander";
import { openEngines } from "../engine.ts";
import { CommandError } from "../exit-codes.ts";
import { withJson, withStack } from "../options.ts";
import { type Colors, colorsFor, formatTable, printJson, shortenDigest } from "../output.ts";
import { openStack, type StackOption } from "../project.ts";
import {
    type Application,
    applicationsIn,
    formatCommit,
    formatTime,
    isMissing,
    type Release,
} from "../releases.ts";
import { selectApplication } from "../update/rollback.ts";

interface Options extends StackOption {
    json?: boolean;
}

export function releasesCommand(): Command {
    const command = new Command("releases")
        .description("list the releases of applications that `rollback` can return to")
        .argument("[component]", "application (default: all)");
    return withJson(withStack(command)).action(showReleases);
}

async function showReleases(name: string | undefined, { stack: stackName, json }: Options): Promise<void> {
    const stack = await openStack({ stack: stackName });
    const { resources = [] } = await stack.deployment();
    const recorded = applicationsIn(resources);
    const applications = name === undefined ? recorded : [selectApplication(recorded, name, stack.option)];
    if (applications.length === 0)
        throw new CommandError(
            `No application of the stack ${stack.name} has recorded a release`,
            `\`drydock up${stack.option}\` records the first one.`,
        );
    const engines = await openEngines(stack, resources);
    const described = await Promise.all(
        applications.map(async ({ name, releases, serving, rolledBack }) => ({
            application: name,
            serving,
            ...(rolledBack !== undefined && { rolledBack }),
            releases: await Promise.all(
                releases.map(async (release) => ({ ...release, missing: await isMissing(release, engines) })),
            ),
        })),
    );
    if (json) {
        printJson(described);
        return;
    }
    process.stdout.write(`${formatReleases(described, colorsFor(process.stdout))}\n`);
}

type Described = Pick<Application, "serving" | "rolledBack"> & {
    application: string;
    releases: (Release & { missing: boolean })[];
};

function formatReleases(applications: Described[], colors: Colors): string {
    const rows = applications.flatMap(({ application, serving, rolledBack, releases }) =>
        releases.map((release, i) => [
            i === 0 ? application : "",
            String(release.release),
            formatTime(release.time),
            formatCommit(release),
            shortenDigest(release.image),
            release.release === serving
                ? colors.green(rolledBack === undefined ? "current" : "current, rolled back")
                : release.missing
                  ? colors.red("image is no longer on the Docker Engine")
                  : "",
        ]),
    );
    return formatTable(["APPLICATION", "RELEASE", "TIME", "COMMIT", "IMAGE", ""], rows, colors);
}
