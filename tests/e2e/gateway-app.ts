import { once } from "node:events";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { join } from "node:path";
import { Load } from "./load.ts";

/** Seconds that a response of /slow takes. */
const SLOW = 5;

/** Programs of a gateway in a stack `frontdoor`, and of applications behind it. */
export class GatewayApp {
    private readonly port: number;

    /** @param port of the gateway on this machine */
    constructor(port: number) {
        this.port = port;
    }

    gateway(): string {
        return `
            const front = new drydock.Gateway("front", { tls: "off", http: { port: ${this.port}, ip: "127.0.0.1" } });
            return { front: front.connection };`;
    }

    /** An application that answers with its version, /replica with its container, and /slow with 100 bytes in some seconds. */
    app(
        version: string,
        {
            name = "shop",
            health = "{ tcp: true }",
            routes = '[{ gateway: front, host: "127.0.0.1" }]',
            replicas = 1,
        } = {},
    ): string {
        return `
            const front = new pulumi.StackReference("organization/drydock/frontdoor").requireOutput("front") as pulumi.Output<drydock.Connection>;
            new drydock.WebApp("${name}", {
                image: "nginx:1.26",
                port: 80,
                health: ${health},
                files: { "/etc/nginx/conf.d/default.conf": { content:
                    'server { location / { return 200 "${version}"; } location /replica { return 200 "$hostname"; } location /slow { limit_rate ${100 / SLOW}; return 200 "${version.padEnd(100, ".")}"; } }' } },
                processes: {
                    clock: { command: ["sleep", "infinity"], init: true, overlap: false },
                    worker: { command: ["sleep", "infinity"], init: true },
                },
                replicas: ${replicas},
                routes: ${routes},
            });
            return {};`;
    }

    /**
     * A stack `pages`: an application that is built, and a task.
     *
     * It answers /version with its version, and has assets.
     *
     * @param root of the clone
     * @param task program that the task runs
     */
    pages(root: string, version: string, task = "true"): string {
        const directory = join(root, "assets-app");
        rmSync(directory, { recursive: true, force: true });
        mkdirSync(join(directory, "public/assets/icons"), { recursive: true });
        writeFileSync(join(directory, `public/assets/app-${version}.js`), version);
        writeFileSync(join(directory, "public/assets/icons/same.svg"), "same");
        const conf = `server {
            root /srv/public;
            error_page 404 /missing;
            location = /missing { return 404 'not here'; }
            location /version { return 200 '${version}'; }
        }`;
        writeFileSync(join(directory, "default.conf"), conf);
        writeFileSync(
            join(directory, "Dockerfile"),
            "FROM nginx:1.26\nWORKDIR /srv\nCOPY public public\nCOPY default.conf /etc/nginx/conf.d/\n",
        );
        return `
            const front = new pulumi.StackReference("organization/drydock/frontdoor").requireOutput("front") as pulumi.Output<drydock.Connection>;
            new drydock.Task("seed", { image: "nginx:1.26", command: ["${task}"] });
            new drydock.WebApp("pages", { build: { context: "assets-app" }, port: 80, health: { tcp: true }, assets: ["public/assets"],
                env: { VERSION: "${version}" },
                routes: [{ gateway: front, host: "pages.localhost" }, { gateway: front, host: "127.0.0.1", path: "/version" }] });
            return {};`;
    }

    /** Status and body. */
    answer(host = "127.0.0.1", path = "/"): Promise<string> {
        return new Promise((resolve, reject) => {
            const options = { host: "127.0.0.1", port: this.port, path, headers: { host }, agent: false };
            get(options, (response) => {
                let body = "";
                response.on("data", (chunk: Buffer) => (body += chunk.toString()));
                response.on("error", reject);
                response.on("end", () => {
                    resolve(`${response.statusCode ?? ""} ${body}`);
                });
            }).on("error", reject);
        });
    }

    /** A connection that has switched to another protocol than HTTP. */
    upgrade(path: string): Promise<{ ask: (text: string) => Promise<string>; close: () => void }> {
        const headers = { host: "127.0.0.1", connection: "Upgrade", upgrade: "websocket" };
        return new Promise((resolve, reject) => {
            const sent = get({ host: "127.0.0.1", port: this.port, path, headers, agent: false });
            sent.on("error", reject).on("upgrade", (_response, socket) => {
                const ask = async (text: string) => {
                    socket.write(text);
                    const [answer] = (await once(socket, "data")) as [Buffer];
                    return answer.toString();
                };
                resolve({ ask, close: () => socket.end() });
            });
        });
    }

    /** Server-sent events. */
    events(path: string): Promise<{ next: () => Promise<string>; close: () => void }> {
        const options = {
            host: "127.0.0.1",
            port: this.port,
            path,
            headers: { host: "127.0.0.1" },
            agent: false,
        };
        return new Promise((resolve, reject) => {
            const sent = get(options, (response) => {
                const next = async () => {
                    const [event] = (await once(response, "data")) as [Buffer];
                    return event.toString().trim();
                };
                resolve({ next, close: () => sent.destroy() });
            });
            sent.on("error", reject);
        });
    }

    /** Requests on connections that stay open. */
    load(path: string, clients: number): Load {
        return new Load([`http://127.0.0.1:${this.port}${path}`], clients, true);
    }

    /** Requests on new connections, and on connections that stay open. */
    loads(clients = 2, path = "/"): Load[] {
        return [false, true].map(
            (keepAlive) => new Load([`http://127.0.0.1:${this.port}${path}`], clients, keepAlive),
        );
    }
}
