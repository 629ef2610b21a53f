import { visibleText } from "../browser.ts";
import { Clone } from "../clone.ts";
import { Example } from "../example.ts";
import { acceptsConnections, freePort, fetchPage } from "../network.ts";

describe("visitor-counter", () => {
    const clone = new Clone();
    const example = new Example(clone, "visitor-counter");
    const visits = (text: string) => Number(/Visits:(?:<[^>]*>|\s)*(\d+)/.exec(text)?.[1]);
    let url = "";
    let redisPort = 0;
    beforeAll(async () => {
        const port = await freePort();
        redisPort = await freePort();
        url = `http://127.0.0.1:${port}`;
        example.configure({ port });
        await example.up();
    });
    afterAll(async () => {
        await example.make("down");
        expect(example.dockerObjects()).toBe("");
        await clone.dispose();
    });

    test("starts the web server after Redis is healthy", () => {
        const checks = JSON.parse(example.inspect("redis", "{{json .State.Health.Log}}")) as {
            End: string;
            ExitCode: number;
        }[];
        const healthy = checks.find(({ ExitCode }) => ExitCode === 0);
        const started = Date.parse(example.inspect("web", "{{.State.StartedAt}}"));
        expect(started).toBeGreaterThan(Date.parse(healthy?.End ?? ""));
    });

    test("counts visits in a browser", async () => {
        const first = visits(await visibleText(url, `${clone.dir}/.drydock/visits.png`));
        expect(first).toBeGreaterThan(0);
        expect(visits(await visibleText(url))).toBe(first + 1);
    });

    test("shows an error while Redis is down, and continues counting afterwards", async () => {
        const before = visits(await fetchPage(url));
        clone.shell(`docker stop ${example.container("redis")}`);
        expect(await fetchPage(url)).toContain("cannot connect to Redis, counter disabled");
        const { code, output } = await clone.run(
            `. ./env; cd examples/visitor-counter; pulumi up --yes --skip-preview --refresh --stack test`,
        );
        expect({ code, output }).toSucceed();
        expect(visits(await fetchPage(url))).toBe(before + 1);
    });

    test("publishes Redis with its data once a port is set", async () => {
        const before = visits(await fetchPage(url));
        expect(await acceptsConnections(redisPort)).toBe(false);
        example.configure({ redisPort });
        await example.up();
        expect(await acceptsConnections(redisPort)).toBe(true);
        expect(visits(await fetchPage(url))).toBe(before + 1);
    });
});
