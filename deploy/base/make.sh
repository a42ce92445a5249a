#!/bin/sh
# Makes the image that all others are built on, from Debian's own packages: needs no registry of images.
#   deploy/base/make.sh        as root; DEBIAN_MIRROR names a mirror other than debootstrap's own
# Whoever has a registry names its Debian instead: HOTLINE_BASE_IMAGE=<image> make images
set -eu
suite=bookworm # its Python is one that the lock files were resolved for
image=hotline/base:$suite

if [ "$(id -u)" != 0 ]; then
    echo "debootstrap makes device files, so this must run as root: sudo make images" >&2
    exit 1
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# python3: what Airflow, dbt and Superset run on; ca-certificates: their mail, and the package indexes of the builds
debootstrap --variant=minbase --include=ca-certificates,python3 "$suite" "$folder" ${DEBIAN_MIRROR:+"$DEBIAN_MIRROR"} >"$folder.log" 2>&1 ||
    { tail -15 "$folder.log" >&2; exit 1; }
rm -f "$folder.log"

# A machine of the same release names the mirrors that it uses, with security updates among them.
if grep -q "VERSION_CODENAME=$suite" /etc/os-release && [ -f /etc/apt/sources.list.d/debian.sources ]; then
    cp /etc/apt/sources.list.d/debian.sources "$folder/etc/apt/sources.list.d/"
    : >"$folder/etc/apt/sources.list"
fi
# Trust what the machine trusts: on an intranet mirrors and mail servers have certificates of the authority's own.
cp /usr/local/share/ca-certificates/*.crt "$folder/usr/local/share/ca-certificates/" 2>/dev/null || true
chroot "$folder" sh -eu -c '
    update-ca-certificates >/dev/null 2>&1
    apt-get update -qq
    apt-get upgrade -qqy >/dev/null
    apt-get clean
    rm -rf /var/lib/apt/lists/* /var/cache/debconf/*-old /usr/share/man /usr/share/info
    find /usr/share/doc -type f ! -name copyright -delete
    find / -xdev -perm /6000 -type f -exec chmod a-s {} +  # nobody in a container becomes somebody else
'
tar -C "$folder" --numeric-owner -c . | docker import --change 'CMD ["sh"]' - "$image" >/dev/null
echo "  ✓ $image"
