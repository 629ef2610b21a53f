import { DEFAULTS } from "../../../policies/config.ts";
import { REMOTE_IMAGE, type Properties, type Resource, VOLUME } from "../../../policies/resource.ts";
import { rules } from "../../../policies/rules/index.ts";
import { APPLICATION, check, DATABASE, env } from "./check.ts";

const port = (internal: number, ip?: string) => ({ ports: [{ internal, ip, external: 1 }] });

describe("a violation", () => {
    test.each<[string, Properties, string]>([
        [
            "database-not-published",
            port(5432, "0.0.0.0"),
            "port 5432 is published on 0.0.0.0; publish it on 127.0.0.1",
        ],
        ["database-not-published", port(6379), "port 6379 is published on 0.0.0.0"],
        [
            "database-not-published",
            { ports: [...port(5432, "127.0.0.1").ports, ...port(80).ports, ...port(3306).ports] },
            "port 3306 is published on 0.0.0.0",
        ],
        [
            "database-not-published",
            { image: "postgres:17", networkMode: "host" },
            "it uses the network of the host, which opens its port; use another network",
        ],
        [
            "database-not-published",
            { image: "host:5000/team/redis@sha256:0123", networksAdvanced: [{ name: "host" }] },
            "the network of the host",
        ],
        [
            "database-not-published",
            { image: "mcr.microsoft.com/mssql/server:2022", publishAllPorts: true },
            "all its ports are published on 0.0.0.0; leave out publishAllPorts",
        ],
        ["not-privileged", { privileged: true }, "it is privileged; leave out privileged"],
        [
            "not-privileged",
            { capabilities: { adds: ["CHOWN", "ALL"] } },
            "the capability ALL gives full control of the host",
        ],
        [
            "not-privileged",
            { capabilities: { adds: ["SYS_ADMIN"] } },
            "the capability SYS_ADMIN gives full control",
        ],
        [
            "not-privileged",
            { capabilities: { adds: ["cap_sys_module"] } },
            "cap_sys_module gives full control",
        ],
        [
            "no-docker-socket",
            { volumes: [{ hostPath: "/var/run/docker.sock" }] },
            "it mounts /var/run/docker.sock",
        ],
        [
            "no-docker-socket",
            { mounts: [{ source: "/run/" }] },
            "it mounts /run/, which contains the Docker socket",
        ],
        ["no-docker-socket", { volumes: [{ hostPath: "/" }] }, "it mounts /,"],
        ...[
            "/run/user/1000/docker.sock",
            "//var/run/docker.sock",
            "/var/run/../run/docker.sock",
            "/srv/..",
        ].map((hostPath): [string, Properties, string] => [
            "no-docker-socket",
            { volumes: [{ hostPath }] },
            `it mounts ${hostPath}`,
        ]),
        [
            "image-has-tag",
            { image: "redis" },
            "redis can be a different image in the next update; use a version as its tag, for example redis:1.2",
        ],
        ["image-has-tag", { image: "redis:latest" }, "for example redis:1.2"],
        ["image-has-tag", { image: "host:5000/redis" }, "for example host:5000/redis:1.2"],
        [
            "no-plaintext-password",
            { command: ["redis-server", "--requirepass", "docker"] },
            "its command line contains a password",
        ],
        [
            "no-plaintext-password",
            { command: ["x", "--password=docker"] },
            "its command line contains a password",
        ],
        [
            "no-plaintext-password",
            { entrypoints: ["x", "postgres://me:docker@db/x"] },
            "its command line contains a password",
        ],
        [
            "no-plaintext-password",
            env("POSTGRES_PASSWORD=x"),
            "POSTGRES_PASSWORD is in its environment, which docker inspect shows; put it in a file, and set POSTGRES_PASSWORD_FILE",
        ],
        ["has-health-check", {}, "add a health check"],
        ["has-health-check", { healthcheck: { tests: ["NONE"] } }, "add a health check"],
        ["has-memory-limit", {}, "set memory"],
        ["restarts", { restart: "no" }, "set restart to unless-stopped"],
        ["not-root", { user: "0:0" }, "set user"],
        ["not-root", {}, "set user"],
        ["read-only-root", { readOnly: false }, "set readOnly"],
    ])("of %s is reported: %j", (name, properties, expected) => {
        expect(check(name, { properties })).toContain(expected);
    });

    test("of image-has-tag is reported for a pulled image too", () => {
        expect(check("image-has-tag", { type: REMOTE_IMAGE, properties: { name: "redis" } })).toContain(
            "use a version",
        );
    });

    test("of database-not-published is reported for a data service with any image", () => {
        const database = { types: DATABASE, properties: { image: "sha256:0123", publishAllPorts: true } };
        expect(check("database-not-published", database)).toContain("all its ports");
    });

    test("of data-protected is reported except in a throwaway stack", () => {
        expect(check("data-protected", { type: VOLUME })).toContain("set protectData");
        expect(check("data-protected", { type: VOLUME, isProtected: true })).toBeUndefined();
        expect(check("data-protected", { type: VOLUME, stack: "pr-12" })).toBeUndefined();
        expect(
            check("data-protected", { type: VOLUME, stack: "mine" }, { throwawayStacks: ["mine"] }),
        ).toBeUndefined();
    });
});

describe("no violation", () => {
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
        ["no-plaintext-password", { properties: env("SMTP_PASSWORD=x"), types: APPLICATION }],
        ["has-health-check", { properties: { healthcheck: {} } }],
        ["has-memory-limit", { properties: { memory: 64 } }],
        ["restarts", { properties: { restart: "unless-stopped" } }],
        ["not-root", { properties: { user: "1000" } }],
        ["not-root", { types: DATABASE }],
        ["read-only-root", { properties: { readOnly: true } }],
    ])("of %s is reported: %j", (name, resource) => {
        expect(check(name, resource)).toBeUndefined();
    });

    test("is reported for ports that are not in databasePorts", () => {
        const properties = port(1234, "0.0.0.0");
        expect(check("database-not-published", { properties })).toBeUndefined();
        expect(check("database-not-published", { properties }, { databasePorts: [1234] })).toContain(
            "port 1234",
        );
    });

    test("is reported for images that are not in databaseImages", () => {
        const properties = { image: "team/store:1", publishAllPorts: true };
        expect(check("database-not-published", { properties })).toBeUndefined();
        expect(check("database-not-published", { properties }, { databaseImages: ["store"] })).toContain(
            "all its ports",
        );
    });

    test.each(rules)("of $name is reported for another type of resource", ({ check: rule }) => {
        const type = "docker:index/network:Network";
        const network = {
            type,
            types: [type],
            name: "n",
            properties: {
                image: "redis",
                command: ["redis-server", "--requirepass", "docker"],
                envs: ["POSTGRES_PASSWORD=x"],
                privileged: true,
                capabilities: { adds: ["ALL"] },
                volumes: [{ hostPath: "/" }],
                publishAllPorts: true,
            },
            isProtected: false,
        };
        expect(rule({ ...network, stack: "prod" }, DEFAULTS)).toBeUndefined();
    });
});
