import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { extract } from "tar-stream";
import { digestOf, dockerfileInContext, linkTarget, packed } from "./build-context";

const before = process.cwd();
let folder: string;

/** The same tree that the digests below were taken of with the official provider's own code (fsutil). */
beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "drydock-context-"));
    process.chdir(folder);
    for (const name of ["app/lib", "app/log", "app/tmp", "app/doc"]) mkdirSync(name, { recursive: true });
    const files = {
        "outside.Dockerfile": "FROM scratch\n",
        "app/Dockerfile": "FROM scratch\n",
        "app/main.rb": "puts 1\n",
        "app/lib/run": "#!/bin/sh\n",
        "app/log/dev.log": "x",
        "app/log/.keep": "",
        "app/tmp/cache": "t",
        "app/doc/README.md": "d",
        "app/Z": "Z",
        "app/.dockerignore": "# what a build leaves out\nlog/*\n!log/.keep\n**/*.md\n/tmp/\n",
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(name, text, { mode: 0o644 });
    chmodSync("app/lib/run", 0o755);
    symlinkSync("../main.rb", "app/lib/main");
    symlinkSync("lib", "app/library");
});

afterAll(() => {
    process.chdir(before);
    rmSync(folder, { recursive: true });
});

async function sent(dockerfile: string) {
    const { stream, dockerfile: name } = packed({ folder: "./app", dockerfile });
    const unpacked = extract();
    stream.pipe(unpacked);
    const entries: Record<string, string> = {};
    const modes: Record<string, number> = {};
    for await (const entry of unpacked) {
        entries[entry.header.name] = entry.header.linkname ?? (await buffer(entry)).toString();
        modes[entry.header.name] = Number(entry.header.mode) & 0o777;
        expect([entry.header.uid, entry.header.gid]).toEqual([0, 0]);
    }
    return { name, entries, modes };
}

describe("the digest of a build context", () => {
    test("is the official provider's", () => {
        expect(digestOf({ folder: "./app", dockerfile: "app/Dockerfile" })).toBe(
            "e06f9367101319fa8700907a96cd4c44a08863a7da1a3d03a54d380795c6c8ba",
        );
        expect(digestOf({ folder: "app", dockerfile: "./outside.Dockerfile" })).toBe(
            "e06f9367101319fa8700907a96cd4c44a08863a7da1a3d03a54d380795c6c8ba",
        );
    });

    test("changes with contents, names and modes, and not with what is ignored", () => {
        const digest = () => digestOf({ folder: "app", dockerfile: "app/Dockerfile" });
        const first = digest();
        writeFileSync("app/log/dev.log", "more");
        expect(digest()).toBe(first);
        chmodSync("app/lib/run", 0o700);
        expect(digest()).not.toBe(first);
        chmodSync("app/lib/run", 0o755);
        expect(digest()).toBe(first);
        writeFileSync("app/new", "");
        expect(digest()).not.toBe(first);
        rmSync("app/new");
    });

    test("follows links as Go does: relative where the context is", () => {
        expect(linkTarget("app/library/main")).toBe("app/main.rb");
        expect(linkTarget(join(folder, "app/lib/main"))).toBe(join(folder, "app/main.rb"));
        symlinkSync(join(folder, "app/lib"), "absolute");
        expect(linkTarget("absolute/main")).toBe(join(folder, "app/main.rb"));
        expect(linkTarget("app/nothing/here")).toBe("app/nothing/here");
        symlinkSync("circle", "circle");
        expect(() => linkTarget("circle")).toThrow("leads in a circle");
    });
});

describe("a packed build context", () => {
    test("holds what is not ignored, links as links, and the Dockerfile under its name", async () => {
        const { name, entries } = await sent("app/Dockerfile");
        expect(name).toBe("Dockerfile");
        expect(dockerfileInContext({ folder: "./app", dockerfile: "app/Dockerfile" })).toBe("Dockerfile");
        expect(Object.keys(entries).sort()).toEqual([
            ".",
            ".dockerignore",
            "Dockerfile",
            "Z",
            "doc",
            "lib",
            "lib/main",
            "lib/run",
            "library",
            "log",
            "log/.keep",
            "main.rb",
        ]);
        expect(entries["lib/main"]).toBe("../main.rb");
    });

    test("holds a Dockerfile whose folder is ignored, and nothing else of that folder", async () => {
        mkdirSync("app/tmp/docker");
        writeFileSync("app/tmp/docker/Dockerfile", "FROM scratch\n");
        const { name, entries } = await sent("app/tmp/docker/Dockerfile");
        rmSync("app/tmp/docker", { recursive: true });
        expect(name).toBe("tmp/docker/Dockerfile");
        const held = Object.keys(entries).filter((entry) => entry.startsWith("tmp"));
        expect(held.sort()).toEqual(["tmp", "tmp/docker", "tmp/docker/Dockerfile"]);
    });

    test("has the files' own modes, whatever this process' umask is", async () => {
        chmodSync("app/Z", 0o666);
        const umask = process.umask(0o077);
        const { modes } = await sent("app/Dockerfile");
        process.umask(umask);
        chmodSync("app/Z", 0o644);
        expect(modes).toMatchObject({ Z: 0o666, "main.rb": 0o644, "lib/run": 0o755 });
    });

    test("holds a Dockerfile from outside of the folder under a name of its own", async () => {
        const { name, entries } = await sent("./outside.Dockerfile");
        expect(name).toMatch(/^\.dockerfile\.[0-9a-f]{20}$/);
        expect(entries[name]).toBe("FROM scratch\n");
        expect(entries.Dockerfile).toBe("FROM scratch\n");
    });
});
