import { createPrivateKey, X509Certificate } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import {
    ifKnown,
    isString,
    refuse,
    reportErrorsOn,
    required,
    validate,
    validateObject,
} from "../shared/validation.ts";
import type { ResolvedCertificate } from "./caddyfile.ts";
import { isRouteHost } from "./routes.ts";

/** A TLS certificate of your own. */
export interface CertificateArgs {
    /** Certificate in PEM, followed by its intermediate certificates. */
    certificate: pulumi.Input<string>;
    /** Private key in PEM, without a passphrase: `config.requireSecret("tlsKey")`. */
    key: pulumi.Input<string>;
}

const EXAMPLE =
    '{ "shop.example.com": { certificate: readFileSync("shop.pem", "utf8"), key: config.requireSecret("tlsKey") } }';

const MS_PER_DAY = 24 * 60 * 60 * 1000;

/** A certificate that expires within fewer days causes a warning. */
const WARNING_DAYS = 14;

type Certificates = Record<string, CertificateArgs>;

/** @throws pulumi.InputPropertyError */
export function validateCertificates(certificates: Certificates | undefined): void {
    validateObject("certificates", certificates, EXAMPLE);
    for (const [host, pair] of Object.entries(certificates ?? {})) {
        const at = `certificates.${host}`;
        validate({ [at]: [host, isRouteHost] });
        validateObject(at, pair, '{ certificate: "...", key: config.requireSecret("tlsKey") }');
        validate({
            [`${at}.certificate`]: [ifKnown(required(pair.certificate)), isString],
            [`${at}.key`]: [ifKnown(required(pair.key)), isString],
        });
    }
}

/** Resolves and checks the certificates. Secret. */
export function resolveCertificates(
    certificates: Certificates = {},
    component: pulumi.Resource,
): pulumi.Output<Record<string, ResolvedCertificate>> {
    const pairs = Object.entries(certificates).map(([host, { certificate, key }]) =>
        pulumi.all([certificate, key]).apply(([certificate, key]) =>
            reportErrorsOn(component, () => {
                const at = `certificates.${host}`;
                const parsed = checkPair(host, { certificate, key }, at);
                warnAboutExpiry(parsed, at, component);
                return [host, { certificate, key }] as const;
            }),
        ),
    );
    const resolved = pulumi.all(pairs).apply((known) => Object.fromEntries(known));
    return pairs.length === 0 ? resolved : pulumi.secret(resolved);
}

/** The messages quote neither value, as the user may have swapped them. */
function checkPair(host: string, { certificate, key }: ResolvedCertificate, at: string): X509Certificate {
    const parsed = parse(() => new X509Certificate(certificate));
    if (parsed === undefined)
        refuse(
            `${at}.certificate`,
            "is not a certificate in PEM; it starts with -----BEGIN CERTIFICATE-----",
        );
    const privateKey = parse(() => createPrivateKey(key));
    if (privateKey === undefined)
        refuse(
            `${at}.key`,
            "is not a private key in PEM without a passphrase; it starts with -----BEGIN PRIVATE KEY-----",
        );
    if (!parsed.checkPrivateKey(privateKey))
        refuse(
            `${at}.key`,
            "is not the private key of the certificate; use the key that it was requested with",
        );
    const name = host.replace(/^\*/, "any");
    if (parsed.checkHost(name, { subject: "never" }) === undefined)
        refuse(
            `${at}.certificate`,
            `is not for ${host}, but for ${parsed.subjectAltName?.replaceAll("DNS:", "") ?? "no host name"}`,
        );
    return parsed;
}

function parse<T>(read: () => T): T | undefined {
    try {
        return read();
    } catch {
        return undefined;
    }
}

function warnAboutExpiry({ validTo }: X509Certificate, at: string, component: pulumi.Resource): void {
    const days = Math.floor((Date.parse(validTo) - Date.now()) / MS_PER_DAY);
    if (days >= WARNING_DAYS) return;
    const state = days < 0 ? `expired on ${validTo}` : `expires on ${validTo}`;
    void pulumi.log.warn(`${at}: the certificate ${state}; renew it`, component);
}
