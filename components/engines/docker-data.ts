import * as command from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { physicalName, volumeName } from "../names";
import { dockerCommand } from "./cli";
import { DataSpec, Mount } from "./spec";
import { labelArgs } from "./values";

/** Nothing but its removal from the program removes a volume: a changed label must not cost the data. */
export function keepData(name: string, spec: DataSpec, opts: pulumi.CustomResourceOptions): Mount {
    const { component, path, volume, hostPath, madeUp } = spec;
    if (volume === undefined) return { path, hostPath };
    const made = new docker.Volume(
        name,
        { name: volume, labels: labelArgs(component) },
        pulumi.mergeOptions(opts, {
            ignoreChanges: ["labels", "driver", "driverOpts", ...(madeUp ? ["name"] : [])],
            retainOnDelete: true,
        }),
    );
    const removal = removalOf(name, component, made, opts);
    return { path, volume: pulumi.all([made.name, removal.urn]).apply(([text]) => text) };
}

/**
 * What removes the volume, once its container is gone; but not where the component has moved to a Swarm, whose
 * service has the data now, nor where the user has named a volume that others made. What mounts the volume depends
 * on this, and not on the volume alone.
 */
function removalOf(
    name: string,
    component: string,
    volume: docker.Volume,
    opts: pulumi.CustomResourceOptions,
) {
    const service = physicalName(component);
    const script = dockerCommand(opts.parent).apply((docker) => ({
        create: `set -eu
running() {
    replicas=$(${docker} service inspect --format '{{.Spec.Mode.Replicated.Replicas}}' ${service} 2>/dev/null) &&
        [ "$replicas" != 0 ]
}
! running || {
    echo "${service} runs on a Swarm, with the data of $VOLUME: two at a time would destroy it." >&2
    echo "Remove it, which leaves the data, and run pulumi up --refresh: ${docker} service rm ${service}" >&2
    exit 1
}
`,
        delete: `set -eu
volumes=$(${docker} volume ls --quiet)
echo "$volumes" | grep -qxF "$VOLUME" || exit 0
if ${docker} service inspect ${service} >/dev/null 2>&1; then
    echo "${service} runs on a Swarm now: the data of $VOLUME stays."
    exit 0
fi
${unlessOfOthers(docker)}${docker} volume rm "$VOLUME" >/dev/null
`,
    }));
    return new command.local.Command(
        `${name}-removal`,
        {
            create: script.create,
            delete: script.delete,
            environment: { VOLUME: volume.name },
            triggers: [volume.name],
        },
        opts,
    );
}

/** Its name tells, where it was made up, or else its labels: a volume keeps those that it was made with. */
function unlessOfOthers(docker: string): string {
    const owner = `${pulumi.getProject()}/${pulumi.getStack()}`;
    const format = '{{index .Labels "drydock.project"}}/{{index .Labels "drydock.stack"}}';
    return `case $VOLUME in
${volumeName()}.*) ;;
*)
    owner=$(${docker} volume inspect --format '${format}' "$VOLUME")
    [ "$owner" = "${owner}" ] || {
        echo "$VOLUME was there before this stack, and stays: ${docker} volume rm $VOLUME removes it."
        exit 0
    }
    ;;
esac
`;
}
