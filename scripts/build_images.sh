#!/bin/sh
# Builds the images of production, on an own Debian unless HOTLINE_BASE_IMAGE names another; what it says goes to a log.
set -eu
cd "$(dirname "$0")/.."
mkdir -p var/log
if [ -z "${HOTLINE_BASE_IMAGE:-}" ] && ! docker image inspect hotline/base:bookworm >/dev/null 2>&1; then
    echo "  … a Debian for the images" >&2
    deploy/base/make.sh
fi
echo "  … building (some ten minutes at first, details in var/log/images.log)" >&2
scripts/compose.sh build >var/log/images.log 2>&1 || { tail -20 var/log/images.log >&2; exit 1; }
