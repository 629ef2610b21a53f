import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { GatewayApp } from "./gateway-app.ts";
import { provideImages } from "./images.ts";
import { freePort } from "./network.ts";
import { Programs } from "./programs.ts";

describe("a rollback", () => {
    const programs = new Programs();
    let shop: GatewayApp;

    beforeAll(async () => {
        provideImages("caddy:2", "nginx:1.26");
        shop = new GatewayApp(await freePort());
    });
    afterAll(() => programs.dispose());

    const file = (name: string, content: string) => {
        mkdirSync(join(programs.clone.dir, "rollback-app"), { recursive: true });
        writeFileSync(join(programs.clone.dir, "rollback-app", name), content);
    };
    /** An application with a migration that leaves a line on its volume. */
    const program = (version: string) => {
        file("default.conf", `server { location / { return 200 "${version}"; } }`);
        file("Dockerfile", "FROM nginx:1.26\nCOPY default.conf /etc/nginx/conf.d/\n");
        return `
            ${shop.gateway().replace(/return.*/, "")}
            new drydock.RailsWebApp("shop", {
                build: { context: "rollback-app" },
                port: 80,
                health: { tcp: true },
                env: { VERSION: "${version}" },
                secrets: ["TOKEN"],
                mounts: [{ path: "/runs", volume: "drydock-rollbacks-runs" }],
                migration: ["sh", "-c", "echo run >> /runs/log"],
                processes: { worker: { command: ["sleep", "infinity"], init: true } },
                routes: [{ gateway: front.connection, host: "127.0.0.1" }],
            });
            return {};`;
    };
    const drydock = (args: string) =>
        programs.clone.run(`. ./env; node cli/bin.ts ${args} --stack rollbacks`);
    const setToken = (value: string) =>
        programs.shell(`. ./env; pulumi config set --secret TOKEN ${value} --stack rollbacks`);
    const up = (version: string) => {
        programs.clone.commit(version);
        return programs.up("rollbacks", program(version));
    };
    const container = (process: string) =>
        programs.shell(
            `docker ps --quiet --filter label=drydock.stack=rollbacks --filter name=rollbacks-shop-${process}`,
        );
    const variable = (id: string, name: string) => programs.shell(`docker exec ${id} printenv ${name}`);
    const images = () =>
        programs.shell("docker image ls --format '{{.Tag}}' drydock/shop").split("\n").filter(Boolean).sort();

    test("runs the image and the variables of an earlier release without a failed request, and no task", async () => {
        programs.write("rollbacks", program("one"));
        setToken("old");
        for (const version of ["one", "two"]) expect(await up(version)).toSucceed();
        setToken("new");
        const before = programs.shell("cat Pulumi.rollbacks.yaml");
        const runs = () => programs.shell(`docker exec ${container("worker")} cat /runs/log`);
        const former = runs();
        const running = shop.loads();
        setTimeout(() => running.forEach((l) => void l.stop()), 120000);

        const rolledBack = await drydock("rollback --yes");
        expect(rolledBack).toSucceed();
        console.log(rolledBack.output);
        expect(await shop.answer()).toBe("200 one");
        for (const load of running) expect(await load.stop()).toEqual([]);
        console.log((await drydock("releases")).output, (await drydock("status")).output);
        expect(runs()).toBe(former);
        expect(programs.shell("cat Pulumi.rollbacks.yaml")).toBe(before);
        console.log(await drydock("preview"));
        console.log(await drydock("up"));
        console.log(await drydock("up --yes"));
        console.log(images(), variable(container("worker"), "TOKEN"), variable(container("worker"), "VERSION"));
    });
});
