"""What a day costs on a long history, and a whole build against plain SQL: ``python bench/build.py [--tickets N ...]``.

Four weeks of simulated tickets, delivered daily, are ingested once and copied back in time, four weeks at a time, until
the history has the tickets asked for: same volume a day, more days. Then, for each size, in processes of their own:

* ``hotline build`` of everything but the last day (whole), then of the last day alone (what changed);
* with ``--plain``, bench/plain_build.sql: the ticket marts and the counts over them by one hand-written DuckDB script over
  the same files, with the same threads and memory; it must give the same rows, or the bench ends with an error. Against it
  stands dbt making the same tables, and the whole ``hotline build`` with all other marts and all data tests.

Processor seconds, wall seconds and peak memory are printed; quote the ratios. Twenty million tickets take 25 GB of disk.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from hotline.ingest import ledger

HOTLINE = Path(sys.executable).with_name("hotline")
FEEDS = ("tickets", "ticket_events", "callbacks")
DAYS = 28
FIRST, LAST = date(2024, 9, 3), date(2024, 9, 30)
NEWEST = LAST + timedelta(days=1)
"""Folder of the last day's delivery."""
MEMORY = os.environ.get("HOTLINE_MEMORY_LIMIT", "3GB")  # of an installation that says nothing
SHIFTED = {
    "tickets": """
        accepted_at - to_days($days) as accepted_at,
        due_at - to_days($days) as due_at,
        if(caller_key is null, null, md5(caller_key || $days)) as caller_key""",
    "ticket_events": "occurred_at - to_days($days) as occurred_at",
    "callbacks": "called_at - to_days($days) as called_at, callback_no || '-' || $days as callback_no",
}
"""Per feed, the columns that move with the time; a caller of four weeks ago is another caller."""


COMPARED = """
    select
        plain.table_name,
        any_value(built.schema_name),
        string_agg('"' || built.column_name || '"', ', ' order by built.column_name)
    from duckdb_tables() as plain
    left join duckdb_columns() as built
        on built.database_name = 'built' and built.table_name = plain.table_name and built.column_name <> 'built_in'
    where plain.database_name = current_database()
    group by plain.table_name
    order by plain.table_name
"""
"""Every table of the plain script, with the schema and all columns that it has in the warehouse, but for lineage."""


@dataclass
class Cost:
    """One run of a child process: seconds and megabytes."""

    cpu: float
    wall: float
    peak: float

    def __str__(self) -> str:
        return f"{self.cpu:8.1f} s cpu {self.wall:8.1f} s wall {self.peak:7.0f} MB"


def run(argv: list, var: Path) -> Cost:
    """Run a child and measure it with all that it started (``wait4``)."""
    begin = time.monotonic()
    environment = os.environ | {"HOTLINE_VAR": str(var), "HOTLINE_MEMORY_LIMIT": MEMORY}
    with (var.parent / f"{var.name}.log").open("a", encoding="utf-8") as log:
        child = subprocess.Popen(list(map(str, argv)), env=environment, stdout=log, stderr=log)
        _, status, usage = os.wait4(child.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(map(str, argv))} failed: see {log.name}")
    return Cost(usage.ru_utime + usage.ru_stime, time.monotonic() - begin, usage.ru_maxrss / 1024)


def make_template(work: Path) -> Path:
    """Four weeks, simulated, delivered daily and ingested."""
    template = work / "template"
    if not (template / "done").exists():
        shutil.rmtree(template, ignore_errors=True)
        template.mkdir(parents=True)
        for step in (["simulate", "--months", "2024-09", "--delivery", "daily"], ["ingest"]):
            print(f"template: hotline {' '.join(step)}: {run([HOTLINE, *step], template)}", flush=True)
        shutil.rmtree(template / "landing")
        (template / "done").touch()
    return template


