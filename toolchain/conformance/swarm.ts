import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { docker } from "./docker";

const ROOT = resolve(__dirname, "../..");
const QUIETLY = { stdio: "pipe" } as const;

/**
 * A Swarm of one node, in a container of its own, that has the image redis:8. Where the kernel has no IP_VS,
 * as here, virtual IPs and the ingress network can be declared and do not answer.
 */
export class Swarm {
    // Short, because the path of a socket may have 107 characters at most.
    private readonly folder = mkdtempSync(join(tmpdir(), "swarm-"));
    private readonly machine: string;
    readonly host = `unix://${this.folder}/docker.sock`;
    /** The beginning of a program: every resource takes `on` as its options, and is then in this Swarm. */
    readonly provider = `const on = { provider: new docker.Provider("swarm", { host: "${this.host}" }) };`;

    constructor(name: string) {
        this.machine = `drydock-conformance-${name}-${process.pid}`;
    }

    start(): void {
        execFileSync(join(ROOT, "swarm/node.sh"), [this.machine, this.folder], QUIETLY);
        const address = docker(
            "inspect",
            "--format",
            "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}",
            this.machine,
        );
        this.docker("swarm", "init", "--advertise-addr", address);
        execFileSync("sh", ["-c", `docker save redis:8 | docker --host ${this.host} load`], QUIETLY);
    }

    /** What the docker CLI prints of the node. */
    docker(...args: string[]): string {
        return docker("--host", this.host, ...args);
    }

    service(name: string): Service | undefined {
        return this.lookUp("service", name) as Service | undefined;
    }

    /** Whether there is such a secret, config, network and so on. */
    has(kind: string, name: string): boolean {
        return this.lookUp(kind, name) !== undefined;
    }

    /** IDs of a service's containers that run. */
    containers(service: string): string[] {
        const filter = `label=com.docker.swarm.service.name=${service}`;
        return this.docker("ps", "--quiet", "--no-trunc", "--filter", filter).split("\n").filter(Boolean).sort();
    }

    /** Removes the node, with all that ran on it. */
    dispose(): void {
        docker("rm", "--force", "--volumes", this.machine);
        rmSync(this.folder, { recursive: true, force: true });
    }

    private lookUp(kind: string, name: string): unknown {
        try {
            return (JSON.parse(this.docker(kind, "inspect", name)) as unknown[])[0];
        } catch {
            return undefined;
        }
    }
}

/** The part of an inspected service that the tests look at. */
export interface Service {
    ID: string;
    Spec: {
        Labels: Record<string, string>;
        Mode: { Replicated?: { Replicas: number }; Global?: object };
        TaskTemplate: { ContainerSpec: { Command?: string[]; StopGracePeriod: number } };
    };
    UpdateStatus?: { State: string };
}
