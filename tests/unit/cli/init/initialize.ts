import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import { init, type InitHost, type InitOptions } from "../../../../cli/init/init.ts";
import type { Question } from "../../../../cli/init/model.ts";
import { directoryFiles } from "../../../../cli/init/project-files.ts";
import { type Run, run } from "../../../../testing/index.ts";
import { evaluate } from "../../programs.ts";
import { inDirectory } from "../../working-directory.ts";

/** Files of an application, by path. */
export type Files = Record<string, string>;

/** What `init` did with an application. */
export interface Initialized {
    directory: string;
    exitCode: number;
    output: string;
    /** Rows of the report: `service key taken where note`. */
    rows: string[];
    /** infra/index.ts */
    program: string;
    /** Settings in Pulumi.yaml. */
    settings: Record<string, { type: string; default?: unknown; description: string }>;
    secrets: Record<string, string>;
    asked: Question[];
    commands: string[][];
    /** Content of each file that was written. */
    written: Files;
    read: (path: string) => string;
}

export interface Answers extends Partial<InitOptions> {
    /** Answers to questions, by their IDs. If there are any, `init` asks. */
    answers?: Record<string, string>;
    confirms?: boolean;
    environment?: Record<string, string>;
    /** Volumes in Docker, which has all by default. */
    volumes?: string[] | "unknown";
    /** Output of commands, which fail without one. */
    commandOutput?: string;
}

const directories: string[] = [];

export function removeApplications(): void {
    for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
}

/** Writes the files of an application to a directory, and runs `init` there. */
export async function initialize(files: Files, options: Answers = {}): Promise<Initialized> {
    const directory = realpathSync(mkdtempSync(join(tmpdir(), "init-")));
    directories.push(directory);
    for (const [path, content] of Object.entries(files)) write(directory, path, content);
    return initializeIn(directory, options);
}

export async function initializeIn(
    directory: string,
    { answers, confirms = false, environment = {}, commandOutput, volumes, ...options }: Answers = {},
): Promise<Initialized> {
    const lines: string[] = [];
    const rows: string[] = [];
    const secrets: Record<string, string> = {};
    const asked: Question[] = [];
    const commands: string[][] = [];
    const written: Files = {};
    const allVolumes = () =>
        Object.values(written).flatMap((text) =>
            [...text.matchAll(/Volume: (\S+)$/gm)].map(([, name = ""]) => name),
        );
    const host: InitHost = {
        files: directoryFiles(directory),
        environment,
        print: (text) => lines.push(text),
        printTable: (_, cells) => rows.push(...cells.map((row) => row.slice(0, 5).join(" "))),
        ask: (question) => {
            asked.push(question);
            return Promise.resolve(answers?.[question.id] ?? question.default);
        },
        confirm: () => Promise.resolve(confirms),
        write: (path, content) => {
            written[path] = content;
            write(directory, path, content);
        },
        listVolumes: () => Promise.resolve(volumes === "unknown" ? undefined : (volumes ?? allVolumes())),
        setSecrets: (_, values) => {
            Object.assign(secrets, values);
            return Promise.resolve();
        },
        run: (command) => {
            commands.push(command);
            return commandOutput === undefined
                ? Promise.reject(new Error("exit code 1"))
                : Promise.resolve(commandOutput);
        },
    };
    const exitCode = await init(
        {
            directory: "/srv/depot",
            yes: answers === undefined && !confirms,
            strict: false,
            adopt: false,
            runCommands: false,
            ...options,
        },
        host,
    );
    const read = (path: string) => directoryFiles(directory).read(path) ?? "";
    const { config = {} } = (parse(read("infra/Pulumi.yaml")) ?? {}) as { config?: Initialized["settings"] };
    return {
        ...{ directory, exitCode, rows, secrets, asked, commands, written, read },
        output: lines.join("\n"),
        program: read("infra/index.ts"),
        settings: config,
    };
}

/** Everything that `init` wrote and printed. */
export function everything({ written, output, rows }: Initialized): string {
    return [...Object.values(written), output, ...rows].join("\n");
}

function write(directory: string, path: string, content: string): void {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content);
}

/** Runs the program that `init` wrote with mocked providers, in its directory, with the defaults of its settings. */
export async function declare(
    { directory, program, settings, read }: Initialized,
    values: Record<string, string> = {},
): Promise<Run> {
    const { name: project } = parse(read("infra/Pulumi.yaml")) as { name: string };
    const defaults = Object.entries(settings).map(
        ([name, { type, default: initial = type === "integer" ? 1 : "x" }]) =>
            [name, String(initial)] as const,
    );
    const secrets = [
        ...[...program.matchAll(/requireSecret\("([^"]+)"\)/g)].map(([, name = ""]) => name),
        ...[...program.matchAll(/secrets: \[([^\]]*)\]/g)].flatMap(([, names = ""]) =>
            [...names.matchAll(/"([^"]+)"/g)].map(([, name = ""]) => name),
        ),
    ].map((name) => [name, `secret-${name}`] as const);
    const config = [...defaults, ...secrets, ...Object.entries(values)];
    pulumi.runtime.setAllConfig(
        Object.fromEntries(config.map(([name, value]) => [`${project}:${name}`, value])),
    );
    try {
        return await inDirectory(join(directory, "infra"), () => run(() => evaluate(program), { project }));
    } finally {
        pulumi.runtime.setAllConfig({});
    }
}

/** Variables of a container. */
export function environment({ inputs }: { inputs: Record<string, unknown> }): Record<string, string> {
    const variables = (inputs.envs ?? []) as string[];
    return Object.fromEntries(
        variables.map((variable) => /^([^=]*)=([^]*)$/.exec(variable)?.slice(1) ?? []) as [string, string][],
    );
}
