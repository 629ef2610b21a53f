import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";

/** Of a DNS label (RFC 1035), and thus of a container's host name. */
const MAX_LABEL_LENGTH = 63;

/**
 * Name in Docker of a component's container or network: `<project>-<stack>-<name>`, so that stacks of the same program can
 * run side by side. It is a valid host name, as other containers use it as such.
 */
export function physicalName(name: string): string {
    return toDnsLabel([pulumi.getProject(), pulumi.getStack(), name].join("-"));
}

/**
 * Name of a volume: `<project>.<stack>.<component>`. The parts contain no dots: otherwise, a project `a-b` with a stack `c`
 * could use the volumes of a project `a` with a stack `b-c`.
 *
 * @param names of the component and, if it has several volumes, of the volume
 */
export function volumeName(...names: string[]): string {
    return [pulumi.getProject(), pulumi.getStack(), ...names].map((part) => toDnsLabel(part)).join(".");
}

/** Converts a name to a valid host name. If that changes it, a hash is appended, so that different names stay different. */
export function toDnsLabel(text: string, maxLength = MAX_LABEL_LENGTH): string {
    const plain = text
        .toLowerCase()
        .replace(/[^a-z0-9-]+/g, "-")
        .replace(/^-+|-+$/g, "");
    if (plain === text && plain.length <= maxLength) return plain;
    const hash = createHash("sha256").update(text).digest("hex").slice(0, 7);
    const start = plain.slice(0, maxLength - hash.length - 1).replace(/-+$/, "");
    return start === "" ? hash : `${start}-${hash}`;
}

/** Labels of everything that Drydock creates in Docker. `make up` uses them to find what an interrupted update left. */
export function drydockLabels(component: string): Record<string, string> {
    return {
        "drydock.project": pulumi.getProject(),
        "drydock.stack": pulumi.getStack(),
        "drydock.component": component,
    };
}
