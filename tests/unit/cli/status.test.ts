import type { Container, Process } from "../../../cli/inventory.ts";
import { colorsFor } from "../../../cli/output.ts";
import type { Inventory } from "../../../cli/stack-inventory.ts";
import { formatStatus } from "../../../cli/status.ts";

const NOW = new Date("2026-01-01T12:00:00Z");
const PLAIN = colorsFor({ isTTY: false }, {});

const container = (more: Partial<Container> = {}): Container => ({
    id: "1",
    name: "shop-dev-web",
    state: "running",
    health: "healthy",
    restarts: 0,
    image: { name: "shop:1" },
    since: "2026-01-01T11:57:00Z",
    ...more,
});

const inventory = (...processes: Process[]): Inventory => ({
    project: "shop",
    stack: "dev",
    components: [
        { name: "web", type: "RailsWebApp", address: "http://127.0.0.1:3000", processes, volumes: [] },
    ],
    unreachableNodes: [],
    missingCertificates: [],
});

const status = (...processes: Process[]) => formatStatus(inventory(...processes), PLAIN, NOW, "").split("\n");

test("says that an empty stack runs nothing", () => {
    expect(formatStatus({ ...inventory(), components: [] }, PLAIN, NOW, "")).toBe(
        "The stack dev of shop runs nothing.",
    );
});

test("each process has a row, and the address is beside the first", () => {
    const usage = { memory: 84 * 1024 ** 2, memoryLimit: 512 * 1024 ** 2, cpuPercent: 1.5 };
    expect(
        status(
            { name: "web", resource: "web", containers: [container(usage)] },
            { name: "worker", resource: "web-worker", containers: [container({ health: undefined })] },
        ),
    ).toEqual([
        "COMPONENT  PROCESS  STATE    IMAGE   SINCE      MEMORY             CPU    ADDRESS",
        "web        web      healthy  shop:1  3 minutes  84 MiB of 512 MiB  1.5 %  http://127.0.0.1:3000",
        "web        worker   running  shop:1  3 minutes",
    ]);
});

test.each<[Partial<Container>, string]>([
    [{ health: "unhealthy" }, "unhealthy"],
    [{ health: "starting", restarts: 1 }, "starting, restarted 1 time"],
    [{ health: "starting", restarts: 2 }, "starting, restarted 2 times"],
    [{ state: "exited", exitCode: 1 }, "exited (1)"],
    [{ state: "restarting", exitCode: 3, restarts: 7 }, "restarting (3), restarted 7 times"],
    [{ state: "created" }, "created"],
])("a container with %j is shown as %j", (more, text) => {
    const [, row] = status({ name: "web", resource: "web", containers: [container(more)] });
    expect(row).toContain(`web        web      ${text}  `);
});

test("a container that no longer exists is missing", () => {
    expect(status({ name: "web", resource: "web", containers: [] })[1]).toMatch(/web +web +missing +http/);
});

test("an image has its commit, and no long digest", () => {
    const image = { name: `sha256:${"ab".repeat(32)}`, revision: "0123456789abcdef" };
    expect(status({ name: "web", resource: "web", containers: [container({ image })] })[1]).toContain(
        "abababababab (0123456)",
    );
});

test("a Swarm has replicas and nodes; memory and CPU are left out if nothing was measured", () => {
    const service = { id: "s", name: "shop-dev-web", running: 1, wanted: 2 };
    const replicas = [
        container({ node: "one" }),
        container({ node: "two", state: "preparing", health: undefined }),
    ];
    expect(
        status(
            { name: "web", resource: "web", service, containers: replicas },
            {
                name: "worker",
                resource: "web-worker",
                service: { ...service, running: 0, wanted: 0 },
                containers: [],
            },
            { name: "clock", resource: "web-clock", service: { ...service, running: 0 }, containers: [] },
        ).map((line) => line.replace(/ {2,}/g, "  ")),
    ).toEqual([
        "COMPONENT  PROCESS  REPLICAS  NODE  STATE  IMAGE  SINCE  ADDRESS",
        "web  web  1/2  one  healthy  shop:1  3 minutes  http://127.0.0.1:3000",
        "  two  preparing  shop:1  3 minutes",
        "web  worker  0/0  scaled to 0",
        "web  clock  0/2  no replica",
    ]);
});

test("the color of a state says whether it is good", () => {
    const colors = colorsFor({ isTTY: true }, {});
    const text = (health: string) =>
        formatStatus(
            inventory({ name: "web", resource: "web", containers: [container({ health })] }),
            colors,
            NOW,
            "",
        );
    expect(text("healthy")).toContain(colors.green("healthy"));
    expect(text("starting")).toContain(colors.yellow("starting"));
    expect(text("unhealthy")).toContain(colors.red("unhealthy"));
});

test("host names without a certificate are below the table, by gateway", () => {
    const missing = [
        ["front", "a.example.com"],
        ["edge", "b.example.com"],
        ["front", "c.example.com"],
    ].map(([gateway = "", host = ""]) => ({ gateway, host }));
    const web = { name: "web", resource: "web", containers: [container()] };
    const text = formatStatus(
        { ...inventory(web), missingCertificates: missing },
        PLAIN,
        NOW,
        " --stack prod",
    );
    expect(text.split("\n").slice(2)).toEqual([
        "front: no certificate yet for a.example.com, c.example.com. `drydock doctor --stack prod` explains why.",
        "edge: no certificate yet for b.example.com. `drydock doctor --stack prod` explains why.",
    ]);
});
