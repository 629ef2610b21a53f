import type { Operation } from "../../../../../cli/pr/events.ts";
import { type Change, component, CONTAINER, REMOTE_IMAGE, risks, summary, TASK_CONTAINER } from "../steps.ts";

const volumes = [{ volumeName: "data", containerPath: "/data" }];
const container = (from: string, to: string): Change => [
    CONTAINER,
    "it",
    from === to ? "same" : "replace",
    { image: from, volumes },
    { image: to, volumes },
];
const service = (kind: string, from: string, to: string, operation: Operation = "replace") =>
    component(
        kind,
        [REMOTE_IMAGE, "it-image", operation, { name: from }, { name: to }],
        container(`id of ${from}`, `id of ${to}`),
    );

describe("another image of a data service", () => {
    test.each<[string, string, string, string[]]>([
        [
            "PostgresService",
            "postgres:17",
            "postgres:18",
            ["PostgreSQL 18 cannot read the data of PostgreSQL 17"],
        ],
        [
            "PostgresService",
            "team/postgis:17-3.5",
            "postgres:16.2",
            ["PostgreSQL 16 cannot read the data of PostgreSQL 17"],
        ],
        ["PostgresService", "postgres:17.1", "postgres:17.2", []],
        ["PostgresService", "postgres:17", "postgres:17-alpine", ["changes between Debian and Alpine"]],
        [
            "PostgresService",
            "postgres:17-alpine3.20",
            "postgres:17-bookworm",
            ["changes between Debian and Alpine"],
        ],
        ["PostgresService", "postgres:17-alpine", "postgres:17.2-alpine", []],
        ["PostgresService", "team/db:3.1", "team/db:4.0", []],
        ["PostgresService", "postgres@sha256:17aa", "postgres@sha256:18bb", []],
        ["RedisService", "redis:8", "redis:7.4-alpine", ["Redis 7 cannot read the data of Redis 8"]],
        ["RedisService", "redis:10", "redis:9", ["Redis 9 cannot read the data of Redis 10"]],
        ["RedisService", "redis:7", "redis:8", []],
        ["RedisService", "redis:8.2", "redis:8.0", []],
        ["WebApp", "postgres:17", "postgres:18", []],
    ])("is at risk if it cannot read the data: %s from %s to %s", (kind, from, to, expected) => {
        expect(risks(service(kind, from, to))).toEqual(
            expected.map((part) => expect.stringContaining(part) as string),
        );
    });

    const CHECK = "is not known: make sure that it can read the existing data";

    test.each<[string, string, boolean]>([
        ["team/db:3.1", "team/db:4.0", true],
        ["postgres:17", "team/db:17", true],
        ["postgres:17", "postgres:latest", true],
        ["postgres@sha256:17aa", "postgres@sha256:18bb", true],
        ["postgres:17", "postgres:18", false],
        ["postgres:17", "postgres:17.2", false],
        ["team/db:3.1", "team/db:3.1", false],
    ])("must be checked if a version is not known: from %s to %s", (from, to, expected) => {
        const { markdown, risks: found } = summary(service("PostgresService", from, to));
        expect(markdown.includes(CHECK)).toBe(expected);
        expect(markdown.includes("> **To check before merging**")).toBe(expected);
        if (expected) expect(found).toEqual([]);
    });

    test("must be checked if it is built", () => {
        const built = container("one", "two");
        const pulled: Change = [REMOTE_IMAGE, "it-image", "delete", { name: "postgres:17" }, {}];
        expect(summary(component("PostgresService", pulled, built)).markdown).toContain(CHECK);
        expect(summary(component("PostgresService", built)).markdown).toContain(CHECK);
        expect(summary(component("PostgresService", container("one", "one"))).markdown).not.toContain(CHECK);
    });

    test("must be checked if it is any other image", () => {
        const check = "its image changes: make sure that the new one can read the existing data";
        expect(summary(service("Service", "mariadb:11.8", "mariadb:12")).markdown).toContain(check);
        expect(summary(service("Service", "mariadb:11.8", "mariadb:11.8")).markdown).not.toContain(check);
    });

    test.each<[string, boolean]>([
        ["two", true],
        ["one", false],
    ])("must be checked for a Service whose image was one and is %s", (to, expected) => {
        const changed: Change = [
            CONTAINER,
            "it",
            "replace",
            { image: "one", volumes },
            { image: to, volumes },
        ];
        const { markdown } = summary(component("Service", changed));
        expect(markdown.includes("make sure that the new one can read the existing data")).toBe(expected);
        expect(markdown.includes("> **To check before merging**")).toBe(expected);
    });

    test("need not be checked if only its ID changes, because it was pulled again", () => {
        const name = { name: "team/db:3" };
        const steps = component(
            "PostgresService",
            [REMOTE_IMAGE, "it-image", "same", name, name],
            container("one", "two"),
        );
        expect(summary(steps).markdown).not.toContain(CHECK);
    });

    test.each<[string, Change[], string[]]>([
        ["has no data", [[CONTAINER, "it", "replace", { image: "one" }, { image: "two" }]], []],
        ["is created", [[CONTAINER, "it", "create", {}, { image: "two", volumes }]], []],
        [
            "is removed",
            [[CONTAINER, "it", "delete", { image: "one", volumes }, {}]],
            [expect.stringContaining("is no longer mounted") as string],
        ],
        [
            "is that of a task",
            [
                container("one", "one"),
                [TASK_CONTAINER, "seed", "update", { image: "one", volumes }, { image: "two", volumes }],
            ],
            [],
        ],
        [
            "is beside one that stays as it is",
            [container("one", "two"), [CONTAINER, "it-backup", "same", { image: "x" }, { image: "x" }]],
            [expect.stringContaining("PostgreSQL 18 cannot read") as string],
        ],
    ])("is a risk only for the container with the data: the container %s", (_, changes, expected) => {
        const pulled: Change = [
            REMOTE_IMAGE,
            "it-image",
            "replace",
            { name: "postgres:17" },
            { name: "postgres:18" },
        ];
        expect(risks(component("PostgresService", pulled, ...changes))).toEqual(expected);
    });
});
