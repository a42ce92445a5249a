#!/bin/sh
# Everything a host without the internet needs, in bundle/hotline-VERSION: images, compose file, scripts, documents, and the
# checksums of all of it. docs/operations/install.md says what to do with it there.
set -eu
cd "$(dirname "$0")/.."
version=${HOTLINE_VERSION:-$(git describe --tags --always --dirty 2>/dev/null || echo dev)}
folder=bundle/hotline-$version
rm -rf "$folder"
mkdir -p "$folder"
images=
for name in postgres airflow superset proxy; do
    docker tag "hotline/$name:dev" "hotline/$name:$version"
    images="$images hotline/$name:$version"
done
# shellcheck disable=SC2086 -- a list of names
docker save $images | gzip -1 >"$folder/images.tar.gz"
mkdir -p "$folder/scripts" "$folder/docs"
cp docker-compose.yml LICENSE "$folder"
cp scripts/compose.sh scripts/make_secrets.sh scripts/load_bundle.sh "$folder/scripts"
cp -R docs/operations docs/explanation/security.md "$folder/docs"
printf 'HOTLINE_VERSION=%s\nHOTLINE_HOST=localhost\nHOTLINE_ORIGIN=real\n' "$version" >"$folder/env.example"
git rev-parse HEAD >"$folder/COMMIT" 2>/dev/null || true
(cd "$folder" && find . -type f ! -name SHA256SUMS -print0 | sort -z | xargs -0 sha256sum >SHA256SUMS)
echo "  ✓ $folder ($(du -sh "$folder" | cut -f1))"
