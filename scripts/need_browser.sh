#!/bin/sh
# The dashboard tests open real pages: they need Chromium and a font with Chinese characters; reports need Pango.
# Installs both from the distribution when it may; else says which command does.
set -eu
packages=
for program in chromium chromium-browser google-chrome none; do
    command -v "$program" >/dev/null 2>&1 && break
done
[ "$program" != none ] || packages="chromium"
if ! command -v fc-list >/dev/null 2>&1 || [ -z "$(fc-list :lang=zh 2>/dev/null | head -1)" ]; then
    packages="$packages fonts-noto-cjk fontconfig"
fi
# the report as PDF is drawn with Pango
if ! ldconfig -p 2>/dev/null | grep -q libpangoft2-1.0.so.0; then
    packages="$packages libpango-1.0-0 libpangoft2-1.0-0"
fi
[ -n "$packages" ] || exit 0

if [ "$(id -u)" = 0 ]; then
    root=""
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    root="sudo -n"
else
    echo "missing:$packages. Install with: sudo apt-get install$packages" >&2
    exit 1
fi
mkdir -p var/log
echo "  … installing$packages" >&2
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086  # lists of words on purpose
if ! { $root apt-get update -q && $root apt-get install -qy --no-install-recommends $packages; } >var/log/apt.log 2>&1; then
    tail -5 var/log/apt.log >&2
    echo "could not install:$packages. Install with: sudo apt-get install$packages" >&2
    exit 1
fi
