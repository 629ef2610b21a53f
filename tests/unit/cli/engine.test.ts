import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clientOptions, openEngine } from "../../../cli/engine.ts";
import { SshAgent } from "../../../cli/ssh.ts";

describe("the address of an engine", () => {
    const directory = mkdtempSync(join(tmpdir(), "drydock-engine-"));
    afterAll(() => {
        rmSync(directory, { recursive: true });
    });

    test.each([
        ["unix:///run/docker.sock", { socketPath: "/run/docker.sock" }],
        ["unix://.drydock/docker.sock", { socketPath: "/project/.drydock/docker.sock" }],
        ["tcp://one", { protocol: "http", host: "one", port: 2375 }],
        ["tcp://one:99", { protocol: "http", host: "one", port: "99" }],
    ])("is parsed: %s", (address, options) => {
        expect(clientOptions({ address }, "/project")).toMatchObject(options);
    });

    test("with TLS has its certificates", () => {
        for (const file of ["ca.pem", "cert.pem", "key.pem"]) writeFileSync(join(directory, file), file);
        expect(clientOptions({ address: "tcp://one", certPath: directory }, "/")).toMatchObject({
            ...{ protocol: "https", port: 2376, ca: "ca.pem", cert: "cert.pem", key: "key.pem" },
        });
    });

    test("by ssh uses the system's ssh", () => {
        expect(clientOptions({ address: "ssh://me@one" }, "/").agent).toBeInstanceOf(SshAgent);
    });

    test.each([
        ["npipe:////./pipe/docker", "has the unknown scheme npipe:"],
        ["nonsense", "is not a URL"],
    ])("%s is refused", (address, message) => {
        expect(() => clientOptions({ address }, "/")).toThrow(message);
    });
});

test("the error about an engine behind ssh that does not answer has the reason of ssh", async () => {
    await expect(openEngine({ DOCKER_HOST: "ssh://127.0.0.1:1" }, "/")).rejects.toThrow(
        /^The Docker Engine at ssh:\/\/127\.0\.0\.1:1 does not answer: .*Connection refused/,
    );
});

describe("an engine", () => {
    let server: Server;
    const directory = mkdtempSync(join(tmpdir(), "drydock-engine-"));
    const socket = join(directory, "docker.sock");
    afterAll(() => {
        server.close();
        rmSync(directory, { recursive: true });
    });

    test("that answers says its version and node", async () => {
        const info = {
            Name: "one",
            ServerVersion: "28.1.0",
            Swarm: { NodeID: "n1", ControlAvailable: true },
        };
        server = createServer((_, response) => response.end(JSON.stringify(info)));
        await new Promise<void>((done) => server.listen(socket, done));
        expect(await openEngine({ DOCKER_HOST: `unix://${socket}` }, "/")).toMatchObject({
            version: "28.1.0",
            nodeId: "n1",
            isManager: true,
        });
    });

    test.each([
        ["unix:///nowhere/docker.sock", "Check docker:host in the stack's configuration"],
        ["unix://.drydock/swarm/docker.sock", "drydock cluster up"],
    ])("at %s that does not answer is named, with what to do", async (address, remedy) => {
        await expect(openEngine({ DOCKER_HOST: address }, "/")).rejects.toMatchObject({
            message: expect.stringContaining(`The Docker Engine at ${address} does not answer`) as string,
            remedy: expect.stringContaining(remedy) as string,
        });
    });
});
