import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clientOptions, openEngine } from "../../../cli/engine.ts";
import { sshArguments, SshAgent } from "../../../cli/ssh.ts";
import { nodeAddress } from "../../../cli/swarm.ts";
import { orphanRemedy } from "../../../cli/doctor.ts";
import { formatFindings } from "../../../cli/findings.ts";
import { colorsFor } from "../../../cli/output.ts";
import { chooseUrl } from "../../../cli/verbs/open.ts";

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
    ])("%s", (address, options) => {
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

test.each([
    ["ssh://one", [], ["--", "one"]],
    ["ssh://me@one:2222", ["-p", "2222", "-l", "me"], ["--", "one"]],
    ["ssh://me@[::1]", ["-l", "me"], ["--", "::1"]],
])("ssh for %s shares a connection", (address, login, host) => {
    const args = sshArguments(address);
    expect(args.slice(0, 8)).toEqual([
        ...["-o", "ControlMaster=auto", "-o", expect.stringMatching(/^ControlPath=\/tmp\/.*\/%C$/) as string],
        ...["-o", "ControlPersist=60", "-o", "ConnectTimeout=15"],
    ]);
    expect(args.slice(8)).toEqual([...login, ...host]);
});

test("an engine behind ssh that does not answer: the error has the reason of ssh", async () => {
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

describe("the address of a node's engine", () => {
    const node = { id: "n2", name: "two", address: "192.0.2.2" };
    const stack = (nodes?: unknown) => ({ config: () => nodes, option: " --stack prod" });

    test.each([
        [undefined, "ssh://deploy@one:2222", "ssh://deploy@192.0.2.2:2222"],
        [undefined, "ssh://one", "ssh://192.0.2.2"],
        [{ two: "ssh://root@two" }, "ssh://one", "ssh://root@two"],
        [{ three: "ssh://root@three" }, "ssh://one", "ssh://192.0.2.2"],
        [3, "ssh://one", "ssh://192.0.2.2"],
    ])("with drydock:nodes %j and docker:host %s is %s", (configured, manager, address) => {
        expect(nodeAddress(node, stack(configured), manager)).toBe(address);
    });

    test("of IPv6 has brackets", () => {
        expect(nodeAddress({ ...node, address: "2001:db8::2" }, stack(), "ssh://one")).toBe(
            "ssh://[2001:db8::2]",
        );
    });

    test("must be named where docker:host is no ssh address", () => {
        expect(() => nodeAddress(node, stack(), "unix:///var/run/docker.sock")).toThrow(
            expect.objectContaining({
                message: expect.stringContaining(
                    "Drydock cannot reach the Docker Engine of node two",
                ) as string,
                remedy: expect.stringContaining(
                    `config set --stack prod --path 'drydock:nodes["two"]'`,
                ) as string,
            }) as Error,
        );
    });
});

test("findings have a sign, and what to do below", () => {
    const findings = [
        { check: "Node.js", status: "ok", message: "24" },
        { check: "Disk", status: "error", message: "full", remedy: "Do this:\nand that" },
    ] as const;
    expect(formatFindings([...findings], colorsFor({ isTTY: false }, {}))).toBe(
        "✓ Node.js  24\n✗ Disk     full\n           Do this:\n           and that",
    );
});

describe("the URL to open", () => {
    const process = (component: string, address?: string) => ({
        ...{ component, process: "web", resource: component },
        ...(address !== undefined && { address }),
    });
    const shop = process("shop", "http://127.0.0.1:3000");
    const STACK = { option: " --stack prod" };

    test("is that of the only application", () => {
        expect(chooseUrl([process("db", "127.0.0.1:5432"), shop], STACK)).toBe("http://127.0.0.1:3000");
    });

    test("must be named where there are several", () => {
        const admin = process("admin", "http://127.0.0.1:4000");
        expect(() => chooseUrl([shop, admin], STACK)).toThrow(
            expect.objectContaining({
                message: "Several components have a URL: shop, admin",
                remedy: "Name the one to open, for example `drydock open --stack prod shop`.",
            }) as Error,
        );
        expect(chooseUrl([shop, admin], STACK, "admin")).toBe("http://127.0.0.1:4000");
    });

    test("is missing of what is not published", () => {
        expect(() => chooseUrl([process("db")], STACK, "db")).toThrow("db has no URL");
        const behindGateway = "https://shop.example.com";
        expect(chooseUrl([process("db")], STACK, undefined, behindGateway)).toBe(behindGateway);
        expect(() => chooseUrl([process("db")], STACK, "db", behindGateway)).toThrow("db has no URL");
    });
});

describe("the remedy for what a killed update left", () => {
    const directory = mkdtempSync(join(tmpdir(), "drydock-state-"));
    const { PULUMI_BACKEND_URL } = process.env;
    beforeAll(() => {
        mkdirSync(join(directory, ".pulumi"));
    });
    afterAll(() => {
        rmSync(directory, { recursive: true });
    });
    afterEach(() => {
        delete process.env.PULUMI_BACKEND_URL;
        if (PULUMI_BACKEND_URL !== undefined) process.env.PULUMI_BACKEND_URL = PULUMI_BACKEND_URL;
    });

    test.each([
        ["this machine", `file://${directory}`, "The next `drydock up --stack prod` removes them."],
        ["a bucket", "s3://state", "Remove them with `drydock up --stack prod --remove-orphans`."],
    ])("with the state on %s", (_, url, removal) => {
        const remedy = `If no update is running, a killed one left them. ${removal}`;
        const option = " --stack prod";
        const project = { directory, name: "shop", file: {} };
        delete process.env.PULUMI_BACKEND_URL;
        expect(orphanRemedy({ project: { ...project, file: { backend: { url } } }, option })).toBe(remedy);
        process.env.PULUMI_BACKEND_URL = url;
        expect(orphanRemedy({ project, option })).toBe(remedy);
    });
});
