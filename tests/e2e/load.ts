import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

const started = new Set<Load>();

// A test that fails does not stop its requests.
afterEach(async () => {
    for (const load of started) await load.stop();
});

/** HTTP requests that continue until `stop` or the end of the test. */
export class Load {
    /** Each completed request: milliseconds since the start, and the error if it failed. */
    readonly completed: { at: number; error?: string }[] = [];
    private readonly startTime = Date.now();
    private readonly clients: Promise<void>[];
    private running = true;

    /**
     * @param urls requested in turn by each client
     * @param keepAlive whether each client sends all requests on one connection, and not each on a new one
     */
    constructor(urls: string[], clients = 4, keepAlive = false) {
        this.clients = Array.from({ length: clients }, (_, i) => this.send(urls, i, keepAlive));
        started.add(this);
    }

    /** Stops, and returns the failed requests. */
    async stop(): Promise<string[]> {
        this.running = false;
        started.delete(this);
        await Promise.all(this.clients);
        return this.failed().map(({ at, error }) => `${at} ms: ${error ?? ""}`);
    }

    /** Resolves when this many requests have succeeded in a row. */
    async waitForSuccesses(count: number): Promise<void> {
        const start = this.completed.length;
        for (;;) {
            const recent = this.completed.slice(Math.max(start, this.completed.length - count));
            if (recent.length >= count && recent.every(({ error }) => error === undefined)) return;
            await sleep(50);
        }
    }

    /** Milliseconds from the first failed request to the last; 0 if none failed. */
    outage(): number {
        const failed = this.failed();
        return (failed.at(-1)?.at ?? 0) - (failed[0]?.at ?? 0);
    }

    private failed() {
        return this.completed.filter(({ error }) => error !== undefined);
    }

    private async send(urls: string[], first: number, keepAlive: boolean): Promise<void> {
        const agent = keepAlive && new Agent({ keepAlive, maxSockets: 1 });
        for (let i = first; this.running; i++) {
            const error = await requestError(urls[i % urls.length] ?? "", agent);
            this.completed.push({ at: Date.now() - this.startTime, error });
            await sleep(20);
        }
        if (agent) agent.destroy();
    }
}

/** Sends a request and returns what is wrong with the response; undefined if its status is 200. */
export function requestError(url: string, agent: Agent | false = false): Promise<string | undefined> {
    return new Promise((resolve) => {
        const sent = request(url, { agent, timeout: 60_000 }, (response) => {
            response.resume();
            response.on("end", () => {
                const { statusCode } = response;
                resolve(statusCode === 200 ? undefined : `${url}: status ${statusCode ?? ""}`);
            });
            response.on("error", (error) => {
                resolve(`${url}: ${error.message}`);
            });
        });
        sent.on("timeout", () => sent.destroy(new Error("no response within 60 s")));
        sent.on("error", (error) => {
            resolve(`${url}: ${error.message}`);
        });
        sent.end();
    });
}
