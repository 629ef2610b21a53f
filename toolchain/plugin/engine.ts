import { credentials } from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";

export type Severity = "debug" | "info" | "warning" | "error";

const SEVERITIES: Record<Severity, LogSeverity> = {
    debug: LogSeverity.DEBUG,
    info: LogSeverity.INFO,
    warning: LogSeverity.WARNING,
    error: LogSeverity.ERROR,
};

/** The engine that started this plugin: where messages for the person go. */
export class Engine {
    private readonly client: EngineClient;
    private readonly arrivals = new Set<Promise<void>>();

    constructor(address: string) {
        this.client = new EngineClient(address, credentials.createInsecure());
    }

    /** Shows a message with a resource; an ephemeral one only until the next, as progress. */
    log(severity: Severity, urn: string, message: string, ephemeral = false): void {
        const request = new LogRequest();
        request.setSeverity(SEVERITIES[severity]);
        request.setUrn(urn);
        request.setMessage(message);
        request.setEphemeral(ephemeral);
        // A message that does not arrive is no reason to fail the operation it speaks of.
        const arrival = new Promise<void>((resolve) => {
            this.client.log(request, () => {
                resolve();
            });
        });
        this.arrivals.add(arrival);
        void arrival.then(() => this.arrivals.delete(arrival));
    }

    /** Until all messages so far have arrived: what an operation says is to be shown before it ends. */
    async arrived(): Promise<void> {
        await Promise.all(this.arrivals);
    }
}
