/** Host names of gateways that have no certificate yet. */
import { join } from "node:path";
import { ROUTES_DIRECTORY } from "../components/gateway/directories.ts";
import { readScriptBody } from "../components/shared/scripts.ts";
import { askGateways, type Running } from "./gateways.ts";

const GATEWAY_SCRIPTS = join(import.meta.dirname, "../components/gateway");

export interface MissingCertificate {
    /** Name of the component, or, in another stack, of the container or the service. */
    gateway: string;
    host: string;
}

/** A host name, and what it points to. */
export interface ExplainedCertificate extends MissingCertificate {
    /** Whether the host name points to the gateway. */
    pointsHere: boolean;
    /** IP addresses in DNS. */
    addresses: string[];
}

export async function findMissingCertificates(running: Running): Promise<MissingCertificate[]> {
    const answers = await runScript(running, "");
    return answers.map(({ gateway, words: [host = ""] }) => ({ gateway, host }));
}

/** As findMissingCertificates. It takes some seconds if a host name points elsewhere. */
export async function explainMissingCertificates(running: Running): Promise<ExplainedCertificate[]> {
    const answers = await runScript(running, "explain");
    return answers.map(({ gateway, words: [host = "", points, ...addresses] }) => ({
        gateway,
        host,
        pointsHere: points === "yes",
        addresses,
    }));
}

/** The lines that missing-certificates.sh prints, as words. */
async function runScript(
    running: Running,
    how: "" | "explain",
): Promise<{ gateway: string; words: string[] }[]> {
    const functions = readScriptBody(GATEWAY_SCRIPTS, "compose-routes.sh");
    const script = `${functions}\n${readScriptBody(import.meta.dirname, "missing-certificates.sh")}`;
    const answers = await askGateways(running, script, (owner) => [ROUTES_DIRECTORY, owner, how]);
    return answers.flatMap(({ gateway, lines }) =>
        lines.map((line) => ({ gateway, words: line.trim().split(/\s+/) })),
    );
}
