import * as command from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { drydockLabels, physicalName, volumeName } from "../../shared/names.ts";
import { shellQuote } from "../../shared/shell.ts";
import { dockerCommand, dockerSetup } from "../docker-command.ts";
import { volumeHooks } from "../data-guard.ts";
import type { VolumeSpec, Mount, VolumeRemovalSpec } from "../spec.ts";
import { labelArgs } from "../values.ts";

/**
 * The provider never deletes a volume: a changed argument must not cost the data. What `createVolumeRemoval` makes deletes it,
 * once its component is gone.
 */
export function createVolume(name: string, spec: VolumeSpec, opts: pulumi.CustomResourceOptions): Mount {
    const { component, path, volume, hostPath, generatedName } = spec;
    if (volume === undefined) return { path, hostPath };
    const made = new docker.Volume(
        name,
        { name: volume, labels: labelArgs(component) },
        pulumi.mergeOptions(opts, {
            ignoreChanges: ["labels", "driver", "driverOpts", ...(generatedName ? ["name"] : [])],
            retainOnDelete: true,
            // Another name is another volume, which is there before what mounts the first goes.
            deleteBeforeReplace: false,
            ...(!generatedName && { hooks: volumeHooks(name, physicalName(component), opts) }),
        }),
    );
    return { path, volume: made.name };
}

/**
 * Deletes all volumes that the component has ever had, when the component is removed. It is created before them, and
 * deleted after them and their containers.
 */
export function createVolumeRemoval(
    name: string,
    { component, volumes, named, legacy }: VolumeRemovalSpec,
    opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
    // Version 0.1.0 recorded a Command for each volume, which deletes the volume. It stays in the state with an empty
    // script; a changed trigger would run the old one.
    for (const other of legacy ?? [])
        if (other !== name) new command.local.Command(other, {}, untriggered(opts, ["triggers"]));
    return new command.local.Command(
        name,
        {
            create: "sh -s create",
            delete: "sh -s delete",
            stdin: pulumi
                .all([dockerCommand(opts.parent), dockerSetup(opts.parent)])
                .apply(([docker, setup]) => `${setup}${script({ docker, component, volumes, named })}`),
            // What it was called at first: with an alias, its volumes keep their names and labels.
            environment: { COMPONENT: component, VOLUME: volumeName(component) },
        },
        untriggered(opts, ["environment", "triggers"]),
    );
}

function untriggered(opts: pulumi.CustomResourceOptions, ignoreChanges: string[]) {
    return pulumi.mergeOptions(opts, { ignoreChanges });
}

interface Script extends Pick<VolumeRemovalSpec, "component" | "volumes" | "named"> {
    docker: string;
}

/**
 * At first it refuses to mount what a service of a Swarm is at work on. In the end it deletes what this stack has made
 * for the component, unless the component is there still, under another parent or on a Swarm.
 */
function script({ docker, component, volumes, named = "" }: Script): string {
    const service = shellQuote(physicalName(component));
    const [own, first] = [volumeName(), volumeName(component)];
    const { "drydock.component": _, ...stack } = drydockLabels(component);
    const filters = Object.entries(stack).map(
        ([key, value]) => `--filter ${shellQuote(`label=${key}=${value}`)}`,
    );
    return `set -eu
docker() { command ${docker} "$@"; }
named=${shellQuote(named)}
create() {
    [ -n ${shellQuote(volumes.join(" "))} ] || return 0
    replicas=$(docker service inspect --format '{{.Spec.Mode.Replicated.Replicas}}' ${service} 2>/dev/null) || return 0
    [ "$replicas" != 0 ] || return 0
    echo ${shellQuote(`${physicalName(component)} runs on a Swarm, with the data of ${volumes.join(", ")}: two at a time would destroy it.`)} >&2
    echo "Remove it, which leaves the data, and run pulumi up --refresh: ${docker} service rm ${service}" >&2
    return 1
}
labelled() {
    for name in ${shellQuote(component)} "\${COMPONENT:-}"; do
        [ -z "$name" ] || docker "$@" ${filters.join(" ")} --filter "label=drydock.component=$name"
    done
}
is_own() {
    case $1 in ${own}.*) return 0 ;; esac
    owner=$(docker volume inspect --format '{{index .Labels "drydock.project"}}/{{index .Labels "drydock.stack"}}' "$1")
    [ "$owner" = ${shellQuote(`${pulumi.getProject()}/${pulumi.getStack()}`)} ]
}
delete() {
    all=$(docker volume ls --quiet)
    labelled=$(labelled volume ls --quiet)
    left=$(docker service inspect --format '{{.Spec.Name}}' ${service} 2>/dev/null) && left="$left runs on a Swarm now" || left=
    for other in $(labelled ps --all --format '{{.Names}}'); do left="The container $other is there still"; done
    for volume in $all; do
        case $volume in
        ${first} | ${first}.* | "$VOLUME" | "$VOLUME".* | "$named") ;;
        *) echo "$labelled" | grep -qxF -- "$volume" || continue ;;
        esac
        users=$(docker ps --all --filter "volume=$volume" --format '{{.Names}}')
        if ! is_own "$volume"; then
            case $volume in "$VOLUME" | "$named") ;; *) continue ;; esac
            echo "$volume was there before this stack, and stays: ${docker} volume rm $volume removes it."
        elif [ -n "$left" ]; then
            echo "$left: the data of $volume stays."
        elif [ -n "$users" ]; then
            echo "The volume $volume is in use and stays, with its data: by" $users
        else
            docker volume rm "$volume" >/dev/null
            echo "The volume $volume is removed, with its data."
        fi
    done
}
"$1"
`;
}
