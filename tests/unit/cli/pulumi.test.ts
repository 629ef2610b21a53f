import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";

const COMMAND = resolve("cli/bin.ts");

describe("drydock pulumi", () => {
    const directory = realpathSync(mkdtempSync(join(tmpdir(), "drydock-pulumi-")));
    const infra = join(directory, "infra");

    beforeAll(() => {
        const bin = join(directory, "bin");
        for (const created of [bin, join(infra, ".drydock/state")]) mkdirSync(created, { recursive: true });
        writeFileSync(join(infra, "Pulumi.yaml"), "name: shop\nruntime: yaml\n");
        writeFileSync(
            join(infra, "Pulumi.live.yaml"),
            "config:\n  drydock:backend: s3://shop-state?region=eu\n",
        );
        writeFileSync(
            join(bin, "pulumi"),
            '#!/bin/sh\necho "$PWD|$PULUMI_BACKEND_URL|${PULUMI_CONFIG_PASSPHRASE-none}|$PULUMI_STACK|$*"\nexit 3\n',
            { mode: 0o755 },
        );
    });
    afterAll(() => {
        rmSync(directory, { recursive: true });
    });

    const run = (...args: string[]) => {
        const PATH = [join(directory, "bin"), process.env.PATH].join(delimiter);
        const env = { PATH, HOME: directory, PULUMI_STACK: "dev" };
        return spawnSync(process.execPath, [COMMAND, "pulumi", ...args], {
            cwd: directory,
            env,
            encoding: "utf8",
        });
    };
    const state = `file://${infra}/.drydock/state?metadata=skip`;

    test("runs pulumi in the project with its state and passphrase, and returns its exit code", () => {
        const { stdout, status } = run("stack", "output", "--show-secrets");
        expect(stdout).toBe(`${infra}|${state}|drydock-dev|dev|stack output --show-secrets\n`);
        expect(status).toBe(3);
    });

    test.each([["--stack=live"], ["-s", "live"]])("uses the backend of the stack: %s", (...option) => {
        const { stdout } = run("config", "set", "a", "-1", ...option);
        const backend = "s3://shop-state?region=eu";
        expect(stdout).toBe(`${infra}|${backend}|none|live|config set a -1 ${option.join(" ")}\n`);
    });
});