def copy_other_feeds(template: Path, var: Path) -> None:
    """Registers and the like as they are; of the feeds that are copied in time, the empty file that keeps the columns."""
    for folder in (template / "raw").iterdir():
        ignored = shutil.ignore_patterns("dt=2*") if folder.name in FEEDS else None
        shutil.copytree(folder, var / "raw" / folder.name, ignore=ignored)
    others = [f"{folder.name}-*" for folder in (template / "raw").iterdir() if folder.name not in FEEDS]
    for pattern in others:
        for path in (template / "ledger").glob(f"*/*/{pattern}"):
            target = var / path.relative_to(template)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)


def add_weeks(template: Path, var: Path, block: int) -> int:
    """Copy the template ``block`` times four weeks back in time; returns the tickets added."""
    days, name = block * DAYS, f"{block:015x}"
    with duckdb.connect(config={"threads": 1, "preserve_insertion_order": False}) as connection:
        for feed in FEEDS:
            (var / "raw" / feed).mkdir(parents=True, exist_ok=True)
            statement = f"""
                select * exclude (day) replace (
                    left(ticket_no, 8) || strftime(day - to_days($days), '%Y%m%d') || right(ticket_no, 8) as ticket_no,
                    {SHIFTED[feed].replace("$days", str(days))},
                    _delivered_at - to_days($days) as _delivered_at,
                    '{name}0' as _file_hash,
                    cast(dt - to_days($days) as date) as dt
                )
                from (
                    select *, cast(strptime(substring(ticket_no, 9, 8), '%Y%m%d') as date) as day
                    from read_parquet('{template}/raw/{feed}/*/*/*.parquet', hive_types = {{'dt': date, 'platform': varchar}})
                )
                where day between date '{FIRST}' and date '{LAST}' and dt <= date '{NEWEST}'
            """.replace("$days", str(days))
            connection.execute(
                f"copy ({statement}) to '{var}/raw/{feed}' (format parquet, partition_by (dt, platform), overwrite_or_ignore, "
                f"filename_pattern '{name}{{i}}.1')"
            )
            write_ledger(connection, var, feed, f"{name}0")
        pattern = f"{var}/raw/tickets/*/*/{ledger.parquet_name(f'{name}0', 1)}"
        return connection.execute(f"select count(distinct ticket_no) from read_parquet('{pattern}')").fetchall()[0][0]


def write_ledger(connection: duckdb.DuckDBPyConnection, var: Path, feed: str, name: str) -> None:
    """What ingest would have written about the copied files."""
    rows = connection.execute(
        f"select dt, platform, count(*), min(_delivered_at) from read_parquet("
        f"'{var}/raw/{feed}/*/*/{ledger.parquet_name(name, 1)}', hive_types = {{'dt': date, 'platform': varchar}}) group by all"
    ).fetchall()
    for day, platform, count, delivered_at in rows:
        ledger.write(
            var / "ledger",
            ledger.Entry(
                feed, platform, day, f"{feed}.csv", name, size_bytes=count, delivered_at=delivered_at, ingested_at=delivered_at,
                encoding="utf-8", delimiter=",", rows_in=count, rows_loaded=count, rows_quarantined=0, status="loaded",
                path=f"{platform}/{day}/{feed}.csv",
            ),
        )  # fmt: skip


def newest_folders(var: Path) -> list[Path]:
    return [var / "ledger" / f"dt={NEWEST}", *(var / "raw" / feed / f"dt={NEWEST}" for feed in FEEDS)]


def day_cost(var: Path, runs: int) -> tuple[Cost, Cost]:
    """(whole build without the last day, median build of the last day)."""
    aside = var / "aside"
    for folder in newest_folders(var):
        (aside / folder.relative_to(var)).parent.mkdir(parents=True, exist_ok=True)
        folder.rename(aside / folder.relative_to(var))
    try:
        whole = run([HOTLINE, "build", "--full-refresh"], var)
    finally:
        for folder in newest_folders(var):
            (aside / folder.relative_to(var)).rename(folder)
    database = var / "build" / "hotline.duckdb"
    before = database.with_name("before.duckdb")
    costs = []
    for _ in range(runs):
        if runs > 1:
            shutil.copyfile(*((before, database) if before.exists() else (database, before)))
        costs.append(run([HOTLINE, "build"], var))
    before.unlink(missing_ok=True)
    day = Cost(*(statistics.median(getattr(cost, name) for cost in costs) for name in ("cpu", "wall", "peak")))
    return whole, day


