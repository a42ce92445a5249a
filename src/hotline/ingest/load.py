"""One delivered file into the raw layer, whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb

from hotline import contracts as feed_contracts
from hotline.contracts import Contract
from hotline.errors import FileRejected, HotlineError
from hotline.ingest import deidentify, ledger
from hotline.ingest.files import Delivery, Inspection, content_hash, inspect, literal, read_check_file
from hotline.ingest.sources import Source, column_name, open_source
from hotline.ingest.statement import SQL_TYPES, statement
from hotline.settings import TIMEZONE, Settings

EMPTY_PARTITION = "dt=1970-01-01/platform=none"
LINEAGE = (
    ("_row_number", "bigint"), ("_file_hash", "varchar"), ("_file_name", "varchar"), ("_delivered_at", "timestamp"),
)  # fmt: skip
"""Columns beside those of the contract: which line of which file a row came from."""
ROW_GROUP = 100_000
FIRST_LINE_OF_RECORDS = 2
"""Line of the first record when the header is the first line, as it should be."""
MEMORY_LIMIT = "800MB"


@contextmanager
def scratch_folder(settings: Settings) -> Iterator[Path]:
    """A folder on the file system of the raw layer, so that a finished file moves into place by a rename."""
    root = settings.var / "tmp"
    root.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f"ingest-{os.getpid()}-", dir=root))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sweep(settings: Settings) -> None:
    """Remove what killed runs left in the scratch folder; folders of living processes stay."""
    for folder in (settings.var / "tmp").glob("ingest-*"):
        pid = folder.name.split("-")[1]
        if not Path("/proc", pid).exists():
            shutil.rmtree(folder, ignore_errors=True)


def prepare(settings: Settings) -> None:
    """Write the file without rows of every feed, so that readers find its columns before the first delivery."""
    _sweep(settings)
    with scratch_folder(settings) as scratch, duckdb.connect() as connection:
        for contract in feed_contracts.load_contracts(settings.contracts).values():
            stored = [(c.stored_as, SQL_TYPES[c.logical_type]) for c in contract.columns if c.is_stored]
            columns = ", ".join(f"cast(null as {kind}) as {name}" for name, kind in [*stored, *LINEAGE])
            temporary = scratch / f"{contract.feed}.parquet"
            connection.execute(f"copy (select {columns} where false) to {literal(str(temporary))} (format parquet)")
            _move(temporary, settings.raw / contract.feed / EMPTY_PARTITION / "schema.parquet")


class Loader:
    """Loads files one after another over one DuckDB connection of one thread.

    One thread reads a file in its own order, so rows can be numbered and memory stays small; work is spread over
    processors by file: each worker has its own loader.

    Parameters
    ----------
    settings: where raw, quarantine and ledger are.
    dry_run: validate only; nothing is written, and ``load`` still returns the entry that would have been.
    again: take files in that were taken before, after a change of contracts or code lists.
    """

    def __init__(self, settings: Settings, dry_run: bool = False, again: bool = False) -> None:
        self.settings = settings
        self.dry_run = dry_run
        self.again = again
        self.contracts = feed_contracts.load_contracts(settings.contracts)
        self.senders = feed_contracts.senders(settings.seeds)
        self.connection = duckdb.connect(config={"memory_limit": MEMORY_LIMIT, "threads": 1})
        # the file is always the larger side of a join; its size is unknown to the optimiser, which may guess otherwise
        self.connection.execute(
            "set disabled_optimizers = 'join_order,build_side_probe_side'; set enable_progress_bar = false"
        )
        self.connection.execute(f"set temp_directory = {literal(str(settings.var / 'tmp' / f'duckdb-{os.getpid()}'))}")
        deidentify.register(self.connection, deidentify.hash_key(settings.secrets))
        for name in sorted({c.code_list for k in self.contracts.values() for c in k.columns if c.code_list}):
            accepted = feed_contracts.load_code_list(name, settings.seeds).accepted
            self.connection.execute(f"create temp table codes_{name} (text varchar primary key, code varchar)")
            self.connection.executemany(f"insert into codes_{name} values (?, ?)", list(accepted.items()))

    def load(self, delivery: Delivery) -> tuple[ledger.Entry, bool]:
        """Take one file in; returns its ledger entry and whether anything was written.

        A file that cannot be taken at all is recorded as ``rejected`` with its reason, so that the other files go on.
        """
        with scratch_folder(self.settings) as scratch:
            try:
                digest = content_hash(delivery.path)
                known = ledger.entry_path(self.settings.ledger, delivery.feed, delivery.sender, delivery.day, digest)
                if known.exists() and not self.dry_run and not self.again:
                    entry = self._known_entry(known)
                    if entry.status != "rejected":  # what was wrong with a rejected file may have been mended since
                        return entry, False
                found = inspect(delivery.path, digest, scratch)
            except FileRejected as error:
                return self._reject(delivery, None, error)
            try:
                contract = self._examine(delivery, found)
                source = open_source(delivery.path, found, contract, scratch, self.connection)
                entry = self._load_rows(delivery, found, contract, source, scratch)
            except FileRejected as error:
                return self._reject(delivery, found, error)
            except duckdb.InvalidInputException as error:
                reason = str(error).splitlines()[0]
                rejected = FileRejected(
                    f"{delivery.path.name}: {reason}",
                    "deliver the file again",
                    f"文件无法解析（{reason}），请重新报送。",
                )
                return self._reject(delivery, found, rejected)
            except (OSError, duckdb.IOException, duckdb.OutOfMemoryException) as error:
                # not the file's fault, so it is not recorded as rejected
                raise HotlineError(
                    f"{delivery.path.name}: {str(error).splitlines()[0]}",
                    "nothing of this file was taken; free the space or memory and run again",
                ) from error
        if not self.dry_run:
            ledger.write(self.settings.ledger, entry)
        return entry, True

    # what can be said before any row is read ---------------------------------------------------------
    def _examine(self, delivery: Delivery, found: Inspection) -> Contract:
        name = delivery.path.name
        if delivery.sender not in self.senders:
            raise FileRejected(
                f"{name}: {delivery.sender} is not a known sender",
                "put the file into the folder of its platform, or add the platform to dbt/seeds/code_lists/platforms.csv",
                f"报送单位“{delivery.sender}”不在名单内，请放入本单位的目录。",
            )
        if delivery.feed not in self.contracts:
            raise FileRejected(
                f"{name}: no feed has this name",
                f"begin the name with one of: {', '.join(self.contracts)}",
                f"无法从文件名判断数据种类，文件名应以下列之一开头：{'、'.join(self.contracts)}。",
            )
        contract = self.contracts[delivery.feed]
        if (contract.delivered_by == "province") != (
            delivery.sender == feed_contracts.province(self.settings.seeds).code
        ):
            raise FileRejected(
                f"{name}: feed {contract.feed} is delivered by {contract.delivered_by}, not by {delivery.sender}",
                "put the file into the folder of the sender that the contract names",
                f"“{contract.title}”不由本单位报送。",
            )
        if found.lines == 0:
            raise FileRejected(
                f"{name}: the file is empty",
                "deliver the file again; a day without rows is a header alone",
                "文件为空，请重新报送；当日无数据时只保留表头。",
            )
        stated = read_check_file(delivery.path)
        if stated and stated["sha256"] != found.content_hash:
            arrived = found.lines - 1
            raise FileRejected(
                f"{name}: SHA-256 is {found.content_hash[:12]}…, the check file says {stated['sha256'][:12]}…"
                f" ({arrived} of {stated['rows']} rows arrived)",
                "the file is truncated or was changed after its check file was made: deliver both again",
                f"与校验文件不符（应有 {stated['rows']} 行，收到 {arrived} 行），文件被截断或改动，请连同校验文件重新报送。",
            )
        return contract

    # the rows ----------------------------------------------------------------------------------------
    def _load_rows(
        self, delivery: Delivery, found: Inspection, contract: Contract, source: Source, scratch: Path
    ) -> ledger.Entry:
        lossy = found.undecodable > 0
        queries = statement(contract, source.header, delivery.sender, delivery.day, source.relation, lossy)
        self.connection.execute("drop table if exists quarantined")  # of the file before
        good, bad = scratch / "good.parquet", scratch / "bad.parquet"
        lineage = f"""
            {literal(found.content_hash)} as _file_hash, {literal(delivery.path.name)} as _file_name,
            timestamp '{delivery.delivered_at}' as _delivered_at
        """
        line = f"record + {source.first_line - 1}"
        numbered = f"select * exclude (record), {line} as _row_number"
        rows_loaded = self._copy(f"{numbered}, {lineage} from ({queries.good})", good)
        broken = self._broken_rows()
        rows_in, reasons = rows_loaded, {}
        if broken or rows_loaded != source.lines:
            rows_in, reasons = self._copy_bad(queries.bad, source, lineage, broken, bad)
        if broken and rows_loaded:
            # the reader had left the broken lines out of its count: number the good rows again, knowing them
            shifted = f"select * exclude (record, before, nth), {line} + coalesce(nth, 0) as _row_number"
            self._copy(f"{shifted}, {lineage} from ({queries.good}) asof left join broken on record > before", good)
        if rows_in < rows_loaded + len(broken):
            raise AssertionError(f"{delivery.path.name}: more rows loaded than delivered")
        if not self.dry_run:
            place = Path(contract.feed) / f"dt={delivery.day}" / f"platform={delivery.sender}"
            name = f"{found.content_hash[: ledger.HASH_DIGITS]}.parquet"
            _put(bad, self.settings.quarantine / place / name, rows_in > rows_loaded)
            _put(good, self.settings.raw / place / name, rows_loaded > 0)
        warnings = self._warnings(found, source, is_line=source.lines == rows_in)
        return self._entry(
            delivery, found, contract.feed, source.delimiter, rows_in, rows_loaded, reasons, warnings=warnings
        )

    def _copy(self, query: str, target: Path) -> int:
        """Write ``query`` as Parquet; returns the number of rows."""
        self.connection.execute("drop table if exists reject_errors; drop table if exists reject_scans")
        self.connection.execute(
            f"copy ({query}) to {literal(str(target))} (format parquet, compression zstd, row_group_size {ROW_GROUP})"
        )
        return self.connection.fetchone()[0]

    def _broken_rows(self) -> list[tuple[int, str]]:
        """``(line, rule)`` of the rows that are not of the file's shape, as the reader set them aside."""
        kept = self.connection.execute("select count(*) from duckdb_tables() where table_name = 'reject_errors'")
        if not kept.fetchone()[0]:  # DuckDB makes the table with the first CSV that it reads
            return []
        return self.connection.execute("""
            select line, min(lower(replace(error_type::varchar, ' ', '_'))) from reject_errors group by line order by line
        """).fetchall()

    def _copy_bad(
        self, query: str, source: Source, lineage: str, broken: list[tuple[int, str]], target: Path
    ) -> tuple[int, dict[str, int]]:
        """Write the quarantine rows of a file; returns how many records the file has and the count of each reason."""
        connection = self.connection
        breaks = " + ".join(
            f"coalesce(length({name}) - length(replace({name}, chr(10), '')), 0)"
            for name in map(column_name, range(len(source.header.columns)))
        )
        read, inner_lines = connection.execute(
            f"select count(*), coalesce(sum({breaks}), 0) from {source.relation}"
        ).fetchone()
        # A record is a line unless a quoted text holds line breaks; then records can only be counted.
        is_line = source.lines == read + len(broken)
        # What a torn quotation mark swallowed is neither a record nor a broken row: every line must be somewhere.
        swallowed = max(source.lines - read - inner_lines - len(broken), 0)
        line = f"record + {source.first_line - 1}"
        connection.execute("create or replace temp table broken_rows (line bigint, rule varchar, nth bigint)")
        if broken:
            rows = [(line, rule, nth) for nth, (line, rule) in enumerate(broken, start=1)]
            connection.executemany("insert into broken_rows values (?, ?, ?)", rows)
        connection.execute(f"""
            create or replace temp table broken as
            select {f"line - nth - {source.first_line - 1}" if is_line else "line"} as before, nth from broken_rows
        """)
        connection.execute(f"""
            create or replace temp table quarantined as
            select {line} + coalesce(nth, 0) as _row_number, reasons, original
            from ({query}) asof left join broken on record > before
            union all select line, ['row:' || rule], null from broken_rows
            union all select null, ['row:unreadable'], null from range({swallowed})
        """)
        self._copy(f"select *, {lineage} from quarantined order by _row_number", target)
        reasons = connection.execute(
            "select reason, count(*) from (select unnest(reasons) as reason from quarantined) group by all order by all"
        ).fetchall()
        return read + len(broken) + swallowed, dict(reasons)

    def bad_rows(self, limit: int) -> list[tuple[int | None, list[str], dict]]:
        """``(line, reasons, row as sent without personal data)`` of the first bad rows of the file loaded last."""
        kept = self.connection.execute("select count(*) from duckdb_tables() where table_name = 'quarantined'")
        if not kept.fetchone()[0]:
            return []
        rows = self.connection.execute(
            "select _row_number, reasons, original from quarantined order by 1 nulls last limit ?", [limit]
        ).fetchall()
        return [(line, reasons, json.loads(original or "{}")) for line, reasons, original in rows]

    # the record of it --------------------------------------------------------------------------------
    def _warnings(self, found: Inspection, source: Source, is_line: bool) -> list[str]:
        header, warnings = source.header, []
        if source.first_line > FIRST_LINE_OF_RECORDS:
            warnings.append(f"the header stands in line {source.first_line - 1}; what is above it was left out")
        if header.unknown:
            warnings.append(f"columns not in the contract, left out: {'、'.join(header.unknown)}")
        if header.missing:
            warnings.append(f"optional columns missing: {'、'.join(column.header for column in header.missing)}")
        if found.undecodable:
            warnings.append(f"{found.undecodable} characters are not {found.encoding}")
        if not found.ends_with_newline:
            warnings.append("the last line does not end; the file may be truncated")
        if not is_line:
            warnings.append("texts hold line breaks: row numbers count records, not lines")
        return warnings

    def _entry(
        self, delivery: Delivery, found: Inspection, feed: str, delimiter: str, rows_in: int, rows_loaded: int,
        reasons: dict[str, int], warnings: list[str] | None = None, message: str = "",
    ) -> ledger.Entry:  # fmt: skip
        quarantined = rows_in - rows_loaded
        status = "rejected" if message or (rows_in and not rows_loaded) else "partial" if quarantined else "loaded"
        return ledger.Entry(
            feed=feed, platform_code=delivery.sender, dt=delivery.day, file_name=delivery.path.name,
            content_hash=found.content_hash, size_bytes=found.size_bytes, delivered_at=delivery.delivered_at,
            ingested_at=_now(), encoding=found.encoding + ("-bom" if found.has_bom else ""), delimiter=delimiter,
            rows_in=rows_in, rows_loaded=rows_loaded, rows_quarantined=quarantined, status=status,
            reasons=reasons, warnings=warnings or [], message=message,
        )  # fmt: skip

    def _reject(self, delivery: Delivery, found: Inspection | None, error: FileRejected) -> tuple[ledger.Entry, bool]:
        """Record a file of which no row was taken; its rows count as quarantined, and the file itself stays in landing."""
        if found is None:
            # its bytes cannot be read, so they have no hash; its name stands for them
            name = hashlib.sha256(str(delivery.path).encode()).hexdigest()
            found = Inspection(name, delivery.path.stat().st_size, "", False, 0, True, 0, delivery.path)
        rows = max(found.lines - 1, 0)
        entry = self._entry(delivery, found, delivery.feed, "", rows, 0, {"file:rejected": 1}, message=str(error))
        entry.message_zh = error.zh
        if self.dry_run:
            return entry, True
        path = ledger.entry_path(self.settings.ledger, entry.feed, entry.platform_code, entry.dt, entry.content_hash)
        if path.exists() and self._known_entry(path).message == entry.message:
            return self._known_entry(path), False
        ledger.write(self.settings.ledger, entry)
        return entry, True

    def _known_entry(self, path: Path) -> ledger.Entry:
        fields = json.loads(path.read_text(encoding="utf-8"))
        fields["dt"] = date.fromisoformat(fields["dt"])
        return ledger.Entry(**fields)


def _put(source: Path, target: Path, has_rows: bool) -> None:
    """Move a result into place; without rows, remove what an earlier reading of the same file left there."""
    if has_rows:
        _move(source, target)
    else:
        target.unlink(missing_ok=True)


def _move(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    source.replace(target)


def _now() -> datetime:
    return datetime.now(ZoneInfo(TIMEZONE)).replace(tzinfo=None, microsecond=0)
