import { statSync } from "node:fs";
import { join } from "node:path";
import type * as pulumi from "@pulumi/pulumi";
import {
    ifKnown,
    isImage,
    isString,
    isVariableName,
    matches,
    quote,
    refuse,
    required,
    validate,
    validateObject,
} from "./validation.ts";

/** Builds an image from a Dockerfile. */
export interface BuildArgs {
    /** Build context: a directory, relative to the project directory. */
    context: string;
    /** Path of the Dockerfile, relative to the project directory. @default `Dockerfile` in `context` */
    dockerfile?: string;
    /** Build arguments (`ARG`). Not for secrets, as the image's history shows them: use `secrets`. */
    args?: Record<string, pulumi.Input<string>>;
    /** Secrets by ID, for `RUN --mount=type=secret,id=...`. They are neither in the image nor in the state, and a new value
     *  does not rebuild the image. */
    secrets?: Record<string, BuildSecretArgs>;
    /** SSH agents or keys for `RUN --mount=type=ssh`: `default` is the agent of the machine that runs Pulumi, and
     *  `default=<path>` a key. */
    ssh?: string[];
    /** Further contexts by name, for `FROM <name>` and `COPY --from=<name>`: a directory relative to the project
     *  directory, `docker-image://<image>`, or the URL of a Git repository. */
    contexts?: Record<string, string>;
    /** Stage to build. @default the last stage */
    target?: string;
    /** Platform, for example `linux/amd64`. @default the platform of the Docker Engine */
    platform?: string;
    /** Images whose layers the build may reuse, for example the last one that was pushed. They must have been built with
     *  this argument too. Also accepts the options of `docker buildx build --cache-from`, for example
     *  `type=registry,ref=registry.example.com/team/shop:cache`. */
    cacheFrom?: string[];
    /** Where the build writes its cache, as for `docker buildx build --cache-to`. Types other than `type=inline` need
     *  Docker's containerd image store. */
    cacheTo?: string[];
    /** Pushes the image to a registry and runs it from there. @default the image stays on the Docker Engine */
    push?: PushArgs;
}

/** A secret for a build. Set one of `value`, `variable` and `file`. */
export interface BuildSecretArgs {
    /** Value, for example a secret of the stack's configuration. */
    value?: pulumi.Input<string>;
    /** Environment variable of the machine that runs Pulumi. */
    variable?: string;
    /** File, relative to the project directory. */
    file?: string;
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

/** @throws pulumi.InputPropertyError for invalid arguments */
export function validateBuild(build: BuildArgs): void {
    validateObject("build.args", build.args, '{ RUBY_VERSION: "3.4" }');
    validateObject("build.secrets", build.secrets, '{ gems: { variable: "GEM_TOKEN" } }');
    validateObject("build.contexts", build.contexts, '{ gems: "../gems" }');
    validateObject("build.push", build.push, '{ image: "registry.example.com/team/app:1.2" }');
    validateFiles(build);
    validateSecrets(build.secrets);
    validateContexts(build.contexts);
    validateLists(build);
    const { push } = build;
    if ((push?.username === undefined) !== (push?.password === undefined))
        refuse(
            "build.push",
            "only one of username and password is set; set both, or neither to use the login of docker login",
        );
    validate({ "build.push.image": [ifKnown(push?.image), isImage] });
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

const isSecretId = matches(
    /^\w[\w.-]*$/,
    "is not the ID of a build secret; use letters, digits, and the characters _ . -",
);

function validateSecrets(secrets: BuildArgs["secrets"] = {}): void {
    for (const [id, secret] of Object.entries(secrets)) {
        const path = `build.secrets.${id}`;
        validate({ [path]: [id, isSecretId] });
        validateObject(path, secret, '{ variable: "GEM_TOKEN" }');
        const { value, variable, file } = secret;
        if ([value, variable, file].filter((source) => source !== undefined).length !== 1)
            refuse(path, "set one of value, variable and file");
        validate({
            [`${path}.value`]: [ifKnown(value), isString],
            [`${path}.variable`]: [variable, isVariableName],
            [`${path}.file`]: [file, isString],
        });
    }
}

const isContextName = matches(
    /^\w[\w./:@-]*$/,
    "is not the name of a context; use the name after FROM or COPY --from in the Dockerfile",
);

function validateContexts(contexts: BuildArgs["contexts"] = {}): void {
    for (const [name, source] of Object.entries(contexts)) {
        const path = `build.contexts.${name}`;
        validate({ [path]: [name, isContextName] });
        validate({ [path]: [source, isString] });
        if (isDirectory(source) && !statSync(source, { throwIfNoEntry: false })?.isDirectory())
            refuse(
                path,
                `${quote(source)} is not a directory on this machine; use an existing one, docker-image://<image>, or the URL of a Git repository`,
            );
    }
}

/** Whether a context is a directory, as opposed to an image, a Git repository or another stage. */
export function isDirectory(source: string): boolean {
    return !/^[\w+.-]+:\/\/|^target:|^git@/.test(source);
}

const isOption = matches(/^[^\r\n\0]+$/, "is not an option of docker buildx build");

function validateLists({ ssh, cacheFrom, cacheTo }: BuildArgs): void {
    for (const [key, list] of Object.entries({ ssh, cacheFrom, cacheTo })) {
        if (list === undefined) continue;
        if (!Array.isArray(list)) refuse(`build.${key}`, "must be a list of strings");
        list.forEach((option, i) => {
            validate({ [`build.${key}[${i}]`]: [option, isOption] });
        });
    }
}
