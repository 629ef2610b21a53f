import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Clone, type CommandResult } from "./clone.ts";
import { pack } from "./consumer.ts";
import { createPosixPath, runPosix } from "./posix-path.ts";
import { soakTest } from "./soak-test.ts";

/**
 * An application's repository whose Pulumi project is in YAML and has the packed package from npm. Nothing but Node.js,
 * Docker, git, ssh and the utilities of POSIX is there, as on macOS.
 */
describe("in a project in YAML, without the extensions of GNU, drydock", () => {
    const clone = new Clone();
    const application = mkdtempSync(join(tmpdir(), "drydock-yaml-"));
    const infra = join(application, "infra");
    const path = join(application, ".path");
    const name = `yaml${process.pid}`;
    const drydock = (line: string): Promise<CommandResult> =>
        clone.run(`cd ${application} && PATH=${path} node ${clone.dir}/cli/bin.ts ${line}`);
    const git = (command: string) =>
        clone.shell(`cd ${application} && git -c user.name=t -c user.email=t@t ${command}`);
    const containers = () =>
        clone.shell(`docker ps --all --filter label=drydock.project=${name} --format '{{.Names}}'`);

    function writeProgram(persistent: boolean): void {
        writeFileSync(
            join(infra, "Pulumi.yaml"),
            `name: ${name}
runtime: yaml
packages:
  drydock: ./node_modules/pulumi-drydock
resources:
  cache:
    type: drydock:RedisService
    properties: { persistent: ${persistent} }
  db:
    type: drydock:PostgresService
    properties: { databases: { queue: {} } }
  seed:
    type: drydock:Task
    properties: { image: redis:8, command: [echo, seeded], links: { db: "\${db.connection}" } }
  web:
    type: drydock:WebApp
    properties:
      image: redis:8
      command: [sh, -c, "echo started; exec sleep 600"]
      health: { command: ["true"] }
      links: { redis: "\${cache.connection}" }
`,
        );
    }

    beforeAll(() => {
        const { filename } = pack(clone);
        clone.shell("toolchain/setup/yaml.sh");
        mkdirSync(join(infra, ".drydock"), { recursive: true });
        cpSync(join(clone.dir, ".drydock/toolchain"), join(infra, ".drydock/toolchain"));
        const packages = ["@pulumi/command", "@pulumi/docker", "@pulumi/pulumi", "@pulumi/random"];
        const dependencies = Object.fromEntries([
            ...packages.map((each) => [each, `file:${clone.dir}/node_modules/${each}`]),
            ["pulumi-drydock", `file:${clone.dir}/${filename}`],
        ]) as Record<string, string>;
        writeFileSync(join(infra, "package.json"), JSON.stringify({ name, private: true, dependencies }));
        writeFileSync(join(application, ".gitignore"), "node_modules/\n.drydock/\n.path/\n");
        createPosixPath(path, ["docker", "git", "npm", "ssh"]);
        writeProgram(true);
        git("init --quiet --initial-branch main");
        git("add --all");
        git("commit --quiet --message base");
    });
    afterAll(async () => {
        await drydock("down --confirm dev");
        rmSync(application, { recursive: true });
        await clone.dispose();
    });

    test("installs the packages, brings the stack up and shows what runs", async () => {
        const { code, output } = await drydock("up --yes");
        if (code !== 0) throw new Error(output);
        expect(output).toContain("Installing the packages of the program");
        expect(output).toMatch(/^cache +server +healthy +redis:8 /m);
        expect((await drydock("status")).output).toMatch(/^web +web +healthy +redis:8 /m);
    });

    test("has a PATH that refuses what only GNU has", () => {
        expect(runPosix(path, "date --utc")).toContain("date: POSIX has no option --utc");
        expect(runPosix(path, "setsid true")).toContain("not found");
    });

    test("operates what runs", async () => {
        expect((await drydock("logs web")).output).toBe("web | started\n");
        expect((await drydock("run printenv REDIS_URL")).output).toMatch(/^redis:\/\/.*-dev-cache:6379/);
        expect((await drydock("redis-cli ping")).output).toBe("PONG\n");
        expect((await drydock("psql --database app_queue -tAc 'select 1'")).output).toBe("1\n");
        expect(await drydock("restart web")).toSucceed();
        const { code, output } = await drydock("doctor");
        expect({ code, output }).toSucceed();
    });

    soakTest("previews a change, alone and on an environment of its base", async () => {
        writeProgram(false);
        git("checkout --quiet -b change");
        git("commit --quiet --all --message change");
        const preview = await drydock("preview");
        expect(preview).toSucceed();
        expect(preview.output).toContain("cache");
        const { code, output } = await drydock("pr --base main");
        if (code !== 3) throw new Error(output);
        expect(output).toContain("**Data at risk**");
        expect(output).toMatch(/volume `yaml\d+\.preview-\S+\.cache` is no longer mounted at `\/data`/);
        expect(containers().split("\n").filter(Boolean).sort()).toEqual([
            `${name}-dev-cache`,
            `${name}-dev-db`,
            `${name}-dev-web`,
        ]);
    });

    test("takes the stack down", async () => {
        const { code, output } = await drydock("down --confirm dev");
        expect({ code, output }).toSucceed();
        expect(containers()).toBe("");
    });
});
