/** The plan of an update, in the words of the pull request summary, for a terminal. */
import { checksOf } from "../pr/alerts.ts";
import type { Plan } from "../pr/events.ts";
import type { Plans } from "../pr/pulumi.ts";
import { GENERATED_AGAIN } from "../pr/resources/password.ts";
import type { Risk } from "../pr/risks.ts";
import { addedAddresses, analyze, EFFECTS } from "../pr/summary.ts";
import { CommandError, ExitCode } from "../exit-codes.ts";
import { nameOf } from "../inventory.ts";
import type { Colors } from "../output.ts";

export interface PlanReport {
    text: string;
    hasChanges: boolean;
    risks: Risk[];
}

/** @param rotated components whose passwords are replaced on purpose, which is not a risk */
export function describePlan({ plan, unmasked }: Plans, colors: Colors, rotated: string[] = []): PlanReport {
    const { headline, risks: found, components, changes } = analyze(plan, unmasked);
    const risks = found.filter(
        ({ component, description }) => !(rotated.includes(component) && description === GENERATED_AGAIN),
    );
    const plain = (markdown: string) => markdownToText(markdown, colors);
    const item = ({ component, description }: Risk) => `  ${colors.bold(component)}: ${plain(description)}`;
    const table = changes.map(({ component, sentences, effects }) => {
        const effect = plain(effects.map((name) => EFFECTS[name]).join("; "));
        const lines = sentences.map((sentence) => `\n      ${plain(sentence)}`).join("");
        return `  ${colors.bold(component.name)} (${component.kind}): ${effect}${lines}`;
    });
    const ports = addedAddresses(plan.steps).map(({ address, name }) => `  ${address} → ${name}`);
    const violations = plan.violations.map(({ policy, message }) => `  ${message} (${policy})`);
    const parts = [
        section(colors.red("Data at risk"), risks.map(item)),
        section(colors.yellow("To check first"), checksOf(components).map(item)),
        section(colors.yellow("Policies"), violations),
        table.join("\n"),
        section("New published ports", ports),
    ];
    return {
        text: [colors.bold(headline), ...parts].filter((part) => part !== "").join("\n\n"),
        hasChanges: changes.length > 0 || plan.steps.some(({ operation }) => operation !== "same"),
        risks,
    };
}

/** For `--json`. */
export function planData({ plan, unmasked }: Plans) {
    const { headline, risks, components, changes } = analyze(plan, unmasked);
    return {
        headline,
        changes: changes.map(({ component: { name, kind }, sentences, effects }) => ({
            component: name,
            kind,
            effects,
            changes: sentences,
        })),
        risks,
        checks: checksOf(components),
        violations: plan.violations,
        newAddresses: addedAddresses(plan.steps),
    };
}

function section(title: string, items: string[]): string {
    return items.length === 0 ? "" : `${title}\n${items.join("\n")}`;
}

/** The sentences of the summary have code, bold text and line breaks. */
export function markdownToText(markdown: string, colors: Colors): string {
    return markdown
        .replace(/<br>/g, "; ")
        .replace(/\*\*(.+?)\*\*/g, (_, text: string) => colors.bold(text))
        .replace(/`([^`]*)`/g, (_, text: string) => colors.cyan(text));
}

/**
 * Refuses an update that puts data at risk.
 *
 * @param accepted components whose data may be lost
 * @param option see `Stack`
 * @throws CommandError with exit code 3
 */
export function refuseDataLoss(risks: Risk[], accepted: string[], option: string): void {
    const refused = [...new Set(risks.map(({ component }) => component))].filter(
        (component) => !accepted.includes(component),
    );
    if (refused.length === 0) return;
    const flags = refused.map((component) => `--accept-data-loss ${component}`).join(" ");
    throw new CommandError(
        `The update would put data of ${refused.join(", ")} at risk, so it was not run`,
        `The plan above shows what would happen. To accept it: \`drydock up${option} ${flags}\`.`,
        ExitCode.DataAtRisk,
    );
}

/**
 * Refuses a rotation of passwords that the program does not generate any more.
 *
 * @param urns of the passwords in the state
 * @param option see `Stack`
 */
export function refuseMissingPasswords(urns: string[], { steps }: Plan, option: string): void {
    const missing = urns.filter(
        (urn) => !steps.some((step) => step.urn === urn && step.operation === "replace"),
    );
    if (missing.length > 0)
        throw new CommandError(
            `The program no longer generates ${missing.map((urn) => nameOf({ urn })).join(", ")}, which the stack has`,
            `Update the stack with \`drydock up${option}\` first.`,
        );
}
