import * as grpc from "@grpc/grpc-js";

/** The engine's limit. The default of gRPC, 4 MiB, is too small for large stacks. */
const MAX_MESSAGE_BYTES = 400 * 1024 * 1024;

export const CHANNEL_OPTIONS: grpc.ChannelOptions = {
    "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
    "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
};

/** Listens on a free port of the loopback interface and returns it. */
export function listen(server: grpc.Server): Promise<number> {
    return new Promise((resolve, reject) => {
        server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
            if (error) reject(error);
            else resolve(port);
        });
    });
}

/** A gRPC method that responds with the result of a function. Exceptions become gRPC errors. */
export function unary<Request, Response>(
    answer: (request: Request, cancelled: AbortSignal) => Response | Promise<Response>,
): grpc.handleUnaryCall<Request, Response> {
    return (call, callback) => {
        Promise.resolve(call.request)
            .then((request) => answer(request, abortOnCancel(call)))
            .then(
                (response) => {
                    callback(null, response);
                },
                (error: unknown) => {
                    callback({ code: grpc.status.UNKNOWN, details: messageOf(error) });
                },
            );
    };
}

/** A gRPC method that streams responses until its promise settles. */
export function streaming<Request, Response>(
    answer: (request: Request, send: (response: Response) => void, cancelled: AbortSignal) => Promise<void>,
): grpc.handleServerStreamingCall<Request, Response> {
    return (call) => {
        const send = (response: Response) => {
            if (!call.cancelled) call.write(response);
        };
        answer(call.request, send, abortOnCancel(call)).then(
            () => {
                call.end();
            },
            (error: unknown) => {
                call.emit("error", { code: grpc.status.UNKNOWN, details: messageOf(error) });
            },
        );
    };
}

export function unimplemented(details: string): grpc.handleUnaryCall<unknown, never> {
    return (_, callback) => {
        callback({ code: grpc.status.UNIMPLEMENTED, details });
    };
}

export function messageOf(error: unknown): string {
    return error instanceof Error ? error.message : String(error);
}

function abortOnCancel(
    call: grpc.ServerUnaryCall<unknown, unknown> | grpc.ServerWritableStream<unknown, unknown>,
) {
    const cancelled = new AbortController();
    call.once("cancelled", () => {
        cancelled.abort();
    });
    return cancelled.signal;
}
