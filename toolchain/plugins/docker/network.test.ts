import { withContainers } from "./network";

describe("a network that cannot be removed", () => {
    test("names the containers that are on it", () => {
        const containers = { a1: { Name: "shop-web" }, b2: { Name: "other" } };
        expect(withContainers("network shop has active endpoints", containers).message).toBe(
            "network shop has active endpoints: remove or disconnect other, shop-web (docker network disconnect)",
        );
    });

    test("says what Docker says where it names none", () => {
        expect(withContainers("network shop has active endpoints", {}).message).toBe(
            "network shop has active endpoints",
        );
    });
});
