import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { type CertificateArgs, Gateway, type GatewayArgs, Tls } from "../../../components/index.ts";
import { COMMAND, refusal, run, UNKNOWN } from "../../../testing/index.ts";
import { selfSigned } from "./self-signed.ts";

const own = selfSigned(["shop.a", "*.b.c"]);
const declare = (certificates: Record<string, CertificateArgs>, args: GatewayArgs = {}) =>
    run(() => {
        new Gateway("front", { certificates, ...args });
        return {};
    });

describe("a certificate of a gateway", () => {
    test("is among its routes, which are secret", async () => {
        const { one } = await declare({ "Shop.a": own, "*.b.c": { ...own, key: pulumi.secret(own.key) } });
        const { inputs, secrets } = one(COMMAND, "front-routes");
        const { ROUTES = "" } = inputs.environment as Record<string, string>;
        const encoded = [own.certificate, own.key]
            .map((pem) => Buffer.from(pem).toString("base64"))
            .join(" ");
        expect(ROUTES).toBe(`!\tacme\t\n!\tcheck\t\nshop.a\t!\t${encoded}\n*.b.c\t!\t${encoded}\n`);
        expect(secrets).toEqual(["environment"]);
    });

    test("is refused if there are more of them than fit into an environment variable", async () => {
        const hosts = Array.from({ length: 200 }, (_, i) => `shop-${i}.b.c`);
        await expect(declare(Object.fromEntries(hosts.map((host) => [host, own])))).rejects.toThrow(
            "KiB, and the limit is 127 KiB; use a certificate for all names of a domain: *.example.com",
        );
    });

    test("allows a wildcard host with `Tls.Auto`", async () => {
        const to = { scheme: "http", host: "web", port: 80, network: "web" };
        const args = { routes: [{ host: "*.b.c", to }] };
        await declare({ "*.b.c": own }, args);
        await expect(declare({ "shop.a": own }, args)).rejects.toThrow("needs a wildcard certificate");
    });

    test("may be unknown in a preview", async () => {
        const { one } = await run(
            () => {
                const { stdout: key } = new local.Command("key", {});
                new Gateway("front", { certificates: { "shop.a": { ...own, key } } });
                return {};
            },
            { preview: "first" },
        );
        expect(JSON.stringify(one(COMMAND, "front-routes").inputs)).toContain(UNKNOWN);
    });

    test.each<[string, Partial<CertificateArgs>, string, string?]>([
        ["that is not PEM", { certificate: "x" }, "certificate: is not a certificate in PEM"],
        ["with a key that is not PEM", { key: "x" }, "key: is not a private key in PEM without a passphrase"],
        [
            "with the key of another certificate",
            { key: selfSigned(["shop.a"]).key },
            "key: is not the private key of the certificate",
        ],
        ["for another host", {}, "certificate: is not for shop.b, but for shop.a, *.b.c", "shop.b"],
        [
            "for another domain, of a wildcard host",
            {},
            "certificate: is not for *.x.c, but for shop.a, *.b.c",
            "*.x.c",
        ],
        ["without a key", { key: undefined }, "key: must be a string"],
    ])("is refused %s", async (_, wrong, message, host = "shop.a") => {
        const certificates = { [host]: { ...own, ...wrong } } as Record<string, CertificateArgs>;
        await expect(declare(certificates)).rejects.toThrow(`certificates.${host}.${message}`);
    });

    test("is refused for a URL, and without TLS", async () => {
        expect(await refusal(() => new Gateway("front", { certificates: { "https://a.b": own } }))).toContain(
            'certificates.https://a.b: "https://a.b" is not a host name',
        );
        expect(
            await refusal(() => new Gateway("front", { certificates: { "shop.a": own }, tls: Tls.Off })),
        ).toContain('certificates: has no effect with tls "off"');
    });

    test.each([
        [10, ["certificates.shop.a: the certificate expires on"]],
        [30, []],
    ])("that expires in %i days is reported: %j", async (days, expected) => {
        const warnings: string[] = [];
        const warn = jest.spyOn(pulumi.log, "warn").mockImplementation((message) => {
            warnings.push(message);
            return Promise.resolve();
        });
        await declare({ "shop.a": selfSigned(["shop.a"], days) });
        warn.mockRestore();
        expect(warnings).toEqual(expected.map((text) => expect.stringContaining(text) as string));
    });
});
