import { base64 } from "./secret";

test.each(["", "aA==", "aGk=", "YWJj", "YWJj\nYWJj", "+/+/"])("%j is base64", (text) => {
    expect(base64.validate(text)).toBeUndefined();
});

test.each(["a", "aA", "aA=", "a-b_", "plain text", "====", "YWJj="])("%j is not", (text) => {
    expect(base64.validate(text)).toContain("is not base64");
});
