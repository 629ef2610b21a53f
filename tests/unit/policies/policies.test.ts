import { type ResourceValidationArgs, unknownCheckingProxy } from "@pulumi/policy";
import * as pulumi from "@pulumi/pulumi";
import { advisory } from "../../../policies/advisory.ts";
import { mandatory } from "../../../policies/mandatory.ts";
import { policies } from "../../../policies/pack.ts";
import { CONTAINER, IMAGE, type Properties, type Resource, VOLUME } from "../../../policies/resource.ts";
import { DEFAULTS, isOneOf, type Settings } from "../../../policies/settings.ts";

const rules = [...mandatory, ...advisory];

function check(
    name: string,
    resource: Partial<Resource>,
    settings: Partial<Settings> = {},
): string | undefined {
    const rule = rules.find((other) => other.name === name);
    if (!rule) throw new Error(`there is no policy ${name}`);
    const type = resource.type ?? CONTAINER;
    const whole = {
        type,
        name: "x",
        types: type,
        properties: {},
        isProtected: false,
        stack: "prod",
        ...resource,
    };
    return rule.check(whole, { ...DEFAULTS, ...settings });
}

const port = (internal: number, ip?: string) => ({ ports: [{ internal, ip, external: 1 }] });
const env = (...envs: string[]) => ({ envs });
const SHOP = "drydock:index:RailsWebApp$drydock:index:WebApp$docker:index/container:Container";
const DB = "drydock:index:PostgresService$docker:index/container:Container";

describe("what is broken, and what to do", () => {
    test.each<[string, Properties, string]>([
        [
            "database-not-published",
            port(5432, "0.0.0.0"),
            "port 5432 is published on 0.0.0.0; publish it on 127.0.0.1",
        ],
        ["database-not-published", port(6379), "port 6379 is published on 0.0.0.0"],
        [
            "database-not-published",
            { image: "postgres:17", networkMode: "host" },
            "it is on the machine's own network, and so is its port; give it another network",
        ],
        [
            "database-not-published",
            { image: "host:5000/team/redis@sha256:0123", networksAdvanced: [{ name: "host" }] },
            "on the machine's own network",
        ],
        [
            "database-not-published",
            { image: "mcr.microsoft.com/mssql/server:2022", publishAllPorts: true },
            "all its ports are published on 0.0.0.0; leave publishAllPorts out",
        ],
        ["not-privileged", { privileged: true }, "it is privileged; leave privileged out"],
        ["not-privileged", { capabilities: { adds: ["CHOWN", "ALL"] } }, "ALL is as good as privileged"],
        ["not-privileged", { capabilities: { adds: ["SYS_ADMIN"] } }, "SYS_ADMIN is as good as privileged"],
        ["not-privileged", { capabilities: { adds: ["cap_sys_module"] } }, "as good as privileged"],
        [
            "no-docker-socket",
            { volumes: [{ hostPath: "/var/run/docker.sock" }] },
            "/var/run/docker.sock is mounted",
        ],
        [
            "no-docker-socket",
            { mounts: [{ source: "/run/" }] },
            "/run/ is mounted, and with it Docker's socket",
        ],
        ["no-docker-socket", { volumes: [{ hostPath: "/" }] }, "/ is mounted"],
        ...[
            "/run/user/1000/docker.sock",
            "//var/run/docker.sock",
            "/var/run/../run/docker.sock",
            "/srv/..",
        ].map((hostPath): [string, Properties, string] => [
            "no-docker-socket",
            { volumes: [{ hostPath }] },
            `${hostPath} is mounted`,
        ]),
        [
            "image-has-tag",
            { image: "redis" },
            "redis is another image from one day to the next; name a version, such as redis:1.2",
        ],
        ["image-has-tag", { image: "redis:latest" }, "such as redis:1.2"],
        ["image-has-tag", { image: "host:5000/redis" }, "such as host:5000/redis:1.2"],
        [
            "no-plaintext-password",
            { command: ["redis-server", "--requirepass", "docker"] },
            "on its command line",
        ],
        ["no-plaintext-password", { command: ["x", "--password=docker"] }, "on its command line"],
        ["no-plaintext-password", { entrypoints: ["x", "postgres://me:docker@db/x"] }, "on its command line"],
        [
            "no-plaintext-password",
            env("POSTGRES_PASSWORD=x"),
            "POSTGRES_PASSWORD is in its environment, where docker inspect shows it; put it into a file, and set POSTGRES_PASSWORD_FILE",
        ],
        ["has-health-check", {}, "give it a health check"],
        ["has-memory-limit", {}, "set memory"],
        ["restarts", { restart: "no" }, "set restart to unless-stopped"],
        ["not-root", { user: "0:0" }, "set user"],
        ["not-root", {}, "set user"],
        ["read-only-root", { readOnly: false }, "set readOnly"],
    ])("%s: %j", (name, properties, expected) => {
        expect(check(name, { properties })).toContain(expected);
    });

    test("an image to be fetched needs a tag too", () => {
        expect(check("image-has-tag", { type: IMAGE, properties: { name: "redis" } })).toContain(
            "name a version",
        );
    });

    test("a database of Drydock's own is one, whatever its image", () => {
        const database = { types: DB, properties: { image: "sha256:0123", publishAllPorts: true } };
        expect(check("database-not-published", database)).toContain("all its ports");
    });

    test("a volume needs protection, but in a throwaway stack", () => {
        expect(check("data-protected", { type: VOLUME })).toContain("set protectData");
        expect(check("data-protected", { type: VOLUME, isProtected: true })).toBeUndefined();
        expect(check("data-protected", { type: VOLUME, stack: "pr-12" })).toBeUndefined();
        expect(
            check("data-protected", { type: VOLUME, stack: "mine" }, { throwawayStacks: ["mine"] }),
        ).toBeUndefined();
    });
});

