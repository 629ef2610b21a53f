import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import Docker from "dockerode";
import { Failure } from "../../plugin/check";
import { planned } from "../../plugin/state";
import { Context, Existing, InitializationError, resource } from "../../plugin/provider";
import { isObject, secret, Values } from "../../plugin/values";
import { findLogin, Login } from "./registry-login";
import { DidNotConverge, lastWords, untilRunning, untilUpdated } from "./converge";
import { attempt, Daemon, found, isNotFound, reasonOf } from "./daemon";
import { nanosecondsOrZero } from "./duration";
import { ServiceInputs, serviceProperties } from "./service-properties";
import { serviceSpec } from "./service-spec";
import { serviceState } from "./service-state";
import { Service, ServiceSpec, Task } from "./swarm-api";
import { familiar, resolve } from "./service-image";

/** How long Swarm may take to choose ports, in milliseconds (the time that the official provider waits). */
const ALLOCATION_TIMEOUT = 2000;

/** `docker:index/service:Service`: containers that a Swarm keeps running, on any of its nodes. */
export const service = (daemon: Daemon) =>
    resource<ServiceInputs>({
        token: "docker:index/service:Service",
        properties: serviceProperties,
        outputs: [],
        schemaVersion: 2,

        check: (inputs) => {
            if (isObject(inputs.auth) && typeof inputs.auth.password === "string") {
                inputs.auth.password = secret(inputs.auth.password);
            }
            return [...checkConverge(inputs), ...checkNetworks(inputs)];
        },

        async create(inputs, context) {
            const login = loginFor(daemon, inputs);
            const image = await resolve(daemon, inputs.taskSpec.containerSpec.image, login);
            const { id } = await attempt(
                `creating service ${inputs.name}`,
                // dockerode's types are those of an earlier API.
                daemon.docker.createService(login, serviceSpec(inputs, image) as Docker.ServiceSpec),
            );
            const { convergeConfig } = inputs;
            if (convergeConfig) {
                await orDeleted(
                    daemon,
                    id,
                    inputs,
                    context,
                    untilRunning(daemon, id, convergeConfig, context),
                );
            }
            return { id, state: (await settled(daemon, id, inputs))?.state ?? inputs };
        },

        async read(id, state) {
            // One that was made again by the same name behind the program's back is taken for it.
            const { name } = state as { name?: string };
            return (await inspect(daemon, id, state)) ?? (name ? inspect(daemon, name, state) : undefined);
        },

        async update(id, state, declared, context) {
            const inputs = planned(serviceProperties, state, declared) as unknown as ServiceInputs;
            const { image } = inputs.taskSpec.containerSpec;
            const spec = serviceSpec(inputs, { image: familiar(image), platforms: [] });
            try {
                await change(daemon, id, spec, loginFor(daemon, inputs));
                const { convergeConfig } = inputs;
                if (convergeConfig) await untilUpdated(daemon, id, convergeConfig, context);
            } catch (error) {
                // Officially too, the state is then what was asked for, and the next update asks again.
                const words = context.signal.aborted ? "" : await lastWords(daemon, id).catch(() => "");
                throw new InitializationError(id, inputs, reasonOf(error) + words);
            }
            return (await settled(daemon, id, inputs))?.state ?? inputs;
        },

        async delete(id, state) {
            await removeService(daemon, id, state);
        },
    });

async function change({ docker }: Daemon, id: string, spec: ServiceSpec, login: Login): Promise<void> {
    const { Version } = (await docker.getService(id).inspect()) as Service;
    // Where it is not told of both apart, dockerode sends the specification as the query, too.
    const options = { _query: { version: Version.Index }, _body: spec };
    const running = docker.getService(id) as unknown as {
        update(login: Login, options: object): Promise<unknown>;
    };
    await attempt(`updating service ${spec.Name}`, running.update(login, options));
}

/** A service that does not come up is deleted; one that was interrupted stays, and stays tracked. */
async function orDeleted(
    daemon: Daemon,
    id: string,
    inputs: ServiceInputs,
    { signal }: Context,
    waiting: Promise<void>,
): Promise<void> {
    try {
        await waiting;
    } catch (error) {
        if (signal.aborted) {
            const now = await inspect(daemon, id, inputs);
            throw new InitializationError(id, now?.state ?? inputs, reasonOf(error));
        }
        const words = error instanceof DidNotConverge ? await lastWords(daemon, id).catch(() => "") : "";
        await removeService(daemon, id, inputs);
        throw new Error(reasonOf(error) + words, { cause: error });
    }
}

