#!/usr/bin/env bash
# Provides a running Docker Engine: uses the one that answers, otherwise installs Debian's and starts it.
set -euo pipefail
. "$(dirname "$0")/common.sh"

daemon_log=$cache_dir/dockerd.log
daemon_pid=

answers() { timeout 10 docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

install_docker() {
    [ "$(id -u)" -eq 0 ] || die 'Docker is not installed, and installing it requires root: run `sudo apt-get install docker.io "?exact-name(docker-cli)" "?exact-name(docker-buildx)" && sudo usermod -aG docker $USER`, log in again, then try again.'
    command -v apt-get >/dev/null || die 'Docker is not installed, and this is not Debian: install Docker Engine (https://docs.docker.com/engine/install), then try again.'
    # Since Debian 13, the docker command and buildx are in separate packages, which do not exist in older releases.
    apt_install 'Docker Engine' docker.io '?exact-name(docker-cli)' '?exact-name(docker-buildx)'
}

with_systemd() { [ "$(cat /proc/1/comm)" = systemd ]; }

start_docker() {
    [ "$(id -u)" -eq 0 ] || die 'Docker is installed but does not answer, and starting it requires root: run `sudo service docker start`, or join the group `docker` if it is running.'
    if with_systemd; then
        systemctl start docker
    else
        mkdir -p "$cache_dir"
        # In a new session, so that it outlives this terminal. Close the lock's file descriptor.
        setsid dockerd >"$daemon_log" 2>&1 </dev/null 9>&- &
        daemon_pid=$!
    fi
}

wait_for_docker() {
    local deadline=$((SECONDS + 60))
    while [ "$SECONDS" -lt "$deadline" ]; do
        answers && return 0
        [ -z "$daemon_pid" ] || kill -0 "$daemon_pid" || return 1
        sleep 1
    done
    return 1
}

last_log_lines() {
    if with_systemd; then journalctl --unit=docker --lines=15 --no-pager; else tail -n 15 "$daemon_log"; fi
}

# Pulumi's Docker provider honors DOCKER_CONTEXT and DOCKER_HOST, but not `docker context use`. Contexts of Docker Desktop are
# fine, as the provider looks for their sockets.
same_engine() {
    local host
    host=$(docker context inspect --format '{{.Endpoints.docker.Host}}' "$1" 2>/dev/null)
    case $host in
    '' | unix:///var/run/docker.sock | unix://"$HOME"/.docker/*) ;;
    *) [ /var/run/docker.sock -ef "${host#unix://}" ] ;;
    esac
}
# The docker command takes a while to start. Without a current context in its configuration, it need not be asked.
context=${DOCKER_CONTEXT:-default}
if grep -q '"currentContext"' "${DOCKER_CONFIG:-$HOME/.docker}/config.json" 2>/dev/null; then
    context=$(docker context show 2>/dev/null || true)
fi
if [ -z "${DOCKER_HOST:-}${DOCKER_CONTEXT:-}" ] && [ "$context" != default ] && ! same_engine "$context"; then
    die "Docker's context is $context, which Pulumi's Docker provider ignores: run \`export DOCKER_CONTEXT=$context\`, or \`docker context use default\` to use the Docker Engine of this machine."
fi

answers && exit 0
if [ -n "${DOCKER_HOST:-}" ]; then
    die "DOCKER_HOST is $DOCKER_HOST, but no Docker Engine answers there: start it, or unset DOCKER_HOST to use this machine."
fi
if [ "$context" != default ]; then
    die "Docker's context is $context, but no Docker Engine answers there: start it, or run \`docker context use default\` to use this machine."
fi
{ command -v docker && command -v dockerd; } >/dev/null || install_docker
say '→ Starting Docker Engine'
{ start_docker && step 'Waiting for Docker Engine' wait_for_docker; } || {
    last_log_lines 2>/dev/null | sed 's/^/    /' >&2
    die 'Docker Engine does not start: see the last lines of its log above. Fix the problem, then try again.'
}
