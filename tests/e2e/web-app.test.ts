import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hashSync } from "bcryptjs";
import { freePort } from "./network.ts";
import { Programs } from "./programs.ts";
import { soakTest } from "./soak-test.ts";

describe("web applications and tasks", () => {
    const programs = new Programs();
    const { clone } = programs;
    afterAll(() => programs.dispose());

    test("a task that fails shows its exit code and its log, and runs again until it succeeds", async () => {
        const directory = join(clone.dir, "attempts");
        mkdirSync(directory);
        const attempt =
            "mkdir /out/first && echo all hands && echo man overboard >&2 && exit 7; rm -r /out/first; echo saved";
        const task = `new drydock.Task("job", {
                image: "debian:trixie-slim",
                command: ["sh", "-c", "${attempt}"],
                mounts: [{ path: "/out", hostPath: "${directory}" }],
             });
             return {};`;
        const { code, output } = await programs.up("task", task);
        expect(output).toContain("exit status 7");
        expect(output).toContain("man overboard");
        expect({ code, output }).toFail();
        expect((await programs.up("task", task)).output).toContain("saved");
        const again = await programs.up("task", task);
        expect(again.output).toMatch(/unchanged/);
        expect(again.output).not.toContain("saved");
    });

    test("a task that does not end in time is stopped, fails the update, and runs again with a longer timeout", async () => {
        const task = (seconds: number, timeout: number) =>
            `new drydock.Task("slow", { image: "debian:trixie-slim", command: ["sh", "-c", "echo began; exec sleep $0", "${seconds}"], timeout: ${timeout}, init: true });
             return {};`;
        const { code, output } = await programs.up("late", task(600, 2));
        expect({ code, output }).toFail();
        expect(output).toContain("began");
        expect(output).toContain("The task did not end within its timeout of 2 s and was stopped.");
        expect(programs.shell("docker ps --all --quiet --filter label=drydock.stack=late")).toBe("");
        expect(await programs.up("late", task(1, 300))).toSucceed();
        const again = await programs.up("late", task(1, 200));
        expect(again.output).not.toContain("began");
    });

    test("migrations run one after the other, and only once", async () => {
        const append = (word: string) => ["sh", "-c", `echo ${word} >>/rails/storage/log`];
        const program = `
            new drydock.RailsWebApp("depot", {
                image: "redis:8",
                command: ["sleep", "infinity"],
                health: { command: ["true"] },
                stopTimeout: 1,
                storage: {},
                migration: ${JSON.stringify(append("first"))},
                migrations: ${JSON.stringify(["second", "third"].map(append))},
                migrationTimeout: 300,
            });
            return {};`;
        expect(await programs.up("migrated", program)).toSucceed();
        expect(await programs.up("migrated", program)).toSucceed();
        const log = "docker exec drydock-migrated-depot cat /rails/storage/log";
        expect(programs.shell(log)).toBe("first\nsecond\nthird");
    });

    test("an application stops before the service that it uses, and is not replaced with it", async () => {
        const directory = join(clone.dir, "returned");
        mkdirSync(directory);
        const returnJob = "redis-cli -h $REDIS_HOST RPUSH jobs 7 >/out/reply 2>&1; exit";
        const program = `
            const queue = new drydock.RedisService("queue", { passwordless: true });
            new drydock.WebApp("app", {
                image: "redis:8",
                command: ["sleep", "infinity"],
                health: { command: ["true"] },
                stopTimeout: 1,
                env: { REDIS_HOST: queue.connection.host },
                networks: [queue.connection.network],
                mounts: [{ path: "/out", hostPath: "${directory}" }],
                processes: { worker: { command: ["sh", "-c", "trap '${returnJob}' TERM; sleep infinity & wait"] } },
            });
            return {};`;
        expect(await programs.up("order", program)).toSucceed();
        const urn = programs.shell(
            ". ./env; pulumi stack export --stack order | grep -om 1 'urn:[^\"]*Container::queue'",
        );
        const { output } = await clone.run(
            `. ./env; pulumi destroy --preview-only --color=never --stack order --target '${urn}' --target-dependents`,
        );
        for (const container of ["queue", "app", "app-worker"])
            expect(output).toMatch(new RegExp(`docker:index:Container +${container} +delete`));

        const changed = program.replace("passwordless: true", "$&, settings: { hz: '20' }");
        expect((await programs.up("order", changed)).output).toMatch(/\+-1 replaced/);

        expect(await programs.up("order", "return {};")).toSucceed();
        expect(readFileSync(join(directory, "reply"), "utf8").trim()).toBe("1");
    });

    test("a worker that keeps exiting fails the update", async () => {
        const app = (worker: string) =>
            `new drydock.WebApp("app", {
                image: "redis:8", command: ["sleep", "infinity"], health: { command: ["true"] }, stopTimeout: 1,
                processes: { worker: { command: ["sh", "-c", "${worker}"] } },
             });
             return {};`;
        const failed = await programs.up("worker", app("echo man overboard; exit 3"));
        expect(failed.output).toMatch(/The container drydock-worker-app-worker exit.*\n *man overboard/);
        expect(failed).toFail();
        expect(await programs.up("worker", app("exec sleep infinity"))).toSucceed();
        expect(programs.shell("docker top drydock-worker-app")).toContain("sleep 28");
    });

    soakTest(
        "a process has the image's entrypoint again, but its health check only where asked or left from earlier versions",
        async () => {
            mkdirSync(join(clone.dir, "checked"));
            const dockerfile = `FROM debian:trixie-slim
ENTRYPOINT ["nice"]
HEALTHCHECK --interval=1s --retries=1 CMD test -e /web
`;
            writeFileSync(join(clone.dir, "checked/Dockerfile"), dockerfile);
            const app = (worker: string) =>
                `new drydock.WebApp("app", {
                build: { context: "checked" }, stopTimeout: 1, health: {command: ["true"] },
                entrypoint: ["sh", "-c"], command: ["touch /web; exec sleep infinity"],
                processes: { worker: { entrypoint: [], command: ["sleep", "infinity"], ${worker} } },
             });
             return {};`;
            const inspect = (format: string) =>
                programs.shell(`docker inspect --format '${format}' drydock-checked-app-worker`);

            expect(await programs.up("checked", app("health: {}"))).toSucceed();
            expect(inspect("{{.Path}} {{.Config.Healthcheck.Test}}")).toBe("nice [CMD-SHELL test -e /web]");
            const id = inspect("{{.Id}}");
            expect((await programs.up("checked", app(""))).output).not.toMatch(/replaced|created/);
            expect(inspect("{{.Id}}")).toBe(id);

            expect(await programs.up("checked", app('env: { A: "1" }'))).toSucceed();
            expect(inspect("{{.Path}} {{.Config.Healthcheck.Test}} {{.State.Health}}")).toBe(
                "nice [NONE] <nil>",
            );
        },
    );

    test("an empty secret stops the update before any container runs", async () => {
        const { code, output } = await programs.up(
            "keyless",
            'new drydock.RailsWebApp("shop", { image: "redis:8", masterKey: pulumi.secret("") }); return {};',
        );
        expect(output).toContain("masterKey: must be one line and not empty; leave it out if there is none");
        expect({ code, output }).toFail();
        expect(programs.shell("docker ps --all --quiet --filter label=drydock.stack=keyless")).toBe("");
    });

    test.each<[string, string, string, RegExp]>([
        [
            "a port",
            "badport",
            "port: 70000",
            /drydock:index:WebApp \(web\):\s+error: port: 70000 is not a port; use 1 to 65535, or leave it out/,
        ],
        [
            "a link to a URL, as an output,",
            "badlink",
            'links: { database: pulumi.secret("postgres://u:hunter2@h/d") as never }',
            /error: .*links\.database: must be a connection, not a string; use parseConnection\(url\)/,
        ],
    ])("%s that is invalid is refused without a stack trace", async (_, stack, args, reason) => {
        const program = `new drydock.WebApp("web", { image: "redis:8", ${args} }); return {};`;
        const { code, output } = await programs.up(stack, program);
        expect(output).toMatch(reason);
        expect(output).not.toMatch(/^ +at |unhandled|hunter2/m);
        expect({ code, output }).toFail();
    });

    test("an image is built, pushed to a registry that requires a login, and run from there", async () => {
        const port = await freePort();
        const passwords = join(clone.dir, "htpasswd");
        writeFileSync(passwords, `sailor:${hashSync("aye aye", 5)}\n`);
        const registry = programs.shell(
            `docker run --detach --label drydock.e2e --publish 127.0.0.1:${port}:5000 --volume ${passwords}:/htpasswd:ro \
             --env REGISTRY_AUTH=htpasswd --env REGISTRY_AUTH_HTPASSWD_REALM=e2e --env REGISTRY_AUTH_HTPASSWD_PATH=/htpasswd registry:2`,
        );
        mkdirSync(join(clone.dir, "pushed"));
        writeFileSync(
            join(clone.dir, "pushed/Dockerfile"),
            'FROM debian:trixie-slim\nCMD ["sleep", "infinity"]\n',
        );
        const image = `127.0.0.1:${port}/fleet/pushed:1`;
        const { code, output } = await programs.up(
            "pushed",
            `new drydock.WebApp("app", {
                build: { context: "pushed", push: { image: "${image}", username: "sailor", password: "aye aye" } },
                command: ["sleep", "infinity"], health: { command: ["true"] }, readOnly: true, tmpfs: { "/tmp": "" }, stopTimeout: 1,
             });
             return {};`,
        );
        expect({ code, output }).toSucceed();
        const [ran, readOnly] = programs
            .shell(
                `docker inspect --format '{{.Config.Image}} {{.HostConfig.ReadonlyRootfs}}' drydock-pushed-app`,
            )
            .split(" ");
        expect(ran).toMatch(new RegExp(`^127.0.0.1:${port}/fleet/pushed@sha256:[0-9a-f]{64}$`));
        expect(readOnly).toBe("true");
        programs.shell(`docker rm --force --volumes ${registry}; docker image rm --force ${image}`);
    });
});
