import { chooseUrl } from "../../../../cli/verbs/open.ts";

describe("the URL to open", () => {
    const process = (component: string, address?: string) => ({
        ...{ component, process: "web", resource: component },
        ...(address !== undefined && { address }),
    });
    const shop = process("shop", "http://127.0.0.1:3000");

    test("is that of the only application", () => {
        expect(chooseUrl([process("db", "127.0.0.1:5432"), shop])).toBe("http://127.0.0.1:3000");
    });

    test("must be named if there are several", () => {
        const admin = process("admin", "http://127.0.0.1:4000");
        expect(() => chooseUrl([shop, admin])).toThrow("Several components have a URL: shop, admin");
        expect(chooseUrl([shop, admin], "admin")).toBe("http://127.0.0.1:4000");
    });

    test("does not exist for a component that is not published", () => {
        expect(() => chooseUrl([process("db")], "db")).toThrow("db has no URL");
        const behindGateway = "https://shop.example.com";
        expect(chooseUrl([process("db")], undefined, behindGateway)).toBe(behindGateway);
        expect(() => chooseUrl([process("db")], "db", behindGateway)).toThrow("db has no URL");
    });
});
