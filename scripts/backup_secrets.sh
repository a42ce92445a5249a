#!/bin/sh
# Encrypts the secrets of production for a certificate whose key lies elsewhere:  scripts/backup_secrets.sh CERT FILE
# Open it with: openssl cms -decrypt -binary -inform DER -in FILE -inkey KEY | tar -x
set -eu
cd "$(dirname "$0")/.."
[ $# = 2 ] || { sed -n 2,3p "$0" >&2; exit 2; }
umask 077
tar -C "${HOTLINE_SECRETS:-secrets}" -c . | openssl cms -encrypt -binary -aes-256-gcm -outform DER -recip "$1" >"$2.partial"
mv "$2.partial" "$2"
echo "  ✓ $2"
