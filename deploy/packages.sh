#!/bin/sh
# Installs packages of Debian into an image and leaves no lists, manuals or translations behind.
set -eu
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -qqy --no-install-recommends "$@" >/dev/null
apt-get clean
rm -rf /var/lib/apt/lists/* /var/cache/ldconfig/* /var/log/* /usr/share/locale/* /usr/share/man/* /usr/share/info/*
find /usr/share/doc -type f ! -name copyright -delete
find / -xdev -perm /6000 -type f -exec chmod a-s {} +
