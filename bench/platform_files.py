"""What the files of platforms cost at a publication: ``python bench/platform_files.py [--tickets N ...]``.

September of the published sample is copied back in time, a month at a time within the months that the files hold, until the
warehouse has the tickets asked for. Then, in one run:

* the cities' files, together, and each alone by plain ``create table as`` (what reading them together spares);
* the operator's file, which holds nine tenths of the volume: whole, and taken over from the release before after a day
  that touched as many tickets as a day brings (what writing changed months only spares).

Wall and processor seconds and megabytes are printed; quote the ratios. Needs ``make demo``, or ``--published FILE``.
"""

from __future__ import annotations

import argparse
import dataclasses
import resource
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from hotline.platform_files import Definition, write_all
from hotline.settings import Settings

MONTH = "ticket_day >= date '2024-09-01'"
MONTHS = 12
DAY_TICKETS = 8150
"""Tickets that a day's build touches, as in bench/build.py."""
BUILDS = ["1@first", "2@second"]


def grow(published: Path, target: Path, tickets: int, definition: Definition) -> int:
    """Copy ``published`` to ``target`` and bring it to about ``tickets`` tickets; returns how many it has."""
    shutil.copyfile(published, target)
    target.chmod(0o600)
    with duckdb.connect(str(target)) as connection:
        (month,) = connection.execute(f"select count(*) from marts.fct_ticket where {MONTH}").fetchone()
        (before,) = connection.execute("select count(*) from marts.fct_ticket").fetchone()
        copies = max(0, round((tickets - before) / month))
        for table in definition.tables:
            if table.tickets and copies:
                # another number and another day; everything else is as wide and as compressible as it was
                connection.execute(
                    f"""
                    insert into marts.{table.name} by name
                    select rows.* replace (
                        left(ticket_no, 8) || lpad((n.i * 100000000::bigint + right(ticket_no, 8)::bigint)::varchar, 16, '0')
                            as ticket_no,
                        ticket_day - to_months((n.i % {MONTHS})::integer)::interval as ticket_day
                    )
                    from marts.{table.name} as rows, range(1, {copies + 1}) as n(i)
                    where {MONTH}
                    order by ticket_day
                    """
                )
        connection.execute("checkpoint")
        return connection.execute("select count(*) from marts.fct_ticket").fetchone()[0]


def touch_a_day(published: Path, definition: Definition) -> None:
    """What a day's build leaves behind: tickets made anew, most of them of the newest month."""
    with duckdb.connect(str(published)) as connection:
        connection.execute(
            f"create temp table touched as select ticket_no from marts.fct_ticket where {MONTH} "
            f"order by ticket_day desc limit {DAY_TICKETS}"
        )
        for table in definition.tables:
            if table.tickets:
                connection.execute(
                    f"update marts.{table.name} set built_in = 2 where ticket_no in (select ticket_no from touched)"
                )
        connection.execute("checkpoint")


def measure(what: str, folder: Path, work: Callable[[], object]) -> None:
    """Run ``work``, which writes into ``folder``, and print what it cost."""
    shutil.rmtree(folder, ignore_errors=True)
    began, used = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF)
    work()
    after = resource.getrusage(resource.RUSAGE_SELF)
    wall = time.monotonic() - began
    cpu = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
    size = sum(path.stat().st_size for path in folder.rglob("*.duckdb")) / 1e6
    print(f"  {what:<58}{wall:7.1f} s wall {cpu:7.1f} s CPU {size:8.0f} MB", flush=True)


def plain(published: Path, folder: Path, definition: Definition) -> None:
    """The same rows by one statement a table and platform, nothing shared."""
    folder.mkdir()
    for platform in definition.platforms:
        with duckdb.connect(str(folder / f"{platform}.duckdb")) as connection:
            connection.execute(f"attach '{published}' as source (read_only); create schema marts")
            for table in definition.tables:
                if table.name != "mart_indicator_daily":  # a view
                    own = f"\"{table.own}\" = '{platform}'" if table.own else "true"
                    connection.execute(
                        f"create table marts.{table.name} as select * from source.marts.{table.name} where {own}"
                    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tickets", type=int, nargs="+", default=[700_000, 1_000_000, 5_000_000])
    parser.add_argument("--published", type=Path, default=Settings.from_environment().published_database)
    parser.add_argument("--work", type=Path, help="folder for the copies (default: a temporary one)")
    arguments = parser.parse_args()
    definition = Definition.read(Settings.from_environment().security)
    with duckdb.connect(str(arguments.published), read_only=True) as connection:
        codes = [
            row[0] for row in connection.execute("select distinct platform_code from marts.dim_platform").fetchall()
        ]
        (largest,) = connection.execute(
            "select platform_code from marts.fct_ticket group by 1 order by count(*) desc limit 1"
        ).fetchone()
    cities = dataclasses.replace(definition, platforms=tuple(sorted(set(codes) - {largest})))
    operator = dataclasses.replace(definition, platforms=(largest,))
    with tempfile.TemporaryDirectory(dir=arguments.work) as folder:
        source, out, whole = (Path(folder) / name for name in ("hotline.duckdb", "out", "whole"))
        for wanted in arguments.tickets:
            tickets = grow(arguments.published, source, wanted, definition)
            print(f"{tickets:,} tickets, {source.stat().st_size / 1e6:.0f} MB")
            measure(f"{len(cities.platforms)} cities", out, lambda: write_all(source, out, cities, BUILDS[:1], None))
            measure(f"{len(cities.platforms)} cities, plain", out, lambda: plain(source, out, cities))
            measure("the operator, whole", whole, lambda: write_all(source, whole, operator, BUILDS[:1], None))
            touch_a_day(source, definition)
            measure("the operator, after a day", out, lambda: write_all(source, out, operator, BUILDS, whole))


if __name__ == "__main__":
    main()
