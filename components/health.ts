import { isWhole } from "./amounts";
import { HealthCheck } from "./engines";
import { isCommand, isUrlPath, refuse, validate } from "./validation";

/** The times of a health check, in seconds. */
export interface HealthTimeArgs {
    /** Time between checks. @default 2 */
    interval?: number;
    /** Time that a check may take. @default 5 */
    timeout?: number;
    /** Failures in a row that make the container unhealthy. @default 5 */
    retries?: number;
    /** Time at the start in which failures do not count. @default 60 */
    startPeriod?: number;
    /** Time that an update waits until it is healthy. @default 120 */
    waitTimeout?: number;
}

/** How to see whether a container works. All times are in seconds. */
export interface HealthArgs extends HealthTimeArgs {
    /** Path that answers an HTTP request with success, such as `/up`. */
    path?: string;
    /** Command that ends with 0 when all is well, in place of a path. */
    command?: string[];
}

export function validateHealth(health: HealthArgs = {}, at = "health"): void {
    if (typeof health !== "object") refuse(at, `${String(health)} is no health check; write { path: "/up" }`);
    if (health.path !== undefined && health.command !== undefined) {
        refuse(`${at}.path`, `${at}.path and ${at}.command are both set; keep one`);
    }
    validate({
        [`${at}.path`]: [health.path, isUrlPath],
        [`${at}.command`]: [health.command, isCommand],
        [`${at}.interval`]: [health.interval, isWhole(1)],
        [`${at}.timeout`]: [health.timeout, isWhole(1)],
        [`${at}.retries`]: [health.retries, isWhole(1)],
        [`${at}.startPeriod`]: [health.startPeriod, isWhole(0)],
        [`${at}.waitTimeout`]: [health.waitTimeout, isWhole(1)],
    });
}

export function healthCheck(test: string[], health: HealthTimeArgs = {}): HealthCheck {
    return {
        test,
        interval: health.interval ?? 2,
        timeout: health.timeout ?? 5,
        retries: health.retries ?? 5,
        startPeriod: health.startPeriod ?? 60,
        waitTimeout: health.waitTimeout ?? 120,
    };
}

/** The check of a container that serves HTTP. */
export function httpHealth(port: number, health: HealthArgs, path: string): HealthCheck {
    const test = health.command
        ? ["CMD", ...health.command]
        : ["CMD-SHELL", request(`http://127.0.0.1:${port}${path}`)];
    return healthCheck(test, health);
}

/** Images differ in what they have to ask with: the first of these that is there. */
function request(url: string): string {
    const ways = [
        ["curl", `curl -fsS -o /dev/null "${url}"`],
        ["wget", `wget -q -O /dev/null "${url}"`],
        ["ruby", `ruby -rnet/http -e 'exit Net::HTTP.get_response(URI("${url}")).code.to_i < 400'`],
        ["python3", `python3 -c 'import urllib.request; urllib.request.urlopen("${url}")'`],
        ["node", `node -e 'fetch("${url}").then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))'`],
    ];
    const branches = ways.map(
        ([tool, check], i) => `${i === 0 ? "if" : "elif"} command -v ${tool} >/dev/null; then ${check}`,
    );
    return `${branches.join("; ")}; else echo 'this image has nothing to ask with: set health.command'; exit 1; fi`;
}
