"""What the ledger says of a file: the entry of one that was taken, and of one that was not."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from hotline.errors import FileRejected
from hotline.ingest.files import Inspection
from hotline.ingest.landing import Delivery
from hotline.ingest.ledger import Entry
from hotline.ingest.rules import Note, note
from hotline.ingest.sources import Source
from hotline.settings import TIMEZONE

FIRST_LINE_OF_RECORDS = 2
"""Line of the first record when the header is the first line, as it should be."""


def taken(
    delivery: Delivery, found: Inspection, source: Source, feed: str, rows_in: int, loaded: int, quarantined: int,
    reasons: dict[str, int], blank: int, origin: str,
) -> Entry:  # fmt: skip
    """The entry of a file whose rows were read; raises AssertionError when a row is in none of the counts or in two."""
    notes = notes_on(found, source, blank, is_line=source.has_lines and source.lines_of_records(blank) == rows_in)
    status = "rejected" if rows_in and not loaded else "partial" if quarantined else "loaded"
    return Entry(
        feed=feed, platform_code=delivery.sender, dt=delivery.day, file_name=delivery.file_name,
        content_hash=found.content_hash, size_bytes=found.size_bytes, delivered_at=delivery.delivered_at,
        ingested_at=_now(), encoding=found.encoding + ("-bom" if found.has_bom and found.encoding == "utf-8" else ""),
        delimiter=source.delimiter, rows_in=rows_in, rows_loaded=loaded, rows_quarantined=quarantined, status=status,
        reasons=reasons, warnings=[each.en for each in notes], warnings_zh=[each.zh for each in notes],
        path=delivery.label, origin=origin,
    )  # fmt: skip


def notes_on(found: Inspection, source: Source, blank: int, is_line: bool) -> list[Note]:
    """Everything unusual about a file that was taken, and everything that was guessed."""
    header, notes = source.header, [*found.notes, *source.notes]
    if source.first_line > FIRST_LINE_OF_RECORDS and found.kind not in {"ndjson", "json"}:
        notes.append(note("header_below", line=source.first_line - 1))
    if header.unknown:
        notes.append(note("unknown_columns", columns="、".join(header.unknown)))
    if header.missing:
        notes.append(note("missing_columns", columns="、".join(column.header for column in header.missing)))
    if found.undecodable:
        notes.append(note("undecodable", count=found.undecodable, encoding=found.encoding))
    has_lines = found.kind not in {"json", "html"}  # of these the end is told otherwise, and lines say nothing
    if has_lines and not found.ends_with_newline:
        notes.append(note("no_line_end"))
    if blank:
        notes.append(note("blank_rows", count=blank))
    if has_lines and not is_line:
        notes.append(note("records"))
    return notes


def rejection(delivery: Delivery, digest: str | None, error: FileRejected) -> Entry:
    """The entry of a file that was not taken; without a digest its place stands for its content."""
    try:
        about = delivery.path.lstat()
        size, delivered_at = about.st_size, delivery.delivered_at
    except OSError:
        size, delivered_at = 0, _now()
    if digest is None or delivery.day is None:
        digest = delivery.place_hash
    return Entry(
        feed=delivery.feed, platform_code=delivery.sender, dt=delivery.day, file_name=delivery.file_name,
        content_hash=digest, size_bytes=size, delivered_at=delivered_at, ingested_at=_now(), encoding="", delimiter="",
        rows_in=error.rows, rows_loaded=0, rows_quarantined=error.rows, status="rejected",
        reasons={f"file:{error.rule}": 1}, message=str(error), message_zh=error.zh, path=delivery.label,
    )  # fmt: skip


def _now() -> datetime:
    return datetime.now(ZoneInfo(TIMEZONE)).replace(tzinfo=None, microsecond=0)
