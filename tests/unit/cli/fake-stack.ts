import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Resource } from "../../../cli/state.ts";
import type { Result } from "./capture-output.ts";
import { runMain } from "./run-main.ts";

/** Responses of a Docker Engine by method and path without query, for example `GET /info`. A function is called for each request. */
export type Answers = Record<string, unknown>;

/** A project with a state, and Docker Engines with fixed responses. */
export class FakeStack {
    readonly directory = realpathSync(mkdtempSync(join(tmpdir(), "drydock-stack-")));
    readonly requests: { path: string; body: string }[] = [];
    readonly #servers: Server[] = [];
    readonly #env = process.env;

    /** @param config further lines of the stack's configuration, in YAML */
    constructor(resources: Resource[], config = "") {
        this.#write("Pulumi.yaml", "name: shop\nruntime: yaml\n");
        this.#write("Pulumi.dev.yaml", `config:\n  docker:host: unix://docker.sock\n${config}`);
        const state = { version: 3, checkpoint: { latest: { resources } } };
        this.#write(".drydock/state/.pulumi/stacks/shop/dev.json", JSON.stringify(state));
        process.env = { PATH: this.#env.PATH, HOME: this.directory };
    }

    /** Starts an engine at a socket in the project's directory. */
    async serve(answers: Answers, socket = "docker.sock"): Promise<void> {
        const server = createServer((request, response) => {
            let body = "";
            request.on("data", (chunk: Buffer) => (body += chunk.toString()));
            request.on("end", () => {
                const path = `${request.method ?? ""} ${(request.url ?? "").replace(/\?.*/, "")}`;
                this.requests.push({ path, body });
                const answer = answers[path];
                response.statusCode = answer === undefined ? 404 : 200;
                const value: unknown = typeof answer === "function" ? (answer as () => unknown)() : answer;
                response.end(
                    Buffer.isBuffer(value) ? value : JSON.stringify(value ?? { message: "not found" }),
                );
            });
        });
        await new Promise<void>((done) => server.listen(join(this.directory, socket), done));
        this.#servers.push(server);
    }

    /** Runs `drydock <args> --stack dev` in the project. */
    run(...args: string[]): Promise<Result> {
        return runMain(this.directory, [...args, "--stack", "dev"]);
    }

    dispose(): void {
        process.env = this.#env;
        for (const server of this.#servers) server.close();
        rmSync(this.directory, { recursive: true });
    }

    #write(path: string, content: string): void {
        mkdirSync(join(this.directory, path, ".."), { recursive: true });
        writeFileSync(join(this.directory, path), content);
    }
}

/** Response of the Docker API to `GET /containers/<id>/stats`. */
export const STATS = {
    cpu_stats: { cpu_usage: { total_usage: 1 }, system_cpu_usage: 1, online_cpus: 2 },
    memory_stats: { usage: 300, stats: { inactive_file: 100 } },
};

/** Response of the Docker API to `GET /containers/<id>/json`. */
export function inspected(id: string, state: object = {}) {
    return {
        Id: id,
        Name: `/shop-dev-${id}`,
        RestartCount: 0,
        Image: "sha256:1",
        Config: { Image: "sha256:1", Tty: false },
        HostConfig: { Memory: 1024 },
        State: {
            Status: "running",
            Running: true,
            ExitCode: 0,
            StartedAt: "2026-01-01T00:00:00Z",
            FinishedAt: "0001-01-01T00:00:00Z",
            Health: { Status: "healthy", Log: [] },
            ...state,
        },
    };
}

/** A line of a container's log, as the Docker API sends it. */
export function logFrame(text: string, stream = 1): Buffer {
    const header = Buffer.alloc(8);
    header[0] = stream;
    header.writeUInt32BE(Buffer.byteLength(`${text}\n`), 4);
    return Buffer.concat([header, Buffer.from(`${text}\n`)]);
}
