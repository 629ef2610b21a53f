import { mkdirSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { Application } from "./application.ts";
import { freePort } from "./network.ts";

const PROGRAM = `import * as pulumi from "@pulumi/pulumi";
import { RedisService } from "pulumi-drydock";
const settings = { maxmemory: new pulumi.Config().get("memory") ?? "50mb" };
new RedisService("cache", { settings });
`;

/** Two colleagues and a job of CI, each with a clone and a home directory of their own. */
describe("a team", () => {
    const name = `team${process.pid}`;
    const application = new Application(name);
    const at = (path: string) => join(application.directory, "..", path);
    const state = at("shared-state");
    const container = `${name}-live-cache`;
    const containerId = () => application.shell(`docker inspect --format '{{.Id}}' ${container}`);
    const passphraseFile = at("passphrase");
    const ann = { HOME: at("home-ann"), PULUMI_CONFIG_PASSPHRASE: "of the team" };
    const bob = { HOME: at("home-bob"), PULUMI_CONFIG_PASSPHRASE_FILE: passphraseFile };
    /** As the workflow sets it, in which a secret that the repository does not have is empty. */
    const job = {
        CI: "true",
        HOME: at("home-job"),
        PULUMI_CONFIG_PASSPHRASE: "of the team",
        PULUMI_ACCESS_TOKEN: "",
    };
    const git = (command: string, directory = application.directory) =>
        application.shell(`git -C ${directory} -c user.name=t -c user.email=t@t ${command}`);
    const clone = (directory: string) => {
        git(`clone --quiet ${application.directory} ${directory}`);
        application.install(directory);
        return directory;
    };
    const drydock = (line: string, env: NodeJS.ProcessEnv, directory = application.directory) =>
        application.drydock(`${line} --stack live`, env, directory);

    beforeAll(() => {
        for (const path of ["shared-state", "home-ann", "home-bob", "home-job"]) mkdirSync(at(path));
        application.write("../passphrase", "of the team");
        application.write("infra/Pulumi.yaml", `name: ${name}\nruntime: nodejs\n`);
        application.write("infra/index.ts", PROGRAM);
        application.write("infra/package.json", JSON.stringify({ name, private: true }));
        application.write(
            "infra/tsconfig.json",
            JSON.stringify({
                compilerOptions: {
                    target: "es2022",
                    module: "node16",
                    moduleResolution: "node16",
                    noCheck: true,
                },
            }),
        );
        application.write("infra/.gitignore", "node_modules/\n.drydock/\n");
        application.write(
            "infra/Pulumi.live.yaml",
            `config:\n  docker:host: unix:///var/run/docker.sock\n  drydock:backend: file://${state}?metadata=skip\n`,
        );
        git("init --quiet");
    });
    afterAll(async () => {
        await drydock("down --confirm live", ann);
        await application.dispose();
    });

    test("has a stack that the first one creates, in the backend of its configuration", async () => {
        const { code, output } = await drydock("up --yes", ann);
        if (code !== 0) throw new Error(output);
        expect(application.shell(`ls ${state}/.pulumi/stacks/${name}`)).toContain("live.json");
        // Pulumi has written what decrypts the secrets of the stack.
        git("add --all");
        git("commit --quiet --message start");
        expect(git("show HEAD:infra/Pulumi.live.yaml")).toContain("encryptionsalt:");
    });

    test("says what to do where the passphrase is missing or wrong", async () => {
        const directory = clone(at("clone-without"));
        const missing = await drydock("up --yes", { HOME: at("home-bob") }, directory);
        expect(missing).toExitWith(1);
        expect(missing.output).toContain("PULUMI_CONFIG_PASSPHRASE");
        const env = { HOME: at("home-bob"), PULUMI_CONFIG_PASSPHRASE: "another" };
        const wrong = await drydock("up --yes", env, directory);
        expect(wrong).toExitWith(1);
        expect(wrong.output).toContain("passphrase");
    });

    test("has one stack for a colleague with another home", async () => {
        const before = containerId();
        const directory = clone(at("clone-bob"));
        const status = await drydock("status --json", bob, directory);
        expect(JSON.parse(status.output)).toMatchObject({
            components: [{ name: "cache", processes: [{ containers: [{ id: before, state: "running" }] }] }],
        });
        const { code, output } = await drydock("up --yes", bob, directory);
        if (code !== 0) throw new Error(output);
        expect(containerId()).toBe(before);
    });

    test("has one stack for a job of CI, which deploys a change", async () => {
        const before = containerId();
        const directory = clone(at("clone-job"));
        application.shell(`sed -i 's/50mb/60mb/' ${directory}/infra/index.ts`);
        const { code, output } = await drydock("up --yes", job, directory);
        if (code !== 0) throw new Error(output);
        expect(containerId()).not.toBe(before);
        // What follows the verb belongs to redis-cli.
        const line = "redis-cli --stack live config get maxmemory";
        const { output: memory } = await application.drydock(line, ann);
        expect(memory).toContain(String(60 * 1024 ** 2));
    });

    test("is warned by up and doctor of a state on this machine for a stack on another", async () => {
        // What is reached by TCP is another machine.
        const proxy = createServer((socket) => {
            const docker = connect("/var/run/docker.sock");
            socket.pipe(docker).pipe(socket);
            for (const end of [socket, docker]) end.on("error", () => end.destroy());
        });
        const port = await freePort();
        await new Promise<void>((done) => proxy.listen(port, "127.0.0.1", done));
        try {
            application.shell(
                `sed -i 's|docker:host: .*|docker:host: tcp://127.0.0.1:${port}|; s/50mb/60mb/' ${application.directory}/infra/Pulumi.live.yaml ${application.directory}/infra/index.ts`,
            );
            const sentence = `The stack live runs on tcp://127.0.0.1:${port}, but its state is only on this machine`;
            const update = await drydock("up --yes", ann);
            expect(update.output).toContain(`! ${sentence}`);
            expect((await drydock("doctor", ann)).output).toContain(`! State       ${sentence}`);
        } finally {
            git("checkout --quiet infra/Pulumi.live.yaml");
            proxy.close();
        }
    });

    test("has a stack whose state is in a bucket", async () => {
        const port = await freePort();
        const bucket = `s3://state?endpoint=http://127.0.0.1:${port}&disableSSL=true&s3ForcePathStyle=true&region=us-east-1`;
        const login = { AWS_ACCESS_KEY_ID: "S3RVER", AWS_SECRET_ACCESS_KEY: "S3RVER" };
        const server = application.clone.start(
            `exec npx --yes s3rver@3.7.1 --address 127.0.0.1 --port ${port} --directory ${at("bucket")} --configure-bucket state`,
        );
        await server.waitForOutput("listening");
        const inBucket = (line: string, env: NodeJS.ProcessEnv, directory?: string) =>
            application.drydock(`${line} --stack bucket`, { ...env, ...login }, directory);
        try {
            application.write(
                "infra/Pulumi.bucket.yaml",
                `config:\n  docker:host: unix:///var/run/docker.sock\n  drydock:backend: ${bucket}\n`,
            );
            const { code, output } = await inBucket("up --yes", ann);
            if (code !== 0) throw new Error(output);
            git("add --all");
            git("commit --quiet --message bucket");
            const directory = clone(at("clone-bucket"));
            // Reading needs no passphrase.
            const status = await inBucket("status", {}, directory);
            expect(status.output).toMatch(/^cache +server +healthy /m);
            expect(await inBucket("down --confirm bucket", bob, directory)).toSucceed();
            expect((await inBucket("up --yes", {}, directory)).output).toContain("PULUMI_CONFIG_PASSPHRASE");
        } finally {
            server.kill("SIGTERM");
            await server.ended;
        }
    });
});
