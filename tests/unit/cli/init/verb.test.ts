import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runMain } from "../run-main.ts";

let directory: string;
beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "init-verb-"));
    writeFileSync(join(directory, "Gemfile"), 'gem "rails", "~> 8.0.1"\ngem "sqlite3"\n');
});
afterEach(() => {
    rmSync(directory, { recursive: true });
});

const init = (...options: string[]) => runMain(process.cwd(), ["init", directory, ...options]);

test("init writes a program and a Dockerfile", async () => {
    const { code, out } = await init("--yes", "--name", "shop");
    expect(readFileSync(join(directory, "infra/Pulumi.yaml"), "utf8")).toMatch(/^name: shop\n/);
    expect(readFileSync(join(directory, "infra/index.ts"), "utf8")).toContain("new RailsWebApp");
    expect(readFileSync(join(directory, "Dockerfile"), "utf8")).toContain("sqlite3");
    expect(out).toContain("created infra/index.ts");
    expect(code).toBe(0);
});

test("init keeps the secrets and settings of a stack that was used", async () => {
    await init("--yes");
    const path = join(directory, "infra/Pulumi.dev.yaml");
    const used = `${readFileSync(path, "utf8")}  other:key:\n    secure: v1:x\nencryptionsalt: v1:y\n`;
    writeFileSync(path, used);
    const { code, out } = await init("--yes");
    expect(readFileSync(path, "utf8")).toBe(used);
    expect(out).not.toContain("created");
    expect(code).toBe(0);
});

test.each([
    ["to ask without a terminal", [], "init asks questions, but this is not an interactive terminal"],
    [
        "a Compose file that does not exist",
        ["--yes", "--compose", "other.yaml"],
        "There is no file other.yaml in",
    ],
])("init refuses %s", async (_, options, message) => {
    const { code, err } = await init(...options);
    expect(err).toContain(message);
    expect(code).toBe(2);
    expect(existsSync(join(directory, "infra"))).toBe(false);
});
