"""One delivered file into the raw layer, whole or not at all, and whatever happens recorded in the ledger."""

from __future__ import annotations

import filecmp
import json
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path

import duckdb

from hotline import contracts as feed_contracts
from hotline import origin
from hotline.contracts import Contract
from hotline.errors import FileRejected, HotlineError
from hotline.ingest import deidentify, forms, ledger, opening
from hotline.ingest.copies import Copies
from hotline.ingest.files import Inspection, content_hash, inspect, is_infrastructure, literal, read_check_file
from hotline.ingest.landing import Delivery, today
from hotline.ingest.record import rejection, taken
from hotline.ingest.register import Register
from hotline.ingest.rules import ROW_RULES, rejected
from hotline.ingest.sources import Source, column_name, open_source
from hotline.ingest.statement import SQL_TYPES, Delivered, Statement, is_blank, statement
from hotline.settings import Settings
from hotline.text import WHITE_SPACE, WIDTHLESS

EMPTY_PARTITION = "dt=1970-01-01/platform=none"
LINEAGE = (
    ("_row_number", "bigint"), ("_file_hash", "varchar"), ("_file_name", "varchar"), ("_delivered_at", "timestamp"),
)  # fmt: skip
"""Columns beside those of the contract: which line of which file a row came from."""
ROW_GROUP = 100_000
MEMORY_LIMIT = "800MB"
KEYS_ARE_KNOWN_FROM = 5_000
"""Rows from which it pays to look at the operators first."""
NO_VALUE = literal(f'{WHITE_SPACE}{WIDTHLESS},;|"')
"""A broken line of these signs alone is no record."""