/** An empty login, too, is sent: it takes the place of one that the service was given before. */
function loginFor({ registryAuth }: Daemon, { auth, taskSpec }: ServiceInputs): Login {
    const none = {} as Login;
    if (!auth) return findLogin(taskSpec.containerSpec.image, registryAuth) ?? none;
    const { username, password, serverAddress } = auth;
    return username && password ? { username, password, serveraddress: serverAddress } : none;
}

/** The service as it is; what only this provider knows of is as it was declared. */
async function inspect({ docker }: Daemon, id: string, declared: Values): Promise<Existing | undefined> {
    const seen = (await found(docker.getService(id).inspect())) as Service | undefined;
    if (!seen) return undefined;
    const { auth, convergeConfig } = declared;
    return { id: seen.ID, state: { auth, convergeConfig, ...serviceState(seen) } };
}

/** The service once Swarm has chosen the ports that the program left open. */
async function settled(daemon: Daemon, id: string, declared: Values): Promise<Existing | undefined> {
    for (const deadline = Date.now() + ALLOCATION_TIMEOUT; Date.now() < deadline;) {
        const { Spec, Endpoint } = (await daemon.docker.getService(id).inspect()) as Service;
        if (Spec.EndpointSpec?.Mode === "dnsrr" || isDeepStrictEqual(Endpoint?.Spec, Spec.EndpointSpec))
            break;
        await sleep(100);
    }
    return inspect(daemon, id, declared);
}

function checkConverge({ convergeConfig, mode }: Values): Failure[] {
    if (!convergeConfig || !isObject(mode) || mode.global === undefined) return [];
    const reason =
        "convergeConfig: a service with mode.global cannot be waited for; leave one of the two out";
    return [{ property: "convergeConfig", reason }];
}

function checkNetworks({ taskSpec }: Values): Failure[] {
    const networks = isObject(taskSpec) ? taskSpec.networksAdvanceds : undefined;
    if (!Array.isArray(networks)) return [];
    return networks.flatMap((network, i) => {
        if (!isObject(network) || network.id || network.name) return [];
        const property = `taskSpec.networksAdvanceds[${i}].id`;
        return [{ property, reason: `${property}: is required, set it to a network's id` }];
    });
}

/**
 * Deletes a service; one that is gone already is an error, as officially. With a grace period it waits until the containers on this machine are gone, since what
 * they use, such as a network or a volume, can be deleted only then.
 */
export async function removeService(
    daemon: Daemon,
    id: string,
    { name = id, taskSpec }: Partial<ServiceInputs>,
): Promise<void> {
    const grace = nanosecondsOrZero(taskSpec?.containerSpec.stopGracePeriod) / 1e6;
    const containers = grace > 0 ? await containersOf(daemon, id) : [];
    await attempt(`deleting service ${name}`, daemon.docker.getService(id).remove());
    const deadline = Date.now() + grace;
    for (const container of containers) await gone(daemon, container, deadline);
}

async function containersOf({ docker }: Daemon, id: string): Promise<string[]> {
    const filters = JSON.stringify({ service: [id] });
    const tasks = (await docker.listTasks({ filters })) as Task[];
    return tasks.flatMap(({ Status }) => {
        const container = Status.ContainerStatus?.ContainerID;
        return container && Status.State !== "shutdown" ? [container] : [];
    });
}

/** Waits for a container to be removed by Swarm, and removes it once the time is over. */
async function gone({ docker }: Daemon, id: string, deadline: number): Promise<void> {
    const container = docker.getContainer(id);
    const abortSignal = AbortSignal.timeout(Math.max(deadline - Date.now(), 1));
    await container.wait({ condition: "removed", abortSignal }).catch((error: unknown) => {
        if (!isNotFound(error) && !abortSignal.aborted) throw error;
    });
    await found(container.remove({ v: true, force: true })).catch((error: unknown) => {
        if (!String(error).includes("already in progress")) throw error;
    });
}
