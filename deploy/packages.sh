#!/bin/sh
# Installs packages of Debian into an image and leaves no lists behind.
set -eu
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -qqy --no-install-recommends "$@" >/dev/null
apt-get clean
rm -rf /var/lib/apt/lists/* /var/cache/ldconfig/* /var/log/*