def plain_costs(var: Path) -> tuple[Cost, Cost]:
    """(bench/plain_build.sql, dbt making the same tables); ends the bench when the rows are not the same."""
    script = Path(__file__).with_name("plain_build.sql").read_text(encoding="utf-8")
    database = var / "build" / "plain.duckdb"
    database.unlink(missing_ok=True)
    statements = var / "build" / "plain.sql"
    statements.write_text(script.replace("{raw}", str(var / "raw")).replace("{home}", str(Path(__file__).parents[1])))
    program = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1], config={'threads': 2, 'memory_limit': sys.argv[3], "
        "'preserve_insertion_order': False}); c.execute(open(sys.argv[2]).read()); c.execute('checkpoint')"
    )
    cost = run([sys.executable, "-c", program, database, statements, MEMORY], var)
    with duckdb.connect(str(database), read_only=True) as connection:
        connection.execute(f"attach '{var / 'build' / 'hotline.duckdb'}' as built (read_only)")
        tables = connection.execute(COMPARED).fetchall()
        for table, schema, columns in tables:
            plain, built = (
                connection.execute(f"select count(*), sum(hash({columns})::hugeint) from {name}").fetchall()
                for name in (table, f"built.{schema}.{table}")
            )
            if plain != built:
                raise SystemExit(f"{table}: plain SQL has {plain}, the warehouse {built} (rows, sum of hashes)")
    program = (
        "import sys; from hotline.build import run_dbt; from hotline.settings import Settings; "
        "run_dbt(['run', '--full-refresh', '--select', *sys.argv[1:]], Settings.from_environment())"
    )
    return cost, run([sys.executable, "-c", program, *(f"+{table}" for table, _, _ in tables)], var)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tickets", type=float, nargs="+", default=[1, 5, 20], help="millions (default 1 5 20)")
    parser.add_argument(
        "--plain", type=float, nargs="*", default=[5], help="sizes to compare with plain SQL (default 5)"
    )
    parser.add_argument("--runs", type=int, default=3, help="builds of the last day (default 3)")
    parser.add_argument("--work", type=Path, required=True, help="folder to work in; kept for a second run")
    options = parser.parse_args()
    work = options.work.resolve()
    template, var = make_template(work), work / "var"
    done = var / "blocks.json"
    counts = json.loads(done.read_text()) if done.exists() else []
    if not counts:
        copy_other_feeds(template, var)
    days = {}
    for millions in sorted(options.tickets):
        while sum(counts) < millions * 1e6:
            counts.append(add_weeks(template, var, len(counts)))
            done.write_text(json.dumps(counts))
        whole, days[millions] = day_cost(var, options.runs)
        size = f"{sum(counts) / 1e6:.1f} million tickets in {len(counts) * DAYS} days"
        print(f"{size}: whole build {whole}\n{size}: last day    {days[millions]}", flush=True)
        if millions in options.plain:
            plain, same = plain_costs(var)
            whole = run([HOTLINE, "build", "--full-refresh"], var)
            for name, cost in {"plain SQL": plain, "same tables": same, "everything": whole}.items():
                ratios = f"{cost.cpu / plain.cpu:5.2f} cpu {cost.wall / plain.wall:5.2f} wall"
                print(f"{size}: {name:<11} {cost} = {ratios} of plain SQL", flush=True)
    smallest, largest = min(days), max(days)
    print(
        f"a day on {largest:g} million / on {smallest:g} million: {days[largest].cpu / days[smallest].cpu:.2f} cpu, "
        f"{days[largest].wall / days[smallest].wall:.2f} wall"
    )


if __name__ == "__main__":
    main()
