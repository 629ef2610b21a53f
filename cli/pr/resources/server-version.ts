import type { Component } from "../components.ts";
import type { State, Step } from "../events.ts";
import { equal, objects, string } from "../values.ts";

interface Server {
    name: string;
    /** Matches a reference to an image whose tag starts with the major version of the server. */
    image: RegExp;
    /** What is at risk if one version follows another. */
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

/** A change of version after which a data service cannot read its existing data. */
export function serverVersionRisks(component: Component): string[] {
    const server = SERVERS[component.kind];
    if (!server || !usesOtherImage(component)) return [];
    const [before, after] = versions(component, server);
    const risk = before && after && server.risk(before, after);
    return risk === undefined ? [] : [risk];
}

/** A change of image for which a person must check that it can read the existing data. */
export function serverVersionChecks(component: Component): string[] {
    if (component.kind === "Service")
        return usesOtherImage(component)
            ? ["its image changes: make sure that the new one can read the existing data"]
            : [];
    const server = SERVERS[component.kind];
    if (!server || !usesOtherImage(component)) return [];
    const [before, after] = versions(component, server);
    return before && after
        ? []
        : [
              `its image changes, and the version of ${server.name} in it is not known: make sure that it can read the existing data`,
          ];
}

function postgresRisk(before: Version, after: Version): string | undefined {
    if (before.major !== after.major)
        return `PostgreSQL ${after.major} cannot read the data of PostgreSQL ${before.major}: dump it before the update and restore it afterwards`;
    const isAlpine = ({ reference }: Version) => /:[^/]*alpine/.test(reference);
    return isAlpine(before) === isAlpine(after)
        ? undefined
        : "its image changes between Debian and Alpine, which sort text differently and corrupt existing indexes: dump the data before the update and restore it afterwards";
}

function redisRisk(before: Version, after: Version): string | undefined {
    return after.major < before.major
        ? `Redis ${after.major} cannot read the data of Redis ${before.major}`
        : undefined;
}

/** Versions before and after. Undefined if an image does not name its version. */
function versions(component: Component, { image }: Server): (Version | undefined)[] {
    return imageReferences(component).map((reference) => {
        const major = image.exec(reference)?.[1];
        return major === undefined ? undefined : { reference, major: Number(major) };
    });
}

/** Whether a container with data gets another image. The ID alone may change if the image is pulled again. */
function usesOtherImage(component: Component): boolean {
    const changes = containers(component).some(
        ({ old, new: next }) => !equal(old?.inputs.image, next?.inputs.image),
    );
    const [before, after] = imageReferences(component);
    return changes && hasData(component) && (before === "" || before !== after);
}

/** Names of the images pulled before and after. Empty if the image is built or given as an output. */
function imageReferences({ steps }: Component): [string, string] {
    const pulled = steps.filter(({ type }) => type.endsWith(":RemoteImage"));
    const name = (state: "old" | "new") => {
        const [image] = pulled.flatMap((step) => step[state] ?? []);
        return string(image?.inputs.name);
    };
    return [name("old"), name("new")];
}

/** Whether a container has data that it has to read after the update. */
export function hasData(component: Component): boolean {
    const mounts = (state: State | undefined) => objects(state?.inputs.volumes).length > 0;
    return containers(component).some(({ old, new: next }) => mounts(old) && mounts(next));
}

function containers({ steps }: Component): Step[] {
    return steps.filter(({ type }) => type.endsWith(":Container"));
}
