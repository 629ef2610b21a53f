#!/bin/sh
# Prints facts about a machine for `drydock server`, as lines `fact <name> <value>`. Changes nothing, and runs as the user
# who logs in. The arguments are ports in hexadecimal. DRYDOCK_TEST_ROOT is the root directory in tests.

fact() {
    printf 'fact %s %s\n' "$1" "$2"
}

exists() {
    command -v "$1" >/dev/null 2>&1
}

# Runs a command as root, or as the user if that is not possible.
as_root() {
    if [ "$privileges" = sudo ]; then sudo -n "$@"; else "$@"; fi
}

print_system() (
    if [ -r "$root/etc/os-release" ]; then . "$root/etc/os-release"; fi
    fact os "${ID:-unknown}"
    fact os_name "${PRETTY_NAME:-$(uname -s)}"
    if [ -d "$root/run/systemd/system" ]; then
        fact init systemd
    elif exists service && exists update-rc.d; then
        fact init sysv
    fi
)

print_docker() {
    if exists dockerd; then fact dockerd "$(readlink -f "$(command -v dockerd)")"; fi
    if exists docker; then
        fact docker "$(readlink -f "$(command -v docker)")"
        if docker --version 2>&1 | grep -qi podman; then fact podman yes; fi
        fact user_version "$(docker version --format '{{.Server.Version}}' 2>/dev/null)"
        fact root_version "$(as_root docker version --format '{{.Server.Version}}' 2>/dev/null)"
        info=$(as_root docker info --format '{{.LiveRestoreEnabled}} {{.ContainersRunning}} {{.DockerRootDir}}' 2>/dev/null) || info=
        fact info "$info"
    fi
    case " $(id -nG "$user") " in *' docker '*) fact in_group yes ;; esac
    if [ -d "$root/run/systemd/system" ]; then
        if [ "$(systemctl is-enabled docker 2>/dev/null)" = enabled ]; then fact enabled yes; fi
    else
        for link in "$root"/etc/rc2.d/S*docker; do
            if [ -e "$link" ]; then fact enabled yes; fi
        done
    fi
}

print_daemon_settings() {
    file=$root/etc/docker/daemon.json
    pid=$root/var/run/docker.pid
    if as_root test -e "$file"; then
        if content=$(as_root cat "$file" 2>/dev/null | base64 | tr -d '\n') && as_root test -r "$file"; then
            fact daemon_json "$content"
        else
            fact daemon_json_unreadable yes
        fi
        # The file with the process ID is as old as the daemon.
        if [ -n "$(as_root find "$file" -newer "$pid" 2>/dev/null)" ]; then fact restart_pending yes; fi
    elif [ -d "$root/etc/docker" ] && ! as_root test -x "$root/etc/docker"; then
        fact daemon_json_unreadable yes
    fi
    if [ -r "$pid" ] && tr '\0' '\n' <"$root/proc/$(cat "$pid")/cmdline" 2>/dev/null | grep -qE -e '^--log-(driver|opt)'; then
        fact log_flags yes
    fi
}

print_updates() {
    exists unattended-upgrade || return 0
    settings=$(apt-config dump APT::Periodic 2>/dev/null)
    for setting in Update-Package-Lists Unattended-Upgrade; do
        printf '%s\n' "$settings" | grep -qE "^APT::Periodic::$setting \"(always|[1-9])" || return 0
    done
    fact security_updates yes
}

print_listeners() {
    for port in "$@"; do
        inode=$(cat "$root/proc/net/tcp" "$root/proc/net/tcp6" 2>/dev/null |
            awk -v port=":$port" '$4 == "0A" && substr($2, length($2) - 4) == port { print $10; exit }')
        [ -n "$inode" ] || continue
        socket=$(as_root find "$root"/proc/[0-9]*/fd -lname "socket:\[$inode\]" 2>/dev/null | head -n 1)
        program=
        if [ -n "$socket" ]; then program=$(cat "${socket%/fd/*}/comm" 2>/dev/null); fi
        # Only root sees the program, but the user may ask Docker.
        if [ -z "$program" ] &&
            [ -n "$(as_root docker ps --quiet --filter "publish=$((0x$port))" 2>/dev/null)" ]; then
            program=docker-proxy
        fi
        fact listener "$port $program"
    done
}

print_resources() {
    case ${info##* } in
        /*) directory=$root${info##* } ;;
        *) directory=$root/var/lib/docker ;;
    esac
    while [ ! -d "$directory" ]; do directory=$(dirname "$directory"); done
    fact disk "$(df -Pk "$directory" | awk 'END { print $4 }')"
    fact memory "$(awk '/^(MemTotal|SwapTotal):/ { sum += $2 } END { print sum }' "$root/proc/meminfo")"
    if grep -qs '^ENABLED=yes' "$root/etc/ufw/ufw.conf"; then fact ufw yes; fi
}

main() {
    root=${DRYDOCK_TEST_ROOT:-}
    info=
    # A user's PATH may lack the programs of root.
    PATH=$PATH:$root/usr/sbin:$root/sbin
    user=$(id -un)
    if [ "$(id -u)" = 0 ]; then
        privileges=root
    elif sudo -n true 2>/dev/null; then
        privileges=sudo
    else
        privileges=none
    fi
    fact user "$user"
    fact privileges "$privileges"
    print_system
    print_docker
    print_daemon_settings
    print_updates
    print_listeners "$@"
    print_resources
}

# The script is on standard input, which no program may read.
main "$@" </dev/null
