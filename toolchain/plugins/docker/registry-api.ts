import type { Login } from "./registry-login.ts";
import { parseImageName } from "./image-name.ts";

export interface Registry {
    login?: Login;
    /** Starts with `http://` for a registry without TLS. */
    address?: string;
}

/** The manifest types that Docker pushes. */
const MANIFESTS = [
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
].join(", ");

/** The digest of an image in its registry; undefined if it does not exist. */
export async function manifestDigest(image: string, registry: Registry): Promise<string | undefined> {
    const response = await request("HEAD", image, parseImageName(image).tag, registry);
    return response.ok ? (response.headers.get("docker-content-digest") ?? undefined) : undefined;
}

/** Deletes an image from its registry. It is not an error if it does not exist. */
export async function deleteManifest(image: string, digest: string, registry: Registry): Promise<void> {
    const response = await request("DELETE", image, digest, registry);
    if (!response.ok && response.status !== 404) {
        throw new Error(
            `deleting ${image} from its registry: ${response.statusText}; set keepRemotely to keep it`,
        );
    }
}

async function request(
    method: string,
    image: string,
    reference: string,
    registry: Registry,
): Promise<Response> {
    const { registry: host = "registry-1.docker.io", path } = parseImageName(image);
    const url = `${baseUrl(registry.address ?? host)}/v2/${path}/manifests/${reference}`;
    const send = (authorization?: string) =>
        fetch(url, { method, headers: { accept: MANIFESTS, ...(authorization && { authorization }) } });
    const response = await send(basicAuthorization(registry.login));
    const challenge = response.headers.get("www-authenticate") ?? "";
    if (response.status !== 401 || !challenge.startsWith("Bearer")) return response;
    return send(`Bearer ${await fetchToken(challenge, registry.login)}`);
}

/** Uses plain HTTP only for a registry on this machine or with an http address. */
function baseUrl(address: string): string {
    if (/^https?:/.test(address)) return address.replace(/\/$/, "");
    return `${/^(localhost|127\.)/.test(address) ? "http" : "https"}://${address}`;
}

function basicAuthorization(login?: Login): string | undefined {
    return login && `Basic ${Buffer.from(`${login.username}:${login.password}`).toString("base64")}`;
}

/** Answers a challenge such as `Bearer realm="https://auth...",service="...",scope="..."`. */
async function fetchToken(challenge: string, login?: Login): Promise<string> {
    const parameters = Object.fromEntries(
        [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value]),
    ) as Record<string, string>;
    const { realm = "", ...query } = parameters;
    const authorization = basicAuthorization(login);
    const response = await fetch(`${realm}?${new URLSearchParams(query).toString()}`, {
        headers: authorization ? { authorization } : {},
    });
    const { token, access_token } = (await response.json()) as { token?: string; access_token?: string };
    return token ?? access_token ?? "";
}
