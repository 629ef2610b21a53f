import * as grpc from "@grpc/grpc-js";
import { LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb.js";
import { version } from "@pulumi/pulumi/version.js";
import { fstatSync } from "node:fs";
import { parseArgs } from "node:util";
import { killGroup } from "./process.ts";
import { CHANNEL_OPTIONS, listen } from "./server.ts";
import { languageRuntime } from "./service.ts";

async function main(): Promise<void> {
    const { values, positionals } = parseArgs({
        allowPositionals: true,
        options: {
            tracing: { type: "string" },
            version: { type: "boolean" },
            // Passed on by `pulumi --logtostderr -v=9 --logflow`. This host writes no log.
            logtostderr: { type: "boolean" },
            v: { type: "string", short: "v" },
        },
    });
    if (values.version) {
        console.log(version);
        return;
    }

    const shutdown = new AbortController();
    const server = new grpc.Server(CHANNEL_OPTIONS);
    const host = { engine: positionals.at(-1) ?? "", tracing: values.tracing };
    server.addService(LanguageRuntimeService, languageRuntime(host, shutdown));
    onEngineExit(killGroup);
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
        process.on(signal, () => {
            shutdown.abort();
            server.forceShutdown();
        });
    }
    // As a string, because Node may print numbers in color.
    console.log(String(await listen(server)));
}

/** Detects the engine's exit, even if it is killed: the pipes that it has opened to this process are closed. */
function onEngineExit(callback: () => void): void {
    for (const output of [process.stdout, process.stderr]) output.once("error", callback);
    const stdin = fstatSync(0);
    if (!stdin.isFIFO() && !stdin.isSocket()) return;
    process.stdin.once("end", callback).once("error", callback).resume();
    // Do not keep this process running.
    process.stdin.unref();
}

void main();
