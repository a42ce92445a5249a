#!/bin/sh
# Makes one environment:  scripts/make_environment.sh airflow|warehouse|superset|test
# "test" adds what only the tests need to the warehouse environment. Safe to repeat; details go to var/log/.
set -eu
cd "$(dirname "$0")/.."
name=$1
case $name in test) folder=.venv/warehouse ;; *) folder=.venv/$name ;; esac
mkdir -p var/log
log=var/log/environment-$name.log

python=
for candidate in python3.11 python3.12 python3.13 python3; do
    if command -v "$candidate" >/dev/null 2>&1 &&
        "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
        python=$(command -v "$candidate")
        break
    fi
done
if [ -z "$python" ]; then
    echo "missing: Python 3.11 or newer. Install it: sudo apt-get install python3 python3-venv" >&2
    exit 1
fi
if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    echo "missing: the venv module of $python. Install it: sudo apt-get install python$version-venv" >&2
    exit 1
fi

# The system's Python is never written to (PEP 668): uv goes into a virtual environment of its own.
uv=$(command -v uv || true)
if [ -z "$uv" ] || ! "$uv" --version >/dev/null 2>&1; then
    uv=.venv/tools/bin/uv
    if [ ! -x "$uv" ]; then
        echo "  … uv: the installer" >&2
        "$python" -m venv .venv/tools >"$log" 2>&1
        .venv/tools/bin/python -m pip install --quiet 'uv>=0.8' >>"$log" 2>&1 || { tail -5 "$log" >&2; exit 1; }
    fi
fi
# uv does not read pip's settings; a mirror that is configured for pip is meant for uv too.
if [ -z "${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-}" ] && [ ! -f "${XDG_CONFIG_HOME:-$HOME/.config}/uv/uv.toml" ]; then
    mirror=$("$python" -m pip config get global.index-url 2>/dev/null || true)
    if [ -n "$mirror" ]; then
        export UV_DEFAULT_INDEX="$mirror"
    fi
fi

run() {
    if ! "$@" >>"$log" 2>&1; then
        echo "failed: $*" >&2
        tail -15 "$log" >&2
        echo "the whole log: $log; with a proxy or a mirror, set https_proxy or UV_DEFAULT_INDEX" >&2
        exit 1
    fi
}

begin=$(date +%s)
echo "  … environment $name: installing (a few minutes at first, details in $log)" >&2
: >"$log"
# trust what the machine trusts: on an intranet the mirror's certificate comes from an authority of its own
export UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-1}" UV_NATIVE_TLS="${UV_NATIVE_TLS:-1}"
export UV_LINK_MODE="${UV_LINK_MODE:-copy}" UV_NO_PROGRESS=1
[ -x "$folder/bin/python" ] || run "$uv" venv --python "$python" "$folder"
run "$uv" pip install --python "$folder/bin/python" -r "requirements/$name.txt"
case $name in airflow | warehouse) run "$uv" pip install --python "$folder/bin/python" --no-deps -e . ;; esac
# Bytecode of every module now: who runs this later may not write here, or is told not to (PYTHONDONTWRITEBYTECODE), and
# would compile thousands of modules at each start of dbt, Airflow and Superset. One file is Python 2 and imported by nobody.
run "$folder/bin/python" -m compileall -q -j 0 -x 'olefile2\.py$' "$folder/lib"
touch "$folder/.$name-installed"
echo "  ✓ environment $name ($(($(date +%s) - begin)) s)" >&2
