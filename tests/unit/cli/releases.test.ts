import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Engine } from "../../../cli/engine.ts";
import { CommandError } from "../../../cli/exit-codes.ts";
import { MASK, type Plan, type Step, UNKNOWN } from "../../../cli/pr/events.ts";
import { applicationsIn, isMissing, plannedCommits } from "../../../cli/releases.ts";
import type { Resource } from "../../../cli/state.ts";
import type { Inventory } from "../../../cli/stack-inventory.ts";
import {
    declaredNames,
    explainRefusal,
    selectApplication,
    selectRelease,
    targetsOf,
    verifyPlan,
} from "../../../cli/update/rollback.ts";
import { FakeStack, inspected } from "./fake-stack.ts";

const RAILS = "drydock:index:RailsWebApp";
const WEB = `${RAILS}$drydock:index:WebApp`;
const COMMAND = "command:local:Command";
const CONTAINER = "docker:index/container:Container";
const urn = (type: string, name: string) => `urn:pulumi:dev::shop::${type}::${name}`;

const release = (number: number, more = "") =>
    `{"image":"sha256:${String(number).repeat(64)}","variables":"1a","release":${number},"time":"2026-01-3${number}T12:34:56Z"${more}}`;
const LINES = [release(1, ',"commit":"c0ffee123456","changed":true'), release(0)];
const ROLLBACK = '{"rollback":0,"time":"2026-02-01T00:00:00Z"}';

const IMAGE_0 = `sha256:${"0".repeat(64)}`;
const IMAGE_1 = `sha256:${"1".repeat(64)}`;

/** The images of the processes, and the one of the last record. */
type Images = Partial<Record<"web" | "worker" | "recorded", string>>;

/** An application with its migration, its data and its gateway, and another one. */
const state = (lines: string[], images: Images = {}): Resource[] => {
    const { web = IMAGE_1, worker = IMAGE_1, recorded = IMAGE_1 } = images;
    const child = (type: string, name: string, more: Partial<Resource> = {}): Resource => ({
        type,
        urn: urn(`${WEB}$${type}`, name),
        parent: urn(WEB, "shop"),
        ...more,
    });
    return [
        { type: RAILS, urn: urn(RAILS, "shop") },
        { type: "drydock:index:WebApp", urn: urn(WEB, "shop"), parent: urn(RAILS, "shop") },
        child("docker:index/image:Image", "shop-image", { parent: urn(RAILS, "shop") }),
        child("docker:index/volume:Volume", "shop-data", { parent: urn(RAILS, "shop") }),
        child("drydock:index:Task", "shop-migration", { parent: urn(RAILS, "shop") }),
        child(COMMAND, "shop-migration-run", { parent: urn(`${WEB}$drydock:index:Task`, "shop-migration") }),
        child(CONTAINER, "shop", { id: "one", inputs: { image: web } }),
        child(CONTAINER, "shop", { id: "old", delete: true, inputs: { image: "sha256:old" } }),
        child(CONTAINER, "shop-worker", { id: "two", inputs: { image: worker } }),
        ...["traffic", "worker-running", "ready", "routes", "data-removal", "release-images"].map((name) =>
            child(COMMAND, `shop-${name}`),
        ),
        child(COMMAND, "shop-release-variables"),
        child(COMMAND, "shop-release", {
            inputs: { environment: { ROLLBACK: "", DIRECTORY: ".", IMAGE: recorded } },
            outputs: { stdout: lines.join("\n") },
        }),
        { type: "drydock:index:WebApp", urn: urn("drydock:index:WebApp", "shopping") },
        // Another component, with an image of its own.
        {
            type: CONTAINER,
            urn: urn(`drydock:index:WebApp$${CONTAINER}`, "shopping"),
            parent: urn("drydock:index:WebApp", "shopping"),
            delete: true,
        },
    ];
};
const applications = (...lines: string[]) => applicationsIn(state(lines));
const only = (...lines: string[]) => selectApplication(applications(...lines), undefined, "");

const step = (
    inputs: object | undefined,
    operation: string,
    name = "shop-release",
    type = COMMAND,
    old?: object,
): Step =>
    ({
        ...{ operation, name, type, urn: urn(`${WEB}$${type}`, name) },
        new: { inputs },
        old: old && { inputs: old },
    }) as Step;

