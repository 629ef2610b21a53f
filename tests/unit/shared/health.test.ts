import { execFile, execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
    buildHealthCheck,
    buildHttpHealthCheck,
    resolveHealthCheck,
    checkAtContainerAddress,
    type HealthArgs,
    validateHealth,
} from "../../../components/shared/health.ts";
import { refusal } from "../../../testing/index.ts";

// These tests run the health checks on this machine. A temporary directory stands for the files of the container that
// they use.

const temporary = mkdtempSync(join(tmpdir(), "drydock-health-"));
/** /dev/shm/.drydock-healthy of the container. */
const healthyFile = join(temporary, "healthy");
/** /etc/hosts of the container. */
const hostsFile = join(temporary, "hosts");
/** /etc/hostname of the container. */
const hostnameFile = join(temporary, "hostname");

beforeEach(() => {
    rmSync(healthyFile, { force: true });
    writeFileSync(hostnameFile, "0123456789ab\n");
    writeFileSync(hostsFile, "127.0.0.1\tlocalhost\n");
});
afterAll(() => {
    rmSync(temporary, { recursive: true });
});

/** Runs a health check as Docker does. */
function runCheck([kind, program = "", ...args]: string[], env: Record<string, string> = {}) {
    expect(kind).toBe("CMD");
    const localArgs = args.map((arg) =>
        arg
            .replaceAll("/dev/shm/.drydock-healthy", healthyFile)
            .replaceAll("/etc/hostname", hostnameFile)
            .replaceAll("/etc/hosts", hostsFile),
    );
    return new Promise<{ code: number; output: string }>((resolve) => {
        execFile(program, localArgs, { env: { PATH: process.env.PATH, ...env } }, (error, stdout, stderr) => {
            resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr });
        });
    });
}

describe("buildHealthCheck", () => {
    test("checks every 2 s and waits 120 s by default", () => {
        expect(buildHealthCheck(["true"])).toMatchObject({
            interval: 2,
            retries: 5,
            startPeriod: 120,
            waitTimeout: 120,
            setByUser: [],
        });
    });

    test("gives Docker a timeout that includes the pause of 28 s and the check itself", () => {
        const { test: command, timeout } = buildHealthCheck(["true"]);
        const [pause, limit] = command.slice(5).map(Number);
        expect([pause, limit]).toEqual([28, 6]);
        expect(timeout).toBeGreaterThan(28 + 6);
    });

    test("runs the command itself at a fixed interval", () => {
        const times = { interval: 3, timeout: 4, retries: 6, startPeriod: 0, waitTimeout: 30 };
        expect(buildHealthCheck(["bin/check", "-q"], times)).toEqual({
            test: ["CMD", "bin/check", "-q"],
            ...times,
            setByUser: Object.keys(times),
        });
    });

    test("has a start period as long as waitTimeout", () => {
        expect(buildHealthCheck(["true"], { waitTimeout: 240 })).toMatchObject({
            startPeriod: 240,
            waitTimeout: 240,
        });
    });
});

