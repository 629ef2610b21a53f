import { Metadata, status } from "@grpc/grpc-js";
import { ErrorResourceInitFailed } from "@pulumi/pulumi/proto/provider_pb.js";
import { Status } from "@pulumi/pulumi/proto/status_pb.js";
import { Any } from "google-protobuf/google/protobuf/any_pb.js";
import type { Struct } from "google-protobuf/google/protobuf/struct_pb.js";
import { InitializationError } from "./provider.ts";
import type { Values } from "./values.ts";

/** An error with the fields that gRPC sends. */
class RpcError extends Error {
    readonly code = status.UNKNOWN;
    readonly details: string;
    readonly metadata?: Metadata;

    constructor(message: string, metadata?: Metadata) {
        super(message);
        this.metadata = metadata;
        this.details = message;
    }
}

/** Converts an error for gRPC. An InitializationError includes the resource, so that the engine records it. */
export function toRpcError(error: unknown, encode?: (state: Values) => Struct): RpcError {
    if (error instanceof RpcError) return error;
    const message = messageOf(error);
    if (!(error instanceof InitializationError) || !encode) return new RpcError(message);

    const failure = new ErrorResourceInitFailed();
    failure.setId(error.id);
    failure.setProperties(encode(error.state));
    failure.addReasons(message);
    const detail = new Any();
    detail.pack(failure.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
    const richStatus = new Status();
    richStatus.setCode(status.UNKNOWN);
    richStatus.setMessage(message);
    richStatus.addDetails(detail);

    const metadata = new Metadata();
    metadata.set("grpc-status-details-bin", Buffer.from(richStatus.serializeBinary()));
    return new RpcError(message, metadata);
}

export function messageOf(error: unknown): string {
    return error instanceof Error ? error.message : String(error);
}