test("the state says which release serves", () => {
    expect(only(...LINES)).toMatchObject({ name: "shop", serving: 1, releases: [{}, { release: 0 }] });
    expect(only(...LINES)).not.toHaveProperty("rolledBack");
    expect(only(ROLLBACK, ...LINES)).toMatchObject({ serving: 0, rolledBack: "2026-02-01T00:00:00Z" });
    expect(applications()).toEqual([]);
});

const otherImages = (images: Images, lines = LINES) => applicationsIn(state(lines, images))[0]?.otherImages;

test("the state says which processes do not run the current release", () => {
    expect(otherImages({})).toEqual([]);
    expect(otherImages({ web: "new", worker: "newer" })).toEqual(["new", "newer"]);
    expect(otherImages({ worker: IMAGE_0 })).toEqual([IMAGE_0]);
    // The record has the ID of an image that the program names.
    expect(otherImages({ web: "shop:1", worker: "shop:1", recorded: "shop:1" })).toEqual([]);
    expect(otherImages({ recorded: "shop:1" })).toEqual([]);
    const service = {
        type: "docker:index/service:Service",
        urn: urn("docker:index/service:Service", "shop-clock"),
        parent: urn(WEB, "shop"),
        inputs: { taskSpec: { containerSpec: { image: "new" } } },
    };
    expect(applicationsIn([...state(LINES), service])[0]?.otherImages).toEqual(["new"]);
    const rolledBack = [ROLLBACK, ...LINES];
    expect(otherImages({ web: IMAGE_0, worker: IMAGE_0, recorded: IMAGE_0 }, rolledBack)).toEqual([]);
    expect(otherImages({ worker: IMAGE_0, recorded: IMAGE_0 }, rolledBack)).toEqual([IMAGE_1]);
});

test("a rollback changes only containers of the application, and what belongs to them", () => {
    const names = targetsOf(only(...LINES), state(LINES)).map((each) => each.split("::").at(-1));
    expect(names.sort()).toEqual([
        "shop",
        "shop-release",
        "shop-traffic",
        "shop-worker",
        "shop-worker-running",
    ]);
});

test("a rollback passes the names of existing images and tasks to the program, but not a process named like one", () => {
    const process = {
        ...state(LINES).find(({ type }) => type === CONTAINER),
        urn: urn(CONTAINER, "shop-job"),
    };
    const names = declaredNames(only(...LINES), [...state(LINES), process as Resource]);
    expect(names).toContain("shop-image");
    expect(names).not.toContain("shop-job");
});

