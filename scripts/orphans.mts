/** What an update that was killed has made in Docker, and no state knows. */
import { execFileSync, spawnSync, type StdioOptions } from "node:child_process";

export interface Resource {
    type: string;
    id?: string;
    inputs?: Record<string, unknown>;
}

type Environment = Record<string, string | undefined>;

/** Removed in this order: a service uses the others. Volumes are not among them: creating one that exists adopts it. */
const KINDS: Record<string, { list: string[]; remove: string[] }> = {
    containers: { list: ["ps", "--all", "--no-trunc"], remove: ["rm", "--force"] },
    services: { list: ["service", "ls"], remove: ["service", "rm"] },
    secrets: { list: ["secret", "ls"], remove: ["secret", "rm"] },
    configs: { list: ["config", "ls"], remove: ["config", "rm"] },
    networks: { list: ["network", "ls", "--no-trunc"], remove: ["network", "rm"] },
};

/**
 * Removes what carries the labels of the stack and is not in its state, from every Docker Engine that it uses.
 *
 * @param settings the stack's settings of the Docker provider
 */
export function removeOrphans(
    project: string,
    stack: string,
    resources: Resource[],
    settings: () => Record<string, unknown>,
): void {
    const known = resources.flatMap(({ id }) => id ?? []);
    const filters = [`label=drydock.project=${project}`, `label=drydock.stack=${stack}`];
    for (const env of engines(resources, settings)) {
        const docker = (...args: string[]) => run(env, ...args);
        const lines = (...args: string[]) =>
            docker(...args)
                .split("\n")
                .filter(Boolean);
        const manager = managesSwarm(env);
        for (const [kind, { list, remove }] of Object.entries(KINDS)) {
            if (!manager && list[1] === "ls" && kind !== "networks") continue;
            const found = lines(...list, "--quiet", ...filters.flatMap((filter) => ["--filter", filter]));
            // Docker shortens some IDs, whatever it is asked.
            const orphans = found.filter((id) => !known.some((other) => other.startsWith(id)));
            if (orphans.length === 0) continue;
            console.log(`→ An update was killed: removing ${orphans.length} ${kind} that it left`);
            for (const id of orphans) removeOne(docker, [...remove, id]);
        }
    }
}

/** Containers of a service that is gone take some seconds to leave its networks. */
function removeOne(docker: (...args: string[]) => string, command: string[]): void {
    const deadline = Date.now() + 30_000;
    for (;;) {
        try {
            docker(...command);
            return;
        } catch (error) {
            if (Date.now() < deadline) {
                spawnSync("sleep", ["1"]);
                continue;
            }
            console.error(`\n✗ docker ${command.join(" ")}: ${saidBy(error)}`);
            process.exit(1);
        }
    }
}

function saidBy(error: unknown): string {
    const { stderr = "" } = error as { stderr?: string };
    return stderr.trim();
}

function run(env: Environment, ...args: string[]): string {
    const stdio: StdioOptions = ["ignore", "pipe", "pipe"];
    return execFileSync("docker", args, { encoding: "utf8", env: { ...process.env, ...env }, stdio });
}

/** Services, secrets and configs are asked of a manager. Fails, with a sentence, where no Docker Engine answers. */
function managesSwarm(env: Environment): boolean {
    try {
        return run(env, "info", "--format", "{{.Swarm.ControlAvailable}}").trim() === "true";
    } catch (error) {
        const remedy =
            env.DOCKER_HOST === "unix://.drydock/swarm/docker.sock"
                ? "the rehearsal is not up: run `make swarm-up`"
                : "see that docker:host in the stack's settings is right, and the machine is up";
        console.error(`\n✗ ${saidBy(error).split("\n").at(-1) ?? ""}\n  ${remedy}.`);
        process.exit(1);
    }
}

/**
 * How to reach the Docker Engine of each provider: by what the docker command reads. The state knows them, but for
 * that of a first update, which the settings tell.
 */
function engines(resources: Resource[], settings: () => Record<string, unknown>): Environment[] {
    const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);
    const known = resources.filter(({ type }) => type === "pulumi:providers:docker");
    const providers = known.length > 0 ? known.map(({ inputs = {} }) => inputs) : [settings()];
    const all = providers.map(({ host, context, certPath }) => {
        return {
            ...(text(host) && { DOCKER_HOST: text(host) }),
            ...(text(context) && { DOCKER_CONTEXT: text(context) }),
            ...(text(certPath) && { DOCKER_CERT_PATH: text(certPath), DOCKER_TLS_VERIFY: "1" }),
        };
    });
    // One engine, however many providers reach it the same way.
    return [...new Map([{}, ...all].map((env) => [JSON.stringify(env), env])).values()];
}
