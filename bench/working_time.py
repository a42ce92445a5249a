"""Working time of a million spans against their plain seconds: ``python bench/working_time.py [--rows N] [--runs N]``.

Both write a table from the same random spans in one DuckDB process with two threads, as a model does; working seconds
come from the macro ``working_seconds`` as dbt compiles it, over ``dim_working_day`` of a built warehouse
(``HOTLINE_VAR``, default ``var/``), once with one calendar and once with a calendar that differs from row to row. The
best of the runs counts: the others were disturbed. Seconds depend on the machine, ratios much less: quote those.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from hotline.settings import Settings

STATEMENT = """
create or replace temp table written as
select from_at, to_at, {{{{ working_seconds('opened', 'from_at', 'ended', 'to_at') }}}} as seconds from spans
{{{{ join_working_day('opened', 'from_at', "{calendar}") }}}}
{{{{ join_working_day('ended', 'to_at', "{calendar}") }}}}
"""
SPANS = """
create temp table spans as
with starts as (

    select
        timestamp '2015-01-01' + to_seconds(cast(floor(random() * 315360000) as bigint)) as from_at,
        cast(floor(random() * 5184000) as bigint) - 86400 as seconds,
        random() < 0.5 as is_office
    from range({rows})

)

select
    from_at,
    from_at + to_seconds(seconds) as to_at,
    if(is_office, 'office', 'working_day') as calendar
from starts
"""


def compiled(calendar: str, settings: Settings, target: Path) -> str:
    """SQL that dbt makes of the macros."""
    project = str(settings.dbt_project)
    argv = [
        Path(sys.executable).with_name("dbt"),
        "--quiet",
        "compile",
        "--inline",
        STATEMENT.format(calendar=calendar),
    ]
    argv += ["--project-dir", project, "--profiles-dir", project, "--target-path", target, "--log-path", target]
    environment = os.environ | {"HOTLINE_VAR": str(settings.var), "DO_NOT_TRACK": "1"}
    run = subprocess.run(list(map(str, argv)), env=environment, capture_output=True, text=True, check=False)
    if run.returncode:
        raise SystemExit(f"dbt compile failed:\n{run.stdout}{run.stderr}")
    return run.stdout


def best_of(runs: int, connection: duckdb.DuckDBPyConnection, statement: str) -> float:
    """Seconds of the fastest run."""
    seconds = []
    for _ in range(runs):
        begin = time.perf_counter()
        connection.execute(statement).fetchall()
        seconds.append(time.perf_counter() - begin)
    return min(seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    settings = Settings.from_environment()
    with tempfile.TemporaryDirectory() as folder:
        statements = {
            "plain seconds": "create or replace temp table written as "
            "select from_at, to_at, date_diff('second', from_at, to_at) as seconds from spans",
            "working seconds, one calendar": compiled("'office'", settings, Path(folder)),
            "working seconds, calendar by row": compiled("spans.calendar", settings, Path(folder)),
        }
    with duckdb.connect(str(settings.build_database), read_only=True) as connection:
        connection.execute("set threads = 2")
        connection.execute("select setseed(0.12328)")
        connection.execute(SPANS.format(rows=options.rows))
        seconds = {name: best_of(options.runs, connection, statement) for name, statement in statements.items()}
    plain = seconds["plain seconds"]
    for name, value in seconds.items():
        print(
            f"{name:<34}{value * 1000:>8.1f} ms {value / options.rows * 1e9:>7.1f} ns a span  ratio {value / plain:6.1f}"
        )


if __name__ == "__main__":
    main()
