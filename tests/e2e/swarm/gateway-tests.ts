import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Swarm } from "./cluster.ts";
import { SwarmGatewayApp } from "./gateway-app.ts";
import { soakTest } from "../soak-test.ts";

const NODES = [1, 2, 3];

/** A gateway on each node, and applications of other stacks behind it. */
export function describeGateway(swarm: Swarm): void {
    describe("a gateway on a Swarm", () => {
        const shop = new SwarmGatewayApp(swarm);
        afterAll(() => shop.programs.clone.dispose());

        test("answers at every node for applications of two stacks, and loses no request during a deploy", async () => {
            expect(await shop.up("swarmfront", shop.gateway())).toSucceed();
            const tasks = shop.gatewayTasks();
            shop.programs.write("swarmblog", shop.app("blog", "blog.test"));
            const both = [
                shop.up("swarmshop", shop.app("one", ...shop.addresses())),
                shop.up("swarmblog", shop.app("blog", "blog.test")),
            ];
            for (const result of await Promise.all(both)) expect(result).toSucceed();
            expect(await shop.answers(swarm.address(1))).toEqual(shop.everywhere("200 one"));
            expect(await shop.answers("blog.test")).toEqual(shop.everywhere("200 blog"));
            expect(await shop.answers("other.test")).toEqual(shop.everywhere("404"));

            const loads = shop.loads();
            expect(await shop.up("swarmshop", shop.app("two", ...shop.addresses()))).toSucceed();
            expect(await shop.answers(swarm.address(1))).toEqual(shop.everywhere("200 two"));
            for (const load of loads) expect(await load.stop()).toEqual([]);
            expect(shop.gatewayTasks()).toBe(tasks);
        });

        test("gets changed routes without a new container", async () => {
            const tasks = shop.gatewayTasks();
            expect(await shop.up("swarmblog", shop.app("blog", "news.test"))).toSucceed();
            expect(await shop.answers("news.test")).toEqual(shop.everywhere("200 blog"));
            expect(await shop.answers("blog.test")).toEqual(shop.everywhere("404"));
            expect(shop.gatewayTasks()).toBe(tasks);
        });

        soakTest("shows a page in place of an application in maintenance, also after a deploy", async () => {
            const maintenance = (args: string) =>
                shop.programs.clone.run(`. ./env; node cli/bin.ts maintenance ${args} --stack swarmblog`);
            writeFileSync(join(shop.programs.clone.dir, "back-soon.html"), "back soon");
            expect(await maintenance("on --page back-soon.html")).toSucceed();
            expect(await shop.answers("news.test")).toEqual(shop.everywhere("503 back soon"));
            expect(await shop.answers(swarm.address(1))).toEqual(shop.everywhere("200 two"));
            expect(await shop.up("swarmblog", shop.app("blog", "news.test", "blog.test"))).toSucceed();
            expect(await shop.answers("blog.test")).toEqual(shop.everywhere("503 back soon"));
            expect(await maintenance("off")).toSucceed();
            expect(await shop.answers("blog.test")).toEqual(shop.everywhere("200 blog"));
            // Removed with the application.
            expect(await maintenance("on web")).toSucceed();
        });

        test("is kept while applications use it, and leaves nothing behind", async () => {
            const kept = await shop.destroy("swarmfront");
            expect(kept).toFail();
            expect(kept.output).toContain("drydock.swarmblog.web\n");
            expect(kept.output).toContain("drydock.swarmshop.web\n");
            for (const result of await Promise.all([shop.destroy("swarmblog"), shop.destroy("swarmshop")]))
                expect(result).toSucceed();
            for (const host of ["news.test", swarm.address(1)])
                expect(await shop.answers(host)).toEqual(shop.everywhere("404"));
            expect(await shop.destroy("swarmfront")).toSucceed();
            for (const list of ["service ls", "secret ls", "config ls", "network ls --filter driver=overlay"])
                expect(swarm.docker(1, `${list} --format {{.Name}}`)).not.toMatch(
                    /swarmfront|drydock-(routes|page)/,
                );
            for (const node of NODES)
                expect(swarm.docker(node, "volume ls --quiet")).not.toContain("swarmfront");
        });
    });
}
