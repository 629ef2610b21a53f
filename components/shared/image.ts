import { join } from "node:path";
import * as command from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import {
    type ContainerEngine,
    dockerScript,
    enginePlatform,
    refuseContextForBuilds,
} from "../engines/index.ts";
import { type BuildArgs, type PushArgs, validateBuild } from "./build-args.ts";
import { createBuildxImage, needsBuildx } from "./buildx.ts";
import { findNewestImage, registryHost } from "./image-registry.ts";
import { toDnsLabel } from "./dns-label.ts";
import { withDependency } from "./readiness.ts";
import { buildHooks, pullHooks } from "./registry-login.ts";
import { readScriptBody } from "./scripts.ts";
import {
    ifKnown,
    isImage,
    isOneOf,
    isUnknown,
    quote,
    refuse,
    validate,
    validateObject,
    reportErrorsOn,
} from "./validation.ts";

/** When an image is pulled from its registry. */
export const Pull = {
    /** If the Docker Engine does not have it. */
    Missing: "missing",
    /** Also if its tag names another image in the registry now. Every preview and update queries the registry. */
    Always: "always",
} as const;
export type Pull = (typeof Pull)[keyof typeof Pull];

/** An image, either existing or built. */
export interface ImageSource {
    /** Name of an image, as for `docker pull`, or an Output of a resource that creates an image. With `build`, the name of
     *  the image that is built. @default with `build`, `<project>/<component>:<stack>` */
    image?: pulumi.Input<string>;
    /** Builds the image from a Dockerfile. */
    build?: BuildArgs;
    /** When the image is pulled. `Pull.Always` notices a newer image under the same tag, and replaces the container.
     *  @default `Pull.Missing` */
    pull?: Pull;
}

/** @throws pulumi.InputPropertyError for invalid arguments, and if neither `image` nor `build` is set where one is required */
export function validateImage({ image, build, pull }: ImageSource, isRequired: boolean): void {
    if (isRequired && image === undefined && build === undefined)
        refuse("image", "required unless build is set");
    validatePull({ image, build, pull });
    validateObject("build", build, '{ context: "." }');
    if (build) validateBuild(build);
    validate({ image: [ifKnown(image), isImage] });
    if (build) validateBuiltName(image, build.push);
}

function validatePull({ image, build, pull }: ImageSource): void {
    validate({ pull: [pull, isOneOf(Object.values(Pull))] });
    if (pull !== Pull.Always) return;
    if (build) refuse("pull", "the image is built and not pulled; leave pull out");
    if (isUnknown(image))
        refuse(
            "pull",
            "image is an Output, which already names one image; write the name of the image as a string, or leave pull out",
        );
}

/** The name of a built image cannot contain a digest. With `push`, there must be exactly one name. */
function validateBuiltName(image: ImageSource["image"], push: PushArgs | undefined): void {
    for (const [path, name] of Object.entries({ image, "build.push.image": push?.image }))
        if (typeof name === "string" && name.includes("sha256:"))
            refuse(path, `${quote(name)} has a digest, but the image is built; use a name with a tag`);
    if (!push) return;
    if (push.image === undefined && image === undefined)
        refuse("build.push.image", "required unless image is set, which is then the name to push to");
    if (push.image !== undefined && image !== undefined && (isUnknown(image) || push.image !== image))
        refuse(
            "build.push.image",
            "image is set too, but a built image has only one name; set image, and leave push.image out",
        );
}

/** Builds or pulls the image. Resolves to its digest or ID, so that a new image replaces the container. */
export function resolveImage(
    name: string,
    { image, build, pull }: ImageSource,
    engine: ContainerEngine,
    opts: pulumi.ResourceOptions,
): pulumi.Output<string> {
    if (build) {
        const built = buildImage(name, image, build, opts);
        sources.set(built, build.context);
        return built;
    }
    // An Output comes from a resource that has created or pulled the image.
    if (typeof image !== "string" || image.startsWith("sha256:")) return pulumi.output(image ?? "");
    if (pull === Pull.Always && !image.includes("@")) return pullNewestImage(name, image, engine, opts);
    return engine.imageReference(
        new docker.RemoteImage(
            `${name}-image`,
            { name: image, keepLocally: true },
            pulumi.mergeOptions(opts, { hooks: pullHooks(name, image, opts.parent) }),
        ),
    );
}

const sources = new WeakMap<object, string>();

/** The build context of an image that this program builds, or else the project directory. */
export function sourceOf(image: ImageSource["image"]): string {
    return (typeof image === "object" ? sources.get(image) : undefined) ?? ".";
}

/** Name of a component's image on the Docker Engine that builds it. */
export function localImageName(component: string): string {
    const [project, name, stack] = [pulumi.getProject(), component, pulumi.getStack()].map((part) =>
        toDnsLabel(part),
    ) as [string, string, string];
    return `${project}/${name}:${stack}`;
}

/**
 * Pulls the image that a tag names in its registry now. If the registry does not answer, keeps the image in the state
 * or, for a new component, the one on the Docker Engine.
 */
