import type { DeclaredService, DeclaredVolume } from "../declared.ts";
import type { Facts } from "../detect.ts";
import { type Arguments, Code } from "../model.ts";
import { camelCase } from "../program-builder.ts";
import { type ApplicationGroup, isInImage } from "./application.ts";
import { kindOf } from "./classify.ts";
import type { DataContext } from "./data-services.ts";
import { componentName } from "./names.ts";
import { isRailsApplication } from "./rails.ts";
import type { SharedVolumes } from "./services.ts";
import type { Target } from "./targets.ts";

/** What may mount the same volume. */
export interface VolumeUsers {
    group?: ApplicationGroup;
    others: DeclaredService[];
    tasks: DeclaredService[];
}

export interface VolumeContext {
    facts: Facts;
    targets: Target[];
    data: DataContext;
}

/** Declares the volumes that several components mount, or that are taken over. Returns their constants by name. */
export function declareSharedVolumes(
    { group, others, tasks }: VolumeUsers,
    { facts, targets, data }: VolumeContext,
): SharedVolumes {
    const { builder } = data;
    const shared: SharedVolumes = new Map();
    const isData = (service: DeclaredService) => ["postgres", "redis"].includes(kindOf(service, facts.known));
    const groups = [
        ...(group
            ? [
                  {
                      name: "application",
                      volumes: [group.web, ...group.processes].flatMap(({ volumes }) => volumes),
                  },
              ]
            : []),
        ...[...others.filter((service) => !isData(service)), ...tasks].map(({ name, volumes }) => ({
            name,
            volumes,
        })),
    ].map(({ name, volumes }) => ({
        name,
        volumes: volumes.filter(({ target, source }) => !isInImage(target) && source !== ""),
    }));
    const adopted =
        data.adoption === undefined ? [] : applicationVolumes(group, tasks, isRailsApplication(facts));
    for (const volume of new Set([...sharedVolumeNames(groups), ...adopted])) {
        const name = targets.some((target) => target.name === volume) ? `${volume}-volume` : volume;
        const variable = builder.identifier(volume, "Volume");
        shared.set(volume, variable);
        builder.component({
            kind: "Volume",
            name: componentName(name),
            variable,
            args: { ...adoptedVolume(volume, data), protectData: data.protectData },
            dependsOn: [],
        });
    }
    return shared;
}

/** Volumes of the application and of its tasks, except the storage, which has an argument of its own. */
function applicationVolumes(
    group: ApplicationGroup | undefined,
    tasks: DeclaredService[],
    isRails: boolean,
): string[] {
    const services = [...(group ? [group.web, ...group.processes] : []), ...tasks];
    return services
        .flatMap(({ volumes }) => volumes)
        .filter(
            ({ kind, target }) =>
                kind === "volume" && !isInImage(target) && !(isRails && target.endsWith("/storage")),
        )
        .map(({ source }) => source);
}

function adoptedVolume(volume: string, { adoption, builder }: DataContext): Arguments {
    if (adoption === undefined) return {};
    const setting = camelCase(`${volume}-volume`);
    const { text } = builder.setting(setting, "string", `Existing volume ${volume}; empty for a new one`, "");
    adoption.adoptVolume(setting, volume);
    return { name: new Code(`${text} || undefined`) };
}

/** Volumes that more than one component mounts. */
function sharedVolumeNames(groups: { name: string; volumes: DeclaredVolume[] }[]): string[] {
    const owners = new Map<string, Set<string>>();
    for (const { name, volumes } of groups)
        for (const { kind, source } of volumes)
            if (kind === "volume") owners.set(source, (owners.get(source) ?? new Set()).add(name));
    return [...owners].flatMap(([volume, names]) => (names.size > 1 ? [volume] : []));
}
