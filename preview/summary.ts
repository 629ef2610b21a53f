import { checksAlert, risksAlert, violated, violationsAlert } from "./alerts.ts";
import { addresses, type Component, componentsOf } from "./components.ts";
import { code } from "./differences.ts";
import { type Changes, changesOf, type Effect } from "./changes.ts";
import { type Plan, type Step, typeIn, type Violation } from "./events.ts";
import { picture } from "./picture.ts";
import { engineRisks, type Risk, risksOf } from "./risk.ts";

/** By it the comment of an earlier push is found again. */
export const MARKER = "<!-- drydock-preview -->";

/** The code host takes 65,536 characters; some are left for what stands around the summary. */
const LIMIT = 60_000;

export interface Summary {
    markdown: string;
    risks: Risk[];
    violations: Violation[];
}

export interface Circumstances {
    /** What was compared, such as `main (1a2b3c4)`. */
    base: string;
    head: string;
    seconds: number;
    /** The pull request says on purpose that data may be lost. */
    lossAccepted: boolean;
}

/**
 * What a plan would do, for a person who does not know Pulumi.
 *
 * @param plan with its secrets masked
 * @param open the same with its secrets, of which only names of variables are told
 */
export function summaryOf(plan: Plan, open: Plan, circumstances: Circumstances): Summary {
    const opened = new Map(open.steps.map((step) => [step.urn, step]));
    const components = componentsOf(plan);
    const changes = components.flatMap((component) => changesOf(component, opened) ?? []);
    const moves = engineRisks(open.steps);
    const risks = [...moves, ...components.flatMap((component) => risksOf(component, opened))];
    const nothing = changes.length + moves.length === 0 ? "Nothing that runs would change." : "";
    const parts = [
        `${MARKER}\n## ${moves.length > 0 ? "The environment moves" : headline(changes)}`,
        risksAlert(risks, circumstances.lossAccepted),
        checksAlert(components),
        violationsAlert(plan.violations.filter(({ mandatory }) => mandatory)),
        changes.length === 0 ? nothing : changesTable(changes),
        portsPart(plan.steps),
    ];
    const details = [
        changes.length === 0 ? "" : picturePart(components, opened),
        advicePart(plan.violations.filter(({ mandatory }) => !mandatory)),
        stepsPart(plan.steps),
    ];
    const { base, head, seconds } = circumstances;
    const footer = `<sub>An environment of ${base}, and what ${head} would make of it; took ${Math.round(seconds)} s.</sub>`;
    return { markdown: fitted(parts, details, footer), risks, violations: plan.violations };
}

/** What went wrong, where there is no plan. */
export function failure(what: string, said: string[]): string {
    const lines = said.join("\n").trim().split("\n").slice(-40).join("\n").slice(-8_000);
    return `${MARKER}\n## ✗ ${what}\n\n\`\`\`text\n${lines.replace(/```/g, "'''")}\n\`\`\`\n`;
}

/** Every change is counted, as one thing. */
function headline(changes: Changes[]): string {
    const kinds = changes.map(kindOf);
    const said = ["new", "restarted", "replaced", "changed in place", "removed"]
        .map((kind) => [kinds.filter((other) => other === kind).length, kind] as const)
        .filter(([count]) => count > 0)
        .map(([count, kind]) => `${count} ${kind}`);
    return said.length === 0 ? "No change to the environment" : `Components: ${said.join(", ")}`;
}

function kindOf({ component: { operation }, effects }: Changes): string {
    if (operation === "create") return "new";
    if (operation === "delete") return "removed";
    if (effects.includes("restarts")) return "restarted";
    return effects.includes("replaced") ? "replaced" : "changed in place";
}

function changesTable(changes: Changes[]): string {
    const rows = changes.map(({ component, what, effects }) => {
        const effect = effects.map((name) => EFFECTS[name]).join("<br>");
        return `| **${component.name}**<br>${component.kind} | ${what.join("<br>") || "nothing that shows"} | ${effect} |`;
    });
    return ["| Component | What changes | What that does |", "| --- | --- | --- |", ...rows].join("\n");
}

const EFFECTS: Record<Effect, string> = {
    new: "is new",
    removed: "**is removed**",
    restarts: "**restarts**: down for some seconds",
    replaced: "**replaced**: removed, and made anew",
    rolls: "replaced one by one, goes on answering",
    "in place": "changed in place, goes on running",
    rebuilt: "image built",
    "runs again": "a task runs",
};

function portsPart(steps: Step[]): string {
    const opened = steps.flatMap((step) => {
        const before = addresses(step.old?.inputs);
        return addresses(step.operation === "delete" ? undefined : step.new?.inputs)
            .filter((address) => !before.includes(address))
            .map((address) => `- ${code(address)} leads to ${code(step.name)}`);
    });
    return opened.length === 0 ? "" : `**New ports on the machine**\n\n${opened.join("\n")}`;
}

function picturePart(components: Component[], opened: Map<string, Step>): string {
    const resources = components.flatMap((component) =>
        component.steps.map((step) => {
            const inputs = { ...(step.new ?? step.old)?.inputs };
            const open = opened.get(step.urn);
            const change = step.operation === "same" ? undefined : step.operation;
            return {
                type: step.type,
                name: step.name,
                change,
                id: step.old?.id,
                component: component.kind,
                // For the names of variables alone.
                inputs: { ...inputs, envs: (open?.new ?? open?.old)?.inputs.envs },
            };
        }),
    );
    const colours = "green: new; yellow: changed in place; orange: restarted; red: removed";
    return details(`The environment (${colours})`, `\`\`\`mermaid\n${picture(resources)}\n\`\`\``);
}

function advicePart(violations: Violation[]): string {
    if (violations.length === 0) return "";
    const lines = violations.map((violation) => `- ${violated(violation)}`);
    return details(`Advice of the policies (${violations.length})`, lines.join("\n"));
}

function stepsPart(steps: Step[]): string {
    const changed = steps.filter(({ operation }) => operation !== "same");
    const lines = changed.map(
        ({ operation, urn, name }) => `${operation.padEnd(8)} ${typeIn(urn).split(":").at(-1) ?? ""} ${name}`,
    );
    return lines.length === 0
        ? ""
        : details(`All ${lines.length} steps of Pulumi`, `\`\`\`text\n${lines.join("\n")}\n\`\`\``);
}

function details(title: string, body: string): string {
    return `<details><summary>${title}</summary>\n\n${body}\n\n</details>`;
}

/** As much as the code host takes: details go first, from the last; then the table's end. */
function fitted(parts: string[], details: string[], footer: string): string {
    const kept = [...details];
    const joined = () => [...parts, ...kept, footer].filter((part) => part !== "").join("\n\n") + "\n";
    let left = false;
    while (joined().length > LIMIT && kept.length > 0) {
        left = true;
        kept.pop();
    }
    if (left) kept.push("_Some details are left out: the whole is longer than a comment may be._");
    const whole = joined();
    return whole.length <= LIMIT
        ? whole
        : `${whole.slice(0, whole.lastIndexOf("\n", LIMIT))}\n\n_And more: see the log._\n`;
}
