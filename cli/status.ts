/** The status of a stack on a terminal. */
import type { Component, Container, Process } from "./inventory.ts";
import type { MissingCertificate } from "./missing-certificates.ts";
import {
    type Colors,
    formatBytes,
    formatCount,
    formatDuration,
    formatTable,
    shortenDigest,
} from "./output.ts";
import { formatCommit, formatTime } from "./releases.ts";
import type { Inventory } from "./stack-inventory.ts";

/**
 * The table of processes. Below it: the current release of each application, applications in maintenance, and host names
 * without a certificate. Leaves out the columns for memory and CPU if nothing was measured.
 *
 * @param option see `Stack`
 */
export function formatStatus(
    { project, stack, components, missingCertificates }: Inventory,
    colors: Colors,
    now: Date,
    option: string,
): string {
    if (components.length === 0) return `The stack ${stack} of ${project} runs nothing.`;
    const containers = components.flatMap(({ processes }) => processes.flatMap((each) => each.containers));
    const columns: Columns = {
        swarm: components.some(({ processes }) => processes.some(({ service }) => service)),
        usage: containers.some(({ memory }) => memory !== undefined),
    };
    const header = [
        "COMPONENT",
        "PROCESS",
        ...(columns.swarm ? ["REPLICAS", "NODE"] : []),
        "STATE",
        "IMAGE",
        "SINCE",
        ...(columns.usage ? ["MEMORY", "CPU"] : []),
        "ADDRESS",
    ];
    const rows = components.flatMap((component) =>
        component.processes.flatMap((process) => rowsOf(component, process, columns, colors, now)),
    );
    return [
        formatTable(header, rows, colors),
        ...components.flatMap((each) => formatRelease(each, colors, option)),
        ...components.flatMap((each) => formatMaintenance(each, option)).map((line) => colors.yellow(line)),
        ...formatMissing(missingCertificates, option).map((line) => colors.yellow(line)),
    ].join("\n");
}

function formatMaintenance({ name, maintenance }: Component, option: string): string[] {
    return maintenance
        ? [`${name}: in maintenance. \`drydock maintenance off${option} ${name}\` removes the page.`]
        : [];
}

/** A line for each gateway. */
function formatMissing(missing: MissingCertificate[], option: string): string[] {
    const gateways = [...new Set(missing.map(({ gateway }) => gateway))];
    return gateways.map((gateway) => {
        const hosts = missing.filter((one) => one.gateway === gateway).map(({ host }) => host);
        return `${gateway}: no certificate yet for ${hosts.join(", ")}. \`drydock doctor${option}\` explains why.`;
    });
}

function formatRelease({ name, release }: Component, colors: Colors, option: string): string[] {
    if (release === undefined) return [];
    const commit = formatCommit(release);
    const source = commit === "" ? "" : `, commit ${commit}`;
    const serves = `${name}: release ${release.number} of ${formatTime(release.time)}${source}`;
    const notes = [
        ...(release.rolledBack === undefined
            ? []
            : [
                  `Rolled back at ${formatTime(release.rolledBack)}; \`drydock up${option}\` deploys the current program again.`,
              ]),
        ...(release.incomplete ? ["An update did not finish: some processes run another image."] : []),
    ];
    return notes.length === 0 ? [serves] : [colors.yellow(`${serves}. ${notes.join(" ")}`)];
}

/** Columns that are not always there. */
interface Columns {
    /** Replicas and nodes. */
    swarm: boolean;
    /** Memory and CPU. */
    usage: boolean;
}

function rowsOf(
    component: Component,
    process: Process,
    { swarm, usage }: Columns,
    colors: Colors,
    now: Date,
): string[][] {
    const { service, containers } = process;
    const replicas = service ? `${service.running}/${service.wanted}` : "";
    const address = process === component.processes[0] ? (component.address ?? "") : "";
    const missing = service ? "no replica" : "missing";
    const cells = (container: Container | undefined) =>
        container
            ? [
                  formatState(container, colors),
                  formatImage(container),
                  container.since === undefined ? "" : formatSince(container.since, now),
                  ...(usage ? [formatMemory(container), formatCpu(container)] : []),
              ]
            : [
                  service?.wanted === 0 ? "scaled to 0" : colors.red(missing),
                  "",
                  "",
                  ...(usage ? ["", ""] : []),
              ];
    const listed = containers.length === 0 ? [undefined] : containers;
    return listed.map((container, i) => [
        i === 0 ? component.name : "",
        i === 0 ? process.name : "",
        ...(swarm ? [i === 0 ? replicas : "", container?.node ?? ""] : []),
        ...cells(container),
        i === 0 ? address : "",
    ]);
}

function formatState({ state, health, exitCode, restarts }: Container, colors: Colors): string {
    const again = restarts === 0 ? "" : `, restarted ${formatCount(restarts, "time")}`;
    if (state !== "running") {
        const code = exitCode === undefined ? "" : ` (${exitCode})`;
        return `${colors.red(`${state}${code}`)}${again}`;
    }
    const color = { healthy: colors.green, unhealthy: colors.red, starting: colors.yellow }[
        health ?? "healthy"
    ];
    return `${(color ?? colors.red)(health ?? state)}${again}`;
}

function formatImage({ image: { name, revision } }: Container): string {
    const short = shortenDigest(name);
    return revision === undefined ? short : `${short} (${revision.slice(0, 7)})`;
}

function formatSince(since: string, now: Date): string {
    return formatDuration((now.getTime() - new Date(since).getTime()) / 1000);
}

function formatCpu({ cpuPercent }: Container): string {
    return cpuPercent === undefined ? "" : `${cpuPercent} %`;
}

function formatMemory({ memory, memoryLimit }: Container): string {
    if (memory === undefined) return "";
    return memoryLimit === undefined
        ? formatBytes(memory)
        : `${formatBytes(memory)} of ${formatBytes(memoryLimit)}`;
}
