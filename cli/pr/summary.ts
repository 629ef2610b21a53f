import { checksAlert, formatViolation, risksAlert, violationsAlert } from "./alerts.ts";
import { type Change, changesOf, type Effect } from "./changes.ts";
import { type Component, componentsOf } from "./components.ts";
import { diagram } from "./diagram.ts";
import { TASK_CONTAINER } from "../../policies/resource.ts";
import { type Plan, type Properties, type Step, typeIn, UNKNOWN, type Violation } from "./events.ts";
import { publishedAddresses } from "./resources/container.ts";
import { taskOperation } from "./resources/task.ts";
import { environmentRisks, type Risk, risksOf } from "./risks.ts";
import { code, objects } from "./values.ts";

/** Marks the comment of an earlier push, which is updated. */
export const MARKER = "<!-- drydock-preview -->";

/** GitHub allows 65,536 characters in a comment. */
const MAX_LENGTH = 60_000;

export interface Summary {
    markdown: string;
    risks: Risk[];
    violations: Violation[];
}

/** What was compared, and how. */
export interface Context {
    /** For example `an environment of main (1a2b3c4)`, or `the stack prod`. */
    base: string;
    /** For example `the working tree`. */
    head: string;
    seconds: number;
    /** Whether the data loss is accepted: by the label `data-loss-accepted`, or by `--accept-data-loss`. */
    dataLossAccepted: boolean;
}

/** A plan in the words of the summary. */
export interface Analysis {
    headline: string;
    risks: Risk[];
    components: Component[];
    changes: Change[];
    unmaskedSteps: Map<string, Step>;
}

/**
 * Describes a plan as data.
 *
 * @param plan with masked secrets
 * @param unmasked the same with its secrets, of which only names of variables and files are shown
 */
export function analyze(plan: Plan, unmasked: Plan): Analysis {
    const unmaskedSteps = new Map(unmasked.steps.map((step) => [step.urn, step]));
    const components = componentsOf(plan);
    const changes = components.flatMap((component) => changesOf(component, unmaskedSteps) ?? []);
    const moves = environmentRisks(unmasked.steps);
    const risks = [
        ...moves,
        ...components.flatMap((component) => risksOf(component, unmaskedSteps, components)),
    ];
    return {
        headline: moves.length > 0 ? "The environment moves to another Docker Engine" : headline(changes),
        risks,
        components,
        changes,
        unmaskedSteps,
    };
}

/** Describes a plan for a reviewer who does not know Pulumi. Parameters as of `analyze`. */
export function summaryOf(plan: Plan, unmasked: Plan, context: Context): Summary {
    const { headline, risks, components, changes, unmaskedSteps } = analyze(plan, unmasked);
    const parts = [
        `${MARKER}\n## ${headline}`,
        risksAlert(risks, context.dataLossAccepted),
        checksAlert(components),
        violationsAlert(plan.violations.filter(({ mandatory }) => mandatory)),
        changesTable(changes),
        newPorts(plan.steps),
    ];
    const details = [
        changes.length === 0 ? "" : environmentDiagram(components, unmaskedSteps),
        advice(plan.violations.filter(({ mandatory }) => !mandatory)),
        allSteps(plan.steps),
    ];
    const { base, head, seconds } = context;
    const footer = `<sub>Compares ${base} with ${head}; took ${Math.round(seconds)} s.</sub>`;
    return { markdown: join(parts, details, footer), risks, violations: plan.violations };
}

/** The summary of a preview that failed. */
export function failureSummary(title: string, details: string[]): string {
    const lastLines = details.join("\n").trim().split("\n").slice(-40).join("\n").slice(-8_000);
    const heading = `${MARKER}\n## ✗ ${title}\n`;
    return lastLines === ""
        ? heading
        : `${heading}\n\`\`\`text\n${lastLines.replace(/```/g, "'''")}\n\`\`\`\n`;
}

/** Counts each component once, by its most severe change. */
function headline(changes: Change[]): string {
    const counted = changes.map(severity);
    const counts = SEVERITIES.map((name) => [counted.filter((other) => other === name).length, name] as const)
        .filter(([count]) => count > 0)
        .map(([count, name]) => `${count} ${name}`);
    return counts.length === 0 ? "No change to the environment" : `Components: ${counts.join(", ")}`;
}

const SEVERITIES = [
    "created",
    "restarted",
    "replaced",
    "with a rolling update",
    "with a task that runs",
    "started",
    "changed in place",
    "removed",
];

function severity({ component: { operation }, effects }: Change): string {
    if (operation === "create") return "created";
    if (operation === "delete") return "removed";
    if (effects.includes("restarts")) return "restarted";
    if (effects.includes("replaced")) return "replaced";
    if (effects.includes("rolling update")) return "with a rolling update";
    if (effects.includes("runs a task")) return "with a task that runs";
    return effects.includes("starts") ? "started" : "changed in place";
}

