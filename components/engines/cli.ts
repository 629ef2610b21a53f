import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { quoted } from "../shell";

/** Which Docker Engine a provider works with; nothing, for the one that the docker command finds by itself. */
interface Daemon {
    host?: string;
    context?: string;
    /** Folder with ca.pem, cert.pem and key.pem. */
    certPath?: string;
}

/**
 * The docker command's options that make it talk to the same Docker Engine as the provider of a resource: the
 * one it was given, else the one that the stack's `docker:` settings describe.
 */
export function dockerOptions(resource: pulumi.Resource | undefined): pulumi.Output<string[]> {
    return daemonOf(resource).apply(daemonOptions);
}

/** The docker command with those options, for a script. */
export function dockerCommand(resource: pulumi.Resource | undefined): pulumi.Output<string> {
    return dockerOptions(resource).apply((options) => ["docker", ...options.map(quoted)].join(" "));
}

/** The host on which that Docker Engine runs, as this machine calls it. */
export function engineHost(resource: pulumi.Resource | undefined): pulumi.Output<string> {
    return daemonOf(resource).apply(({ host = "" }) => {
        const name = URL.canParse(host) && !host.startsWith("unix:") ? new URL(host).hostname : "";
        return name === "" ? "localhost" : name;
    });
}

/**
 * The platform of that Docker Engine, such as `linux/arm64`. Undefined where none answers: the provider says so, and
 * why.
 */
export function enginePlatform(resource: pulumi.Resource | undefined): pulumi.Output<string | undefined> {
    return dockerOptions(resource).apply(async (options) => {
        const question = ["version", "--format", "{{.Server.Os}}/{{.Server.Arch}}"];
        const answer = promisify(execFile)("docker", [...options, ...question], {
            timeout: 30_000,
            env: process.env,
        });
        return answer.then(
            ({ stdout }) => stdout.trim(),
            () => undefined,
        );
    });
}

function daemonOf(resource: pulumi.Resource | undefined): pulumi.Output<Daemon> {
    const provider = resource?.getProvider("docker:index:Container");
    if (docker.Provider.isInstance(provider)) {
        const { host, context, certPath, certMaterial } = provider;
        return pulumi.all([host, context, certPath, certMaterial]).apply(([host, context, certPath, pem]) => {
            if (pem !== undefined)
                throw new pulumi.RunError(
                    "docker.Provider: the docker command takes certificates from files; set certPath in place of certMaterial, keyMaterial and caMaterial",
                );
            return { host, context, certPath };
        });
    }
    const settings = new pulumi.Config("docker");
    return pulumi.output({
        host: settings.get("host"),
        context: settings.get("context"),
        certPath: settings.get("certPath"),
    });
}

/** A context wins over a host, as in the provider. */
function daemonOptions({ host, context, certPath }: Daemon): string[] {
    if (context !== undefined) return ["--context", context];
    if (host === undefined) return [];
    if (certPath === undefined) return ["--host", host];
    const files = { "--tlscacert": "ca.pem", "--tlscert": "cert.pem", "--tlskey": "key.pem" };
    const certificates = Object.entries(files).flatMap(([option, file]) => [option, join(certPath, file)]);
    return ["--host", host, "--tlsverify", ...certificates];
}
