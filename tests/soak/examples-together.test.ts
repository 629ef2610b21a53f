import { readdirSync } from "node:fs";
import { Clone } from "../e2e/clone.ts";
import { Example } from "../e2e/example.ts";
import { freePort, fetchPage } from "../e2e/network.ts";

/** Settings of fixed ports, which the test replaces by free ones. */
const PORTS: Record<string, string[]> = {
    smartypants: ["port"],
    "linked-redis": [],
    "visitor-counter": ["port"],
    "redis-ports": ["port", "localPort"],
    "rails-two-containers": [],
};

describe("the examples", () => {
    const clone = new Clone();
    const examples = readdirSync(`${clone.dir}/examples`).map((name) => new Example(clone, name, "together"));
    afterAll(async () => {
        await Promise.all(examples.map((example) => example.make("down")));
        await clone.dispose();
    });

    test("run side by side, have no changes at a second update, and leave nothing after make down", async () => {
        for (const example of examples) {
            const ports = PORTS[example.name] ?? [];
            const free = await Promise.all(ports.map(freePort));
            example.configure(Object.fromEntries(ports.map((name, i) => [name, free[i] ?? 0])));
        }
        await Promise.all(examples.map((example) => example.up()));
        for (const output of await Promise.all(examples.map((example) => example.up())))
            expect(output).toMatch(/Resources:\n +\d+ unchanged\n/);
        for (const example of examples) {
            const { url } = example.outputs() as { url?: string };
            if (url !== undefined) expect(await fetchPage(url)).toContain("</html>");
        }
        for (const result of await Promise.all(examples.map((example) => example.make("down"))))
            expect(result).toSucceed();
        for (const example of examples) expect(example.dockerObjects()).toBe("");
        expect(clone.shell("git status --porcelain | grep -v 'Pulumi.together.yaml' || true")).toBe("");
    });
});
