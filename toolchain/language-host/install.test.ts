import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installCommand, packageManager, packageManagerVersion } from "./install.ts";
import { parseOptions, type PackageManager } from "./options.ts";
import { write } from "./testing.ts";

let directory: string;

beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "install-"));
    write(directory, { "bin/npm": "", "bin/yarn": "", "bin/pnpm": "", "bin/bun": "" });
});

afterEach(() => {
    rmSync(directory, { recursive: true });
});

describe("the package manager", () => {
    test.each<[string, PackageManager]>([
        ["package-lock.json", "npm"],
        ["yarn.lock", "yarn"],
        ["pnpm-lock.yaml", "pnpm"],
        ["bun.lock", "bun"],
    ])("for %s is %s", (lockFile, manager) => {
        write(directory, { [lockFile]: "" });
        expect(packageManager(directory, parseOptions())).toBe(manager);
    });

    test("is that of the nearest lock file", () => {
        write(directory, { "yarn.lock": "", "program/package-lock.json": "", "member/src/index.ts": "" });
        expect(packageManager(join(directory, "program"), parseOptions())).toBe("npm");
        expect(packageManager(join(directory, "member/src"), parseOptions())).toBe("yarn");
    });

    test("is that of the options regardless of lock files", () => {
        write(directory, { "yarn.lock": "" });
        expect(packageManager(directory, parseOptions({ packagemanager: "bun" }))).toBe("bun");
    });

    test("has its version read without being run", () => {
        write(directory, {
            "npm/package.json": '{"name": "npm", "version": "11.0.0"}',
            "npm/bin/npm": "exit 1",
        });
        expect(packageManagerVersion("npm", join(directory, "npm/bin"))).toBe("11.0.0");
        expect(packageManagerVersion("bun", join(directory, "bin"))).toBeUndefined();
    });
});

describe("the install command", () => {
    test.each([
        [{ packagemanager: "npm" }, "npm install --loglevel=error"],
        [{ packagemanager: "npm", production: true }, "npm install --loglevel=error --omit=dev"],
        [{ packagemanager: "yarn", production: true }, "yarn install --production"],
        [{ packagemanager: "pnpm", production: true }, "pnpm install --prod"],
        [{ packagemanager: "bun", production: true }, "bun install --production"],
    ])("for %j is %s", (options, line) => {
        const { file, args, cwd } = installCommand(directory, parseOptions(options), {
            PATH: `${directory}/bin`,
        });
        expect([file, ...args].join(" ")).toBe(`${directory}/bin/${line}`);
        expect(cwd).toBe(directory);
    });

    test("names the remedy when the package manager is missing", () => {
        const options = parseOptions({ packagemanager: "yarn" });
        expect(() => installCommand(directory, options, { PATH: "/nowhere" })).toThrow(
            "yarn is not on the PATH; install it, or choose another with runtime option packagemanager",
        );
    });
});
