import { objects, string } from "../values.ts";

interface Published {
    ip: string;
    /** Empty if it is not known yet. */
    port: string;
    protocol: string;
}

/**
 * Published addresses of a docker.Container, a range as one: `127.0.0.1:3000`, `0.0.0.0:53/udp`,
 * `127.0.0.1:20000-20009`.
 *
 * @param all what stands for the address of all interfaces
 * @param unknown what stands for a port that is not known
 */
export function formatPublishedPorts(ports: unknown, all: string, unknown: string): string[] {
    const published = objects(ports).map(({ ip, external, protocol }) => ({
        ip: string(ip),
        port: string(external),
        protocol: string(protocol) || "tcp",
    }));
    const addresses = ranges(published).map(([first, last]) => {
        const host = first.ip === "" || first.ip === "0.0.0.0" ? all : first.ip;
        const port = first.port === last.port ? first.port || unknown : `${first.port}-${last.port}`;
        return `${host}:${port}${first.protocol === "tcp" ? "" : `/${first.protocol}`}`;
    });
    // The ports of a range that is still to be chosen are all unknown.
    return [...new Set(addresses)];
}

/** First and last port of each run of adjacent ports with one address and protocol. */
function ranges(ports: Published[]): [Published, Published][] {
    const found: [Published, Published][] = [];
    for (const port of ports) {
        const current = found.at(-1);
        if (current !== undefined && follows(port, current[1])) current[1] = port;
        else found.push([port, port]);
    }
    return found;
}

function follows(one: Published, other: Published): boolean {
    return one.ip === other.ip && one.protocol === other.protocol && isNext(one.port, other.port);
}

function isNext(one: string, other: string): boolean {
    return one !== "" && other !== "" && Number(one) === Number(other) + 1;
}
