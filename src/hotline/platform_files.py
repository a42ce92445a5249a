"""One file for each platform that has a user: the rows of that platform, and of nobody else.

Row rules in a query builder can be talked round; a file that does not hold a row cannot show it. What such a file
holds stands in ``superset/security.yaml`` under ``platform_files``: a table that is not named there is not in it.

A file is written whole, or taken over from the release before with only its changed months of tickets written anew.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from hotline import yaml_file
from hotline.errors import HotlineError

SCHEMA = "marts"
FOLDER = "platforms"
GATHERED_SHARE = 0.1
"""A platform with no more than this share of all tickets is read together with the others like it."""
GROWTH = 1.5
"""A file that has grown to this many times what it was when written whole is written whole again."""


@dataclass(frozen=True)
class Table:
    """How much of one published table a platform's file holds."""

    name: str
    own: str | None = None
    """Column that names the platform; None: the table is a reference and is given whole."""
    comparison: str | None = None
    """SQL condition on rows of the whole province that are given beside the own ones."""
    comparison_columns: tuple[str, ...] = ()
    """What those rows show; their other columns are null, so that a new column of the mart tells nobody a volume."""
    only: str | None = None
    """SQL condition that own rows must meet: the rest the platform may not see yet."""
    tickets: bool = False
    """Rows of single tickets (columns ``ticket_no``, ``ticket_day``, ``built_in``): of the last months only."""


@dataclass(frozen=True)
class Definition:
    """The part of ``security.yaml`` that says what the files of platforms hold."""

    platforms: tuple[str, ...]
    tables: tuple[Table, ...]
    not_given: tuple[str, ...]
    withheld_columns: frozenset[str]
    ticket_months: int

    @classmethod
    def read(cls, path: Path) -> Definition:
        """Parse ``security.yaml``.

        Raises
        ------
        HotlineError: a user is mapped to more than one platform, or an entry cannot be understood.
        """
        security = yaml_file.read(path)
        part = security["platform_files"]
        tables = []
        for name, entry in part["tables"].items():
            match entry:
                case "all":
                    tables.append(Table(name))
                case {"own": str()}:
                    columns = tuple(entry.get("comparison_columns", ()))
                    tables.append(Table(name, **entry | {"comparison_columns": columns}))
                case _:
                    raise HotlineError(
                        f"{path.name}: platform_files: table {name}: {entry!r} is neither `all` nor a mapping with `own`",
                        "write `all` for a reference table, `{own: platform_code}` for rows of the platform",
                    )
        return cls(
            platforms=tuple(sorted(set(platform_of_users(security, path.name).values()))),
            tables=tuple(tables),
            not_given=tuple(part["not_given"]),
            withheld_columns=frozenset(part["withheld_columns"]),
            ticket_months=part["ticket_months"],
        )

    @property
    def digest(self) -> str:
        """SHA-256 of all that decides what the files hold."""
        told = dataclasses.asdict(self) | {"withheld_columns": sorted(self.withheld_columns)}  # a set has no order
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def platform_of_users(security: dict, file_name: str = "security.yaml") -> dict[str, str]:
    """Platform code by user name. Raises HotlineError when a user has several: a connection opens one file."""
    found = {}
    for user in security["users"]:
        platforms = user.get("platforms", [])
        if len(platforms) > 1:
            raise HotlineError(
                f"{file_name}: user {user['username']} is mapped to {len(platforms)} platforms ({', '.join(platforms)})",
                "give the person one account for each platform",
            )
        if platforms:
            found[user["username"]] = platforms[0]
    return found


