#!/bin/sh
# Runs in the container of a gateway: replaces the routes of one owner, and reloads Caddy. If Caddy rejects them, the
# previous ones stay. Standard input has the routes, as formatRoutes in caddyfile.ts describes them; if it is empty, the
# owner's routes are removed.
# Comes after compose-routes.sh.
#
# $1  directory of the routes
# $2  owner of the routes
# $3  address of a site in a Caddyfile, with {host} in place of the host name
# $4  `reload`, or `write` if Caddy is not running
#
# Files in the directory:
# routes/<owner>        the routes of each owner
# active/sites.caddy    the routes of all owners, as Caddy reads them
# certificates/<host>   .pem and .key
# targets/<host>        name of the container that answers requests for a process's host name
# loaded                checksums of the certificates that Caddy has loaded
# write-routes.sh       this script, of the version of Drydock that deployed the gateway

set -eu
export LC_ALL=C
umask 077
tab=$(printf '\t')
owner=$2 address=$3 how=$4
mkdir -p "$1/routes" "$1/active" "$1/targets"
cd "$1"
exec 9>lock
flock 9

# Finds a route that another owner has too, as `<host> TAB <order>/<path> TAB <owner>`.
conflicting_route() {
    cut -f1,2 new | sort -u >wanted
    for other in routes/*; do
        if [ ! -e "$other" ] || [ "$other" = "routes/$owner" ]; then continue; fi
        route=$(cut -f1,2 "$other" | sort -u | comm -12 - wanted | head -n 1)
        [ -z "$route" ] || { echo "$route$tab${other#routes/}" && return; }
    done
}

# describe_route ROUTE: its host and path.
describe_route() {
    echo "$1" | awk -F "$tab" '{
        sub(/^[0-9]*/, "", $2)
        if ($1 != "?") print $1 == "*" ? "all other hosts" (length($2) > 1 ? " and the path " $2 : "") : $1 $2
        else print "certificates of " ($2 == "*" ? "hosts that no route names" : $2)
    }'
}

# Prints why the gateway refuses the new routes, if it does.
reason_to_refuse() {
    route=$(conflicting_route)
    if [ -n "$route" ]; then
        other=${route##*"$tab"}
        echo "The gateway already has a route for $(describe_route "$route"), owned by $other. Remove one of the two, or change its path. If the stack of $other no longer exists, delete $PWD/routes/$other in the container of the gateway."
        return
    fi
    case $address in http:*) return ;; esac
    if [ "$how" = reload ] && ! grep -q '^(points-here)' /etc/caddy/Caddyfile; then
        echo "The gateway is from an earlier version of Drydock. Run \`drydock up\` in its stack first, with this version."
        return
    fi
    # Lines of `! TAB <setting>` are from the gateway itself. Its settings must fit the routes of all owners.
    {
        sed "s|^|$owner$tab|" new
        for other in routes/*; do
            [ ! -e "$other" ] || [ "$other" = "routes/$owner" ] || sed "s|^|${other#routes/}$tab|" "$other"
        done
    } | awk -F "$tab" -v owner="$owner" '
        function of(other) { return other == owner ? "" : " of " other }
        function stack_of(other) { sub(/[.][^.]*$/, "", other); return other }
        # The update of the gateway also changes the routes of its own stack, after its settings.
        function matters(other) { return other == owner || (is_gateway && stack_of(other) != stack_of(owner)) }
        $2 == "!" { settings[$3]; if ($1 == owner) is_gateway = 1; next }
        $3 == "!" { certificates[$2]; next }
        $2 == "?" { sub(/^[0-9]*/, "", $3); asked[$3] = $1; next }
        $2 ~ /^[*]/ { wildcards[$2] = $1 }
        END {
            for (host in asked)
                if (!("on-demand" in settings) && matters(asked[host])) {
                    print "The gateway has no certificates on demand, which a route" of(asked[host]) " with `ask` needs. Set `tls` of the Gateway to Tls.OnDemand" (asked[host] == owner ? "." : ", or remove that route first.")
                    exit
                }
            if (!("acme" in settings)) exit
            for (host in wildcards)
                if (!(host in certificates) && !(host in asked) && matters(wildcards[host]))
                    print "The host name " host of(wildcards[host]) " needs a wildcard certificate, which a public authority issues only after a check in DNS. Name the hosts, or add the certificate to `certificates` of the Gateway."
        }'
}

# Creates the targets that the routes name. Until an application writes the name of its container, they hold the host name.
add_targets() {
    sed -n 's|.*[{]file\..*/targets/\([^}]*\)}.*|\1|p' active/sites.caddy | sort -u >named
    while read -r host; do
        [ -e "targets/$host" ] || { printf %s "$host" >target && mv target "targets/$host"; }
    done <named
}

# Removes the targets and maintenance pages of applications that are gone, and certificates that no site uses.
remove_unused() {
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
        awk -F "$tab" -v host="$host" '$1 == host && $2 == "!" { found = 1 } END { exit !found }' all || rm -f "$file"
    done
}

# Requests certificates for the new hosts that point to this gateway, and reports those that do not: their certificates are
# requested at the first request after they do.
request_certificates() {
    grep -q "^!${tab}check" all && command -v wget >/dev/null || return 0
    cut -f1 "routes/$owner" 2>/dev/null | sort -u | grep '^[^*!?]' | {
        while read -r host; do
            grep -q " domain=$host\\( \\|$\\)" active/sites.caddy || continue
            request_certificate "$host" &
        done
        wait
    }
}

request_certificate() {
    if ! points_here "$1"; then
        addresses=$(addresses_of "$1")
        echo "The host name $1 does not point to this gateway (DNS: ${addresses:-no address}), so no certificate is requested for it. After you change the DNS record, the first HTTPS request gets one. If the machine cannot reach its own public address, set \`checkHosts: false\` of the Gateway."
        return
    fi
    has_certificate "$1" ||
        get "$(echo "$address" | sed "s|^[{]|https://{|; s/[{]host[}]/$1/")/" 30 --no-check-certificate || true
    has_certificate "$1" ||
        echo "There is no certificate for $1 yet: see the log of the gateway. The next HTTPS request for this host tries again."
}

# These files may contain private keys.
trap 'rm -f new previous' EXIT
cat >new
reason=$(reason_to_refuse)
if [ -n "$reason" ]; then
    printf '%s\n' "$reason" >&2
    exit 1
fi
if [ -e "routes/$owner" ]; then cp "routes/$owner" previous; else : >previous; fi
if [ -s new ]; then mv new "routes/$owner"; else rm -f new "routes/$owner"; fi
compose "$address"
add_targets
# Without --force, Caddy would not read a changed certificate.
force=--force
cksum certificates/* >wanted 2>/dev/null || true
if cmp -s wanted loaded; then force=; fi
if [ "$how" = reload ] && ! message=$(caddy reload --config /etc/caddy/Caddyfile --adapter caddyfile $force 2>&1); then
    if [ -s previous ]; then mv previous "routes/$owner"; else rm -f "routes/$owner"; fi
    compose "$address"
    printf 'Caddy rejected the routes. The previous ones stay active:\n%s\n' "$message" >&2
    exit 1
fi
remove_unused
cksum certificates/* >loaded 2>/dev/null || true
if [ "$how" = reload ]; then
    rm -f previous
    trap - EXIT
    flock -u 9
    request_certificates
fi
