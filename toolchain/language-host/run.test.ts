import { ProgramInfo, RunRequest } from "@pulumi/pulumi/proto/language_pb.js";
import { Struct, type JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb.js";
import { join, resolve } from "node:path";
import { programCommand, programOutcome } from "./run.ts";

const REPOSITORY = resolve(import.meta.dirname, "../..");
const HOST = { engine: "127.0.0.1:1" };

function request(options: Record<string, JavaScriptValue> = {}, programDirectory = REPOSITORY): RunRequest {
    const info = new ProgramInfo()
        .setRootDirectory("/root")
        .setProgramDirectory(programDirectory)
        .setEntryPoint("app.ts")
        .setOptions(Struct.fromJavaScript(options));
    return new RunRequest()
        .setInfo(info)
        .setMonitorAddress("127.0.0.1:2")
        .setOrganization("organization")
        .setProject("app")
        .setStack("dev")
        .setParallel(16);
}

describe("the command of a program", () => {
    test("runs the SDK of the program, with the entry point and its arguments last", () => {
        const { file, args, cwd } = programCommand(request().setArgsList(["--fast"]), HOST, {});
        expect(file).toBe(process.execPath);
        expect(cwd).toBe(REPOSITORY);
        expect(args).toContain(join(REPOSITORY, "node_modules/@pulumi/pulumi/cmd/run/index.js"));
        expect(args.join(" ")).toContain(
            "--monitor 127.0.0.1:2 --engine 127.0.0.1:1 --organization organization --project app " +
                `--root-directory /root --stack dev --pwd ${REPOSITORY} --parallel 16 app.ts --fast`,
        );
    });

    test("has --dry-run for a preview only", () => {
        expect(programCommand(request(), HOST, {}).args).not.toContain("--dry-run");
        expect(programCommand(request().setDryrun(true), HOST, {}).args).toContain("--dry-run");
    });

    test("passes nodeargs to Node, not to the program", () => {
        const { args } = programCommand(request({ nodeargs: "--inspect" }), HOST, {});
        expect(args.indexOf("--inspect")).toBeLessThan(args.findIndex((arg) => arg.endsWith("run/index.js")));
    });

    test("passes the configuration in the long form, and the secret keys", () => {
        const run = request().setConfigsecretkeysList(["app:password"]);
        run.getConfigMap().set("app:password", "hunter2").set("aws:config:region", "x").set("app:a:b", "c");
        const { env } = programCommand(run, HOST, {});
        expect(JSON.parse(env.PULUMI_CONFIG ?? "")).toEqual({
            "app:config:password": "hunter2",
            "aws:config:region": "x",
            "app:config:a:b": "c",
        });
        expect(JSON.parse(env.PULUMI_CONFIG_SECRET_KEYS ?? "")).toEqual(["app:password"]);
    });

    test("enables TypeScript by default", () => {
        expect(programCommand(request({ tsconfig: "a.json" }), HOST, {}).env).toMatchObject({
            PULUMI_NODEJS_TYPESCRIPT: "true",
            PULUMI_NODEJS_TSCONFIG_PATH: "a.json",
        });
        expect(programCommand(request({ typescript: false }), HOST, {}).env).not.toHaveProperty(
            "PULUMI_NODEJS_TYPESCRIPT",
        );
    });

    test("caches compiled code in PULUMI_HOME, or in NODE_COMPILE_CACHE if set", () => {
        const cache = (env: NodeJS.ProcessEnv) => programCommand(request(), HOST, env).env.NODE_COMPILE_CACHE;
        expect(cache({ PULUMI_HOME: "/cache/home" })).toBe("/cache/home/node-compile-cache");
        expect(cache({ PULUMI_HOME: "/cache/home", NODE_COMPILE_CACHE: "/mine" })).toBe("/mine");
    });

    test("names the remedy when the SDK is missing", () => {
        expect(() => programCommand(request({}, "/"), HOST, {})).toThrow(
            "@pulumi/pulumi is not installed for /; run `pulumi install` there",
        );
    });
});

describe("the result of a program", () => {
    test.each([
        ["nothing on success", { code: 0, signal: null }, "", {}],
        ["bail if it has reported its error", { code: 32, signal: null }, "", { bail: true }],
        ["its exit code", { code: 7, signal: null }, "", { error: "the program exited with code 7" }],
        [
            "the signal that ended it",
            { code: null, signal: "SIGKILL" as const },
            "",
            { error: "the program was stopped by SIGKILL" },
        ],
        [
            "the remedy for a lack of memory",
            { code: null, signal: "SIGABRT" as const },
            "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n",
            { error: expect.stringContaining('nodeargs: "--max-old-space-size=8192"') as string },
        ],
    ])("contains %s", (_, exit, stderr, outcome) => {
        expect(programOutcome(exit, stderr)).toEqual(outcome);
    });
});
