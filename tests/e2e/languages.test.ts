import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Clone, type CommandResult } from "./clone.ts";
import { freePort, fetchPage } from "./network.ts";
import { soakTest } from "./soak-test.ts";

const KEY = "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----";

/** Of a registry that does not answer. */
const CACHE_IMAGE = "127.0.0.1:9/languages-e2e:1";

describe("a program in another language", () => {
    const clone = new Clone();
    const directory = join(clone.dir, "team");
    let port = 0;

    /** Writes a project in YAML that uses the library as a component provider. */
    function writeProgram(greeting: string): void {
        writeFileSync(
            join(directory, "Pulumi.yaml"),
            `name: team
runtime: yaml
packages:
  drydock: ${clone.dir}
resources:
  db:
    type: drydock:PostgresService
    properties: { database: shop, version: 17, settings: { max_connections: 50 }, databases: { queue: {}, host: { name: "Jobs" } } }
  cache:
    type: drydock:RedisService
    properties: { memory: 64m, image: "${CACHE_IMAGE}", pull: always }
  bus:
    type: drydock:Service
    properties:
      image: redis:8
      command: [sh, -c, 'exec redis-server --requirepass "$KEY"']
      ports: { data: { port: 6379, scheme: redis } }
      data: { path: /data, protectData: false }
      volumes: { more: { path: /more } }
      password: { variable: KEY, change: [] }
      connection: { database: 2 }
  uploads:
    type: drydock:Volume
  shop:
    type: drydock:RailsWebApp
    properties:
      image: languages-e2e:1
      build: { context: ${clone.dir}/apps/sample }
      database: \${db.connection}
      redis: \${cache.connection}
      migrations: [["true"]]
      migrationTimeout: 300
      publish: { port: ${port} }
      env: { GREETING: ${greeting} }
      aliases: [app]
      ports: { admin: { port: 9000, scheme: http } }
      processes: { worker: { command: [bin/jobs], after: [web], overlap: false } }
  aside:
    type: drydock:WebApp
    properties:
      image: \${shop.image}
      command: [sleep, 600]
      health: { command: ["true"] }
      links:
        database: "\${db.connection}"
        host: "\${cache.connection}"
        queue: "\${db.connections.queue}"
        jobs: '\${db.connections["host"]}'
        bus: "\${bus.connection}"
        web: "\${shop.endpoints.web}"
        admin: '\${shop.endpoints["admin"]}'
      variables:
        database: { url: DATABASE_URL, host: DB_HOST, port: DB_PORT, parameters: { pool: 20 } }
        host: { database: 2, url: HOST_URL, name: HOST_DB }
      secrets: [SAML_KEY]
      env: { THREADS: 4, DEBUG: true }
      mounts: [{ path: /uploads, source: "\${uploads.source}", readOnly: true }]
  count:
    type: drydock:Task
    properties:
      image: \${shop.image}
      command: [bin/rails, runner, 'puts "users: #{User.count}, #{ENV["DB_ENV_POSTGRES_DB"]}"']
      links: { db: "\${db.connection}", database: "\${db.connection}", host: "\${db.connection}" }
      linkStyle: docker
      timeout: 120
      env: { DATABASE_URL: "postgres://\${db.connection.username}:\${db.connection.password}@\${db.connection.host}/shop" }
    options: { dependsOn: ["\${shop}"] }
outputs:
  url: \${shop.url}
  counted: \${count.stdout}
`,
        );
    }

    const pulumi = (command: string): Promise<CommandResult> =>
        clone.run(
            `. ./env; mkdir -p .drydock/state; cd team; pulumi --non-interactive --color=never ${command}`,
        );

    beforeAll(async () => {
        clone.shell("make build && toolchain/setup/yaml.sh");
        clone.shell(`docker tag redis:8 ${CACHE_IMAGE}`);
        port = await freePort();
        mkdirSync(directory);
        writeProgram("hello");
        const { code, output } = await pulumi("stack init languages");
        expect({ code, output }).toSucceed();
        writeFileSync(join(directory, "saml.pem"), KEY);
    });
    afterAll(async () => {
        await pulumi("destroy --yes --skip-preview");
        clone.shell(`docker rmi ${CACHE_IMAGE}`);
        await clone.dispose();
    });

    test("is refused if its configuration does not have a secret", async () => {
        const { code, output } = await pulumi("preview");
        expect({ code, output }).toFail();
        expect(output).toContain("does not have SAML_KEY; run");
        const list = await clone.run(
            ". ./env; cd team; node ../dist/cli/bin.js secrets list --stack languages",
        );
        expect(list.output).toMatch(/^SAML_KEY +missing +yes$/m);
        expect(list).toSucceed();
        const [command = ""] = /pulumi config set --secret .*/.exec(output) ?? [];
        expect(await pulumi(`${command.replace("pulumi", "")} < saml.pem`)).toSucceed();
    });

    test("is deployed, has no changes afterwards, and is updated", async () => {
        const up = await pulumi("up --yes --skip-preview");
        expect(up).toSucceed();
        expect(up.output).toContain("Resources:");
        expect(await fetchPage(`http://127.0.0.1:${port}/users`)).toContain("Ada Lovelace");
        const counted = await pulumi("stack output counted --show-secrets");
        expect(counted.output).toMatch(/users: [1-9]\d*, shop/);
        expect(up.output).toContain("counted: [secret]");
        expect(up.output).toContain(`could not check whether there is a newer ${CACHE_IMAGE}`);
        expect(clone.shell("docker inspect --format '{{.Image}}' team-languages-shop")).toBe(
            clone.shell("docker inspect --format '{{.Id}}' languages-e2e:1"),
        );
        const mounts = "--format '{{range .Mounts}}{{.Name}} at {{.Destination}}, {{.RW}}{{end}}'";
        expect(clone.shell(`docker inspect ${mounts} team-languages-aside`).trim()).toBe(
            "team.languages.uploads at /uploads, false",
        );
        const variables = clone.shell("docker exec team-languages-aside env");
        expect(variables).toMatch(
            /^DATABASE_URL=postgres:\/\/app:.*@team-languages-db:5432\/shop\?pool=20$/m,
        );
        expect(variables).toMatch(/^QUEUE_URL=postgres:\/\/app:.*@team-languages-db:5432\/shop_queue$/m);
        expect(variables).toMatch(/^JOBS_URL=postgres:\/\/app:.*@team-languages-db:5432\/Jobs$/m);
        expect(variables).toMatch(/^BUS_URL=redis:\/\/default:\w{32}@team-languages-bus:6379\/2$/m);
        expect(variables).toMatch(/^HOST_URL=redis:\/\/.*team-languages-cache:6379\/2$/m);
        expect(variables).toMatch(/^DB_HOST=team-languages-db$/m);
        expect(variables).toMatch(/^DB_PORT=5432$/m);
        expect(variables).toMatch(/^HOST_DB=2$/m);
        expect(variables).toContain(`SAML_KEY=${KEY}\n`);
        expect(variables).toMatch(/^WEB_URL=http:\/\/team-languages-shop:3000$/m);
        expect(variables).toMatch(/^ADMIN_URL=http:\/\/team-languages-shop:9000$/m);
        expect(clone.shell("docker exec team-languages-aside getent hosts app")).toContain("app");
        expect(variables).toMatch(/^THREADS=4$/m);
        expect(variables).toMatch(/^DEBUG=true$/m);

        expect(await pulumi("preview --expect-no-changes")).toSucceed();

        writeProgram("ahoy");
        expect(await pulumi("up --yes --skip-preview")).toSucceed();
        expect(clone.shell("docker exec team-languages-shop env")).toContain("GREETING=ahoy\n");
    });

    test("is refused for an invalid argument, with the remedy", async () => {
        clone.edit("team/Pulumi.yaml", "memory: 64m", "memory: lots");
        const { code, output } = await pulumi("preview");
        expect({ code, output }).toFail();
        expect(output).toContain('memory: "lots" is not an amount of memory; write it like 512m or 2g');
        expect(output).not.toMatch(/^ +at /m);
        writeProgram("ahoy");
    });

    soakTest("is refused for an argument that pulumi-yaml does not check", async () => {
        clone.edit("team/Pulumi.yaml", "host: DB_HOST", "hots: DB_HOST");
        const { code, output } = await pulumi("preview");
        expect({ code, output }).toFail();
        expect(output).toContain("variables.database.hots: unknown argument; did you mean host?");
        writeProgram("ahoy");
    });

    test("is destroyed in order: applications before the services that they use", async () => {
        const containers = (output: string) =>
            [...output.matchAll(/ - +docker:index:Container (\S+) delete(?:d| *$)/gm)].map(
                ([, name]) => name,
            );
        const target = "urn:pulumi:languages::team::drydock:index:PostgresService::db";
        const planned = await pulumi(`destroy --preview-only --target '${target}' --target-dependents`);
        expect(containers(planned.output).sort()).toEqual(["aside", "db", "shop", "shop-worker"]);

        const { code, output } = await pulumi("destroy --yes --skip-preview");
        expect({ code, output }).toSucceed();
        const deleted = containers(output);
        expect(deleted.slice(0, 3).sort()).toEqual(["aside", "shop", "shop-worker"]);
        expect(deleted.slice(3).sort()).toEqual(["bus", "cache", "db"]);
        const label = "--filter label=drydock.project=team";
        expect(clone.shell(`docker ps --all --quiet ${label}; docker volume ls --quiet ${label}`)).toBe("");
    });
});
