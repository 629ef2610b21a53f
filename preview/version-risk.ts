import { type Component, keepsData } from "./components.ts";
import type { Step } from "./events.ts";
import { same, text } from "./values.ts";

interface Server {
    name: string;
    /** A reference to an image whose tag begins with the server's major version. */
    image: RegExp;
    /** What is at risk between two references with a version. */
    risk: (before: Version, after: Version) => string | undefined;
}

interface Version {
    reference: string;
    major: number;
}

const SERVERS: Record<string, Server | undefined> = {
    PostgresService: { name: "PostgreSQL", image: /(?:^|\/)postg\w*:(\d+)/, risk: postgresRisk },
    RedisService: { name: "Redis", image: /(?:^|\/)redis:(\d+)/, risk: redisRisk },
};

/** Where another version of a data service would not read the data that is there. */
export function versionRisks(component: Component): string[] {
    const server = SERVERS[component.kind];
    const [before, after] = versions(component);
    const risk = before && after && server?.risk(before, after);
    return risk === undefined ? [] : [risk];
}

/** Where nobody but a person can tell whether a new image reads the data that is there. */
export function versionChecks(component: Component): string[] {
    const server = SERVERS[component.kind];
    if (!server || !changesImage(component)) return [];
    const [before, after] = versions(component);
    return before && after
        ? []
        : [
              `its image changes, and the version of ${server.name} in it cannot be told: make sure that it reads the data that is there`,
          ];
}

function postgresRisk(before: Version, after: Version): string | undefined {
    if (before.major !== after.major)
        return `PostgreSQL ${before.major} becomes ${after.major}, which does not read the data of ${before.major}; dump it first, and load it afterwards`;
    const isAlpine = ({ reference }: Version) => /:[^/]*alpine/.test(reference);
    return isAlpine(before) === isAlpine(after)
        ? undefined
        : "its image moves between Debian and Alpine, which sort text differently: indexes of the data that is there go wrong; dump it first, and load it afterwards";
}

function redisRisk(before: Version, after: Version): string | undefined {
    return after.major < before.major
        ? `Redis ${before.major} becomes ${after.major}, which does not read the files of ${before.major}`
        : undefined;
}

function versions(component: Component): (Version | undefined)[] {
    if (!changesImage(component)) return [];
    return references(component).map((reference) => {
        const major = SERVERS[component.kind]?.image.exec(reference)?.[1];
        return major === undefined ? undefined : { reference, major: Number(major) };
    });
}

/** Another image than before, on data that is there; where it is pulled, by another name. */
function changesImage(component: Component): boolean {
    const changes = component.steps.some(
        ({ type, old, new: next }) =>
            type.endsWith(":Container") && !same(old?.inputs.image, next?.inputs.image),
    );
    const [before, after] = references(component);
    return changes && keepsData(component) && (before === "" || before !== after);
}

/** Names of the images pulled before and after; empty where it is built, or comes from elsewhere. */
function references({ steps }: Component): [string, string] {
    const pulled = steps.filter(({ type }) => type.endsWith(":RemoteImage"));
    const name = (without: Step["operation"], state: "old" | "new") =>
        text(pulled.find(({ operation }) => operation !== without)?.[state]?.inputs.name);
    return [name("create", "old"), name("delete", "new")];
}
