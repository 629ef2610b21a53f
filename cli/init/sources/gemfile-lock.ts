import type { Fact, GemFacts } from "../facts.ts";
import type { ProjectFiles } from "../project-files.ts";

/** Reads Gemfile.lock and the files that name the version of Ruby. */
export function readGems(files: ProjectFiles): GemFacts {
    const file = "Gemfile.lock";
    const versions = new Map<string, Fact<string>>();
    const direct = new Set<string>();
    let ruby: Fact<string> | undefined;
    let section = "";
    const lock = files.read(file);
    if (lock === undefined) return readGemfile(files);
    const lines = lock.split(/\r?\n/);
    for (const [i, text] of lines.entries()) {
        const place = { file, line: i + 1 };
        if (/^[A-Z]/.test(text)) section = text.trim();
        const [, gem, version] = /^ {4}(\S+) \(([\w.]+)(?:-[\w.-]+)?\)$/.exec(text) ?? [];
        if (gem && version && !versions.has(gem)) versions.set(gem, { value: version, place });
        const [, name] = section === "DEPENDENCIES" ? (/^ {2}([^\s!(]+)/.exec(text) ?? []) : [];
        if (name) direct.add(name);
        const [, locked] = section === "RUBY VERSION" ? (/^\s*ruby (\d+\.\d+\.\d+)/.exec(text) ?? []) : [];
        if (locked) ruby = { value: locked, place };
    }
    // A fragment of a lock file, such as one from an issue.
    if (!lines.includes("DEPENDENCIES")) for (const gem of versions.keys()) direct.add(gem);
    return { versions, direct, ruby: ruby ?? readRubyVersion(files) };
}

/** Without a lock file: the gems of the Gemfile, with the numbers of their requirements. */
function readGemfile(files: ProjectFiles): GemFacts {
    const file = "Gemfile";
    const versions = new Map<string, Fact<string>>();
    for (const [i, text] of (files.read(file) ?? "").split(/\r?\n/).entries()) {
        const [, gem, requirement = ""] =
            /^\s*gem\s+["']([\w.-]+)["'](?:\s*,\s*["']([^"']*)["'])?/.exec(text) ?? [];
        if (!gem) continue;
        versions.set(gem, {
            value: /\d+(\.\d+)*/.exec(requirement)?.[0] ?? "",
            place: { file, line: i + 1 },
        });
    }
    return { versions, direct: new Set(versions.keys()), ruby: readRubyVersion(files) };
}

function readRubyVersion(files: ProjectFiles): Fact<string> | undefined {
    for (const [file, pattern] of [
        [".ruby-version", /^(?:ruby-)?(\d+\.\d+\.\d+)/m],
        [".tool-versions", /^ruby\s+(\d+\.\d+\.\d+)/m],
        ["Gemfile", /^\s*ruby\s+["'](?:~>\s*)?(\d+\.\d+\.\d+)/m],
    ] as const) {
        const [, value] = pattern.exec(files.read(file) ?? "") ?? [];
        if (value) return { value, place: { file } };
    }
    return undefined;
}

/** Whether a version is at least another one, by their first two numbers. */
export function isAtLeast(version: string | undefined, minimum: string): boolean {
    const [major = 0, minor = 0] = (version ?? "0").split(".").map(Number);
    const [minimumMajor = 0, minimumMinor = 0] = minimum.split(".").map(Number);
    return major > minimumMajor || (major === minimumMajor && minor >= minimumMinor);
}