log = logging.getLogger(__name__)


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
        self.register = Register.read(settings.seeds)
        self.origin = origin.of_installation()
        self.connection = self._connect()
        self.source: Source | None = None
        """The file loaded last, as far as it could be opened."""
        self.copies = Copies()

    def _connect(self) -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect(config={"memory_limit": MEMORY_LIMIT, "threads": 1})
        # The file is always the larger side of a join; its size is unknown to the optimiser, which may guess otherwise.
        # A value is computed once, in a layer of its own: filters must not be pushed below it, and parts of the rare
        # branches of its expression must not be computed for every row because they occur twice.
        connection.execute("""
            set disabled_optimizers = 'join_order,build_side_probe_side,filter_pushdown,common_subexpressions';
            set enable_progress_bar = false; set python_enable_replacements = false
        """)
        temporary = self.settings.var / "tmp" / f"duckdb-{os.getpid()}"
        connection.execute(f"set temp_directory = {literal(str(temporary))}")
        forms.register(connection)
        self.telephones = deidentify.register(connection, deidentify.hash_key(self.settings, self.dry_run))
        lists = {
            name: feed_contracts.load_code_list(name, self.settings.seeds)
            for name in sorted({c.code_list for k in self.contracts.values() for c in k.columns if c.code_list})
        }
        for name, codes in lists.items():
            # a hash table of its own; a join would be prepared anew for every column of every small file
            texts = {text: code for text, code in codes.exact.items() if text}
            connection.execute(f"""
                create type texts_of_{name} as enum ({", ".join(map(literal, texts))});
                create temp macro code_in_{name}(plain) as list_extract(
                    [{", ".join(map(literal, texts.values()))}]::varchar[],
                    enum_code(try_cast(plain as texts_of_{name})) + 1
                )
            """)

        def folded_code(name: str, text: str) -> str | None:
            """The code of a text that the list holds in another width, case or spacing."""
            return lists[name].accepted.get(feed_contracts.normalise(forms.narrow_text(text) or ""))

        prefixes = self.register.prefixes  # and not self: a function that knew the connection would keep it alive

        def ticket_prefix(code: str | None) -> str | None:
            """The prefix of a platform's ticket numbers; None for a platform that has none."""
            return prefixes.get(code or "") or None

        connection.create_function("ticket_prefix", ticket_prefix, ["VARCHAR"], "VARCHAR", null_handling="special")
        connection.create_function("folded_code", folded_code, ["VARCHAR"] * 2, "VARCHAR", null_handling="special")
        return connection

    def load(self, delivery: Delivery) -> tuple[ledger.Entry, bool]:
        """Take one file in; returns its ledger entry and whether anything was written.

        A file that cannot be taken at all is recorded as ``rejected`` with its reason, so that the other files go on.
        That holds for any failure: nobody can foresee what a file may hold.

        Raises
        ------
        HotlineError: the disk is full or the like, which is no fault of the file.
        """
        self.source = None
        name, digest = delivery.file_name, None
        try:
            if delivery.fault:
                raise delivery.fault
            with scratch_folder(self.settings) as scratch, self._held(delivery, scratch) as held:
                digest = content_hash(held)
                if original := self.copies.original(delivery, digest):
                    raise rejected("copy", name, other=original)
                known = self._known(delivery, digest)
                if known and known.status != "rejected" and not self.again:
                    return known, False
                # what was wrong with a rejected file may have been mended since
                entry, is_new = self._take(delivery, held, digest, scratch, known)
        except FileRejected as error:
            return self._reject(delivery, digest, error)
        except Exception as error:
            if isinstance(error, HotlineError):
                raise
            if is_infrastructure(error):
                raise HotlineError(
                    f"{delivery.label}: {str(error).splitlines()[0]}",
                    "nothing of this file was taken; free the space or memory and run again",
                ) from error
            log.exception("%s: reading it failed unexpectedly", delivery.label)
            self.connection.close()
            self.connection = self._connect()  # whatever state it was left in
            return self._reject(delivery, digest, self._cause(error, name))
        return entry, is_new

    @staticmethod
    def _cause(error: Exception, name: str) -> FileRejected:
        """What an error that no step has explained says of its file."""
        match error:
            case duckdb.OutOfMemoryException() | MemoryError():
                return rejected("too_much_memory", name)
            case duckdb.IOException():  # it is packed or cut in a way that Python's reader bears and DuckDB's does not
                return rejected("unreadable", name, why="the table reader cannot unpack it")
            case FileNotFoundError():
                return rejected("changed", name)
        return rejected("internal", name, why=type(error).__name__)

    @contextmanager
    def _held(self, delivery: Delivery, scratch: Path) -> Iterator[Path]:
        """The delivered file under a path that nobody can turn elsewhere while it is read."""
        # `check` is given any path by whoever runs it: only the file itself is looked at
        folders = 0 if self.dry_run else opening.FOLDERS_BELOW_LANDING
        with ExitStack() as stack:
            try:
                held = stack.enter_context(opening.held(delivery.path, scratch, folders))
            except opening.NotAFile as error:
                raise rejected("link", delivery.file_name) from error
            except OSError as error:
                if is_infrastructure(error):
                    raise
                raise rejected("unreadable", delivery.file_name, why=error.strerror or error) from error
            yield held

    def _known(self, delivery: Delivery, digest: str) -> ledger.Entry | None:
        if self.dry_run:
            return None
        return ledger.current(self.settings.ledger, delivery.feed, delivery.sender, delivery.day, digest)

    def _take(
        self, delivery: Delivery, held: Path, digest: str, scratch: Path, known: ledger.Entry | None
    ) -> tuple[ledger.Entry, bool]:
        contract = self._examine(delivery)
        before = _identity(delivery.path)
        found = inspect(held, delivery.file_name, digest, scratch)
        if found.lines == 0:
            raise rejected("empty", delivery.file_name)
        stated = read_check_file(delivery.path)
        is_marked = origin.is_marked(delivery.file_name, stated)
        if is_marked and self.origin == origin.REAL:
            raise rejected("simulated", delivery.file_name)
        if stated and stated["sha256"] != digest:
            raise rejected("sha256", delivery.file_name, found=digest[:12], stated=stated["sha256"][:12],
                           arrived=max(found.lines - 1, 0), expected=stated["rows"])  # fmt: skip
        self.source = source = open_source(delivery.file_name, found, contract, scratch, self.connection)
        came_from = origin.of_delivery(is_marked, contract.is_document, self.origin)
        entry = self._rows(delivery, found, contract, source, scratch, came_from)
        if stated and stated["rows"] != entry.rows_in:
            raise rejected("row_count", delivery.file_name, entry.rows_in, arrived=entry.rows_in,
                           expected=stated["rows"])  # fmt: skip
        if _identity(delivery.path) != before:
            raise rejected("changed", delivery.file_name)
        if self.dry_run:
            return entry, True
        entry.judgement = known.judgement + 1 if known else 1
        good, bad = scratch / "good.parquet", scratch / "bad.parquet"
        if known and _facts(known) == _facts(entry) and self._holds(known, good, bad):
            return known, False  # judged again, with the same outcome
        for source_file, layer, rows in (
            (bad, self.settings.quarantine, entry.rows_quarantined),
            (good, self.settings.raw, entry.rows_loaded),
        ):
            _put(source_file, layer / ledger.place_of_rows(entry), bool(rows))
        self._record(entry)
        return entry, True

    def _holds(self, known: ledger.Entry, good: Path, bad: Path) -> bool:
        """Whether raw and quarantine hold of a file what reading it has just given, byte for byte."""
        for new, layer, rows in (
            (good, self.settings.raw, known.rows_loaded),
            (bad, self.settings.quarantine, known.rows_quarantined),
        ):
            stored = layer / ledger.place_of_rows(known)
            if rows and not (stored.is_file() and filecmp.cmp(new, stored, shallow=False)):
                return False
        return True

    def _record(self, entry: ledger.Entry) -> None:
        """Write the judgement down; from then on the rows of the ones before it count no more, and go."""
        ledger.write(self.settings.ledger, entry)
        if entry.dt is None:
            return
        for layer in (self.settings.raw, self.settings.quarantine):
            kept = layer / ledger.place_of_rows(entry)
            for stored in kept.parent.glob(f"{entry.content_hash[: ledger.HASH_DIGITS]}.*.parquet"):
                if stored != kept:
                    stored.unlink(missing_ok=True)

    # what can be said before the file is opened ------------------------------------------------------
    def _examine(self, delivery: Delivery) -> Contract:
        name, sender = delivery.file_name, delivery.sender
        if delivery.feed not in self.contracts:
            titles = "、".join(f"{feed}（{contract.title}）" for feed, contract in self.contracts.items())
            raise rejected("unknown_feed", name, feeds=", ".join(self.contracts), feeds_zh=titles)
        if sender not in self.register.names:
            raise rejected("unknown_sender", name, sender=sender)
        first = self.register.first_day_of(sender)
        if not first <= delivery.day <= today() + timedelta(days=1):
            raise rejected("day_range", name, folder=delivery.day, first=first, last=today())
        contract = self.contracts[delivery.feed]
        if (contract.delivered_by == "province") != (sender == self.register.province):
            by_zh = self.register.names[self.register.province] if contract.delivered_by == "province" else "各平台"
            raise rejected("not_this_sender", name, feed=contract.feed, by=contract.delivered_by, sender=sender,
                           title=contract.title, by_zh=by_zh)  # fmt: skip
        return contract

    # the rows ----------------------------------------------------------------------------------------
    def _rows(
        self, delivery: Delivery, found: Inspection, contract: Contract, source: Source, scratch: Path, came_from: str
    ) -> ledger.Entry:
        """Write the rows into ``scratch``, good and bad, and count each: read, loaded, quarantined."""
        sender = delivery.sender
        facts = Delivered(
            sender=sender, day=delivery.day, ticket_prefix=self.register.prefixes.get(sender, ""),
            first_day=self.register.first_day_of(sender), 
            is_lossy=found.undecodable > 0, is_excel=found.kind == "excel", delimiter=source.delimiter,
        )  # fmt: skip
        queries = statement(contract, source.header, facts, source.relation)
        self._know_operators(queries.operators, source.lines)
        self.connection.execute("drop table if exists quarantined")  # of the file before
        lineage = f"""
            {literal(found.content_hash)} as _file_hash, {literal(ledger.safe(delivery.file_name))} as _file_name,
            timestamp {literal(str(delivery.delivered_at))} as _delivered_at
        """
        line = f"record + {source.first_line - 1}"
        numbered = f"select * exclude (record), {line} as _row_number"
        good, bad = scratch / "good.parquet", scratch / "bad.parquet"
        loaded = self._copy(f"{numbered}, {lineage} from ({queries.good})", good)
        broken = self._broken_rows()
        rows_in, quarantined, blank, reasons = source.lines, 0, 0, {}
        if broken or loaded != source.lines:
            rows_in, blank = self._count(source, queries.swallowed, broken)
            quarantined, reasons = self._copy_bad(queries, source, lineage, rows_in, bad)
        if broken and loaded:
            # the reader had left the broken lines out of its count: number the good rows again, knowing them
            shifted = f"select * exclude (record, before, nth), {line} + coalesce(nth, 0) as _row_number"
            self._copy(f"{shifted}, {lineage} from ({queries.good}) asof left join broken on record > before", good)
        reasons |= self._spoilt(queries.spoilt)
        return taken(delivery, found, source, contract.feed, rows_in, loaded, quarantined, reasons, blank, came_from)

    def _know_operators(self, query: str | None, lines: int) -> None:
        """Make the keys of the operators at the begin of a long file: few people write all of it, and a key costs more
        than all rules of a row."""
        self.connection.execute("truncate operator_keys")  # they are keys of one sender's operators
        if query and lines > KEYS_ARE_KNOWN_FROM:
            self.connection.execute(f"insert into operator_keys {query}")

    def _spoilt(self, queries: dict[str, str]) -> dict[str, int]:
        """Loaded rows without a caller's key, by reason. A file in which no number was spoilt is not read for it."""
        if not self.telephones.take_spoilt():
            return {}
        counts = {reason: self.connection.execute(query).fetchall()[0][0] for reason, query in queries.items()}
        return {reason: count for reason, count in counts.items() if count}

    def _copy(self, query: str, target: Path) -> int:
        """Write ``query`` as Parquet; returns the number of rows."""
        self.connection.execute("drop table if exists reject_errors; drop table if exists reject_scans")
        self.connection.execute(
            f"copy ({query}) to {literal(str(target))} (format parquet, compression zstd, row_group_size {ROW_GROUP})"
        )
        return self.connection.fetchall()[0][0]

    def _broken_rows(self) -> bool:
        """Collect the rows that are not of the file's shape, as the reader set them aside; whether there are any."""
        try:
            if not self.connection.execute("select 1 from reject_errors limit 1").fetchall():
                return False
        except duckdb.CatalogException:  # DuckDB makes the table with the first CSV that it reads
            return False
        self.connection.execute(f"""
            create or replace temp table broken_rows as
            select line, rule, lines, row_number() over (order by line) as nth
            from (
                select
                    line,
                    min(lower(replace(error_type::varchar, ' ', '_'))) as rule,
                    max(len(list_filter(string_split(csv_line, chr(10)), lambda part: trim(part, {NO_VALUE}) <> ''))) as lines
                from reject_errors group by line
            )
        """)
        return True

    def _count(self, source: Source, in_texts: str, has_broken: bool) -> tuple[int, int]:
        """Records of the file, and rows without any value, which are none; counted apart from what becomes of them."""
        connection, columns = self.connection, len(source.header.columns)
        if not has_broken:
            connection.execute(
                "create or replace temp table broken_rows (line bigint, rule varchar, lines bigint, nth bigint)"
            )
        breaks = " + ".join(
            f"coalesce(length({name}) - length(replace({name}, chr(10), '')), 0)"
            for name in map(column_name, range(columns))
        )
        read, blank, inner_lines, inner_records = connection.execute(f"""
            select
                count(*) filter (not {is_blank(columns)}), count(*) filter ({is_blank(columns)}),
                coalesce(sum({breaks}), 0), coalesce(sum({in_texts}), 0)
            from {source.relation}
        """).fetchall()[0]
        broken, empty, swallowed = connection.execute("""
            select count(*) filter (lines > 0), count(*) filter (lines = 0), coalesce(sum(lines - 1) filter (lines > 0), 0)
            from broken_rows
        """).fetchall()[0]
        # What a torn quotation mark swallowed is neither a record nor a broken row: every line must be somewhere.
        lines = source.lines_of_records(blank)
        swallowed = max(swallowed, lines - read - inner_lines - broken, 0) + inner_records
        # A record is a line unless a quoted text holds line breaks; then records can only be counted.
        is_line = source.has_lines and lines == read + broken
        connection.execute(f"""
            create or replace temp table broken as
            select {f"line - nth - {source.first_line - 1}" if is_line else "line"} as before, nth from broken_rows
        """)
        connection.execute(f"create or replace temp table swallowed as select * from range({int(swallowed)})")
        return read + broken + int(swallowed), blank + empty

    def _copy_bad(
        self, queries: Statement, source: Source, lineage: str, rows_in: int, target: Path
    ) -> tuple[int, dict[str, int]]:
        """Write the quarantine rows of a file; returns how many were written and the count of each reason."""
        connection, known = self.connection, ", ".join(literal(rule) for rule in ROW_RULES)
        connection.execute(f"""
            create or replace temp table quarantined as
            select record + {source.first_line - 1} + coalesce(nth, 0) as _row_number, reasons, original
            from ({queries.bad}) asof left join broken on record > before
            union all
            select line, ['row:' || case when rule in ({known}) then rule else 'unreadable' end], null
            from broken_rows where lines > 0
            union all select null, ['row:unreadable'], null from swallowed
        """)
        written = self._copy(f"select *, {lineage} from quarantined order by _row_number", target)
        reasons = connection.execute(
            "select reason, count(*) from (select unnest(reasons) as reason from quarantined) group by all order by all"
        ).fetchall()
        return written, dict(reasons)

    def bad_rows(self, limit: int | None = None) -> list[tuple[int | None, list[str], dict]]:
        """``(line, reasons, row as sent without personal data)`` of the first bad rows of the file loaded last."""
        kept = self.connection.execute("select count(*) from duckdb_tables() where table_name = 'quarantined'")
        if not kept.fetchall()[0][0]:
            return []
        rows = self.connection.execute(
            f"select _row_number, reasons, original from quarantined order by 1 nulls last limit {limit or 'all'}"
        ).fetchall()
        return [(line, reasons, json.loads(original or "{}")) for line, reasons, original in rows]

    def _reject(self, delivery: Delivery, digest: str | None, error: FileRejected) -> tuple[ledger.Entry, bool]:
        """Record a file of which no row was taken; the file itself stays in landing."""
        if error.rule == "copy":
            delivery = replace(delivery, day=None)  # no delivery of its own: the day has had it
        entry = rejection(delivery, digest, error)
        if self.dry_run:
            return entry, True
        known = self._known(delivery, entry.content_hash)
        if known and (known.status, known.message, known.path) == (entry.status, entry.message, entry.path):
            return known, False
        entry.judgement = known.judgement + 1 if known else 1
        self._record(entry)
        return entry, True


def _facts(entry: ledger.Entry) -> dict:
    """What a judgement says, but for which one it is and when it was made."""
    return {name: value for name, value in asdict(entry).items() if name not in ("judgement", "ingested_at")}


def _identity(path: Path) -> tuple[int, int, int]:
    """What tells that a file is still the one it was."""
    about = path.lstat()
    return about.st_ino, about.st_size, about.st_mtime_ns


def _put(source: Path, target: Path, has_rows: bool) -> None:
    """Move a result into place, so that it outlives a power loss; without rows, remove what an earlier reading left."""
    if not has_rows:
        target.unlink(missing_ok=True)
        return
    with source.open("rb") as handle:
        os.fsync(handle.fileno())
    _move(source, target)
    ledger.sync_folder(target.parent)


def _move(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    source.replace(target)
