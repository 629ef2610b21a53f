import type { Component } from "./components.ts";
import type { Violation } from "./events.ts";
import type { Risk } from "./risk.ts";
import { versionChecks } from "./version-risk.ts";

export function risksAlert(risks: Risk[], accepted: boolean): string {
    const end = accepted
        ? "The pull request says that this is meant."
        : "If this is meant, say so on the pull request: the label `data-loss-accepted`.";
    return alert("CAUTION", "Data at risk", risks.map(ofComponent), end);
}

/** What nobody but a person can tell; it fails nothing. */
export function checksAlert(components: Component[]): string {
    const checks = components.flatMap((component) =>
        versionChecks(component).map((what) => ofComponent({ component: component.name, what })),
    );
    return alert("IMPORTANT", "To be checked", checks);
}

export function violationsAlert(violations: Violation[]): string {
    return alert("WARNING", "Policies broken", violations.map(violated));
}

export function violated({ policy, message }: Violation): string {
    return `${message} (\`${policy}\`)`;
}

function ofComponent({ component, what }: Risk): string {
    return `**${component}**: ${what}`;
}

/** A box that the code host makes stand out; nothing where there is nothing to say. */
function alert(kind: string, title: string, items: string[], end = ""): string {
    if (items.length === 0) return "";
    const list = items.map((item) => `- ${item}`);
    const lines = [`[!${kind}]`, `**${title}**`, "", ...list, ...(end === "" ? [] : ["", end])];
    return lines.map((line) => `> ${line}`.trimEnd()).join("\n");
}
