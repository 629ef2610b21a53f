import { parseDockerignore } from "./dockerignore.ts";

/** .dockerignore, path, and whether Docker excludes the path. */
test.each([
    ["log", "log", true],
    ["log", "log/dev.log", true],
    ["log", "app/log", false],
    ["**/log", "app/log/x", true],
    ["**/log", "log", true],
    ["**/log", "catalog", false],
    ["**.pem", "a.pem", true],
    ["**.pem", "certs/key.pem", true],
    ["**.pem", "certs/key.pem/x", true],
    ["**.pem", "pem", false],
    ["/log/", "log", true],
    ["./app/../log", "log", true],
    ["*", "a", true],
    ["*", "a/b", true],
    ["a/*", "a/b/c", true],
    ["a/*", "a", false],
    ["a/**", "a/b/c", true],
    ["*.rb", "main.rb", true],
    ["*.rb", "mainxrb", false],
    ["ma?n.rb", "main.rb", true],
    ["[a-c]", "b", true],
    ["a{1}", "a{1}", true],
    ["a\\*", "a*", true],
    ["# log", "# log", false],
    ["  log  ", "log", true],
    ["\uFEFFlog", "log", true],
    ["", "log", false],
    ["log\n!log/keep", "log/keep", false],
    ["log\n!log/keep", "log/other", true],
    ["!log/keep\nlog", "log/keep", true],
    ["*\n! app ", "app/main", false],
    ["a.d/x\n!?.d", "a.d/x", true],
])("%j excludes %s: %s", (text, name, excluded) => {
    expect(parseDockerignore(text).excludes(name)).toBe(excluded);
});

test("reports whether there are exceptions", () => {
    expect(parseDockerignore("a\n#!b").hasExceptions).toBe(false);
    expect(parseDockerignore("a\n!b").hasExceptions).toBe(true);
});
