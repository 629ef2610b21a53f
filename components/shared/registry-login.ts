import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { createDockerClient } from "../engines/index.ts";
import { createErrorHook, createHook, hasHooks } from "../engines/hooks.ts";
import { DOCKER_HUB, registryHost } from "./image-registry.ts";
import { outputValue } from "./output-value.ts";

/**
 * Hooks of a docker.RemoteImage. The official provider pulls only with the logins in `docker:registryAuth`. If
 * `docker login` has stored a login, which may be in a credential helper, a hook pulls the image beforehand.
 */
export function pullHooks(
    name: string,
    image: string,
    parent: pulumi.Resource | undefined,
): pulumi.ResourceHookBinding {
    if (!hasHooks()) return {};
    const docker = createDockerClient(parent);
    const pull = createHook(`${name} pull`, async () => {
        if (!hasLogin(registryHost(image))) return;
        const exists = await docker("image", "inspect", image).then(
            () => true,
            () => false,
        );
        // If this fails, the provider may have another login. Otherwise it reports what is wrong.
        if (!exists) await docker("pull", "--quiet", image).catch(() => undefined);
    });
    const explain = loginHook(name, parent, (errors) => explainPull(image, errors));
    return { beforeCreate: [pull], onError: [explain] };
}

/**
 * Hooks of a docker.Image.
 *
 * @param image that is pushed
 */
export function buildHooks(
    name: string,
    image: pulumi.Input<string> | undefined,
    parent: pulumi.Resource | undefined,
): pulumi.ResourceHookBinding {
    if (!hasHooks()) return {};
    const resolved = outputValue(pulumi.output(image));
    return { onError: [loginHook(name, parent, async (errors) => explainBuild(await resolved, errors))] };
}

/** A hook that explains why a registry refused a pull, a build or a push. */
function loginHook(
    name: string,
    parent: pulumi.Resource | undefined,
    explain: (errors: string) => string | undefined | Promise<string | undefined>,
): pulumi.ErrorHook {
    return createErrorHook(`${name} login`, async ({ errors }) => {
        const explanation = await explain(errors.join("\n"));
        if (explanation !== undefined) await pulumi.log.error(explanation, parent);
    });
}

/** Errors of registries that refuse a login, or access without one. */
const REFUSED =
    /unauthorized|authentication (is )?required|unauthenticated|no basic auth credentials|access denied|access to the resource is denied|(?<!permission )denied: |insufficient_scope|failed to authorize|error getting credentials|token has expired|\b40[13] (Unauthorized|Forbidden)/i;

const HOST = String.raw`[\w.-]+(?::\d+)?`;

/** Finds the registry or the image in an error of BuildKit, Docker or a plugin. */
const REGISTRY_IN_ERROR = [
    String.raw`pulling from host (?<host>${HOST}) `,
    String.raw`"https?://(?<host>${HOST})/v2/`,
    String.raw`(?:load metadata for|source metadata for|resolve reference|cache manifest from|access denied for|pulling image) "?(?<image>(?:${HOST}/)?[\w./-]+)`,
    // Does not match the next word of a sentence such as "unable to read Docker image into resource".
    String.raw`image "?(?<image>${HOST}/[\w./-]+|[\w./-]+:[\w.-]+)`,
].map((pattern) => new RegExp(pattern));

/** Host and port of the registry that an error is about, if it names one. */
function registryIn(error: string): string | undefined {
    for (const pattern of REGISTRY_IN_ERROR) {
        const { host, image } = pattern.exec(error)?.groups ?? {};
        if (host !== undefined) return registryHost(`${host}/image`);
        if (image !== undefined) return registryHost(image);
    }
    return undefined;
}

/** Explains what to do if a registry refuses a pull. Undefined if the error has another cause. */
export function explainPull(image: string, error: string, env = process.env): string | undefined {
    return explainLogin(registryHost(image), error, env, ", or set its login in docker:registryAuth");
}

/**
 * Like `explainPull`, for a build. The official provider builds only with the logins of `docker login`.
 *
 * @param image that is pushed. Errors that name no other image, such as a base image, are about this one.
 */
export function explainBuild(
    image: string | undefined,
    error: string,
    env = process.env,
): string | undefined {
    const host = registryIn(error) ?? (image === undefined ? "" : registryHost(image));
    return explainLogin(host, error, env);
}

/** @param otherRemedy besides `docker login` */
function explainLogin(
    host: string,
    error: string,
    env: NodeJS.ProcessEnv,
    otherRemedy = "",
): string | undefined {
    if (!REFUSED.test(error)) return undefined;
    const registry = host === "" ? "a registry" : host === DOCKER_HUB ? "Docker Hub" : host;
    const command = ["", DOCKER_HUB].includes(host) ? "docker login" : `docker login ${host}`;
    const remedy = `run \`${command}\` on this machine${otherRemedy}`;
    if (/error getting credentials/i.test(error))
        return `the credential helper of docker login has no valid login for ${registry}: ${remedy}`;
    if (/expired/i.test(error)) return `the login for ${registry} has expired: ${remedy}`;
    if (hasLogin(host, env))
        return `${registry} does not accept the login of docker login, which may have expired or may lack permission: ${remedy}`;
    return `${registry} requires a login, or does not have the image: ${remedy}`;
}

/** Whether `docker login` has stored a login for a registry, in its file or in a credential helper. */
export function hasLogin(host: string, env = process.env): boolean {
    const directory = env.DOCKER_CONFIG ?? join(env.HOME ?? homedir(), ".docker");
    try {
        const { auths = {}, credHelpers = {} } = JSON.parse(
            readFileSync(join(directory, "config.json"), "utf8"),
        ) as { auths?: object; credHelpers?: object };
        return [...Object.keys(auths), ...Object.keys(credHelpers)].some((key) => hostOf(key) === host);
    } catch {
        return false; // There is no configuration: nobody has logged in.
    }
}

/** In Docker's configuration, Docker Hub is `https://index.docker.io/v1/`. */
function hostOf(address: string): string {
    const host = address.replace(/^https?:\/\//, "").replace(/\/.*$/, "");
    return registryHost(`${host}/image`);
}
