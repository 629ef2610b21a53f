import { Login } from "./registry-login";
import { parseImageName } from "./image-name";

export interface Registry {
    login?: Login;
    /** With `http://` for a registry without TLS. */
    address?: string;
}

/** The kinds of manifest that Docker pushes. */
const MANIFESTS = [
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
].join(", ");

/** The digest of the image that a registry has under a name; undefined where it has none. */
export async function manifestDigest(image: string, registry: Registry): Promise<string | undefined> {
    const response = await request("HEAD", image, parseImageName(image).tag, registry);
    return response.ok ? (response.headers.get("docker-content-digest") ?? undefined) : undefined;
}

/** Deletes an image at its registry; one that is gone already is no error. */
export async function deleteManifest(image: string, digest: string, registry: Registry): Promise<void> {
    const response = await request("DELETE", image, digest, registry);
    if (!response.ok && response.status !== 404) {
        throw new Error(
            `deleting ${image} at its registry: ${response.statusText}; set keepRemotely to leave it there`,
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
    const url = `${baseOf(registry.address ?? host)}/v2/${path}/manifests/${reference}`;
    const attempt = (authorization?: string) =>
        fetch(url, { method, headers: { accept: MANIFESTS, ...(authorization && { authorization }) } });
    const response = await attempt(basic(registry.login));
    const challenge = response.headers.get("www-authenticate") ?? "";
    if (response.status !== 401 || !challenge.startsWith("Bearer")) return response;
    return attempt(`Bearer ${await tokenFor(challenge, registry.login)}`);
}

/** A registry without TLS is only ever one on this machine, unless its address says http. */
function baseOf(address: string): string {
    if (/^https?:/.test(address)) return address.replace(/\/$/, "");
    return `${/^(localhost|127\.)/.test(address) ? "http" : "https"}://${address}`;
}

function basic(login?: Login): string | undefined {
    return login && `Basic ${Buffer.from(`${login.username}:${login.password}`).toString("base64")}`;
}

/** Answers a challenge such as `Bearer realm="https://auth...",service="...",scope="..."`. */
async function tokenFor(challenge: string, login?: Login): Promise<string> {
    const parameters = Object.fromEntries(
        [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value]),
    ) as Record<string, string>;
    const { realm = "", ...query } = parameters;
    const authorization = basic(login);
    const response = await fetch(`${realm}?${new URLSearchParams(query).toString()}`, {
        headers: authorization ? { authorization } : {},
    });
    const { token, access_token } = (await response.json()) as { token?: string; access_token?: string };
    return token ?? access_token ?? "";
}
