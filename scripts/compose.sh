#!/bin/sh
# docker compose, whichever this machine has: the plugin (v2) or the program of Debian (1.29).
cd "$(dirname "$0")/.." || exit 1
if docker compose version >/dev/null 2>&1; then
    exec docker compose "$@"
elif command -v docker-compose >/dev/null 2>&1; then
    exec docker-compose "$@"
fi
echo "missing: docker compose. Install it: sudo apt-get install docker.io docker-compose" >&2
exit 1
