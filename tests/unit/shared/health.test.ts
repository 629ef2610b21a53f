import { execFile, execFileSync, spawnSync } from "node:child_process";
import {
    existsSync,
    mkdirSync,
    mkdtempSync,
    readFileSync,
    rmSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
    buildHealthCheck,
    buildHttpHealthCheck,
    checkAtContainerAddress,
    validateHealth,
} from "../../../components/shared/health.ts";
import { refusal } from "../../../testing/index.ts";

const folder = mkdtempSync(join(tmpdir(), "drydock-health-"));
const marker = join(folder, "healthy");
const hosts = join(folder, "hosts");
const name = join(folder, "hostname");

beforeEach(() => {
    rmSync(marker, { force: true });
    writeFileSync(name, "0123456789ab\n");
    writeFileSync(hosts, "127.0.0.1\tlocalhost\n");
});
afterAll(() => {
    rmSync(folder, { recursive: true });
});

interface Result {
    code: number;
    output: string;
    seconds: number;
}

/** Runs a check as Docker does in a container, with files of this test in place of the container's. */
function run(
    [kind = "", program = "", ...args]: string[],
    env: Record<string, string> = {},
): Promise<Result> {
    expect(kind).toBe("CMD");
    const here = args.map((arg) =>
        arg
            .replaceAll("/dev/shm/.drydock-healthy", marker)
            .replaceAll("/etc/hostname", name)
            .replaceAll("/etc/hosts", hosts),
    );
    const begun = Date.now();
    return new Promise((resolve) => {
        execFile(program, here, { env: { PATH: process.env.PATH, ...env } }, (error, stdout, stderr) => {
            const code = error ? Number(error.code) : 0;
            resolve({ code, output: stdout + stderr, seconds: (Date.now() - begun) / 1000 });
        });
    });
}

describe("the times of a health check", () => {
    test("are quick at the start, and rare afterwards, with a start period as long as the wait", () => {
        const check = buildHealthCheck(["true"]);
        expect(check).toMatchObject({
            interval: 2,
            retries: 5,
            startPeriod: 120,
            waitTimeout: 120,
            setByUser: [],
        });
        // The pause and the check itself are within Docker's time-out.
        const [pause, limit] = check.test.slice(5).map(Number);
        expect([pause, limit]).toEqual([28, 6]);
        expect(check.timeout).toBeGreaterThan(28 + 6);
    });

    test("are those that are given; a wait that is longer has a longer start period", () => {
        const times = { interval: 3, timeout: 4, retries: 6, startPeriod: 0, waitTimeout: 30 };
        expect(buildHealthCheck(["bin/check", "-q"], times)).toEqual({
            test: ["CMD", "bin/check", "-q"],
            ...times,
            setByUser: Object.keys(times),
        });
        expect(buildHealthCheck(["true"], { waitTimeout: 240 })).toMatchObject({
            startPeriod: 240,
            waitTimeout: 240,
        });
    });
});

describe("a check without an interval", () => {
    const quick = (command: string[], health = {}) =>
        buildHealthCheck(command, health).test.map((word) => (word === "28" ? "3" : word));

    test("waits after a success, and not after a failure", async () => {
        const bin = mkdtempSync(join(folder, "sleep-"));
        const [flag, pauses] = [join(bin, "flag"), join(bin, "pauses")];
        writeFileSync(join(bin, "sleep"), `#!/bin/sh\necho "$1" >>${pauses}\n`, { mode: 0o755 });
        const { test: command } = buildHealthCheck(["test", "-e", flag]);
        /** Runs the check, and returns its exit code and the pauses of all checks so far. */
        const check = async () => {
            const { code } = await run(command, { PATH: `${bin}:${process.env.PATH ?? ""}` });
            return [code, existsSync(pauses) ? readFileSync(pauses, "utf8") : ""];
        };
        expect(await check()).toEqual([1, ""]);
        writeFileSync(flag, "");
        expect(await check()).toEqual([0, ""]);
        expect(await check()).toEqual([0, "28\n"]);
        rmSync(flag);
        expect(await check()).toEqual([1, "28\n28\n"]);
        expect(await check()).toEqual([1, "28\n28\n"]);
    });

    test("ends a check that takes too long, and says so", async () => {
        const { code, output, seconds } = await run(quick(["sleep", "20"], { timeout: 1 }));
        expect({ code, output }).toEqual({ code: 1, output: "The check took more than 1 s.\n" });
        expect(seconds).toBeLessThan(9);
    });

    test("shows what the command says, and hands its arguments over as they are", async () => {
        const words = ["sh", "-c", 'echo "$1"; exit 3', "x", "it's $HOME"];
        expect(await run(quick(words))).toMatchObject({ code: 1, output: "it's $HOME\n" });
    });

    test.each([
        [
            "a place for its mark",
            (words: string[]) => words.map((word) => word.replaceAll("/dev/shm/", "/nowhere/")),
        ],
        ["sleep and timeout", (words: string[]) => words],
    ])("works without %s", async (what, change) => {
        const bin = join(folder, "bare");
        mkdirSync(bin, { recursive: true });
        const env: Record<string, string> = what.startsWith("sleep") ? { PATH: bin } : {};
        const check = change(quick(["/bin/sh", "-c", "exit 0"]));
        for (let i = 0; i < 2; i++) {
            const { code, output, seconds } = await run(check, env);
            expect({ code, output }).toEqual({ code: 0, output: "" });
            expect(seconds).toBeLessThan(2.9);
        }
    });
});

