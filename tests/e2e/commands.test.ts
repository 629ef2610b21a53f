import { Environment } from "./environment.ts";
import { acceptsConnections, listen, fetchPage } from "./network.ts";

describe("the commands", () => {
    const environment = new Environment("commands");
    const { clone } = environment;
    beforeAll(() => environment.prepare());
    afterAll(() => environment.dispose());

    test("make up brings up the environment, and says where it is and what to do next", async () => {
        const output = await environment.up();
        expect(output).toContain(environment.url);
        expect(output).toContain("make down");
        expect(await fetchPage(environment.url)).toContain("Welcome to the Sample App");
    });

    test("a second make up changes nothing, and leaves the clone as git knows it", async () => {
        const output = await environment.up();
        expect(output).toMatch(/\d+ unchanged/);
        expect(output).not.toMatch(/created|updated|replaced|deleted/);
        expect(clone.shell("git status --porcelain")).toBe("");
    });

    test("a second up that looks at everything anew changes nothing either", async () => {
        const { output } = await environment.pulumi("up --yes --skip-preview --refresh");
        expect(output).not.toMatch(/created|updated|replaced|deleted/);
        const preview = await environment.pulumi("preview --refresh --expect-no-changes");
        expect(preview).toMatchObject({ code: 0 });
    });

    test("what was stopped, removed or cut off by hand is back after make up", async () => {
        const network = environment.container("db");
        clone.shell(`docker stop ${environment.container("sample")}
            docker rm --force ${environment.container("cache")}
            docker network disconnect ${network} ${environment.container("sample-worker")}`);
        const output = await environment.up();
        expect(output).toMatch(/1 created\n +\d+ unchanged/);
        expect(await fetchPage(environment.url)).toContain("Welcome to the Sample App");
        const networks = `docker inspect --format '{{json .NetworkSettings.Networks}}' ${environment.container("sample-worker")}`;
        expect(clone.shell(networks)).toContain(`"${network}":`);
        expect(await environment.up()).not.toMatch(/→|created|updated|replaced|deleted/);
    });

    test("`. ./env` gives a shell in which plain pulumi works", async () => {
        const { output } = await environment.pulumi("stack output url");
        expect(output.trim()).toBe(environment.url);
    });

    test("a Pulumi with a backend and a passphrase of one's own makes the stack dev, without make", async () => {
        clone.shell("mkdir .drydock/own");
        const { code, output } = await clone.run(
            ". ./env && pulumi stack init dev && pulumi preview --stack dev && pulumi stack rm --yes dev",
            { PULUMI_BACKEND_URL: `file://${clone.dir}/.drydock/own`, PULUMI_CONFIG_PASSPHRASE: "mine" },
        );
        expect({ code, output }).toMatchObject({ code: 0 });
        expect(output).toMatch(/sample .*create/);
        expect(clone.shell("git status --porcelain")).toBe("");
    });

    test("make preview shows what would change and touches nothing", async () => {
        const before = environment.dockerObjects();
        environment.configure({ memory: "300m" });
        const { code, output } = await environment.make("preview");
        expect(output).toContain("512 => 300");
        expect(code).toBe(0);
        expect(environment.dockerObjects()).toBe(before);
        environment.restore();
    });

    test("a change of the application's code shows after make up", async () => {
        clone.edit("apps/sample/app/views/home/welcome.html.erb", "Welcome to", "Ahoy from");
        await environment.up();
        expect(await fetchPage(environment.url)).toContain("Ahoy from the Sample App");
        environment.restore();
    });

    test("a worker that does not stay up fails the update, and after a fix it completes", async () => {
        clone.edit("stacks/sample.ts", '["bin/jobs"]', '["sh", "-c", "echo run aground; exit 1"]');
        const { code, output } = await environment.make("up");
        environment.restore();
        expect(output).toContain("run aground");
        expect(code).not.toBe(0);
        await environment.up();
        const health = `docker inspect --format '{{.State.Health.Status}}' ${environment.container("sample-worker")}`;
        expect(clone.shell(health).trim()).toBe("healthy");
    });

    test("with liveReload a change of the code shows without make up", async () => {
        environment.configure({ liveReload: "true" });
        await environment.up();
        clone.edit("apps/sample/app/views/home/welcome.html.erb", "Welcome to", "Hello from");
        expect(await fetchPage(environment.url)).toContain("Hello from the Sample App");
        environment.restore();
        await environment.up();
    });

    test("two stacks of the program run side by side", async () => {
        const other = new Environment("beside");
        await other.prepare();
        await other.up();
        const pages = await Promise.all([fetchPage(environment.url), fetchPage(other.url)]);
        for (const text of pages) expect(text).toContain("Sample App");
        await other.make("down");
        expect(await fetchPage(environment.url)).toContain("Sample App");
        expect(other.dockerObjects()).toBe("");
        await other.dispose();
    });

    test("another clone's stack of the same name is refused, and what runs is left as it is", async () => {
        const other = new Environment(environment.stack);
        await other.prepare();
        const before = environment.dockerObjects();
        const { code, output } = await other.make("up");
        expect(output).toContain(`The clone in ${clone.dir} already runs the stack commands. Give this one`);
        expect(code).not.toBe(0);
        expect((await other.make("down")).output).toContain("There is no stack commands:");
        expect(environment.dockerObjects()).toBe(before);
        await other.clone.dispose();
        expect(await environment.up()).toMatch(/\d+ unchanged/);
    });

    test("a state that cannot be read is not taken for one without the stack", async () => {
        for (const target of ["up", "down"]) {
            const { code, output } = await clone.run(`make ${target} STACK=${environment.stack}`, {
                PULUMI_BACKEND_URL: "file:///nowhere",
            });
            expect(output).toContain(
                "The state of your stacks cannot be read: see that PULUMI_BACKEND_URL is right",
            );
            expect(output).toContain("no such file or directory");
            expect(code).not.toBe(0);
        }
        const { code, output } = await clone.run("make down STACK=unknown");
        expect(output).toContain("There is no stack unknown:");
        expect(code).toBe(0);
    });

    test("a further stack needs no settings: it has a port of its own, and make down removes what make up wrote", async () => {
        const { code, output } = await clone.run("make up STACK=further");
        expect({ code, output }).toMatchObject({ code: 0 });
        const [, url = ""] = /url +(http:\S+)/.exec(output) ?? [];
        expect(url).not.toContain(":3000");
        expect(await fetchPage(url)).toContain("Sample App");
        expect((await clone.run("make down STACK=further")).code).toBe(0);
        expect(clone.shell("ls Pulumi.further.yaml 2>/dev/null || true")).toBe("");

        clone.shell("printf 'config:\\n  drydock:port: 0\\n  drydock:memory: 256m\\n' > Pulumi.mine.yaml");
        expect((await clone.run("make up STACK=mine")).code).toBe(0);
        expect((await clone.run("make down STACK=mine")).code).toBe(0);
        expect(clone.shell("cat Pulumi.mine.yaml")).toContain("drydock:memory: 256m");
    });

    test("make down leaves nothing of the stack in Docker", async () => {
        const { code } = await environment.make("down");
        expect(code).toBe(0);
        expect(environment.dockerObjects()).toBe("");
        const records = 'ls "${XDG_CACHE_HOME:-$HOME/.cache}/drydock/stacks/drydock"';
        expect(clone.shell(records).split("\n")).not.toContain(environment.stack);
        expect(await acceptsConnections(Number(new URL(environment.url).port))).toBe(false);
    });

    test("a taken port is named with what to do, and nothing is left half made", async () => {
        await environment.prepare();
        const { port } = new URL(environment.url);
        const squatter = await listen(Number(port));
        const { code, output } = await environment.make("up");
        squatter.close();
        expect(output).toContain(`ports[0].external: ${port} is taken`);
        expect(code).not.toBe(0);
        const half = `docker ps --all --quiet --filter name=^/${environment.container("sample")}$`;
        expect(clone.shell(half)).toBe("");
        await environment.up();
    });
});
