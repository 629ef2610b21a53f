/** Host names of gateways that have no certificate yet. */
import { join } from "node:path";
import { ROUTES_DIRECTORY } from "../components/gateway/directories.ts";
import { readScriptBody } from "../components/shared/scripts.ts";
import { runInGateways, type RunningStack } from "./gateways.ts";

const GATEWAY_SCRIPTS = join(import.meta.dirname, "../components/gateway");

export interface MissingCertificate {
    /** Name of the component or, in another stack, of the container or the service. */
    gateway: string;
    host: string;
}

/** A host name without a certificate, and what it points to. */
export interface ExplainedCertificate extends MissingCertificate {
    /** Whether the host name points to the gateway. */
    pointsHere: boolean;
    /** IP addresses in DNS. */
    addresses: string[];
}

export async function findMissingCertificates(running: RunningStack): Promise<MissingCertificate[]> {
    const answers = await runScript(running, "");
    return answers.map(({ gateway, words: [host = ""] }) => ({ gateway, host }));
}

/** Takes a few seconds longer than findMissingCertificates if a host name does not point to its gateway. */
export async function explainMissingCertificates(running: RunningStack): Promise<ExplainedCertificate[]> {
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
    running: RunningStack,
    mode: "" | "explain",
): Promise<{ gateway: string; words: string[] }[]> {
    const functions = readScriptBody(GATEWAY_SCRIPTS, "compose-routes.sh");
    const script = `${functions}\n${readScriptBody(import.meta.dirname, "missing-certificates.sh")}`;
    const outputs = await runInGateways(running, script, (owner) => [ROUTES_DIRECTORY, owner, mode]);
    return outputs.flatMap(({ gateway, lines }) =>
        lines.map((line) => ({ gateway, words: line.trim().split(/\s+/) })),
    );
}
