import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type Docker from "dockerode";
import type { Failure } from "../../plugin/check.ts";
import { plannedState } from "../../plugin/state.ts";
import { type Context, type Existing, InitializationError, resource } from "../../plugin/provider.ts";
import { isObject, secret, type Values } from "../../plugin/values.ts";
import { findLogin, type Login } from "./registry-login.ts";
import { ConvergeTimeoutError, describeFailedTasks, waitUntilRunning, waitUntilUpdated } from "./converge.ts";
import { attempt, type Daemon, undefinedIfNotFound, isNotFound, errorReason } from "./daemon.ts";
import { nanosecondsOrZero } from "./duration.ts";
import { type ServiceInputs, serviceProperties } from "./service-properties.ts";
import { serviceSpec } from "./service-spec.ts";
import { serviceState } from "./service-state.ts";
import type { Service, ServiceSpec, Task } from "./swarm-api.ts";
import { familiarName, resolveImage } from "./service-image.ts";

/** How long to wait for Swarm to choose ports. The same as in the official provider. */
const ALLOCATION_TIMEOUT_MS = 2000;

/** `docker:index/service:Service`: containers that a Swarm keeps running on its nodes. */
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
            const image = await resolveImage(daemon, inputs.taskSpec.containerSpec.image, login);
            const { id } = await attempt(
                `creating service ${inputs.name}`,
                // dockerode's types describe an older API version.
                daemon.docker.createService(login, serviceSpec(inputs, image) as Docker.ServiceSpec),
            );
            const { convergeConfig } = inputs;
            if (convergeConfig) {
                await waitOrDelete(
                    daemon,
                    id,
                    inputs,
                    context,
                    waitUntilRunning(daemon, id, convergeConfig, context),
                );
            }
            return { id, state: (await inspectOnceAllocated(daemon, id, inputs))?.state ?? inputs };
        },

        async read(id, state) {
            // If the service was recreated under the same name outside of Pulumi, adopt the new one.
            const { name } = state as { name?: string };
            return (await inspect(daemon, id, state)) ?? (name ? inspect(daemon, name, state) : undefined);
        },

        async update(id, state, declared, context) {
            const inputs = plannedState(serviceProperties, state, declared) as unknown as ServiceInputs;
            const { image } = inputs.taskSpec.containerSpec;
            const spec = serviceSpec(inputs, { image: familiarName(image), platforms: [] });
            try {
                await sendUpdate(daemon, id, spec, loginFor(daemon, inputs));
                const { convergeConfig } = inputs;
                if (convergeConfig) await waitUntilUpdated(daemon, id, convergeConfig, context);
            } catch (error) {
                // As in the official provider, record the requested state. The next update requests it again.
                const taskOutput = context.signal.aborted
                    ? ""
                    : await describeFailedTasks(daemon, id).catch(() => "");
                throw new InitializationError(id, inputs, errorReason(error) + taskOutput);
            }
            return (await inspectOnceAllocated(daemon, id, inputs))?.state ?? inputs;
        },

        async delete(id, state) {
            await deleteService(daemon, id, state);
        },
    });

async function sendUpdate({ docker }: Daemon, id: string, spec: ServiceSpec, login: Login): Promise<void> {
    const { Version } = (await docker.getService(id).inspect()) as Service;
    // Without `_query` and `_body`, dockerode also puts the specification into the URL.
    const options = { _query: { version: Version.Index }, _body: spec };
    const running = docker.getService(id) as unknown as {
        update(login: Login, options: object): Promise<unknown>;
    };
    await attempt(`updating service ${spec.Name}`, running.update(login, options));
}

/** Deletes a new service that does not come up. After Ctrl-C, keeps it in the state instead. */
async function waitOrDelete(
    daemon: Daemon,
    id: string,
    inputs: ServiceInputs,
    { signal }: Context,
    convergence: Promise<void>,
): Promise<void> {
    try {
        await convergence;
    } catch (error) {
        if (signal.aborted) {
            const current = await inspect(daemon, id, inputs);
            throw new InitializationError(id, current?.state ?? inputs, errorReason(error));
        }
        const taskOutput =
            error instanceof ConvergeTimeoutError
                ? await describeFailedTasks(daemon, id).catch(() => "")
                : "";
        await deleteService(daemon, id, inputs);
        throw new Error(errorReason(error) + taskOutput, { cause: error });
    }
}

