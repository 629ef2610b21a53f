import { CONTAINER } from "../../../../testing/index.ts";
import { compose, SQLITE_RAILS } from "./files.ts";
import { declare, initialize, removeApplications } from "./initialize.ts";

afterAll(removeApplications);

describe("the data of Redis", () => {
    test("is at /data, whatever else is mounted", async () => {
        const files = compose(
            `  cache: { image: "redis:8", volumes: ["data:/data", "./redis:/usr/local/etc/redis"] }\n`,
            { "redis/users.acl": "" },
        );
        const { program, rows } = await initialize(files);
        expect(program).not.toMatch(/hostPath|dataPath/);
        expect(rows).toContainEqual(expect.stringContaining("volumes./usr/local/etc/redis no"));
        expect(rows).toContainEqual(expect.stringContaining("volumes./data differently"));
    });

    test("is at --dir of the command", async () => {
        const { program, rows } = await initialize(
            compose(
                `  cache: { image: "redis:8", command: redis-server --dir /srv/redis, volumes: ["old:/data", "data:/srv/redis"] }\n`,
            ),
        );
        expect(program).toContain('dataPath: "/srv/redis"');
        expect(rows).toContainEqual(expect.stringContaining("volumes./data no"));
    });
});

describe("a volume above the volume of Postgres' image", () => {
    test("does not hold the data, which --adopt asks about", async () => {
        const files = compose(`  db: { image: "postgres:17", volumes: ["pg:/var/lib/postgresql"] }\n`);
        const result = await initialize(files, { adopt: true });
        expect(result.exitCode).toBe(2);
        expect(result.output).toContain("which the image keeps in /var/lib/postgresql/data");
        expect(result.program).not.toContain("volume:");
    });

    test("is left out if another one is at the data", async () => {
        const result = await initialize(
            compose(
                `  db: { image: "postgres:16", volumes: ["home:/var/lib/postgresql", "pg:/var/lib/postgresql/data"] }\n`,
            ),
            { adopt: true },
        );
        expect(result.exitCode).toBe(0);
        expect(result.read("infra/Pulumi.dev.yaml")).toContain("_pg");
        expect(result.rows).toContainEqual(expect.stringContaining("volumes./var/lib/postgresql no"));
    });

    test("holds the data of version 18", async () => {
        const result = await initialize(
            compose(`  db: { image: "postgres:18", volumes: ["pg:/var/lib/postgresql"] }\n`),
            { adopt: true },
        );
        expect(result.exitCode).toBe(0);
        expect(result.program).toContain("volume:");
    });
});

describe("the storage of a Rails application with SQLite", () => {
    test("is kept if a mount there is not declared", async () => {
        const result = await initialize(
            compose(`  web: { build: ., volumes: ["/rails/storage"] }\n`, SQLITE_RAILS),
        );
        expect(result.program).toContain('storage: { path: "/rails/storage"');
        const { one } = await declare(result);
        expect(one(CONTAINER, "web").inputs.volumes).toEqual([
            expect.objectContaining({ containerPath: "/rails/storage" }),
        ]);
    });

    test("is a directory of the machine if it is mounted", async () => {
        const result = await initialize(
            compose(`  web: { build: ., volumes: ["/srv/storage:/rails/storage"] }\n`, SQLITE_RAILS),
        );
        expect(result.program).not.toContain("storage: {");
        const { one } = await declare(result);
        expect(one(CONTAINER, "web").inputs.volumes).toEqual([
            expect.objectContaining({ hostPath: "/srv/storage" }),
        ]);
    });
});
