import { readdirSync } from "node:fs";
import { Clone } from "../clone.ts";
import { Example } from "../example.ts";
import { freePort, fetchPage } from "../network.ts";

/** Settings that have nothing but free ports of this machine in place of fixed ones. */
const PORTS: Record<string, string[]> = {
    smartypants: ["port"],
    "linked-redis": [],
    "visitor-counter": ["port"],
    "redis-ports": ["port", "localPort"],
    "rails-two-containers": [],
};

describe("the five systems", () => {
    const clone = new Clone();
    const examples = readdirSync(`${clone.dir}/examples`).map((name) => new Example(clone, name, "together"));
    afterAll(async () => {
        for (const example of examples) await example.make("down");
        await clone.dispose();
    });

    test("run side by side, change nothing when asked again, and leave nothing", async () => {
        for (const example of examples) {
            const ports = PORTS[example.name] ?? [];
            const free = await Promise.all(ports.map(freePort));
            example.configure(Object.fromEntries(ports.map((name, i) => [name, free[i] ?? 0])));
            await example.up();
        }
        for (const example of examples) {
            expect(await example.up()).toMatch(/Resources:\n +\d+ unchanged\n/);
            const { url } = example.outputs() as { url?: string };
            if (url !== undefined) expect(await fetchPage(url)).toContain("</html>");
        }
        for (const example of examples) {
            expect((await example.make("down")).code).toBe(0);
            expect(example.dockerObjects()).toBe("");
        }
        expect(clone.shell("git status --porcelain | grep -v 'Pulumi.together.yaml' || true")).toBe("");
    });
});