describe("asking over HTTP", () => {
    const TOOLS = ["curl", "wget", "ruby", "python3", "node"];
    const there = TOOLS.filter((tool) => spawnSync(tool, ["--version"]).status === 0);
    let server: Server;
    let port: number;
    let requests: IncomingMessage[] = [];

    beforeAll(async () => {
        server = createServer((request, response) => {
            requests.push(request);
            const [, status = "200"] = /^\/(\d+)/.exec(request.url ?? "") ?? [];
            const location = status === "301" ? { location: `http://127.0.0.1:${port}/200/followed` } : {};
            if (status === "999") return;
            response.writeHead(Number(status), location).end("text\n".repeat(1000));
        });
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        ({ port } = server.address() as AddressInfo);
    });
    beforeEach(() => {
        requests = [];
    });
    afterAll(() => {
        server.closeAllConnections();
        server.close();
    });

    /** Runs the check where these tools, and what a small image has, are all that there is. */
    function ask(tools: string[], path: string, health = {}, env = {}, at = port) {
        const bin = mkdtempSync(join(folder, "bin-"));
        for (const tool of [...tools, "timeout", "true", "sleep"]) {
            // Python's may be a script of a version manager, which finds itself by its name.
            const program = execFileSync(
                "sh",
                [
                    "-c",
                    tool === "python3"
                        ? "python3 -c 'import sys; print(sys.executable)'"
                        : `command -v ${tool}`,
                ],
                { encoding: "utf8" },
            ).trim();
            symlinkSync(program, join(bin, tool));
        }
        return run(buildHttpHealthCheck(at, health, path).test, { PATH: bin, ...env });
    }

    test.each(there)("%s takes any answer below 400 for success, and follows no redirect", async (tool) => {
        const proxy = {
            http_proxy: "http://127.0.0.1:1",
            HTTP_PROXY: "http://127.0.0.1:1",
            NODE_USE_ENV_PROXY: "1",
        };
        for (const path of ["/200/up?full=1&x=y", "/204", "/301"]) {
            expect(await ask([tool], path, {}, proxy)).toMatchObject({ code: 0 });
            rmSync(marker);
        }
        expect(requests.map(({ method, url, headers }) => `${method} ${url} ${headers.host}`)).toEqual([
            `GET /200/up?full=1&x=y 127.0.0.1:${port}`,
            `GET /204 127.0.0.1:${port}`,
            `GET /301 127.0.0.1:${port}`,
        ]);
    });

    test.each([
        ...there.map((tool): [string, number, string] => [
            tool,
            403,
            "set health.host to one that it allows",
        ]),
        ["curl", 400, "refuse the host name 'shop.example.com' (config.hosts in Rails"],
        ["curl", 401, "asks for a login: set health.path"],
        ["curl", 404, "It has no such page"],
        ["curl", 405, "Set health.path"],
        ["curl", 503, "its log says why"],
    ])("%s says that the application answered %i, and the usual cause", async (tool, status, cause) => {
        const { code, output } = await ask([tool], `/${status}`, { host: "shop.example.com" });
        expect(output).toContain(`GET /${status} on port ${port} answers ${status}.`);
        expect(output).toContain(cause);
        expect(code).toBe(1);
        expect(requests.map(({ headers }) => headers.host)).toEqual(["shop.example.com"]);
    });

    test.each(there)("%s says when nothing answers, or only localhost does", async (tool) => {
        const nothing = await ask([tool], "/up", {}, {}, 1);
        expect(nothing.code).toBe(1);
        expect(nothing.output).toContain(
            "Nothing answers GET /up on port 1 within 5 s.\nIf it runs, it may listen",
        );

        writeFileSync(hosts, "127.0.0.1\tlocalhost\n127.0.0.2\t0123456789ab web\n");
        const local = await ask([tool], "/up");
        expect(local.code).toBe(1);
        expect(local.output).toContain("It answers on localhost only");

        writeFileSync(hosts, "127.0.0.1\tlocalhost\n");
        const hanging = await ask([tool], "/999", { timeout: 1 });
        expect(hanging.output).toContain("Nothing answers GET /999");
        expect(hanging.seconds).toBeLessThan(9);
    });

    test("prefers curl, and says what to do where there is nothing to ask with", async () => {
        expect(await ask(["curl", "node"], "/200")).toMatchObject({ code: 0 });
        expect(requests[0]?.headers["user-agent"]).toMatch(/^curl/);
        rmSync(marker);
        const { code, output } = await ask([], "/200");
        expect(output).toContain(
            "no curl, wget, ruby, python3 or node to send a request with: set health.command",
        );
        expect(code).toBe(1);
    });

    test("has its own times, or a command in its place", () => {
        const { test: words, interval } = buildHttpHealthCheck(3000, { interval: 9 }, "/up");
        expect(words.slice(0, 3)).toEqual(["CMD", "/bin/sh", "-c"]);
        expect(words.slice(5)).toEqual(["3000", "/up", "127.0.0.1:3000", "5"]);
        expect(interval).toBe(9);
        expect(buildHttpHealthCheck(3000, { command: ["bin/check"], interval: 9 }, "/").test).toEqual([
            "CMD",
            "bin/check",
        ]);
    });
});

