#!/bin/sh
# Carries out one step of `drydock server setup`, as root: `setup.sh <step>`. DRYDOCK_TEST_ROOT is the root directory in tests.
set -eu

fail() {
    echo "$1" >&2
    exit 1
}

exists() {
    command -v "$1" >/dev/null 2>&1
}

has_systemd() {
    [ -d "$root/run/systemd/system" ]
}

# Runs a command of apt or dpkg once no other one holds the lock.
await_lock() {
    attempts=60
    until output=$("$@" 2>&1); do
        attempts=$((attempts - 1))
        case $attempts,$output in
            [1-9]*'Could not get lock'* | [1-9]*'locked by '*) sleep 5 ;;
            *)
                printf '%s\n' "$output"
                return 1
                ;;
        esac
    done
    printf '%s\n' "$output"
}

# Gets apt ready. A machine that was just created may still be busy.
prepare_apt() {
    if exists cloud-init; then timeout 300 cloud-init status --wait >/dev/null 2>&1 || true; fi
    # Finishes an installation that was interrupted.
    await_lock dpkg --configure -a
    update_lists
}

# A repository that fails need not matter. If it does, apt-get names what it cannot install.
update_lists() {
    await_lock apt-get update || true
}

install_packages() {
    apt-get install --yes --no-install-recommends --no-remove --option DPkg::Lock::Timeout=300 \
        --option Dpkg::Options::=--force-confdef --option Dpkg::Options::=--force-confold "$@"
}

has_package() {
    apt-cache policy "$1" | grep -q 'Candidate: [^(]'
}

# Downloads a file, with the proxy and the certificates of apt.
download() {
    timeout 60 /usr/lib/apt/apt-helper --option Acquire::Retries=0 --option Acquire::https::Timeout=10 \
        download-file "$1" "$2" 2>&1
}

# Adds Docker's repository, unless the machine has it. Returns 1 if it cannot be reached or lacks this release.
use_docker_repository() {
    if has_package docker-ce; then return 0; fi
    . "$root/etc/os-release"
    source="https://download.docker.com/linux/$ID"
    directory=$(mktemp -d) || return 1
    # Use our own names: the machine may have files with Docker's names and other contents.
    key=$root/etc/apt/keyrings/drydock-docker.asc
    list=$root/etc/apt/sources.list.d/drydock-docker.sources
    if reason=$(download "$source/dists/$VERSION_CODENAME/Release" "$directory/Release") &&
        reason=$(download "$source/gpg" "$directory/key"); then
        mkdir -p "$root/etc/apt/keyrings"
        install -m 644 "$directory/key" "$key"
        cat >"$list" <<END
Types: deb
URIs: $source
Suites: $VERSION_CODENAME
Components: stable
Architectures: $(dpkg --print-architecture)
Signed-By: /etc/apt/keyrings/drydock-docker.asc
END
        update_lists
        if has_package docker-ce; then
            rm -r "$directory"
            return 0
        fi
        rm -f "$list" "$key"
        reason="  It lacks docker-ce for $VERSION_CODENAME"
    fi
    rm -r "$directory"
    # The line of apt-helper that says why.
    reason=$(printf '%s\n' "$reason" | sed -n 's/^  *//p' | head -n 1)
    return 1
}

install_docker() {
    prepare_apt
    if exists dockerd; then
        # Debian has the docker command in a package of its own.
        install_packages docker-cli
        return
    fi
    install_packages ca-certificates
    if use_docker_repository; then
        install_packages docker-ce docker-ce-cli containerd.io docker-buildx-plugin docker-compose-plugin apparmor
        return
    fi
    echo "drydock: Docker's apt repository cannot be used: ${reason:-it does not answer}. Using docker.io of the distribution."
    # Older releases have the docker command in docker.io.
    if has_package docker-cli; then set -- docker-cli; else set --; fi
    install_packages docker.io apparmor "$@"
}

# Writes DAEMON_JSON atomically, and keeps owner and mode of an existing file.
configure_daemon() {
    mkdir -p "$root/etc/docker"
    # It may be a link.
    file=$(readlink -f "$root/etc/docker/daemon.json")
    new=$(mktemp "$file.XXXXXX")
    printf '%s' "$DAEMON_JSON" >"$new"
    if exists dockerd && dockerd --help 2>&1 | grep -q -e '--validate'; then
        dockerd --validate --config-file "$new" || {
            rm -f "$new"
            fail "Docker refuses the settings that $file would have, so it was not changed"
        }
    fi
    if [ -e "$file" ]; then
        chown --reference "$file" "$new"
        chmod --reference "$file" "$new"
    else
        chmod 644 "$new"
    fi
    mv "$new" "$file"
}

# Starts Docker now and with the machine.
start_docker() {
    if has_systemd; then
        systemctl enable --now docker
    else
        update-rc.d docker defaults
        update-rc.d docker enable
        service docker start
    fi
    await_docker
}

restart_docker() {
    if has_systemd; then
        systemctl restart docker
    else
        service docker stop
        service docker start
    fi
    await_docker
}

await_docker() {
    attempts=60
    until docker version >/dev/null 2>&1; do
        attempts=$((attempts - 1))
        if [ "$attempts" = 0 ]; then
            if has_systemd; then journalctl --unit docker --lines 10 --no-pager; else tail "$root/var/log/docker.log"; fi
            fail 'Docker does not answer'
        fi
        sleep 1
    done
}

# Lets the user LOGIN use Docker.
add_to_group() {
    usermod --append --groups docker "$LOGIN"
}

enable_security_updates() {
    prepare_apt
    install_packages unattended-upgrades
    # apt reads this after the files of the distribution, whose settings it replaces.
    cat >"$root/etc/apt/apt.conf.d/52drydock-security-updates" <<'END'
APT::Periodic::Update-Package-Lists "1";
APT::Periodic::Unattended-Upgrade "1";
END
}

main() {
    root=${DRYDOCK_TEST_ROOT:-}
    # No questions, no restarts of other services.
    export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 LC_ALL=C
    export PATH="$PATH:$root/usr/sbin:$root/sbin"
    "$1"
}

# The script is on standard input, which no program may read.
main "$@" </dev/null
