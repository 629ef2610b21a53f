import { join } from "node:path";
import { databasesIn } from "../../../cli/repair/databases.ts";
import { ROOT, Sandbox } from "./sandbox.ts";

/** A secret in the state. */
const SECRET = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", ciphertext: "v1:" };

describe("the summary of a stack that is up", () => {
    let box: Sandbox;
    beforeEach(() => {
        box = new Sandbox();
    });
    afterEach(() => {
        box.dispose();
    });

    /** Sets the outputs and a container in the state, and that container's status in Docker. */
    function runs(
        outputs: Record<string, unknown>,
        state = "running",
        status = "Up 1 minute (healthy)",
    ): void {
        const resources = [
            {
                type: "pulumi:pulumi:Stack",
                urn: "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev",
                outputs,
            },
            { type: "docker:index/container:Container", id: "c1", inputs: { name: "dev-web" } },
        ];
        box.program("pulumi", `echo '${JSON.stringify({ deployment: { resources } })}'`);
        box.program(
            "docker",
            `case $1 in ps) printf 'c1\\tdev-web\\t${state}\\t${status}\\tnet\\t\\n' ;; esac`,
        );
    }

    function summary(stack: string, outputs: Record<string, unknown>, env: NodeJS.ProcessEnv = {}): string {
        runs(outputs);
        return box.run(`node ${join(ROOT, "scripts/summary.ts")} shop ${stack}`, env).output;
    }

    test("has its address and the next commands", () => {
        expect(summary("dev", { url: "http://127.0.0.1:3000" })).toBe(`
The stack dev is up.

  url           http://127.0.0.1:3000

  preview a change   make preview
  remove everything  make down

`);
    });

    test("has the stack's name, and how to show secrets", () => {
        expect(summary("blue", { databaseUrl: SECRET, ports: [1, 2] })).toBe(`
The stack blue is up.

  databaseUrl   [secret]
  ports         [1,2]

  preview a change   make preview STACK=blue
  remove everything  make down STACK=blue
  show secrets       . ./env && pulumi stack output --show-secrets --stack blue

`);
    });

    test("of an example has commands for its directory", () => {
        expect(summary("dev", { passwords: { db: SECRET } }, { EXAMPLE: "linked-redis" })).toBe(`
The example linked-redis is up.

  passwords     {"db":"[secret]"}

  remove everything  make down-example NAME=linked-redis
  show secrets       . ./env && pulumi --cwd examples/linked-redis stack output --show-secrets --stack dev

`);
    });

    test("names databases that the update no longer uses, and how to delete them", () => {
        const postgres = (names: Record<string, string>) => ({
            type: "drydock:index:PostgresService",
            urn: "urn:pulumi:dev::shop::drydock:index:PostgresService::db",
            inputs: { databases: names },
        });
        const gone = {
            ...postgres({ queue: "gone_queue" }),
            urn: "urn:pulumi:dev::shop::drydock:index:PostgresService::gone",
        };
        const before = databasesIn([postgres({ queue: "shop_queue", old: "shop_old" }), gone]);
        const file = box.write("before", JSON.stringify(before));
        box.program("docker", "");
        const resources = [postgres({ jobs: "shop_queue", cache: "shop_cache" })];
        box.program("pulumi", `echo '${JSON.stringify({ deployment: { resources } })}'`);
        const { output } = box.run(`node ${join(ROOT, "scripts/summary.ts")} shop dev`, {
            DATABASES_BEFORE: file,
        });
        expect(output.match(/The database .*/g)).toEqual([
            'The database shop_old of db is no longer used. It stays on the server with its data; to delete it: DROP DATABASE "shop_old"',
        ]);
    });

    test.each([
        ["exited", "Exited (1) 3 minutes ago", "container dev-web is not running (Exited (1) 3 minutes ago)"],
        ["running", "Up 3 minutes (unhealthy)", "container dev-web is unhealthy"],
    ])("is an error if a container is not running: %s, %s", (state, status, sentence) => {
        runs({ url: "http://127.0.0.1:3000" }, state, status);
        const { code, output } = box.run(`node ${join(ROOT, "scripts/summary.ts")} shop dev`);
        expect(output).toContain(`Parts of dev are not running:\n  ${sentence}\n`);
        expect(output).not.toContain("is up");
        expect(box.calls().join("\n")).toContain(
            "label=drydock.project=shop --filter label=drydock.stack=dev",
        );
        expect(code).toBe(1);
    });
});
