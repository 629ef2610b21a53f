import { ExitCode } from "../../../../cli/exit-codes.ts";
import { colorsFor } from "../../../../cli/output.ts";
import type { Plan, Step } from "../../../../cli/pr/events.ts";
import { protectionError } from "../../../../cli/pr/pulumi.ts";
import {
    describePlan,
    markdownToText,
    planData,
    refuseDataLoss,
    refuseMissingPasswords,
} from "../../../../cli/update/plan.ts";

const PLAIN = colorsFor({ isTTY: false }, {});
const urn = (type: string, name: string) => `urn:pulumi:prod::shop::${type}::${name}`;
const state = (parent?: string) => ({ inputs: { name: "shop.prod.db" }, outputs: {}, parent });
const SERVICE = "drydock:index:PostgresService";
const VOLUME = "docker:index/volume:Volume";

function plan(operation: Step["operation"]): Plan {
    const parent = urn(SERVICE, "db");
    const volume = urn(`${SERVICE}$${VOLUME}`, "db-data");
    return {
        steps: [
            { operation, urn: parent, type: SERVICE, name: "db", old: state(), new: state() },
            { operation, urn: volume, type: VOLUME, name: "db-data", old: state(parent), new: state(parent) },
        ],
        violations: [{ policy: "no-latest", message: "web: name a version", mandatory: false }],
        errors: [],
    };
}

const report = (operation: Step["operation"]) =>
    describePlan({ plan: plan(operation), unmasked: plan(operation) }, PLAIN);

describe("a plan on a terminal", () => {
    test("names what is at risk first, then the changes, without Markdown", () => {
        const { text, risks, hasChanges } = report("delete");
        expect(text.split("\n").slice(0, 6)).toEqual([
            "Components: 1 removed",
            "",
            "Data at risk",
            "  db: volume db-data is deleted with all its data",
            "",
            "Policies",
        ]);
        expect(text).toContain("  db (PostgresService): removed\n      volume db-data is removed");
        expect(text).not.toMatch(/\*\*|`|<br>/);
        expect(risks.map(({ component }) => component)).toEqual(["db"]);
        expect(hasChanges).toBe(true);
    });

    test("has no changes if every resource stays the same", () => {
        expect(report("same")).toMatchObject({ hasChanges: false, risks: [] });
        expect(report("same").text).toContain("No change to the environment");
    });

    test("is data with --json", () => {
        expect(planData({ plan: plan("delete"), unmasked: plan("delete") })).toMatchObject({
            headline: "Components: 1 removed",
            changes: [{ component: "db", kind: "PostgresService", effects: ["removed"] }],
            risks: [{ component: "db", description: "volume `db-data` is deleted with all its data" }],
            violations: [{ policy: "no-latest", mandatory: false }],
        });
    });

    test.each([
        ["**web**: `a` → `b`", "web: a → b"],
        ["one<br>two", "one; two"],
    ])("shows %j as %j", (markdown, text) => {
        expect(markdownToText(markdown, PLAIN)).toBe(text);
    });
});

describe("data at risk", () => {
    const risks = ["db", "cache"].map((component) => ({ component, description: "is deleted" }));

    test("is refused with exit code 3, and the command that accepts it", () => {
        expect(() => {
            refuseDataLoss(risks, ["cache"], " --stack prod");
        }).toThrow(
            expect.objectContaining({
                message: "The update would put data of db at risk, so it was not run",
                remedy: expect.stringContaining("drydock up --stack prod --accept-data-loss db") as string,
                exitCode: ExitCode.DataAtRisk,
            }) as Error,
        );
    });

    test("is accepted component by component", () => {
        expect(() => {
            refuseDataLoss(risks, ["cache", "db"], "");
        }).not.toThrow();
    });
});

describe("a plan that deletes protected data", () => {
    const refused = (name: string) =>
        `Preview failed: resource "${urn(VOLUME, name)}" cannot be deleted\nbecause it is protected. To unprotect`;

    test("is refused with exit code 3, and the command that removes the protection", () => {
        expect(protectionError(`${refused("db-data")}\n${refused("web-storage")}`, "prod")).toMatchObject({
            message: "The update would delete protected data: db-data, web-storage",
            details: [
                `If that is intended, remove the protection first: \`drydock pulumi state unprotect --stack prod ${urn(VOLUME, "db-data")} ${urn(VOLUME, "web-storage")}\`.`,
            ],
            exitCode: ExitCode.DataAtRisk,
        });
    });

    test("is told apart from other failures", () => {
        expect(protectionError("error: the program throws", "prod")).toBeUndefined();
    });
});

describe("a rotation", () => {
    const PASSWORD = "random:index/randomPassword:RandomPassword";
    const parent = urn(SERVICE, "db");
    const password = urn(`${SERVICE}$${PASSWORD}`, "db-password");
    const rotating = (operation: Step["operation"]): Plan => ({
        steps: [
            { operation: "same", urn: parent, type: SERVICE, name: "db", old: state(), new: state() },
            {
                ...{ operation, urn: password, type: PASSWORD, name: "db-password" },
                ...{ old: state(parent), new: state(parent) },
            },
        ],
        violations: [],
        errors: [],
    });
    const risks = (rotated: string[]) =>
        describePlan({ plan: rotating("replace"), unmasked: rotating("replace") }, PLAIN, rotated).risks;

    test("puts data at risk unless it is of the component that was named", () => {
        expect(risks(["db"])).toEqual([]);
        expect(risks(["cache"])).toMatchObject([{ component: "db" }]);
    });

    test("is refused if the program does not generate the password any more", () => {
        expect(() => {
            refuseMissingPasswords([password], rotating("replace"), "");
        }).not.toThrow();
        expect(() => {
            refuseMissingPasswords([password], rotating("delete"), " --stack prod");
        }).toThrow("The program no longer generates db-password, which the stack has");
    });
});
