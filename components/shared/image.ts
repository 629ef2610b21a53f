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
import { toDnsLabel } from "./names.ts";
import { withDependency } from "./readiness.ts";
import { readScriptBody } from "./scripts.ts";
import {
    ifKnown,
    isImage,
    isString,
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
    /** Name with registry and tag: `registry.example.com/team/shop:1.2`. */
    image: pulumi.Input<string>;
    /** User of the registry. Set it together with `password`. @default the login of `docker login` */
    username?: pulumi.Input<string>;
    /** Password or token of the user. */
    password?: pulumi.Input<string>;
}

/** An image, by name or built. Set one of the two. */
export interface ImageSource {
    /** Name of an image, as for `docker pull`, or an Output of a resource that creates an image. */
    image?: pulumi.Input<string>;
    /** Builds the image from a Dockerfile. */
    build?: BuildArgs;
}

/** @throws pulumi.InputPropertyError if `image` and `build` are both set, or if a required one is missing */
export function validateImage({ image, build }: ImageSource, isRequired: boolean): void {
    if (image !== undefined && build !== undefined) refuse("image", "image and build are both set; keep one");
    if (isRequired && image === undefined && build === undefined)
        refuse("image", "required unless build is set");
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
    { image, build }: ImageSource,
    engine: ContainerEngine,
    opts: pulumi.ResourceOptions,
): pulumi.Output<string> {
    if (build) return buildImage(name, build, opts);
    // An Output comes from a resource that has created or pulled the image.
    if (typeof image !== "string" || image.startsWith("sha256:")) return pulumi.output(image ?? "");
    return engine.imageReference(
        new docker.RemoteImage(`${name}-image`, { name: image, keepLocally: true }, opts),
    );
}

function buildImage(name: string, build: BuildArgs, opts: pulumi.ResourceOptions): pulumi.Output<string> {
    reportErrorsOn(opts.parent, () => {
        refuseContextForBuilds(opts.parent);
    });
    const { push, cacheFrom, dockerfile, ...settings } = build;
    const local = `${toDnsLabel(pulumi.getProject())}/${toDnsLabel(name)}:${toDnsLabel(pulumi.getStack())}`;
    const image = new docker.Image(
        `${name}-image`,
        {
            imageName: push?.image ?? local,
            skipPush: push === undefined,
            build: {
                ...settings,
                // The provider's default is the platform of the machine that Pulumi runs on, with a warning.
                platform: settings.platform ?? enginePlatform(opts.parent),
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
    if (push) return image.repoDigest;
    createBuildRemoval(name, image.repoDigest, opts);
    // The image can be deleted only after the containers that run it.
    return withDependency(image.repoDigest, createImageRemoval(name, local, image.repoDigest, opts));
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
    image: string,
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