describe("a check without an interval", () => {
    /** Creates a directory for PATH with a fake `sleep`, which records the pauses. */
    function fakeSleep() {
        const bin = mkdtempSync(join(temporary, "sleep-"));
        const file = join(bin, "pauses");
        writeFileSync(join(bin, "sleep"), `#!/bin/sh\necho "$1" >>${file}\n`, { mode: 0o755 });
        return {
            env: { PATH: `${bin}:${process.env.PATH ?? ""}` },
            pauses: () => (existsSync(file) ? readFileSync(file, "utf8") : ""),
        };
    }

    test("pauses after a success, and not after a failure", async () => {
        const { env, pauses } = fakeSleep();
        const flag = join(temporary, "flag");
        const { test: command } = buildHealthCheck(["test", "-e", flag]);
        /** Exit code of a check, and all pauses so far. */
        const check = async () => [(await runCheck(command, env)).code, pauses()];
        expect(await check()).toEqual([1, ""]);
        writeFileSync(flag, "");
        expect(await check()).toEqual([0, ""]);
        expect(await check()).toEqual([0, "28\n"]);
        rmSync(flag);
        expect(await check()).toEqual([1, "28\n28\n"]);
        expect(await check()).toEqual([1, "28\n28\n"]);
    });

    test("does not pause if it cannot write to /dev/shm", async () => {
        const { env, pauses } = fakeSleep();
        const command = buildHealthCheck(["true"]).test.map((word) =>
            word.replaceAll("/dev/shm/", "/nowhere/"),
        );
        for (let i = 0; i < 2; i++) expect(await runCheck(command, env)).toEqual({ code: 0, output: "" });
        expect(pauses()).toBe("");
    });

    test("works in an image without sleep and timeout", async () => {
        const env = { PATH: mkdtempSync(join(temporary, "empty-")) };
        const { test: command } = buildHealthCheck(["/bin/sh", "-c", "exit 0"]);
        for (let i = 0; i < 2; i++) expect(await runCheck(command, env)).toEqual({ code: 0, output: "" });
    });

    test("ends a check that takes too long, and says so", async () => {
        const { test: command } = buildHealthCheck(["sleep", "60"], { timeout: 1 });
        expect(await runCheck(command)).toEqual({ code: 1, output: "The check took more than 1 s.\n" });
    });

    test("passes arguments on unchanged, and shows the output of the command", async () => {
        const { test: command } = buildHealthCheck(["sh", "-c", 'echo "$1"; exit 3', "x", "it's $HOME"]);
        expect(await runCheck(command)).toEqual({ code: 1, output: "it's $HOME\n" });
    });
});

describe("buildHttpHealthCheck", () => {
    test("passes port, path, host and timeout to health-http.sh", () => {
        const { test: command, interval } = buildHttpHealthCheck(3000, { interval: 9 }, "/up");
        expect(command.slice(0, 3)).toEqual(["CMD", "/bin/sh", "-c"]);
        expect(command.slice(5)).toEqual(["3000", "/up", "127.0.0.1:3000", "5"]);
        expect(interval).toBe(9);
    });
});

describe("resolveHealthCheck", () => {
    const kind = ({ health, healthDisabled }: ReturnType<typeof resolveHealthCheck>) =>
        healthDisabled ? "disabled" : (health?.test[4] ?? health?.test.join(" "));

    test.each([
        ["an HTTP request to the default path", undefined, 3000, "/up", ["3000", "/up"]],
        ["an HTTP request to the user's path", { path: "/ok" }, 3000, "/up", ["3000", "/ok"]],
        ["a TCP port", { tcp: true }, 5432, "/up", ["5432"]],
    ])("is %s", (_, args, port, path, expected) => {
        const times = { interval: 9, ...args };
        const { health } = resolveHealthCheck(times, port, path);
        expect(health?.test.slice(5)).toEqual(expect.arrayContaining(expected));
    });

    test.each([
        ["the user's command", { command: ["bin/check"], interval: 9 }, 3000, "/up", "CMD bin/check"],
        ["nothing without a port", { tcp: true }, undefined, "/up", undefined],
        ["nothing without a path", {}, 3000, undefined, undefined],
        ["turned off", { disabled: true }, 3000, "/up", "disabled"],
    ])("is %s", (_, args, port, path, expected) => {
        expect(kind(resolveHealthCheck(args, port, path))).toBe(expected);
    });
});

