import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { planOf } from "../../cli/pr/events.ts";
import { soakTest } from "./soak-test.ts";
import { summaryOf } from "../../cli/pr/summary.ts";
import { Programs } from "./programs.ts";

describe("images", () => {
    const programs = new Programs();
    const { clone } = programs;
    const inspect = (name: string, format: string) =>
        programs.shell(`docker inspect --format '${format}' ${name}`);

    afterAll(() => programs.dispose());

    describe("whose tag moves in the registry", () => {
        const stack = "moving";
        const cache = "drydock-moving-cache";
        let registry: string;
        let address: string;
        let image: string;

        beforeAll(() => {
            registry = programs.shell(
                "docker run --detach --label drydock.e2e --publish 127.0.0.1::5000 registry:2",
            );
            address = programs.shell(`docker port ${registry} 5000`);
            image = `${address}/cache:1`;
            programs.shell(
                `timeout 60 sh -c 'until curl --silent http://${address}/v2/; do sleep 0.1; done'`,
            );
        });

        afterAll(async () => {
            await clone.run(`. ./env; pulumi destroy --yes --skip-preview --stack ${stack}`);
            programs.shell(`docker rm --force --volumes ${registry}`);
            programs.shell(
                `docker images --all --quiet --no-trunc --filter label=registry=${address} | sort --unique | xargs --no-run-if-empty docker rmi --force`,
            );
        });

        /** Pushes a Redis from what could be another machine: this one keeps its image under the tag, if it has one. */
        const push = (edition: string) =>
            programs.shell(`
                old=$(docker image inspect --format '{{.Id}}' ${image} 2>/dev/null)
                printf 'FROM redis:8\\nENV EDITION=${edition}\\nLABEL registry=${address}\\n' |
                    docker build --quiet --tag ${image} - &&
                docker push --quiet ${image} && docker rmi ${image} &&
                { [ -z "$old" ] || docker tag "$old" ${image}; }`);
        const editionOf = (name: string) => {
            const env = JSON.parse(inspect(name, "{{json .Config.Env}}")) as string[];
            return env.find((variable) => variable.startsWith("EDITION="));
        };
        const redis = (command: string) => programs.shell(`docker exec ${cache} redis-cli ${command}`);

        const program = (args: string, tag = "1") => `
            const source = { image: "${address}/cache:${tag}", ${args} };
            new drydock.RedisService("cache", { passwordless: true, ...source });
            const task = new drydock.Task("edition", { command: ["printenv", "EDITION"], ...source });
            return { edition: task.stdout };`;
        const always = "pull: drydock.Pull.Always";
        const up = async (body: string) => {
            const { code, output } = await programs.up(stack, body);
            expect({ code, output }).toSucceed();
            return output;
        };
        const preview = (options: string, env: NodeJS.ProcessEnv = {}) =>
            clone.run(`. ./env; pulumi preview --stack ${stack} --color=never ${options}`, env);
        /** The summary that a pull request gets. */
        const summarized = async () => {
            const { output } = await preview("--json", { PULUMI_ENABLE_STREAMING_JSON_PREVIEW: "true" });
            const plan = planOf(output);
            return summaryOf(plan, plan, { base: "a", head: "b", seconds: 1, dataLossAccepted: false })
                .markdown;
        };
        const declare = (body: string) => {
            writeFileSync(
                join(clone.dir, `stacks/${stack}.ts`),
                `import * as drydock from "pulumi-drydock";\nexport function ${stack}() {\n${body}\n}\n`,
            );
        };

        test("are followed with Pull.Always, which does not replace a container with the same image", async () => {
            push("first");
            await up(program(""));
            redis("SET cargo rum");
            const container = inspect(cache, "{{.Id}}");
            // The official plugins use plain HTTP only for an address that says so.
            for (const [key, value] of Object.entries({ address: `http://${address}`, authDisabled: "true" }))
                clone.shell(
                    `. ./env; pulumi config set --stack ${stack} --path 'docker:registryAuth[0].${key}' ${value}`,
                );

            declare(program(always));
            const same = await summarized();
            expect(same).toContain(`looks for a newer image of \`${image}\` in each update`);
            expect(same).not.toMatch(/restarts|runs the new image|newer image of .* than|task is run/);
            await up(program(always));
            expect(inspect(cache, "{{.Id}}")).toBe(container);

            push("second");
            const text = await preview("");
            expect(text.output).toContain(`newer image: ${image} is now sha256:`);
            const markdown = await summarized();
            expect(markdown).toMatch(/`cache`: runs the new image/);
            expect(markdown).toMatch(/newer image of `127\.0\.0\.1:\d+\/cache:1` than `\w{12}`: `\w{12}`/);
            const output = await up(program(always));
            expect(output).toMatch(/edition-run .*second/);
            expect(editionOf(cache)).toBe("EDITION=second");
            expect(editionOf(image)).toBe("EDITION=second");
            expect(redis("GET cargo")).toBe("rum");
            expect(await preview("--expect-no-changes --refresh")).toSucceed();
        });

        soakTest("stay as they are if the registry does not answer", async () => {
            programs.shell(`docker stop --time 0 ${registry}`);
            const container = inspect(cache, "{{.Id}}");
            const { code, output } = await programs.up(stack, program(always), {}, "--expect-no-changes");
            expect(output).toMatch(
                new RegExp(
                    `warning: could not check whether there is a newer ${image}; the current image stays\\. Check that`,
                ),
            );
            expect({ code, output }).toSucceed();

            // Another tag is used, if the image is there.
            const first = programs.shell(
                `docker images --all --quiet --no-trunc --filter label=registry=${address} | sort --unique |
                 while read -r id; do docker inspect --format '{{.Id}} {{.Config.Env}}' $id; done | grep EDITION=first`,
            );
            expect(inspect(cache, "{{.Id}}")).toBe(container);
            programs.shell(`docker tag ${first.split(" ")[0]} ${address}/cache:2`);
            await up(program(always, "2"));
            expect(editionOf(cache)).toBe("EDITION=first");
            const missing = await programs.up(stack, program(always, "3"));
            expect(missing.output).toMatch(/could not check .*cache:3[^]*error: .*cache:3/);
            expect(missing).toFail();
            expect(editionOf(cache)).toBe("EDITION=first");

            // The tag of this machine has followed that of the registry.
            await up(program(always));
            const latest = inspect(cache, "{{.Id}}");
            expect(editionOf(cache)).toBe("EDITION=second");
            await up(program(""));
            expect(inspect(cache, "{{.Id}}")).toBe(latest);
        });
    });

    test("in a registry that never answers do not hold up a preview", async () => {
        const server = createServer(() => undefined);
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        const { port } = server.address() as AddressInfo;
        try {
            programs.declare(
                "silent",
                `import * as drydock from "pulumi-drydock";
                 export function silent() {
                     new drydock.WebApp("web", { image: "127.0.0.1:${port}/app:1", pull: drydock.Pull.Always });
                     return {};
                 }`,
            );
            const start = Date.now();
            const { code, output } = await clone.run(". ./env; pulumi preview --stack silent --color=never");
            expect({ code, output }).toSucceed();
            expect(output).toContain(`127.0.0.1:${port} does not answer`);
            expect(Date.now() - start).toBeLessThan(40_000);
        } finally {
            server.close();
        }
    });

    test("that are built have the name that image gives them, and are deleted with it", async () => {
        mkdirSync(join(clone.dir, "depot"));
        writeFileSync(
            join(clone.dir, "depot/Dockerfile"),
            'FROM debian:trixie-slim\nCMD ["sleep", "infinity"]\n',
        );
        const program = (args: string) => `
            new drydock.WebApp("web", { build: { context: "depot" }, health: { command: ["true"] }, stopTimeout: 1, ${args} });
            return {};`;
        for (const [args, name] of [
            ['image: "depot-e2e:dev"', "depot-e2e:dev"],
            ['image: "depot-e2e/other:1"', "depot-e2e/other:1"],
        ] as const) {
            const { code, output } = await programs.up("named", program(args));
            expect({ code, output }).toSucceed();
            expect(inspect("drydock-named-web", "{{.Image}}")).toBe(inspect(name, "{{.Id}}"));
        }
        expect(programs.shell("docker images --format '{{.Repository}}:{{.Tag}}' | grep depot-e2e")).toBe(
            "depot-e2e/other:1",
        );
        const { code, output } = await clone.run(
            ". ./env; pulumi destroy --yes --skip-preview --stack named",
        );
        expect({ code, output }).toSucceed();
        expect(programs.shell("docker images --format '{{.Repository}}' | grep depot-e2e || true")).toBe("");
    });
});