function pullNewestImage(
    name: string,
    image: string,
    engine: ContainerEngine,
    opts: pulumi.ResourceOptions,
): pulumi.Output<string> {
    // Creates resources in `apply`, because the option `ignoreChanges` cannot be an Output. The lookup always resolves.
    return pulumi.output(findNewestImage(image, opts)).apply(({ digest, local }) => {
        // By digest, as Docker does not pull a tag again if it already has it.
        const wanted = digest === undefined ? image : `${image}@${digest}`;
        const remote = new docker.RemoteImage(
            `${name}-image`,
            { name: wanted, keepLocally: true },
            pulumi.mergeOptions(opts, {
                hooks: pullHooks(name, wanted, opts.parent),
                ignoreChanges: digest === undefined ? ["name"] : [],
                // Another tag takes effect even if the name is ignored: a replacement uses the name in the program.
                replacementTrigger: image,
            }),
        );
        // In a preview, the outputs of a replaced RemoteImage are unknown. They must not replace a container that
        // already runs the image.
        const pulled = local ?? remote;
        // Moves the tag, as `docker pull` does. Otherwise other stacks, and this one without `pull`, would run the earlier
        // image again.
        new docker.Tag(
            `${name}-image-tag`,
            { sourceImage: pulled.imageId, targetImage: image },
            pulumi.mergeOptions(opts, { dependsOn: remote }),
        );
        return withDependency(engine.imageReference(pulled), remote);
    });
}

function buildImage(
    name: string,
    image: ImageSource["image"],
    build: BuildArgs,
    opts: pulumi.ResourceOptions,
): pulumi.Output<string> {
    const local = image ?? localImageName(name);
    const built = (needsBuildx(build) ? createBuildxImage : createDockerImage)(
        name,
        build.push?.image ?? local,
        build,
        opts,
    );
    if (build.push) return built;
    createBuildRemoval(name, built, opts);
    // The image can be deleted only after the containers that run it.
    return withDependency(built, createImageRemoval(name, local, built, opts));
}

function createDockerImage(
    name: string,
    image: pulumi.Input<string>,
    build: BuildArgs,
    opts: pulumi.ResourceOptions,
): pulumi.Output<string> {
    reportErrorsOn(opts.parent, () => {
        refuseContextForBuilds(opts.parent);
    });
    const { context, dockerfile, args, target, platform, push, cacheFrom } = build;
    const built = new docker.Image(
        `${name}-image`,
        {
            imageName: image,
            skipPush: push === undefined,
            build: {
                context,
                target,
                // The provider's default is the platform of the machine that Pulumi runs on, with a warning.
                // @pulumi/docker 5.0 does not declare that the platform may be undefined.
                // oxlint-disable-next-line typescript/no-unnecessary-type-assertion
                platform: platform ?? (enginePlatform(opts.parent) as pulumi.Output<string>),
                dockerfile: dockerfile ?? join(context, "Dockerfile"),
                // BuildKit reuses layers only of images that contain its cache metadata.
                args: cacheFrom ? { BUILDKIT_INLINE_CACHE: "1", ...args } : args,
                cacheFrom: cacheFrom && { images: cacheFrom },
            },
            registry: registryOf(build),
        },
        pulumi.mergeOptions(opts, { hooks: buildHooks(name, push && image, opts.parent) }),
    );
    return built.repoDigest;
}

function registryOf({ push, cacheFrom: [cache] = [] }: BuildArgs): docker.types.input.Registry | undefined {
    if (push?.username !== undefined)
        return { username: push.username, password: push.password && pulumi.secret(push.password) };
    // With cacheFrom, the provider looks for a login for the image itself, and fails if its name has no registry
    // (pulumi/pulumi-docker, Check in provider.go). It pulls the cache with the login that it finds.
    return push === undefined && cache !== undefined ? { server: registryHost(cache) } : undefined;
}

/**
 * Names that volumes of the component cannot have. In states of version 0.1.0, each volume has a Command
 * `<component>-<volume>-removal`, and the image has `<component>-build-removal` and `<component>-image-removal`.
 */
export function volumesReservedForImage({ build }: Pick<ImageSource, "build">): string[] {
    return build === undefined || build.push !== undefined ? [] : ["build", "image"];
}

/** Deletes an earlier build once a newer one has taken its name. */
function createBuildRemoval(name: string, id: pulumi.Output<string>, opts: pulumi.ResourceOptions): void {
    const script = readScriptBody(import.meta.dirname, "build-removal.sh");
    new command.local.Command(
        `${name}-build-removal`,
        { delete: "sh", ...dockerScript(opts.parent, script, { IMAGE: id }), triggers: [id] },
        opts,
    );
}

/** Deletes the image when the stack is destroyed or the component is renamed, which the provider does not do. */
function createImageRemoval(
    name: string,
    image: pulumi.Input<string>,
    id: pulumi.Output<string>,
    opts: pulumi.ResourceOptions,
): pulumi.Resource {
    const script = readScriptBody(import.meta.dirname, "image-removal.sh");
    return new command.local.Command(
        `${name}-image-removal`,
        { delete: "sh", ...dockerScript(opts.parent, script, { NAME: image, IMAGE: id }) },
        // State of version 0.1.0 has no trigger. Pulumi does not replace a resource for its first trigger.
        pulumi.mergeOptions(opts, { replacementTrigger: image }),
    );
}
