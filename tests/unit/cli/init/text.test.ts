import { parsePrintedSecrets, readKamalSecrets } from "../../../../cli/init/sources/kamal-secrets.ts";
import { isHarmless, isSecretName } from "../../../../cli/init/secret-names.ts";
import { memoryFiles } from "../../../../cli/init/project-files.ts";
import { splitOutsideBraces, toMemory, toSeconds } from "../../../../cli/init/sources/service-reader.ts";
import { parseErbTokens, withoutErb } from "../../../../cli/init/text/erb.ts";
import { evaluate, formatTemplate, parseInterpolation } from "../../../../cli/init/text/template.ts";
import { shellCommand, splitWords } from "../../../../cli/init/text/words.ts";
import { YamlFile } from "../../../../cli/init/text/yaml-file.ts";

test.each([
    ["bin/rails server", ["bin/rails", "server"]],
    [`sh -c 'a "b" c'`, ["sh", "-c", 'a "b" c']],
    [`a "b c" d\\ e ''`, ["a", "b c", "d e", ""]],
    [`a "x\\"y\\n"`, ["a", 'x"y\\n']],
    ["a ${B:-c d} $E", ["a", "${B:-c d}", "$E"]],
    [" a\n b ", ["a", "b"]],
])("the command %j is split into words", (command, words) => {
    expect(splitWords(command)).toEqual(words);
});

test.each([
    ["bundle exec puma -C config/puma.rb", ["bundle", "exec", "puma", "-C", "config/puma.rb"]],
    ["bin/rails s -p $PORT", ["sh", "-c", "bin/rails s -p $PORT"]],
    ["a && b", ["sh", "-c", "a && b"]],
    ["QUEUE=x rake work", ["sh", "-c", "QUEUE=x rake work"]],
    ["echo 'a && b'", ["echo", "a && b"]],
])("the line %j of a Procfile has a shell if it needs one", (line, command) => {
    expect(shellCommand(line)).toEqual(command);
});

describe("interpolation", () => {
    test.each([
        ["5$$", "5$"],
        ["a${B}c", "a1c"],
        ["$B-$D", "1-"],
        ["${D:-x}", "x"],
        ["${E-x}", ""],
        ["${E:-x}", "x"],
        ["${D:-${B}/${D-y}}", "1/y"],
        ["${B:+on}${D:+on}", "on"],
        ["${B:?needed}", "1"],
        ["100$", "100$"],
        ["${not a name}", "${not a name}"],
    ])("%j is %j", (text, value) => {
        expect(evaluate(parseInterpolation(text), { B: "1", E: "" })).toBe(value);
    });

    test("is formatted as it was written", () => {
        const text = "a${B:-c${D}}e${F?g}";
        expect(formatTemplate(parseInterpolation(text))).toBe(text);
    });
});

describe("ERB", () => {
    test.each([
        [`ENV["A"]`, "${A-}"],
        [`ENV.fetch("A", "b")`, "${A-b}"],
        [`ENV.fetch('A') { 5 }`, "${A-5}"],
        [`ENV.fetch("A", nil)`, "${A-}"],
        [`ENV.fetch("A")`, "${A?}"],
        [`ENV["A"] || "b"`, "${A-b}"],
        [`ENV["A"].upcase`, `<%= ENV["A"].upcase %>`],
        ["`rm -rf /`", "<%= `rm -rf /` %>"],
        [`ENV.fetch("A", "#{system('x')}")`, `<%= ENV.fetch("A", "#{system('x')}") %>`],
    ])("<%%= %s %%> is read as %s", (code, template) => {
        const erb = withoutErb(`<%= ${code} %>`);
        expect(formatTemplate(parseErbTokens(erb.text, erb))).toBe(template);
    });

    test("keeps the lines of the file, and tells those of statements", () => {
        const erb = withoutErb("a: 1\n<% if x\n  y %>\n<%# note %>\nb: <%= z %>\n");
        expect(erb.statements).toEqual([{ line: 2, code: "if x\n  y" }]);
        expect(erb.lines).toEqual([5]);
        expect(new YamlFile("x.yml", erb.text, "1.1").place("b")).toEqual({ file: "x.yml", line: 5 });
    });
});

