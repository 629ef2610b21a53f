import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { hashSync } from "bcryptjs";
import { docker } from "./docker-cli.ts";

const USERNAME = "drydock";

/** A registry on this machine with plain HTTP and a login, which allows images to be deleted. */
export class Registry {
    static readonly PASSWORD = "correct horse battery staple";
    readonly address: string;

    private constructor(address: string) {
        this.address = address;
    }

    /** Starts a registry. Its password file is written to the directory. */
    static async start(directory: string, label: string): Promise<Registry> {
        mkdirSync(join(directory, "auth"));
        writeFileSync(join(directory, "auth/htpasswd"), `${USERNAME}:${hashSync(Registry.PASSWORD, 4)}\n`);
        const environment = {
            REGISTRY_AUTH: "htpasswd",
            REGISTRY_AUTH_HTPASSWD_REALM: "registry",
            REGISTRY_AUTH_HTPASSWD_PATH: "/auth/htpasswd",
            REGISTRY_STORAGE_DELETE_ENABLED: "true",
        };
        const id = docker(
            ...["run", "--detach", "--label", label, "--publish", "127.0.0.1::5000"],
            ...Object.entries(environment).flatMap(([key, text]) => ["--env", `${key}=${text}`]),
            ...["--volume", `${join(directory, "auth")}:/auth:ro`, "registry:2"],
        );
        const registry = new Registry(docker("port", id, "5000"));
        while ((await registry.manifestStatus("app", "1")) === undefined) await sleep(100);
        return registry;
    }

    /** The HTTP status for an image's manifest; undefined until the registry answers. */
    async manifestStatus(path: string, tag: string): Promise<number | undefined> {
        const url = `http://${this.address}/v2/${path}/manifests/${tag}`;
        const authorization = `Basic ${Buffer.from(`${USERNAME}:${Registry.PASSWORD}`).toString("base64")}`;
        const accept = "application/vnd.docker.distribution.manifest.v2+json";
        const response = await fetch(url, { headers: { authorization, accept } }).catch(() => undefined);
        return response?.status;
    }

    /** The login as an argument of the provider or an image. */
    login(key: "address" | "server"): string {
        return `{ ${key}: "${this.address}", username: "${USERNAME}", password: pulumi.secret("${Registry.PASSWORD}") }`;
    }

    /** Removes this machine's images of the registry by name, as they may have other names too. */
    removeLocalImages(): void {
        const name = '{{.Repository}}{{if eq .Tag "<none>"}}@{{.Digest}}{{else}}:{{.Tag}}{{end}}';
        const filter = `reference=${this.address}/*`;
        const images = docker("images", "--digests", "--format", name, "--filter", filter);
        for (const image of new Set(images.split("\n").filter(Boolean))) docker("rmi", image);
    }
}
