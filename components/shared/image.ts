import { statSync } from "node:fs";
import { join } from "node:path";
import * as command from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import {
    type ContainerEngine,
    dockerScripts,
    enginePlatform,
    refuseContextForBuilds,
} from "../engines/index.ts";
import { toDnsLabel } from "./names.ts";
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

/** How to build an image. */
export interface BuildArgs {
    /** Folder whose files the build sees, relative to the project's. */
    context: string;
    /** The Dockerfile, relative to the project's folder. @default `Dockerfile` in `context` */
    dockerfile?: string;
    /** Build arguments (`ARG`). They stay readable in the image's history: nothing secret. */
    args?: Record<string, pulumi.Input<string>>;
    /** Stage to stop at. @default the last */
    target?: string;
    /** Such as `linux/amd64`. @default that of the Docker Engine */
    platform?: string;
    /** Images whose layers may be used again, such as the one pushed last; its build must have had this argument too. */
    cacheFrom?: string[];
    /** Pushes the image, and runs it from there. @default it stays on this machine */
    push?: PushArgs;
}

/** Where an image is pushed, and who pushes it. The nodes of a Swarm pull it with the provider's login: `docker:registryAuth`. */
export interface PushArgs {
    /** Name with the registry and a tag: `registry.example.com/team/shop:1.2`. */
    image: pulumi.Input<string>;
    /** Who logs in to the registry, with `password`. @default the login that `docker login` left */
    username?: pulumi.Input<string>;
    /** A password or token of `username`. */
    password?: pulumi.Input<string>;
}

/** An image by name, or built; one of the two. */
export interface ImageSource {
    /** Name of an image, as in `docker pull`; an output of a resource that makes one is taken as it is. */
    image?: pulumi.Input<string>;
    /** How to build it, in place of `image`. */
    build?: BuildArgs;
}

/** @throws pulumi.InputPropertyError if there are both, or neither where there must be one */
export function validateImage({ image, build }: ImageSource, needed: boolean): void {
    if (image !== undefined && build !== undefined) refuse("image", "image and build are both set; keep one");
    if (needed && image === undefined && build === undefined) {
        refuse("image", "required unless build is set");
    }
    validateObject("build", build, '{ context: "." }');
    validateObject("build.args", build?.args, '{ RUBY_VERSION: "3.4" }');
    validateObject("build.push", build?.push, '{ image: "registry.example.com/team/app:1.2" }');
    if (build) validateFiles(build);
    const { push } = build ?? {};
    if ((push?.username === undefined) !== (push?.password === undefined)) {
        refuse(
            "build.push",
            "username and password belong together; set both, or neither to use docker login",
        );
    }
    validate({ image: [ifKnown(image), isImage], "build.push.image": [ifKnown(push?.image), isImage] });
}

function validateFiles({ context, dockerfile }: BuildArgs): void {
    validate({ "build.context": [required(context), isString], "build.dockerfile": [dockerfile, isString] });
    if (!statSync(context, { throwIfNoEntry: false })?.isDirectory())
        refuse("build.context", `${quote(context)} is not a folder on this machine; name one that is there`);
    const file = dockerfile ?? join(context, "Dockerfile");
    if (!statSync(file, { throwIfNoEntry: false })?.isFile())
        refuse(
            "build.dockerfile",
            `${quote(file)} is not a file on this machine; name the Dockerfile, from the project's folder`,
        );
}

/** What to run: a digest or an ID, which change when the image does. */
export function resolveImage(
    name: string,
    { image, build }: ImageSource,
    engine: ContainerEngine,
    opts: pulumi.ResourceOptions,
): pulumi.Output<string> {
    if (build) return buildImage(name, build, opts);
    // An output comes from a resource that has made sure of the image.
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
                // Left out, it is the platform of the machine that Pulumi runs on, and each update says so.
                platform: settings.platform ?? enginePlatform(opts.parent),
                dockerfile: dockerfile ?? join(build.context, "Dockerfile"),
                // What BuildKit finds again in an image, it was told to write there.
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
    removalOfBuild(name, image.repoDigest, opts);
    const removal = removalOnDestroy(name, local, image.repoDigest, opts);
    // What runs the image depends on its removal, which so comes after it.
    return pulumi.all([image.repoDigest, removal.urn]).apply(([id]) => id);
}

/** A newer build takes the name of the one before, which goes when nothing runs it any more. */
function removalOfBuild(name: string, id: pulumi.Output<string>, opts: pulumi.ResourceOptions): void {
    const scripts = dockerScripts(opts.parent, {
        // Others may have given it a name.
        delete: (
            docker,
        ) => `names=$(${docker} image inspect --format '{{len .RepoTags}}' "$IMAGE" 2>/dev/null) || exit 0
[ "$names" != 0 ] || ${docker} image rm "$IMAGE" >/dev/null 2>&1 || true`,
    });
    const inputs = { ...scripts, environment: { IMAGE: id }, triggers: [id] };
    new command.local.Command(`${name}-build-removal`, inputs, opts);
}

/**
 * The provider leaves built images behind; a stack that is destroyed leaves nothing, nor does a component that is
 * renamed. Where the name is another image's by now, that one stays.
 */
function removalOnDestroy(
    name: string,
    image: string,
    id: pulumi.Output<string>,
    opts: pulumi.ResourceOptions,
): pulumi.Resource {
    const scripts = dockerScripts(opts.parent, {
        delete: (docker) => `id=$(${docker} image inspect --format '{{.Id}}' "$NAME" 2>/dev/null) || exit 0
[ "$id" != "$IMAGE" ] || ${docker} image rm --force "$NAME" >/dev/null 2>&1 || true`,
    });
    return new command.local.Command(
        `${name}-image-removal`,
        { ...scripts, environment: { NAME: image, IMAGE: id } },
        // Version 0.1.0 recorded no name: the first trigger replaces nothing.
        pulumi.mergeOptions(opts, { replacementTrigger: image }),
    );
}