describe("checkAtContainerAddress", () => {
    const check = (answering: string) =>
        run([
            "CMD",
            ...checkAtContainerAddress(["sh", "-c", `echo "$0 $1"; [ "$1" = ${answering} ]`, "asked"]),
        ]);

    beforeEach(() => {
        writeFileSync(hosts, "127.0.0.1\tlocalhost\n10.1.2.3\tother\n10.9.8.7\t0123456789ab\n");
    });

    test("appends the address that /etc/hosts has for the container's host name", async () => {
        expect(await check("10.9.8.7")).toMatchObject({ code: 0, output: "asked 10.9.8.7\n" });
    });

    test("fails if nothing answers there", async () => {
        expect(await check("nowhere")).toMatchObject({ code: 1, output: "asked 10.9.8.7\n" });
    });

    test("fails and says so if only localhost answers", async () => {
        const { code, output } = await check("127.0.0.1");
        expect(code).toBe(1);
        expect(output).toMatch(/^asked 10.9.8.7\nIt answers on localhost only.*listen on 0\.0\.0\.0/);
    });

    test("uses localhost in a container without a network", async () => {
        writeFileSync(hosts, "127.0.0.1\tlocalhost\n");
        expect(await check("127.0.0.1")).toMatchObject({ code: 0, output: "asked 127.0.0.1\n" });
    });
});

test("no script of a check has what a shell that is not bash does not know", () => {
    for (const check of [
        buildHealthCheck(["true"]).test,
        buildHttpHealthCheck(1, { interval: 1 }, "/").test,
    ]) {
        const file = join(folder, "script.sh");
        writeFileSync(file, `#!/bin/sh\n${check[3]}`);
        expect(readFileSync(file, "utf8")).not.toMatch(/\[\[|\blocal\b|\bfunction\b|<<</);
        execFileSync("sh", ["-n", file]);
    }
});

test.each([
    [{ path: "/up", command: ["x"] }, "health.path: health.path and health.command are both set; keep one"],
    [{ path: "up" }, 'health.path: "up" is not a URL path; start it with /'],
    [{ host: "http://shop" }, 'health.host: "http://shop" is not a host name; leave out http://'],
    [{ host: "a b" }, 'health.host: "a b" is not a host name'],
    [{ host: "shop", command: ["x"] }, "health.host: health.command sends no request; leave health.host out"],
    [{ command: [] }, "health.command: must be a list of strings"],
    [{ interval: 0 }, "health.interval: 0 is not allowed; use an integer of at least 1"],
    [{ timeout: -1 }, "health.timeout: -1 is not allowed"],
    [{ retries: 1.5 }, "health.retries: 1.5 is not allowed"],
    [{ startPeriod: -1 }, "health.startPeriod: -1 is not allowed; use an integer of at least 0"],
    [{ waitTimeout: 0 }, "health.waitTimeout: 0 is not allowed"],
])("%j is refused", async (health, reason) => {
    expect(
        await refusal(() => {
            validateHealth(health);
        }),
    ).toContain(reason);
});
