#!/bin/sh
# Installs the distribution's container engine where there is none and it may; else says how. Does not start it.
set -eu
missing=
for program in dockerd docker-compose debootstrap; do
    case $program in dockerd) package=docker.io ;; *) package=$program ;; esac
    command -v $program >/dev/null 2>&1 || missing="$missing $package"
done
docker compose version >/dev/null 2>&1 && missing=$(echo "$missing" | sed 's/ docker-compose//')
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ]; then
    root=""
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    root="sudo -n"
else
    echo "missing:$missing. Install with: sudo apt-get install$missing" >&2
    exit 1
fi
mkdir -p var/log
echo "  … installing$missing" >&2
export DEBIAN_FRONTEND=noninteractive
if ! { $root apt-get update -q && $root apt-get install -qy --no-install-recommends $missing iptables; } >var/log/apt.log 2>&1; then
    tail -5 var/log/apt.log >&2
    echo "could not install$missing. Install with: sudo apt-get install$missing" >&2
    exit 1
fi
