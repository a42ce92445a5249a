#!/bin/sh
# Checks a bundle and hands its images to the engine of this host; see docs/operations/install.md.
set -eu
cd "$(dirname "$0")/.."
sha256sum --check --quiet SHA256SUMS || { echo "the bundle is damaged or was changed: bring it again" >&2; exit 1; }
listed=$(wc -l <SHA256SUMS)
found=$(find . -type f ! -name SHA256SUMS ! -path './secrets/*' ! -name .env | wc -l)
[ "$listed" = "$found" ] || { echo "the bundle holds $found files, its list $listed: bring it again" >&2; exit 1; }
gzip -dc images.tar.gz | docker load --quiet
[ -f .env ] || cp env.example .env
echo "next: set HOTLINE_HOST in .env, then scripts/make_secrets.sh and scripts/compose.sh up -d"
