import { get } from "node:http";
import { provideImages } from "./images.ts";
import { Load } from "./load.ts";
import { freePort } from "./network.ts";
import { Programs } from "./programs.ts";

describe("deploys behind a gateway", () => {
    const programs = new Programs();
    let port = 0;

    beforeAll(async () => {
        provideImages("caddy:2", "nginx:1.26");
        port = await freePort();
    });
    afterAll(() => programs.dispose());

    const gateway = () => `
        const front = new drydock.Gateway("front", { tls: "off", http: { port: ${port}, ip: "127.0.0.1" } });
        return { front: front.connection };`;

    /** An application that answers with its version, and is healthy or never is. */
    const app = (
        version: string,
        health = "{ tcp: true }",
        routes = '[{ gateway: front, host: "127.0.0.1" }]',
    ) => `
        const front = new pulumi.StackReference("organization/drydock/frontdoor").requireOutput("front") as pulumi.Output<drydock.Connection>;
        const shop = new drydock.WebApp("shop", {
            image: "nginx:1.26",
            port: 80,
            health: ${health},
            files: { "/etc/nginx/conf.d/default.conf": { content: 'server { location / { return 200 "${version}"; } }' } },
            processes: { clock: { command: ["sleep", "infinity"], init: true, overlap: false }, worker: { command: ["sleep", "infinity"], init: true } },
            routes: ${routes},
        });
        return { host: shop.host, endpoint: shop.endpoint };`;

    const unhealthy = '{ command: ["false"], interval: 1, retries: 1, startPeriod: 1 }';

    const answer = (host = "127.0.0.1") =>
        new Promise<string>((resolve, reject) => {
            const headers = { host };
            get({ host: "127.0.0.1", port, headers, agent: false }, (response) => {
                let body = "";
                response.on("data", (chunk: Buffer) => (body += chunk.toString()));
                response.on("end", () => {
                    resolve(`${response.statusCode ?? ""} ${body}`);
                });
            }).on("error", reject);
        });
    const containers = (component = "shop") =>
        programs
            .shell(
                `docker ps --no-trunc --format '{{.Names}}' --filter label=drydock.stack=deploys --filter label=drydock.component=${component}`,
            )
            .split("\n")
            .sort();
    const gatewayState = () =>
        programs.shell(
            "docker inspect --format '{{.Id}} {{.State.StartedAt}} {{json .NetworkSettings.Networks}}' drydock-frontdoor-front",
        );

    test("lose no request, and keep the old version until the new one is healthy", async () => {
        expect(await programs.up("frontdoor", gateway())).toMatchObject({ code: 0 });
        const before = gatewayState();
        const first = await programs.up("deploys", app("one"));
        expect(first).toMatchObject({ code: 0 });
        expect(await answer()).toBe("200 one");
        const loads = [false, true].map((keepAlive) => new Load([`http://127.0.0.1:${port}/`], 2, keepAlive));
        const names = containers();

        expect(await programs.up("deploys", app("two"))).toMatchObject({ code: 0 });
        expect(await answer()).toBe("200 two");
        expect(containers()).toHaveLength(3);
        expect(containers().filter((name) => names.includes(name))).toEqual(["drydock-deploys-shop-clock"]);

        const failed = await programs.up("deploys", app("three", unhealthy));
        expect(failed.code).not.toBe(0);
        expect(await answer()).toBe("200 two");
        expect((await programs.up("deploys", app("three", unhealthy))).code).not.toBe(0);
        expect(await answer()).toBe("200 two");
        expect(await programs.up("deploys", app("four"))).toMatchObject({ code: 0 });
        expect(await answer()).toBe("200 four");
        expect(containers()).toHaveLength(3);

        expect((await programs.up("deploys", app("four"))).output).toMatch(/Resources:\n +\d+ unchanged\n/);
        for (const load of loads) expect(await load.stop()).toEqual([]);
        expect(gatewayState()).toBe(before);
    });

    test("keep the routes of other applications, and refuse a route twice", async () => {
        const routes = '[{ gateway: front, host: "other.localhost" }, { gateway: front, host: "127.0.0.1" }]';
        const second = app("second", undefined, routes).replaceAll('"shop"', '"blog"');
        const taken = await programs.up("blog", second);
        expect(taken.output).toContain(
            "The gateway already has a route for 127.0.0.1/, of drydock.deploys.shop. Remove one of the two",
        );
        expect(
            await programs.up("blog", second.replace(/, \{ gateway: front, host: "127[^}]*\}/, "")),
        ).toMatchObject({
            code: 0,
        });
        expect(await answer("other.localhost")).toBe("200 second");
        expect(await answer()).toBe("200 four");

        programs.shell("docker restart drydock-frontdoor-front");
        const load = new Load([`http://127.0.0.1:${port}/`], 1);
        await load.waitForSuccesses(3);
        await load.stop();
        const destroy = (stack: string) =>
            programs.clone.run(`. ./env; pulumi destroy --yes --skip-preview --stack ${stack}`);
        const refused = await destroy("frontdoor");
        expect(refused.output).toMatch(/drydock\.blog\.blog\n +drydock\.deploys\.shop\n/);
        expect(refused.code).not.toBe(0);
        expect(await answer()).toBe("200 four");
        expect(await destroy("blog")).toMatchObject({ code: 0 });
        expect(await answer("other.localhost")).toBe("404 ");
        for (const stack of ["deploys", "frontdoor"]) {
            expect(await destroy(stack)).toMatchObject({ code: 0 });
            for (const list of ["ps --all", "network ls", "volume ls"])
                expect(programs.shell(`docker ${list} --quiet --filter label=drydock.stack=${stack}`)).toBe(
                    "",
                );
        }
    });
});
