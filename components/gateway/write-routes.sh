#!/bin/sh
# Runs in the container of a gateway: replaces the routes of one owner, and reloads Caddy. If Caddy rejects them, the
# previous ones stay. Standard input has the routes, as formatRoutes in caddyfile.ts describes them; empty removes them.
#
# $1  directory of the routes
# $2  owner of the routes
# $3  address of a site in a Caddyfile, with {host} for its host name
# $4  `reload`, or `write` if Caddy does not run
#
# In the directory:
# routes/<owner>        the routes of each owner
# active/sites.caddy    the routes of all, as Caddy reads them
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

compose() {
    cat routes/* 2>/dev/null | sort -s -t "$tab" -k1,1 -k2,2 | awk -F "$tab" -v address="$address" '
        function finish() { if (host != "") print "\trespond 404\n}" }
        $1 != host {
            finish()
            host = $1
            site = address
            sub(/[{]host[}]/, host, site)
            if (host == "*") { site = "http://"; any = 1 }
            print site " {"
            if (host != "*" || address ~ /^http:/) print "\timport site"
        }
        { sub(/^[^\t]*\t[^\t]*\t/, ""); print "\t" $0 }
        END { finish(); if (!any) print "http:// {\n\trespond 404\n}" }' >sites
    mv sites active/sites.caddy
}

# The targets that the routes name. An application names its container in them; until then, the host name stands there.
add_targets() {
    sed -n 's|.*[{]file\..*/targets/\([^}]*\)}.*|\1|p' active/sites.caddy | sort -u >named
    while read -r host; do
        [ -e "targets/$host" ] || { printf %s "$host" >target && mv target "targets/$host"; }
    done <named
}

# Of applications that are gone: their targets, and their pages for maintenance.
remove_others() {
    for target in targets/*; do
        grep -qFx -e "${target#targets/}" named || rm -f "$target"
    done
    for page in maintenance/*.html; do
        host=${page#maintenance/}
        grep -qFx -e "${host%.html}" named || rm -f "$page"
    done
}

cat >new
route=$(taken)
if [ -n "$route" ]; then
    printf 'The gateway already has a route for %s. Remove one of the two, or give it another path.\n' "$route" >&2
    exit 1
fi
if [ -e "routes/$owner" ]; then cp "routes/$owner" previous; else : >previous; fi
if [ -s new ]; then mv new "routes/$owner"; else rm -f new "routes/$owner"; fi
compose
add_targets
if [ "$4" = reload ] && ! message=$(caddy reload --config /etc/caddy/Caddyfile --adapter caddyfile 2>&1); then
    if [ -s previous ]; then mv previous "routes/$owner"; else rm -f "routes/$owner"; fi
    compose
    printf 'Caddy rejected the routes. The previous ones stay active:\n%s\n' "$message" >&2
    exit 1
fi
remove_others
