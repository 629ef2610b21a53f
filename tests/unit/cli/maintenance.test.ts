import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Resource } from "../../../cli/state.ts";
import { FakeStack, inspected, logFrame } from "./fake-stack.ts";

const APP = "urn:pulumi:dev::shop::drydock:index:RailsWebApp::shop";
const resources = (gateways: string): Resource[] => [
    { type: "drydock:index:RailsWebApp", urn: APP },
    {
        type: "command:local:Command",
        urn: "urn:pulumi:dev::shop::drydock:index:RailsWebApp$command:local:Command::shop-traffic",
        parent: APP,
        inputs: {
            environment: {
                CONTAINER_ID: "1",
                HOST: "shop-dev-shop",
                GATEWAYS: gateways,
                GATEWAY_NETWORKS: "",
            },
        },
    },
];

let stack: FakeStack;
afterEach(() => {
    stack.dispose();
});

test.each<[string, string, string[], string]>([
    ["without routes in a gateway", "", ["on"], "No application of the stack dev has routes in a gateway"],
    ["of another name", "front", ["on", "blog"], "blog is not an application with routes in a gateway"],
    ["of another name", "front", ["off", "blog"], "Name one of shop."],
    [
        "with a page that does not exist",
        "front",
        ["on", "--page", "none.html"],
        "The page none.html cannot be read",
    ],
])("maintenance refuses an application %s", async (_, gateways, args, message) => {
    stack = new FakeStack(resources(gateways));
    await stack.serve({ "GET /info": { Name: "one", ServerVersion: "28.1.0" } });
    const { code, err } = await stack.run("maintenance", ...args);
    expect(err).toContain(message);
    expect(code).not.toBe(0);
});

test.each([
    ["names an application that a maintenance page replaces", "shop-dev-shop.html\n", true],
    ["ignores a maintenance page of another application", "shop-dev-blog.html\n", undefined],
])("status %s", async (_, pages, inMaintenance) => {
    const gateway = "urn:pulumi:dev::shop::drydock:index:Gateway::front";
    const container = (name: string, parent: string) => ({
        type: "docker:index/container:Container",
        urn: `urn:pulumi:dev::shop::docker:index/container:Container::${name}`,
        id: name,
        parent,
        inputs: { image: "image:1", name },
    });
    stack = new FakeStack([
        ...resources("front"),
        { type: "drydock:index:Gateway", urn: gateway },
        container("front", gateway),
        container("shop", APP),
    ]);
    await stack.serve({
        "GET /info": { Name: "one", ServerVersion: "28.1.0" },
        "GET /containers/front/json": inspected("front"),
        "GET /containers/shop/json": inspected("shop"),
        "POST /containers/front/exec": { Id: "x" },
        "POST /exec/x/start": logFrame(pages),
        "GET /exec/x/json": { Running: false, ExitCode: 0 },
    });
    const { out } = await stack.run("status", "--json");
    const { components } = JSON.parse(out) as { components: { name: string; maintenance?: boolean }[] };
    expect(components.find(({ name }) => name === "shop")?.maintenance).toBe(inMaintenance);
    const line = "shop: in maintenance. `drydock maintenance off --stack dev shop` removes the page.";
    expect((await stack.run("status")).out.includes(line)).toBe(inMaintenance ?? false);
});

describe("on a Swarm", () => {
    const SERVICE = "docker:index/service:Service";
    const onSwarm = (): Resource[] => [
        { type: "drydock:index:RailsWebApp", urn: APP },
        ...["shop-dev-shop", "shop-dev-shop-cable"].map((name) => ({
            type: SERVICE,
            urn: `urn:pulumi:dev::shop::${SERVICE}::${name}`,
            parent: APP,
            inputs: { name },
        })),
        { type: SERVICE, urn: `urn:pulumi:dev::shop::${SERVICE}::other`, inputs: { name: "other" } },
        {
            type: "command:local:Command",
            urn: "urn:pulumi:dev::shop::command:local:Command::shop-routes",
            parent: APP,
            inputs: {
                environment: {
                    GATEWAYS: "front",
                    OWNER: "shop.dev.shop",
                    GATEWAY_LABEL: "drydock-gateway",
                    OWNER_LABEL: "drydock-gateway-owner",
                    PATHS_LABEL: "drydock-gateway-paths",
                },
            },
        },
    ];
    const serve = async (isManager: boolean) => {
        stack = new FakeStack(onSwarm());
        const Swarm = { NodeID: "n", ControlAvailable: isManager };
        await stack.serve({ "GET /info": { Name: "one", ServerVersion: "28.1.0", Swarm } });
    };
    /** A docker command that records what it is called with. */
    const provideDocker = (script: string) => {
        const file = join(stack.directory, "bin/docker");
        mkdirSync(join(stack.directory, "bin"));
        writeFileSync(file, `#!/bin/sh\necho "$DOCKER_HOST $*" >>"$HOME/calls"\n${script}\n`, {
            mode: 0o755,
        });
        process.env.PATH = `${stack.directory}/bin:${process.env.PATH ?? ""}`;
    };

    test("maintenance gives the page to the routes service of the gateway", async () => {
        await serve(true);
        provideDocker(`case "$*" in
            "service ls"*) echo front-routes ;;
            *Args*) echo /pages/ ;;
            "service ps"*) echo task ;;
            *"running {{"*|"inspect --type task"*) echo "running now" ;;
            "config create"*) cat >"$HOME/page" ;;
        esac`);
        const page = join(stack.directory, "page.html");
        writeFileSync(page, "<p>Back soon");
        const { code, err } = await stack.run("maintenance", "on", "--page", page);
        expect(err).toContain(
            "front shows the maintenance page in place of shop (shop-dev-shop, shop-dev-shop-cable)",
        );
        expect(code).toBe(0);
        expect(readFileSync(join(stack.directory, "page"), "utf8")).toBe("<p>Back soon");
        const update =
            /^unix:\/\/docker.sock service update .*target=\/pages\/shop-dev-shop.html,.*\/pages\/shop-dev-shop-cable.html,.* front-routes$/m;
        expect(readFileSync(join(stack.directory, "calls"), "utf8")).toMatch(update);
    });

    test("maintenance says why the gateway does not get the page", async () => {
        await serve(true);
        provideDocker("exit 0");
        const { code, err } = await stack.run("maintenance", "off", "shop");
        expect(err).toContain("front is not the service of a gateway on this Swarm");
        expect(code).toBe(1);
    });

    test("maintenance needs a manager", async () => {
        await serve(false);
        const { code, err } = await stack.run("maintenance", "on");
        expect(err).toContain("No Docker Engine of this stack manages the Swarm of the gateway front");
        expect(code).not.toBe(0);
    });
});
