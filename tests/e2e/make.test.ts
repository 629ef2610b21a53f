import { createServer, connect, Server } from "node:net";
import { Clone } from "./clone";

jest.setTimeout(120_000);

/** A port on this machine that nobody listens on. */
async function freePort(): Promise<number> {
    const server = await listen(0);
    const address = server.address();
    await new Promise((closed) => server.close(closed));
    return typeof address === "object" && address ? address.port : 0;
}

function listen(port: number): Promise<Server> {
    const server = createServer();
    return new Promise((listening) =>
        server.listen(port, "127.0.0.1", () => {
            listening(server);
        }),
    );
}

/** What a Redis on this machine answers to PING. */
function ping(port: number): Promise<string> {
    return new Promise((answered, failed) => {
        const socket = connect(port, "127.0.0.1", () => socket.write("PING\r\n"));
        socket.once("error", failed).once("data", (data) => {
            answered(data.toString().trim());
            socket.destroy();
        });
    });
}

describe("make up", () => {
    const clone = new Clone();
    let port = 0;
    const containers = () =>
        clone
            .shell(
                "docker ps --all --quiet --filter label=drydock.stack=e2e --filter label=drydock.project=drydock",
            )
            .trim();

    beforeAll(async () => {
        port = await freePort();
        // A stack of the test's own, beside whatever the developer has up.
        clone.shell(
            `. ./env && mkdir -p .drydock/state && pulumi stack init e2e && pulumi config set redisPort ${port}`,
        );
        clone.shell("git add --all && git -c user.name=t -c user.email=t@t commit --quiet -m e2e");
    });
    afterAll(() => clone.dispose("e2e"));

    test("brings up the environment, and says where it is and what to do next", async () => {
        const { code, output } = await clone.run("make up STACK=e2e");
        expect(output).toContain(`redis://127.0.0.1:${port}`);
        expect(output).toContain("make down");
        expect(code).toBe(0);
        expect(await ping(port)).toBe("+PONG");
    });

    test("changes nothing the second time, and leaves the clone as git knows it", async () => {
        const { code, output } = await clone.run("make up STACK=e2e");
        expect(output).toMatch(/\d+ unchanged/);
        expect(output).not.toMatch(/created|updated|replaced/);
        expect(code).toBe(0);
        expect(clone.shell("git status --porcelain")).toBe("");
    });

    test("`. ./env` gives a shell in which plain pulumi works", async () => {
        const { output } = await clone.run(". ./env && pulumi stack select e2e && pulumi stack output url");
        expect(output.trim()).toBe(`redis://127.0.0.1:${port}`);
    });

    test("make preview shows what would change and touches nothing", async () => {
        const before = containers();
        clone.shell('sed -i \'s/interval: "1s"/interval: "2s"/\' stacks/dev.ts');
        const { code, output } = await clone.run("make preview STACK=e2e");
        clone.shell("git checkout --quiet stacks/dev.ts");
        expect(output).toContain('"1s" => "2s"');
        expect(code).toBe(0);
        expect(containers()).toBe(before);
    });

    test("make down leaves nothing of the stack in Docker", async () => {
        const { code } = await clone.run("make down STACK=e2e");
        expect(code).toBe(0);
        expect(containers()).toBe("");
    });

    test("repairs what a killed up leaves", async () => {
        for (const moment of ["Updating", "RemoteImage redis created", "Container redis creating"]) {
            const { kill, said, ended } = clone.start("make up STACK=e2e");
            await said(moment);
            kill();
            await ended;
        }
        const { code, output } = await clone.run("make up STACK=e2e");
        expect({ code, output }).toMatchObject({ code: 0 });
        expect(await ping(port)).toBe("+PONG");
        await clone.run("make down STACK=e2e");
        expect(containers()).toBe("");
    });

    test("names a taken port and what to do, and leaves nothing half made", async () => {
        const squatter = await listen(port);
        const { code, output } = await clone.run("make up STACK=e2e");
        squatter.close();
        expect(output).toMatch(new RegExp(`ports\\[0\\]\\.external: ${port} is taken`));
        expect(code).not.toBe(0);
        expect(containers()).toBe("");
    });
});
