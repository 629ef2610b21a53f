import { composeProjectName } from "../../../../cli/init/translate/adoption.ts";
import { CONTAINER } from "../../../../testing/index.ts";
import { compileErrors } from "../../compiler.ts";
import { compose, PUMA, SQLITE_RAILS } from "./files.ts";
import { declare, environment, initialize, removeApplications } from "./initialize.ts";

afterAll(removeApplications);

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

describe("--adopt", () => {
    test("takes over the volumes and passwords of Compose, on this machine only", async () => {
        const files = {
            Dockerfile: PUMA,
            "compose.yaml": `services:
  db: { image: "postgres:16", environment: { POSTGRES_USER: shop, POSTGRES_PASSWORD: hunter2 }, volumes: ["pg:/var/lib/postgresql/data"] }
  cache: { image: "redis:7", volumes: ["kept:/data"] }
  web: { build: ., environment: { DATABASE_URL: "postgres://shop:hunter2@db/shop" }, volumes: ["files:/rails/storage"] }
volumes: { pg: {}, files: {}, kept: { external: true, name: shared_cache } }
`,
        };
        const result = await initialize(files, { adopt: true });
        expect(result.program).not.toContain("hunter2");
        expect(result.secrets).toEqual({ dbPassword: "hunter2" });
        const stack = result.read("infra/Pulumi.dev.yaml");
        for (const volume of ["depot_pg", "depot_files", "shared_cache"])
            expect(stack).toContain(`: ${volume}\n`);
        const values = {
            dbDataVolume: "depot_pg",
            cacheDataVolume: "shared_cache",
            webStorageVolume: "depot_files",
            dbPassword: "hunter2",
        };
        const { one } = await declare(result, values);
        expect(one(CONTAINER, "db").inputs.volumes).toEqual([
            expect.objectContaining({ volumeName: "depot_pg" }),
        ]);
        expect(one(CONTAINER, "cache").inputs.volumes).toEqual([
            expect.objectContaining({ volumeName: "shared_cache" }),
        ]);
        expect(one(CONTAINER, "web").inputs.volumes).toEqual([
            expect.objectContaining({ volumeName: "depot_files" }),
        ]);
        expect(environment(one(CONTAINER, "web")).DATABASE_URL).toContain("shop:hunter2@");
        const fresh = await declare(result);
        expect(fresh.one(CONTAINER, "db").inputs.volumes).toEqual([
            expect.objectContaining({ volumeName: "depot.dev.db" }),
        ]);
    });

    test("takes over the directories of Kamal's accessories, where Kamal deploys", async () => {
        const result = await initialize(
            {
                Dockerfile: PUMA,
                "config/deploy.yml": `service: shop
servers: [203.0.113.7]
ssh: { user: deploy }
env: { secret: [DATABASE_URL] }
accessories:
  db: { image: "postgres:16", host: 203.0.113.7, env: { clear: { POSTGRES_USER: shop }, secret: [POSTGRES_PASSWORD] }, directories: ["data:/var/lib/postgresql/data"] }
`,
            },
            { adopt: true },
        );
        expect(result.read("infra/Pulumi.production.yaml")).toContain(
            "shop:dbDataDirectory: /home/deploy/shop-db/data",
        );
        expect(result.read("infra/Pulumi.dev.yaml")).not.toContain("dbDataDirectory");
        const { one } = await declare(result, { dbDataDirectory: "/home/deploy/shop-db/data" });
        expect(one(CONTAINER, "db").inputs.volumes).toEqual([
            expect.objectContaining({ hostPath: "/home/deploy/shop-db/data" }),
        ]);
    });

    test("asks before a server starts empty because its volume is not where the image stores data", async () => {
        const files = compose(`  db: { image: "postgres:18", volumes: ["pg:/var/lib/postgresql/data"] }\n`);
        const result = await initialize(files, { adopt: true });
        expect(result.exitCode).toBe(2);
        expect(result.output).toContain("the volume at /var/lib/postgresql/data does not hold the data");
        expect(result.program).not.toContain("volume:");
    });
});

test("--name does not change which volumes --adopt takes over", async () => {
    const files = compose(`  cache: { image: "redis:8", volumes: ["kept:/data"] }\n`);
    const named = await initialize(files, { adopt: true, name: "renamed", directory: "/srv/shop" });
    expect(named.read("infra/Pulumi.dev.yaml")).toContain("shop_kept");
    const other = await initialize(files, {
        adopt: true,
        directory: "/srv/shop",
        environment: { COMPOSE_PROJECT_NAME: "store" },
    });
    expect(other.read("infra/Pulumi.dev.yaml")).toContain("store_kept");
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

test("--adopt names a volume of the application that Docker does not have", async () => {
    const files = compose(`  web: { build: ., volumes: ["uploads:/app/public/uploads"] }\n`);
    const { output } = await initialize(files, { adopt: true, volumes: [] });
    expect(output).toContain("Docker has no volume depot_uploads");
});

test.each([
    ["an existing volume", ["depot_pg"], 0, ""],
    [
        "a missing volume",
        ["other_pg"],
        2,
        "Docker has no volume depot_pg: its service would start with empty data",
    ],
    ["a volume that cannot be checked", "unknown" as const, 2, "Docker does not answer"],
])("--adopt reports %s of a server", async (_, volumes, code, message) => {
    const files = compose(`  db: { image: "postgres:17", volumes: ["pg:/var/lib/postgresql/data"] }\n`);
    const { exitCode, output } = await initialize(files, { adopt: true, volumes });
    expect(exitCode).toBe(code);
    expect(output).toContain(message);
    expect((await initialize(files, { volumes: [] })).exitCode).toBe(0);
});
