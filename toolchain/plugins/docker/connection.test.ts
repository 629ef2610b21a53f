import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, Server } from "node:http";
import { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, daemonHost } from "./connection";

const folder = mkdtempSync(join(tmpdir(), "drydock-connection-"));
const socket = join(folder, "docker.sock");
const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` };
let servers: Server[];
let port: number;

/** A daemon that answers every request with the request's method and path. */
beforeAll(async () => {
    servers = [socket, 0].map((address) =>
        createServer((request, response) => {
            request.resume();
            response.setHeader("content-type", "application/json");
            response.end(JSON.stringify({ Asked: `${request.method} ${request.url}` }));
        }).listen(address),
    );
    await Promise.all(servers.map((server) => new Promise((resolve) => server.once("listening", resolve))));
    ({ port } = servers[1]?.address() as AddressInfo);

    // An ssh that notes what it was asked, and reaches the daemon on this machine.
    const script = `#!${process.execPath}
        const args = process.argv.slice(2);
        require("fs").writeFileSync("${folder}/asked", JSON.stringify(args));
        if (args.includes("nobody@away")) { console.error("Permission denied"); process.exit(255); }
        const daemon = require("net").connect("${socket}");
        process.stdin.pipe(daemon).pipe(process.stdout);`;
    writeFileSync(join(folder, "ssh"), script);
    chmodSync(join(folder, "ssh"), 0o755);

    const meta = join(folder, "contexts/meta/0123");
    mkdirSync(meta, { recursive: true });
    const context = { Name: "far", Endpoints: { docker: { Host: "ssh://far" } } };
    writeFileSync(join(meta, "meta.json"), JSON.stringify(context));
});

afterAll(() => {
    for (const server of servers) server.close();
    rmSync(folder, { recursive: true });
});

test.each([
    [{}, {}, "unix:///var/run/docker.sock"],
    [{}, { DOCKER_HOST: "tcp://env:1" }, "tcp://env:1"],
    [{}, { DOCKER_HOST: "" }, "unix:///var/run/docker.sock"],
    [{ host: "tcp://config:1" }, { DOCKER_HOST: "tcp://env:1" }, "tcp://config:1"],
    [{ context: "far" }, { DOCKER_CONFIG: folder }, "ssh://far"],
    [{}, { DOCKER_CONFIG: folder, DOCKER_CONTEXT: "far" }, "ssh://far"],
    // As officially: a context overrides the host, wherever either comes from.
    [{ host: "tcp://config:1" }, { DOCKER_CONFIG: folder, DOCKER_CONTEXT: "far" }, "ssh://far"],
])("configured as %j, with %j in the environment, the daemon is at %s", (config, env, host) => {
    expect(daemonHost(config, env)).toBe(host);
});

test("a context that there is not is told by its name", () => {
    expect(() => daemonHost({ context: "near" }, { DOCKER_CONFIG: folder })).toThrow(
        "no Docker context near",
    );
});

test.each([
    ["a socket", () => `unix://${socket}`],
    ["TCP", () => `tcp://127.0.0.1:${port}`],
    ["HTTP", () => `http://127.0.0.1:${port}`],
    ["ssh", () => "ssh://me@far:2222"],
])("a daemon is reached by %s, for one request after the other", async (_, host) => {
    const docker = connect({ host: host(), sshOpts: ["-o", "BatchMode=yes"] }, env);
    for (const id of ["one", "two"]) {
        const answer = (await docker.getContainer(id).inspect()) as unknown as { Asked: string };
        expect(answer.Asked).toBe(`GET /containers/${id}/json`);
    }
});

test("ssh is the user's own, with the options given and Docker's own way through", async () => {
    await connect({ host: "ssh://me@far:2222", sshOpts: ["-o", "BatchMode=yes"] }, env).ping();
    const args = JSON.parse(readFileSync(join(folder, "asked"), "utf8")) as string[];
    expect(args.join(" ")).toBe("-o BatchMode=yes -p 2222 -- me@far docker system dial-stdio");
});

test("what ssh complains of is the reason for the failure", async () => {
    await expect(connect({ host: "ssh://nobody@away" }, env).ping()).rejects.toThrow("Permission denied");
});

test.each([
    [{ host: "ftp://far" }, "host: ftp://far is not a Docker address"],
    [{ host: "far" }, "host: far is not a Docker address"],
    [{ host: "tcp://far:2376", caMaterial: "ca" }, "set both, or neither and no caMaterial"],
])("%j is refused with what to do about it", (config, message) => {
    expect(() => connect(config, {})).toThrow(message);
});