describe("health-tcp.sh", () => {
    const servers: TcpServer[] = [];
    let connections = 0;
    afterEach(() => {
        for (const server of servers.splice(0)) server.close();
    });

    /** Listens at an address and checks the port. An empty PATH stands for an image without tools. */
    async function check(address: string) {
        const server = createTcpServer(() => connections++);
        servers.push(server);
        await new Promise<void>((resolve, reject) => {
            server.once("error", reject).listen(0, address, resolve);
        });
        const { port } = server.address() as AddressInfo;
        const { health } = resolveHealthCheck({ tcp: true, interval: 9 }, port);
        return { port, ...(await runCheck(health?.test ?? [], { PATH: "" })) };
    }

    test.each(["0.0.0.0", "::"])(
        "finds what listens at %s, without a connection or a tool",
        async (address) => {
            expect(await check(address)).toMatchObject({ code: 0, output: "" });
            expect(connections).toBe(0);
        },
    );

    test.each(["127.0.0.1", "127.0.0.2", "::1", "::ffff:127.0.0.1"])("refuses %s", async (address) => {
        const { code, port, output } = await check(address);
        expect(output).toBe(
            `Port ${port} is open on localhost only, where nothing outside of its container reaches it: let it listen on 0.0.0.0.\n`,
        );
        expect(code).toBe(1);
    });

    test("tells that nothing listens", async () => {
        const { health } = resolveHealthCheck({ tcp: true, interval: 9 }, 1);
        expect(await runCheck(health?.test ?? [])).toEqual({
            code: 1,
            output: "Nothing listens on TCP port 1. If it runs, it may listen on another port: set port.\n",
        });
    });
});

describe("health-http.sh", () => {
    const TOOLS = ["curl", "wget", "ruby", "python3", "node"];
    const installed = TOOLS.filter((tool) => spawnSync(tool, ["--version"]).status === 0);
    let server: Server;
    let port: number;
    let requests: IncomingMessage[] = [];

    // Answers with the status in the path; never for /999.
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

    interface Options {
        health?: HealthArgs;
        env?: Record<string, string>;
        port?: number;
    }

    /** Runs the check with a PATH that has only these tools and those of a small image. */
    function check(tools: string[], path: string, options: Options = {}) {
        const bin = mkdtempSync(join(temporary, "bin-"));
        for (const tool of [...tools, "timeout", "true", "sleep"]) symlinkSync(pathOf(tool), join(bin, tool));
        const { test: command } = buildHttpHealthCheck(options.port ?? port, options.health ?? {}, path);
        return runCheck(command, { PATH: bin, ...options.env });
    }

    function pathOf(tool: string): string {
        // `python3` may be a script of a version manager, which does not work under another name.
        const command =
            tool === "python3" ? "python3 -c 'import sys; print(sys.executable)'" : `command -v ${tool}`;
        return execFileSync("sh", ["-c", command], { encoding: "utf8" }).trim();
    }

    test.each(installed)(
        "with %s accepts every status below 400, and does not follow redirects",
        async (tool) => {
            for (const path of ["/200/up?full=1&x=y", "/204", "/301"]) {
                expect(await check([tool], path)).toMatchObject({ code: 0 });
                rmSync(healthyFile);
            }
            expect(requests.map(({ method, url, headers }) => `${method} ${url} ${headers.host}`)).toEqual([
                `GET /200/up?full=1&x=y 127.0.0.1:${port}`,
                `GET /204 127.0.0.1:${port}`,
                `GET /301 127.0.0.1:${port}`,
            ]);
        },
    );

    test.each(installed)("with %s uses no proxy", async (tool) => {
        const proxy = "http://127.0.0.1:1";
        const env = { http_proxy: proxy, HTTP_PROXY: proxy, NODE_USE_ENV_PROXY: "1" };
        expect(await check([tool], "/200", { env })).toMatchObject({ code: 0 });
    });

    test.each([
        ...installed.map((tool) => [tool, 403, "set health.host to one that it allows"] as const),
        ["curl", 400, "refuse the host name 'shop.example.com' (config.hosts in Rails"],
        ["curl", 401, "asks for a login: set health.path"],
        ["curl", 404, "It has no such page"],
        ["curl", 405, "Set health.path"],
        ["curl", 503, "its log says why"],
    ] as const)("with %s fails for status %i and says the usual cause", async (tool, status, cause) => {
        const health = { host: "shop.example.com" };
        const { code, output } = await check([tool], `/${status}`, { health });
        expect(code).toBe(1);
        expect(output).toContain(`GET /${status} on port ${port} answers ${status}.`);
        expect(output).toContain(cause);
        expect(requests.map(({ headers }) => headers.host)).toEqual(["shop.example.com"]);
    });

    test.each(installed)("with %s fails if nothing listens on the port", async (tool) => {
        const { code, output } = await check([tool], "/up", { port: 1 });
        expect(code).toBe(1);
        expect(output).toContain("Nothing answers GET /up on port 1 within 5 s.\nIf it runs, it may listen");
    });

    test.each(installed)("with %s fails and says so if only localhost answers", async (tool) => {
        writeFileSync(hostsFile, "127.0.0.1\tlocalhost\n127.0.0.2\t0123456789ab web\n");
        const { code, output } = await check([tool], "/up");
        expect(code).toBe(1);
        expect(output).toContain("It answers on localhost only");
    });

    test.each(installed)("with %s fails if the application does not answer in time", async (tool) => {
        const { code, output } = await check([tool], "/999", { health: { timeout: 1 } });
        expect(code).toBe(1);
        expect(output).toContain("Nothing answers GET /999");
    });

    test("prefers curl", async () => {
        expect(await check(["curl", "node"], "/200")).toMatchObject({ code: 0 });
        expect(requests[0]?.headers["user-agent"]).toMatch(/^curl/);
    });

    test("fails and says what to do in an image without any of the tools", async () => {
        const { code, output } = await check([], "/200");
        expect(code).toBe(1);
        expect(output).toContain(
            "no curl, wget, ruby, python3 or node to send a request with: set health.command",
        );
    });
});

