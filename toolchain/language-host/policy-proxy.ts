import * as grpc from "@grpc/grpc-js";
import { AnalyzerService } from "@pulumi/pulumi/proto/analyzer_grpc_pb.js";
import { AnalyzerStackConfigureRequest } from "@pulumi/pulumi/proto/analyzer_pb.js";
import { CHANNEL_OPTIONS, messageOf } from "./server.ts";

/** Starts a policy pack and returns its port. There is no stack if the engine only lists the policies. */
export type StartPack = (stack?: AnalyzerStackConfigureRequest) => Promise<number>;

const asIs = (message: Buffer) => message;

/**
 * A proxy between the engine and a policy pack. The pack reads the stack from its environment when it starts, but the engine
 * sends the stack to a pack that is running already, with ConfigureStack.
 */
export function policyProxy(start: StartPack): grpc.Server {
    let pack: Promise<grpc.Client> | undefined;

    async function answer(path: string, request: Buffer): Promise<Buffer> {
        if (path === AnalyzerService.handshake.path) return Buffer.alloc(0);
        const isConfiguration = path === AnalyzerService.configureStack.path;
        pack ??= start(
            isConfiguration ? AnalyzerStackConfigureRequest.deserializeBinary(request) : undefined,
        ).then(
            (port) =>
                new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), CHANNEL_OPTIONS),
        );
        return forward(await pack, path, request);
    }

    const methods = Object.values(AnalyzerService).map(({ path }: { path: string }) => path);
    const server = new grpc.Server(CHANNEL_OPTIONS);
    server.addService(
        Object.fromEntries(methods.map((path) => [path, rawMethod(path)])),
        Object.fromEntries(methods.map((path) => [path, handler((request) => answer(path, request))])),
    );
    return server;
}

function rawMethod(path: string): grpc.MethodDefinition<Buffer, Buffer> {
    return {
        path,
        requestStream: false,
        responseStream: false,
        requestSerialize: asIs,
        requestDeserialize: asIs,
        responseSerialize: asIs,
        responseDeserialize: asIs,
    };
}

function handler(answer: (request: Buffer) => Promise<Buffer>): grpc.handleUnaryCall<Buffer, Buffer> {
    return ({ request }, callback) => {
        answer(request).then(
            (response) => {
                callback(null, response);
            },
            (error: unknown) => {
                // Errors of the pack are passed on unchanged.
                const { code = grpc.status.UNKNOWN, details = messageOf(error) } =
                    error as Partial<grpc.ServiceError>;
                callback({ code, details });
            },
        );
    };
}

function forward(pack: grpc.Client, path: string, request: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
        pack.makeUnaryRequest(path, asIs, asIs, request, (error, response) => {
            if (error) reject(error);
            else resolve(response ?? Buffer.alloc(0));
        });
    });
}
