/** The images of the local cluster. */
import { join } from "node:path";
import type Docker from "dockerode";
import { CommandError } from "../exit-codes.ts";
import { isNotFound } from "../inventory.ts";
import { messageOf } from "../project.ts";
import { followProgress, proxyVariables, remedyFor } from "./docker.ts";
import { step } from "../step.ts";

export const NODE_IMAGE = "drydock/node";

/** Base of the node image. */
export const BASE_IMAGE = "debian:trixie-slim";

export const REGISTRY_IMAGE = "registry:2";

/** Pulls an image that this machine does not have. */
export async function provideImage(docker: Docker, image: string): Promise<void> {
    if (await hasImage(docker, image)) return;
    try {
        await step(`Pulling ${image}`, async (report) => {
            await followProgress(docker, await docker.pull(image), report);
        });
    } catch (error) {
        throw new CommandError(
            `${image} cannot be pulled: ${messageOf(error)}`,
            remedyFor(
                error,
                `Try again, run \`docker pull ${image}\`, which uses your login, or copy the image from another machine: ` +
                    `\`docker save ${image}\` there, \`docker load\` here.`,
            ),
        );
    }
}

async function hasImage(docker: Docker, image: string): Promise<boolean> {
    try {
        await docker.getImage(image).inspect();
        return true;
    } catch (error) {
        if (isNotFound(error)) return false;
        throw error;
    }
}

/** Builds the node image with the network and the proxy of this machine, so that apt reaches its mirror. */
export async function buildNodeImage(docker: Docker): Promise<void> {
    await provideImage(docker, BASE_IMAGE);
    const context = { context: join(import.meta.dirname, "node"), src: ["Dockerfile", "start.sh"] };
    const options = {
        t: NODE_IMAGE,
        networkmode: "host",
        buildargs: proxyVariables(["http_proxy", "https_proxy", "no_proxy"]),
    };
    try {
        await step("Building the image of the nodes", async (report) => {
            await followProgress(docker, await docker.buildImage(context, options), report);
        });
    } catch (error) {
        throw new CommandError(
            `The image of the nodes cannot be built: ${messageOf(error)}`,
            remedyFor(
                error,
                "The build installs Debian packages: check that Docker reaches the Debian mirror, and try again.",
            ),
        );
    }
}
