import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";

/** The longest name that DNS takes between two dots, and so the longest that a container answers to. */
const LONGEST = 63;

/**
 * The name in Docker of what a component makes: it carries the project and the stack, so that two stacks of
 * one program run side by side, and it is a host name, because others reach the container by it.
 */
export function physicalName(name: string): string {
    return toDnsLabel([pulumi.getProject(), pulumi.getStack(), name].join("-"));
}

/**
 * The name of a volume: with dots, which none of its parts has, so that of a project `a-b` with a stack `c` and
 * a project `a` with a stack `b-c` neither takes the other's data for its own.
 *
 * @param names the component's, and the volume's where it has several
 */
export function volumeName(...names: string[]): string {
    return [pulumi.getProject(), pulumi.getStack(), ...names].map((part) => toDnsLabel(part)).join(".");
}

/** A text as a host name; where it had to be changed, a digest keeps different texts apart. */
export function toDnsLabel(text: string, longest = LONGEST): string {
    const plain = text
        .toLowerCase()
        .replace(/[^a-z0-9-]+/g, "-")
        .replace(/^-+|-+$/g, "");
    if (plain === text && plain.length <= longest) return plain;
    const digest = createHash("sha256").update(text).digest("hex").slice(0, 7);
    const start = plain.slice(0, longest - digest.length - 1).replace(/-+$/, "");
    return start === "" ? digest : `${start}-${digest}`;
}

/** The labels on all that Drydock makes in Docker; `make up` knows by them what a killed update left. */
export function drydockLabels(component: string): Record<string, string> {
    return {
        "drydock.project": pulumi.getProject(),
        "drydock.stack": pulumi.getStack(),
        "drydock.component": component,
    };
}
