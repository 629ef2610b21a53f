import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Failure } from "../../plugin/check.ts";
import { type Context, resource } from "../../plugin/provider.ts";
import { boolean, list, map, object, oneOf, string, type TypeOf } from "../../plugin/schema.ts";
import {
    containsUnknown,
    DEFAULTS,
    isObject,
    isSecret,
    plainObject,
    secret,
    UNKNOWN,
    type Value,
    type Values,
} from "../../plugin/values.ts";
import { findLogin, type Login } from "./registry-login.ts";
import { type BuildContext, contextDigest, dockerfileInContext, packContext } from "./build-context.ts";
import { baseImages } from "./base-images.ts";
import { attempt, type Daemon } from "./daemon.ts";
import { followProgress, pullImage, pushImage } from "./image-transfer.ts";
import { parseImageName } from "./image-name.ts";
import { inspectImage } from "./remote-image.ts";

const properties = {
    imageName: string({ required: true, inPlace: true }),
    skipPush: boolean({ inPlace: true }),
    buildOnPreview: boolean({
        inPlace: true,
        validate: (value) => (value ? "is not supported by this plugin; remove it" : undefined),
    }),
    registry: object(
        // A changed login does not change the image.
        { server: string(), username: string({ ignored: true }), password: string({ ignored: true }) },
        { inPlace: true },
    ),
    build: object(
        {
            context: string(),
            dockerfile: string(),
            args: map(),
            target: string(),
            platform: string(),
            cacheFrom: object({ images: list(string()) }),
            network: string(),
            addHosts: list(string()),
            builderVersion: string({ validate: oneOf("BuilderV1", "BuilderBuildKit") }),
            /** Set by `check`: the digest of the context, so that a changed file causes a build. */
            contextDigest: string(),
        },
        { inPlace: true },
    ),
};

type Inputs = TypeOf<typeof properties>;

const OUTPUTS = ["baseImageName", "context", "dockerfile", "platform", "registryServer", "repoDigest"];

/** Key under which the official provider records the inputs of the last build. */
const INPUTS = "__inputs";

/** `docker:index/image:Image`: an image built from a Dockerfile and, by default, pushed. */
export const image = (daemon: Daemon) =>
    resource<Inputs>({
        token: "docker:index/image:Image",
        properties,
        outputs: OUTPUTS,
        // As in the official provider, all outputs of a build are unknown during a preview.
        updatedOutputs: OUTPUTS,
        secretOutputs: [INPUTS],

        declaredInputs: (state) => (isObject(state[INPUTS]) ? withoutUnusedRegistry(state[INPUTS]) : {}),

        check(inputs) {
            const used = withoutUnusedRegistry(inputs);
            if (used.registry === undefined) delete inputs.registry;
            return [...checkBuild(inputs), ...checkName(inputs)];
        },

        async create(inputs, context) {
            return { id: inputs.imageName, state: await build(daemon, inputs, context) };
        },

        update: (_id, _state, inputs, context) => build(daemon, inputs, context),
    });

/**
 * The inputs without a registry that nothing uses: the official provider requires one for `cacheFrom`, even if it has no login
 * and the image is not pushed.
 */
function withoutUnusedRegistry({ registry, ...others }: Values): Values {
    const isUsed = others.skipPush !== true || !isObject(registry) || registry.username !== undefined;
    return isUsed && registry !== undefined ? { registry, ...others } : others;
}

/** Adds defaults for context and Dockerfile, and the digest of the context. */
function checkBuild(inputs: Values): Failure[] {
    inputs.buildOnPreview = false;
    if (inputs.build === UNKNOWN) return [];
    const declared = isSecret(inputs.build) ? inputs.build.value : inputs.build;
    const { [DEFAULTS]: _, ...buildInputs }: Values = isObject(declared) ? declared : {};
    const build: Values = { platform: `linux/${goArchitecture()}`, ...buildInputs };
    inputs.build = isSecret(inputs.build) ? secret(build as Value) : (build as Value);
    if (containsUnknown(buildInputs.context) || containsUnknown(buildInputs.dockerfile)) return [];

    const { directory, dockerfile } = buildContextOf(plainObject(buildInputs));
    Object.assign(build, { context: directory, dockerfile });
    if (!existsSync(dockerfile)) {
        return [{ property: "build.dockerfile", reason: missingDockerfile(directory, dockerfile) }];
    }
    build.contextDigest = contextDigest({ directory, dockerfile });
    return [];
}

