import * as pulumi from "@pulumi/pulumi";
import { refuse, reportErrorsOn } from "../../shared/validation.ts";
import { createDockerClient, type DockerClient, outputLines } from "../docker-command.ts";
import { hasHooks } from "../hooks.ts";
import type { Mount } from "../spec.ts";

const LABEL_PREFIX = "drydock.data.";

/** Label of the node that has the volume's data. volumes.sh sets it. */
export function nodeLabel(volume: string): string {
    return `${LABEL_PREFIX}${volume}`;
}

/**
 * Resolves the node label of each mount, in the same order; undefined for data that is on no node of the Swarm.
 *
 * @param component that mounts the data; errors are reported on it
 * @throws pulumi.InputPropertyError if no node has all of the data
 */
export function resolveNodeLabels(
    mounts: Pick<Mount, "nodeLabel" | "node" | "followsData">[],
    component: pulumi.Resource | undefined,
): pulumi.Output<(string | undefined)[]> {
    // Under Pulumi's mocks, there is no Swarm to query.
    const docker = hasHooks() ? createDockerClient(component) : undefined;
    return pulumi
        .all(mounts.map(({ nodeLabel, node }) => pulumi.all([nodeLabel, node])))
        .apply(async (known) => {
            const data = known.flatMap(([label, node], i) =>
                label === undefined ? [] : { label, node, followsData: mounts[i]?.followsData },
            );
            const swarm = docker && data.length > 1 ? await readSwarm(docker, data) : undefined;
            reportErrorsOn(component, () => {
                refuseSeveralNodes(data, swarm);
            });
            return known.map(([label]) => label);
        });
}

/** Data that a container mounts. */
interface NodeData {
    label: string;
    /** Host name of the node that the user has chosen. */
    node?: string;
    /** Whether it will be created on the node that has the other data. */
    followsData?: boolean;
}

interface SwarmNodes {
    /** Host names of all nodes. */
    nodes: string[];
    /** Host name of the node that has a label. */
    withLabel: Record<string, string | undefined>;
}

/** Undefined if there is no Swarm, which the provider reports. */
async function readSwarm(docker: DockerClient, data: NodeData[]): Promise<SwarmNodes | undefined> {
    const list = async (...options: string[]) =>
        outputLines(await docker("node", "ls", "--format", "{{.Hostname}}", ...options));
    try {
        const withLabel = data.map(
            async ({ label }) => [label, (await list("--filter", `node.label=${label}`))[0]] as const,
        );
        return { nodes: await list(), withLabel: Object.fromEntries(await Promise.all(withLabel)) };
    } catch {
        return undefined;
    }
}

/**
 * @throws pulumi.InputPropertyError if the data is on several nodes, or may end up on several: Docker would wait for a node
 * that has all of it ("no suitable node")
 */
export function refuseSeveralNodes(data: NodeData[], swarm?: SwarmNodes): void {
    const placed = data.map((one) => ({ ...one, node: swarm?.withLabel[one.label] ?? one.node }));
    const [first, ...others] = placed.filter(({ node }) => node !== undefined);
    const other = others.find(({ node }) => node !== first?.node);
    if (first && other)
        refuse(
            "mounts",
            `the data of ${volumeOf(first)} is on the node ${first.node}, and that of ${volumeOf(other)} on ${other.node}: ` +
                "no node can run a container that mounts both; declare each as a Volume with the same swarm.node (Drydock does not move existing data)",
        );
    if (swarm === undefined || swarm.nodes.length < 2) return;
    const unplaced = placed.find(({ node, followsData }) => node === undefined && !followsData);
    const companion = placed.find(({ label, followsData }) => label !== unplaced?.label && !followsData);
    if (unplaced && companion)
        refuse(
            "mounts",
            `the data of ${volumeOf(unplaced)} is on no node yet, and must be on the one that has ${volumeOf(companion)}` +
                `${companion.node === undefined ? "" : ` (${companion.node})`}; declare each as a Volume with the same swarm.node`,
        );
}

function volumeOf({ label }: NodeData): string {
    return label.slice(LABEL_PREFIX.length);
}
