/** The nodes of the local cluster as members of its Swarm. All are managers. */
import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import { CommandError } from "../exit-codes.ts";
import { messageOf } from "../project.ts";
import { type Cluster, containerName, nodeName, NODES, socketDirectory } from "./cluster.ts";
import { logTail, RETRY_REMEDY } from "./docker.ts";
import { connectNode } from "./node.ts";
import { step } from "../step.ts";

const SWARM_PORT = 2377;

/** How long to retry, in milliseconds. On a busy machine, a restarted node can take more than a minute to join again. */
const RETRY_TIMEOUT = 300_000;
const RETRY_INTERVAL = 500;

interface Member {
    node: number;
    engine: Docker;
    address: string;
}

interface ApiNode {
    ID: string;
    Version: { Index: number };
    Spec: object;
    Description: { Hostname: string };
    Status: { State: string };
    ManagerStatus?: { Reachability: string };
}

/** Joins nodes that are in no Swarm, and waits until all are ready. */
export async function joinNodes(cluster: Cluster, addressOf: (node: number) => string): Promise<void> {
    const members = await Promise.all(
        NODES.map(async (node) => ({
            node,
            engine: await connectNode(socketDirectory(cluster, node)),
            address: addressOf(node),
        })),
    );
    for (const member of members) {
        const state = await swarmState(member);
        // A restarted node joins again by itself.
        if (state !== "inactive" && state !== "error") continue;
        const name = nodeName(member.node);
        try {
            await step(`Joining ${name} to the Swarm`, () => initOrJoin(member, members));
        } catch (error) {
            const log = await logTail(cluster.docker, containerName(cluster, member.node));
            throw new CommandError(
                `${name} does not join the Swarm: ${messageOf(error)}. The end of its log:${log.map((line) => `\n    ${line}`).join("")}`,
                RETRY_REMEDY,
            );
        }
    }
    await waitUntilReady(members);
}

async function waitUntilReady(members: Member[]): Promise<void> {
    const readyNodes = async () => {
        const manager = await findManager(members);
        const nodes = manager ? ((await manager.engine.listNodes()) as ApiNode[]) : [];
        return nodes
            .filter(
                ({ Status, ManagerStatus }) =>
                    Status.State === "ready" && ManagerStatus?.Reachability === "reachable",
            )
            .map(({ Description }) => Description.Hostname);
    };
    let ready: string[] = [];
    const areReady = async () => {
        ready = await readyNodes();
        return ready.length === members.length || undefined;
    };
    if (await areReady()) return;
    const wasReady = await step("Waiting until all nodes are ready", () => retry(areReady));
    if (wasReady) return;
    const late = members.map(({ node }) => nodeName(node)).filter((name) => !ready.includes(name));
    throw new CommandError(`Some nodes are not ready: ${late.join(", ")}`, RETRY_REMEDY);
}

/** Initializes a Swarm only if no node is in one, even if its managers have not found each other yet. */
async function initOrJoin(member: Member, members: Member[]): Promise<void> {
    const { engine, address } = member;
    const common = { ListenAddr: `0.0.0.0:${SWARM_PORT}`, AdvertiseAddr: address };
    if ((await swarmState(member)) === "error") await engine.swarmLeave({ force: true });
    const states = await Promise.all(members.map(swarmState));
    if (states.every((state) => state === "inactive")) {
        await engine.swarmInit(common);
        return;
    }
    const manager = await retry(() => findManager(members));
    if (!manager) throw new Error("no manager answers");
    await removeLostNode(manager, nodeName(member.node));
    const { JoinTokens } = (await manager.engine.swarmInspect()) as { JoinTokens: { Manager: string } };
    await engine.swarmJoin({
        ...common,
        JoinToken: JoinTokens.Manager,
        RemoteAddrs: [`${manager.address}:${SWARM_PORT}`],
    });
}

/** `inactive`, `pending`, `active` or `error`. Undefined if the engine does not answer. */
async function swarmState({ engine }: Member): Promise<string | undefined> {
    try {
        const { Swarm } = (await engine.info()) as { Swarm: { LocalNodeState: string } };
        return Swarm.LocalNodeState;
    } catch {
        return undefined;
    }
}

/** The first node that works as a manager. */
async function findManager(members: Member[]): Promise<Member | undefined> {
    for (const member of members) {
        try {
            await member.engine.listNodes();
            return member;
        } catch {
            // It is in no Swarm, or has not found the other managers yet.
        }
    }
    return undefined;
}

/** Removes a lost node of this name from the Swarm. */
async function removeLostNode({ engine }: Member, name: string): Promise<void> {
    const nodes = (await engine.listNodes()) as ApiNode[];
    for (const { ID, Version, Spec } of nodes.filter(({ Description }) => Description.Hostname === name)) {
        const node = engine.getNode(ID);
        await node.update({ version: Version.Index, ...Spec, Role: "worker" });
        await node.remove({ force: true });
    }
}

/** Undefined if it takes too long. */
async function retry<T>(attempt: () => Promise<T | undefined>): Promise<T | undefined> {
    const deadline = Date.now() + RETRY_TIMEOUT;
    for (;;) {
        const result = await attempt();
        if (result !== undefined || Date.now() >= deadline) return result;
        await sleep(RETRY_INTERVAL);
    }
}
