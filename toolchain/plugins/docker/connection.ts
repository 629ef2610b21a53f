import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { Agent, type ClientRequestArgs, type OutgoingHttpHeaders } from "node:http";
import type { Socket } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";
import { Duplex } from "node:stream";
import Docker from "dockerode";
import { boolean, list, object, string, type TypeOf } from "../../plugin/schema.ts";

/** The provider's configuration: how to reach the Docker daemon. */
export const connectionProperties = {
    host: string(),
    context: string(),
    sshOpts: list(string()),
    caMaterial: string(),
    certMaterial: string(),
    keyMaterial: string(),
    certPath: string(),
    disableDockerDaemonCheck: boolean(),
    registryAuth: list(
        object({
            address: string({ required: true }),
            username: string(),
            password: string({ sensitive: true }),
            authDisabled: boolean(),
        }),
    ),
};

export type ConnectionConfig = TypeOf<typeof connectionProperties>;

/** Default sockets of Docker Engine and Docker Desktop. */
const SOCKETS = [
    "/var/run/docker.sock",
    join(homedir(), ".docker/run/docker.sock"),
    join(homedir(), ".docker/desktop/docker.sock"),
] as const;

/** The daemon's address. The configuration takes precedence over the environment. */
export function daemonHost(config: ConnectionConfig, env: NodeJS.ProcessEnv): string {
    const context = config.context ?? env.DOCKER_CONTEXT;
    if (context) return contextHost(context, env.DOCKER_CONFIG ?? join(homedir(), ".docker"));
    const host = config.host ?? env.DOCKER_HOST ?? "";
    return host === "" ? `unix://${SOCKETS.find((path) => existsSync(path)) ?? SOCKETS[0]}` : host;
}

/** Finds a context of the Docker CLI, which stores each in a directory named after a digest. */
function contextHost(name: string, dockerConfig: string): string {
    interface Context {
        Name: string;
        Endpoints: { docker?: { Host: string } };
    }
    const directory = join(dockerConfig, "contexts/meta");
    for (const entry of readdirSync(directory)) {
        const context = JSON.parse(readFileSync(join(directory, entry, "meta.json"), "utf8")) as Context;
        if (context.Name === name && context.Endpoints.docker) return context.Endpoints.docker.Host;
    }
    throw new Error(`context: there is no Docker context ${name}; list them with "docker context ls"`);
}

export function connect(config: ConnectionConfig, env: NodeJS.ProcessEnv): Docker {
    const host = daemonHost(config, env);
    const url = URL.canParse(host) ? new URL(host) : undefined;
    switch (url?.protocol) {
        case "unix:":
            // As with the docker command, a relative path is relative to the working directory.
            return new Docker({ socketPath: host.slice("unix://".length) });
        case "ssh:":
            // The option `agent` is missing in dockerode's types.
            return new Docker({
                protocol: "http",
                host: "docker",
                agent: new SshAgent(url, config.sshOpts ?? splitWords(env.DOCKER_SSH_OPTS), env),
            } as Docker.DockerOptions);
        case "tcp:":
        case "http:":
        case "https:": {
            const tls = certificates(config, env);
            const protocol = tls || url.protocol === "https:" ? "https" : "http";
            return new Docker({ protocol, host: url.hostname, port: url.port || 2375, ...tls });
        }
        default:
            throw new Error(`host: ${host} is not a Docker address; use unix://, tcp://, https:// or ssh://`);
    }
}

function certificates(config: ConnectionConfig, env: NodeJS.ProcessEnv) {
    const ca = config.caMaterial ?? env.DOCKER_CA_MATERIAL;
    const cert = config.certMaterial ?? env.DOCKER_CERT_MATERIAL;
    const key = config.keyMaterial ?? env.DOCKER_KEY_MATERIAL;
    // Without caMaterial, the certificate authorities of this machine apply.
    if (cert && key) return { ca, cert, key };
    if (ca ?? cert ?? key)
        throw new Error("certMaterial, keyMaterial: set both, or neither of them nor caMaterial");
    const directory = config.certPath ?? env.DOCKER_CERT_PATH;
    if (!directory) return undefined;
    const read = (name: string) => readFileSync(join(directory, name), "utf8");
    return { ca: read("ca.pem"), cert: read("cert.pem"), key: read("key.pem") };
}

function splitWords(text = ""): string[] {
    return text.split(/\s+/).filter(Boolean);
}

/** Connects to a daemon through the ssh command, which applies the user's configuration, agent and known hosts. */
class SshAgent extends Agent {
    private readonly url: URL;
    private readonly options: string[];
    private readonly env: NodeJS.ProcessEnv;

    constructor(url: URL, options: string[], env: NodeJS.ProcessEnv) {
        super();
        this.url = url;
        this.options = options;
        this.env = env;
    }

    override createConnection({ headers }: ClientRequestArgs): Duplex {
        const { username, hostname, port } = this.url;
        const destination = username ? `${username}@${hostname}` : hostname;
        const remote = ["docker", "system", "dial-stdio"];
        const args = [...this.options, ...(port ? ["-p", port] : []), "--", destination, ...remote];
        if ((headers as OutgoingHttpHeaders | undefined)?.Upgrade === "h2c")
            return openSocket(args, this.env);
        // Detached, as by the docker command: Ctrl-C stops Pulumi, which lets the provider finish what it does.
        const ssh = spawn("ssh", args, { stdio: ["pipe", "pipe", "pipe"], env: this.env, detached: true });
        const connection = new Duplex({
            read: () => ssh.stdout.resume(),
            // An error of writing means that ssh has exited: its stderr, which says why, is reported when it closes.
            write: (chunk, encoding, done) => {
                ssh.stdin.write(chunk, encoding, () => {
                    done();
                });
            },
            final: (done) => {
                ssh.stdin.end(() => {
                    done();
                });
            },
            destroy: (error, done) => {
                ssh.kill();
                done(error);
            },
        });
        ssh.stdout.on("data", (chunk) => {
            if (!connection.push(chunk)) ssh.stdout.pause();
        });
        let stderr = "";
        ssh.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
        ssh.stdin.on("error", () => undefined);
        ssh.on("error", (error) => connection.destroy(error));
        ssh.on("close", (code) => {
            if (code) connection.destroy(new Error(`ssh ${destination}: ${stderr.trim()}`));
            else connection.push(null);
        });
        // Node's HTTP client calls these methods, which only a socket has.
        const self = () => connection;
        const methods = ["setTimeout", "setKeepAlive", "setNoDelay", "ref", "unref"];
        return Object.assign(connection, Object.fromEntries(methods.map((name) => [name, self])));
    }
}

/**
 * For the session of BuildKit, which is HTTP/2. Node.js fails an assertion when it ends one on a stream that is not a socket
 * (`JSStreamSocket.doWrite`), so that this is one: descriptor 3, for both directions.
 */
function openSocket(args: string[], env: NodeJS.ProcessEnv): Socket {
    const script = 'exec ssh "$@" <&3 >&3 3>&-';
    const ssh = spawn("sh", ["-c", script, "sh", ...args], {
        stdio: ["ignore", "ignore", "ignore", "pipe"],
        env,
        detached: true,
    });
    const socket = ssh.stdio[3] as Socket;
    ssh.on("error", (error) => socket.destroy(error));
    return socket.on("close", () => ssh.kill());
}
