import { parseDestination } from "../../../../cli/server/destination.ts";

describe("parseDestination", () => {
    test.each([
        ["deploy@shop.example.com", "ssh://deploy@shop.example.com"],
        ["ssh://deploy@192.0.2.7:2222", "ssh://deploy@192.0.2.7:2222"],
        ["deploy@[2001:db8::1]:22", "ssh://deploy@[2001:db8::1]:22"],
        ["alias", "ssh://alias"],
    ])("parses %s as %s", (text, address) => {
        expect(parseDestination(text).address).toBe(address);
    });

    test.each([
        "",
        "-oProxyCommand=x",
        "a@-x",
        "user:secret@host",
        "a b@host",
        "host:70000",
        "http://host",
        "host/path",
    ])("refuses %j", (text) => {
        expect(() => parseDestination(text)).toThrow(`${text} does not name a machine`);
    });
});
