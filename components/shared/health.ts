import type { HealthCheck } from "../engines/index.ts";
import { isCommand, isHostHeader, isUrlPath, quote, refuse, validate, isIntegerFrom } from "./validation.ts";

/** Seconds between checks until the first success, and after a failure. */
const QUICK_INTERVAL = 2;

/** Seconds between checks of a container that was healthy at the last one. */
const SETTLED_INTERVAL = 30;

/** The times of a health check, in seconds. */
export interface HealthTimeArgs {
    /** Time between checks. Without it, checks are quick while the container starts or fails, and rare while it is
     *  healthy: a container that hangs becomes unhealthy within 70 s. @default 2 until the first success and after
     *  a failure, 30 after a success */
    interval?: number;
    /** Time that a check may take. @default 5 */
    timeout?: number;
    /** Failures in a row that make the container unhealthy. @default 5 */
    retries?: number;
    /** Time at the start in which failures do not count. @default `waitTimeout` */
    startPeriod?: number;
    /** Time that an update waits until it is healthy. @default 120 */
    waitTimeout?: number;
}

/** How to see whether a container works. All times are in seconds. */
export interface HealthArgs extends HealthTimeArgs {
    /** Path that answers an HTTP GET with a status below 400, such as `/up`. Redirects count as success and are not
     *  followed. The request goes to the address that other containers use, so that an application that listens on
     *  localhost only is not healthy. */
    path?: string;
    /** `Host` header of the request, for an application that answers certain host names only. @default
     *  `127.0.0.1:<port>` */
    host?: string;
    /** Command that ends with 0 when all is well, in place of a path. It is run by a shell of the image; set
     *  `interval` for an image without one. */
    command?: string[];
}

export function validateHealth(health: HealthArgs = {}, at = "health"): void {
    if (typeof health !== "object")
        refuse(at, `${quote(health)} is not a health check; write { path: "/up" }`);
    if (health.path !== undefined && health.command !== undefined) {
        refuse(`${at}.path`, `${at}.path and ${at}.command are both set; keep one`);
    }
    if (health.host !== undefined && health.command !== undefined) {
        refuse(`${at}.host`, `${at}.command sends no request; leave ${at}.host out`);
    }
    validate({
        [`${at}.path`]: [health.path, isUrlPath],
        [`${at}.host`]: [health.host, isHostHeader],
        [`${at}.command`]: [health.command, isCommand],
        [`${at}.interval`]: [health.interval, isIntegerFrom(1)],
        [`${at}.timeout`]: [health.timeout, isIntegerFrom(1)],
        [`${at}.retries`]: [health.retries, isIntegerFrom(1)],
        [`${at}.startPeriod`]: [health.startPeriod, isIntegerFrom(0)],
        [`${at}.waitTimeout`]: [health.waitTimeout, isIntegerFrom(1)],
    });
}

/** @param command what ends with 0 when all is well: a program and its arguments */
export function buildHealthCheck(command: string[], health: HealthTimeArgs = {}): HealthCheck {
    const { interval, timeout = 5, retries = 5, waitTimeout = 120, startPeriod = waitTimeout } = health;
    const setByUser = Object.keys(health).filter((key) => health[key as keyof HealthTimeArgs] !== undefined);
    const common = { retries, startPeriod, waitTimeout, setByUser };
    // The interval is the user's: Docker keeps it, and the command needs no shell.
    if (interval !== undefined) return { test: ["CMD", ...command], interval, timeout, ...common };
    const pause = SETTLED_INTERVAL - QUICK_INTERVAL;
    const limit = timeout + 1;
    return {
        test: ["CMD", "/bin/sh", "-c", PAUSING, "health", String(pause), String(limit), ...command],
        interval: QUICK_INTERVAL,
        timeout: pause + limit + 1,
        ...common,
    };
}

/** The check of a container that serves HTTP. */
export function buildHttpHealthCheck(port: number, health: HealthArgs, path: string): HealthCheck {
    const { command, host = `127.0.0.1:${port}`, timeout = 5, ...times } = health;
    const request = ["/bin/sh", "-c", HTTP, "health", String(port), path, host, String(timeout)];
    return buildHealthCheck(command ?? request, { ...times, timeout });
}

/** A shell script as a command. `ask ADDRESS` in it is what succeeds when the server at an address works. */
export function networkCheck(ask: string, ...args: string[]): string[] {
    const script = `${ADDRESS}
ask() { ${ask}; }
ask "$address" "$@" && exit
[ "$address" = 127.0.0.1 ] || ! ask 127.0.0.1 "$@" >/dev/null 2>&1 || echo "${ONLY_LOCALHOST}"
exit 1
`;
    return ["/bin/sh", "-c", script, "health", ...args];
}