/** Returns an empty login if there is none, which removes one that was set before. */
function loginFor({ registryAuth }: Daemon, { auth, taskSpec }: ServiceInputs): Login {
    const emptyLogin = {} as Login;
    if (!auth) return findLogin(taskSpec.containerSpec.image, registryAuth) ?? emptyLogin;
    const { username, password, serverAddress } = auth;
    return username && password ? { username, password, serveraddress: serverAddress } : emptyLogin;
}

/** Reads a service. `auth` and `convergeConfig`, which Docker does not store, are those of the inputs. */
async function inspect({ docker }: Daemon, id: string, declared: Values): Promise<Existing | undefined> {
    const inspected = (await undefinedIfNotFound(docker.getService(id).inspect())) as Service | undefined;
    if (!inspected) return undefined;
    const { auth, convergeConfig } = declared;
    return { id: inspected.ID, state: { auth, convergeConfig, ...serviceState(inspected) } };
}

/** Reads a service once Swarm has chosen its ports. */
async function inspectOnceAllocated(
    daemon: Daemon,
    id: string,
    declared: Values,
): Promise<Existing | undefined> {
    for (const deadline = Date.now() + ALLOCATION_TIMEOUT_MS; Date.now() < deadline;) {
        const { Spec, Endpoint } = (await daemon.docker.getService(id).inspect()) as Service;
        if (Spec.EndpointSpec?.Mode === "dnsrr" || isDeepStrictEqual(Endpoint?.Spec, Spec.EndpointSpec))
            break;
        await sleep(100);
    }
    return inspect(daemon, id, declared);
}

function checkConverge({ convergeConfig, mode }: Values): Failure[] {
    if (!convergeConfig || !isObject(mode) || mode.global === undefined) return [];
    const reason = "convergeConfig: cannot wait for a service with mode.global; remove one of the two";
    return [{ property: "convergeConfig", reason }];
}

function checkNetworks({ taskSpec }: Values): Failure[] {
    const networks = isObject(taskSpec) ? taskSpec.networksAdvanceds : undefined;
    if (!Array.isArray(networks)) return [];
    return networks.flatMap((network, i) => {
        if (!isObject(network) || network.id || network.name) return [];
        const property = `taskSpec.networksAdvanceds[${i}].id`;
        return [{ property, reason: `${property}: required; set it to the ID of a network` }];
    });
}

/**
 * Deletes a service. As in the official provider, it is an error if it does not exist. With a grace period, waits until the
 * containers on this machine are removed: until then, their networks and volumes cannot be deleted.
 */
export async function deleteService(
    daemon: Daemon,
    id: string,
    { name = id, taskSpec }: Partial<ServiceInputs>,
): Promise<void> {
    const graceMs = nanosecondsOrZero(taskSpec?.containerSpec.stopGracePeriod) / 1e6;
    const containers = graceMs > 0 ? await taskContainers(daemon, id) : [];
    await attempt(`deleting service ${name}`, daemon.docker.getService(id).remove());
    const deadline = Date.now() + graceMs;
    for (const container of containers) await waitUntilRemoved(daemon, container, deadline);
}

async function taskContainers({ docker }: Daemon, id: string): Promise<string[]> {
    const filters = JSON.stringify({ service: [id] });
    const tasks = (await docker.listTasks({ filters })) as Task[];
    return tasks.flatMap(({ Status }) => {
        const container = Status.ContainerStatus?.ContainerID;
        return container && Status.State !== "shutdown" ? [container] : [];
    });
}

/** Waits until Swarm has removed a container. Removes it after the deadline. */
async function waitUntilRemoved({ docker }: Daemon, id: string, deadline: number): Promise<void> {
    const container = docker.getContainer(id);
    const abortSignal = AbortSignal.timeout(Math.max(deadline - Date.now(), 1));
    await container.wait({ condition: "removed", abortSignal }).catch((error: unknown) => {
        if (!isNotFound(error) && !abortSignal.aborted) throw error;
    });
    await undefinedIfNotFound(container.remove({ v: true, force: true })).catch((error: unknown) => {
        if (!String(error).includes("already in progress")) throw error;
    });
}
