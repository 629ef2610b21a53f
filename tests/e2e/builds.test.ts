import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hashSync } from "bcryptjs";
import { planOf } from "../../cli/pr/events.ts";
import { summaryOf } from "../../cli/pr/summary.ts";
import { Programs } from "./programs.ts";

/** Secrets of a build, each from another source. */
const SECRETS = {
    config: "token-of-the-config-81",
    variable: "token-of-a-variable-82",
    file: "token-of-a-file-83",
};
const LENGTH = Object.values(SECRETS).join("").length;
const BASE = "drydock-e2e/base:local";

describe("a build with secrets", () => {
    const programs = new Programs();
    const { clone } = programs;
    const configure = (token: string) =>
        clone.shell(`. ./env; pulumi config set --stack depot --secret drydock:gems ${token}`);
    const depot = (file: string) => join(clone.dir, "depot", file);

    beforeAll(() => {
        // Exists on this Docker Engine only.
        programs.shell(`docker tag debian:trixie-slim ${BASE}`);
        mkdirSync(depot(""));
        symlinkSync("depot", join(clone.dir, "depot-link"));
        const mounts = Object.keys(SECRETS).map((id) => `--mount=type=secret,id=${id}`);
        // Prints the secrets.
        const run = `RUN ${mounts.join(" ")} cd /run/secrets && cat * && cat * | wc -c >/length`;
        writeFileSync(
            depot("Dockerfile"),
            `FROM ${BASE}\nCOPY stamp /stamp\n${run}\nCMD ["sleep", "infinity"]\n`,
        );
        // An earlier run's layers are in the cache.
        writeFileSync(depot("stamp"), randomUUID());
        writeFileSync(depot(".dockerignore"), "ignored\n");
        writeFileSync(join(clone.dir, "token"), SECRETS.file);
        programs.write("depot", "return {};");
        configure(SECRETS.config);
    });

    afterAll(async () => {
        programs.shell(`docker rmi ${BASE}`);
        await programs.dispose();
    });

    const program = `
        const secrets = {
            config: { value: new pulumi.Config("drydock").requireSecret("gems") },
            variable: { variable: "BUILD_TOKEN" },
            file: { file: "token" },
        };
        const web = new drydock.WebApp("web", {
            build: { context: "depot-link", secrets },
            health: { command: ["true"] },
            stopTimeout: 1,
        });
        return { image: web.image };`;
    const up = (token = SECRETS.variable) => programs.up("depot", program, { BUILD_TOKEN: token });
    const container = (format: string) =>
        programs.shell(`docker inspect --format '${format}' drydock-depot-web`);
    const file = (name: string) => programs.shell(`docker exec drydock-depot-web cat ${name}`);
    const preview = (options: string, env: NodeJS.ProcessEnv = {}) =>
        clone.run(`. ./env; pulumi preview --stack depot --color=never ${options}`, env);

    test("keeps them out of the image, the state and the output", async () => {
        const { code, output } = await up();
        expect({ code, output }).toSucceed();
        expect(output).toContain("[secret]");
        expect(file("/length")).toBe(String(LENGTH));
        const image = container("{{.Image}}");
        expect(output).toContain(`image: "${image}"`);
        const search = (text: string) => programs.shell(`${text} | grep --text --count token-of-a || true`);
        const layers = `docker save ${image} | tar --extract --to-stdout`;
        expect(programs.shell(`${layers} | grep --text --count ${BASE} || true`)).not.toBe("");
        expect(search(layers)).toBe("0");
        expect(search(`docker history --no-trunc ${image}`)).toBe("0");
        expect(search(`docker inspect ${image} drydock-depot-web`)).toBe("0");
        const state = clone.shell(". ./env; pulumi stack export --stack depot --show-secrets");
        expect(state).toContain('"BUILT_IMAGE"');
        expect(state + output).not.toMatch(/token-of-a/);
    });

    test("does not build again for another token, and builds for a changed file with the new one", async () => {
        writeFileSync(depot("ignored"), "");
        configure("a-new-and-longer-token-of-the-config");
        // A preview needs no secret.
        expect(await preview("--expect-no-changes")).toSucceed();

        writeFileSync(depot("stamp"), "second");
        const { output } = await preview("--json", { PULUMI_ENABLE_STREAMING_JSON_PREVIEW: "true" });
        const plan = planOf(output);
        const context = { base: "a", head: "b", seconds: 1, dataLossAccepted: false };
        const { markdown } = summaryOf(plan, plan, context);
        expect(markdown).toContain("its image is rebuilt");
        expect(markdown).toContain("runs the new image");
        const old = container("{{.Image}}");
        expect(await up()).toSucceed();
        expect(file("/stamp")).toBe("second");
        expect(Number(file("/length"))).toBeGreaterThan(LENGTH);
        expect(container("{{.Image}}")).not.toBe(old);
        // For a rollback.
        expect(programs.shell(`docker image inspect --format kept ${old}`)).toBe("kept");
    });

    test("fails with the output and the remedy, and the old container goes on", async () => {
        const running = container("{{.Id}}");
        writeFileSync(depot("stamp"), "third");
        const unset = await up("");
        expect(unset).toFail();
        expect(unset.output).toContain(
            "build.secrets.variable.variable: BUILD_TOKEN is not set; set it where Pulumi runs",
        );
        const dockerfile = readFileSync(depot("Dockerfile"), "utf8");
        writeFileSync(depot("Dockerfile"), `${dockerfile}RUN echo to no avail && exit 3\n`);
        const failed = await up();
        expect(failed).toFail();
        expect(failed.output).toMatch(/error: .*could not build the image drydock\/web:depot[^]*to no avail/);
        writeFileSync(depot("Dockerfile"), dockerfile);
        expect(container("{{.Id}}")).toBe(running);
    });

    test("leaves no image when the stack is destroyed", async () => {
        const { code, output } = await clone.run(
            ". ./env; pulumi destroy --yes --skip-preview --stack depot",
        );
        expect({ code, output }).toSucceed();
        expect(programs.shell("docker images --quiet drydock/web:depot")).toBe("");
    });
});

