import { checkSecret } from "../../../components/shared/password.ts";

describe("checkSecret", () => {
    test("returns a valid secret", () => {
        expect(checkSecret("cache-password", "rum")).toBe("rum");
    });

    test("refuses an empty secret, which would mean no password", () => {
        expect(() => checkSecret("cache-password", "")).toThrow(
            "cache-password: must be a single line that is not empty; leave it out to have one generated",
        );
    });

    test("takes another rule", () => {
        expect(() => checkSecret("masterKey", "x", () => "is too short")).toThrow("masterKey: is too short");
    });
});
