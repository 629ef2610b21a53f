import type { ILanguageRuntimeServer } from "@pulumi/pulumi/proto/language_grpc_pb.js";
import * as rpc from "@pulumi/pulumi/proto/language_pb.js";
import { PackageDependency, PackageParameterization, PluginInfo } from "@pulumi/pulumi/proto/plugin_pb.js";
import { version } from "@pulumi/pulumi/version.js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb.js";
import { installCommand, packageManager, packageManagerVersion } from "./install.ts";
import { parseOptions } from "./options.ts";
import {
    findUp,
    installedPackages,
    pluginPackages,
    readManifest,
    type Parameterization,
    type PluginPackage,
} from "./packages.ts";
import { runPlugin } from "./plugin.ts";
import { run, type Output } from "./process.ts";
import { programCommand, runProgram, type Host } from "./run.ts";
import { messageOf, streaming, unary, unimplemented } from "./server.ts";

const NO_DEBUGGER =
    "--attach-debugger is not supported by this language host; " +
    'set runtime option nodeargs: "--inspect-brk" and attach a debugger yourself';

const NO_VERSION_TOOLS =
    "--use-language-version-tools is not supported by this language host; " +
    "put the Node.js that the program needs first on the PATH";

/** The gRPC methods of the language host. Aborting `shutdown` stops running programs. */
export function languageRuntime(host: Host, shutdown: AbortController): ILanguageRuntimeServer {
    const stopSignal = (cancelled: AbortSignal) => AbortSignal.any([cancelled, shutdown.signal]);
    return {
        handshake: unary((request) => {
            host.engine = request.getEngineAddress();
            return new rpc.LanguageHandshakeResponse();
        }),

        getPluginInfo: unary(() => new PluginInfo().setVersion(version)),

        about: unary((request) => about(request.getInfo())),

        getRequiredPackages: unary((request) => {
            const packages = pluginPackages(installedPackages(programDirectory(request)));
            return new rpc.GetRequiredPackagesResponse().setPackagesList(packages.map(packageDependency));
        }),

        getProgramDependencies: unary((request) => {
            const dependencies = installedPackages(programDirectory(request))
                .filter(({ direct }) => direct || request.getTransitivedependencies())
                .map(({ name, version }) => new rpc.DependencyInfo().setName(name).setVersion(version));
            return new rpc.GetProgramDependenciesResponse().setDependenciesList(dependencies);
        }),

        installDependencies: streaming(async (request, send, cancelled) => {
            if (request.getUseLanguageVersionTools()) throw new Error(NO_VERSION_TOOLS);
            const options = parseOptions(request.getInfo()?.getOptions()?.toJavaScript());
            const command = installCommand(programDirectory(request), options, process.env);
            const output = streamOutput(send, () => new rpc.InstallDependenciesResponse());
            const { code, signal } = await run(command, output, stopSignal(cancelled));
            if (code !== 0) {
                const line = [command.file, ...command.args].join(" ");
                throw new Error(`\`${line}\` failed with ${signal ?? `exit code ${code ?? "unknown"}`}`);
            }
        }),

        run: unary(async (request, cancelled) => {
            try {
                if (request.getAttachDebugger()) throw new Error(NO_DEBUGGER);
                const command = programCommand(request, host, process.env);
                const { error = "", bail = false } = await runProgram(command, stopSignal(cancelled));
                return new rpc.RunResponse().setError(error).setBail(bail);
            } catch (error) {
                return new rpc.RunResponse().setError(messageOf(error));
            }
        }),

        runPlugin: streaming(async (request, send, cancelled) => {
            if (request.getAttachDebugger()) throw new Error(NO_DEBUGGER);
            const output = streamOutput(send, () => new rpc.RunPluginResponse());
            // Not stopped by `shutdown`: on Ctrl-C, the engine itself tells plugins to finish.
            const { code } = await runPlugin(request, output, cancelled);
            send(new rpc.RunPluginResponse().setExitcode(code ?? -1));
        }),

        cancel: unary(() => {
            shutdown.abort();
            return new Empty();
        }),

        getRequiredPlugins: unimplemented("superseded by GetRequiredPackages"),
        runtimeOptionsPrompts: unimplemented("this language host asks no questions"),
        template: unimplemented("this language host has nothing to add to a template"),
        generateProgram: unimplemented(needsOfficialHost("generate programs", "pulumi convert")),
        generateProject: unimplemented(needsOfficialHost("generate projects", "pulumi convert")),
        generatePackage: unimplemented(needsOfficialHost("generate SDKs", "pulumi package add")),
        link: unimplemented(needsOfficialHost("link SDKs", "pulumi package add")),
        pack: unimplemented(needsOfficialHost("pack SDKs", "pulumi package pack-sdk")),
    };
}

function needsOfficialHost(task: string, command: string): string {
    return `this language host does not ${task}; for \`${command}\`, install Pulumi from https://www.pulumi.com/docs/install`;
}

function programDirectory(request: { getInfo(): rpc.ProgramInfo | undefined }): string {
    return request.getInfo()?.getProgramDirectory() ?? "";
}

interface OutputResponse<Response> {
    setStdout(chunk: Buffer): Response;
    setStderr(chunk: Buffer): Response;
}

function streamOutput<Response>(
    send: (response: Response) => void,
    response: () => OutputResponse<Response>,
): Output {
    return {
        stdout: (chunk) => {
            send(response().setStdout(chunk));
        },
        stderr: (chunk) => {
            send(response().setStderr(chunk));
        },
    };
}

function about(info?: rpc.ProgramInfo): rpc.AboutResponse {
    const directory = info?.getProgramDirectory() ?? "";
    const manager = packageManager(directory, parseOptions(info?.getOptions()?.toJavaScript()));
    const typescript = findUp(directory, "node_modules/typescript/package.json");
    const response = new rpc.AboutResponse().setExecutable(process.execPath).setVersion(process.version);
    response
        .getMetadataMap()
        .set("packagemanager", manager)
        .set("packagemanagerVersion", packageManagerVersion(manager, process.env.PATH) ?? "unknown")
        .set(
            "typescriptVersion",
            typescript ? (readManifest(typescript).version ?? "unknown") : "not installed",
        );
    return response;
}

function packageDependency(plugin: PluginPackage): PackageDependency {
    return new PackageDependency()
        .setKind("resource")
        .setName(plugin.name)
        .setVersion(plugin.version)
        .setServer(plugin.server)
        .setParameterization(parameterization(plugin.parameterization))
        .setExtension$(parameterization(plugin.extension));
}

function parameterization(source?: Parameterization): PackageParameterization | undefined {
    return (
        source &&
        new PackageParameterization().setName(source.name).setVersion(source.version).setValue(source.value)
    );
}
