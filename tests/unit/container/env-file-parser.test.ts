import { parseEnvFile } from "../../../components/container/env-file-parser.ts";

/** The results are those of compose-go 2.16.2. */
test.each<[name: string, text: string, variables: Record<string, string>]>([
    ["plain values", "A=1\n  B = two words \r\nC=", { A: "1", B: "two words", C: "" }],
    ["export", "export A=1\nexport\tB=2\nexported=3", { A: "1", B: "2", exported: "3" }],
    ["the form of YAML", "A: b: c\nB:d", { A: "b: c", B: "d" }],
    [
        "names with dots, hyphens and brackets",
        "discovery.type=x\na-b=1\na[0]=2",
        { "discovery.type": "x", "a-b": "1", "a[0]": "2" },
    ],
    ["comments", "# A=0\nA=1 # one\n\nB=a#b\nC=#c\n  # d\nD='#' # e", { A: "1", B: "a#b", C: "#c", D: "#" }],
    ["single quotes", String.raw`A='a$b#c\n "x" \'y\' \\'`, { A: String.raw`a$b#c\n "x" 'y' \\` }],
    ["double quotes", String.raw`A="a\tb\n\"c\" \\n \$d \e \0101"`, { A: 'a\tb\n"c" \\n $d \\e A' }],
    ["quotes in a plain value", `A=it's "x"\nB=\\"x\\"`, { A: `it's "x"`, B: String.raw`\"x\"` }],
    [
        "several lines",
        `A="-----BEGIN\nx = # y\n-----END\n"\nB='1\n2'`,
        { A: "-----BEGIN\nx = # y\n-----END\n", B: "1\n2" },
    ],
    ["JSON", String.raw`A="{\"a\": \"$$b\"}"` + `\nB='{"a": 1}'`, { A: '{"a": "$b"}', B: '{"a": 1}' }],
    ["dollars that start no reference", "A=abc$\nB=x$1y\nC=$$x", { A: "abc$", B: "x$1y", C: "$x" }],
    ["references", 'A=1\nB=$A-${A}x\nC="$B"', { A: "1", B: "1-1x", C: "1-1x" }],
    ["defaults", "E=\nA=${X:-d}|${E:-d}|${E-d}|${X-}|${X:-${Y:-z}}|${X-a}b}", { E: "", A: "d|d|||z|ab}" }],
    ["alternatives", "E=\nA=${X:+y}|${E:+y}|${E+y}", { E: "", A: "||y" }],
    ["a later value of the same name", "A=1\nA=2", { A: "2" }],
    ["a byte order mark", "\uFEFFA=1", { A: "1" }],
    ["backquotes literally", "A=`x`", { A: "`x`" }],
    ["names of JavaScript's own", "A=${constructor:-x}", { A: "x" }],
])("reads %s", (_, text, variables) => {
    expect(Object.entries(parseEnvFile(text)).sort()).toEqual(Object.entries(variables).sort());
});

test("reads a file with export, quotes, a comment and an empty value", () => {
    const text = "export SMTP_PASSWORD='a$b#c'\nLOG_LEVEL=debug # noisy\nGREETING=\"two\\nlines\"\nEMPTY=\n";
    expect(parseEnvFile(text)).toEqual({
        SMTP_PASSWORD: "a$b#c",
        LOG_LEVEL: "debug",
        GREETING: "two\nlines",
        EMPTY: "",
    });
});

test("refers to variables of earlier files, unless it sets them itself", () => {
    expect(parseEnvFile("C=$A$B\nA=3\nD=$A", { A: "1", B: "2" })).toEqual({ C: "12", A: "3", D: "3" });
});

test.each([
    [
        "a name without a value",
        "A=1\n\nHUNTER2",
        "line 3: is not NAME=value; for a variable without a value, write NAME=",
    ],
    ["a name with a space", "A hunter2=c", "line 1: is not NAME=value"],
    ["an open double quote", 'A=1\nB="hunter2\nC=3', "line 2: the value of B has no closing quote"],
    ["an open single quote", "A='hunter2", "line 1: the value of A has no closing quote"],
    ["text after a quote", 'A="1\n2" hunter2', "line 2: has text after the closing quote of A"],
    [
        "an unknown reference",
        "A=hunter$2$two",
        "line 1: the value of A refers to two, which no env file sets before it; to take a $ literally, put the value into single quotes",
    ],
    ["a required one", "A=${B:?hunter2}", "line 1: the value of A refers to B"],
    ["a malformed one", "A=hunter2\nB=${1}", "line 2: the value of B has a reference that is not ${NAME}"],
])("refuses %s without quoting its value", (_, text, message) => {
    const parse = () => parseEnvFile(text);
    expect(parse).toThrow(message);
    expect(parse).not.toThrow(/hunter2/);
});
