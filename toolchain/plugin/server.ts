import { fstatSync } from "node:fs";
import {
    type sendUnaryData,
    Server,
    ServerCredentials,
    type ServerUnaryCall,
    type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import { Engine } from "./engine.ts";
import { toRpcError } from "./errors.ts";
import type { Provider } from "./provider.ts";
import { Service } from "./service.ts";

/** No limit for the size of a message, as in official plugins. */
const UNLIMITED = { "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 };

/**
 * Serves a provider to the engine that started this process. The last argument is the engine's address; the port of the
 * server is printed on stdout.
 */
export function serve(provider: Provider): void {
    const service = new Service(provider, new Engine(process.argv.at(-1) ?? ""));
    const server = new Server(UNLIMITED);
    server.addService(ResourceProviderService, methodsOf(service));
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
        if (error) throw error;
        console.log(port);
    });
    exitWithEngine();
}

/** Adapts the service's methods to gRPC. gRPC answers UNIMPLEMENTED for missing ones. */
function methodsOf(service: Service): UntypedServiceImplementation {
    const handlers = service as unknown as Record<string, ((request: unknown) => unknown) | undefined>;
    const names = Object.keys(ResourceProviderService).filter((name) => handlers[name]);
    return Object.fromEntries(
        names.map((name) => [
            name,
            (call: ServerUnaryCall<unknown, unknown>, reply: sendUnaryData<unknown>) => {
                Promise.resolve()
                    .then(() => handlers[name]?.call(service, call.request))
                    .then(
                        (response) => {
                            reply(null, response);
                        },
                        (error: unknown) => {
                            reply(toRpcError(error));
                        },
                    );
            },
        ]),
    );
}

/**
 * Exits when the engine is killed, which closes stdin, or when it sends a signal. In both cases through `process.exit`, so
 * that exit handlers can stop child processes.
 */
function exitWithEngine(): void {
    for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit());
    const stdin = fstatSync(0);
    if (!stdin.isFIFO() && !stdin.isSocket()) return;
    process.stdin.on("end", () => process.exit()).resume();
}
