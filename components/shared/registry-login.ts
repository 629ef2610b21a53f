import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { createDockerClient } from "../engines/index.ts";
import { createErrorHook, createHook, hasHooks } from "../engines/hooks.ts";
import { DOCKER_HUB, registryHost } from "./image-registry.ts";

/**
 * Hooks of a docker.RemoteImage. The official provider pulls with the logins in `docker:registryAuth` only: pull the image
 * beforehand if there is a login of `docker login`, which may be in a credential helper.
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
        const isThere = await docker("image", "inspect", image).then(
            () => true,
            () => false,
        );
        // The provider may have another login, and reports what is wrong.
        if (!isThere) await docker("pull", "--quiet", image).catch(() => undefined);
    });
    return { beforeCreate: [pull], ...loginHooks(name, image, parent) };
}

/** A hook that explains why a registry refused a pull, a build or a push. */
export function loginHooks(
    name: string,
    image: pulumi.Input<string> | undefined,
    parent: pulumi.Resource | undefined,
): pulumi.ResourceHookBinding {
    if (!hasHooks()) return {};
    const resolved = new Promise<string | undefined>((resolve) => {
        pulumi.output(image).apply(resolve);
    });
    const explain = createErrorHook(`${name} login`, async ({ errors }) => {
        const explanation = explainLogin(await resolved, errors.join("\n"));
        if (explanation !== undefined) await pulumi.log.error(explanation, parent);
    });
    return { onError: [explain] };
}

const REFUSED =
    /unauthorized|authentication required|unauthenticated|no basic auth credentials|access denied|access to the resource is denied|(?<!permission )denied: |insufficient_scope|failed to authorize|error getting credentials|token has expired|\b40[13] (Unauthorized|Forbidden)/i;

/** The image that a message of BuildKit, Docker or a plugin is about. */
const NAMED =
    /(?:load metadata for|source metadata for|pulling image|image|resolve reference|cache manifest from|access denied for) "?((?:[\w.-]+(?::\d+)?\/)?[\w./-]+(?::[\w.-]+)?)\b/;

/**
 * What to do if a registry refuses a login. Undefined if the error is about something else.
 *
 * @param image that the error is about if it names none. Undefined for a build, whose error is about a base image.
 */
export function explainLogin(
    image: string | undefined,
    error: string,
    env = process.env,
): string | undefined {
    if (!REFUSED.test(error)) return undefined;
    const named = NAMED.exec(error)?.[1] ?? image;
    const host = named === undefined ? "" : registryHost(named);
    const registry = host === "" ? "a registry" : host === DOCKER_HUB ? "Docker Hub" : host;
    const command = ["", DOCKER_HUB].includes(host) ? "docker login" : `docker login ${host}`;
    const remedy = `run \`${command}\` on this machine, or set its login in docker:registryAuth`;
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
        return false; // Nobody has logged in.
    }
}

/** Docker Hub is `https://index.docker.io/v1/` there. */
function hostOf(address: string): string {
    const host = address.replace(/^https?:\/\//, "").replace(/\/.*$/, "");
    return registryHost(`${host}/image`);
}
