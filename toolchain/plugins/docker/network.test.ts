import { withContainers } from "./network.ts";

describe("the error for a network in use", () => {
    test("names the connected containers", () => {
        const containers = { a1: { Name: "shop-web" }, b2: { Name: "other" } };
        expect(withContainers("network shop has active endpoints", containers).message).toBe(
            "network shop has active endpoints: remove or disconnect other, shop-web (docker network disconnect)",
        );
    });

    test("is Docker's message if there are none", () => {
        expect(withContainers("network shop has active endpoints", {}).message).toBe(
            "network shop has active endpoints",
        );
    });
});
