import { chooseUrl } from "../../../../cli/verbs/open.ts";

describe("the URL to open", () => {
    const process = (component: string, address?: string) => ({
        ...{ component, process: "web", resource: component },
        ...(address !== undefined && { address }),
    });
    const shop = process("shop", "http://127.0.0.1:3000");
    const STACK = { option: " --stack prod" };

    test("is that of the only application", () => {
        expect(chooseUrl([process("db", "127.0.0.1:5432"), shop], STACK)).toBe("http://127.0.0.1:3000");
    });

    test("must be named if there are several", () => {
        const admin = process("admin", "http://127.0.0.1:4000");
        expect(() => chooseUrl([shop, admin], STACK)).toThrow(
            expect.objectContaining({
                message: "Several components have a URL: shop, admin",
                remedy: "Name the one to open, for example `drydock open --stack prod shop`.",
            }) as Error,
        );
        expect(chooseUrl([shop, admin], STACK, "admin")).toBe("http://127.0.0.1:4000");
    });

    test("does not exist for a component that is not published", () => {
        expect(() => chooseUrl([process("db")], STACK, "db")).toThrow(
            expect.objectContaining({
                message: "db has no URL",
                remedy:
                    "Behind a gateway, export the URL of the application as `url`. Otherwise set `publish: {}` in its arguments. " +
                    "Then run `drydock up --stack prod`, and `drydock open --stack prod` without a component.",
            }) as Error,
        );
        const behindGateway = "https://shop.example.com";
        expect(chooseUrl([process("db")], STACK, undefined, behindGateway)).toBe(behindGateway);
        expect(() => chooseUrl([process("db")], STACK, "db", behindGateway)).toThrow("db has no URL");
    });
});
