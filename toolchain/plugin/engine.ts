import { credentials } from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb.js";

export type Severity = "debug" | "info" | "warning" | "error";

const SEVERITIES: Record<Severity, LogSeverity> = {
    debug: LogSeverity.DEBUG,
    info: LogSeverity.INFO,
    warning: LogSeverity.WARNING,
    error: LogSeverity.ERROR,
};

/** The Pulumi engine that started this plugin. Shows messages to the user. */
export class Engine {
    private readonly client: EngineClient;
    private readonly pending = new Set<Promise<void>>();

    constructor(address: string) {
        this.client = new EngineClient(address, credentials.createInsecure());
    }

    /** Shows a message next to a resource. An ephemeral one is replaced by the next, which suits progress. */
    log(severity: Severity, urn: string, message: string, ephemeral = false): void {
        const request = new LogRequest();
        request.setSeverity(SEVERITIES[severity]);
        request.setUrn(urn);
        request.setMessage(message);
        request.setEphemeral(ephemeral);
        // A lost message must not fail the operation.
        const sent = new Promise<void>((resolve) => {
            this.client.log(request, () => {
                resolve();
            });
        });
        this.pending.add(sent);
        void sent.then(() => this.pending.delete(sent));
    }

    /** Waits until the engine has received all messages: it drops those that arrive after the operation's end. */
    async flush(): Promise<void> {
        await Promise.all(this.pending);
    }
}