export const EFFECTS: Record<Effect, string> = {
    created: "created",
    removed: "**removed**",
    restarts: "**restarts**: unavailable for a few seconds",
    replaced: "**replaced**: removed and created again",
    "rolling update": "rolling update: stays available",
    "in place": "changed in place: keeps running",
    starts: "starts",
    "builds an image": "an image is built",
    "runs a task": "a task runs",
};

function changesTable(changes: Change[]): string {
    const rows = changes.map(({ component, sentences, effects }) => {
        const effect = effects.map((name) => EFFECTS[name]).join("<br>");
        const change = sentences.join("<br>") || "no visible change";
        return `| **${component.name}**<br>${component.kind} | ${change} | ${effect} |`;
    });
    return rows.length === 0
        ? ""
        : ["| Component | Change | Effect |", "| --- | --- | --- |", ...rows].join("\n");
}

/** Addresses that are newly published, with the names of their containers. */
export function addedAddresses(steps: Step[]): { address: string; name: string }[] {
    return steps.flatMap((step) => {
        const before = publishedAddresses(step.old?.inputs);
        return publishedAddresses(step.operation === "delete" ? undefined : step.new?.inputs)
            .filter((address) => !before.includes(address))
            .map((address) => ({ address, name: step.name }));
    });
}

function newPorts(steps: Step[]): string {
    const added = addedAddresses(steps).map(({ address, name }) => `- ${code(address)} → ${code(name)}`);
    return added.length === 0 ? "" : `**New published ports**\n\n${added.join("\n")}`;
}

function environmentDiagram(components: Component[], unmasked: Map<string, Step>): string {
    const resources = components.flatMap((component) =>
        component.steps.map((step) => {
            const { inputs } = step.new ?? step.old ?? { inputs: {} };
            const unmaskedStep = unmasked.get(step.urn);
            return {
                type: step.type,
                name: step.name,
                operation: step.type === TASK_CONTAINER ? taskOperation(step, component) : step.operation,
                id: step.old?.id,
                urn: step.urn,
                component: component.kind,
                inputs: {
                    ...inputs,
                    networksAdvanced: networksOf(inputs, unmaskedStep),
                    // The diagram shows names of variables only.
                    envs: (unmaskedStep?.new ?? unmaskedStep?.old)?.inputs.envs,
                },
            };
        }),
    );
    const colors =
        "green: created; yellow: changed in place; orange: replaced; blue: task that runs again; red: removed";
    return collapsed(
        `Diagram of the environment (${colors})`,
        `\`\`\`mermaid\n${diagram(resources)}\n\`\`\``,
    );
}

/**
 * The networks of a container. They are not known before the update if it links to a service whose password is not, or on a
 * Swarm to a new network: then by the URN of each.
 */
function networksOf({ networksAdvanced }: Properties, unmasked: Step | undefined): unknown {
    const names = objects(networksAdvanced).map(({ name }) => name);
    if (names.length > 0 && !names.includes(UNKNOWN)) return networksAdvanced;
    const { networksAdvanced: ofContainer = [], taskSpec: ofService = [] } =
        unmasked?.propertyDependencies ?? {};
    return [...ofContainer, ...ofService].map((urn) => ({ name: urn }));
}

function advice(violations: Violation[]): string {
    if (violations.length === 0) return "";
    const lines = violations.map((violation) => `- ${formatViolation(violation)}`);
    return collapsed(`Advice from the policies (${violations.length})`, lines.join("\n"));
}

function allSteps(steps: Step[]): string {
    const changed = steps.filter(({ operation }) => operation !== "same");
    const lines = changed.map(
        ({ operation, urn, name }) => `${operation.padEnd(8)} ${typeIn(urn).split(":").at(-1) ?? ""} ${name}`,
    );
    const title = `Pulumi's plan (${lines.length} ${lines.length === 1 ? "step" : "steps"})`;
    return lines.length === 0 ? "" : collapsed(title, `\`\`\`text\n${lines.join("\n")}\n\`\`\``);
}

function collapsed(title: string, body: string): string {
    return `<details><summary>${title}</summary>\n\n${body}\n\n</details>`;
}

/** Joins the parts. If they are too long for a comment, drops details from the last, then the end of the table. */
function join(parts: string[], details: string[], footer: string): string {
    const kept = [...details];
    const text = () => [...parts, ...kept, footer].filter((part) => part !== "").join("\n\n") + "\n";
    let dropped = false;
    while (text().length > MAX_LENGTH && kept.length > 0) {
        dropped = true;
        kept.pop();
    }
    if (dropped) kept.push("_Some details are omitted: a comment has a maximum length._");
    const whole = text();
    return whole.length <= MAX_LENGTH
        ? whole
        : `${whole.slice(0, whole.lastIndexOf("\n", MAX_LENGTH))}\n\n_Truncated: the job's log has the full summary._\n`;
}