describe("drydock rollback", () => {
    const select = (lines: string[], number?: number, images: Images = {}) =>
        selectRelease(selectApplication(applicationsIn(state(lines, images)), undefined, ""), number, "")
            .release;
    const message = (action: () => unknown): string => {
        try {
            action();
        } catch (error) {
            if (error instanceof CommandError) return `${error.message}. ${error.remedy ?? ""}`;
        }
        return "nothing was refused";
    };

    test("returns to the release before the current one, or to the one that is named", () => {
        expect(select(LINES)).toBe(0);
        expect(select(LINES, 0)).toBe(0);
        expect(select([ROLLBACK, ...LINES], 1)).toBe(1);
    });

    test("returns to the current release if an update did not finish", () => {
        expect(select(LINES, undefined, { web: "new" })).toBe(1);
        expect(select(LINES, 1, { web: "new" })).toBe(1);
        expect(select(LINES, 0, { web: "new" })).toBe(0);
        expect(select([ROLLBACK, ...LINES], undefined, { web: "new", recorded: IMAGE_0 })).toBe(0);
    });

    test("continues a rollback that did not finish", () => {
        expect(select(LINES, undefined, { web: IMAGE_0 })).toBe(0);
        expect(select(LINES, 1, { web: IMAGE_0 })).toBe(1);
    });

    test.each<[string, string[], number | undefined, string]>([
        [
            "before one that is not kept",
            [ROLLBACK, LINES[0] ?? ""],
            undefined,
            "no release of shop before release 0",
        ],
        ["that is not kept", LINES, 7, "shop has no release 7"],
        ["before the first one", [ROLLBACK, ...LINES], undefined, "no release of shop before release 0"],
    ])("refuses a release %s", (_, lines, number, expected) => {
        expect(message(() => select(lines, number))).toContain(expected);
    });

    const planned = (inputs: object | undefined, operation = "update", name = "shop"): Plan => ({
        steps: [
            step(inputs, "update", `${name}-release`),
            step({}, operation, name, CONTAINER),
            step({}, "same", "shop-release", "other:index:Type"),
        ],
        violations: [],
        errors: [],
    });
    const verify = (plan: Plan, release = 0) => {
        verifyPlan(plan, only(...LINES), { release }, "");
    };

    test("refuses a program that does not roll the application back", () => {
        for (const plan of [
            planned({ environment: { ROLLBACK: "0" } }, "update", "store"),
            planned({ environment: { ROLLBACK: "" } }),
            { steps: [], violations: [], errors: [] },
        ])
            expect(
                message(() => {
                    verify(plan);
                }),
            ).toBe(
                "The program has no application shop (was it renamed?). Run `drydock up` with the program of the last update, and then roll back.",
            );
        for (const environment of [{ ROLLBACK: "0" }, MASK, UNKNOWN])
            expect(
                message(() => {
                    verify(planned({ environment }));
                }),
            ).toBe("nothing was refused");
    });

    test("refuses the current release if its processes would not change", () => {
        const environment = { ROLLBACK: "1" };
        expect(
            message(() => {
                verify(planned({ environment }, "same"), 1);
            }),
        ).toContain("shop runs release 1 already");
        expect(
            message(() => {
                verify(planned({ environment }, "replace"), 1);
            }),
        ).toBe("nothing was refused");
        expect(
            message(() => {
                verify(planned({ environment: { ROLLBACK: "0" } }, "same"));
            }),
        ).toBe("nothing was refused");
    });

    test.each([
        ["Resource 'x' depends on 'y' which was was not specified in --target list.", "does not have yet"],
        ["Duplicate resource URN 'x'; try giving it a unique name", "that the program no longer has"],
        ["x is in the --target list", "The program cannot be previewed"],
    ])("explains the message of Pulumi: %p", (remedy, expected) => {
        const error = explainRefusal(new CommandError("The program cannot be previewed", remedy), "");
        expect(error).toMatchObject({ remedy: expect.stringContaining(remedy) as string });
        expect((error as Error).message).toContain(expected);
    });

    test("asks for the application if there are several", () => {
        const several = [only(...LINES), { ...only(...LINES), name: "blog" }];
        expect(selectApplication(several, "blog", "").name).toBe("blog");
        expect(message(() => selectApplication(several, undefined, ""))).toContain(
            "several applications: shop, blog. Name one with --app",
        );
        expect(message(() => selectApplication(several, "db", ""))).toContain(
            "db is not an application with releases. Name one of shop, blog",
        );
        expect(message(() => selectApplication([], undefined, " --stack prod"))).toContain(
            "has recorded a release. `drydock up --stack prod` records the first one.",
        );
    });
});

test("an image is not missing while an engine does not answer", async () => {
    const engine = (statusCode: number) =>
        ({
            docker: {
                getImage: () => ({
                    inspect: () => Promise.reject(Object.assign(new Error(), { statusCode })),
                }),
            },
        }) as unknown as Engine;
    const [release] = only(...LINES).releases;
    if (!release) throw new Error("no release");
    expect(await isMissing(release, [engine(404)])).toBe(true);
    expect(await isMissing(release, [engine(404), engine(500)])).toBe(false);
});

