import type { Description } from "../changes.ts";
import type { Component } from "../components.ts";
import type { State, Step } from "../events.ts";
import { code, objects, string } from "../values.ts";
import { describeVariableNames, FILE_LABEL } from "./container.ts";

/**
 * A file of a Swarm service: a docker.Secret or a docker.ServiceConfig. Of a file of environment variables, only the
 * names of the variables are shown.
 */
export function describeFile(
    { operation, name }: Step,
    { old, new: next }: Step,
    component: Component,
): Description {
    const path = pathOf(next ?? old);
    const sentences = (): string[] => {
        const [before, after] = [exportedVariables(old), exportedVariables(next)];
        if (operation === "replace" && before.length + after.length > 0)
            return describeVariableNames(before, after);
        if (operation === "replace") return [`file ${code(path ?? name)} changes`];
        // A component that is created or removed as a whole has its own sentence.
        if (path === undefined || operation === component.operation) return [];
        const change = { create: "is added", delete: "is removed" }[operation as string];
        return change === undefined ? [] : [`file ${code(path)} ${change}`];
    };
    return { sentences: sentences(), effects: [] };
}

/** The path of a file of the user. */
function pathOf(state: State | undefined): string | undefined {
    const label = objects(state?.inputs.labels).find(({ label }) => label === FILE_LABEL);
    return label && string(label.value);
}

/**
 * The lines `NAME=value` of the file with the environment variables of a container (engines/swarm/files.ts), with the
 * values as in the container. Empty for any other file.
 */
export function exportedVariables(state: State | undefined): string[] {
    const content = Buffer.from(string(state?.inputs.data), "base64").toString();
    if (pathOf(state) !== undefined || !/^(export|set --) /.test(content)) return [];
    return `\n${content.replace(/\n$/, "")}`
        .split(/\n(?:export |set -- )/)
        .slice(1)
        .filter((line) => line !== SET_BY_ENV)
        .map((line) => unquote(line.replace(/ "\$@"$/, "")));
}

/** Last line of a file that has variables which a shell cannot set. */
const SET_BY_ENV = 'env "$@"';

/** Removes the quotes of `shellQuote` (components/shared/scripts.ts), from `A='b c'` or from `'a.b=c'`. */
function unquote(line: string): string {
    const [, name = "", value] = /^([^'=]*=)?'(.*)'$/s.exec(line) ?? [];
    return value === undefined ? line : name + value.replaceAll("'\\''", "'");
}
