import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import {
    directory,
    docker,
    exitCode,
    publishedPort,
    waitUntilReady,
    cleanUp,
    run,
    start,
    unknownUser,
} from "../testing.ts";

// What users rely on in the official image, tested from outside: the tests pass for both images.

afterAll(cleanUp);

describe("redis:8", () => {
    let server: string;
    let configured: string;
    let strangers: string;
    const cli = (...args: string[]) => docker("exec", server, "redis-cli", ...args);

    beforeAll(async () => {
        const config = join(directory("redis-config"), "redis.conf");
        writeFileSync(config, "requirepass hunter2\nprotected-mode yes\nmaxmemory 42mb\n", { mode: 0o644 });
        [server, configured, strangers] = await Promise.all([
            start("redis:8", { port: 6379, volumes: { "/data": directory("redis-data") } }, "--save", "60 1"),
            start("redis:8", { volumes: { "/etc/redis.conf": config } }, "/etc/redis.conf", "--port", "6380"),
            start("redis:8", {
                user: unknownUser,
                volumes: { "/data": directory("redis-stranger", unknownUser) },
            }),
        ]);
        await Promise.all([
            waitUntilReady(server, "redis-cli", "ping"),
            waitUntilReady(configured, "redis-cli", "-p", "6380", "-a", "hunter2", "ping"),
            waitUntilReady(strangers, "redis-cli", "ping"),
        ]);
    });

    test("accepts connections from outside, without a password by default", async () => {
        expect(await ping(await publishedPort(server, 6379))).toBe("+PONG\r\n");
    });

    test("accepts options as arguments", async () => {
        expect(await cli("config", "get", "save")).toBe("save\n60 1");
    });

    test("saves by default", async () => {
        expect(await docker("exec", strangers, "redis-cli", "config", "get", "save")).toBe(
            "save\n3600 1 300 100 60 10000",
        );
    });

    test("accepts a configuration file, which takes precedence", async () => {
        const get = "redis-cli -p 6380 --no-auth-warning -a hunter2 config get maxmemory protected-mode";
        const values = await docker("exec", configured, ...get.split(" "));
        expect(values.split("\n").sort()).toEqual(["44040192", "maxmemory", "protected-mode", "yes"]);
    });

    test("runs as redis, uid 999, and owns a bind-mounted directory", async () => {
        expect(await docker("exec", server, "stat", "--format", "%u", "/proc/1", "/data")).toBe("999\n999");
    });

    test("runs as any user", async () => {
        expect(await docker("exec", strangers, "stat", "--format", "%u", "/proc/1")).toBe(`${unknownUser}`);
    });

    test("saves on stop", async () => {
        await cli("set", "greeting", "hello");
        await docker("stop", server);
        expect(await exitCode(server)).toBe("0");
        await docker("start", server);
        await waitUntilReady(server, "redis-cli", "ping");
        expect(await cli("get", "greeting")).toBe("hello");
    });

    test("runs other commands in /data", async () => {
        expect(await run("redis:8", {}, "sh", "-c", "pwd; id -u")).toBe("/data\n0");
        expect(await run("redis:8", {}, "redis-server", "--version")).toContain("v=8.");
        expect(await run("redis:8", {}, "redis-cli", "--version")).toContain("redis-cli 8.");
    });
});

function ping(port: number): Promise<string> {
    return new Promise((resolve, reject) => {
        const socket = connect(port, "127.0.0.1", () => socket.write("PING\r\n"));
        socket.once("data", (answer) => {
            resolve(answer.toString());
            socket.destroy();
        });
        socket.once("error", reject);
    });
}
