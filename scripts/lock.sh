#!/bin/sh
# Resolves the pins of requirements/*.in anew:  scripts/lock.sh [airflow|warehouse|superset|test ...]
# Newest versions that fit, for the oldest Python that is supported; UV_DEFAULT_INDEX names a mirror. Read the diff, then run
# the whole suite.
set -eu
cd "$(dirname "$0")/../requirements"
uv=$(command -v uv || echo ../.venv/tools/bin/uv)
# test rests on the pins of warehouse
for name in ${@:-airflow superset warehouse test}; do
    echo "  … $name" >&2
    "$uv" pip compile --quiet --upgrade --no-header --no-annotate --python-version 3.11 "$name.in" --output-file "$name.txt"
done
git diff --stat -- '*.txt'
