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

/** The login that `docker login` stored in config.json. Credential helpers are not supported. */
function cliLogin(registry: string, env: NodeJS.ProcessEnv): Login | undefined {
    const file = join(env.DOCKER_CONFIG ?? join(homedir(), ".docker"), "config.json");
    try {
        const { auths = {} } = JSON.parse(readFileSync(file, "utf8")) as {
            auths?: Record<string, { auth?: string }>;
        };
        const entry = Object.entries(auths).find(([address]) => hostOf(address) === hostOf(registry));
        const [username, ...password] = Buffer.from(entry?.[1].auth ?? "", "base64")
            .toString()
            .split(":");
        return username ? { username, password: password.join(":"), serveraddress: registry } : undefined;
    } catch {
        return undefined; // There is no config.json: nobody has logged in.
    }
}
