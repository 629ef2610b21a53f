import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Result } from "../capture-output.ts";
import { runMain } from "../run-main.ts";

interface Spec {
    Image: string;
    Hostname?: string;
    Labels?: Record<string, string>;
    Cmd?: string[];
    Env?: string[];
    HostConfig?: {
        Mounts?: { Source: string; Target: string }[];
        PortBindings?: Record<string, { HostPort: string }[]>;
        NetworkMode?: string;
    };
    NetworkingConfig?: { EndpointsConfig: Record<string, { IPAMConfig: { IPv4Address: string } }> };
}

interface Container {
    name: string;
    spec: Spec;
    status: "created" | "running" | "exited";
    files: number;
    server?: Server;
    /** The node of the Swarm that the container is, if it is one. */
    member?: Member;
}

interface Network {
    Id: string;
    Name: string;
    Labels: Record<string, string>;
    Subnet: string;
}

interface Member {
    id: string;
    hostname: string;
    state: "inactive" | "active";
}

interface Request {
    method: string;
    path: string;
    query: URLSearchParams;
    body: unknown;
}

class ApiError extends Error {
    readonly status: number;

    constructor(status: number, message: string) {
        super(message);
        this.status = status;
    }
}

const notFound = () => new ApiError(404, "not found");

/** A project, and a Docker Engine that keeps containers, networks and images. Containers of the node image form a Swarm. */
export class FakeMachine {
    readonly directory = realpathSync(mkdtempSync(join(tmpdir(), "drydock-fake-")));
    readonly containers: Container[] = [];
    networks: Network[] = [];
    /** IDs of the images by their names. */
    readonly images = new Map<string, string>();
    /** Names of pushed images, in order. */
    readonly pushed: string[] = [];
    /** IDs of the images in the registry by their names. */
    readonly registry = new Map<string, string>();
    /** Requests that change something, for example `POST /containers/create`. */
    readonly changes: string[] = [];
    /** Called before each request. An error that it throws is the response. */
    beforeRequest: (request: string) => void = () => undefined;
    /** Working directory of the command. */
    cwd = this.directory;
    /** Nodes of the Swarm. */
    members: Member[] = [];
    readonly #servers: Server[] = [];
    readonly #env = process.env;

    constructor() {
        this.write("Pulumi.yaml", "name: shop\nruntime: yaml\n");
        for (const image of [
            "registry:2",
            "debian:trixie-slim",
            "postgres:17",
            "redis:8",
            "caddy:2",
            "docker:28-cli",
        ])
            this.images.set(image, `sha256:${digest(image)}`);
        process.env = {
            PATH: this.#env.PATH,
            HOME: this.directory,
            DOCKER_HOST: `unix://${this.directory}/engine.sock`,
        };
    }

    async start(): Promise<this> {
        await this.#listen(join(this.directory, "engine.sock"), (request) => this.#answer(request));
        return this;
    }

    /** Makes the engine answer at a port, as one on another machine would. */
    async listenRemotely(): Promise<void> {
        const server = await this.#listen(0, (request) => this.#answer(request));
        process.env.DOCKER_HOST = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
    }

    write(path: string, content: string): void {
        mkdirSync(dirname(join(this.directory, path)), { recursive: true });
        writeFileSync(join(this.directory, path), content);
    }

    /** Runs `drydock cluster <args>` in the working directory, by default that of the project. */
    cluster(...args: string[]): Promise<Result> {
        return runMain(this.cwd, ["cluster", ...args]);
    }

    container(name: string): Container {
        const found = this.containers.find((each) => each.name === name);
        if (!found) throw notFound();
        return found;
    }

    /** Ends a container, as `docker kill` does. */
    kill(name: string): void {
        const container = this.container(name);
        container.server?.close();
        container.status = "exited";
    }

    /** Host names of the active nodes of the Swarm. */
    nodes(): string[] {
        return this.members.filter(({ state }) => state === "active").map(({ hostname }) => hostname);
    }

    dispose(): void {
        process.env = this.#env;
        for (const server of this.#servers) {
            server.closeAllConnections();
            server.close();
        }
        rmSync(this.directory, { recursive: true, force: true });
    }