describe("with a Docker Engine", () => {
    let stack: FakeStack;
    afterEach(() => {
        stack.dispose();
    });
    const serve = async (...lines: string[]) => {
        stack = new FakeStack(state(lines));
        await stack.serve({
            "GET /info": { Name: "one", ServerVersion: "28.1.0" },
            "GET /containers/one/json": inspected("one"),
            [`GET /images/sha256:${"1".repeat(64)}/json`]: { Id: "sha256:1" },
        });
    };

    test("drydock releases lists releases, the current one, and images that are gone", async () => {
        await serve(...LINES);
        const { out } = await stack.run("releases");
        expect(out.split("\n").slice(1, 3)).toEqual([
            "shop         1        2026-01-31 12:34 UTC  c0ffee1 with uncommitted changes  111111111111  current",
            "             0        2026-01-30 12:34 UTC                                    000000000000  image is no longer on the Docker Engine",
        ]);
        const json = JSON.parse((await stack.run("releases", "shop", "--json")).out) as unknown;
        expect(json).toMatchObject([
            { application: "shop", serving: 1, releases: [{ missing: false }, { missing: true }] },
        ]);
    });

    test("drydock releases refuses a component without releases, and a stack without any", async () => {
        await serve(...LINES);
        expect((await stack.run("releases", "db")).err).toContain("Name one of shop");
        stack.dispose();
        await serve();
        expect((await stack.run("releases")).err).toContain("`drydock up --stack dev` records the first one");
    });

    test.each<[string[], string]>([
        [LINES, "shop: release 1 of 2026-01-31 12:34 UTC, commit c0ffee1 with uncommitted changes\n"],
        [
            [ROLLBACK, ...LINES],
            "shop: release 0 of 2026-01-30 12:34 UTC. Rolled back at 2026-02-01 00:00 UTC; `drydock up --stack dev` deploys the current program again.\n",
        ],
    ])("drydock status shows the current release: %j", async (lines, expected) => {
        await serve(...lines);
        expect((await stack.run("status")).out).toContain(expected);
    });

    test("drydock status shows that an update did not finish", async () => {
        stack = new FakeStack(state(LINES, { worker: "new" }));
        await stack.serve({ "GET /info": { Name: "one", ServerVersion: "28.1.0" } });
        expect((await stack.run("status")).out).toContain(
            "with uncommitted changes. An update did not finish: some processes run another image.\n",
        );
        const [component] = (JSON.parse((await stack.run("status", "--json")).out) as Inventory).components;
        expect(component?.release).toMatchObject({ number: 1, incomplete: true });
    });

    test("a plan names the commit that it deploys", async () => {
        await serve();
        const git = (...args: string[]) =>
            execFileSync(
                "git",
                ["-C", stack.directory, "-c", "user.name=t", "-c", "user.email=t@t", ...args],
                {
                    encoding: "utf8",
                },
            ).trim();
        const planned = (operation: string, inputs: object, old?: object) =>
            plannedCommits([step(inputs, operation, "shop-release", COMMAND, old)], stack.directory);
        expect(planned("create", {})).toEqual([]);
        git("init", "--quiet");
        git("commit", "--quiet", "--allow-empty", "--message", "one");
        const commit = git("rev-parse", "--short=7", "HEAD");
        expect(planned("create", {})).toEqual([`shop: ${commit} with uncommitted changes`]);
        git("add", ".");
        git("commit", "--quiet", "--message", "two");
        const next = git("rev-parse", "--short=7", "HEAD");
        expect(planned("update", { environment: { DIRECTORY: "." } })).toEqual([`shop: ${next}`]);
        expect(planned("update", { environment: { DIRECTORY: "none" } })).toEqual([]);
        writeFileSync(join(stack.directory, "new"), "");
        expect(planned("update", {})).toEqual([`shop: ${next} with uncommitted changes`]);
        expect(planned("same", {})).toEqual([]);
        mkdirSync(join(stack.directory, "web"));
        expect(planned("update", { environment: { DIRECTORY: "web" } })).toEqual([`shop: ${next}`]);
    });

    test("a plan names no commit if it records no release", async () => {
        await serve();
        execFileSync("git", ["-C", stack.directory, "init", "--quiet"]);
        execFileSync(
            "git",
            ["-C", stack.directory, "-c", "user.name=t", "-c", "user.email=t@t"].concat(
                ..."commit --quiet --allow-empty --message one".split(" "),
            ),
        );
        const before = { environment: { IMAGE: "one", VARIABLES: "1", KEEP: "3" } };
        const lines = (environment: object) =>
            plannedCommits(
                [step({ environment }, "update", "shop-release", COMMAND, before)],
                stack.directory,
            ).length;
        expect(lines({ ...before.environment, KEEP: "5" })).toBe(0);
        expect(lines({ ...before.environment, IMAGE: "two" })).toBe(1);
        expect(lines({ ...before.environment, VARIABLES: "2" })).toBe(1);
    });
});
