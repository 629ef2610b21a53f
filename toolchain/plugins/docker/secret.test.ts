import { base64 } from "./secret.ts";

test.each(["", "aA==", "aGk=", "YWJj", "YWJj\nYWJj", "+/+/"])("accepts %j as base64", (text) => {
    expect(base64.validate(text)).toBeUndefined();
});

test.each(["a", "aA", "aA=", "a-b_", "plain text", "====", "YWJj="])("refuses %j as base64", (text) => {
    expect(base64.validate(text)).toContain("is not base64");
});
