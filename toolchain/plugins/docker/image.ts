import { existsSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../../plugin/check";
import { Context, resource } from "../../plugin/provider";
import { boolean, list, map, object, oneOf, string, TypeOf } from "../../plugin/schema";
import {
    containsUnknown,
    DEFAULTS,
    isObject,
    isSecret,
    plainObject,
    secret,
    UNKNOWN,
    Value,
    Values,
} from "../../plugin/values";
import { findLogin, Login } from "./registry-login";
import { BuildContext, digestOf, dockerfileInContext, packed } from "./build-context";
import { attempt, Daemon } from "./daemon";
import { follow, pull, push } from "./image-transfer";
import { parseImageName } from "./image-name";

const properties = {
    imageName: string({ required: true, inPlace: true }),
    skipPush: boolean({ inPlace: true }),
    buildOnPreview: boolean({
        inPlace: true,
        validate: (value) =>
            value ? "is not supported here: a preview touches nothing; leave it out" : undefined,
    }),
    registry: object(
        // Logins change often and say nothing about the image.
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
            /** Not for programs: `check` puts the digest of the context here, and its change builds again. */
            contextDigest: string(),
        },
        { inPlace: true },
    ),
};

type Inputs = TypeOf<typeof properties>;

const OUTPUTS = ["baseImageName", "context", "dockerfile", "platform", "registryServer", "repoDigest"];

/** Where the official provider keeps the inputs of the last build. */
const INPUTS = "__inputs";

/** `docker:index/image:Image`: an image built from a Dockerfile, and pushed unless told otherwise. */
export const image = (daemon: Daemon) =>
    resource<Inputs>({
        token: "docker:index/image:Image",
        properties,
        outputs: OUTPUTS,
        // As officially: what another build gives, nobody knows before.
        updatedOutputs: OUTPUTS,
        secretOutputs: [INPUTS],

        declared: (state) => (isObject(state[INPUTS]) ? state[INPUTS] : {}),

        check(inputs) {
            return [...checkBuild(inputs), ...checkName(inputs)];
        },

        async create(inputs, context) {
            return { id: inputs.imageName, state: await build(daemon, inputs, context) };
        },

        update: (_id, _state, inputs, context) => build(daemon, inputs, context),
    });

/** Fills in where the build takes place, and the digest of what goes into it. */
function checkBuild(inputs: Values): Failure[] {
    inputs.buildOnPreview = false;
    if (inputs.build === UNKNOWN) return [];
    const declared = isSecret(inputs.build) ? inputs.build.value : inputs.build;
    const { [DEFAULTS]: _, ...given }: Values = isObject(declared) ? declared : {};
    const build: Values = { platform: `linux/${goArchitecture()}`, ...given };
    inputs.build = isSecret(inputs.build) ? secret(build as Value) : (build as Value);
    if (containsUnknown(given.context) || containsUnknown(given.dockerfile)) return [];

    const { folder, dockerfile } = contextOf(plainObject(given));
    Object.assign(build, { context: folder, dockerfile });
    if (!existsSync(dockerfile)) {
        return [{ property: "build.dockerfile", reason: missingDockerfile(folder, dockerfile) }];
    }
    build.contextDigest = digestOf({ folder, dockerfile });
    return [];
}

function missingDockerfile(folder: string, dockerfile: string): string {
    const inside = join(folder, dockerfile);
    const hint = existsSync(inside) ? `; it is looked for from the working directory: use ${inside}` : "";
    return `build.dockerfile: there is no file ${dockerfile}${hint}`;
}

/** A name to push to must say which registry, or the login must, as the official provider asks. */
function checkName(inputs: Values): Failure[] {
    const { imageName, skipPush, registry } = plainObject(inputs);
    if (skipPush === true || containsUnknown(imageName) || typeof imageName !== "string") return [];
    if (isObject(registry) ? registry.server : registry) return [];
    if (parseImageName(imageName).registry) return [];
    const reason = `imageName: ${imageName} does not say which registry to push to; write docker.io/${imageName} or set skipPush`;
    return [{ property: "imageName", reason }];
}

function contextOf(build: Values): BuildContext {
    const folder = typeof build.context === "string" ? build.context : ".";
    const dockerfile = typeof build.dockerfile === "string" ? build.dockerfile : join(folder, "Dockerfile");
    return { folder, dockerfile };
}

/** The name that Docker, written in Go, has for this machine's processor. */
function goArchitecture(): string {
    return { x64: "amd64", ia32: "386" }[process.arch as string] ?? process.arch;
}

async function build(daemon: Daemon, inputs: Inputs, context: Context): Promise<Values> {
    const { imageName, build = {}, registry, skipPush } = inputs;
    const source = contextOf(build);
    const login = ownLogin(inputs) ?? findLogin(imageName, daemon.registryAuth);
    const cacheFrom = build.cacheFrom?.images ?? [];
    for (const cached of cacheFrom) {
        // The build works without its cache, only slower.
        await pull(daemon, cached, context, build.platform, loginFor(cached, inputs, daemon)).catch(
            (error: unknown) => {
                context.log("info", `cacheFrom: ${String(error)}`);
            },
        );
    }

    context.status(`building ${imageName}`);
    const { stream: archive, dockerfile } = packed(source);
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
            // The daemon takes an empty one for a host without a name.
            ...(build.addHosts?.length && { extrahosts: build.addHosts as unknown as string }),
            abortSignal: context.signal,
        }),
    );
    await attempt(`building ${imageName}`, follow(daemon, stream, context));
    const { Id } = await daemon.docker.getImage(imageName).inspect();
    return {
        [INPUTS]: inputs as Value,
        imageName,
        baseImageName: imageName,
        context: source.folder,
        dockerfile: dockerfileInContext(source),
        platform: build.platform,
        registryServer: registry?.server ?? "",
        repoDigest: skipPush ? Id : await push(daemon, imageName, login, context),
    };
}

/** The image's own login goes to its own registry alone, whatever else is there. */
function loginFor(cached: string, inputs: Inputs, { registryAuth }: Daemon): Login | undefined {
    const own = ownLogin(inputs);
    return findLogin(cached, own ? [{ ...own, address: own.serveraddress }, ...registryAuth] : registryAuth);
}

/** The login that the image brings. */
function ownLogin({ imageName, registry }: Inputs): Login | undefined {
    const { username, password, server = "" } = registry ?? {};
    if (!username || !password) return undefined;
    const serveraddress = server === "" ? (parseImageName(imageName).registry ?? "") : server;
    return { username, password, serveraddress };
}
