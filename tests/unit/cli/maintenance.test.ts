import type { Resource } from "../../../cli/repair/state.ts";
import { FakeStack } from "./fake-docker.ts";

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
    ["without routes in a gateway", "", ["on"], "No application of this stack has routes in a gateway"],
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

test.each([["on"], ["off", "shop"]])(
    "maintenance refuses an application on a Swarm by name: %s",
    async (...args) => {
        const environment = {
            GATEWAYS: "front",
            OWNER: "shop.dev.shop",
            PATHS_LABEL: "drydock-gateway-paths",
        };
        stack = new FakeStack(
            resources("front").map((resource) =>
                resource.inputs === undefined ? resource : { ...resource, inputs: { environment } },
            ),
        );
        await stack.serve({ "GET /info": { Name: "one", ServerVersion: "28.1.0" } });
        const { code, err } = await stack.run("maintenance", ...args);
        expect(err).toContain("The gateways of shop run on a Swarm, where they have no maintenance page");
        expect(code).not.toBe(0);
    },
);
