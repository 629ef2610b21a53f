import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { docker } from "./docker-cli.ts";

const SILENT = { stdio: "pipe" } as const;

/**
 * A Swarm of one node in a container, with the image redis:8. Without IP_VS in the kernel, virtual IPs and the ingress network
 * can be declared but do not answer.
 */
export class Swarm {
    // A short path: that of a socket has at most 107 characters.
    private readonly directory = mkdtempSync(join(tmpdir(), "swarm-"));
    private readonly node: string;
    readonly host = `unix://${this.directory}/docker.sock`;
    /** The start of a program. Resources with the options `on` are created in this Swarm. */
    readonly provider = `const on = { provider: new docker.Provider("swarm", { host: "${this.host}" }) };`;

    constructor(name: string) {
        this.node = `drydock-conformance-${name}-${process.pid}`;
    }

    /** @param startMachine starts a Docker Engine in a container, with its socket in the directory */
    async start(startMachine: (name: string, directory: string) => Promise<void>): Promise<void> {
        await startMachine(this.node, this.directory);
        const address = docker(
            "inspect",
            "--format",
            "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}",
            this.node,
        );
        this.docker("swarm", "init", "--advertise-addr", address);
        execFileSync("sh", ["-c", `docker save redis:8 | docker --host ${this.host} load`], SILENT);
    }

    /** Runs the docker CLI on the node and returns its output. */
    docker(...args: string[]): string {
        return docker("--host", this.host, ...args);
    }

    service(name: string): Service | undefined {
        return this.lookUp("service", name) as Service | undefined;
    }

    /** Whether a secret, config or network exists. */
    has(kind: string, name: string): boolean {
        return this.lookUp(kind, name) !== undefined;
    }

    /** IDs of a service's running containers. */
    containers(service: string): string[] {
        const filter = `label=com.docker.swarm.service.name=${service}`;
        return this.docker("ps", "--quiet", "--no-trunc", "--filter", filter)
            .split("\n")
            .filter(Boolean)
            .sort();
    }

    /** Removes the node and everything on it. */
    dispose(): void {
        docker("rm", "--force", "--volumes", this.node);
        rmSync(this.directory, { recursive: true, force: true });
    }

    private lookUp(kind: string, name: string): unknown {
        try {
            return (JSON.parse(this.docker(kind, "inspect", name)) as unknown[])[0];
        } catch {
            return undefined;
        }
    }
}

/** The fields of an inspected service that tests use. */
export interface Service {
    ID: string;
    Spec: {
        Labels: Record<string, string>;
        Mode: { Replicated?: { Replicas: number }; Global?: object };
        TaskTemplate: { ContainerSpec: { Command?: string[]; StopGracePeriod: number } };
    };
    UpdateStatus?: { State: string };
}
