import type { Component } from "./components.ts";
import type { Violation } from "./events.ts";
import { serverVersionChecks } from "./resources/server-version.ts";
import type { Risk } from "./risks.ts";

/** Risks fail the preview unless the pull request accepts them. */
export function risksAlert(risks: Risk[], accepted: boolean): string {
    const end = accepted
        ? "This pull request accepts the data loss."
        : "If the data loss is intended, add the label `data-loss-accepted` to the pull request, or pass `--accept-data-loss`.";
    return alert("CAUTION", "Data at risk", risks.map(formatRisk), end);
}

/** Checks that only a person can make. They do not fail the preview. */
export function checksAlert(components: Component[]): string {
    return alert("IMPORTANT", "To check before merging", checksOf(components).map(formatRisk));
}

export function checksOf(components: Component[]): Risk[] {
    return components.flatMap((component) =>
        serverVersionChecks(component).map((description) => ({ component: component.name, description })),
    );
}

export function violationsAlert(violations: Violation[]): string {
    return alert("WARNING", "Policy violations", violations.map(formatViolation));
}

export function formatViolation({ policy, message }: Violation): string {
    return `${message} (\`${policy}\`)`;
}

function formatRisk({ component, description }: Risk): string {
    return `**${component}**: ${description}`;
}

/** An alert of GitHub's Markdown. Empty without items. */
function alert(kind: string, title: string, items: string[], end = ""): string {
    if (items.length === 0) return "";
    const list = items.map((item) => `- ${item}`);
    const lines = [`[!${kind}]`, `**${title}**`, "", ...list, ...(end === "" ? [] : ["", end])];
    return lines.map((line) => `> ${line}`.trimEnd()).join("\n");
}
