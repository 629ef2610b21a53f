import { Environment } from "./environment.ts";
import { acceptsConnections, listen, fetchPage } from "./network.ts";
import { soakTest } from "./soak-test.ts";

describe("make", () => {
    const environment = new Environment("commands");
    const { clone } = environment;
    beforeAll(() => environment.prepare());
    afterAll(() => environment.dispose());

    test("up names a port that is in use, and leaves no container", async () => {
        const { port } = new URL(environment.url);
        const server = await listen(Number(port));
        const { code, output } = await environment.make("up");
        server.close();
        expect(output).toContain(`ports[0].external: ${port} is in use on this host`);
        expect({ code, output }).toFail();
        const container = `docker ps --all --quiet --filter name=^/${environment.container("sample")}$`;
        expect(clone.shell(container)).toBe("");
    });

    test("up brings up the environment, and prints its URL and the next commands", async () => {
        const output = await environment.up();
        expect(output).toContain(environment.url);
        expect(output).toContain("make down");
        expect(await fetchPage(environment.url)).toContain("Welcome to the Sample App");
    });

    test("up restores containers that were stopped, removed or disconnected by hand", async () => {
        const network = environment.container("db");
        clone.shell(`docker stop ${environment.container("sample")}
            docker rm --force ${environment.container("cache")}
            docker network disconnect ${network} ${environment.container("sample-worker")}`);
        const output = await environment.up();
        expect(output).toMatch(/1 created\n +\d+ unchanged/);
        expect(await fetchPage(environment.url)).toContain("Welcome to the Sample App");
        const networks = `docker inspect --format '{{json .NetworkSettings.Networks}}' ${environment.container("sample-worker")}`;
        expect(clone.shell(networks)).toContain(`"${network}":`);
    });

    test("up changes nothing afterwards, and leaves no untracked files", async () => {
        const output = await environment.up();
        expect(output).toMatch(/\d+ unchanged/);
        expect(output).not.toMatch(/→|created|updated|replaced|deleted/);
        expect(clone.shell("git status --porcelain")).toBe("");
    });

    test("up leaves nothing for a refresh to change", async () => {
        const preview = await environment.pulumi("preview --refresh --expect-no-changes");
        expect(preview).toSucceed();
    });

    test("pulumi works in a shell that has sourced ./env", async () => {
        const { output } = await environment.pulumi("stack output url");
        expect(output.trim()).toBe(environment.url);
    });

    test("pulumi works with another backend and passphrase, without make", async () => {
        clone.shell("mkdir .drydock/own");
        const { code, output } = await clone.run(
            ". ./env && pulumi stack init dev && pulumi preview --stack dev && pulumi stack rm --yes dev",
            { PULUMI_BACKEND_URL: `file://${clone.dir}/.drydock/own`, PULUMI_CONFIG_PASSPHRASE: "mine" },
        );
        expect({ code, output }).toSucceed();
        expect(output).toMatch(/sample .*create/);
        expect(clone.shell("git status --porcelain")).toBe("");
    });

    test("preview shows the changes and makes none", async () => {
        const before = environment.dockerObjects();
        environment.configure({ memory: "300m" });
        const { code, output } = await environment.make("preview");
        expect(output).toContain("memory in MiB 512 → 300");
        expect({ code, output }).toSucceed();
        expect(environment.dockerObjects()).toBe(before);
        environment.restore();
    });

    soakTest(
        "up fails with the log of a worker that keeps exiting, and deploys the code after a fix",
        async () => {
            clone.edit("stacks/sample.ts", '["bin/jobs"]', '["sh", "-c", "echo run aground; exit 1"]');
            const { code, output } = await environment.make("up");
            environment.restore();
            expect(output).toContain("run aground");
            expect({ code, output }).toFail();

            clone.edit("apps/sample/app/views/home/welcome.html.erb", "Welcome to", "Ahoy from");
            await environment.up();
            environment.restore();
            expect(await fetchPage(environment.url)).toContain("Ahoy from the Sample App");
            const health = `docker inspect --format '{{.State.Health.Status}}' ${environment.container("sample-worker")}`;
            expect(clone.shell(health).trim()).toBe("healthy");
        },
    );

    test("liveReload shows a change of the code without make up", async () => {
        environment.configure({ liveReload: "true" });
        await environment.up();
        clone.edit("apps/sample/app/views/home/welcome.html.erb", "Welcome to", "Hello from");
        expect(await fetchPage(environment.url)).toContain("Hello from the Sample App");
        environment.restore();
    });

    test("up refuses a stack that another clone runs, and does not touch it", async () => {
        const other = new Environment(environment.stack);
        await other.createStack();
        const before = environment.dockerObjects();
        const { code, output } = await other.make("up");
        expect(output).toContain(
            `The project in ${clone.dir} already runs the stack commands\n  Give this one`,
        );
        expect({ code, output }).toFail();
        expect((await other.make("down")).output).toContain("There is no stack commands:");
        expect(environment.dockerObjects()).toBe(before);
        await other.clone.dispose();
    });

    test("up and down fail when the state cannot be read, instead of assuming that there is no stack", async () => {
        for (const target of ["up", "down"]) {
            const { code, output } = await clone.run(`make ${target} STACK=${environment.stack}`, {
                PULUMI_BACKEND_URL: "file:///nowhere",
            });
            expect(output).toContain("Pulumi cannot read the stack ");
            expect(output).toContain("no such file or directory");
            expect(output).toContain("Check the backend, file:///nowhere");
            expect({ code, output }).toFail();
        }
        const { code, output } = await clone.run("make down STACK=unknown");
        expect(output).toContain("There is no stack unknown:");
        expect({ code, output }).toSucceed();
    });

    soakTest(
        "up chooses a port for a second stack, which runs beside the first; down removes both it and its settings",
        async () => {
            const { code, output } = await clone.run("make up STACK=second");
            expect({ code, output }).toSucceed();
            const [, url = ""] = /url +(http:\S+)/.exec(output) ?? [];
            expect(url).not.toContain(":3000");
            for (const one of [url, environment.url]) expect(await fetchPage(one)).toContain("Sample App");

            expect(await clone.run("make down STACK=second")).toSucceed();
            expect(clone.shell("ls Pulumi.second.yaml 2>/dev/null || true")).toBe("");
            expect(clone.shell("docker ps --all --quiet --filter label=drydock.stack=second")).toBe("");
            expect(await fetchPage(environment.url)).toContain("Sample App");
        },
    );

    test("down keeps settings that up did not write", async () => {
        clone.shell("printf 'config:\\n  drydock:port: 0\\n  drydock:memory: 256m\\n' > Pulumi.mine.yaml");
        clone.shell(". ./env && pulumi stack init mine");
        expect(await clone.run("make down STACK=mine")).toSucceed();
        expect(clone.shell("cat Pulumi.mine.yaml")).toContain("drydock:memory: 256m");
    });

    test("down leaves nothing of the stack in Docker", async () => {
        const { code, output } = await environment.make("down");
        expect({ code, output }).toSucceed();
        expect(environment.dockerObjects()).toBe("");
        const records = 'ls "${XDG_CACHE_HOME:-$HOME/.cache}/drydock/stacks/drydock"';
        expect(clone.shell(records).split("\n")).not.toContain(environment.stack);
        expect(await acceptsConnections(Number(new URL(environment.url).port))).toBe(false);
    });
});
