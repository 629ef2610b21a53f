import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { type AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import { connect, daemonHost } from "./connection.ts";

const directory = mkdtempSync(join(tmpdir(), "drydock-connection-"));
const socket = join(directory, "docker.sock");
const env = { ...process.env, PATH: `${directory}:${process.env.PATH}` };
let servers: Server[];
let port: number;

/** A fake daemon that answers every request with its method and path. */
beforeAll(async () => {
    servers = [socket, 0].map((address) =>
        createServer((request, response) => {
            request.resume();
            response.setHeader("content-type", "application/json");
            response.end(JSON.stringify({ Asked: `${request.method} ${request.url}` }));
        })
            .on("upgrade", (_, socket) => {
                socket.write("HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n");
                socket.pipe(socket);
            })
            .listen(address),
    );
    await Promise.all(servers.map((server) => new Promise((resolve) => server.once("listening", resolve))));
    port = (servers[1]?.address() as AddressInfo | undefined)?.port ?? 0;

    // A fake ssh that records its arguments and connects to the fake daemon.
    const script = `#!${process.execPath}
        const args = process.argv.slice(2);
        require("fs").writeFileSync("${directory}/asked", JSON.stringify(args));
        if (args.includes("nobody@away")) { console.error("Permission denied"); process.exit(255); }
        const daemon = require("net").connect("${socket}");
        process.stdin.pipe(daemon).pipe(process.stdout);`;
    writeFileSync(join(directory, "ssh"), script);
    chmodSync(join(directory, "ssh"), 0o755);

    const meta = join(directory, "contexts/meta/0123");
    mkdirSync(meta, { recursive: true });
    const context = { Name: "far", Endpoints: { docker: { Host: "ssh://far" } } };
    writeFileSync(join(meta, "meta.json"), JSON.stringify(context));
});

afterAll(() => {
    for (const server of servers) server.close();
    rmSync(directory, { recursive: true });
});

test.each([
    [{}, {}, "unix:///var/run/docker.sock"],
    [{}, { DOCKER_HOST: "tcp://env:1" }, "tcp://env:1"],
    [{}, { DOCKER_HOST: "" }, "unix:///var/run/docker.sock"],
    [{ host: "tcp://config:1" }, { DOCKER_HOST: "tcp://env:1" }, "tcp://config:1"],
    [{ context: "far" }, { DOCKER_CONFIG: directory }, "ssh://far"],
    [{}, { DOCKER_CONFIG: directory, DOCKER_CONTEXT: "far" }, "ssh://far"],
    // As in the official provider, a context always takes precedence over a host.
    [{ host: "tcp://config:1" }, { DOCKER_CONFIG: directory, DOCKER_CONTEXT: "far" }, "ssh://far"],
])("with configuration %j and environment %j, the daemon is at %s", (config, env, host) => {
    expect(daemonHost(config, env)).toBe(host);
});

test("names a context that does not exist", () => {
    expect(() => daemonHost({ context: "near" }, { DOCKER_CONFIG: directory })).toThrow(
        "no Docker context near",
    );
});

test.each([
    ["unix socket", () => `unix://${socket}`],
    ["TCP", () => `tcp://127.0.0.1:${port}`],
    ["HTTP", () => `http://127.0.0.1:${port}`],
    ["ssh", () => "ssh://me@far:2222"],
])("connects by %s for several requests", async (_, host) => {
    const docker = connect({ host: host(), sshOpts: ["-o", "BatchMode=yes"] }, env);
    for (const id of ["one", "two"]) {
        const answer = (await docker.getContainer(id).inspect()) as unknown as { Asked: string };
        expect(answer.Asked).toBe(`GET /containers/${id}/json`);
    }
});

test("runs ssh with the configured options and docker system dial-stdio", async () => {
    await connect({ host: "ssh://me@far:2222", sshOpts: ["-o", "BatchMode=yes"] }, env).ping();
    const args = JSON.parse(readFileSync(join(directory, "asked"), "utf8")) as string[];
    expect(args.join(" ")).toBe("-o BatchMode=yes -p 2222 -- me@far docker system dial-stdio");
});

test("reports the stderr of ssh on failure", async () => {
    await expect(connect({ host: "ssh://nobody@away" }, env).ping()).rejects.toThrow("Permission denied");
});

test("has a socket for the HTTP/2 session of a build over ssh", async () => {
    const { modem } = connect({ host: "ssh://far" }, env);
    const options = {
        ...{ method: "POST", path: "/session", hijack: true, headers: { Upgrade: "h2c" } },
        statusCodes: { 200: true },
    };
    const socket = await new Promise<Duplex>((resolve, reject) => {
        modem.dial(options, (error, opened) => {
            if (error) reject(error);
            else resolve(opened as Duplex);
        });
    });
    // Node cannot end HTTP/2 on another kind of stream.
    expect(socket).toBeInstanceOf(Socket);
    socket.end("over");
    expect(await text(socket)).toBe("over");
});

test.each([
    [{ host: "ftp://far" }, "host: ftp://far is not a Docker address"],
    [{ host: "far" }, "host: far is not a Docker address"],
    [{ host: "tcp://far:2376", caMaterial: "ca" }, "set both, or neither of them nor caMaterial"],
])("refuses %j and names the remedy", (config, message) => {
    expect(() => connect(config, {})).toThrow(message);
});
