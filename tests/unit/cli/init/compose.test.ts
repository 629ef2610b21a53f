import { compileErrors } from "../../compiler.ts";
import { initialize, removeApplications } from "./initialize.ts";

afterAll(removeApplications);

const GEMS = "GEM\n  specs:\n    rails (8.0.2)\n    sqlite3 (2.6.0)\n\nDEPENDENCIES\n  rails\n  sqlite3\n";

test("a host that only a command or a configuration file names is linked", async () => {
    const { program, output } = await initialize({
        Dockerfile: "FROM ruby:3.4\nEXPOSE 3000\n",
        "ops/proxy.conf":
            "# http://search:9200\nserver { location / { proxy_pass http://mill_app:3000; } }\n",
        "compose.yaml": `services:
  app: { build: ., container_name: mill_app, ports: ["3000:3000"] }
  search: { image: "opensearchproject/opensearch:2.19.0" }
  front: { image: "nginx:1.29", volumes: ["./ops/proxy.conf:/etc/nginx/conf.d/default.conf:ro"] }
  exporter: { image: "acme/exporter:1", command: "--target=http://search:9200 --level 3" }
`,
    });
    expect(program).toMatch(
        /new Service\("front", {\s+image: "nginx:1\.29",\s+links: { app: app\.endpoint }/,
    );
    expect(program).toContain('aliases: ["mill_app"]');
    expect(program).toMatch(/new Service\("exporter", {[^}]*links: { search: search\.connection }/);
    expect(output).toContain("front: ops/proxy.conf names mill_app; it is linked as APP_URL");
    expect(output).toContain("exporter: its command names search");
    expect(output).not.toContain("front: ops/proxy.conf names search");
});

test("a variable without a value is missing in the container", async () => {
    const { program, settings } = await initialize({
        Dockerfile: "FROM ruby:3.4\n",
        "compose.yaml": "services: { web: { build: ., environment: [FEATURE, 'LEVEL=${LEVEL}'] } }\n",
    });
    expect(program).toMatch(/env: { \.\.\.\(feature && { FEATURE: feature }\), LEVEL: level }/);
    expect(settings.feature?.default).toBe("");
});

test("a DATABASE_URL of the file decides, and not the SQLite of database.yml", async () => {
    const { program } = await initialize({
        Dockerfile: "FROM ruby:3.4\nWORKDIR /app\n",
        "Gemfile.lock": GEMS,
        "config/database.yml": "production: { adapter: sqlite3, database: db/mill.sqlite3 }\n",
        "compose.yaml": `services:
  web: { build: ., environment: { DATABASE_URL: "postgres://mill:x@db/mill" } }
  db: { image: "postgres:17", environment: { POSTGRES_USER: mill, POSTGRES_PASSWORD: x } }
`,
    });
    expect(program).toContain("database: db.connection");
    expect(program).not.toContain("sqlite");
    expect(program).not.toContain("storage");
});

test("the application does not get the port that another service has in the variable PORT", async () => {
    const { program, settings } = await initialize({
        "compose.yaml": `services:
  web:
    image: "acme/mill:2"
    command: ./serve
    environment: { RAILS_ENV: production }
    healthcheck: { test: "curl -f http://localhost:8080/health" }
  front: { image: "nginx:1.29", ports: ["\${PORT:-8000}:80"], depends_on: [web] }
`,
    });
    expect(settings.port?.default).toBe(8000);
    expect(settings.webPort?.default).toBe(3000);
    expect(program).toContain("publish: { port: webPort || undefined }");
    expect(program).toMatch(/new RailsWebApp\("web", {[^]*port: 8080,\n/);
});

test("a command that seeds a database and may be tried again is a Task", async () => {
    const { program } = await initialize({
        "compose.yaml": `services:
  web: { image: "acme/mill:2", command: bin/rails server, depends_on: [seeder] }
  seeder: { image: "acme/mill:2", command: ./bin/seeder, restart: on-failure }
  worker: { image: "acme/mill:2", command: ./bin/worker, restart: on-failure }
`,
    });
    expect(program).toMatch(/const seeder = new Task\("seeder"/);
    expect(program).toContain("{ dependsOn: [seeder] }");
    expect(program).toContain('worker: { command: ["./bin/worker"], restart: "on-failure" }');
});

test("secrets, SSH agents and further contexts go to the build", async () => {
    const { program, rows } = await initialize({
        Dockerfile: "FROM ruby:3.4\n",
        "compose.yaml": `services:
  web:
    build:
      context: .
      ssh: [default]
      additional_contexts: { engines: ../engines, base: "docker-image://ruby:3.4", assets: "service:assets" }
      secrets: [gems, { source: npm, target: npmrc }, elsewhere]
      cache_to: ["type=inline"]
secrets:
  gems: { environment: GEM_TOKEN }
  npm: { file: ./.npmrc }
  elsewhere: { external: true }
`,
    });
    expect(program).toMatch(/ssh: \["default"\]/);
    expect(program).toMatch(/secrets: { gems: { variable: "GEM_TOKEN" }, npmrc: { file: "\.\.\/\.npmrc" } }/);
    expect(program).toMatch(
        /contexts: { engines: "\.\.\/\.\.\/engines", base: "docker-image:\/\/ruby:3\.4" }/,
    );
    for (const lost of [/build\.secrets no .*elsewhere/, /additional_contexts no .*assets/])
        expect(rows).toContainEqual(expect.stringMatching(lost));
});

describe("the cache of a build", () => {
    const build = (cache: string) =>
        initialize(
            {
                Dockerfile: "FROM ruby:3.4\n",
                "deploy/compose.yaml": `services: { web: { build: { context: .., ${cache} } } }\n`,
            },
            { composeFiles: ["deploy/compose.yaml"] },
        );

    test("is written to the image, and read from there", async () => {
        const { program, settings } = await build('cache_from: ["acme/shop:1"], cache_to: ["type=inline"]');
        expect(program).toContain('cacheFrom: ["acme/shop:1"]');
        expect(program).toContain('cacheTo: ["type=inline"]');
        expect(settings).not.toHaveProperty("buildCache");
    });

    test("is written elsewhere by a setting that is off", async () => {
        const result = await build(
            'cache_from: ["type=local,src=cache"], cache_to: ["type=local,dest=./cache,mode=max", "type=inline"]',
        );
        expect(result.program).toContain('cacheFrom: ["type=local,src=../deploy/cache"]');
        expect(result.program).toContain(
            '...(buildCache && { cacheTo: ["type=local,dest=../deploy/cache,mode=max", "type=inline"] })',
        );
        expect(result.settings.buildCache).toMatchObject({ type: "boolean", default: false });
        expect(result.rows).toContainEqual(
            expect.stringMatching(/build\.cache_to other way build\.cacheTo the setting buildCache/),
        );
        expect(compileErrors([result.program])).toEqual([[]]);
    });

    test("does not show its secrets", async () => {
        const { program, rows } = await build('cache_to: ["type=s3,bucket=b,secret_access_key=s3same"]');
        expect(program).not.toMatch(/cacheTo|s3same/);
        expect(rows).toContainEqual(expect.stringMatching(/build\.cache_to no .*has a secret/));
    });
});
