#!/usr/bin/env bash
# debian.sh IMAGE: builds debian:trixie-slim with debootstrap, slims it like the official image, and imports it into Docker.
# Requires root. Uses the mirror, proxy and certificates of this machine's apt, which may be the only ones that work behind a
# firewall.
set -euo pipefail

suite=trixie
image=$1

# The URL from which apt on this machine gets the archive with the label $1.
mirror_of() {
    apt-get indextargets --format '$(LABEL)|$(REPO_URI)' 'Created-By: Packages' |
        awk -F '|' -v label="$1" '$1 == label && $2 ~ /^https?:/ && !found++ { print $2 }'
}

[ -n "$(mirror_of Debian)" ] || apt-get update
archive=$(mirror_of Debian)
security=$(mirror_of Debian-Security)
if [ -z "$archive" ]; then
    echo "apt on this machine has no Debian mirror: add one to its sources, or transfer the image with docker load" >&2
    exit 1
fi

# Not in /tmp, which is often mounted noexec or nodev.
root=$(mktemp -d -p /var/tmp drydock-debian.XXXXXX)
trap '[ -z "${pid:-}" ] || kill -KILL -- "-$pid" 2>/dev/null || true; rm -rf --one-file-system "$root"' EXIT
trap 'exit 130' INT TERM
chmod 755 "$root"

# Settings for dpkg: no documentation or translations, no fsync after each file.
mkdir -p "$root/etc/dpkg/dpkg.cfg.d"
excluded=(doc doc-base groff info lintian locale man)
{
    printf 'path-exclude /usr/share/%s/*\n' "${excluded[@]}"
    echo 'path-include /usr/share/doc/*/copyright'
} >"$root/etc/dpkg/dpkg.cfg.d/docker"
echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/docker-apt-speedup"

# debootstrap downloads with wget, which does not read apt's proxy settings.
eval "$(apt-config shell http_proxy Acquire::http::Proxy https_proxy Acquire::https::Proxy)"
export http_proxy https_proxy
# apt in the image needs certificates for an https mirror.
[[ $archive == http:* ]] || certificates=ca-certificates

# In a new mount namespace and process group, so that no mount or process remains after an interruption. The script for sid
# works for all recent releases, even if debootstrap is older.
setsid unshare --mount debootstrap --variant=minbase ${certificates:+--include=$certificates} \
    "$suite" "$root" "$archive" /usr/share/debootstrap/scripts/sid &
pid=$!
wait "$pid"
pid=

# apt in the image uses the same mirrors and settings as on this machine.
deb822() {
    printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\n\n' "$1" "$2" \
        /usr/share/keyrings/debian-archive-keyring.pgp
}
rm -f "$root/etc/apt/sources.list"
{
    deb822 "$archive" "$suite $suite-updates"
    [ -z "$security" ] || deb822 "$security" "$suite-security"
} >"$root/etc/apt/sources.list.d/debian.sources"
apt-config dump | grep -E '^Acquire::(Check-|Retries|https?)' >"$root/etc/apt/apt.conf.d/mirror" || true
if [ -n "${certificates:-}" ] && compgen -G '/usr/local/share/ca-certificates/*.crt' >/dev/null; then
    cp /usr/local/share/ca-certificates/*.crt "$root/usr/local/share/ca-certificates/"
    chroot "$root" update-ca-certificates
fi

# Keeps layers with apt-get small. policy-rc.d prevents packages from starting services.
cat >"$root/etc/apt/apt.conf.d/docker" <<'EOF'
Acquire::Languages "none";
Acquire::GzipIndexes "true";
Apt::AutoRemove::SuggestsImportant "false";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb || true"; };
EOF
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod +x "$root/usr/sbin/policy-rc.d"

# Install security updates, which also verifies that apt works in the image.
chroot "$root" apt-get update
chroot "$root" apt-get -y dist-upgrade

# Remove files that debootstrap unpacks without dpkg, caches, and files specific to this machine.
for dir in "${excluded[@]}"; do
    [ ! -d "$root/usr/share/$dir" ] || find "$root/usr/share/$dir" -type f ! -name copyright -delete
done
rm -rf "$root"/var/cache/{apt,debconf,ldconfig}/* "$root"/var/lib/{apt/lists/*,dpkg/*-old} "$root"/var/log/* \
    "$root"/etc/{hostname,machine-id,resolv.conf}

# Set PATH, as Dockerfiles extend it: ENV PATH=$PATH:/opt/bin.
tar --create --directory "$root" --sort=name --numeric-owner . | docker import \
    --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
    --change 'CMD ["bash"]' - "$image"
