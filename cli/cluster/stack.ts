/** The stacks of the project that are on its local cluster. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { stringify } from "yaml";
import { progress, warn } from "../output.ts";
import {
    backendUrl,
    configFile,
    configureEnvironment,
    configValue,
    hasBackend,
    openWorkspace,
} from "../project.ts";
import { enginesIn } from "../docker-environment.ts";
import { readCheckpoint, stateDirectory } from "../state.ts";
import { type Cluster, isNodeHost, nodeHost, nodeName, NODES } from "./cluster.ts";
import { LOGIN, REGISTRY_PORT } from "./registries.ts";

/** Stack that uses the cluster. */
const STACK = "swarm";

/**
 * Writes the configuration of a stack on the cluster, unless there is a stack of that name.
 *
 * @returns what the user should do next
 */
export function configureStack(cluster: Cluster): string {
    const up = `\`drydock up --stack ${STACK}\``;
    const stack = { project: cluster.project, name: STACK };
    const file = configFile(stack);
    if (existsSync(file))
        return isNodeHost(cluster, configValue(cluster.project, STACK, "docker:host"))
            ? up
            : `set docker:host of a stack to ${nodeHost(cluster, 1)}`;
    const nodes = NODES.map((node) => [nodeName(node), nodeHost(cluster, node)] as const);
    const content = {
        config: {
            "drydock:development": "true",
            "docker:host": nodeHost(cluster, 1),
            "docker:registryAuth": [{ address: `registry:${REGISTRY_PORT}`, ...LOGIN }],
            "drydock:nodes": Object.fromEntries(nodes),
        },
    };
    progress(`Writing ${file}, the configuration of a stack on the cluster`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, stringify(content));
    return `give the components \`engine: Engine.Swarm\` on this stack, and run ${up}`;
}

/**
 * Removes the state of stacks whose resources were all on the cluster, because these stacks can no longer be destroyed.
 * Keeps stacks that have been configured for another host since.
 */
export async function forgetStacks(cluster: Cluster): Promise<void> {
    const { project } = cluster;
    // Without a backend there is no state, and looking for it would create its directory.
    if (!hasBackend(project, STACK)) return;
    configureEnvironment(project, STACK);
    const backend = backendUrl(project) ?? "Pulumi Cloud";
    if (!backend.startsWith("file://")) {
        if (isNodeHost(cluster, configValue(project, STACK, "docker:host")))
            warn(
                `The state of the stack ${STACK} is in ${backend}. Remove it with \`drydock pulumi stack rm --stack ${STACK} --force --preserve-config\`.`,
            );
        return;
    }
    const directory = stateDirectory(backend);
    if (directory === undefined) return;
    for (const name of stacksIn(directory, project.name)) {
        const { resources = [] } = readCheckpoint(directory, project.name, name) ?? {};
        const engines = enginesIn(resources);
        const lost = engines.filter(({ DOCKER_HOST }) => isNodeHost(cluster, DOCKER_HOST));
        if (lost.length === 0) continue;
        if (lost.length < engines.length) {
            warn(
                `The state of the stack ${name} is kept: only part of its resources were on the cluster. Remove those with \`drydock pulumi state delete --stack ${name}\`.`,
            );
            continue;
        }
        if (!isNodeHost(cluster, configValue(project, name, "docker:host"))) continue;
        progress(`Removing the state of stack ${name}, which was on the cluster`);
        await (await openWorkspace(project)).removeStack(name, { force: true, preserveConfig: true });
    }
}

function stacksIn(directory: string, project: string): string[] {
    try {
        return readdirSync(join(directory, ".pulumi/stacks", project))
            .filter((file) => file.endsWith(".json"))
            .map((file) => file.slice(0, -".json".length));
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
        throw error;
    }
}
