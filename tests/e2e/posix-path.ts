import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Utilities that POSIX requires (POSIX.1-2024, Shell & Utilities), as far as a script is likely to use them. */
const UTILITIES =
    "awk basename cat chmod chown cksum cmp comm cp cut date dd df diff dirname du echo env expr false find fold getconf grep head id join kill link ln logname ls mkdir mkfifo mv nice nl nohup od paste pathchk pr printf ps pwd readlink realpath rm rmdir sed sh sleep sort split stty tail tee test touch tr true tty uname uniq unlink wc who xargs".split(
        " ",
    );

/** Short options of GNU that POSIX does not have. */
const GNU_OPTIONS: Record<string, string[]> = {
    cp: ["-a", "-t", "-u"],
    date: ["-d", "-I"],
    grep: ["-P", "-o", "-r"],
    readlink: ["-f"],
    sed: ["-i"],
    sort: ["-V", "-h"],
    xargs: ["-r", "-d", "-a"],
};

/** Utilities that run a program, whose options come after its name. */
const RUNNERS = ["env", "nice", "nohup", "xargs"];

/**
 * Fills a directory for the PATH of a command: Node.js, the given programs, and the utilities of POSIX without the extensions of
 * GNU.
 */
export function createPosixPath(directory: string, programs: string[]): void {
    mkdirSync(directory);
    symlinkSync(process.execPath, join(directory, "node"));
    for (const program of programs) symlinkSync(find(program), join(directory, program));
    for (const utility of UTILITIES.filter((name) => find(name) !== "")) {
        const refused = ["--?*", ...(GNU_OPTIONS[utility] ?? []).map((option) => `${option}*`)].join(" | ");
        const text = [
            "#!/bin/sh",
            "for argument; do",
            '    case "$argument" in',
            `        --${RUNNERS.includes(utility) ? " | [!-]*" : ""}) break ;;`,
            `        ${refused}) echo "${utility}: POSIX has no option $argument" >&2; exit 64 ;;`,
            "    esac",
            "done",
            `POSIXLY_CORRECT=1 exec ${find(utility)} "$@"`,
            "",
        ].join("\n");
        // The shell runs scripts, whose own arguments may look like options.
        if (utility === "sh") symlinkSync(find("sh"), join(directory, "sh"));
        else writeFileSync(join(directory, utility), text, { mode: 0o755 });
    }
}

function find(program: string): string {
    const directories = (process.env.PATH ?? "").split(delimiter);
    return directories.map((directory) => join(directory, program)).find((path) => existsSync(path)) ?? "";
}

/** Runs a shell command with a PATH of `createPosixPath` and returns its output. */
export function runPosix(directory: string, command: string): string {
    return execFileSync("/bin/sh", ["-c", `${command} 2>&1 || true`], {
        encoding: "utf8",
        env: { PATH: directory },
    });
}
