import { fstatSync } from "node:fs";
import {
    sendUnaryData,
    Server,
    ServerCredentials,
    ServerUnaryCall,
    UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { Engine } from "./engine";
import { serviceError } from "./errors";
import { Provider } from "./provider";
import { Service } from "./service";

/** State of any size: messages are not limited, as in Pulumi's own plugins. */
const UNLIMITED = { "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 };

/**
 * Serves a provider to the engine that started this process: takes the engine's address as the last
 * argument, and prints the port that it listens on.
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

/** The service's methods as gRPC calls them; those that it lacks are answered with UNIMPLEMENTED. */
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
                            reply(serviceError(error));
                        },
                    );
            },
        ]),
    );
}

/**
 * An engine that is killed takes its plugins along: their standard input ends. One that gives up on them
 * interrupts them. Both are an exit like any other, so that what a plugin has running can be ended.
 */
function exitWithEngine(): void {
    for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit());
    const stdin = fstatSync(0);
    if (!stdin.isFIFO() && !stdin.isSocket()) return;
    process.stdin.on("end", () => process.exit()).resume();
}
