import { spawnSync } from "node:child_process";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { Daemon } from "./daemon.ts";
import { getRegistryImage } from "./get-registry-image.ts";
import { deleteManifest, fetchDigest, manifestDigest } from "./registry-api.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;
const LOGIN = { username: "me", password: "hush", serveraddress: "" };

/** A key and a certificate that nobody has signed. Undefined without openssl on this machine. */
function selfSigned(): { key: string; cert: string } | undefined {
    const options = [
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-subj",
        "/CN=x",
    ];
    const { status, stdout } = spawnSync("openssl", ["req", ...options, "-keyout", "-", "-out", "-"], {
        encoding: "utf8",
    });
    return status === 0 ? { key: stdout, cert: stdout } : undefined;
}

const certificate = selfSigned();

(certificate ? describe : describe.skip)("a registry with a certificate of its own", () => {
    const server = createTlsServer(certificate ?? {}, (_, response) =>
        response.setHeader("docker-content-digest", DIGEST).end(),
    );
    let port: number;

    beforeAll(async () => {
        // Reached at 0.0.0.0 too, which counts as another machine.
        await new Promise<void>((resolve) => server.listen(0, resolve));
        ({ port } = server.address() as AddressInfo);
    });
    afterAll(() => {
        server.close();
    });

    test("is trusted on this machine, as Docker does", async () => {
        expect(await fetchDigest(`127.0.0.1:${port}/app:1`, {})).toBe(DIGEST);
    });

    test("is trusted elsewhere only with insecureSkipVerify", async () => {
        const image = `0.0.0.0:${port}/app:1`;
        await expect(fetchDigest(image, {})).rejects.toThrow(/self-signed certificate/);
        expect(await fetchDigest(image, { insecureSkipVerify: true })).toBe(DIGEST);
    });
});

describe("a registry", () => {
    let answer: (request: IncomingMessage, response: ServerResponse) => void;
    const requests: string[] = [];
    const server = createServer((request, response) => {
        requests.push(`${request.method} ${request.url}`);
        answer(request, response);
    });
    let address: string;

    beforeAll(async () => {
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    beforeEach(() => {
        requests.length = 0;
    });
    afterAll(() => {
        server.close();
    });

    const digest = (_: IncomingMessage, response: ServerResponse) =>
        response.setHeader("docker-content-digest", DIGEST).end();
    const status = (code: number) => (_: IncomingMessage, response: ServerResponse) => {
        response.statusCode = code;
        response.end();
    };

    test("on this machine without TLS tells the digest of a tag", async () => {
        answer = digest;
        expect(await fetchDigest(`${address}/team/app:1`, {})).toBe(DIGEST);
        expect(requests).toEqual(["HEAD /v2/team/app/manifests/1"]);
    });

    test.each([
        ["app", "latest"],
        [`app:1@${DIGEST}`, DIGEST],
    ])("is asked for %s", async (image, reference) => {
        answer = digest;
        await fetchDigest(`${address}/${image}`, {});
        expect(requests).toEqual([`HEAD /v2/app/manifests/${reference}`]);
    });

    test("may leave the digest to be computed from the manifest", async () => {
        answer = (_, response) => response.end("manifest");
        expect(await fetchDigest(`${address}/app:1`, {})).toBe(
            "sha256:05b3abf2579a5eb66403cd78be557fd860633a1fe2103c7642030defe32c657f",
        );
    });

    test("may move a manifest to another address", async () => {
        answer = (request, response) => {
            if (request.url === "/elsewhere") return digest(request, response);
            response.statusCode = 307;
            response.setHeader("location", "/elsewhere").end();
        };
        expect(await fetchDigest(`${address}/app:1`, {})).toBe(DIGEST);
    });

    test("that asks for a token gets one for the login", async () => {
        answer = ({ url = "", headers: { authorization = "" } }, response) => {
            if (url.startsWith("/token?")) {
                const isLogin = authorization === `Basic ${Buffer.from("me:hush").toString("base64")}`;
                response.end(JSON.stringify({ token: isLogin ? "granted" : "other" }));
                return;
            }
            if (authorization === "Bearer granted") {
                response.setHeader("docker-content-digest", DIGEST).end();
                return;
            }
            response.statusCode = 401;
            const challenge = `Bearer realm="http://${address}/token",service="r",scope="repository:app:pull"`;
            response.setHeader("www-authenticate", challenge).end();
        };
        expect(await fetchDigest(`${address}/app:1`, { login: LOGIN })).toBe(DIGEST);
        expect(requests).toContain("GET /token?service=r&scope=repository%3Aapp%3Apull");
        await expect(fetchDigest(`${address}/app:1`, {})).rejects.toThrow("401 Unauthorized");
    });

    test("that refuses is an error with its status, without the password", async () => {
        answer = status(401);
        const failure = await fetchDigest(`${address}/app:1`, { login: LOGIN }).catch(String);
        expect(failure).toContain("got bad response from registry: 401 Unauthorized");
        expect(failure).not.toContain("hush");
    });

    test("that does not answer is an error with the reason", async () => {
        answer = (request) => request.socket.destroy();
        await expect(fetchDigest(`${address}/app:1`, {})).rejects.toThrow("socket hang up");
        await expect(fetchDigest("127.0.0.1:1/app:1", {})).rejects.toThrow("ECONNREFUSED 127.0.0.1:1");
    });

    test("is not asked any more after Ctrl-C", async () => {
        answer = () => undefined;
        const cancel = new AbortController();
        const asked = fetchDigest(`${address}/app:1`, { signal: cancel.signal });
        cancel.abort();
        await expect(asked).rejects.toThrow("abort");
    });

    test("has no digest for an image that does not exist, which may be deleted", async () => {
        answer = status(404);
        expect(await manifestDigest(`${address}/app:1`, {})).toBeUndefined();
        await expect(deleteManifest(`${address}/app:1`, DIGEST, {})).resolves.toBeUndefined();
        answer = status(405);
        await expect(deleteManifest(`${address}/app:1`, DIGEST, {})).rejects.toThrow(
            "405 Method Not Allowed; set keepRemotely to keep it",
        );
    });

    test("is asked by getRegistryImage with the login and the address of the provider", async () => {
        answer = (request, response) => {
            if (request.headers.authorization !== undefined) return digest(request, response);
            response.statusCode = 401;
            response.end();
        };
        const { port } = server.address() as AddressInfo;
        const daemon = new Daemon();
        await daemon.configure({
            disableDockerDaemonCheck: true,
            registryAuth: [{ address: `http://127.0.0.1:${port}`, username: "me", password: "hush" }],
        });
        const { signal } = new AbortController();
        const call = (name: string) =>
            getRegistryImage(daemon).invoke({ name, insecureSkipVerify: false }, signal);
        expect(await call(`${address}/app:1`)).toEqual({
            id: DIGEST,
            name: `${address}/app:1`,
            insecureSkipVerify: false,
            sha256Digest: DIGEST,
        });
        answer = status(404);
        await expect(call(`${address}/app:2`)).rejects.toThrow(
            "Got error when attempting to fetch image version app:2 from registry: got bad response from registry: 404 Not Found",
        );
    });
});
