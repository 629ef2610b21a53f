import LightRunner from "jest-light-runner";
import { Worker } from "jest-worker";

/**
 * Runs test files in processes. jest-light-runner uses threads, which share their memory: each program that a test starts costs a
 * copy of the page tables of all workers, a seventh of the time of `make check`. Its own mode for processes hangs (version 0.8.2):
 * if two processes start together, one may never get its settings.
 */
export default class ProcessRunner extends LightRunner {
    #globalConfig;

    constructor(globalConfig, context) {
        super(globalConfig, context);
        this.#globalConfig = globalConfig;
    }

    async runTests(tests, watcher, onStart, onResult, onFailure) {
        const { maxWorkers } = this.#globalConfig;
        // In this process, for a debugger.
        if (maxWorkers === 1) return super.runTests(tests, watcher, onStart, onResult, onFailure);
        const settings = {
            globalConfig: this.#globalConfig,
            projectConfig: tests[0].context.config,
            runtime: "child_process",
        };
        const workers = new Worker(new URL("worker.mjs", import.meta.url), {
            numWorkers: maxWorkers,
            exposedMethods: ["run"],
            setupArgs: [settings],
        });
        workers.getStdout().pipe(process.stdout);
        workers.getStderr().pipe(process.stderr);
        const queue = [...tests];
        const runNext = async () => {
            for (let test = queue.shift(); test !== undefined; test = queue.shift()) {
                await onStart(test);
                await workers.run(test.path).then(
                    (result) => onResult(test, result),
                    (error) => onFailure(test, error),
                );
            }
        };
        try {
            await Promise.all(Array.from({ length: maxWorkers }, runNext));
        } finally {
            await workers.end();
        }
    }
}
