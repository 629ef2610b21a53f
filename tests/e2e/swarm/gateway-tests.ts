import { get } from "node:http";
import { Load } from "../load.ts";
import { Programs } from "../programs.ts";
import type { Swarm } from "./cluster.ts";

const PORT = 20080;
const NODES = [1, 2, 3];

/** A gateway on each node, and applications of other stacks behind it. */
export function describeGateway(swarm: Swarm): void {
    describe("a gateway on a Swarm", () => {
        const programs = new Programs();
        afterAll(() => programs.clone.dispose());

        const up = (stack: string, program: string) =>
            programs.up(stack, program, {}, `--config docker:host=${swarm.host()}`);
        const destroy = (stack: string) =>
            programs.clone.run(`. ./env; pulumi destroy --yes --skip-preview --color=never --stack ${stack}`);

        const front = `
            const front = new drydock.Gateway("front", { engine: "swarm", tls: "off", http: { port: ${PORT} } });
            return { front: front.connection };`;
        const app = (version: string, ...hosts: string[]) => `
            const front = new pulumi.StackReference("organization/drydock/swarmfront").requireOutput("front") as pulumi.Output<drydock.Connection>;
            new drydock.WebApp("web", {
                engine: "swarm",
                swarm: { endpointMode: "dnsrr", replicas: 2 },
                image: "caddy:2",
                command: ["caddy", "respond", "--listen", ":3000", "--body", "${version}"],
                health: { tcp: true, interval: 1 },
                routes: ${JSON.stringify(hosts)}.map((host) => ({ gateway: front, host })),
            });
            return {};`;
        const addresses = () => NODES.map((node) => swarm.address(node));

        /** Status and body, at each node. */
        const answers = (host: string) =>
            Promise.all(
                addresses().map(
                    (address) =>
                        new Promise<string>((resolve, reject) => {
                            const options = { host: address, port: PORT, headers: { host }, agent: false };
                            get(options, (response) => {
                                let body = "";
                                response.on("data", (chunk: Buffer) => (body += chunk.toString()));
                                response.on("end", () => {
                                    resolve(`${response.statusCode ?? ""} ${body}`.trim());
                                });
                            }).on("error", reject);
                        }),
                ),
            );
        const everywhere = (answer: string) => NODES.map(() => answer);
        const gatewayTasks = () => swarm.docker(1, "service ps --quiet drydock-swarmfront-front");

        test("answers at every node for applications of two stacks, and loses no request during a deploy", async () => {
            expect(await up("swarmfront", front)).toSucceed();
            const tasks = gatewayTasks();
            programs.write("swarmblog", app("blog", "blog.test"));
            const both = [
                up("swarmshop", app("one", ...addresses())),
                up("swarmblog", app("blog", "blog.test")),
            ];
            for (const result of await Promise.all(both)) expect(result).toSucceed();
            expect(await answers(swarm.address(1))).toEqual(everywhere("200 one"));
            expect(await answers("blog.test")).toEqual(everywhere("200 blog"));
            expect(await answers("other.test")).toEqual(everywhere("404"));

            const urls = addresses().map((address) => `http://${address}:${PORT}/`);
            const loads = [false, true].flatMap((keepAlive) =>
                urls.map((url) => new Load([url], 1, keepAlive)),
            );
            expect(await up("swarmshop", app("two", ...addresses()))).toSucceed();
            expect(await answers(swarm.address(1))).toEqual(everywhere("200 two"));
            for (const load of loads) expect(await load.stop()).toEqual([]);
            expect(gatewayTasks()).toBe(tasks);
        });

        test("gets changed routes without a new container", async () => {
            const tasks = gatewayTasks();
            expect(await up("swarmblog", app("blog", "news.test"))).toSucceed();
            expect(await answers("news.test")).toEqual(everywhere("200 blog"));
            expect(await answers("blog.test")).toEqual(everywhere("404"));
            expect(gatewayTasks()).toBe(tasks);
        });

        test("is kept while applications use it, and leaves nothing behind", async () => {
            const kept = await destroy("swarmfront");
            expect(kept).toFail();
            expect(kept.output).toContain("drydock.swarmblog.web\n");
            expect(kept.output).toContain("drydock.swarmshop.web\n");
            for (const result of await Promise.all([destroy("swarmblog"), destroy("swarmshop")]))
                expect(result).toSucceed();
            for (const host of ["news.test", swarm.address(1)])
                expect(await answers(host)).toEqual(everywhere("404"));
            expect(await destroy("swarmfront")).toSucceed();
            for (const list of ["service ls", "secret ls", "network ls --filter driver=overlay"])
                expect(swarm.docker(1, `${list} --format {{.Name}}`)).not.toMatch(
                    /swarmfront|drydock-routes/,
                );
            for (const node of NODES)
                expect(swarm.docker(node, "volume ls --quiet")).not.toContain("swarmfront");
        });
    });
}