describe("images of a registry with a login", () => {
    const programs = new Programs();
    const { clone } = programs;
    const config = join(clone.dir, "docker-config");
    const env = { DOCKER_CONFIG: config, PATH: `${config}:${process.env.PATH}`, TOKEN: "a token" };
    let registry: string;
    let address: string;

    beforeAll(async () => {
        mkdirSync(config);
        writeFileSync(join(clone.dir, "htpasswd"), `me:${hashSync("anchor", 4)}\n`);
        const auth = "--env REGISTRY_AUTH=htpasswd --env REGISTRY_AUTH_HTPASSWD_REALM=e2e";
        const file = `--env REGISTRY_AUTH_HTPASSWD_PATH=/htpasswd --volume ${clone.dir}/htpasswd:/htpasswd:ro`;
        registry = programs.shell(
            `docker run --detach --label drydock.e2e --publish 127.0.0.1::5000 ${auth} ${file} registry:2`,
        );
        address = programs.shell(`docker port ${registry} 5000`);
        programs.shell(`timeout 60 sh -c 'until curl --silent http://${address}/v2/; do sleep 0.1; done'`);
        writeFileSync(join(config, "config.json"), JSON.stringify({ credHelpers: { [address]: "e2e" } }));
        setPassword("anchor");
        const images = ["task", "plain", "buildx"].map((name) => `${address}/${name}:1`);
        for (const image of images)
            programs.shell(
                `printf 'FROM debian:trixie-slim\nLABEL of=${image}\n' | docker build --quiet --tag ${image} -`,
            );
        const push = images
            .map((image) => `docker push --quiet ${image} && docker rmi ${image}`)
            .join(" && ");
        expect(await clone.run(push, env)).toSucceed();
        for (const name of ["plain", "buildx"]) {
            mkdirSync(join(clone.dir, name));
            writeFileSync(join(clone.dir, name, "Dockerfile"), `FROM ${address}/${name}:1\n`);
        }
    });

    afterAll(async () => {
        programs.shell(`docker rm --force --volumes ${registry}`);
        programs.shell(
            `docker images --all --quiet --no-trunc --filter label=of | sort --unique | xargs --no-run-if-empty docker rmi --force`,
        );
        await programs.dispose();
    });

    /** The login in a credential helper. */
    const setPassword = (password: string) => {
        writeFileSync(
            join(config, "docker-credential-e2e"),
            `#!/bin/sh\necho '{ "ServerURL": "${address}", "Username": "me", "Secret": "${password}" }'\n`,
            { mode: 0o755 },
        );
    };
    const program = (tag: string) => `
        const command = ["true"];
        new drydock.Task("task", { command, image: "${address}/task:${tag}" });
        new drydock.Task("plain", { command, build: { context: "plain" } });
        const secrets = { token: { variable: "TOKEN" } };
        new drydock.Task("buildx", { command, build: { context: "buildx", secrets } });
        return {};`;

    test("are pulled with the login of a credential helper, also for builds", async () => {
        const { code, output } = await programs.up("vault", program("1"), env);
        expect({ code, output }).toSucceed();
    });

    test("whose login has expired fail with its remedy", async () => {
        setPassword("expired");
        for (const name of ["plain", "buildx"])
            writeFileSync(join(clone.dir, name, "Dockerfile"), `FROM ${address}/${name}:2\n`);
        const { code, output } = await programs.up("vault", program("2"), env, "--continue-on-error");
        expect({ code, output }).toFail();
        const remedy = `${address} does not accept the login of docker login, which may have expired or may lack permission: run \`docker login ${address}\``;
        for (const name of ["task", "plain"])
            expect(output).toMatch(new RegExp(`\\(${name}\\):\\s+error: ${remedy.replaceAll(".", "\\.")}`));
        expect(output).toContain(`could not build the image drydock/buildx:vault: ${remedy}`);
    });
});
