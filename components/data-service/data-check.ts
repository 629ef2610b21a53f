import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { Engine } from "../engines/engine.ts";
import { dockerScript, type Mount } from "../engines/index.ts";
import type { ImageSource } from "../shared/image.ts";
import { readScriptBody } from "../shared/scripts.ts";
import type { StorageArgs } from "./storage.ts";

/** What an image and a data directory must contain for a service to use them. */
export interface Requirements {
    /** Name of the official image that other images must be built from, for example `postgres`. */
    officialImage: string;
    /** Programs on the image's PATH. */
    programs: string[];
    /** Environment variables that the image sets. */
    variables: string[];
    /** Glob patterns, relative to the data directory. A directory with a matching file holds data of the service. */
    dataFiles: string[];
    /** Files that a directory without data may contain. */
    ignoredFiles: string[];
    /** Script that runs in the image, with the data at /drydock-data, and fails with a message if they do not fit. */
    check?: string;
}

/**
 * Checks an image, volume or directory that the user chose, before the container is created: the official entrypoints
 * change the owner of all files in the data directory. The check changes nothing. A Swarm has no check, as the image and
 * the data are on other machines.
 *
 * @returns the resources that the container depends on; none on a Swarm, or with the official image and a volume that
 *   Drydock creates
 */
export function createDataCheck(
    name: string,
    args: ImageSource & StorageArgs & { engine?: Engine },
    requirements: Requirements,
    image: pulumi.Output<string>,
    [mount]: Mount[],
    opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
    const { officialImage, programs, variables, dataFiles, ignoredFiles, check: script = "" } = requirements;
    const isOfficialImage =
        args.build === undefined &&
        (args.image === undefined ||
            (typeof args.image === "string" && args.image.startsWith(`${officialImage}:`)));
    const isUserData = (args.hostPath ?? args.volume) !== undefined;
    if (args.engine === Engine.Swarm || (isOfficialImage && !isUserData)) return [];

    const data = pulumi.output(isUserData ? (mount?.hostPath ?? mount?.volume ?? "") : "");
    const check = new command.local.Command(
        `${name}-check`,
        {
            create: "sh",
            ...dockerScript(opts.parent, readScriptBody(import.meta.dirname, "data-check.sh"), {
                IMAGE: image,
                DATA: data,
                OFFICIAL_IMAGE: officialImage,
                PROGRAMS: programs.join("\n"),
                VARIABLES: variables.join("\n"),
                DATA_FILES: dataFiles.join("\n"),
                IGNORED_FILES: ignoredFiles.join("\n"),
                CHECK: script,
                INSPECT: readScriptBody(import.meta.dirname, "inspect-data.sh"),
            }),
            triggers: [image, data],
        },
        opts,
    );
    return [check];
}
