import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { Engine } from "../engines/engine.ts";
import { dockerScripts, type Mount } from "../engines/index.ts";
import type { ImageSource } from "../shared/image.ts";
import { shellQuote } from "../shared/shell.ts";
import type { StorageArgs } from "./storage.ts";

/** What a service asks of an image and of a place for its data: shell commands that run in that image. */
export interface Requirements {
    /** Official image, such as `postgres`. */
    officialImage: string;
    /** Succeeds in an image that the service can run. */
    image: string;
    /** Succeeds in a directory that has data of the service, which is the working directory. */
    data: string;
    /** Files that a directory without data may have. */
    files: string[];
}

/** Where the check sees the data. */
const DATA = "/drydock-data";

/**
 * Checks the image, and the volume or directory that the user names, before the service's container is created: the
 * official entrypoints give all files that they find to the service's user. It changes nothing, and does not reach
 * the nodes of a Swarm.
 *
 * @returns nothing where Drydock chose the image and the volume
 */
export function createDataCheck(
    name: string,
    args: ImageSource & StorageArgs & { engine?: Engine },
    requirements: Requirements,
    image: pulumi.Output<string>,
    [mount]: Mount[],
    opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
    const { officialImage } = requirements;
    const official =
        args.build === undefined &&
        (args.image === undefined ||
            (typeof args.image === "string" && args.image.startsWith(`${officialImage}:`)));
    const place = (args.hostPath ?? args.volume) === undefined ? undefined : mount;
    if (args.engine === Engine.Swarm || (official && place === undefined)) return [];
    const data = pulumi.output(place?.hostPath ?? place?.volume ?? "");
    const check = new command.local.Command(
        `${name}-check`,
        {
            ...dockerScripts(opts.parent, { create: (docker) => checkScript(docker, requirements) }),
            environment: { IMAGE: image, DATA: data },
            triggers: [image, data],
        },
        opts,
    );
    return [check];
}

/** @param docker the docker command, with its options; the variables IMAGE and DATA say what it looks at */
export function checkScript(docker: string, { officialImage, image, data, files }: Requirements): string {
    const inside = `{ ${image}; } >/dev/null 2>&1 || exit 64
[ -n "$DATA" ] || exit 0
[ -d ${DATA} ] || exit 65
cd ${DATA} || exit 0 # Over NFS, root may not enter it: the start will tell.
{ ${data}; } >/dev/null 2>&1 && exit 0
found=$(ls -A | grep -vxF ${files.map((file) => `-e ${shellQuote(file)}`).join(" ")} | head -n 3 | tr '\\n' ' ')
[ -z "$found" ] || { echo "$found"; exit 66; }
`;
    return `set -eu
status=0
output=$(${docker} run --rm --network none --user 0 --env DATA \${DATA:+--volume "$DATA:${DATA}:ro"} \\
    --entrypoint sh "$IMAGE" -c ${shellQuote(inside)} 2>&1) || status=$?
fail() {
    printf '%s\\n' "$@" >&2
    exit 1
}
remedy="Use the official ${officialImage} image, or one that is built FROM it; run any other in a docker.Container."
case $status in
0) ;;
64) fail "The image is not based on the official ${officialImage} image." "$remedy" ;;
65) fail "$DATA is a file on the Docker host. Name a directory, which Docker makes if it is missing." ;;
66) fail "$DATA is not empty, and what it holds is no data of ${officialImage}: $output... It is untouched." \\
    "Name an empty directory or volume, or one with data of ${officialImage}." ;;
126 | 127) fail "The image has no shell (sh), which the service and its health check need." "$remedy" ;;
*) fail "$output" ;;
esac
`;
}