function missingDockerfile(directory: string, dockerfile: string): string {
    const inContext = join(directory, dockerfile);
    const hint = existsSync(inContext)
        ? `; the path is relative to the working directory: use ${inContext}`
        : "";
    return `build.dockerfile: ${dockerfile} does not exist${hint}`;
}

/** Requires a registry for a push, in the name or in the login, as the official provider does. */
function checkName(inputs: Values): Failure[] {
    const { imageName, skipPush, registry } = plainObject(inputs);
    if (skipPush === true || containsUnknown(imageName) || typeof imageName !== "string") return [];
    if (isObject(registry) ? registry.server : registry) return [];
    if (parseImageName(imageName).registry) return [];
    const reason = `imageName: ${imageName} has no registry to push to; use docker.io/${imageName} or set skipPush`;
    return [{ property: "imageName", reason }];
}

function buildContextOf(build: Values): BuildContext {
    const directory = typeof build.context === "string" ? build.context : ".";
    const dockerfile =
        typeof build.dockerfile === "string" ? build.dockerfile : join(directory, "Dockerfile");
    return { directory, dockerfile };
}

/** Go's name for this machine's architecture, which Docker uses. */
function goArchitecture(): string {
    return { x64: "amd64", ia32: "386" }[process.arch as string] ?? process.arch;
}

async function build(daemon: Daemon, inputs: Inputs, context: Context): Promise<Values> {
    const { imageName, build = {}, registry, skipPush } = inputs;
    const source = buildContextOf(build);
    const login = imageLogin(inputs) ?? findLogin(imageName, daemon.registryAuth);
    const cacheFrom = build.cacheFrom?.images ?? [];
    for (const cached of cacheFrom) {
        // The cache is optional: a build without it is only slower.
        await pullImage(daemon, cached, context, build.platform, loginFor(cached, inputs, daemon)).catch(
            (error: unknown) => {
                context.log("info", `cacheFrom: ${String(error)}`);
            },
        );
    }

    await pullPrivateImages(daemon, inputs, source, context);
    context.status(`building ${imageName}`);
    const { stream: archive, dockerfile } = packContext(source);
    const stream = await attempt(
        `building ${imageName}`,
        daemon.docker.buildImage(archive, {
            version: build.builderVersion === "BuilderV1" ? "1" : "2",
            t: imageName,
            dockerfile,
            buildargs: build.args,
            target: build.target,
            platform: build.platform,
            cachefrom: JSON.stringify(cacheFrom),
            networkmode: build.network,
            // The daemon would take an empty list for a host without a name.
            ...(build.addHosts?.length && { extrahosts: build.addHosts as unknown as string }),
            abortSignal: context.signal,
        }),
    );
    await attempt(`building ${imageName}`, followProgress(daemon, stream, context));
    const { Id } = await daemon.docker.getImage(imageName).inspect();
    return {
        [INPUTS]: inputs as Value,
        imageName,
        baseImageName: imageName,
        context: source.directory,
        dockerfile: dockerfileInContext(source),
        platform: build.platform,
        registryServer: registry?.server ?? "",
        repoDigest: skipPush ? Id : await pushImage(daemon, imageName, login, context),
    };
}

/** BuildKit asks for logins in a session, which this plugin does not have. It uses an image that is there. */
async function pullPrivateImages(
    daemon: Daemon,
    inputs: Inputs,
    { dockerfile }: BuildContext,
    context: Context,
): Promise<void> {
    const { args, platform } = inputs.build ?? {};
    for (const image of baseImages(readFileSync(dockerfile, "utf8"), args)) {
        const login = loginFor(image, inputs, daemon);
        if (login === undefined || (await inspectImage(daemon, image))) continue;
        await pullImage(daemon, image, context, platform, login);
    }
}

/** The login for a base image or a cache image. The built image's login applies to its own registry only. */
function loginFor(cached: string, inputs: Inputs, { registryAuth }: Daemon): Login | undefined {
    const login = imageLogin(inputs);
    return findLogin(
        cached,
        login ? [{ ...login, address: login.serveraddress }, ...registryAuth] : registryAuth,
    );
}

/** The login in the image's own arguments. */
function imageLogin({ imageName, registry }: Inputs): Login | undefined {
    const { username, password, server = "" } = registry ?? {};
    if (!username || !password) return undefined;
    const serveraddress = server === "" ? (parseImageName(imageName).registry ?? "") : server;
    return { username, password, serveraddress };
}
