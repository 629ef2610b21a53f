import * as grpc from "@grpc/grpc-js";
import { LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb.js";
import * as rpc from "@pulumi/pulumi/proto/language_pb.js";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb.js";
import { spawn } from "node:child_process";

/** Runs the programs of a language with a command. Pulumi connects to it by its option --client. */
export class LanguageHost {
    private readonly server = new grpc.Server();

    /**
     * @param command that runs a program, in its directory. Its environment has what the engine says, in the variables that
     *   Pulumi's SDK for Go reads.
     */
    constructor(command: string[]) {
        this.server.addService(LanguageRuntimeService, {
            getPluginInfo: answer(() => new PluginInfo()),
            getRequiredPackages: answer(() => new rpc.GetRequiredPackagesResponse()),
            run: answer((request: rpc.RunRequest) => run(command, request)),
        });
    }

    /** Returns the address. */
    async start(): Promise<string> {
        const port = await new Promise<number>((resolve, reject) => {
            this.server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
                if (error) reject(error);
                else resolve(port);
            });
        });
        return `127.0.0.1:${port}`;
    }

    stop(): void {
        this.server.forceShutdown();
    }
}

function answer<Request, Response>(
    respond: (request: Request) => Response | Promise<Response>,
): grpc.handleUnaryCall<Request, Response> {
    return (call, callback) => {
        Promise.resolve(respond(call.request)).then(
            (response) => {
                callback(null, response);
            },
            (error: unknown) => {
                callback({ code: grpc.status.UNKNOWN, details: String(error) });
            },
        );
    };
}

function run([file = "", ...args]: string[], request: rpc.RunRequest): Promise<rpc.RunResponse> {
    const config = request.getConfigMap().toArray();
    const program = spawn(file, args, {
        cwd: request.getInfo()?.getProgramDirectory() ?? request.getPwd(),
        env: {
            ...process.env,
            PULUMI_ORGANIZATION: request.getOrganization(),
            PULUMI_PROJECT: request.getProject(),
            PULUMI_STACK: request.getStack(),
            PULUMI_CONFIG: JSON.stringify(Object.fromEntries(config)),
            PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
            PULUMI_DRY_RUN: String(request.getDryrun()),
            PULUMI_PARALLEL: String(request.getParallel()),
            PULUMI_MONITOR: request.getMonitorAddress(),
            PULUMI_ENGINE: request.getArgsList()[0] ?? "",
        },
    });
    let output = "";
    program.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    program.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    return new Promise((resolve, reject) => {
        program.once("error", reject);
        program.once("close", (code) => {
            resolve(new rpc.RunResponse().setError(code === 0 ? "" : output));
        });
    });
}
