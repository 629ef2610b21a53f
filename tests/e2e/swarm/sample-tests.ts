import { Load, requestError } from "../load.ts";
import { soakTest } from "../soak-test.ts";
import { waitUntil } from "../wait.ts";
import type { Swarm } from "./cluster.ts";
import { describeCommand } from "./command-tests.ts";
import { SwarmStack } from "./stack.ts";

const PAGE = "apps/sample/app/views/home/welcome.html.erb";

/** tests/soak/swarm-sample.test.ts changes the password, drains a node, scales, and kills a node. */
export function describeSample(swarm: Swarm): void {
    describe("the sample application on a Swarm of three nodes", () => {
        const stack = new SwarmStack(swarm);
        const url = (node: number, path?: string) => stack.url(node, path);
        const urls = (...nodes: number[]) => nodes.map((node) => url(node, "/users"));

        test("comes up after the first update was killed", async () => {
            const killed = swarm.clone.start("exec make up STACK=swarm");
            await killed.waitForOutput("Service db creating");
            killed.kill();
            await killed.ended;
            const output = await stack.up();
            expect(output).toContain("The stack swarm is up");
            expect(output).toMatch(/url +http:\/\/localhost:8080/);
        });

        test("responds at every node, with web processes on two nodes", async () => {
            for (const at of [url(1), url(2), url(3), swarm.url])
                expect(await requestError(at)).toBeUndefined();
            expect(stack.nodesOf("db")).toHaveLength(1);
            expect(stack.nodesOf("cache")).toHaveLength(1);
            expect(new Set(stack.nodesOf("sample")).size).toBe(2);
        });

        test("has no changes at a second update", async () => {
            expect(await stack.up()).not.toMatch(/[+~-] \d+ (created|updated|replaced|deleted)|changes/);
        });

        test("shows no password in docker inspect", () => {
            const passwords = stack.passwords();
            expect(passwords.length).toBe(3);
            const services = swarm.docker(
                1,
                "service inspect $(docker --host " + swarm.host() + " service ls -q)",
            );
            const node = stack.nodeOf("sample");
            const container = swarm.docker(
                node,
                `inspect $(docker --host ${swarm.host(node)} ps -q --filter name=${stack.service("sample")}.)`,
            );
            for (const password of passwords) {
                expect(services).not.toContain(password);
                expect(container).not.toContain(password);
            }
            expect(
                stack.exec("sample-worker", "sh /run/drydock/with-environment printenv DATABASE_URL"),
            ).toContain(
                passwords.find(
                    (password) => stack.exec("db", "cat /run/drydock/postgres-password") === password,
                ),
            );
        });

        describeCommand(stack);

        test("answers every request while a new version is deployed", async () => {
            swarm.clone.edit(PAGE, "<h1>", "<h1>Ahoy! ");
            const load = new Load(urls(1, 2, 3));
            await stack.up();
            await load.waitForSuccesses(100);
            expect(await load.stop()).toEqual([]);
            expect(await (await fetch(url(2))).text()).toContain("Ahoy! ");
        });

        soakTest(
            "answers every request while a version that does not start is rolled back, and `up` fails",
            async () => {
                swarm.clone.edit(
                    "apps/sample/config/puma.rb",
                    "threads_count =",
                    'raise "run aground"\nthreads_count =',
                );
                const load = new Load(urls(1, 2, 3));
                const { code, output } = await stack.make("up");
                expect(await load.stop()).toEqual([]);
                expect({ code, output }).toFail();
                expect(output).toMatch(/rollback completed/);
                expect(stack.nodesOf("sample")).toHaveLength(2);
                expect(await (await fetch(url(3))).text()).toContain("Ahoy! ");

                swarm.clone.shell("git checkout --quiet apps/sample/config/puma.rb");
                await stack.up();
            },
        );

        test("leaves nothing on any node after make down, even if a service was removed by hand", async () => {
            swarm.docker(1, `service rm ${stack.service("sample-worker")}`);
            expect(await stack.make("down")).toSucceed();
            // A node removes the containers some time after the Swarm has removed the service.
            await waitUntil("nothing of the stack is left", () => stack.dockerObjects().length === 0);
            expect(
                [1, 2, 3].map((node) => swarm.docker(node, "volume ls --quiet --filter name=drydock")),
            ).toEqual(["", "", ""]);
            expect(
                swarm.docker(1, "node inspect node-1 node-2 node-3 --format '{{.Spec.Labels}}'"),
            ).not.toContain("drydock.data.drydock.swarm.");
        });
    });
}
