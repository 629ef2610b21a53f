import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SERVICE_CONFIG, type Declared, SECRET, UNKNOWN } from "../../../testing/index.ts";
import type { DeclaredFile, DeclaredPermissions } from "./declared-container.ts";

export const ENVIRONMENT = "/run/drydock/environment";

/** The secrets and configs of a service, with their paths. */
export interface ServiceFiles {
    secrets: ({ secretId: string } & Target)[];
    configs: ({ configId: string } & Target)[];
}

interface Target {
    fileName: string;
    fileMode: number;
    fileUid?: string;
    fileGid?: string;
}

/** The files by path, read from their docker.Secret or docker.ServiceConfig. */
export function filesOf(
    { secrets, configs }: ServiceFiles,
    declared: Declared[],
): Record<string, DeclaredFile> {
    const named = [
        ...secrets.map(({ secretId, ...target }) => ({ type: SECRET, id: secretId, ...target })),
        ...configs.map(({ configId, ...target }) => ({ type: SERVICE_CONFIG, id: configId, ...target })),
    ];
    return Object.fromEntries(
        named.map(({ type, id, fileName: path }) => {
            // IDs are unknown in a first preview.
            if (id === UNKNOWN) return [path, { content: UNKNOWN, secret: type === SECRET }];
            const holder = declared.find((other) => other.type === type && `${other.name}-id` === id);
            if (holder === undefined) throw new Error(`${path}: there is no ${type} with the ID ${id}`);
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

/** Mode and owner of the files, by path. */
export function permissionsOf({ secrets, configs }: ServiceFiles): Record<string, DeclaredPermissions> {
    return Object.fromEntries(
        [...secrets, ...configs].map(({ fileName, fileMode, fileUid = "0", fileGid = "0" }) => [
            fileName,
            { mode: `0${fileMode.toString(8)}`, owner: Number(fileUid), group: Number(fileGid) },
        ]),
    );
}

/** What the script has set, by its text and that of the environment. */
const environments = new Map<string, Record<string, string>>();

/** The environment of a process that with-environment.sh starts. Runs the script, once for each content. */
export function environmentOf(environment?: DeclaredFile, script?: DeclaredFile): Record<string, string> {
    if (environment === undefined || script === undefined) return {};
    const key = JSON.stringify([environment.content, script.content]);
    const variables = environments.get(key) ?? runScript(environment, script);
    environments.set(key, variables);
    return variables;
}

function runScript(environment: DeclaredFile, script: DeclaredFile): Record<string, string> {
    const directory = mkdtempSync(join(tmpdir(), "drydock-environment-"));
    try {
        writeFileSync(join(directory, "environment"), environment.content);
        writeFileSync(
            join(directory, "start"),
            script.content.replaceAll(ENVIRONMENT, join(directory, "environment")),
        );
        const { stdout, stderr, status } = spawnSync(
            "/bin/sh",
            [join(directory, "start"), "/usr/bin/env", "-0"],
            {
                encoding: "utf8",
                env: {},
            },
        );
        if (status !== 0) throw new Error(`with-environment.sh failed: ${stderr}`);
        const variables = stdout
            .split("\0")
            .filter(Boolean)
            .map((line) => [line.replace(/=.*/s, ""), line.replace(/^[^=]*=/, "")] as const);
        // The shell adds these.
        return Object.fromEntries(variables.filter(([name]) => !/^(PWD|OLDPWD|SHLVL|_)$/.test(name)));
    } finally {
        rmSync(directory, { recursive: true });
    }
}
