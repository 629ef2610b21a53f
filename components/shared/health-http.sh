#!/bin/sh
# health-http.sh PORT PATH HOST LIMIT: health check that sends an HTTP request. Succeeds if the status is below 400.
# Sends the request to the address that other containers use, which Docker writes into /etc/hosts. LIMIT is in seconds.
#
# Uses the first of these tools that the image has, without redirects and proxies. busybox's wget always follows
# redirects: the first status in its output counts.
#
# Changing anything below this header replaces the containers of applications.

port=$1 path=$2 host=$3 limit=$4
address=127.0.0.1
read -r name </etc/hostname
while read -r ip names; do
    case " $names " in *" $name "*) address=$ip && break ;; esac
done </etc/hosts
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
localhost) echo "It answers on localhost only, where nothing outside of its container reaches it: let it listen on 0.0.0.0. (Rails: BINDING=0.0.0.0)" ;;
400 | 403 | 421) echo "It may refuse the host name '$host' (config.hosts in Rails, ALLOWED_HOSTS in Django): set health.host to one that it allows." ;;
401) echo "It asks for a login: set health.path to a page that is open to everybody." ;;
404) echo "It has no such page: set health.path to one that it has." ;;
5??) echo "It fails to answer: its log says why." ;;
4??) echo "Set health.path to a page that answers GET with success." ;;
'' | 000) echo "If it runs, it may listen on another port: set port." ;;
esac
exit 1