def history(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The builds that a warehouse file comes from, oldest first; empty when it keeps no record of them.

    Number and time: after a build file was lost or restored the numbers begin again, and mean something else.
    """
    try:
        builds = connection.execute("select build_no, began_at from staging.builds order by build_no").fetchall()
    except duckdb.CatalogException:
        return []
    return [f"{number}@{began_at}" for number, began_at in builds]


def write_all(published: Path, folder: Path, definition: Definition, builds: list[str], before: Path | None) -> None:
    """Write ``<folder>/<platform code>.duckdb`` for each platform of ``definition``.

    Parameters
    ----------
    published: the file with the rows of every platform, closed.
    builds: those that ``published`` comes from, oldest first (``history``); ``built_in`` of its rows counts them.
    before: the same folder of the release before, if there is one.

    Raises
    ------
    HotlineError: a published table is not named in the definition, or the definition names what is not published.
    """
    folder.mkdir()
    with duckdb.connect() as connection:
        connection.execute(f"set memory_limit = {_literal(os.environ.get('HOTLINE_MEMORY_LIMIT') or '3GB')}")
        connection.execute(f"set temp_directory = {_literal(str(folder / '.temporary'))}")
        connection.execute(f"attach {_literal(str(published))} as source (read_only)")
        columns = _columns(connection)
        _require_complete(definition, columns)
        mark = _Mark(builds, hashlib.sha256(json.dumps([columns, definition.digest]).encode()).hexdigest())
        taken_over = {
            platform
            for platform in definition.platforms
            if before is not None and _take_over(before / f"{platform}.duckdb", folder / f"{platform}.duckdb", mark)
        }
        source = _Source(connection, columns, definition)
        source.gather([platform for platform in definition.platforms if platform not in taken_over])
        for platform in definition.platforms:
            target = folder / f"{platform}.duckdb"
            source.write(platform, target)
            mark.write(target)
            with target.open("rb") as handle:
                os.fsync(handle.fileno())
    shutil.rmtree(folder / ".temporary", ignore_errors=True)


@dataclass(frozen=True)
class _Mark:
    """What a file says of itself, to be taken over: its last build is one of ours, columns and definition are the same."""

    builds: list[str]
    shape: str

    def write(self, target: Path) -> None:
        with duckdb.connect(str(target)) as connection:
            connection.execute("create table if not exists main.written (build varchar, shape varchar, size bigint)")
            whole = connection.execute("select max(size) from main.written").fetchone()[0] or target.stat().st_size
            connection.execute("delete from main.written")
            connection.execute(
                "insert into main.written values (?, ?, ?)", [(self.builds or [""])[-1], self.shape, whole]
            )
            connection.execute("checkpoint")

    def fits(self, file: Path) -> bool:
        try:
            with duckdb.connect(str(file), read_only=True) as connection:
                build, shape, size = connection.execute("select build, shape, size from main.written").fetchone()
        except (duckdb.Error, TypeError):  # damaged, or of an older version: written whole
            return False
        return build in self.builds and shape == self.shape and file.stat().st_size <= GROWTH * size


def _take_over(before: Path, target: Path, mark: _Mark) -> bool:
    if not before.is_file() or not mark.fits(before):
        return False
    shutil.copyfile(before, target)
    target.chmod(0o640)
    return True


def _columns(connection: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[str, str]]]:
    """Names and types of the columns of every published relation."""
    found: dict[str, list[tuple[str, str]]] = {}
    for table, column, kind in connection.execute(
        "select table_name, column_name, data_type from duckdb_columns() "
        "where database_name = 'source' and schema_name = ? order by table_name, column_index",
        [SCHEMA],
    ).fetchall():
        found.setdefault(table, []).append((column, kind))
    return found


def _require_complete(definition: Definition, columns: dict[str, list[tuple[str, str]]]) -> None:
    """Every published table must have been thought about: whether cities see it, and which of its rows."""
    named = {table.name for table in definition.tables} | set(definition.not_given)
    for wrong, sentence, remedy in (
        (columns.keys() - named, "does not say what cities may see of", "add it to `tables` or to `not_given`"),
        (named - columns.keys(), "names what is not published:", "take it out, or run `hotline build` first"),
    ):
        if wrong:
            raise HotlineError(f"security.yaml, platform_files {sentence} {', '.join(sorted(wrong))}", remedy)


def _differing(written: dict, wanted: dict) -> Iterator:
    return (month for month in sorted(written.keys() | wanted.keys()) if written.get(month) != wanted.get(month))


class _Source:
    """The published file, attached as ``source``, and what has been read from it for several platforms at once."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        columns: dict[str, list[tuple[str, str]]],
        definition: Definition,
    ) -> None:
        self.connection, self.columns, self.definition = connection, columns, definition
        self.views = dict(
            connection.execute(
                "select view_name, sql from duckdb_views() where database_name = 'source' and schema_name = ?", [SCHEMA]
            ).fetchall()
        )
        # counted from the newest delivery, not from the newest ticket: a number with a date to come would empty the files
        (self.since,) = connection.execute(
            "select date_trunc('month', least(max(delivery_day), current_date)) - to_months(?) "
            f"from source.{SCHEMA}.fct_feed_delivery",
            [definition.ticket_months - 1],
        ).fetchone()
        self.gathered: set[str] = set()

    def gather(self, platforms: list[str]) -> None:
        """Read the ticket rows of the small ones of ``platforms`` in one go: days lie side by side in the file, so that
        each platform alone would read all of it."""
        totals = dict(
            self.connection.execute(
                f"select platform_code, count(*) from source.{SCHEMA}.fct_ticket group by 1"
            ).fetchall()
        )
        small = [code for code in platforms if totals.get(code, 0) <= GATHERED_SHARE * sum(totals.values())]
        if len(small) < 2:
            return
        codes = ", ".join(_literal(code) for code in small)
        for table in self.definition.tables:
            if table.tickets:
                self.connection.execute(
                    f"create temp table {table.name} as select * from source.{SCHEMA}.{table.name} "
                    f'where "{table.own}" in ({codes}) and ticket_day >= ? order by "{table.own}", ticket_day',
                    [self.since],
                )
        self.gathered = set(small)

    def write(self, platform: str, target: Path) -> None:
        """Bring ``target``, new or taken over, to what ``source`` says of ``platform``."""
        self.connection.execute(f"attach {_literal(str(target))} as target")
        self.connection.execute("use target")
        self.connection.execute("begin")
        self.connection.execute(f"create schema if not exists {SCHEMA}")
        for table in sorted(
            self.definition.tables, key=lambda table: table.name in self.views
        ):  # views read the tables
            if table.name in self.views:
                self._write_view(table, platform)
            elif table.tickets:
                self._write_tickets(table, platform)
            else:
                self.connection.execute(
                    f"create or replace table {SCHEMA}.{table.name} as select {self._kept(table)} "
                    f"from source.{SCHEMA}.{table.name} where {_condition(table, platform)}"
                )
        self.connection.execute("commit")
        self.connection.execute("checkpoint")
        self.connection.execute("use memory")
        self.connection.execute("detach target")

    def _kept(self, table: Table) -> str:
        def shown(column: str) -> str:
            if table.comparison is None or column in table.comparison_columns:
                return f'"{column}"'
            return f'case when ({table.comparison}) is not true then "{column}" end as "{column}"'

        withheld = self.definition.withheld_columns
        return ", ".join(shown(name) for name, _ in self.columns[table.name] if name not in withheld)

    def _write_view(self, table: Table, platform: str) -> None:
        """The published view over the platform's tables; its "whole province" would be the own rows once more."""
        body = self.views[table.name].split(" AS ", 1)[1].rstrip().rstrip(";")
        self.connection.execute(
            f"create or replace view {SCHEMA}.{table.name} as select {self._kept(table)} from ({body}) where {_condition(table, platform)}"
        )

    def _write_tickets(self, table: Table, platform: str) -> None:
        """Write the months whose rows a build has touched since the file was written; in a new file these are all.

        A build makes a changed ticket anew as a whole and writes its number (``built_in``) into its rows, so count and
        sum of hashes of (ticket, build) change with every change, deletions too.
        """
        run = self.connection.execute
        name, kept = f"{SCHEMA}.{table.name}", self._kept(table)
        relation = f"temp.{table.name}" if platform in self.gathered else f"source.{name}"
        condition = _condition(table, platform)
        run("create table if not exists main.months (table_name varchar, month date, mark varchar)")
        run(f"create table if not exists {name} as select {kept} from source.{name} where false")
        wanted = dict(
            run(
                "select date_trunc('month', ticket_day)::date, "
                "concat_ws(':', count(*), sum(hash(ticket_no, built_in)::hugeint)) "
                f"from {relation} where {condition} and ticket_day >= ? group by 1",
                [self.since],
            ).fetchall()
        )
        written = dict(run("select month, mark from main.months where table_name = ?", [table.name]).fetchall())
        changed = list(_differing(written, wanted))
        run("delete from main.months where table_name = ? and list_contains(?::date[], month)", [table.name, changed])
        if written:
            run(f"delete from {name} where list_contains(?::date[], date_trunc('month', ticket_day)::date)", [changed])
        if present := [month for month in changed if month in wanted]:
            run(
                f"insert into {name} select {kept} from {relation} where {condition} and ticket_day >= ? "
                "and list_contains(?::date[], date_trunc('month', ticket_day)::date)",
                [min(present), present],
            )
            run(
                "insert into main.months select ?, unnest(?::date[]), unnest(?::varchar[])",
                [table.name, present, [wanted[month] for month in present]],
            )


def _condition(table: Table, platform: str) -> str:
    if table.own is None:
        return "true"
    own = f'"{table.own}" = {_literal(platform)}' + (f" and ({table.only})" if table.only else "")
    return f"({own} or ({table.comparison}))" if table.comparison else own


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
