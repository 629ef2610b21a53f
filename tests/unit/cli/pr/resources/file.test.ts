import { MASK, type Operation, type State, type Step } from "../../../../../cli/pr/events.ts";
import { describeFile, exportedVariables } from "../../../../../cli/pr/resources/file.ts";
import type { Component } from "../../../../../cli/pr/components.ts";
import { SECRET } from "../steps.ts";

const state = (content: string, path?: string): State => ({
    inputs: {
        data: Buffer.from(content).toString("base64"),
        labels: [
            { label: "drydock.stack", value: "dev" },
            ...(path === undefined ? [] : [{ label: "drydock.file", value: path }]),
        ],
    },
    outputs: {},
});

describe("the variables in a file", () => {
    test.each<[string, string, string[]]>([
        ["plain values", "export A=1\nexport B=\n", ["A=1", "B="]],
        ["quoted values", "export NAME='b c'\nexport B='it'\\''s'\n", ["NAME=b c", "B=it's"]],
        ["the words that the script uses", `set -- 'a.b=c "$@" d' "$@"\n`, ['a.b=c "$@" d']],
        ["values of several lines", "export A='1\n2\n'\nexport B=3\n", ["A=1\n2\n", "B=3"]],
        [
            "names that a shell cannot set",
            `set -- 'a.b=c d' "$@"\nset -- e-f=g "$@"\nset -- env "$@"\n`,
            ["a.b=c d", "e-f=g"],
        ],
        ["a script", "set -eu\nexport A=1\n", []],
        ["nothing", "", []],
    ])("are read with their values: %s", (_, content, expected) => {
        expect(exportedVariables(state(content))).toEqual(expected);
    });

    test("are not read from a file of the user, from a secret or without a state", () => {
        expect(exportedVariables(state("export A=1\n", "/etc/environment"))).toEqual([]);
        expect(exportedVariables({ inputs: { data: MASK }, outputs: {} })).toEqual([]);
        expect(exportedVariables(undefined)).toEqual([]);
    });
});

describe("the description of a file", () => {
    const described = (operation: Operation, from?: State, to?: State, ofComponent: Operation = "same") => {
        const step: Step = { operation, urn: "urn", type: SECRET, name: "web-file", old: from, new: to };
        const component = { operation: ofComponent } as Component;
        return describeFile(step, step, component);
    };

    test.each<[string, Operation, State | undefined, State | undefined, string[]]>([
        ["is added", "create", undefined, state("a", "/etc/a"), ["file `/etc/a` is added"]],
        ["is removed", "delete", state("a", "/etc/a"), undefined, ["file `/etc/a` is removed"]],
        ["changes", "replace", state("a", "/etc/a"), state("b", "/etc/a"), ["file `/etc/a` changes"]],
        ["of Drydock changes", "replace", state("a"), state("b"), ["file `web-file` changes"]],
        ["of Drydock is added", "create", undefined, state("a"), []],
        ["of variables is added", "create", undefined, state("export A=1\n"), []],
        ["is updated", "update", state("a", "/etc/a"), state("b", "/etc/a"), []],
        ["stays", "same", state("a", "/etc/a"), state("a", "/etc/a"), []],
        [
            "of variables changes",
            "replace",
            state("export A=1\n"),
            state("export A=2\n"),
            ["changed variable `A`"],
        ],
        ["of variables is filled", "replace", state(""), state("export A=2\n"), ["new variable `A`"]],
    ])("says that it %s", (_, operation, from, to, sentences) => {
        expect(described(operation, from, to)).toEqual({ sentences, effects: [] });
    });

    test("is that of its component if the whole component comes or goes", () => {
        expect(described("create", undefined, state("a", "/etc/a"), "create").sentences).toEqual([]);
        expect(described("delete", state("a", "/etc/a"), undefined, "delete").sentences).toEqual([]);
    });
});