describe("a YAML file", () => {
    test("knows the lines of merged keys, and reads numbers as Ruby does", () => {
        const yaml = new YamlFile(
            "x.yml",
            "base: &base\n  limit: 50_000\na:\n  <<: *base\n  yes: on\n",
            "1.1",
        );
        expect(yaml.data).toMatchObject({ a: { limit: 50_000 } });
        expect(yaml.place("a", "limit")).toEqual({ file: "x.yml", line: 2 });
    });

    test("leaves an alias empty whose anchor is elsewhere, and says what is no YAML", () => {
        expect(new YamlFile("x.yml", "a:\n  <<: *other\n  b: 1\n", "1.1").data).toEqual({ a: { b: 1 } });
        expect(new YamlFile("x.yml", "a: [", "1.2").problems).toEqual([
            expect.stringMatching(/^x\.yml:\d+: /),
        ]);
    });
});

test.each([
    ["512m", "512m"],
    ["1g", "1g"],
    ["1.5g", "1536m"],
    ["1073741824", "1g"],
    ["2Gi", "2g"],
    ["1k", undefined],
    ["lots", undefined],
])("the amount of memory %j is %j", (text, size) => {
    expect(toMemory(text)).toBe(size);
});

test.each([
    ["30", 30],
    ["1m30s", 90],
    ["500ms", 1],
    ["soon", undefined],
])("the duration %j is %j seconds", (text, seconds) => {
    expect(toSeconds(text)).toBe(seconds);
});

test("the colons of defaults and IPv6 addresses separate no ports", () => {
    expect(splitOutsideBraces("${IP:-127.0.0.1}:${PORT:-80}:80")).toEqual([
        "${IP:-127.0.0.1}",
        "${PORT:-80}",
        "80",
    ]);
    expect(splitOutsideBraces("[::1]:80:80")).toEqual(["[::1]", "80", "80"]);
});

test.each([
    "DB_PASS",
    "SECRET_KEY_BASE",
    "STRIPE_API_KEY",
    "AWS_ACCESS_KEY_ID",
    "smtpPassword",
    "GITHUB_TOKEN",
    "KEY",
    "ACTIVE_RECORD_ENCRYPTION_PRIMARY_KEY",
    "API_KEYS",
    "TOKENS",
    "PASSWORDS",
])("%s is the name of a secret", (name) => {
    expect(isSecretName(name)).toBe(true);
});

test.each([
    "LOG_LEVEL",
    "PASSENGER_MAX",
    "TOKEN_EXPIRY",
    "KEYCLOAK_URL",
    "VAPID_PUBLIC_KEY",
    "RECAPTCHA_SITE_KEY",
    "PRIMARY_KEY",
])("%s is no name of a secret", (name) => {
    expect(isSecretName(name)).toBe(false);
});

test("a switch is no secret, whatever its name", () => {
    expect(["true", "yes", "", "10"].map(isHarmless)).toEqual([true, true, true, true]);
    expect(isHarmless("hunter2")).toBe(false);
});

describe("secrets of Kamal", () => {
    test("have their sources, and what only other secrets use is none", () => {
        const files = memoryFiles({
            ".kamal/secrets":
                "A=$(op read x)\nB=$(extract B $A)\nC=\"${C_FROM}\"\nD='plain'\nE=$(cat ../../etc/passwd)\n",
        });
        expect(
            readKamalSecrets(files).map(({ name, source, isIntermediate }) => [
                name,
                source.kind,
                isIntermediate,
            ]),
        ).toEqual([
            ["A", "command", true],
            ["B", "command", false],
            ["C", "environment", false],
            ["D", "literal", false],
            ["E", "command", false],
        ]);
    });

    test("can have several lines in the output of `kamal secrets print`", () => {
        expect(parsePrintedSecrets("A=1\n2\nB=x=y\nOTHER=z\nC=\n", ["A", "B", "C"])).toEqual({
            A: "1\n2",
            B: "x=y",
            C: "",
        });
        const pem = "-----BEGIN PRIVATE KEY-----\nA=x\nXQ==\n-----END PRIVATE KEY-----";
        expect(parsePrintedSecrets(`B=${pem}\nOTHER=z\nA=1\n`, ["A", "B"])).toEqual({ A: "1", B: pem });
    });
});
