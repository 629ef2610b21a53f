import { CONTAINER } from "../../../../testing/index.ts";
import { compileErrors } from "../../compiler.ts";
import { composeProjectName } from "../../../../cli/init/translate/adoption.ts";
import { declare, type Files, initialize, removeApplications } from "./initialize.ts";

afterAll(removeApplications);

const compose = (services: string, others: Files = {}): Files => ({
    "compose.yaml": `services:\n${services}`,
    Dockerfile: "FROM ruby:3.4\nWORKDIR /rails\n",
    ...others,
});

const SQLITE_RAILS: Files = {
    "Gemfile.lock": "    rails (8.1.1)\n    sqlite3 (2.7.4)\n",
    "config/database.yml": "production:\n  adapter: sqlite3\n  database: storage/production.sqlite3\n",
};

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

test.each([
    ["the directory", "compose.yaml", undefined, undefined, "shop-app_2"],
    [
        "the directory of the first file",
        "deploy/compose.yaml, compose.prod.yaml",
        undefined,
        undefined,
        "deploy",
    ],
    ["a directory above", "../compose.yaml", undefined, undefined, "srv"],
    ["the file", "compose.yaml", "Shop", undefined, "shop"],
    ["the variable", "compose.yaml", "Shop", "-_Other.One", "otherone"],
])("the project of Docker Compose has the name of %s", (_, file, name, variable, expected) => {
    const declaration = { file, name, services: [], volumes: new Map() };
    expect(composeProjectName(declaration, { directory: "/srv/_Shop-App_2", variable })).toBe(expected);
});

test.each([
    ["Compose", { "compose.yaml": 'name: shop\nservices: { cache: { image: "redis:8" } }\n' }],
    ["Kamal", { "config/deploy.yml": "service: shop\nservers: [192.0.2.10]\n" }],
])("the project has the name of the %s file, or that of --name", async (_, files: Files) => {
    const named = (name?: string) => initialize(files, { name });
    expect((await named()).read("infra/Pulumi.yaml")).toMatch(/^name: shop\n/);
    expect((await named("store")).read("infra/Pulumi.yaml")).toMatch(/^name: store\n/);
});

test("--name does not change which volumes --adopt takes over", async () => {
    const files = compose(`  cache: { image: "redis:8", volumes: ["kept:/data"] }\n`);
    const named = await initialize(files, { adopt: true, name: "renamed", directory: "/srv/shop" });
    expect(named.read("infra/Pulumi.dev.yaml")).toContain("shop_kept");
    const environment = { COMPOSE_PROJECT_NAME: "store" };
    const other = await initialize(files, { adopt: true, directory: "/srv/shop", environment });
    expect(other.read("infra/Pulumi.dev.yaml")).toContain("store_kept");
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

test("--adopt takes over every volume of the application", async () => {
    const result = await initialize(
        compose(
            `  web: { build: ., volumes: ["uploads:/rails/public/uploads", "gems:/usr/local/bundle", "files:/rails/storage"] }\n`,
            SQLITE_RAILS,
        ),
        { adopt: true, directory: "/srv/shop" },
    );
    expect(compileErrors([result.program])).toEqual([[]]);
    const settings = result.read("infra/Pulumi.dev.yaml");
    expect(settings).toContain("uploadsVolume: shop_uploads");
    expect(settings).not.toContain("gems");
    const { one } = await declare(result, { uploadsVolume: "shop_uploads" });
    expect(one(CONTAINER, "web").inputs.volumes).toContainEqual(
        expect.objectContaining({ containerPath: "/rails/public/uploads", volumeName: "shop_uploads" }),
    );
});

test("a server's Dockerfile and build arguments stay", async () => {
    const { program } = await initialize(
        compose(
            `
  db: { image: postgres, build: { context: ops, dockerfile: pg.Dockerfile, args: { LOCALE: de } } }
  cache: { image: redis, build: { context: ops, dockerfile: redis.Dockerfile } }
`,
            { "ops/pg.Dockerfile": "FROM postgres:17\n", "ops/redis.Dockerfile": "FROM redis:8\n" },
        ),
    );
    expect(program).toContain('dockerfile: "../ops/pg.Dockerfile"');
    expect(program).toContain('args: { LOCALE: "de" }');
    expect(program).toContain('dockerfile: "../ops/redis.Dockerfile"');
});

test("a hyphen in the key of a database compiles, and so do tty and stdinOpen", async () => {
    const result = await initialize({
        ...compose(`
  db: { image: "postgres:17", tty: true, stdin_open: true }
  cache: { image: "redis:8", tty: true }
  web: { build: ., tty: true, stdin_open: true }
`),
        "Gemfile.lock": "    rails (8.1.1)\n    pg (1.5.9)\n",
        "config/database.yml":
            "production:\n  primary: { adapter: postgresql, database: a }\n  my-cache: { adapter: postgresql, database: b }\n",
    });
    expect(result.program).toContain('db.connections["my-cache"]');
    expect(result.program).toMatch(/stdinOpen: true/);
    expect(compileErrors([result.program])).toEqual([[]]);
});

test.each([
    ["compose.yaml", "services:\n  web: [\n   x: : y\n"],
    ["config/deploy.yml", "service: shop\nservers: [192.0.2.10\nenv: x: y\n"],
    ["config/deploy.staging.yml", "servers: [\n"],
])("nothing is written if %s cannot be read", async (path, content) => {
    const result = await initialize(
        { "config/deploy.yml": "service: shop\n", [path]: content },
        path === "compose.yaml" ? { from: "compose" } : {},
    );
    expect(result.exitCode).toBe(1);
    expect(result.output).toContain(`${path}:`);
    expect(result.written).toEqual({});
});

test("a value that is the name of a service is a host only where the variable is one", async () => {
    const { program } = await initialize(
        compose(`
  api: { build: ., environment: { DATABASE_URL: "mysql2://root:pw@mysql/api", APP_NAME: mysql } }
  mysql: { image: "mysql:8.0", environment: { MYSQL_ROOT_PASSWORD: pw, MYSQL_DATABASE: api } }
`),
    );
    expect(program).toContain('APP_NAME: "mysql"');
    expect(program).toContain('MYSQL_DATABASE: "api"');
});

test("a volume of the application that is taken over and missing is named", async () => {
    const files = compose(`  web: { build: ., volumes: ["uploads:/app/public/uploads"] }\n`);
    const { output } = await initialize(files, { adopt: true, volumes: [] });
    expect(output).toContain("Docker has no volume depot_uploads");
});

test.each([
    ["exists", ["depot_pg"], 0, undefined],
    ["is missing", ["other_pg"], 2, "Docker has no volume depot_pg: its service would start with empty data"],
    ["cannot be checked", "unknown" as const, 2, "Docker does not answer"],
])("a volume that is taken over %s", async (_, volumes, code, message) => {
    const files = compose(`  db: { image: "postgres:17", volumes: ["pg:/var/lib/postgresql/data"] }\n`);
    const { exitCode, output } = await initialize(files, { adopt: true, volumes });
    expect(exitCode).toBe(code);
    if (message !== undefined) expect(output).toContain(message);
    expect((await initialize(files, { volumes: [] })).exitCode).toBe(0);
});