/**
 * Runs a check, and waits before it does if the last one succeeded: a check every 2 s costs 2 % of a machine, for
 * ever, and `startInterval` needs Docker 25 and is not there on a Swarm. /dev/shm is writable for every user, with
 * a read-only root file system too, and empty after every start. Without it, or without `sleep`, checks stay quick.
 * `timeout` limits the check itself, as Docker's time-out includes the pause; an old busybox has another syntax.
 */
const PAUSING = `pause=$1 limit=$2 healthy=/dev/shm/.drydock-healthy
shift 2
[ ! -s $healthy ] || sleep "$pause" 2>/dev/null
if timeout "$limit" true 2>/dev/null; then set -- timeout "$limit" "$@"; fi
"$@"
status=$?
if [ $status = 0 ]; then
    { echo yes >$healthy; } 2>/dev/null
    exit 0
fi
{ true >$healthy; } 2>/dev/null
case $status in 124 | 143) echo "The check took more than $((limit - 1)) s." ;; esac
exit 1
`;

/** Finds the address that other containers, and published ports, reach: Docker writes it into /etc/hosts. */
const ADDRESS = `address=127.0.0.1
read -r name </etc/hostname
while read -r ip names; do
    case " $names " in *" $name "*) address=$ip && break ;; esac
done </etc/hosts`;

const ONLY_LOCALHOST =
    "It answers on localhost only, where nothing outside of its container reaches it: let it listen on 0.0.0.0.";

/**
 * Asks for a page, by the first of these tools that the image has: none follows a redirect, or uses a proxy. The
 * wget of busybox cannot be kept from following, and so is the last; what counts is the first answer.
 */
const HTTP = `port=$1 path=$2 host=$3 limit=$4
${ADDRESS}
case $address in *:*) address="[$address]" ;; esac
has() { command -v "$1" >/dev/null; }
first_status() {
    while read -r protocol code _; do
        case $protocol in HTTP/*) echo "$code" && break ;; esac
    done
}
ask() {
    url=http://$1:$port$path
    if has curl; then
        curl --silent --noproxy '*' --max-time "$limit" --header "Host: $host" --output /dev/null --write-out '%{http_code}' "$url"
    elif has wget && case $(wget --help 2>&1) in *--max-redirect*) ;; *) false ;; esac; then
        wget --server-response --no-proxy --max-redirect=0 --tries=1 --timeout="$limit" --header="Host: $host" --output-document=/dev/null "$url" 2>&1 | first_status
    elif has ruby; then
        ruby -rnet/http -e 'url, host, limit = ARGV
            url = URI(url)
            http = Net::HTTP.new(url.hostname, url.port, nil)
            http.open_timeout = http.read_timeout = limit.to_i
            http.max_retries = 0
            print http.request(Net::HTTP::Get.new(url, "Host" => host)).code' "$url" "$host" "$limit" 2>/dev/null
    elif has python3; then
        python3 -c 'import sys, http.client, urllib.parse
_, url, path, host, limit = sys.argv
connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=int(limit))
connection.request("GET", path, headers={"Host": host})
print(connection.getresponse().status)' "$url" "$path" "$host" "$limit" 2>/dev/null
    elif has node; then
        node -e 'const [url, host, limit] = process.argv.slice(1);
            setTimeout(() => process.exit(1), limit * 1000);
            require("http").get(url, { headers: { host }, agent: false }, ({ statusCode }) => {
                console.log(statusCode);
                process.exit();
            }).on("error", () => process.exit(1));' "$url" "$host" "$limit"
    elif has wget; then
        wget -S -Y off -T "$limit" --header "Host: $host" -O /dev/null "$url" 2>&1 | first_status
    else
        echo "This image has no curl, wget, ruby, python3 or node to send a request with: set health.command."
        exit 1
    fi
}
status=$(ask "$address")
case $status in
[123]??) exit 0 ;;
[45]??) echo "GET $path on port $port answers $status." ;;
This*) echo "$status" ;;
*)
    echo "Nothing answers GET $path on port $port within $limit s."
    [ "$address" = 127.0.0.1 ] || case $(ask localhost) in [1-5]??) status=localhost ;; esac
    ;;
esac
case $status in
localhost) echo "${ONLY_LOCALHOST} (Rails: BINDING=0.0.0.0)" ;;
400 | 403 | 421) echo "It may refuse the host name '$host' (config.hosts in Rails, ALLOWED_HOSTS in Django): set health.host to one that it allows." ;;
401) echo "It asks for a login: set health.path to a page that is open to everybody." ;;
404) echo "It has no such page: set health.path to one that it has." ;;
5??) echo "It fails to answer: its log says why." ;;
4??) echo "Set health.path to a page that answers GET with success." ;;
'' | 000) echo "If it runs, it may listen on another port: set port." ;;
esac
exit 1
`;
