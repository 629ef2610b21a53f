import { createHash, X509Certificate } from "node:crypto";
import { writeFileSync } from "node:fs";
import { request as requestHttp } from "node:http";
import { request as requestHttps, type RequestOptions } from "node:https";
import { join } from "node:path";
import { selfSigned } from "../unit/gateway/self-signed.ts";
import { launch, openPage } from "./browser.ts";
import { provideImages } from "./images.ts";
import { Load } from "./load.ts";
import { freePort } from "./network.ts";
import { Programs } from "./programs.ts";

describe("a gateway", () => {
    const programs = new Programs();
    let http = 0;
    let https = 0;
    let side = 0;

    beforeAll(async () => {
        provideImages("caddy:2", "nginx:1.26");
        [http, https, side] = [await freePort(), await freePort(), await freePort()];
    });
    afterAll(() => programs.dispose());

    /** A server that answers with its name and what it was asked. */
    const server = (name: string) => `
        const ${name} = new drydock.WebApp("${name}", {
            image: "nginx:1.26",
            port: 80,
            aliases: ["${name}-app"],
            health: { tcp: true },
            files: { "/etc/nginx/conf.d/default.conf": { content:
                'server { default_type text/plain; client_max_body_size 0; location / { return 200 "${name} $http_host $request_uri $http_x_forwarded_proto $http_x_forwarded_for\\n"; } }' } },
        });`;

    const program = (routes: string, tls: string, certificates = "") => `
        ${server("web")}
        ${server("cable")}
        const front = new drydock.Gateway("front", {
            tls: "${tls}",
            http: { port: ${http}, ip: "127.0.0.1" },
            ${tls === "off" ? "" : `https: { port: ${https}, ip: "127.0.0.1" }, ${certificates}`}
            routes: [${routes}],
        });
        new drydock.Gateway("side", {
            tls: "off",
            http: { port: ${side}, ip: "127.0.0.1" },
            routes: [{ host: "127.0.0.1", to: cable.endpoint }],
        });
        return { http: front.httpAddress, https: front.httpsAddress };`;

    const output = (name: string) => programs.shell(`. ./env; pulumi stack output ${name} --stack gate`);
    const containerId = () =>
        programs.shell("docker inspect --format '{{.Id}} {{.State.StartedAt}}' drydock-gate-front");

    /** Status, and the body or where it redirects to. With `ca` by HTTPS. */
    function get(
        host: string,
        path: string,
        { ca, auth }: { ca?: string; auth?: string } = {},
    ): Promise<string> {
        const port = ca === undefined ? http : https;
        const options: RequestOptions = {
            host: "127.0.0.1",
            port,
            path,
            auth,
            headers: { host: `${host}:${port}` },
        };
        return new Promise((resolve, reject) => {
            const sent =
                ca === undefined ? requestHttp(options) : requestHttps({ ...options, ca, servername: host });
            sent.on("response", (response) => {
                let body = "";
                response.on("data", (chunk: Buffer) => (body += chunk.toString()));
                response.on("end", () => {
                    resolve(`${response.statusCode ?? ""} ${response.headers.location ?? body}`);
                });
            });
            sent.on("error", reject).end();
        });
    }

    test("answers by host and path, and takes new routes without a new container, in one moment", async () => {
        const routes = `
            { host: "127.0.0.1", to: web.endpoint },
            { host: "127.0.0.1", path: "/cable", to: cable.endpoint },
            { to: cable.endpoint, path: "/any", stripPath: true },
            { host: "staff.localhost", to: web.endpoint, basicAuth: { users: { joe: pulumi.secret("open sesame") }, exempt: ["/up"] } }`;
        expect(await programs.up("gate", program(routes, "off"))).toSucceed();
        expect(output("http")).toBe(`127.0.0.1:${http}`);
        expect(output("https")).toBe("");
        expect(await get("127.0.0.1", "/")).toMatch(/^200 web 127\.0\.0\.1:\d+ \/ http /);
        expect(await get("127.0.0.1", "/cable/x?a=1")).toMatch(/^200 cable \S+ \/cable\/x\?a=1 http /);
        expect(await get("127.0.0.1", "/cables")).toMatch(/^200 web /);
        expect(await get("elsewhere.localhost", "/any/x")).toMatch(/^200 cable \S+ \/x http [\d.]+\n$/);
        expect(await get("elsewhere.localhost", "/")).toBe("404 ");

        const other = await fetch(`http://127.0.0.1:${side}/`);
        expect(await other.text()).toMatch(/^cable 127\.0\.0\.1:\d+ \/ http /);
        expect(await get("staff.localhost", "/")).toBe("401 ");
        expect(await get("staff.localhost", "/up/x")).toBe("401 ");
        expect(await get("staff.localhost", "/x", { auth: "joe:open" })).toBe("401 ");
        expect(await get("staff.localhost", "/x", { auth: "joe:open sesame" })).toMatch(/^200 web \S+ \/x /);
        expect(await get("staff.localhost", "/up")).toMatch(/^200 web \S+ \/up /);
        for (const found of [
            "docker inspect drydock-gate-front",
            ". ./env; pulumi stack export --stack gate",
        ])
            expect(programs.shell(found)).not.toContain("open sesame");

        const before = containerId();
        const clients = 4;
        const load = new Load([`http://127.0.0.1:${http}/`], clients);
        const more = `${routes}, { host: "127.0.0.1", path: "/more", to: cable.endpoint, stripPath: true }`;
        expect(await programs.up("gate", program(more, "off"))).toSucceed();
        // When Caddy reloads, it closes a connection of a client that is being opened at that moment.
        expect((await load.stop()).length).toBeLessThanOrEqual(clients);
        expect(await get("127.0.0.1", "/more/x")).toMatch(/^200 cable \S+ \/x http /);
        expect(containerId()).toBe(before);
        expect((await programs.up("gate", program(more, "off"))).output).toMatch(
            /Resources:\n +\d+ unchanged\n/,
        );

        programs.shell("docker restart drydock-gate-front");
        const again = new Load([`http://127.0.0.1:${http}/more/x`], 1);
        await again.waitForSuccesses(3);
        await again.stop();
    });

    test("answers HTTPS with certificates of its own authority, and redirects to it", async () => {
        const routes = `
            { host: "shop.localhost", to: web.endpoint },
            { host: "www.shop.localhost", redirect: "https://shop.localhost:${https}" }`;
        expect(await programs.up("gate", program(routes, "internal"))).toSucceed();
        const authority = programs.shell(
            "docker exec drydock-gate-front cat /data/caddy/pki/authorities/local/root.crt",
        );
        expect(await get("shop.localhost", "/x", { ca: authority })).toMatch(/^200 web \S+ \/x https /);
        expect(await get("www.shop.localhost", "/y?z=1", { ca: authority })).toBe(
            `308 https://shop.localhost:${https}/y?z=1`,
        );
        expect(await get("shop.localhost", "/z")).toBe(`308 https://shop.localhost:${https}/z`);
        await expectTrust();
    });

    /** Chromium trusts a certificate whose authority it has been told to trust. */
    async function expectTrust() {
        const intermediate = programs.shell(
            "docker exec drydock-gate-front cat /data/caddy/pki/authorities/local/intermediate.crt",
        );
        const key = new X509Certificate(intermediate).publicKey.export({ type: "spki", format: "der" });
        const digest = createHash("sha256").update(key).digest("base64");
        for (const args of [[], [`--ignore-certificate-errors-spki-list=${digest}`]]) {
            const browser = await launch(...args);
            try {
                const page = await browser.newPage();
                const text = openPage(page, `https://shop.localhost:${https}/`).then(() =>
                    page.textContent("body"),
                );
                if (args.length === 0) await expect(text).rejects.toThrow("ERR_CERT_AUTHORITY_INVALID");
                else expect(await text).toMatch(/^web shop\.localhost/);
            } finally {
                await browser.close();
            }
        }
    }

    test("uses certificates of the user, and a renewed one without a new container", async () => {
        const up = async ({ certificate, key }: ReturnType<typeof selfSigned>) => {
            writeFileSync(join(programs.clone.dir, "own.json"), JSON.stringify({ certificate, key }));
            const pair =
                'const own = JSON.parse(process.getBuiltinModule("fs").readFileSync("own.json", "utf8"));';
            const certificates =
                'certificates: { "own.localhost": { ...own, key: pulumi.secret(own.key) } },';
            const route = '{ host: "own.localhost", to: web.endpoint }';
            expect(await programs.up("gate", pair + program(route, "internal", certificates))).toSucceed();
        };
        const first = selfSigned(["own.localhost"]);
        await up(first);
        expect(await get("own.localhost", "/", { ca: first.certificate })).toMatch(/^200 web /);
        const before = containerId();
        const second = selfSigned(["own.localhost"]);
        await up(second);
        expect(await get("own.localhost", "/", { ca: second.certificate })).toMatch(/^200 web /);
        await expect(get("own.localhost", "/", { ca: first.certificate })).rejects.toThrow();
        expect(containerId()).toBe(before);
        for (const secret of [second.key, Buffer.from(second.key).toString("base64")])
            expect(
                programs.shell(
                    "docker inspect drydock-gate-front; . ./env; pulumi stack export --stack gate",
                ),
            ).not.toContain(JSON.stringify(secret).slice(1, -1));
    });

    test("leaves nothing after destroy", async () => {
        const down = await programs.clone.run(". ./env; pulumi destroy --yes --skip-preview --stack gate");
        expect(down).toSucceed();
        for (const list of ["ps --all", "network ls", "volume ls"])
            expect(programs.shell(`docker ${list} --quiet --filter label=drydock.stack=gate`)).toBe("");
    });
});
