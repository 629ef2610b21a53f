import { Engine, Gateway, Service, WebApp, type WebAppArgs } from "../../../components/index.ts";
import { BACKTRACE_LINE } from "../../../components/engines/backtrace.ts";
import { COMMAND } from "../../../testing/index.ts";
import { ENGINES, runOn } from "./index.ts";
import { FakeShell } from "./fake-shell.ts";

const processes = {
    worker: { command: ["bin/jobs"] },
    clock: { command: ["bin/clock"], health: { command: ["bin/ok"] } },
};

const webApp = (engine: Engine, args: Partial<WebAppArgs> = {}) =>
    runOn(engine, () => ({ url: new WebApp("web", { engine, image: "x:1", processes, ...args }).url }));

describe.each(ENGINES)("on %s", (engine) => {
    test("only a process without a health check is checked, and again when it is replaced", async () => {
        const { one, names } = await webApp(engine);
        expect(names(COMMAND).filter((name) => name.endsWith("-running"))).toEqual(["web-worker-running"]);
        expect(one(COMMAND, "web-worker-running").inputs).toMatchObject({
            create: "sh",
            environment: { ID: "web-worker-id", NAME: "shop-dev-web-worker", SECONDS_UP: "5" },
            triggers: ["web-worker-id"],
        });
    });
});

test("a web process with a disabled health check is checked, and traffic waits for the check", async () => {
    const { one } = await runOn(Engine.Docker, () => {
        const front = new Gateway("front");
        const routes = [{ gateway: front.connection, host: "shop.test" }];
        const web = new WebApp("web", { image: "x:1", health: { disabled: true }, routes });
        return { url: web.url };
    });
    const check = one(COMMAND, "web-running");
    expect(check.inputs.environment).toMatchObject({ NAME: "shop-dev-web" });
    expect(one(COMMAND, "web-traffic").dependencies).toContain(`${COMMAND} web-running`);
});

test("a service with a disabled health check is ready once it keeps running", async () => {
    const { one } = await runOn(Engine.Docker, () => ({
        host: new Service("proxy", { image: "x:1", port: 80, health: { disabled: true } }).host,
    }));
    expect(one(COMMAND, "proxy-ready").dependencies).toContain(`${COMMAND} proxy-running`);
});

test("a service without replicas is not checked", async () => {
    const worker = { command: ["bin/jobs"], swarm: { replicas: 0 } };
    expect((await webApp(Engine.Swarm, { processes: { worker } })).names(COMMAND)).not.toContain(
        "web-worker-running",
    );
});

describe.each(ENGINES)("%s/keeps-running.sh", (engine) => {
    let shell: FakeShell;
    beforeEach(() => {
        shell = new FakeShell();
        shell.command("sleep", "");
    });
    afterEach(() => {
        shell.remove();
    });

    /** Runs the script with a docker command that prints these lines, one a call, and then the last one again. */
    function check(...answers: string[]) {
        shell.write("answers", `${answers.join("\n")}\n`);
        shell.command(
            "docker",
            `case "$*" in
logs* | "service logs"*) printf 'Error: no table\\n\\tfrom /gems/x.rb:1:in y\\n' ;;
*no-trunc*) echo 'Failed 1 second ago "task: non-zero exit (1)"' ;;
*) head -n 1 answers; [ "$(wc -l <answers)" = 1 ] || sed -i.bak 1d answers ;;
esac`,
        );
        const environment = { ID: "id-1", NAME: "shop-dev-web", SECONDS_UP: "5", BACKTRACE_LINE };
        const { status, stderr } = shell.run(`${engine}/keeps-running.sh`, [], environment);
        return { status, stderr };
    }

    if (engine === Engine.Docker) {
        test.each([
            ["keeps running", ["running 0 false 0 unless-stopped"]],
            ["keeps running after earlier restarts", ["running 0 false 7 unless-stopped"]],
            ["finishes and is not to be restarted", ["running 0 false 0 no", "exited 0 false 0 no"]],
        ])("accepts a container that %s", (_, answers) => {
            expect(check(...answers)).toEqual({ status: 0, stderr: "" });
        });

        test.each([
            ["exits", ["restarting 1 false 1 always"], "exited with code 1"],
            ["exits later", ["running 0 false 0 always", "exited 1 false 0 no"], "exited with code 1"],
            [
                "has been restarted in the meantime",
                ["running 0 false 0 always", "running 0 false 1 always"],
                "exits repeatedly",
            ],
            [
                "exits with code 0",
                ["restarting 0 false 1 always"],
                "exited with code 0: its command must stay in the foreground",
            ],
            [
                "runs out of memory",
                ["restarting 137 true 1 always"],
                "ran out of memory (OOMKilled): raise memory",
            ],
            ["exits and is not to be restarted", ["exited 3 false 0 no"], "exited with code 3"],
            [
                "is not executable",
                ["restarting 126 false 1 always"],
                "exited with code 126: its command is not executable",
            ],
            [
                "does not exist",
                ["restarting 127 false 1 always"],
                "exited with code 127: its command was not found",
            ],
        ])("fails if a container's command %s", (_, answers, reason) => {
            expect(check(...answers)).toEqual({
                status: 1,
                stderr: `The container shop-dev-web ${reason}. Its last lines of output:\nError: no table\n`,
            });
        });
    } else {
        test("accepts a service whose replicas stay the same", () => {
            expect(check("a Running 3 seconds ago")).toEqual({ status: 0, stderr: "" });
        });

        test.each([
            ["are others after some seconds", ["a Running 3 seconds ago", "b Running 1 second ago"]],
            ["have stopped after some seconds", ["a Running 3 seconds ago", "b Ready 1 second ago"]],
            ["do not run", ["b Ready 1 second ago"]],
        ])("fails if the replicas of a service %s", (_, answers) => {
            expect(check(...answers)).toEqual({
                status: 1,
                stderr:
                    "The replicas of the service shop-dev-web do not keep running:\n" +
                    'Failed 1 second ago "task: non-zero exit (1)"\n' +
                    "Their last lines of output:\nError: no table\n",
            });
        });
    }
});
