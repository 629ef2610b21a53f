import type { Files } from "./testing.ts";

export const PULUMI = 'const pulumi = require("@pulumi/pulumi");\n';

export const HANGS = `${PULUMI}
    require("node:child_process").spawn("sleep", ["600"], { stdio: "inherit" });
    console.log("the program runs");
    setInterval(() => {}, 1000);`;

/** A component provider whose `construct` returns a greeting, or never returns if GREETINGS_HANG is set. */
export const COMPONENT: Files = {
    "component/PulumiPlugin.yaml": "runtime: {name: nodejs, options: {typescript: false}}",
    "component/package.json": '{"name": "greetings", "version": "1.0.0"}',
    "component/index.js": `${PULUMI}
        pulumi.provider.main({
            version: "1.0.0",
            async construct(name, type, inputs, options) {
                if (process.env.GREETINGS_HANG) await new Promise(() => setInterval(() => {}, 1000));
                const component = new pulumi.ComponentResource(type, name, {}, options);
                return { urn: component.urn, state: { greeting: pulumi.interpolate\`hello \${inputs.who}\` } };
            },
        }, process.argv.slice(2));`,
    "Pulumi.yaml": `{name: app, runtime: {name: nodejs, options: {typescript: false}},
        plugins: {providers: [{name: greetings, path: component}]}}`,
    "index.js": `${PULUMI}
        const args = { who: "world", greeting: undefined };
        const greeter = new pulumi.ComponentResource("greetings:index:Greeter", "greeter", args, {}, true);
        exports.greeting = greeter.greeting;
        pulumi.log.info("the component is asked for");`,
};

/** A minimal policy pack with one policy, whose message contains the stack and its configuration. */
export const POLICY_PACK: Files = {
    "pack/PulumiPolicy.yaml": "runtime: {name: nodejs, options: {typescript: false}}",
    "pack/package.json": '{"name": "pack", "version": "1.0.0"}',
    "pack/index.js": `${PULUMI}
        const grpc = require("@grpc/grpc-js");
        const { AnalyzerService } = require("@pulumi/pulumi/proto/analyzer_grpc_pb");
        const rpc = require("@pulumi/pulumi/proto/analyzer_pb");
        const { PluginInfo } = require("@pulumi/pulumi/proto/plugin_pb");
        const { Empty } = require("google-protobuf/google/protobuf/empty_pb");
        const stack = [pulumi.getProject(), pulumi.getStack(), new pulumi.Config("app").get("team")].join("/");
        const level = rpc.EnforcementLevel.MANDATORY;
        const refusal = (request) => new rpc.AnalyzeResponse().setDiagnosticsList(
            request.getType() !== "app:index:Forbidden" ? [] : [new rpc.AnalyzeDiagnostic()
                .setPolicyname("nothing-forbidden").setPolicypackname("pack").setPolicypackversion("1.0.0")
                .setEnforcementlevel(level).setMessage("forbidden in " + stack)]);
        const server = new grpc.Server();
        server.addService(AnalyzerService, {
            getPluginInfo: (_, reply) => reply(null, new PluginInfo().setVersion("1.0.0")),
            getAnalyzerInfo: (_, reply) => reply(null, new rpc.AnalyzerInfo().setName("pack").setVersion("1.0.0")
                .setPoliciesList([new rpc.PolicyInfo().setName("nothing-forbidden").setEnforcementlevel(level)])),
            configure: (_, reply) => reply(null, new Empty()),
            analyze: ({ request }, reply) => reply(null, refusal(request)),
            analyzeStack: (_, reply) => reply(null, new rpc.AnalyzeResponse()),
            remediate: (_, reply) => reply(null, new rpc.RemediateResponse()),
        });
        server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (_, port) => console.log(port));`,
    "index.js": `${PULUMI}
        new pulumi.ComponentResource("app:index:" + new pulumi.Config().require("kind"), "resource");`,
};
