import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { configValue, type Stack } from "../../../../cli/project.ts";
import { listSecrets } from "../../../../cli/secrets/list.ts";
import { requiredSecrets } from "../../../../cli/secrets/required.ts";
import { setSecrets } from "../../../../cli/secrets/set.ts";

/** A fake pulumi, whose program requires `masterKey`, then the secrets of a component, and fails if `broken` is set. */
const PULUMI = `#!/usr/bin/env node
const { appendFileSync, readFileSync, writeFileSync } = require("node:fs");
const { parse } = require("${join(import.meta.dirname, "../../../../node_modules/yaml")}");
const args = process.argv.slice(2);
const after = (option) => args[args.indexOf(option) + 1];
appendFileSync(process.env.CALLS, JSON.stringify(args) + "\\n");
const fail = (message) => {
    console.log(JSON.stringify({ diagnosticEvent: { severity: "error", message } }));
    console.error("error: " + message);
    process.exit(1);
};
if (args[0] === "stack") writeFileSync("Pulumi." + after("--stack") + ".yaml", "encryptionsalt: salt\\n");
if (args[0] === "config") {
    const value = readFileSync(0, "utf8");
    if (value === "bad\\n") fail("incorrect passphrase");
    appendFileSync(after("--config-file"), JSON.stringify(after("--secret") + "=" + value) + ": x\\n");
}
if (args[0] === "preview") {
    const { config, encryptionsalt } = parse(readFileSync(after("--config-file"), "utf8"));
    if (encryptionsalt !== "salt" || !process.env.PULUMI_BACKEND_URL.includes("drydock-secrets-")) fail("wrong stack");
    const missing = (...names) => names.filter((name) => config["shop:" + name] === undefined);
    const tell = (names, value = "") => names.map((name) => "pulumi config set --secret " + name + value).join("\\n");
    if (missing("declared").length > 0) fail("Stack 'dev' is missing configuration value 'shop:declared'");
    if (missing("masterKey").length > 0) fail("Missing required\\n" + tell(["shop:masterKey"], " <value>"));
    if (config["docker:registryAuth"] !== undefined) fail("a secret of the stack is passed on");
    if (missing("A", "B").length > 0) fail("secrets: run\\n" + tell(missing("A", "B"), " --stack dev"));
    if (config["shop:broken"] !== undefined) fail("it is broken\\n    at program (index.ts:1)");
}
`;

describe("the secrets of a program", () => {
    let directory: string;
    const { PATH = "" } = process.env;
    const calls = () =>
        readFileSync(join(directory, "calls"), "utf8")
            .trim()
            .split("\n")
            .map((line) => JSON.parse(line) as string[]);
    const stack = (config = "", name = "dev"): Stack => {
        writeFileSync(join(directory, `Pulumi.${name}.yaml`), `config:\n  shop:port: "3000"\n${config}`);
        const file = { config: { declared: { secret: true }, other: { secret: true, default: "x" } } };
        const project = { directory, name: "shop", file };
        return {
            project,
            name,
            config: (key) => configValue(project, name, key),
            deployment: () => Promise.resolve({}),
            option: "",
        };
    };
    beforeEach(() => {
        directory = mkdtempSync(join(tmpdir(), "drydock-program-"));
        mkdirSync(join(directory, "bin"));
        writeFileSync(join(directory, "bin/pulumi"), PULUMI);
        chmodSync(join(directory, "bin/pulumi"), 0o755);
        process.env.PATH = [join(directory, "bin"), PATH].join(delimiter);
        process.env.CALLS = join(directory, "calls");
    });
    afterEach(() => {
        process.env.PATH = PATH;
        delete process.env.CALLS;
        rmSync(directory, { recursive: true });
    });

    test("are found on a temporary stack, whether they are set or not", async () => {
        const secrets =
            "  shop:A:\n    secure: v1:x\n  docker:registryAuth:\n    - password:\n        secure: v1:y\n";
        const required = await requiredSecrets(stack(secrets, "prod"));
        expect(required).toEqual({ names: ["A", "B", "declared", "masterKey"] });
        const files = calls().flatMap((args) => args.filter((argument) => argument.endsWith(".yaml")));
        expect(files.length).toBe(3);
        expect(files.filter((file) => existsSync(file))).toEqual([]);
        expect(listSecrets(stack(`${secrets}  shop:B: plain\n`, "prod"), required)).toEqual({
            secrets: [
                { name: "A", state: "set", required: true },
                { name: "B", state: "set", required: true },
                { name: "declared", state: "missing", required: true },
                { name: "docker:registryAuth", state: "set", required: false },
                { name: "masterKey", state: "missing", required: true },
            ],
        });
    });

    test("come with the reason if there may be more", async () => {
        expect(await requiredSecrets(stack('  shop:broken: "1"\n'))).toEqual({
            names: ["A", "B", "declared", "masterKey"],
            reason: "it is broken",
        });
    });

    test("may have several lines, and are in no argument of a process", () => {
        const own = stack();
        const file = join(directory, "Pulumi.dev.yaml");
        setSecrets(own, { A: "one\ntwo\n", B: "-x" });
        expect(readFileSync(file, "utf8")).toBe(
            'config:\n  shop:port: "3000"\n"A=one\\ntwo\\n\\n": x\n"B=-x\\n": x\n',
        );
        expect(calls().flat().join(" ")).not.toMatch(/two|-x( |$)/);
    });

    test("are all left as they were if one cannot be set", () => {
        const own = stack();
        const before = readFileSync(join(directory, "Pulumi.dev.yaml"), "utf8");
        expect(() => {
            setSecrets(own, { A: "good", B: "bad" });
        }).toThrow("The secret B cannot be set: incorrect passphrase");
        expect(readFileSync(join(directory, "Pulumi.dev.yaml"), "utf8")).toBe(before);
    });
});
