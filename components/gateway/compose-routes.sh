#!/bin/sh
# Functions for the scripts that run in the containers of gateways, in the directory of the routes.

# compose ADDRESS: merges the routes of all owners, routes/*, into the Caddyfile active/sites.caddy. ADDRESS is that of a
# site, with {host} in place of the host name. formatRoutes and formatSettings in caddyfile.ts describe the lines of
# routes/*.
compose() {
    tab=$(printf '\t')
    mkdir -p certificates
    cat routes/* 2>/dev/null | sort -s -t "$tab" -k1,1 -k2,2 >all
    write_certificates
    awk -F "$tab" -v address="$1" -v directory="$PWD" '
        function certificate_of(host) {
            if (host in certificates) return host
            sub(/^[^.]*/, "*", host)
            return host in certificates ? host : ""
        }
        function start(  site, certificate) {
            site = address
            sub(/[{]host[}]/, host == "*" ? "" : host, site)
            if (site == "") site = "https://"
            if (host == "*") any = 1
            if (has_tls) print "http://" (host == "*" ? "" : host) " {\n\timport plain\n}"
            print site " {\n\timport site"
            if (!has_tls) return
            certificate = certificate_of(host)
            if (certificate != "") {
                sub(/^[*]/, "wildcard_", certificate)
                certificate = directory "/certificates/" certificate
                print "\ttls " certificate ".pem " certificate ".key"
            } else if (host !~ /^[*]/) {
                print "\timport tls"
                named = named " domain=" host
            } else if ("on-demand" in settings) print "\ttls {\n\t\ton_demand\n\t}"
        }
        function finish() { if (host != "") print "\trespond 404\n}" }
        BEGIN { has_tls = address !~ /^http:/ }
        $1 == "!" { settings[$2]; next }
        $2 == "!" { certificates[$1]; next }
        $1 != "?" && $1 != host { finish(); host = $1; start() }
        {
            first = $1
            sub(/^[^\t]*\t[^\t]*\t/, "")
            if (first == "?") questions = questions "\t" $0 "\n"
            else print "\t" $0
        }
        END {
            finish()
            if (!any) print "http:// {\n\trespond 404\n}"
            if (!has_tls) exit
            print "http://127.0.0.1:2018 {\n\tbind 127.0.0.1"
            if (named != "") print "\t@named query" named "\n\thandle @named {\n\t\timport points-here\n\t}"
            printf "%s\thandle {\n\t\trespond 403\n\t}\n}\n", questions
        }' all >sites
    mv sites active/sites.caddy
}

write_certificates() {
    awk -F "$tab" '$2 == "!" { sub(/^[*]/, "wildcard_", $1); print $1, $3 }' all | while read -r name certificate key; do
        printf %s "$certificate" | base64 -d >"certificates/$name.pem"
        printf %s "$key" | base64 -d >"certificates/$name.key"
    done
}

has_certificate() {
    ls /data/caddy/certificates/*/"$1/$1.crt" >/dev/null 2>&1
}

# points_here HOST: whether requests for the host name reach this gateway. Asks the gateway itself, at port 2018.
points_here() {
    get "http://127.0.0.1:2018/?domain=$1" 10
}

# addresses_of HOST: its addresses in DNS.
addresses_of() {
    getent ahosts "$1" 2>/dev/null | awk '{ print $1 }' | sort -u | xargs
}

# get URL SECONDS OPTION...
get() {
    url=$1 limit=$2
    shift 2
    http_proxy='' https_proxy='' wget -q -t 1 -T "$limit" -O /dev/null "$@" "$url" 2>/dev/null
}
