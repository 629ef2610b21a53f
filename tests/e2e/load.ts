import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/** Requests that go on until they are told to stop, each on a connection of its own. */
export class Load {
    /** Of each request its end, in milliseconds since the start, and what was wrong with it. */
    readonly ended: { at: number; wrong?: string }[] = [];
    private readonly started = Date.now();
    private readonly clients: Promise<void>[];
    private going = true;

    /** @param urls asked in turn, by as many clients */
    constructor(urls: string[], clients = 4) {
        this.clients = Array.from({ length: clients }, (_, i) => this.ask(urls, i));
    }

    /** Ends it, and returns what went wrong. */
    async stop(): Promise<string[]> {
        this.going = false;
        await Promise.all(this.clients);
        return this.wrong().map(({ at, wrong }) => `${at} ms: ${wrong ?? ""}`);
    }

    /** From the first request that failed to the last, in milliseconds; 0 where none did. */
    outage(): number {
        const failed = this.wrong();
        return (failed.at(-1)?.at ?? 0) - (failed[0]?.at ?? 0);
    }

    private wrong() {
        return this.ended.filter(({ wrong }) => wrong !== undefined);
    }

    private async ask(urls: string[], first: number): Promise<void> {
        for (let i = first; this.going; i++) {
            const wrong = await answer(urls[i % urls.length] ?? "");
            this.ended.push({ at: Date.now() - this.started, wrong });
            await sleep(20);
        }
    }
}

/** What is wrong with the answer to a request, if something is. */
export function answer(url: string): Promise<string | undefined> {
    return new Promise((done) => {
        const asked = request(url, { agent: false, timeout: 20_000 }, (response) => {
            response.resume();
            response.on("end", () => {
                done(response.statusCode === 200 ? undefined : `${url} answers ${response.statusCode ?? ""}`);
            });
            response.on("error", (error) => {
                done(`${url}: ${error.message}`);
            });
        });
        asked.on("timeout", () => asked.destroy(new Error("no answer in 20 s")));
        asked.on("error", (error) => {
            done(`${url}: ${error.message}`);
        });
        asked.end();
    });
}