    async #listen(at: string | number, answer: (request: Request) => unknown): Promise<Server> {
        const server = createServer((request, response) => {
            const chunks: Buffer[] = [];
            request.on("data", (chunk: Buffer) => chunks.push(chunk));
            request.on("end", () => {
                const { pathname, searchParams } = new URL(request.url ?? "", "http://docker");
                const isJson = request.headers["content-type"] === "application/json";
                const text = Buffer.concat(chunks).toString();
                Promise.resolve()
                    .then(() =>
                        answer({
                            method: request.method ?? "",
                            path: pathname,
                            query: searchParams,
                            body: isJson && text !== "" ? (JSON.parse(text) as unknown) : undefined,
                        }),
                    )
                    .then(
                        (value) => {
                            if (typeof value === "string") response.setHeader("docker-content-digest", value);
                            response.end(Buffer.isBuffer(value) ? value : JSON.stringify(value ?? {}));
                        },
                        (error: unknown) => {
                            response.statusCode = error instanceof ApiError ? error.status : 500;
                            response.setHeader("content-type", "application/json");
                            response.end(JSON.stringify({ message: (error as Error).message }));
                        },
                    );
            });
        });
        await new Promise<void>((done) => {
            if (typeof at === "number") server.listen(at, "127.0.0.1", done);
            else server.listen(at, done);
        });
        this.#servers.push(server);
        return server;
    }

    async #answer(request: Request): Promise<unknown> {
        const { method, path, query } = request;
        const line = `${method} ${path}`;
        if (!["GET", "HEAD"].includes(method)) this.changes.push(line);
        this.beforeRequest(line);
        const [, kind, name = "", action = ""] = /^\/(\w+)(?:\/(.+?))?(?:\/(\w+))?$/.exec(path) ?? [];
        const label = (JSON.parse(query.get("filters") ?? "{}") as { label?: string[] }).label?.[0];
        switch (kind) {
            case "info":
                return { ServerVersion: "28.1.0", Swarm: {} };
            case "containers":
                return this.#containers(request, name, action, label);
            case "networks":
                return this.#networks(request, name, label);
            case "images":
                return this.#images(request);
            case "build":
                this.images.set("drydock/node", "sha256:node");
                return { stream: "built" };
            default:
                throw notFound();
        }
    }

    async #containers({ method, path, query, body }: Request, name: string, action: string, label?: string) {
        if (path === "/containers/json")
            return this.containers
                .filter(({ spec }) => hasLabel(spec.Labels, label))
                .map((each) => ({ Id: each.name }));
        if (path === "/containers/create") {
            const wanted = query.get("name") ?? "";
            if (this.containers.some((each) => each.name === wanted)) throw new ApiError(409, "name in use");
            if (!this.images.has((body as Spec).Image)) throw notFound();
            this.containers.push({ name: wanted, spec: body as Spec, status: "created", files: 0 });
            return { Id: wanted };
        }
        const container = this.container(action === "" ? name : (path.split("/")[2] ?? ""));
        switch (`${method} ${action}`) {
            case "GET json":
                return inspected(container);
            case "POST start":
            case "POST restart":
                await this.#startContainer(container);
                return undefined;
            case "PUT archive":
                container.files += 1;
                return undefined;
            case "POST wait":
                return { StatusCode: 0 };
            case "GET logs":
                return container.spec.Cmd?.[0] === "cat"
                    ? Buffer.from("nameserver 192.0.2.53\r\n")
                    : frame("dockerd: no overlayfs\n");
            default:
                container.server?.closeAllConnections();
                container.server?.close();
                this.containers.splice(this.containers.indexOf(container), 1);
                // A Swarm ends with its last node.
                if (!this.containers.some(({ member }) => member?.state === "active")) this.members = [];
                return undefined;
        }
    }

    async #startContainer(container: Container): Promise<void> {
        container.status = "running";
        const { Image, HostConfig, Hostname = "" } = container.spec;
        if (Image === "drydock/node") {
            const { Source = "" } = HostConfig?.Mounts?.find(({ Target }) => Target === "/run/node") ?? {};
            if (existsSync(join(Source, "docker.sock"))) rmSync(join(Source, "docker.sock"));
            const member: Member = (container.member ??= { id: "", hostname: Hostname, state: "inactive" });
            container.server = await this.#listen(join(Source, "docker.sock"), (request) =>
                this.#answerNode(member, request),
            );
        } else if (HostConfig?.PortBindings) {
            container.server = await this.#listen(0, ({ path }) => {
                const [, name = "", tag = ""] = /^\/v2\/(.+)\/manifests\/(.+)$/.exec(path) ?? [];
                const id = this.registry.get(`${name}:${tag}`);
                if (id === undefined) throw notFound();
                return id;
            });
        }
    }

    #networks({ method, path, query, body }: Request, name: string, label?: string): unknown {
        if (path === "/networks/create") {
            const { Name, Labels } = body as Network;
            const network = { Id: `id-${Name}`, Name, Labels, Subnet: "172.30.0.0/16" };
            this.networks.push(network);
            return { Id: network.Id };
        }
        const described = this.networks.map(({ Subnet, ...rest }) => ({
            ...rest,
            IPAM: { Config: [{ Subnet }] },
        }));
        if (name === "") {
            const filter = (JSON.parse(query.get("filters") ?? "{}") as { name?: string[] }).name?.[0] ?? "";
            return described.filter(({ Name, Labels }) => Name.includes(filter) && hasLabel(Labels, label));
        }
        const found = described.find(({ Id }) => Id === name);
        if (!found) throw notFound();
        if (method === "DELETE") this.networks = this.networks.filter(({ Id }) => Id !== name);
        return found;
    }

    #images({ method, path, query }: Request): unknown {
        if (path === "/images/create") {
            const image = `${query.get("fromImage") ?? ""}:${query.get("tag") ?? ""}`;
            this.images.set(image, `sha256:${digest(image)}`);
            return { status: "pulled" };
        }
        if (path === "/images/json") return [...this.images.keys()].map((name) => ({ RepoTags: [name] }));
        const [, name = "", action = ""] = /^\/images\/(.+?)(?:\/(json|tag|push))?$/.exec(path) ?? [];
        const tag = query.get("tag") ?? "";
        switch (`${method} ${action}`) {
            case "POST tag":
                this.images.set(`${query.get("repo") ?? ""}:${tag}`, this.images.get(name) ?? "");
                return undefined;
            case "POST push":
                this.pushed.push(`${name}:${tag}`);
                this.registry.set(
                    `${name.replace(/^[^/]+\//, "")}:${tag}`,
                    this.images.get(`${name}:${tag}`) ?? "",
                );
                return { status: "pushed" };
            case "DELETE ":
                this.images.delete(name);
                return [];
            default:
                if (!this.images.has(name)) throw notFound();
                return { Id: this.images.get(name) };
        }
    }

    #answerNode(self: Member, { method, path, body }: Request): unknown {
        const line = `${method} ${path}`;
        if (method !== "GET") this.changes.push(`node ${line}`);
        this.beforeRequest(`${self.hostname} ${line}`);
        if (path === "/_ping") return undefined;
        if (path === "/info") return { Swarm: { LocalNodeState: self.state } };
        const enter = () => {
            self.id = `${self.hostname}-${this.members.length}`;
            self.state = "active";
            this.members.push(self);
        };
        if (path === "/swarm/init" || path === "/swarm/join") {
            if (path === "/swarm/join" && (body as { JoinToken: string }).JoinToken !== "token")
                throw new ApiError(400, "invalid token");
            enter();
            return undefined;
        }
        if (self.state !== "active") throw new ApiError(503, "This node is not a swarm manager.");
        if (path === "/swarm") return { JoinTokens: { Manager: "token" } };
        if (path === "/nodes")
            return this.members.map(({ id, hostname }) => ({
                ID: id,
                Version: { Index: 1 },
                Spec: { Role: "manager" },
                Description: { Hostname: hostname },
                Status: { State: "ready" },
                ManagerStatus: { Reachability: "reachable" },
            }));
        if (method === "DELETE") this.members = this.members.filter(({ id }) => !path.endsWith(`/${id}`));
        return undefined;
    }
}

