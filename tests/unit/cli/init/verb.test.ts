import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { main } from "../../../../cli/main.ts";

let written: { out: string; err: string };
let directory: string;
beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "init-verb-"));
    writeFileSync(join(directory, "Gemfile"), 'gem "rails", "~> 8.0.1"\ngem "sqlite3"\n');
    written = { out: "", err: "" };
    jest.spyOn(process.stdout, "write").mockImplementation((text) => {
        written.out += String(text);
        return true;
    });
    jest.spyOn(process.stderr, "write").mockImplementation((text) => {
        written.err += String(text);
        return true;
    });
});
afterEach(() => {
    jest.restoreAllMocks();
    process.exitCode = undefined;
    rmSync(directory, { recursive: true });
});

test("init writes a program and a Dockerfile", async () => {
    expect(await main(["init", "--yes", "--name", "shop", directory])).toBe(0);
    expect(readFileSync(join(directory, "infra/Pulumi.yaml"), "utf8")).toMatch(/^name: shop\n/);
    expect(readFileSync(join(directory, "infra/index.ts"), "utf8")).toContain("new RailsWebApp");
    expect(readFileSync(join(directory, "Dockerfile"), "utf8")).toContain("sqlite3");
    expect(written.out).toContain("created infra/index.ts");
});

test("init keeps the secrets and settings of a stack that was used", async () => {
    await main(["init", "--yes", directory]);
    const path = join(directory, "infra/Pulumi.dev.yaml");
    const used = `${readFileSync(path, "utf8")}  other:key:\n    secure: v1:x\nencryptionsalt: v1:y\n`;
    writeFileSync(path, used);
    written.out = "";
    expect(await main(["init", "--yes", directory])).toBe(0);
    expect(readFileSync(path, "utf8")).toBe(used);
    expect(written.out).not.toContain("created");
});

test("init refuses to ask without a terminal, and a Compose file that is not there", async () => {
    expect(await main(["init", directory])).toBe(2);
    expect(written.err).toContain("There is no terminal to ask questions on");
    expect(await main(["init", "--yes", directory, "--compose", "other.yaml"])).toBe(2);
    expect(written.err).toContain("There is no file other.yaml in");
    expect(existsSync(join(directory, "infra"))).toBe(false);
});
