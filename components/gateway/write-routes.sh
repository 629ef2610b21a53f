#!/bin/sh
# Runs in the container of a gateway: replaces the routes of one owner, and reloads Caddy. If Caddy rejects them, the
# previous ones stay. Standard input has the routes, as formatRoutes in caddyfile.ts describes them; empty removes them.
# Comes after compose-routes.sh.
#
# $1  directory of the routes
# $2  owner of the routes
# $3  address of a site in a Caddyfile, with {host} for its host name
# $4  `reload`, or `write` if Caddy does not run
#
# In the directory:
# routes/<owner>        the routes of each owner
# active/sites.caddy    the routes of all, as Caddy reads them
# certificates/<host>   .pem and .key
# targets/<host>        the container that answers for a host name of Drydock's

set -eu
export LC_ALL=C
umask 077
tab=$(printf '\t')
owner=$2 address=$3
mkdir -p "$1/routes" "$1/active" "$1/targets"
cd "$1"
exec 9>lock
flock 9

# The route that another owner has, as `<host><path>, of <owner>`.
taken() {
    cut -f1,2 new | sort -u >wanted
    for other in routes/*; do
        [ -e "$other" ] && [ "$other" != "routes/$owner" ] || continue
        route=$(cut -f1,2 "$other" | sort -u | comm -12 - wanted | head -n 1)
        [ -z "$route" ] || echo "$route, of ${other#routes/}" | sed "s/${tab}[0-9]*//"
    done
}

# Why the gateway cannot have the new routes.
obstacle() {
    route=$(taken)
    if [ -n "$route" ]; then
        echo "The gateway already has a route for $route. Remove one of the two, or give it another path."
        return
    fi
    case $address in http:*) return ;; esac
    # The gateway's own routes, which may be the new ones, have its settings.
    for other in routes/*; do [ ! -e "$other" ] || [ "$other" = "routes/$owner" ] || cat "$other"; done | cat - new |
        awk -F "$tab" '$1 == "?" { sub(/^[0-9]*/, "", $2) } $1 == "?" || $1 == "!" || $2 == "!" { print $1, $2 }' >settings
    if grep -q '^?' new && ! grep -qx '! on-demand' settings; then
        echo "The gateway has no certificates on demand, which a route with \`ask\` needs. Set \`tls\` of the Gateway to Tls.OnDemand."
    elif grep -qx '! acme' settings; then
        cut -f1 new | sort -u | grep '^[*]' | while read -r host; do
            grep -qxF -e "$host !" -e "? $host" settings ||
                echo "The host name $host needs a wildcard certificate, which a public authority gives through DNS only. Name the hosts, or add the certificate to \`certificates\` of the Gateway."
        done
    fi
}

# The targets that the routes name. An application names its container in them; until then, the host name stands there.
add_targets() {
    sed -n 's|.*[{]file\..*/targets/\([^}]*\)}.*|\1|p' active/sites.caddy | sort -u >named
    while read -r host; do
        [ -e "targets/$host" ] || { printf %s "$host" >target && mv target "targets/$host"; }
    done <named
}

# Of applications that are gone: their targets, and their pages for maintenance. Certificates that no site has.
remove_others() {
    for target in targets/*; do
        grep -qFx -e "${target#targets/}" named || rm -f "$target"
    done
    for page in maintenance/*.html; do
        host=${page#maintenance/}
        grep -qFx -e "${host%.html}" named || rm -f "$page"
    done
    for file in certificates/*; do
        host=${file#certificates/}
        host=${host%.*}
        case $host in wildcard_*) host="*${host#wildcard_}" ;; esac
        grep -qF "$host$tab!$tab" all || rm -f "$file"
    done
}

# Requests certificates for the new hosts that lead to this gateway, and tells which ones do not. Later, the first request for
# a host does so.
request_certificates() {
    grep -q "^!${tab}check" all && command -v wget >/dev/null || return 0
    cut -f1 "routes/$owner" 2>/dev/null | sort -u | grep '^[^*!?]' >hosts || return 0
    while read -r host; do
        grep -q " domain=$host\\( \\|$\\)" active/sites.caddy || continue
        request_certificate "$host" &
    done <hosts
    wait
}

request_certificate() {
    if ! get "http://127.0.0.1:2018/?domain=$1" 10; then
        addresses=$(getent ahosts "$1" 2>/dev/null | awk '{ print $1 }' | sort -u | xargs)
        echo "The host name $1 does not lead to this gateway (DNS: ${addresses:-no address}), so no certificate is requested for it. After you change the DNS record, the first HTTPS request gets one. If the machine cannot reach its own public address, set \`checkHosts: false\` of the Gateway."
        return
    fi
    has_certificate "$1" ||
        get "$(echo "$address" | sed "s|^[{]|https://{|; s/[{]host[}]/$1/")/" 30 --no-check-certificate || true
    has_certificate "$1" ||
        echo "There is no certificate for $1 yet: see the log of the gateway. The next HTTPS request for it tries again."
}

has_certificate() {
    ls /data/caddy/certificates/*/"$1/$1.crt" >/dev/null 2>&1
}

# get URL SECONDS OPTION...
get() {
    url=$1 limit=$2
    shift 2
    http_proxy='' https_proxy='' wget -q -t 1 -T "$limit" -O /dev/null "$@" "$url" 2>/dev/null
}

cat >new
reason=$(obstacle)
if [ -n "$reason" ]; then
    printf '%s\n' "$reason" >&2
    exit 1
fi
if [ -e "routes/$owner" ]; then cp "routes/$owner" previous; else : >previous; fi
if [ -s new ]; then mv new "routes/$owner"; else rm -f new "routes/$owner"; fi
compose "$address"
add_targets
# Without --force, Caddy would not read a changed certificate.
if [ "$4" = reload ] && ! message=$(caddy reload --config /etc/caddy/Caddyfile --adapter caddyfile --force 2>&1); then
    if [ -s previous ]; then mv previous "routes/$owner"; else rm -f "routes/$owner"; fi
    compose "$address"
    printf 'Caddy rejected the routes. The previous ones stay active:\n%s\n' "$message" >&2
    exit 1
fi
remove_others
if [ "$4" = reload ]; then
    flock -u 9
    request_certificates
fi
