import type { DeclaredLogin, DeclaredRoute } from "../declared.ts";

/** Requests that a reverse proxy passes on only with a protection. */
export interface ProtectedRequests {
    /** Empty for all hosts. */
    hosts: string[];
    /** Undefined for all paths, or if the paths are not known. */
    path?: string;
    /** Users, if the protection is a login that a Gateway can have. */
    logins?: DeclaredLogin[];
}

/** Whether the route would also pass on these requests, without their protection. */
export function passesOn(
    route: Pick<DeclaredRoute, "hosts" | "path">,
    { hosts, path }: ProtectedRequests,
): boolean {
    const sharesHost =
        hosts.length === 0 ||
        route.hosts.length === 0 ||
        hosts.some((host) => route.hosts.some((other) => matches(host, other) || matches(other, host)));
    return sharesHost && (path === undefined || path.startsWith(route.path ?? ""));
}

/** Whether a host name equals the pattern, or matches its wildcard. */
function matches(host: string, pattern: string): boolean {
    const [name, other] = [host.toLowerCase(), pattern.toLowerCase()];
    return name === other || (/^\*?\./.test(other) && name.endsWith(other.replace(/^\*/, "")));
}
