import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Programs } from "../programs.ts";
import type { Swarm } from "./cluster.ts";

/** Small programs. Each describe has a stack of its own. */
export function describeComponents(swarm: Swarm): void {
    const programs = new Programs();
    afterAll(() => programs.clone.dispose());

    async function deploy(stack: string, program: string): Promise<void> {
        const options = `--refresh --config docker:host=${swarm.host()}`;
        const { code, output } = await programs.up(stack, program, {}, options);
        if (code !== 0) throw new Error(output);
    }

    async function destroy(stack: string): Promise<void> {
        const command = `. ./env; pulumi destroy --yes --skip-preview --stack ${stack}`;
        expect(await programs.clone.run(command)).toSucceed();
    }

    describe("arguments that are removed", () => {
        const stack = "options";
        afterAll(() => destroy(stack));

        /**
         * Specs of services according to Docker, without the component's name, and without the names and IDs of secrets and
         * configs, which differ with each version of their content.
         */
        const specs = (...components: string[]) =>
            components.map((component) => {
                const service = `drydock-${stack}-${component}`;
                const text = swarm.docker(1, `service inspect --format '{{json .Spec}}' ${service}`);
                const [name = ""] = component.split("-");
                const same = text
                    .replaceAll(name, "NAME")
                    .replace(/"(Secret|Config)(ID|Name)":"[^"]*"/g, '"$1$2":""');
                return JSON.parse(same) as unknown;
            });

        test("leave the spec of a service that never had them", async () => {
            const own = `swarm: { endpointMode: "dnsrr" }, engine: "swarm", image: "redis:8", health: { command: ["true"] }`;
            const program = (app: string, worker: string) => `
                for (const name of ["fresh", "changed"]) {
                    const [app, worker] = name === "changed" ? [${app}, ${worker}] : [{}, {}];
                    new drydock.WebApp(name, {
                        ${own},
                        ...app,
                        processes: { worker: { command: ["sleep", "infinity"], ...worker } },
                    });
                }
                return {};`;
            const options = `workingDirectory: "/srv", hostname: "other", init: true, sharedMemory: "32m", labels: { team: "shop" },
                logging: { driver: "json-file", options: { "max-size": "1m" } }, extraHosts: { "mail.internal": "192.0.2.1" },
                memory: "64m", cpus: 0.5, stopTimeout: 1, restart: "on-failure", readOnly: true, tmpfs: { "/tmp": "" },
                user: "1000", capabilities: [], env: { A: "1" }`;
            await deploy(stack, program(`{ ${options}, command: ["sleep", "infinity"] }`, `{ ${options} }`));
            const task = swarm.docker(
                1,
                `service inspect --format '{{json .Spec.TaskTemplate}}' drydock-${stack}-changed`,
            );
            expect(JSON.parse(task)).toMatchObject({
                ContainerSpec: {
                    Dir: "/srv",
                    Hostname: "other",
                    Init: true,
                    Labels: { team: "shop" },
                    User: "1000",
                },
                LogDriver: { Name: "json-file", Options: { "max-size": "1m" } },
            });
            await deploy(stack, program("{}", "{}"));
            expect(specs("changed", "changed-worker")).toEqual(specs("fresh", "fresh-worker"));
        });
    });

    describe("ports, host names and processes", () => {
        const stack = "names";
        afterAll(() => destroy(stack));

        const node = () => swarm.docker(1, "info --format '{{.Name}}'");
        const program = (options: string) => `
            const swarm = { endpointMode: "dnsrr", publishMode: "host", constraints: ["node.hostname == ${node()}"] };
            const app = { engine: "swarm", image: "redis:8", command: ["sleep", "infinity"], health: { command: ["true"] } };
            const cache = new drydock.RedisService("cache", { engine: "swarm", swarm: { endpointMode: "dnsrr" } }, ${options});
            new drydock.WebApp("web", {
                ...app,
                swarm,
                links: { cache: cache.connection },
                aliases: ["app"],
                stopTimeout: 1,
                ports: {
                    zones: { port: 53, publish: { port: 20053 } },
                    dns: { port: 53, protocol: "udp", publish: { port: 20053 } },
                },
                processes: { bot: { command: ["sleep", "infinity"], overlap: false, after: ["web"] } },
            });
            return {};`;
        const inspect = (service: string, format: string) =>
            swarm.docker(1, `service inspect --format '{{${format}}}' drydock-${stack}-${service}`);
        const resolves = (name: string) => {
            const web = swarm.docker(1, `ps --quiet --filter name=drydock-${stack}-web.1`);
            return swarm.docker(1, `exec ${web} sh -c 'getent hosts ${name} || true'`) !== "";
        };

        test("are as declared, and do not replace a database of an earlier version", async () => {
            // Which gave services no short names.
            const withoutNames = `{ transforms: [({ type, props, opts }) => {
                if (type !== "docker:index/service:Service") return undefined;
                const networksAdvanceds = pulumi.output(props.taskSpec.networksAdvanceds).apply((all) => all.map(({ id }) => ({ id })));
                return { props: { ...props, taskSpec: { ...props.taskSpec, networksAdvanceds } }, opts };
            }] }`;
            await deploy(stack, program(withoutNames));
            const id = inspect("cache", ".ID");
            expect([resolves("cache"), resolves("app"), resolves("web-bot")]).toEqual([false, true, true]);
            const ports = JSON.parse(inspect("web", "json .Endpoint.Ports")) as unknown[];
            expect(ports).toMatchObject([
                { Protocol: "tcp", TargetPort: 53, PublishedPort: 20053 },
                { Protocol: "udp", TargetPort: 53, PublishedPort: 20053 },
            ]);
            const orders = ["web-bot", "cache"].map((name) => inspect(name, ".Spec.UpdateConfig.Order"));
            expect(orders).toEqual(["stop-first", "stop-first"]);

            await deploy(stack, program("{}"));
            expect(inspect("cache", ".ID")).toBe(id);
            const options = `--stack ${stack} --expect-no-changes --refresh --config docker:host=${swarm.host()}`;
            const preview = await programs.clone.run(`. ./env; pulumi preview ${options}`);
            expect(preview).toSucceed();
        });
    });

    describe("a service that moves from a Docker Engine to a Swarm on the same machine, and back", () => {
        const stack = "moving";
        const cache = `drydock-${stack}-cache`;
        const update = (engine: string) =>
            deploy(
                stack,
                `new drydock.RedisService("cache", { engine: "${engine}", passwordless: true, swarm: { endpointMode: "dnsrr" } }); return {};`,
            );
        const redis = (command: string) => {
            const container = swarm.docker(1, `ps --quiet --filter name=${cache}`);
            return swarm.docker(1, `exec ${container} redis-cli ${command}`);
        };
        const volumes = () =>
            [1, 2, 3].map((node) => swarm.docker(node, "volume ls --quiet --filter name=drydock.moving"));

        test("keeps its data on the Swarm", async () => {
            await update("docker");
            redis("SET cargo rum");
            await update("swarm");
            expect(redis("GET cargo")).toBe("rum");
            expect(volumes()).toEqual(["drydock.moving.cache", "", ""]);
        });

        test("keeps its data on the way back", async () => {
            redis("SET cargo gold");
            swarm.docker(1, `service rm ${cache}`);
            await update("docker");
            expect(redis("GET cargo")).toBe("gold");
            expect(volumes()).toEqual(["drydock.moving.cache", "", ""]);
            expect(
                swarm.docker(1, "node ls --quiet --filter node.label=drydock.data.drydock.moving.cache"),
            ).toBe("");
        });

        test("leaves nothing after destroy", async () => {
            await destroy(stack);
            expect(volumes()).toEqual(["", "", ""]);
            expect(swarm.docker(1, "service ls --quiet")).toBe("");
        });
    });

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
        afterAll(() => destroy(stack));

        /** Host name of the first node, which runs all containers. */
        const node = () => swarm.docker(1, "info --format '{{.Name}}'");
        const deployFiles = () =>
            deploy(
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
            for (const secret of ["hunter2", Buffer.from("hunter2").toString("base64"), "a$b#c", "MIIB"])
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
        afterAll(() => destroy(stack));

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
            await deploy(stack, program());
            expect(nodes()).toEqual(["node-2", "node-2", "node-2"]);
            expect(exec("shop", "cat /rails/storage/db")).toBe("prepared by 1000 first");
            expect(exec("front", "cat /srv/page")).toBe("it's here");
            expect(() => exec("front", "touch /srv/x")).toThrow(/Read-only file system/);
            const labels = `--filter label=drydock.stack=${stack}`;
            expect(swarm.docker(1, `secret ls --format '{{.Name}}' ${labels}`)).not.toContain("drydock-task");
        });

        test("keep the data in an update, and run the migration again", async () => {
            exec("shop-jobs", "echo job >>/rails/storage/db");
            await deploy(stack, program('env: { NOTE: "again" },'));
            expect(exec("shop", "cat /rails/storage/db")).toBe(
                "prepared by 1000 first\njob\nprepared by 1000 again",
            );
        });

        test("refuse replicas, and a migration that fails or takes too long stops the update", async () => {
            const update = (options: string) =>
                programs.up(stack, program(options), {}, `--config docker:host=${swarm.host()}`);
            expect((await update("swarm: { replicas: 2 },")).output).toContain(
                "swarm.replicas: 2 replicas would write to the same SQLite databases",
            );
            const failed = await update('migration: ["sh", "-c", "echo no such table >&2; exit 3"],');
            expect(failed.output).toContain("no such table");
            expect(failed.output).toContain("non-zero exit (3)");
            const late = await update('migration: ["sleep", "600"], migrationTimeout: 2,');
            expect(late.output).toContain("The task did not end within its timeout of 2 s and was stopped.");
            expect(exec("shop", "tail -n 1 /rails/storage/db")).toBe("prepared by 1000 again");
        });

        test("are refused a volume on another node, and a task is refused one of the Docker Engine, in the preview", async () => {
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
        });

        test("leave nothing after destroy", async () => {
            await destroy(stack);
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
            await destroy(other);
            await destroy(stack);
        });

        test("is one replica on the node that has its data, whose password stays", async () => {
            await deploy(stack, service);
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
            await expect(deploy(other, service)).rejects.toThrow("The volume bus_data has data already");
        });
    });
}
