import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { parseImageName } from "./image-name";

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

/** Docker's own file names Docker Hub by this address. */
const HUB = "https://index.docker.io/v1/";

/** By which of its hosts a login or an image names Docker Hub makes no difference. */
const HUB_HOSTS = ["docker.io", "index.docker.io", "registry-1.docker.io"];

/** The login for an image's registry: among those given, else the Docker CLI's, else none. */
export function findLogin(
    image: string,
    given: readonly RegistryAuth[],
    env = process.env,
): Login | undefined {
    const { registry: named = HUB } = parseImageName(image);
    const registry = hostOf(named) === hostOf(HUB) ? HUB : named;
    const match = given.find(({ address }) => hostOf(address) === hostOf(registry));
    const { username = env.DOCKER_REGISTRY_USER, password = env.DOCKER_REGISTRY_PASS } = match ?? {};
    if (match && username && password) return { username, password, serveraddress: registry };
    return cliLogin(registry, env);
}

function hostOf(address: string): string {
    const host = address.replace(/^https?:\/\//, "").replace(/\/.*$/, "");
    return HUB_HOSTS.includes(host) ? "index.docker.io" : host;
}

/** A login that `docker login` left in its file; one kept by a credential helper is not looked for. */
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
        return undefined; // No file: nobody logged in.
    }
}
