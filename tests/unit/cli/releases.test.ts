import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../../../cli/exit-codes.ts";
import type { Step } from "../../../cli/pr/events.ts";
import { applicationsIn, plannedCommits } from "../../../cli/releases.ts";
import type { Resource } from "../../../cli/repair/state.ts";
import { selectApplication, selectRelease, targetsOf } from "../../../cli/update/rollback.ts";
import { FakeStack, inspected } from "./fake-docker.ts";

const RAILS = "drydock:index:RailsWebApp";
const WEB = `${RAILS}$drydock:index:WebApp`;
const COMMAND = "command:local:Command";
const CONTAINER = "docker:index/container:Container";
const urn = (type: string, name: string) => `urn:pulumi:dev::shop::${type}::${name}`;

const release = (number: number, more = "") =>
    `{"image":"sha256:${String(number).repeat(64)}","variables":"1a","release":${number},"time":"2026-01-3${number}T12:34:56Z"${more}}`;
const LINES = [release(1, ',"commit":"c0ffee123456","changed":true'), release(0)];
const ROLLBACK = '{"rollback":0,"time":"2026-02-01T00:00:00Z"}';

/** An application with its migration, its data and its gateway, and another one. */
const state = (lines: string[]): Resource[] => {
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
        child(CONTAINER, "shop", { id: "one", inputs: { image: "sha256:0" } }),
        child(CONTAINER, "shop", { id: "old", delete: true }),
        ...["traffic", "worker-running", "ready", "routes", "data-removal", "release-images"].map((name) =>
            child(COMMAND, `shop-${name}`),
        ),
        child(COMMAND, "shop-release-variables"),
        child(COMMAND, "shop-release", {
            inputs: { environment: { ROLLBACK: "", DIRECTORY: "." } },
            outputs: { stdout: lines.join("\n") },
        }),
        { type: "drydock:index:WebApp", urn: urn("drydock:index:WebApp", "shopping") },
        {
            type: CONTAINER,
            urn: urn(`drydock:index:WebApp$${CONTAINER}`, "shopping"),
            parent: urn("drydock:index:WebApp", "shopping"),
            delete: true,
        },
    ];
};
const applications = (...lines: string[]) => applicationsIn(state(lines));
const only = (...lines: string[]) => selectApplication(applications(...lines), undefined);

test("the state tells which release serves", () => {
    expect(only(...LINES)).toMatchObject({ name: "shop", serving: 1, releases: [{}, { release: 0 }] });
    expect(only(...LINES)).not.toHaveProperty("rolledBack");
    expect(only(ROLLBACK, ...LINES)).toMatchObject({ serving: 0, rolledBack: "2026-02-01T00:00:00Z" });
    expect(applications()).toEqual([]);
});

test("a rollback changes only containers of the application, and what belongs to them", () => {
    const names = targetsOf(only(...LINES), state(LINES)).map((each) => each.split("::").at(-1));
    expect(names.sort()).toEqual([
        "shop",
        "shop-release",
        "shop-release-variables",
        "shop-traffic",
        "shop-worker-running",
    ]);
});

describe("drydock rollback", () => {
    const select = (lines: string[], number?: number) => selectRelease(only(...lines), number, "").release;
    const message = (action: () => unknown): string => {
        try {
            action();
        } catch (error) {
            if (error instanceof UsageError) return `${error.message}. ${error.remedy ?? ""}`;
        }
        return "nothing was refused";
    };

    test("returns to the release before the one that serves, or to the one that is named", () => {
        expect(select(LINES)).toBe(0);
        expect(select(LINES, 0)).toBe(0);
        expect(select([ROLLBACK, ...LINES], 1)).toBe(1);
    });

    test.each<[string, string[], number | undefined, string]>([
        ["that serves", LINES, 1, "shop runs release 1 already"],
        ["that is not kept", LINES, 7, "shop has no release 7"],
        ["before the first one", [ROLLBACK, ...LINES], undefined, "no release of shop before release 0"],
    ])("refuses a release %s", (_, lines, number, expected) => {
        expect(message(() => select(lines, number))).toContain(expected);
    });

    test("asks for the application if there are several", () => {
        const several = [only(...LINES), { ...only(...LINES), name: "blog" }];
        expect(selectApplication(several, "blog").name).toBe("blog");
        expect(message(() => selectApplication(several, undefined))).toContain(
            "several applications: shop, blog. Name one with --app",
        );
        expect(message(() => selectApplication(several, "db"))).toContain(
            "db is not an application with releases. Name one of shop, blog",
        );
        expect(message(() => selectApplication([], undefined))).toContain("has recorded a release");
    });
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

    test("drydock releases lists releases, the one that serves, and images that are gone", async () => {
        await serve(...LINES);
        const { out } = await stack.run("releases");
        expect(out.split("\n").slice(1, 3)).toEqual([
            "shop         1        2026-01-31 12:34 UTC  c0ffee1 with uncommitted changes  111111111111  serves",
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
        expect((await stack.run("releases")).err).toContain("`drydock up` records the first one");
    });

    test.each<[string[], string]>([
        [LINES, "shop: release 1 of 2026-01-31 12:34 UTC, commit c0ffee1 with uncommitted changes\n"],
        [
            [ROLLBACK, ...LINES],
            "shop: release 0 of 2026-01-30 12:34 UTC. Rolled back at 2026-02-01 00:00 UTC; `drydock up` goes forward again.\n",
        ],
    ])("drydock status shows the release that serves: %j", async (lines, expected) => {
        await serve(...lines);
        expect((await stack.run("status")).out).toContain(expected);
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
        const step = (operation: string, inputs: object) =>
            ({
                operation,
                urn: urn(`${WEB}$${COMMAND}`, "shop-release"),
                name: "shop-release",
                type: COMMAND,
                new: { inputs },
            }) as unknown as Step;
        const planned = (...args: Parameters<typeof step>) =>
            plannedCommits([step(...args)], stack.directory);
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
    });
});