describe("checkAtContainerAddress", () => {
    const check = (answering: string) =>
        runCheck([
            "CMD",
            ...checkAtContainerAddress(["sh", "-c", `echo "$0 $1"; [ "$1" = ${answering} ]`, "asked"]),
        ]);

    beforeEach(() => {
        writeFileSync(hostsFile, "127.0.0.1\tlocalhost\n10.1.2.3\tother\n10.9.8.7\t0123456789ab\n");
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
        writeFileSync(hostsFile, "127.0.0.1\tlocalhost\n");
        expect(await check("127.0.0.1")).toMatchObject({ code: 0, output: "asked 127.0.0.1\n" });
    });
});

test.each([
    [{ path: "/up", command: ["x"] }, "health.path: health.path and health.command are both set; keep one"],
    [{ path: "up" }, 'health.path: "up" is not a URL path; start it with /'],
    [{ host: "http://shop" }, 'health.host: "http://shop" is not a host name; leave out http://'],
    [{ host: "a b" }, 'health.host: "a b" is not a host name'],
    [{ host: "shop", command: ["x"] }, "health.host: health.command sends no request; leave health.host out"],
    [{ command: [] }, "health.command: must be a list of strings"],
    [{ command: ["CMD", "true"] }, 'health.command: "CMD" is not a program in the image; leave it out'],
    [
        { command: ["CMD-SHELL", "x"] },
        'health.command: "CMD-SHELL" is not a program in the image; write ["sh", "-c"',
    ],
    [{ command: ["NONE"] }, 'health.command: "NONE" is not a program in the image; set disabled'],
    [{ interval: 0 }, "health.interval: 0 is not allowed; use an integer of at least 1"],
    [{ timeout: -1 }, "health.timeout: -1 is not allowed"],
    [{ retries: 1.5 }, "health.retries: 1.5 is not allowed"],
    [{ startPeriod: -1 }, "health.startPeriod: -1 is not allowed; use an integer of at least 0"],
    [{ waitTimeout: 0 }, "health.waitTimeout: 0 is not allowed"],
])("validateHealth refuses %j", async (health, message) => {
    expect(
        await refusal(() => {
            validateHealth(health);
        }),
    ).toContain(message);
});
