import { AnalyzerStackConfigureRequest } from "@pulumi/pulumi/proto/analyzer_pb.js";
import { ProgramInfo, RunPluginRequest } from "@pulumi/pulumi/proto/language_pb.js";
import { join, resolve } from "node:path";
import { pluginCommand, stackEnv } from "./plugin.ts";

const REPOSITORY = resolve(import.meta.dirname, "../..");

function request(kind: string): RunPluginRequest {
    return new RunPluginRequest()
        .setKind(kind)
        .setPwd("/program")
        .setInfo(new ProgramInfo().setRootDirectory(REPOSITORY).setProgramDirectory(REPOSITORY))
        .setArgsList(["127.0.0.1:1"])
        .setEnvList(["HOME=/home/me", "EQUATION=a=b"]);
}

describe("the command of a plugin", () => {
    test("runs a component provider in the program's directory, with the provider's directory as the first argument", () => {
        const { args, cwd } = pluginCommand(request("resource"));
        const script = join(REPOSITORY, "node_modules/@pulumi/pulumi/cmd/run-plugin/index.js");
        expect(args.slice(args.indexOf(script))).toEqual([script, REPOSITORY, "127.0.0.1:1"]);
        expect(cwd).toBe("/program");
    });

    test("runs a policy pack in its own directory, which is the last argument", () => {
        const { args, cwd } = pluginCommand(request("analyzer"));
        const script = join(REPOSITORY, "node_modules/@pulumi/pulumi/cmd/run-policy-pack/index.js");
        expect(args.slice(args.indexOf(script))).toEqual([script, "127.0.0.1:1", REPOSITORY]);
        expect(cwd).toBe(REPOSITORY);
    });

    test("sets only the environment that the engine sends", () => {
        const { env } = pluginCommand(request("resource"));
        expect(env).toMatchObject({ HOME: "/home/me", EQUATION: "a=b" });
        expect(env).not.toHaveProperty("PATH");
    });

    test("passes the stack to a policy pack", () => {
        const stack = new AnalyzerStackConfigureRequest().setProject("app").setStack("dev").setDryRun(true);
        stack.getConfigMap().set("app:team", "harbour");
        expect(stackEnv(stack)).toMatchObject({
            PULUMI_NODEJS_PROJECT: "app",
            PULUMI_NODEJS_STACK: "dev",
            PULUMI_NODEJS_DRY_RUN: "true",
            PULUMI_CONFIG: '{"app:team":"harbour"}',
        });
    });
});
