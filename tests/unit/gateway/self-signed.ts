import { execFileSync } from "node:child_process";

/** A certificate for host names that nobody else has signed, with its key. */
export function selfSigned(hosts: string[], days = 30): { certificate: string; key: string } {
    const names = hosts.map((host) => `DNS:${host}`).join(",");
    const output = execFileSync(
        "openssl",
        [
            ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"],
            ...["-subj", "/CN=test", "-addext", `subjectAltName=${names}`, "-days", String(days)],
            ...["-keyout", "-", "-out", "-"],
        ],
        { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] },
    );
    const [key = "", certificate = ""] = output.split(/(?=-----BEGIN CERTIFICATE-----)/);
    return { certificate, key };
}
