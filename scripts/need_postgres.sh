#!/bin/sh
# The settings tests keep metadata in a real PostgreSQL. Installs it from the distribution when it may; else says how.
set -eu
for program in /usr/lib/postgresql/*/bin/initdb; do
    [ -x "$program" ] && exit 0
done
if [ "$(id -u)" = 0 ]; then
    root=""
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    root="sudo -n"
else
    echo "missing: postgresql. Install with: sudo apt-get install postgresql" >&2
    exit 1
fi
mkdir -p var/log
echo "  … installing postgresql" >&2
export DEBIAN_FRONTEND=noninteractive
if ! { $root apt-get update -q && $root apt-get install -qy --no-install-recommends postgresql; } >var/log/apt.log 2>&1; then
    tail -5 var/log/apt.log >&2
    echo "could not install postgresql. Install with: sudo apt-get install postgresql" >&2
    exit 1
fi
