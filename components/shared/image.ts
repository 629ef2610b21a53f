import { statSync } from "node:fs";
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
import { findNewestImage } from "./image-registry.ts";
import { toDnsLabel } from "./dns-label.ts";
import { withDependency } from "./readiness.ts";
import { readScriptBody } from "./scripts.ts";
import {
    ifKnown,
    isImage,
    isOneOf,
    isString,
    isUnknown,
    quote,
    refuse,
    required,
    validate,
    validateObject,
    reportErrorsOn,
} from "./validation.ts";

/** Builds an image from a Dockerfile. */
export interface BuildArgs {
    /** Build context: a directory, relative to the project directory. */
    context: string;
    /** Path of the Dockerfile, relative to the project directory. @default `Dockerfile` in `context` */
    dockerfile?: string;
    /** Build arguments (`ARG`). Not for secrets: the image's history shows them. */
    args?: Record<string, pulumi.Input<string>>;
    /** Stage to build. @default the last stage */
    target?: string;
    /** Platform, for example `linux/amd64`. @default the platform of the Docker Engine */
    platform?: string;
    /** Images whose layers the build may reuse, for example the last one that was pushed. They must have been built with
     *  this argument too. */
    cacheFrom?: string[];
    /** Pushes the image to a registry and runs it from there. @default the image stays on the Docker Engine */
    push?: PushArgs;
}

/** Pushes an image to a registry. The nodes of a Swarm pull it with the provider's login: `docker:registryAuth`. */
export interface PushArgs {
    /** Name with registry and tag: `registry.example.com/team/shop:1.2`. @default `image` */
    image?: pulumi.Input<string>;
    /** User of the registry. Set it together with `password`. @default the login of `docker login` */
    username?: pulumi.Input<string>;
    /** Password or token of the user. */
    password?: pulumi.Input<string>;
}

/** When an image is pulled from its registry. */
export const Pull = {
    /** When the Docker Engine does not have it. */
    Missing: "missing",
    /** Also when its tag has moved to another image in the registry. Every preview and update asks the registry. */
    Always: "always",
} as const;
export type Pull = (typeof Pull)[keyof typeof Pull];

/** An image, by name or built. */
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
    validateObject("build.args", build?.args, '{ RUBY_VERSION: "3.4" }');
    validateObject("build.push", build?.push, '{ image: "registry.example.com/team/app:1.2" }');
    if (build) validateFiles(build);
    const { push } = build ?? {};
    if ((push?.username === undefined) !== (push?.password === undefined))
        refuse(
            "build.push",
            "only one of username and password is set; set both, or neither to use the login of docker login",
        );
    validate({ image: [ifKnown(image), isImage], "build.push.image": [ifKnown(push?.image), isImage] });
    if (build) validateBuiltName(image, push);
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

/** The name of an image that is built must have a tag, or nothing, in the place of a digest. */
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
            "image is set too, and an image that is built has one name; set image, and leave push.image out",
        );
}

function validateFiles({ context, dockerfile }: BuildArgs): void {
    validate({ "build.context": [required(context), isString], "build.dockerfile": [dockerfile, isString] });
    if (!statSync(context, { throwIfNoEntry: false })?.isDirectory())
        refuse("build.context", `${quote(context)} is not a directory on this machine; use an existing one`);
    const file = dockerfile ?? join(context, "Dockerfile");
    if (!statSync(file, { throwIfNoEntry: false })?.isFile())
        refuse(
            "build.dockerfile",
            `${quote(file)} is not a file on this machine; use the path of the Dockerfile, relative to the project directory`,
        );
}

/** Builds or pulls the image. Resolves to its digest or ID, so that a new image replaces the container. */
export function resolveImage(
    name: string,
    { image, build, pull }: ImageSource,
    engine: ContainerEngine,
    opts: pulumi.ResourceOptions,
): pulumi.Output<string> {
    if (build) return buildImage(name, image, build, opts);
    // An Output comes from a resource that has created or pulled the image.
    if (typeof image !== "string" || image.startsWith("sha256:")) return pulumi.output(image ?? "");
    if (pull === Pull.Always && !image.includes("@")) return newestImage(name, image, engine, opts);
    return engine.imageReference(
        new docker.RemoteImage(`${name}-image`, { name: image, keepLocally: true }, opts),
    );
}

/**
 * The image that a tag names in its registry now. If the registry does not tell, the image that is there stays: the name in
 * the state, or for a new component that of the Docker Engine.
 */
function newestImage(
    name: string,
    image: string,
    engine: ContainerEngine,
    opts: pulumi.ResourceOptions,
): pulumi.Output<string> {
    // Resources in `apply`: the option `ignoreChanges` cannot be an Output. What the lookup returns is always known.
    return pulumi.output(findNewestImage(image, opts)).apply(({ digest, local }) => {
        const remote = new docker.RemoteImage(
            `${name}-image`,
            // By its digest: Docker does not pull a tag again that it has.
            { name: digest === undefined ? image : `${image}@${digest}`, keepLocally: true },
            pulumi.mergeOptions(opts, {
                ignoreChanges: digest === undefined ? ["name"] : [],
                // A new tag is used in any case. A replacement uses the name of the program.
                replacementTrigger: image,
            }),
        );
        // A replaced RemoteImage is unknown in a preview. It must not replace a container that has the image already.
        const pulled = local ?? remote;
        // As `docker pull` does. Without `pull`, or on another stack, the tag would bring the earlier image back.
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
    reportErrorsOn(opts.parent, () => {
        refuseContextForBuilds(opts.parent);
    });
    const { push, cacheFrom, dockerfile, ...settings } = build;
    const local =
        image ?? `${toDnsLabel(pulumi.getProject())}/${toDnsLabel(name)}:${toDnsLabel(pulumi.getStack())}`;
    const built = new docker.Image(
        `${name}-image`,
        {
            imageName: push?.image ?? local,
            skipPush: push === undefined,
            build: {
                ...settings,
                // The provider's default is the platform of the machine that Pulumi runs on, with a warning.
                // @pulumi/docker 5.0 does not declare that it may be undefined.
                // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-assertion
                platform: settings.platform ?? (enginePlatform(opts.parent) as pulumi.Output<string>),
                dockerfile: dockerfile ?? join(build.context, "Dockerfile"),
                // BuildKit reuses layers only of images that contain its cache metadata.
                args: cacheFrom ? { BUILDKIT_INLINE_CACHE: "1", ...settings.args } : settings.args,
                cacheFrom: cacheFrom && { images: cacheFrom },
            },
            registry:
                push?.username === undefined
                    ? undefined
                    : { username: push.username, password: push.password && pulumi.secret(push.password) },
        },
        opts,
    );
    if (push) return built.repoDigest;
    createBuildRemoval(name, built.repoDigest, opts);
    // The image can be deleted only after the containers that run it.
    return withDependency(built.repoDigest, createImageRemoval(name, local, built.repoDigest, opts));
}

/** Deletes an earlier build when a newer one has taken its name. */
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
