import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { extract } from "tar-stream";
import { contextDigest, dockerfileInContext, resolveLinks, packContext } from "./build-context.ts";

const before = process.cwd();
let directory: string;

/** The directory for which the digests below were computed with the official provider's code (fsutil). */
beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "drydock-context-"));
    process.chdir(directory);
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
    rmSync(directory, { recursive: true });
});

async function sent(dockerfile: string, from = "./app") {
    const { stream, dockerfile: name } = packContext({ directory: from, dockerfile });
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
    test("equals that of the official provider", () => {
        expect(contextDigest({ directory: "./app", dockerfile: "app/Dockerfile" })).toBe(
            "e06f9367101319fa8700907a96cd4c44a08863a7da1a3d03a54d380795c6c8ba",
        );
        expect(contextDigest({ directory: "app", dockerfile: "./outside.Dockerfile" })).toBe(
            "e06f9367101319fa8700907a96cd4c44a08863a7da1a3d03a54d380795c6c8ba",
        );
    });

    test("changes with contents, names and modes, but not with ignored files", () => {
        const digest = () => contextDigest({ directory: "app", dockerfile: "app/Dockerfile" });
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

    test("resolves links as Go does: a relative path stays relative", () => {
        expect(resolveLinks("app/library/main")).toBe("app/main.rb");
        expect(resolveLinks(join(directory, "app/lib/main"))).toBe(join(directory, "app/main.rb"));
        symlinkSync(join(directory, "app/lib"), "absolute");
        expect(resolveLinks("absolute/main")).toBe(join(directory, "app/main.rb"));
        expect(resolveLinks("app/nothing/here")).toBe("app/nothing/here");
        symlinkSync("circle", "circle");
        expect(() => resolveLinks("circle")).toThrow("too many symbolic links");
    });
});

describe("a packed build context", () => {
    test("contains the files that are not ignored, links as links, and the Dockerfile under its name", async () => {
        const { name, entries } = await sent("app/Dockerfile");
        expect(name).toBe("Dockerfile");
        expect(dockerfileInContext({ directory: "./app", dockerfile: "app/Dockerfile" })).toBe("Dockerfile");
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

    test("is that of the directory that a link leads to", async () => {
        symlinkSync("app", "app-link");
        const { entries } = await sent("app-link/Dockerfile", "app-link");
        expect(entries).toEqual((await sent("app/Dockerfile")).entries);
        expect(contextDigest({ directory: "app-link", dockerfile: "app-link/Dockerfile" })).toBe(
            contextDigest({ directory: "app", dockerfile: "app/Dockerfile" }),
        );
        rmSync("app-link");
    });

    test("contains a Dockerfile in an ignored directory, but nothing else of that directory", async () => {
        mkdirSync("app/tmp/docker");
        writeFileSync("app/tmp/docker/Dockerfile", "FROM scratch\n");
        const { name, entries } = await sent("app/tmp/docker/Dockerfile");
        rmSync("app/tmp/docker", { recursive: true });
        expect(name).toBe("tmp/docker/Dockerfile");
        const held = Object.keys(entries).filter((entry) => entry.startsWith("tmp"));
        expect(held.sort()).toEqual(["tmp", "tmp/docker", "tmp/docker/Dockerfile"]);
    });

    test("keeps the modes of the files regardless of the umask", async () => {
        chmodSync("app/Z", 0o666);
        const umask = process.umask(0o077);
        const { modes } = await sent("app/Dockerfile");
        process.umask(umask);
        chmodSync("app/Z", 0o644);
        expect(modes).toMatchObject({ Z: 0o666, "main.rb": 0o644, "lib/run": 0o755 });
    });

    test("contains a Dockerfile from outside of the context under another name", async () => {
        const { name, entries } = await sent("./outside.Dockerfile");
        expect(name).toMatch(/^\.dockerfile\.[0-9a-f]{20}$/);
        expect(entries[name]).toBe("FROM scratch\n");
        expect(entries.Dockerfile).toBe("FROM scratch\n");
    });
});
