/**
 * A Docker daemon that makes nothing: `node bench/scale/docker.ts <socket>` answers as a manager of a Swarm does
 * what Pulumi's docker provider and the docker command ask of it here, out of memory and at once. Every replica of
 * a service runs and is healthy from the start, every image is there. `GET /calls` tells how many calls there
 * were since it was last asked, and how many of them were inspections of services and lists of their tasks.
 */
import { createHash, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";

type Json = Record<string, unknown>;

interface Stored {
    ID: string;
    Id: string;
    Version: { Index: number };
    Spec: Json;
    [more: string]: unknown;
}

const [socket = ""] = process.argv.slice(2);
const VERSION = "1.41";

/** What was made, by kind: the `services` of `/services/create`. */
const made: Record<string, Map<string, Stored>> = {};
let calls = { all: 0, polls: 0 };

createServer((request, response) => {
    void (async () => {
        const [status, answer] = await answerTo(request);
        response.writeHead(status, { "api-version": VERSION, "content-type": "application/json" });
        response.end(request.method === "HEAD" ? undefined : JSON.stringify(answer));
    })();
}).listen(socket);

async function answerTo(request: IncomingMessage): Promise<[number, unknown]> {
    const url = new URL(request.url ?? "/", "http://docker");
    const path = decodeURIComponent(url.pathname).replace(/^\/v[\d.]+/, "");
    if (path === "/calls") return [200, counted()];
    calls.all++;
    if (path === "/tasks" || (request.method === "GET" && path.startsWith("/services/"))) calls.polls++;

    const image = /^\/(?:images|distribution)\/(.+)\/json$/.exec(path)?.[1];
    if (image !== undefined) return [200, imageOf(image)];
    if (path === "/tasks") return [200, tasksOf(url)];
    if (path === "/nodes") return [200, [{ ID: "node", Status: { State: "ready" } }]];
    if (path === "/_ping") return [200, "OK"];
    if (path === "/version") return [200, { ApiVersion: VERSION, Os: "linux", Arch: "amd64" }];

    const [, kind = "", id = "", action] = path.split("/");
    const all = (made[kind] ??= new Map<string, Stored>());
    const known = all.get(id);
    if (id === "create") return [201, make(kind, all, await body(request))];
    if (!known) return [404, { message: `nothing here answers ${request.method ?? ""} ${path}` }];
    if (request.method === "DELETE") return [all.delete(id) ? 204 : 404, {}];
    if (action === "update") {
        shape(kind, known, await body(request));
        known.Version.Index++;
        known.UpdateStatus = { State: "completed" };
    }
    return [200, known];
}

function counted() {
    const counted = calls;
    calls = { all: 0, polls: 0 };
    return counted;
}

async function body(request: IncomingMessage): Promise<Json> {
    const chunks = (await request.toArray()) as Buffer[];
    return JSON.parse(Buffer.concat(chunks).toString()) as Json;
}

function make(kind: string, all: Map<string, Stored>, spec: Json): Json {
    const id = randomBytes(13).toString("hex");
    const stored: Stored = { ID: id, Id: id, Version: { Index: 1 }, Spec: spec };
    shape(kind, stored, spec);
    all.set(id, stored);
    return { ID: id, Id: id };
}

/** What is said of a thing beside its specification. */
function shape(kind: string, stored: Stored, spec: Json): void {
    stored.Spec = spec;
    // Of a network, what was asked for stands beside its ID.
    if (kind === "networks") Object.assign(stored, spec, { Scope: "swarm" });
    if (kind !== "services") return;
    const { Ports } = spec.EndpointSpec as { Ports?: object[] };
    stored.Endpoint = { Spec: spec.EndpointSpec, Ports };
}

function imageOf(image: string): Json {
    const digest = `sha256:${createHash("sha256").update(image).digest("hex")}`;
    const repository = image.replace(/@.*|:[^/:]*$/, "");
    return {
        Id: digest,
        RepoDigests: [image.includes("@") ? image : `${repository}@${digest}`],
        Config: { Entrypoint: ["/bin/entrypoint"], Cmd: ["server"] },
        Descriptor: { digest: image.split("@")[1] ?? digest },
        Platforms: [{ architecture: "amd64", os: "linux" }],
    };
}

/** The replicas of the services that are asked for, all of them running. */
function tasksOf(url: URL): Json[] {
    const filters = JSON.parse(url.searchParams.get("filters") ?? "{}") as { service?: string[] };
    return (filters.service ?? []).flatMap((id) => {
        const mode = made.services?.get(id)?.Spec.Mode as { Replicated?: { Replicas?: number } } | undefined;
        return Array.from({ length: mode?.Replicated?.Replicas ?? 0 }, (_, i) => ({
            ID: `${id}-${i}`,
            Slot: i + 1,
            NodeID: "node",
            DesiredState: "running",
            Status: { State: "running" },
        }));
    });
}
