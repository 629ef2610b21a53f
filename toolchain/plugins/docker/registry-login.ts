import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { parseImageName } from "./image-name.ts";

export interface Login {
    username: string;
    password: string;
    serveraddress: string;
}

export interface RegistryAuth {
    address: string;
    username?: string;
    password?: string;
}

/** The address of Docker Hub in Docker's config.json. */
const HUB = "https://index.docker.io/v1/";

/** A helper may ask a server for the login. In milliseconds. */
const HELPER_TIMEOUT = 30_000;

/** Equivalent host names of Docker Hub. */
const HUB_HOSTS = ["docker.io", "index.docker.io", "registry-1.docker.io"];

/** The login for an image's registry: a configured one, otherwise that of `docker login`. */
export function findLogin(
    image: string,
    configured: readonly RegistryAuth[],
    env = process.env,
): Login | undefined {
    const registry = registryOf(image);
    const match = findRegistryAuth(image, configured);
    const { username = env.DOCKER_REGISTRY_USER, password = env.DOCKER_REGISTRY_PASS } = match ?? {};
    if (match && username && password) return { username, password, serveraddress: registry };
    return cliLogin(registry, env);
}

/** The entry of the provider's `registryAuth` for an image's registry. */
export function findRegistryAuth(
    image: string,
    configured: readonly RegistryAuth[],
): RegistryAuth | undefined {
    return configured.find(({ address }) => hostOf(address) === hostOf(registryOf(image)));
}

function registryOf(image: string): string {
    const { registry = HUB } = parseImageName(image);
    return hostOf(registry) === hostOf(HUB) ? HUB : registry;
}

function hostOf(address: string): string {
    const host = address.replace(/^https?:\/\//, "").replace(/\/.*$/, "");
    return HUB_HOSTS.includes(host) ? "index.docker.io" : host;
}

interface DockerConfig {
    auths?: Record<string, { auth?: string }>;
    credHelpers?: Record<string, string>;
    credsStore?: string;
}

/** The login of `docker login`, in config.json or in a credential helper. */
function cliLogin(registry: string, env: NodeJS.ProcessEnv): Login | undefined {
    const { auths = {}, credHelpers = {}, credsStore } = readDockerConfig(env);
    const isOfRegistry = ([address]: [string, unknown]) => hostOf(address) === hostOf(registry);
    const helper = Object.entries(credHelpers).find(isOfRegistry)?.[1] ?? credsStore;
    const stored = helper === undefined ? undefined : helperLogin(helper, registry, env);
    if (stored) return stored;
    const entry = Object.entries(auths).find(isOfRegistry);
    const [username, ...password] = Buffer.from(entry?.[1].auth ?? "", "base64")
        .toString()
        .split(":");
    return username ? { username, password: password.join(":"), serveraddress: registry } : undefined;
}

function readDockerConfig(env: NodeJS.ProcessEnv): DockerConfig {
    try {
        const file = join(env.DOCKER_CONFIG ?? join(homedir(), ".docker"), "config.json");
        return JSON.parse(readFileSync(file, "utf8")) as DockerConfig;
    } catch {
        return {}; // There is no config.json: nobody has logged in.
    }
}

/** See https://github.com/docker/docker-credential-helpers. A helper without a login for the registry fails. */
function helperLogin(helper: string, registry: string, env: NodeJS.ProcessEnv): Login | undefined {
    const { status, stdout } = spawnSync(`docker-credential-${helper}`, ["get"], {
        input: registry,
        encoding: "utf8",
        env,
        timeout: HELPER_TIMEOUT,
    });
    if (status !== 0) return undefined;
    const { Username: username, Secret: password } = JSON.parse(stdout) as Record<string, string | undefined>;
    // An identity token has this name. The Docker Engine exchanges it itself.
    if (username === "<token>" || !username || !password) return undefined;
    return { username, password, serveraddress: registry };
}
