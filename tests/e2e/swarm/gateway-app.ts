import { get } from "node:http";
import { Load } from "../load.ts";
import { Programs } from "../programs.ts";
import type { Swarm } from "./cluster.ts";

const PORT = 20080;
const NODES = [1, 2, 3];

/** A gateway on each node of a Swarm, in a stack `swarmfront`, and applications of other stacks behind it. */
export class SwarmGatewayApp {
    readonly programs = new Programs();
    private readonly swarm: Swarm;

    constructor(swarm: Swarm) {
        this.swarm = swarm;
    }

    up(stack: string, program: string) {
        return this.programs.up(stack, program, {}, `--config docker:host=${this.swarm.host()}`);
    }

    destroy(stack: string) {
        return this.programs.clone.run(
            `. ./env; pulumi destroy --yes --skip-preview --color=never --stack ${stack}`,
        );
    }

    gateway(): string {
        return `
            const front = new drydock.Gateway("front", { engine: "swarm", tls: "off", http: { port: ${PORT} } });
            return { front: front.connection };`;
    }

    /** An application that answers with its version. */
    app(version: string, ...hosts: string[]): string {
        return `
            const front = new pulumi.StackReference("organization/drydock/swarmfront").requireOutput("front") as pulumi.Output<drydock.Connection>;
            new drydock.WebApp("web", {
                engine: "swarm",
                replicas: 2,
                swarm: { endpointMode: "dnsrr" },
                image: "caddy:2",
                command: ["caddy", "respond", "--listen", ":3000", "--body", "${version}"],
                health: { tcp: true, interval: 1 },
                routes: ${JSON.stringify(hosts)}.map((host) => ({ gateway: front, host })),
            });
            return {};`;
    }

    /** Addresses of the nodes, which are host names of routes too. */
    addresses(): string[] {
        return NODES.map((node) => this.swarm.address(node));
    }

    /** Status and body, at each node. */
    answers(host: string): Promise<string[]> {
        return Promise.all(
            this.addresses().map(
                (address) =>
                    new Promise<string>((resolve, reject) => {
                        const options = { host: address, port: PORT, headers: { host }, agent: false };
                        get(options, (response) => {
                            let body = "";
                            response.on("data", (chunk: Buffer) => (body += chunk.toString()));
                            response.on("end", () => {
                                resolve(`${response.statusCode ?? ""} ${body}`.trim());
                            });
                        }).on("error", reject);
                    }),
            ),
        );
    }

    /** The same answer at each node. */
    everywhere(answer: string): string[] {
        return NODES.map(() => answer);
    }

    /** Requests to each node, on new connections, and on connections that stay open. */
    loads(): Load[] {
        const urls = this.addresses().map((address) => `http://${address}:${PORT}/`);
        return [false, true].flatMap((keepAlive) => urls.map((url) => new Load([url], 1, keepAlive)));
    }

    gatewayTasks(): string {
        return this.swarm.docker(1, "service ps --quiet drydock-swarmfront-front");
    }
}
