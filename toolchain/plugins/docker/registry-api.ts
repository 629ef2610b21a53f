import { createHash } from "node:crypto";
import { Agent as HttpAgent, type IncomingHttpHeaders, request as requestHttp } from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import type { Login } from "./registry-login.ts";
import { parseImageName } from "./image-name.ts";

export interface Registry {
    login?: Login;
    /** Starts with `http://` for a registry without TLS. */
    address?: string;
    /** Does not verify the registry's certificate. */
    insecureSkipVerify?: boolean;
    signal?: AbortSignal;
}

interface Answer {
    status: number;
    /** Such as `404 Not Found`. */
    statusLine: string;
    headers: IncomingHttpHeaders;
    body: Buffer;
}

/** The manifest types that Docker pushes. */
const MANIFESTS = [
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
].join(", ");

/** Docker Hub's registry. Its other names lead to a website. */
const HUB = "registry-1.docker.io";

/** How long a registry may take for one request, in milliseconds. The official plugin waits for ever. */
const TIMEOUT = 15_000;

const MAX_REDIRECTS = 5;

/**
 * The digest of an image in its registry. Asks for the headers first, which do not count towards Docker Hub's limit.
 *
 * @throws Error with the registry's answer if it is anything else
 */
export async function fetchDigest(image: string, registry: Registry): Promise<string> {
    const { tag, digest = tag } = parseImageName(image);
    const answer = await request("HEAD", image, digest, registry);
    if (answer.status !== 200) throw new Error(`got bad response from registry: ${answer.statusLine}`);
    const known = answer.headers["docker-content-digest"];
    if (typeof known === "string") return known;
    const { body } = await request("GET", image, digest, registry);
    return `sha256:${createHash("sha256").update(body).digest("hex")}`;
}

/** The digest of an image in its registry; undefined if it does not exist. */
export async function manifestDigest(image: string, registry: Registry): Promise<string | undefined> {
    const answer = await request("HEAD", image, parseImageName(image).tag, registry);
    const digest = answer.headers["docker-content-digest"];
    return answer.status === 200 && typeof digest === "string" ? digest : undefined;
}

/** Deletes an image from its registry. It is not an error if it does not exist. */
export async function deleteManifest(image: string, digest: string, registry: Registry): Promise<void> {
    const { status, statusLine } = await request("DELETE", image, digest, registry);
    if (status >= 300 && status !== 404) {
        throw new Error(`deleting ${image} from its registry: ${statusLine}; set keepRemotely to keep it`);
    }
}

async function request(
    method: string,
    image: string,
    reference: string,
    registry: Registry,
): Promise<Answer> {
    const { host, path } = locate(image);
    let failure: unknown;
    for (const base of baseUrls(host === HUB ? HUB : (registry.address ?? host))) {
        const url = new URL(`${base}/v2/${path}/manifests/${reference}`);
        try {
            return await authorized(method, url, registry);
        } catch (error) {
            failure = error;
        }
    }
    throw failure;
}

function locate(image: string): { host: string; path: string } {
    const { registry = "docker.io", path } = parseImageName(image);
    if (!/^(index\.|registry-1\.)?docker\.io$/.test(registry)) return { host: registry, path };
    return { host: HUB, path: path.includes("/") ? path : `library/${path}` };
}

/** As Docker does, tries plain HTTP after https for a registry on this machine, and does not verify its certificate. */
function baseUrls(address: string): string[] {
    if (/^https?:/.test(address)) return [new URL(address).origin];
    return isLoopback(address) ? [`https://${address}`, `http://${address}`] : [`https://${address}`];
}

function isLoopback(host: string): boolean {
    return /^(localhost|127\.[\d.]+|\[::1\])(:|$)/.test(host);
}

async function authorized(method: string, url: URL, registry: Registry): Promise<Answer> {
    const answer = await send(method, url, basicAuthorization(registry.login), registry);
    const challenge = answer.headers["www-authenticate"] ?? "";
    if (answer.status !== 401 || !challenge.startsWith("Bearer")) return answer;
    return send(method, url, `Bearer ${await fetchToken(challenge, registry)}`, registry);
}

function basicAuthorization(login?: Login): string | undefined {
    return login && `Basic ${Buffer.from(`${login.username}:${login.password}`).toString("base64")}`;
}

/** Answers a challenge such as `Bearer realm="https://auth...",service="...",scope="..."`. */
async function fetchToken(challenge: string, registry: Registry): Promise<string> {
    const parameters = Object.fromEntries(
        [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value]),
    ) as Record<string, string>;
    const { realm = "", ...query } = parameters;
    const url = new URL(`${realm}?${new URLSearchParams(query).toString()}`);
    const answer = await send("GET", url, basicAuthorization(registry.login), registry);
    if (answer.status !== 200) throw new Error(`got bad response from registry: ${answer.statusLine}`);
    const { token, access_token } = JSON.parse(answer.body.toString()) as Record<string, string | undefined>;
    return token ?? access_token ?? "";
}

/** `fetch` cannot leave a certificate unverified. */
async function send(
    method: string,
    url: URL,
    authorization: string | undefined,
    { insecureSkipVerify, signal }: Registry,
    redirects = MAX_REDIRECTS,
): Promise<Answer> {
    const timeout = AbortSignal.timeout(TIMEOUT);
    const isHttps = url.protocol === "https:";
    // Node 22.21 and newer use the proxy of the environment. Its types do not know that yet.
    const proxy = { proxyEnv: process.env } as object;
    const agent = isHttps
        ? new HttpsAgent({ ...proxy, rejectUnauthorized: !insecureSkipVerify && !isLoopback(url.host) })
        : new HttpAgent(proxy);
    const options = {
        method,
        agent,
        headers: { accept: MANIFESTS, ...(authorization !== undefined && { authorization }) },
        signal: AbortSignal.any([timeout, ...(signal ? [signal] : [])]),
    };
    const answer = await new Promise<Answer>((resolve, reject) => {
        const sent = (isHttps ? requestHttps : requestHttp)(url, options, (response) => {
            const pieces: Buffer[] = [];
            response.on("data", (piece: Buffer) => pieces.push(piece));
            response.on("error", reject);
            response.on("end", () => {
                const { statusCode: status = 0, statusMessage = "", headers } = response;
                const statusLine = `${status} ${statusMessage}`;
                resolve({ status, statusLine, headers, body: Buffer.concat(pieces) });
            });
        });
        sent.on("error", (error) => {
            const silence = new Error(`${url.host} did not answer within ${TIMEOUT / 1000} s`);
            reject(timeout.aborted ? silence : error);
        });
        sent.end();
    });
    const { location } = answer.headers;
    if (answer.status < 300 || answer.status >= 400 || location === undefined || redirects === 0)
        return answer;
    const target = new URL(location, url);
    const login = target.host === url.host ? authorization : undefined;
    return send(method, target, login, { insecureSkipVerify, signal }, redirects - 1);
}