describe("what is as it should be", () => {
    test.each<[string, Partial<Resource>]>([
        ["database-not-published", { properties: port(5432, "127.0.0.1") }],
        ["database-not-published", { properties: port(5432, "::1") }],
        ["database-not-published", { properties: port(80, "0.0.0.0") }],
        ["database-not-published", { properties: { image: "postgres:17", networkMode: "bridge" } }],
        ["database-not-published", { properties: { image: "team/redis-exporter:1", networkMode: "host" } }],
        ["database-not-published", { properties: { image: "shop:1", publishAllPorts: true } }],
        ["not-privileged", { properties: { privileged: false } }],
        ["not-privileged", { properties: { capabilities: { adds: ["CAP_CHOWN"], drops: ["ALL"] } } }],
        ["no-docker-socket", { properties: { volumes: [{ hostPath: "/srv/data" }, { volumeName: "v" }] } }],
        ["image-has-tag", { properties: { image: "redis:8" } }],
        ["image-has-tag", { properties: { image: "sha256:0123" } }],
        ["image-has-tag", { properties: { image: "host:5000/redis@sha256:0123" } }],
        ["no-plaintext-password", { properties: { command: ["x", "--password", "--verbose"] } }],
        ["no-plaintext-password", { properties: { command: ["sh", "-c", "x redis://:$PASS@db"] } }],
        ["no-plaintext-password", { properties: { command: ["redis-server", "/etc/redis.conf"] } }],
        ["no-plaintext-password", { properties: env("POSTGRES_PASSWORD_FILE=/run/x", "MYSQL_PASSWORD=") }],
        ["no-plaintext-password", { properties: env("SMTP_PASSWORD=x"), types: SHOP }],
        ["has-health-check", { properties: { healthcheck: {} } }],
        ["has-memory-limit", { properties: { memory: 64 } }],
        ["restarts", { properties: { restart: "unless-stopped" } }],
        ["not-root", { properties: { user: "1000" } }],
        ["not-root", { types: DB }],
        ["read-only-root", { properties: { readOnly: true } }],
    ])("%s: %j", (name, resource) => {
        expect(check(name, resource)).toBeUndefined();
    });

    test("a team names its own ports of databases", () => {
        const properties = port(1234, "0.0.0.0");
        expect(check("database-not-published", { properties })).toBeUndefined();
        expect(check("database-not-published", { properties }, { databasePorts: [1234] })).toContain(
            "port 1234",
        );
    });

    test("a team names its own images of databases", () => {
        const properties = { image: "team/store:1", publishAllPorts: true };
        expect(check("database-not-published", { properties })).toBeUndefined();
        expect(check("database-not-published", { properties }, { databaseImages: ["store"] })).toContain(
            "all its ports",
        );
    });

    test.each(rules)("$name has nothing to say of another kind of resource", ({ check: rule }) => {
        const type = "docker:index/network:Network";
        const network = {
            type,
            types: type,
            name: "n",
            properties: { privileged: true, capabilities: { adds: ["ALL"] }, volumes: [{ hostPath: "/" }] },
            isProtected: false,
        };
        expect(rule({ ...network, stack: "prod" }, DEFAULTS)).toBeUndefined();
    });
});

test.each([
    [["pr-*"], "pr-12", true],
    [["pr-*"], "xpr-12", false],
    [["a.c"], "abc", false],
    [["*"], "anything", true],
    [[], "dev", false],
])("whether %j has %s", (patterns, name, expected) => {
    expect(isOneOf(patterns, name)).toBe(expected);
});

describe("in a preview", () => {
    const unknown = pulumi.runtime.unknownValue;
    // Its declaration is left out of the package's types.
    const asInPreview = unknownCheckingProxy as (props: Properties) => Properties;
    const reports = (name: string, props: Properties) => {
        const said: string[] = [];
        const policy = policies().find((other) => other.name === name);
        const args = {
            type: CONTAINER,
            name: "web",
            urn: `urn:pulumi:dev::shop::${CONTAINER}::web`,
            props: asInPreview(props),
            opts: { protect: false },
            getConfig: () => ({}),
        } as unknown as ResourceValidationArgs;
        const validate = [policy?.validateResource ?? []].flat()[0];
        void validate?.(args, (message) => said.push(message));
        return said;
    };

    test.each(rules.map(({ name }) => name))("%s has nothing to say of what is not known", (name) => {
        const names = ["image", "envs", "ports", "user", "privileged", "capabilities", "healthcheck"];
        const all = [...names, "memory", "restart", "readOnly", "volumes", "command"];
        expect(reports(name, Object.fromEntries(all.map((property) => [property, unknown])))).toEqual([]);
    });

    test("a policy speaks of what is known beside it", () => {
        expect(reports("not-privileged", { image: unknown, privileged: true })).toEqual([
            expect.stringContaining("web: it is privileged"),
        ]);
        expect(reports("image-has-tag", { image: "redis" })).toHaveLength(1);
    });
});
