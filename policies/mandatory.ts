import { exposure } from "./databases.ts";
import { isVolumeRemoval, mountedSocket, powerfulCapability } from "./machine.ts";
import { hasPasswordOnCommandLine, isApplication, passwordVariable } from "./passwords.ts";
import { CONTAINER, IMAGE, isAnyContainer, type Resource, VOLUME } from "./resource.ts";
import { isOneOf, type Settings } from "./settings.ts";

/** A rule about one resource: what is wrong with it and what to do, if something is. */
export interface Rule {
    name: string;
    description: string;
    check: (resource: Resource, settings: Settings) => string | undefined;
}

/** Rules that an update must keep. */
export const mandatory: Rule[] = [
    {
        name: "database-not-published",
        description: "A database is published on this machine alone, if at all.",
        check: exposure,
    },
    {
        name: "not-privileged",
        description: "No container has the privileges of the machine.",
        check: (resource) => {
            if (resource.type === CONTAINER && resource.properties.privileged === true)
                return "it is privileged; leave privileged out, and name the capabilities that it needs";
            const capability = powerfulCapability(resource);
            return capability === undefined
                ? undefined
                : `${capability} is as good as privileged; name only the capabilities that it needs`;
        },
    },
    {
        name: "no-docker-socket",
        description: "No container has the Docker socket, which is as good as root on the machine.",
        check: (resource) => {
            const socket = isVolumeRemoval(resource) ? undefined : mountedSocket(resource);
            return socket === undefined
                ? undefined
                : `${socket} is mounted, and with it Docker's socket; leave the mount out`;
        },
    },
    {
        name: "image-has-tag",
        description: "An image is named with a tag other than latest, or with a digest.",
        check: (resource) => {
            const { type, properties } = resource;
            const image = isAnyContainer(resource)
                ? properties.image
                : type === IMAGE
                  ? properties.name
                  : undefined;
            if (typeof image !== "string" || image.includes("sha256:")) return undefined;
            const [, tag] = /:([^:/]+)$/.exec(image) ?? [];
            if (tag && tag !== "latest") return undefined;
            return `${image} is another image from one day to the next; name a version, such as ${image.replace(/:latest$/, "")}:1.2`;
        },
    },
    {
        name: "no-plaintext-password",
        description: "No password is on a command line, nor in the environment of what is no application.",
        check: (resource) => {
            if (hasPasswordOnCommandLine(resource))
                return "there is a password on its command line, where everybody on the machine reads it; put it into a file";
            // Of an application's, the links' are secret in the state; of others, a policy cannot tell which are.
            const name = isApplication(resource) ? undefined : passwordVariable(resource);
            if (name === undefined) return undefined;
            return `${name} is in its environment, where docker inspect shows it; put it into a file, and set ${name}_FILE`;
        },
    },
    {
        name: "data-protected",
        description: "Volumes are protected from deletion, but for those of throwaway stacks.",
        check: ({ type, isProtected, stack }, { throwawayStacks }) =>
            type !== VOLUME || isProtected || isOneOf(throwawayStacks, stack)
                ? undefined
                : "it may be deleted with its data; set protectData (or the option protect)",
    },
];
