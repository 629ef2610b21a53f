import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

const CLIENTS = 4;
const PAUSE_MS = 20;

/** Clients that send HTTP requests, each on a new connection, until `stop`. */
export class RequestLoad {
    private readonly startTime = performance.now();
    private readonly clients: Promise<void>[];
    private running = true;
    private sent = 0;
    private failed = 0;
    private answered?: number;

    /** @param version that the new version sends in the header `X-Version` */
    constructor(url: string, version: string) {
        this.clients = Array.from({ length: CLIENTS }, () => this.send(url, version));
    }

    /** Returns the seconds until the first response of the new version, and how many requests failed until now. */
    async stop(): Promise<{ seconds: number; sent: number; failed: number }> {
        this.running = false;
        await Promise.all(this.clients);
        if (this.answered === undefined) throw new Error("The new version did not answer.");
        return { seconds: this.answered / 1000, sent: this.sent, failed: this.failed };
    }

    private async send(url: string, version: string): Promise<void> {
        while (this.running) {
            this.sent++;
            const response = await versionOf(url);
            if (response === undefined) this.failed++;
            if (response === version) this.answered ??= performance.now() - this.startTime;
            await sleep(PAUSE_MS);
        }
    }
}

/** The version that answers a request; undefined if the request fails. */
function versionOf(url: string): Promise<string | undefined> {
    return new Promise((resolve) => {
        const sent = request(url, { agent: false, timeout: 30_000 }, (response) => {
            response.resume();
            response.on("error", () => {
                resolve(undefined);
            });
            response.on("end", () => {
                resolve(response.statusCode === 200 ? String(response.headers["x-version"]) : undefined);
            });
        });
        sent.on("timeout", () => sent.destroy());
        sent.on("error", () => {
            resolve(undefined);
        });
        sent.end();
    });
}
