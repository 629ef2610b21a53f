import * as pulumi from "@pulumi/pulumi";
import { toDnsLabel } from "./dns-label.ts";

/**
 * Docker name of a component's container or network: `<project>-<stack>-<name>`, so that stacks of the same program can run
 * side by side. It is a valid host name, as other containers connect to it.
 */
export function physicalName(name: string): string {
    return toDnsLabel([pulumi.getProject(), pulumi.getStack(), name].join("-"));
}

/**
 * Name of a volume: `<project>.<stack>.<component>`. The parts contain no dots: otherwise, a project `a-b` with a stack `c`
 * could use the volumes of a project `a` with a stack `b-c`.
 *
 * @param names name of the component and, if it has several volumes, name of the volume
 */
export function volumeName(...names: string[]): string {
    return [pulumi.getProject(), pulumi.getStack(), ...names].map((part) => toDnsLabel(part)).join(".");
}

/** Labels of everything that Drydock creates in Docker. `drydock up` uses them to find what an interrupted update left. */
export function drydockLabels(component: string): Record<string, string> {
    return {
        "drydock.project": pulumi.getProject(),
        "drydock.stack": pulumi.getStack(),
        "drydock.component": component,
    };
}

/** The labels for a script: `<label>=<value>`, one on each line. */
export function drydockLabelLines(component: string): string {
    return Object.entries(drydockLabels(component))
        .map(([label, value]) => `${label}=${value}`)
        .join("\n");
}
