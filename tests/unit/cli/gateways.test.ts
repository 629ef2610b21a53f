import { foreignGateways } from "../../../cli/gateways.ts";
import type { Resource } from "../../../cli/state.ts";

test("a stack also checks its own routes in the gateways of other stacks", () => {
    const routes = (name: string, environment: object, more: Partial<Resource> = {}): Resource => ({
        type: "command:local:Command",
        urn: `urn:pulumi:dev::shop::command:local:Command::${name}-routes`,
        inputs: { environment: { ONLY_STACK: "", ...environment } },
        ...more,
    });
    const gateway = "urn:pulumi:dev::shop::drydock:index:Gateway::own";
    const resources: Resource[] = [
        { type: "drydock:index:Gateway", urn: gateway },
        {
            type: "docker:index/container:Container",
            urn: "urn:pulumi:dev::shop::docker:index/container:Container::own",
            parent: gateway,
            inputs: { name: "shop-dev-own" },
        },
        routes("shop", { OWNER: "shop.dev.shop", GATEWAYS: "shop-dev-own\nfront-live-front" }),
        routes("jobs", { OWNER: "shop.dev.jobs", GATEWAYS: "edge", PATHS_LABEL: "paths" }),
        routes("old", { OWNER: "shop.dev.old", GATEWAYS: "old" }, { delete: true }),
        routes("trial", { OWNER: "shop.dev.trial", GATEWAYS: "front", ONLY_STACK: "dev" }),
        routes("own", { OWNER: "shop.dev.own", GATEWAY: "shop-dev-own" }),
    ];
    expect(foreignGateways(resources)).toEqual([
        { gateway: "front-live-front", owner: "shop.dev.shop", isService: false },
        { gateway: "edge", owner: "shop.dev.jobs", isService: true },
    ]);
});
