import type { DockerfileFacts, Fact } from "../facts.ts";
import type { ProjectFiles } from "../project-files.ts";

interface Stage {
    name: string;
    ports: Fact<number>[];
    workingDirectory?: Fact<string>;
    user?: Fact<string>;
    command?: Fact<string>;
    entrypoint?: Fact<string>;
}

/** Reads the facts about a Dockerfile's image: those of its last stage, or of `target`. */
export function readDockerfile(
    files: ProjectFiles,
    file = "Dockerfile",
    target?: string,
): DockerfileFacts | undefined {
    const text = files.read(file);
    if (text === undefined) return undefined;
    const stages: Stage[] = [];
    const secrets: Fact<string>[] = [];
    const requiredArguments: Fact<string>[] = [];
    for (const { instruction, rest, line } of instructionsOf(text)) {
        const place = { file, line };
        const stage = stages.at(-1);
        const last = <T>(value: T): Fact<T> => ({ value, place });
        if (instruction === "FROM") {
            const [, base = "", name = ""] = /^(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?/i.exec(rest) ?? [];
            const parent = stages.find((other) => other.name !== "" && other.name === base.toLowerCase());
            stages.push({ ports: [], ...parent, name: name.toLowerCase() });
        } else if (instruction === "EXPOSE" && stage) {
            const ports = rest.split(/\s+/).map((port) => Number.parseInt(port.replace(/\/tcp$/, ""), 10));
            stage.ports = [...stage.ports, ...ports.filter((port) => port > 0).map(last)];
        } else if (instruction === "WORKDIR" && stage) stage.workingDirectory = last(rest);
        else if (instruction === "USER" && stage) stage.user = last(rest);
        else if (instruction === "CMD" && stage) stage.command = last(rest);
        else if (instruction === "ENTRYPOINT" && stage) stage.entrypoint = last(rest);
        else if (instruction === "ARG" && stage && !rest.includes("="))
            requiredArguments.push(last(rest.trim()));
        for (const [, id] of rest.matchAll(/--mount=type=secret\S*?\bid=([\w.-]+)/g))
            if (id) secrets.push(last(id));
    }
    const final = stages.find(({ name }) => name === target?.toLowerCase() && name !== "") ?? stages.at(-1);
    // A fragment of a Dockerfile without FROM, such as one from an issue.
    const { name: _, ...facts } = final ?? readFragment(files, file);
    return { ...facts, file, secrets, requiredArguments };
}

function readFragment(files: ProjectFiles, file: string): Stage {
    const whole = `FROM scratch\n${files.read(file) ?? ""}`;
    const { ports, workingDirectory, user, command, entrypoint } = readDockerfile(
        { ...files, read: () => whole },
        file,
    ) ?? { ports: [] };
    return { name: "", ports, workingDirectory, user, command, entrypoint };
}

function instructionsOf(text: string): { instruction: string; rest: string; line: number }[] {
    const instructions: { instruction: string; rest: string; line: number }[] = [];
    let current: { text: string; line: number } | undefined;
    for (const [i, line] of text.split(/\r?\n/).entries()) {
        if (/^\s*#/.test(line) || (current === undefined && line.trim() === "")) continue;
        const continued = line.trimEnd().endsWith("\\");
        const content = continued ? line.trimEnd().slice(0, -1) : line;
        current = { text: `${current?.text ?? ""}${content} `, line: current?.line ?? i + 1 };
        if (continued) continue;
        const [, instruction = "", rest = ""] = /^\s*(\S+)\s+([^]*?)\s*$/.exec(current.text) ?? [];
        instructions.push({ instruction: instruction.toUpperCase(), rest, line: current.line });
        current = undefined;
    }
    return instructions;
}

/** Whether the command of an image starts Thruster. */
export function startsThruster({ command, entrypoint }: DockerfileFacts): boolean {
    return /\bthrust\b/.test(`${entrypoint?.value ?? ""} ${command?.value ?? ""}`);
}
