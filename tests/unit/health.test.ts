import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { healthCheck, httpHealth, validateHealth } from "../../components/health";
import { refusal } from "../../testing";

describe("a health check", () => {
    test("has times of its own", () => {
        expect(healthCheck(["CMD", "true"])).toEqual({
            test: ["CMD", "true"],
            interval: 2,
            timeout: 5,
            retries: 5,
            startPeriod: 60,
            waitTimeout: 120,
        });
    });

    test("takes those that are given", () => {
        const times = { interval: 3, timeout: 4, retries: 6, startPeriod: 0, waitTimeout: 30 };
        expect(healthCheck(["CMD", "true"], times)).toEqual({ test: ["CMD", "true"], ...times });
    });

    test("of a web process runs the command, where there is one", () => {
        expect(httpHealth(3000, { command: ["bin/check"], interval: 9 }, "/")).toMatchObject({
            test: ["CMD", "bin/check"],
            interval: 9,
        });
    });
});

describe("asking over HTTP", () => {
    const folder = mkdtempSync(join(tmpdir(), "drydock-health-"));
    const url = "http://127.0.0.1:4000/up?full=1&x=y";
    const [kind, script = ""] = httpHealth(4000, {}, "/up?full=1&x=y").test;

    afterAll(() => {
        rmSync(folder, { recursive: true });
    });

    /** Runs the check where these tools are all that there is; each writes down how it was called. */
    const calls = (...tools: string[]) => {
        const bin = mkdtempSync(join(folder, "bin-"));
        for (const tool of tools) {
            writeFileSync(join(bin, tool), `#!/bin/sh\necho ${tool} "$@"\n`);
            chmodSync(join(bin, tool), 0o755);
        }
        return execFileSync("/bin/sh", ["-c", script], { env: { PATH: bin }, encoding: "utf8" }).trim();
    };

    test("is a shell command", () => {
        expect(kind).toBe("CMD-SHELL");
    });

    test.each([
        ["curl", `curl -fsS -o /dev/null ${url}`],
        ["wget", `wget -q -O /dev/null ${url}`],
        ["ruby", `ruby -rnet/http -e exit Net::HTTP.get_response(URI("${url}")).code.to_i < 400`],
        ["python3", `python3 -c import urllib.request; urllib.request.urlopen("${url}")`],
        ["node", `node -e fetch("${url}").then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))`],
    ])("is done with %s, where there is nothing else", (tool, call) => {
        expect(calls(tool)).toBe(call);
    });

    test("prefers curl", () => {
        expect(calls("node", "ruby", "wget", "curl")).toMatch(/^curl /);
    });

    test("fails with a remedy where there is nothing to ask with", () => {
        expect(() => calls()).toThrow();
        expect(script).toContain("set health.command");
    });
});

test.each([
    [{ path: "/up", command: ["x"] }, "health.path: health.path and health.command are both set; keep one"],
    [{ path: "up" }, "health.path: up is not a path of a URL; begin with /"],
    [{ command: [] }, "health.command: there is nothing to run"],
    [{ interval: 0 }, "health.interval: 0 is not allowed; use a whole number, 1 or more"],
    [{ timeout: -1 }, "health.timeout: -1 is not allowed"],
    [{ retries: 1.5 }, "health.retries: 1.5 is not allowed"],
    [{ startPeriod: -1 }, "health.startPeriod: -1 is not allowed; use a whole number, 0 or more"],
    [{ waitTimeout: 0 }, "health.waitTimeout: 0 is not allowed"],
])("%j is refused", async (health, reason) => {
    expect(
        await refusal(() => {
            validateHealth(health);
        }),
    ).toContain(reason);
});