function inspected({ spec, status, server }: Container): unknown {
    const bindings = Object.entries(spec.HostConfig?.PortBindings ?? {});
    const address = server?.address() as AddressInfo | string | undefined;
    const chosen = typeof address === "object" ? String(address.port) : "";
    const endpoints = Object.entries(spec.NetworkingConfig?.EndpointsConfig ?? {});
    return {
        State: { Running: status === "running", Status: status },
        Config: { Labels: spec.Labels ?? {} },
        HostConfig: spec.HostConfig ?? {},
        Mounts: spec.HostConfig?.Mounts?.map(({ Source, Target }) => ({ Source, Destination: Target })) ?? [],
        NetworkSettings: {
            Ports: Object.fromEntries(
                bindings.map(([port, [binding]]) => [
                    port,
                    [{ HostPort: binding?.HostPort === "" ? chosen : binding?.HostPort }],
                ]),
            ),
            Networks: Object.fromEntries(
                endpoints.map(([name, { IPAMConfig }]) => [name, { IPAddress: IPAMConfig.IPv4Address }]),
            ),
        },
    };
}

function hasLabel(labels: Record<string, string> | undefined, wanted: string | undefined): boolean {
    if (wanted === undefined) return true;
    const [key = "", value] = wanted.split("=");
    return labels?.[key] === value;
}

function digest(text: string): string {
    return createHash("sha256").update(text).digest("hex");
}

/** A frame of the log of a container without a terminal. */
function frame(text: string): Buffer {
    const header = Buffer.alloc(8);
    header[0] = 1;
    header.writeUInt32BE(text.length, 4);
    return Buffer.concat([header, Buffer.from(text)]);
}
