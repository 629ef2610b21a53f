import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Swarm } from "./cluster.ts";
import { SwarmPrograms } from "./programs.ts";
import { soakTest } from "../soak-test.ts";

/** Small programs, each with a stack of its own. tests/soak/swarm-components.test.ts has more. */
export function describeComponents(swarm: Swarm): void {
    const programs = new SwarmPrograms(swarm);
    afterAll(() => programs.clone.dispose());

    describe("files and variables", () => {
        const stack = "files";
        const pem = "-----BEGIN KEY-----\nMIIB+/= 'x' \"y\" $z\n-----END KEY-----\n";
        const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
        const write = (path: string, content: string | Buffer) => {
            mkdirSync(dirname(join(programs.clone.dir, path)), { recursive: true });
            writeFileSync(join(programs.clone.dir, path), content);
        };
        beforeAll(() => {
            write("ops/front.conf", "proxy_pass http://web:3000;\n");
            write("ops/bytes", bytes);
            write(
                "ops/.env",
                `export SMTP_PASSWORD='a$b#c'\nLOG_LEVEL=debug # noisy\nGREETING="two\\nlines"\nEMPTY=\ndiscovery.type=single-node\nKEY='${pem.replace(/'/g, "\\'")}'\n`,
            );
        });
        afterAll(() => programs.destroy(stack));

        /** Host name of the first node, which runs all containers. */
        const node = () => swarm.docker(1, "info --format '{{.Name}}'");
        const deployFiles = () =>
            programs.deploy(
                stack,
                `const files = {
                    "/etc/front/default.conf": { source: "ops/front.conf" },
                    "/etc/front/bytes": { source: "ops/bytes", mode: "0640", owner: 1234, group: 5678 },
                    "/etc/front/key": { content: pulumi.secret("hunter2"), mode: "0400" },
                };
                const empty = { "/etc/front/empty": { content: "" } };
                const variables = { envFiles: [{ path: "ops/.env" }, { path: "ops/.env.local", optional: true }], env: { LOG_LEVEL: "warn" } };
                for (const engine of ["docker", "swarm"]) {
                    const all = {
                        engine, image: "redis:8", health: { command: ["true"] }, stopTimeout: 1,
                        swarm: { endpointMode: "dnsrr", constraints: ["node.hostname == ${node()}"] },
                        // The entrypoint of the image is a shell script, which would drop variables such as discovery.type.
                        entrypoint: ["sleep"], command: ["infinity"], ...variables,
                    };
                    new drydock.WebApp(engine + "-front", {
                        ...all, files: engine === "docker" ? { ...files, ...empty } : files,
                        ...(engine === "swarm" && { readOnly: true, tmpfs: { "/etc/front": "size=1m" } }),
                    });
                    new drydock.WebApp(engine + "-other", all);
                }
                new drydock.RedisService("cache", { passwordless: true, settings: { save: '""\\n900 1' }, files: { "/etc/front.conf": files["/etc/front/default.conf"] } });
                const task = new drydock.Task("seed", {
                    image: "redis:8", ...variables, files: { ...files, ...empty },
                    entrypoint: ["sh"], command: ["-c", "base64 -w 0 /proc/1/environ && echo && cd /etc/front && ls -ln && sha256sum *"],
                });
                return { task: pulumi.unsecret(task.stdout) };`,
            );
        /** ID of the newest container. */
        const container = (component: string) =>
            swarm
                .docker(1, `ps --quiet --no-trunc --filter name=drydock-${stack}-${component}`)
                .split("\n")[0] ?? "";
        const exec = (component: string, command: string) =>
            swarm.docker(1, `exec ${container(component)} sh -c '${command}'`);
        const expected = {
            SMTP_PASSWORD: "a$b#c",
            LOG_LEVEL: "warn",
            GREETING: "two\nlines",
            EMPTY: "",
            "discovery.type": "single-node",
            KEY: pem,
        };
        const environment = (base64: string) =>
            Object.fromEntries(
                Buffer.from(base64, "base64")
                    .toString()
                    .split("\0")
                    .map((line) => [line.replace(/=.*/s, ""), line.replace(/^[^=]*=/, "")]),
            );
        /** Mode, owner, group and size, as `ls -ln` shows them. */
        const listed = [
            /-rw-r----- 1 1234 5678 +256 .* bytes/,
            /-rw-r--r-- 1 +0 +0 +28 .* default.conf/,
            /-r-------- 1 +0 +0 +7 .* key/,
        ];
        const hash = createHash("sha256").update(bytes).digest("hex");

        test("are those of the containers on both engines, and of a task", async () => {
            await deployFiles();
            for (const front of ["docker-front", "swarm-front"]) {
                expect(environment(exec(front, "base64 -w 0 /proc/1/environ"))).toMatchObject(expected);
                const files = exec(front, "cd /etc/front && ls -ln && sha256sum bytes && cat key");
                for (const line of listed) expect(files).toMatch(line);
                expect(files).toContain(hash);
                expect(files).toContain("hunter2");
            }
            expect(exec("docker-front", "wc -c </etc/front/empty")).toBe("0");
            const task = programs.shell(`. ./env; pulumi stack output task --stack ${stack}`);
            expect(environment(task.split("\n")[0] ?? "")).toMatchObject(expected);
            for (const line of [...listed, /-rw-r--r-- 1 +0 +0 +0 .* empty/]) expect(task).toMatch(line);
            expect(task).toContain(hash);
        });

        test("are in the state without secrets, and a change replaces what uses the file, and nothing else", async () => {
            const state = programs.shell(`. ./env; pulumi stack export --stack ${stack}`);
            for (const secret of ["hunter2", Buffer.from("hunter2").toString("base64"), "a$b#c", "MIIB+/="])
                expect(state).not.toContain(secret);

            exec("cache", "redis-cli SET cargo rum");
            const components = ["docker-front", "docker-other", "swarm-front", "swarm-other", "cache"];
            const before = components.map(container);
            write("ops/front.conf", "proxy_pass http://web:4000;\n");
            const { output } = await programs.clone.run(
                `. ./env; pulumi preview --diff --color=never --stack ${stack}`,
            );
            expect(output).toContain("drydock.file./etc/front/default.conf");
            expect(output).not.toMatch(/hunter2|a\$b#c/);
            await deployFiles();
            const changed = components.filter((component, i) => container(component) !== before[i]);
            expect(changed).toEqual(["docker-front", "swarm-front", "cache"]);
            for (const front of ["docker-front", "swarm-front"])
                expect(exec(front, "cat /etc/front/default.conf")).toContain("4000");
            expect(exec("cache", "redis-cli CONFIG GET save")).toBe("save\n900 1");
            expect(exec("cache", "cat /etc/front.conf; redis-cli GET cargo")).toMatch(/4000;\s+rum/);
            const { code } = await programs.clone.run(
                `. ./env; pulumi preview --expect-no-changes --stack ${stack}`,
            );
            expect({ code, output }).toSucceed();
        });
    });

    describe("a Rails application on SQLite, and a volume that it shares", () => {
        const stack = "storage";
        afterAll(() => programs.destroy(stack));

        /** Stands in for a Rails application. Its image has no directory for the storage, and its user may not create one. */
        const program = (options = "") => `
            const engine = "swarm";
            const uploads = new drydock.Volume("uploads", { engine, swarm: { node: "node-2" } });
            const app = { engine, image: "redis:8", command: ["sleep", "infinity"], health: { command: ["true"] }, stopTimeout: 1 };
            const swarm = { endpointMode: "dnsrr" };
            new drydock.RailsWebApp("shop", {
                ...app,
                swarm,
                user: "1000:1000",
                storage: {},
                mounts: [{ path: "/uploads", source: uploads.source }],
                migration: ["sh", "-c", 'echo "prepared by $(id -u) $NOTE" >>/rails/storage/db'],
                processes: { jobs: { command: ["sleep", "infinity"] } },
                env: { NOTE: "first" },
                ${options}
            });
            new drydock.WebApp("front", { ...app, swarm, mounts: [{ path: "/srv", source: uploads.source, readOnly: true }] });
            const { stdout } = new drydock.Task("import", {
                image: "redis:8",
                command: ["sh", "-c", 'echo "$PAGE" >/uploads/page; cat /uploads/page'],
                env: { PAGE: "it's here" },
                mounts: [{ path: "/uploads", source: uploads.source }],
            });
            return { stdout: pulumi.unsecret(stdout) };`;
        const exec = (service: string, command: string) => {
            const id = swarm.docker(2, `ps --quiet --filter name=drydock-${stack}-${service}.1.`);
            return swarm.docker(2, `exec ${id} sh -c '${command}'`);
        };
        const nodes = () =>
            ["shop", "shop-jobs", "front"].map((service) =>
                swarm.docker(
                    1,
                    `service ps --filter desired-state=running --format '{{.Node}}' drydock-${stack}-${service}`,
                ),
            );

        test("run on the node that has the data, as the migration and a task do", async () => {
            await programs.deploy(stack, program());
            expect(nodes()).toEqual(["node-2", "node-2", "node-2"]);
            expect(exec("shop", "cat /rails/storage/db")).toBe("prepared by 1000 first");
            expect(exec("front", "cat /srv/page")).toBe("it's here");
            expect(() => exec("front", "touch /srv/x")).toThrow(/Read-only file system/);
            const labels = `--filter label=drydock.stack=${stack}`;
            expect(swarm.docker(1, `secret ls --format '{{.Name}}' ${labels}`)).not.toContain("drydock-task");
        });

        test("keep the data in an update, and run the migration again", async () => {
            exec("shop-jobs", "echo job >>/rails/storage/db");
            await programs.deploy(stack, program('env: { NOTE: "again" },'));
            expect(exec("shop", "cat /rails/storage/db")).toBe(
                "prepared by 1000 first\njob\nprepared by 1000 again",
            );
        });

        soakTest(
            "refuse replicas, and a migration that fails or takes too long stops the update",
            async () => {
                const update = (options: string) =>
                    programs.up(stack, program(options), {}, `--config docker:host=${swarm.host()}`);
                expect((await update("swarm: { replicas: 2 },")).output).toContain(
                    "swarm.replicas: 2 replicas would write to the same SQLite databases",
                );
                const failed = await update('migration: ["sh", "-c", "echo no such table >&2; exit 3"],');
                expect(failed.output).toContain("no such table");
                expect(failed.output).toContain("non-zero exit (3)");
                const late = await update('migration: ["sleep", "600"], migrationTimeout: 2,');
                expect(late.output).toContain(
                    "The task did not end within its timeout of 2 s and was stopped.",
                );
                expect(exec("shop", "tail -n 1 /rails/storage/db")).toBe("prepared by 1000 again");
            },
        );

        soakTest(
            "are refused a volume on another node, and a task is refused one of the Docker Engine, in the preview",
            async () => {
                const preview = async (declare: (current: string) => string) => {
                    programs.write(stack, declare(program('env: { NOTE: "again" },')));
                    const options = `--stack ${stack} --config docker:host=${swarm.host()} --color=never`;
                    return (await programs.clone.run(`. ./env; pulumi preview ${options}`)).output;
                };
                const more = `const more = new drydock.Volume("more", { engine, swarm: { node: "node-3" } });`;
                const twoNodes = (current: string) =>
                    current
                        .replace("const app =", `${more}\nconst app =`)
                        .replace('path: "/srv",', 'path: "/more", source: more.source }, { path: "/srv",');
                expect(await preview(twoNodes)).toMatch(
                    new RegExp(
                        `${stack}.more is on the node node-3, and that of drydock.${stack}.uploads on node-2`,
                    ),
                );
                const ownVolume = (current: string) =>
                    current.replace(
                        /{ path: "\/uploads"[^\]]*\](?=,\s*}\);)/,
                        '{ path: "/spool", volume: "spool" }, $&',
                    );
                expect(await preview(ownVolume)).toContain(
                    "mounts[0]: its data is on the machine of the Docker Engine",
                );
                expect(await preview((current) => current)).toContain("unchanged");
            },
        );

        test("leave nothing after destroy", async () => {
            await programs.destroy(stack);
            const volumes = [1, 2, 3].map((node) =>
                swarm.docker(node, `volume ls --quiet --filter name=drydock.${stack}`),
            );
            expect(volumes).toEqual(["", "", ""]);
            expect(swarm.docker(1, "service ls --quiet") + swarm.docker(1, "secret ls --quiet")).toBe("");
        });
    });

    describe("a service of any image", () => {
        const [stack, other] = ["any", "another"];
        const service = `
            const bus = new drydock.Service("bus", {
                engine: "swarm",
                swarm: { endpointMode: "dnsrr" },
                image: "redis:8",
                command: ["sh", "-c", 'exec redis-server --requirepass "$KEY"'],
                port: 6379,
                password: { variable: "KEY" },
                data: { path: "/data", volume: "bus_data" },
                connection: { scheme: "redis" },
                stopTimeout: 1,
            });
            return { password: bus.password };`;
        afterAll(async () => {
            await programs.destroy(other);
            await programs.destroy(stack);
        });

        test("is one replica on the node that has its data, whose password stays", async () => {
            await programs.deploy(stack, service);
            const password = () =>
                programs.shell(`. ./env; pulumi stack output password --show-secrets --stack ${stack}`);
            const first = password();
            const nodes = swarm.docker(1, "node ls --quiet --filter node.label=drydock.data.bus_data");
            expect(nodes.split("\n")).toHaveLength(1);
            const urn = programs.shell(
                `. ./env; pulumi stack export --stack ${stack} | grep -o 'urn:[^"]*::bus-password"' | tr -d '"' | head -n 1`,
            );
            const options = `--config docker:host=${swarm.host()} --replace '${urn}'`;
            const { code, output } = await programs.up(stack, service, {}, options);
            expect(output).toContain("The volume bus_data has data");
            expect({ code, output }).toFail();
            expect(password()).toBe(first);
        });

        test("is refused a new password for the data of another stack", async () => {
            await expect(programs.deploy(other, service)).rejects.toThrow(
                "The volume bus_data already has data",
            );
        });
    });
}
