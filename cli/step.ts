/** Shows the progress of steps that take time, on stderr. */
import { progress } from "./output.ts";

/** Receives what a step is doing. */
export type Report = (line: string) => void;

/** After how many seconds a step shows how long it has been running. */
const SHOW_TIME_AFTER = 3;

/** Seconds between two reports where there is no terminal. */
const INTERVAL = 15;

const MAX_LENGTH = 60;

/** Runs a step. Shows for how long it has been running, and what it reports. */
export async function step<T>(sentence: string, work: (report: Report) => Promise<T>): Promise<T> {
    const { stderr } = process;
    progress(sentence);
    let latest = "";
    let seconds = 0;
    const timer = setInterval(() => {
        seconds += 1;
        const line = `  ${seconds} s  ${latest}`;
        if (stderr.isTTY && seconds >= SHOW_TIME_AFTER) stderr.write(`\r\x1b[K${line}`);
        else if (!stderr.isTTY && seconds % INTERVAL === 0) stderr.write(`${line}\n`);
    }, 1000);
    try {
        return await work((line) => (latest = (line.split("\n")[0] ?? "").slice(0, MAX_LENGTH)));
    } finally {
        clearInterval(timer);
        if (stderr.isTTY && seconds >= SHOW_TIME_AFTER) stderr.write("\r\x1b[K");
    }
}
