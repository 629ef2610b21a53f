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
            aliases: ["shop.test"], http: { ip: "${ADDRESS}" }, https: { ip: "${ADDRESS}" }, ${acme}
        });
        ${rest}
        return {};`;

    /** The body of a response whose certificate the authority has signed. */
    const get = (ca: string) =>
        new Promise<string>((resolve, reject) => {
            const sent = request(
                { host: ADDRESS, servername: "shop.test", headers: { host: "shop.test" }, ca, agent: false },
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

    test("gets a certificate for the hosts of its routes, and keeps it in a new container", async () => {
        expect(await programs.up("acme", program(""))).toSucceed();
        const config = join(programs.clone.dir, "authority.caddyfile");
        writeFileSync(config, AUTHORITY);
        programs.shell(
            `docker create --name ${authority} --network drydock-acme-front --network-alias acme.test caddy:2 \
                caddy run --config /authority --adapter caddyfile &&
             docker cp ${config} ${authority}:/authority && docker start ${authority}`,
        );
        const root = "/data/caddy/pki/authorities/local/root.crt";
        programs.shell(
            `timeout 60 sh -c 'until docker exec ${authority} cat ${root}; do sleep 0.2; done' >authority.pem`,
        );
        const certificate = programs.shell("cat authority.pem");

        const acme = `acme: { directory: "https://acme.test/acme/local/directory", rootCertificate: "authority.pem" },`;
        const shop = `new drydock.WebApp("shop", {
            image: "nginx:1.26", port: 80, health: { tcp: true },
            files: { "/etc/nginx/conf.d/default.conf": { content: 'server { location / { return 200 "$http_x_forwarded_proto"; } }' } },
            routes: [{ gateway: front.connection, host: "shop.test" }],
        });`;
        expect(await programs.up("acme", program(shop, acme))).toSucceed();
        const response = async () => {
            for (;;) {
                const body = await get(certificate).catch(() => undefined);
                if (body !== undefined) return body;
                await sleep(200);
            }
        };
        expect(await response()).toBe("https");

        // The authority is gone, so that the new container can only have the certificate from the volume.
        programs.shell(`docker rm --force --volumes ${authority}`);
        expect(await programs.up("acme", program(shop, `${acme} labels: { generation: "2" },`))).toSucceed();
        expect(await response()).toBe("https");
    });
});
