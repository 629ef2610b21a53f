import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { hashSync } from "bcryptjs";
import { docker } from "./docker";

const USER = "drydock";

/** A registry on this machine that speaks plain HTTP, asks for a login, and lets images be deleted. */
export class Registry {
    static readonly PASSWORD = "correct horse battery staple";
    private constructor(readonly address: string) {}

    /** Starts one, labelled, whose login is in a file in the folder. */
    static async start(folder: string, label: string): Promise<Registry> {
        mkdirSync(join(folder, "auth"));
        writeFileSync(join(folder, "auth/htpasswd"), `${USER}:${hashSync(Registry.PASSWORD, 4)}\n`);
        const settings = {
            REGISTRY_AUTH: "htpasswd",
            REGISTRY_AUTH_HTPASSWD_REALM: "registry",
            REGISTRY_AUTH_HTPASSWD_PATH: "/auth/htpasswd",
            REGISTRY_STORAGE_DELETE_ENABLED: "true",
        };
        const id = docker(
            ...["run", "--detach", "--label", label, "--publish", "127.0.0.1::5000"],
            ...Object.entries(settings).flatMap(([key, text]) => ["--env", `${key}=${text}`]),
            ...["--volume", `${join(folder, "auth")}:/auth:ro`, "registry:2"],
        );
        const registry = new Registry(docker("port", id, "5000"));
        while ((await registry.answers("app", "1")) === undefined) await sleep(100);
        return registry;
    }

    /** The status with which it answers for an image; undefined as long as it does not. */
    async answers(path: string, tag: string): Promise<number | undefined> {
        const url = `http://${this.address}/v2/${path}/manifests/${tag}`;
        const authorization = `Basic ${Buffer.from(`${USER}:${Registry.PASSWORD}`).toString("base64")}`;
        const accept = "application/vnd.docker.distribution.manifest.v2+json";
        const response = await fetch(url, { headers: { authorization, accept } }).catch(() => undefined);
        return response?.status;
    }

    /** The login, as a program gives it to the provider or to an image. */
    login(key: "address" | "server"): string {
        return `{ ${key}: "${this.address}", username: "${USER}", password: pulumi.secret("${Registry.PASSWORD}") }`;
    }

    /** Removes what this machine has of its images, by name: others may have them by another one. */
    forget(): void {
        const name = '{{.Repository}}{{if eq .Tag "<none>"}}@{{.Digest}}{{else}}:{{.Tag}}{{end}}';
        const filter = `reference=${this.address}/*`;
        const left = docker("images", "--digests", "--format", name, "--filter", filter);
        for (const image of new Set(left.split("\n").filter(Boolean))) docker("rmi", image);
    }
}
