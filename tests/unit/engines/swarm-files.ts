import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SERVICE_CONFIG, type Declared, SECRET, UNKNOWN } from "../../../testing/index.ts";
import type { FileView } from "./view.ts";

export const ENVIRONMENT = "/run/drydock/environment";

/** The secrets and configs of a service, with where it finds them. */
export interface ServiceFiles {
    secrets: { secretId: string; fileName: string }[];
    configs: { configId: string; fileName: string }[];
}

/** The files by their paths, from the resources that hold them. */
export function filesOf({ secrets, configs }: ServiceFiles, declared: Declared[]): Record<string, FileView> {
    const named = [
        ...secrets.map(({ secretId, fileName }) => ({ type: SECRET, id: secretId, path: fileName })),
        ...configs.map(({ configId, fileName }) => ({ type: SERVICE_CONFIG, id: configId, path: fileName })),
    ];
    return Object.fromEntries(
        named.map(({ type, id, path }) => {
            // In a first preview there are no IDs yet.
            if (id === UNKNOWN) return [path, { content: UNKNOWN, secret: type === SECRET }];
            const holder = declared.find((other) => other.type === type && `${other.name}-id` === id);
            if (holder === undefined) throw new Error(`${path} is in ${id}, which is no ${type}`);
            const data = holder.inputs.data as string;
            return [
                path,
                {
                    content: data === UNKNOWN ? data : Buffer.from(data, "base64").toString(),
                    secret: type === SECRET && holder.secrets.includes("data"),
                },
            ];
        }),
    );
}

/** The environment as a process finds it that the script starts, by letting it start one. */
export function environmentOf(environment?: FileView, script?: FileView): Record<string, string> {
    if (environment === undefined || script === undefined) return {};
    const folder = mkdtempSync(join(tmpdir(), "drydock-environment-"));
    try {
        writeFileSync(join(folder, "environment"), environment.content);
        writeFileSync(
            join(folder, "start"),
            script.content.replaceAll(ENVIRONMENT, join(folder, "environment")),
        );
        const { stdout, stderr, status } = spawnSync(
            "/bin/sh",
            [join(folder, "start"), "/usr/bin/env", "-0"],
            {
                encoding: "utf8",
                env: {},
            },
        );
        if (status !== 0) throw new Error(`the environment cannot be read: ${stderr}`);
        const variables = stdout
            .split("\0")
            .filter(Boolean)
            .map((line) => [line.replace(/=.*/s, ""), line.replace(/^[^=]*=/, "")] as const);
        // What the shell adds on its own account.
        return Object.fromEntries(variables.filter(([name]) => !/^(PWD|OLDPWD|SHLVL|_)$/.test(name)));
    } finally {
        rmSync(folder, { recursive: true });
    }
}
