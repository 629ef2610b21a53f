/**
 * A fake Docker daemon: `node bench/scale/docker.ts <socket>`. It answers like a manager of a Swarm, from memory and at
 * once, and runs nothing. It knows the requests that Pulumi's Docker provider and the docker command send in this
 * benchmark. Every image exists, and every replica of a service is running and healthy.
 *
 * `GET /calls` returns the number of requests since the previous `GET /calls`, and how many of them polled services or
 * their tasks.
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

/** Created objects by kind, for example `services`, the first part of `/services/create`. */
const objects: Record<string, Map<string, Stored>> = {};
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
    if (path === "/calls") return [200, takeCalls()];
    calls.all++;
    if (path === "/tasks" || (request.method === "GET" && path.startsWith("/services/"))) calls.polls++;

    const image = /^\/(?:images|distribution)\/(.+)\/json$/.exec(path)?.[1];
    if (image !== undefined) return [200, imageOf(image)];
    if (path === "/tasks") return [200, tasksOf(url)];
    if (path === "/nodes") return [200, [{ ID: "node", Status: { State: "ready" } }]];
    if (path === "/_ping") return [200, "OK"];
    if (path === "/version") return [200, { ApiVersion: VERSION, Os: "linux", Arch: "amd64" }];

    const [, kind = "", id = "", action] = path.split("/");
    const all = (objects[kind] ??= new Map<string, Stored>());
    const object = all.get(id);
    if (id === "create") return [201, create(kind, all, await readBody(request))];
    if (!object) return [404, { message: `the fake daemon does not know ${request.method ?? ""} ${path}` }];
    if (request.method === "DELETE") return [all.delete(id) ? 204 : 404, {}];
    if (action === "update") {
        applySpec(kind, object, await readBody(request));
        object.Version.Index++;
        object.UpdateStatus = { State: "completed" };
    }
    return [200, object];
}

/** Returns the numbers of requests, and starts again from zero. */
function takeCalls() {
    const taken = calls;
    calls = { all: 0, polls: 0 };
    return taken;
}

async function readBody(request: IncomingMessage): Promise<Json> {
    const chunks = (await request.toArray()) as Buffer[];
    return JSON.parse(Buffer.concat(chunks).toString()) as Json;
}

function create(kind: string, all: Map<string, Stored>, spec: Json): Json {
    const id = randomBytes(13).toString("hex");
    const stored: Stored = { ID: id, Id: id, Version: { Index: 1 }, Spec: spec };
    applySpec(kind, stored, spec);
    all.set(id, stored);
    return { ID: id, Id: id };
}

/** Sets the specification of an object, and the properties that Docker derives from it. */
function applySpec(kind: string, stored: Stored, spec: Json): void {
    stored.Spec = spec;
    // A network has the properties of its specification at the top level.
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

/** The tasks of the services in the filter, one for each replica, all of them running. */
function tasksOf(url: URL): Json[] {
    const filters = JSON.parse(url.searchParams.get("filters") ?? "{}") as { service?: string[] };
    return (filters.service ?? []).flatMap((id) => {
        const mode = objects.services?.get(id)?.Spec.Mode as
            | { Replicated?: { Replicas?: number } }
            | undefined;
        return Array.from({ length: mode?.Replicated?.Replicas ?? 0 }, (_, i) => ({
            ID: `${id}-${i}`,
            Slot: i + 1,
            NodeID: "node",
            DesiredState: "running",
            Status: { State: "running" },
        }));
    });
}
