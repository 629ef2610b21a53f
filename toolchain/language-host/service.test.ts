import * as rpc from "@pulumi/pulumi/proto/language_pb.js";
import { EventEmitter, once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { languageRuntime } from "./service.ts";
import { write } from "./testing.ts";

const directory = mkdtempSync(join(tmpdir(), "service-"));
afterAll(() => {
    rmSync(directory, { recursive: true });
});

/** A gRPC call that collects the responses. */
class Call extends EventEmitter {
    readonly cancelled = false;
    answer = "";
    readonly request: unknown;

    constructor(request: unknown) {
        super();
        this.request = request;
    }

    write(response: rpc.RunPluginResponse): void {
        this.answer += response.hasExitcode()
            ? `exit ${response.getExitcode()}`
            : Buffer.from(response.getStdout_asU8()).toString();
        if (this.answer === "at work\n") this.emit("working");
    }

    end(): void {
        this.emit("ended");
    }
}

test("does not stop a plugin on Ctrl-C, as the engine tells it to finish", async () => {
    write(directory, {
        "node_modules/@pulumi/pulumi/package.json": "{}",
        "node_modules/@pulumi/pulumi/cmd/run-plugin/index.js":
            'console.log("at work"); setTimeout(() => console.log("done"), 300)',
    });
    const runtime = languageRuntime({ engine: "" }, new AbortController());
    const info = new rpc.ProgramInfo().setProgramDirectory(directory);
    const call = new Call(
        new rpc.RunPluginRequest()
            .setKind("resource")
            .setPwd(directory)
            .setEnvList([`PULUMI_HOME=${directory}`])
            .setInfo(info),
    );
    (runtime.runPlugin as unknown as (call: Call) => void)(call);
    await once(call, "working");
    (runtime.cancel as unknown as (call: Call, reply: () => void) => void)(
        new Call(undefined),
        () => undefined,
    );
    await once(call, "ended");
    expect(call.answer).toBe("at work\ndone\nexit 0");
});
