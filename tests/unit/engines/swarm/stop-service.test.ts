import { Engine, Gateway, RedisService, WebApp } from "../../../../components/index.ts";
import { COMMAND, run, SERVICE } from "../../../../testing/index.ts";
import { FakeShell } from "../fake-shell.ts";

test("each service is stopped before it is deleted, and after what depends on it", async () => {
    const { one } = await run(() => {
        const { connection } = new RedisService("cache", { engine: Engine.Swarm });
        const front = new Gateway("front", { engine: Engine.Swarm, tls: "off" });
        new WebApp("web", {
            engine: Engine.Swarm,
            image: "x:1",
            links: { connection },
            routes: [{ gateway: front.connection, host: "a.test" }],
            processes: { worker: { command: ["work"] } },
        });
        return {};
    });
    for (const name of ["cache", "front", "web", "web-worker"]) {
        const stop = one(COMMAND, `${name}-shutdown`);
        expect(stop.inputs).toMatchObject({ create: "sh -s create", delete: "sh -s delete" });
        expect(stop.dependencies).toContain(`${SERVICE} ${name}`);
        // A new service is a new resource.
        expect(stop.inputs.triggers).toEqual([(stop.inputs.environment as { SERVICE: string }).SERVICE]);
    }
    const dependsOn = (name: string, other: string) => {
        expect(one(COMMAND, name).dependencies).toContain(`${COMMAND} ${other}-shutdown`);
    };
    dependsOn("cache-ready", "cache");
    dependsOn("web-ready", "web");
    dependsOn("web-routes", "web");
    dependsOn("web-routes", "web-worker");
    dependsOn("front-routes", "front");
    dependsOn("front-ready", "front");
});

test("a container on a Docker Engine is not stopped first", async () => {
    const { declared } = await run(() => {
        new RedisService("cache");
        return {};
    });
    expect(declared.map(({ name }) => name)).not.toContain("cache-shutdown");
});

describe("stop-service.sh", () => {
    let shell: FakeShell;
    beforeEach(() => {
        shell = new FakeShell();
        shell.command("sleep", "echo slept >>sleeps");
        shell.write("mode", "2 \n");
        shell.write("label", "\n");
        shell.write("tasks", "\n");
        shell.write("states", "Running 1 second ago\n");
        shell.write("conflicts", "");
        // Files with several lines have one for each call.
        shell.command(
            "docker",
            String.raw`
next() { head -n 1 "$1"; [ "$(wc -l <"$1")" = 1 ] || sed -i.bak 1d "$1"; }
case "$1 $2 $*" in
"service inspect "*StopGracePeriod*) echo 1000000000 ;;
"service inspect "*Replicated*) [ -f mode ] && cat mode ;;
"service inspect "*) [ -f mode ] && cat label ;;
"service update "*)
    [ ! -s conflicts ] || { next conflicts >&2; : >conflicts; exit 1; }
    echo "$*" >>updates ;;
"service ps "*CurrentState*) next states ;;
"service ps "*) echo t1 t2 ;;
"node ls "*) printf 'node-1\n\n' ;;
"inspect --type "*) next tasks | tr '|' '\n' ;;
*) echo "unexpected: $*" >&2; exit 9 ;;
esac`,
        );
    });
    afterEach(() => {
        shell.remove();
    });

    const runScript = (name: string) => {
        const result = shell.run("swarm/stop-service.sh", [name], { SERVICE: "s1" });
        const options = /^service update --detach --quiet (.*) s1$/;
        const linesOf = (file: string) => shell.read(file).split("\n").filter(Boolean);
        return {
            ...result,
            updates: linesOf("updates").map((line) => options.exec(line)?.[1]),
            sleeps: linesOf("sleeps").length,
        };
    };

    test.each<[string, string, string[]]>([
        ["the replicas of a service", "2 ", ["--label-add drydock.stopped=2 --replicas 0"]],
        ["nothing without replicas", "0 ", []],
        [
            "the replica on each node",
            "global ",
            ["--label-add drydock.stopped=global --constraint-add node.id==none"],
        ],
        ["nothing if the replicas are stopped already", "0 2", []],
        ["nothing if the replica on each node is stopped already", "global global", []],
    ])("stops %s", (_, mode, updates) => {
        shell.write("mode", `${mode}\n`);
        expect(runScript("delete")).toMatchObject({ status: 0, stderr: "", updates });
    });

    test.each<[string, number, string[]]>([
        [
            "while a container runs",
            2,
            ["node-1 shutdown running|node-1 remove shutdown", "node-1 shutdown running", ""],
        ],
        ["until the Swarm has removed it", 1, ["node-1 remove shutdown", "node-1 shutdown shutdown"]],
        ["not for a node that is down", 0, ["node-2 remove running"]],
        ["not for containers that have failed before", 0, ["node-1 shutdown failed"]],
        ["not for ever", 122, ["node-1 remove running"]],
    ])("waits %s", (_, sleeps, tasks) => {
        shell.write("tasks", `${tasks.join("\n")}\n`);
        expect(runScript("delete")).toMatchObject({ status: 0, stderr: "", sleeps });
    });

    test("tries again after another update, and leaves other errors to the deletion", () => {
        shell.write("conflicts", "rpc error: update out of sequence\n");
        expect(runScript("delete")).toMatchObject({ status: 0, stderr: "", sleeps: 1 });
        shell.write("conflicts", "rpc error: no leader\n");
        expect(runScript("delete")).toMatchObject({ status: 0, stderr: "rpc error: no leader\n" });
    });

    test.each(["create", "delete"])("%s does nothing without the service", (name) => {
        shell.command("docker", "exit 1");
        expect(runScript(name)).toMatchObject({ status: 0, stderr: "", updates: [] });
    });

    test.each<[string, string[]]>([
        ["", []],
        ["3", ["--replicas 3 --label-rm drydock.stopped"]],
        ["global", ["--constraint-rm node.id==none --label-rm drydock.stopped"]],
    ])("starts a service with the label %j again", (label, updates) => {
        shell.write("label", `${label}\n`);
        expect(runScript("create")).toMatchObject({ status: 0, stderr: "", updates, sleeps: 0 });
    });

    test("waits until the service runs again", () => {
        shell.write("label", "1\n");
        shell.write("states", "Preparing 1 second ago\nRunning 1 second ago\n");
        expect(runScript("create")).toMatchObject({ status: 0, stderr: "", sleeps: 1 });
    });
});
