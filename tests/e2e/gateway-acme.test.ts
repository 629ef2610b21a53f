import { writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { provideImages } from "./images.ts";
import { Programs } from "./programs.ts";

/** ACME needs ports 80 and 443, which other tests may use on other addresses. */
const ADDRESS = "127.0.0.80";

/** Caddy as a certificate authority. */
const AUTHORITY = `{
    skip_install_trust
    admin off
}
https://acme.test {
    tls internal
    acme_server
}
`;

describe("a gateway with an ACME authority", () => {
    const programs = new Programs();
    const authority = `drydock-acme-authority-${process.pid}`;

    beforeAll(() => {
        provideImages("caddy:2", "nginx:1.26");
    });
    afterAll(async () => {
        programs.shell(`docker rm --force --volumes ${authority} || true`);
        await programs.dispose();
    });

    const program = (rest: string, acme = "") => `
        const front = new drydock.Gateway("front", {
            aliases: ["shop.test", "customer.test", "stranger.test"], http: { ip: "${ADDRESS}" }, https: { ip: "${ADDRESS}" }, ${acme}
        });
        ${rest}
        return {};`;

    /** The body of a response whose certificate the authority has signed. */
    const get = (ca: string, host = "shop.test") =>
        new Promise<string>((resolve, reject) => {
            const sent = request(
                { host: ADDRESS, servername: host, headers: { host }, ca, agent: false },
                (response) => {
                    let body = "";
                    response.on("data", (chunk: Buffer) => (body += chunk.toString()));
                    response.on("end", () => {
                        resolve(body);
                    });
                },
            );
            sent.on("error", reject).end();
        });

    /** The body once the gateway responds with such a certificate. */
    const response = async (ca: string, host?: string) => {
        for (;;) {
            const body = await get(ca, host).catch(() => undefined);
            if (body !== undefined) return body;
            await sleep(200);
        }
    };

    let certificate = "";
    const acme = `acme: { directory: "https://acme.test/acme/local/directory", rootCertificate: "authority.pem" },`;
    const shop = (...routes: string[]) => `new drydock.WebApp("shop", {
        image: "nginx:1.26", port: 80, health: { tcp: true },
        files: { "/etc/nginx/conf.d/default.conf": { content: \`server {
            location / { return 200 "$http_x_forwarded_proto"; }
            location /domains { if ($arg_domain = customer.test) { return 204; } return 404; }
        }\` } },
        routes: [{ gateway: front.connection, host: "shop.test" }, ${routes.join()}],
    });`;
    const startAuthority = () => {
        const config = join(programs.clone.dir, "authority.caddyfile");
        writeFileSync(config, AUTHORITY);
        programs.shell(
            `docker create --name ${authority} --network drydock-acme-front --network-alias acme.test --network-alias moved.test \
                caddy:2 caddy run --config /authority --adapter caddyfile &&
             docker cp ${config} ${authority}:/authority && docker start ${authority}`,
        );
        const root = "/data/caddy/pki/authorities/local/root.crt";
        programs.shell(
            `timeout 60 sh -c 'until docker exec ${authority} cat ${root}; do sleep 0.2; done' >authority.pem`,
        );
        certificate = programs.shell("cat authority.pem");
    };

    test("requests certificates only for hosts that point to it", async () => {
        expect(await programs.up("acme", program(""))).toSucceed();
        startAuthority();
        const moved = `{ gateway: front.connection, host: "moved.test" }`;
        const update = await programs.up("acme", program(shop(moved), acme));
        expect(update).toSucceed();
        expect(update.output).toMatch(
            /The host name moved\.test does not point to this gateway \(DNS: [\d.]+\)/,
        );
        expect(update.output).not.toContain("shop.test");
        expect(await get(certificate)).toBe("https");
        await expect(get(certificate, "moved.test")).rejects.toThrow();
        const drydock = (verb: string) =>
            programs.clone.run(`. ./env; node cli/bin.ts ${verb} --json --stack acme`);
        expect(JSON.parse((await drydock("status")).output)).toMatchObject({
            missingCertificates: [{ gateway: "front", host: "moved.test" }],
        });
        expect((await drydock("doctor")).output).toMatch(
            /The gateway front has no certificate for moved\.test, which does not point to it \(DNS: [\d.]+\)/,
        );
        expect(programs.shell("docker exec drydock-acme-front sh -c 'ls /data/caddy/certificates/*'")).toBe(
            "shop.test",
        );
    });

    test("is asked for the hosts of an application by the stack of the application", async () => {
        const blog = `new drydock.WebApp("blog", {
            image: "nginx:1.26", port: 80, health: { tcp: true },
            routes: [{ host: "blog.invalid", gateway: { scheme: "http", host: "drydock-acme-front", port: 80, network: "drydock-acme-front" } }],
        });
        return {};`;
        expect(await programs.up("acmeblog", blog)).toSucceed();
        const status = await programs.clone.run(". ./env; node cli/bin.ts status --json --stack acmeblog");
        expect(JSON.parse(status.output)).toMatchObject({
            missingCertificates: [{ gateway: "drydock-acme-front", host: "blog.invalid" }],
        });
    });

    test("asks the application about all other hosts", async () => {
        const any = `{ gateway: front.connection, ask: "/domains" }`;
        expect(await programs.up("acme", program(shop(any), `tls: "on-demand", ${acme}`))).toSucceed();
        expect(await get(certificate, "customer.test")).toBe("https");
        await expect(get(certificate, "stranger.test")).rejects.toThrow();
    });

    test("keeps its certificates in a new container", async () => {
        // The authority is gone, so that the new container can only have the certificate from the volume.
        programs.shell(`docker rm --force --volumes ${authority}`);
        expect(
            await programs.up("acme", program(shop(), `${acme} labels: { generation: "2" },`)),
        ).toSucceed();
        expect(await response(certificate)).toBe("https");
    });
});
