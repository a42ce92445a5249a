"""CSV files in the landing folder, written block by block.

DuckDB composes the texts and writes one partition a platform and delivery day; its bytes are appended to the file of
that platform, recoded where the platform delivers GB18030, counted and hashed on the way. A file has a temporary
name until it is complete. Beside each lies ``<file>.check`` with its row count and SHA-256.
"""

from __future__ import annotations

import codecs
import hashlib
import shutil
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from hotline import origin
from hotline.contracts import feed_file
from hotline.errors import HotlineError
from hotline.ingest.files import literal

_TICKET_NO = "head || tail::varchar"
_REQUEST = """
    r_opening || case
        when is_operator and is_dispatched then r_where || 'K' || km || '处' || r_heading
        when is_operator then r_where || r_heading
        when is_dispatched then '在' || r_city || r_where || '附近'
        else r_city || r_where
    end || r_subject || subcategory || if(is_operator and not is_dispatched, '', '问题') || r_detail
    || case when r_lead = '' then '' else r_lead || amount || '元' end
    || case when leaves_card and card > 0 then '，身份证' || card || substr('10X98765432', 1 + "check", 1) else '' end
    || case when leaves_phone then '，联系电话' || phone else '' end
    || r_demand
"""
_CLOSING = """
    case
        when c_template <> '' then c_template
        when is_dispatched then c_action || '，就' || subcategory || '一事' || c_finding || c_measure
            || case when amount > 0 then '，核定' || amount || '元' else '' end || c_response
        else c_action || subcategory || c_finding || '。'
    end
"""

QUERIES = {
    "tickets": {
        "ticket_no": _TICKET_NO,
        "platform_code": "platform",
        "business_type": "business_type",
        "domain": "domain",
        "category": "category",
        "subcategory": "subcategory",
        "complexity": "complexity",
        "channel": "channel",
        "district": "district",
        "enterprise_name": "enterprise",
        "accepted_at": "accepted_at",
        "due_at": "due_at",
        "caller_name": "surname || given",
        "caller_phone": "phone",
        "caller_id_card": "case when card > 0 then card || substr('10X98765432', 1 + \"check\", 1) end",
        "request_text": _REQUEST,
        "closing_text": f"case when not is_open then {_CLOSING} end",
        "handling_unit": "unit",
        "rating": "rating",
        "resolution": "case when not is_open then resolution end",
        "record_status": "record_status",
        "handed_over_from": "null",  # every ticket stays where it was accepted
        "handed_over_to": "null",
    },
    "ticket_events": {
        "ticket_no": _TICKET_NO,
        "event_seq": "event_seq",
        "event_type": "event_type",
        "occurred_at": "occurred_at",
        "unit_name": "unit",
        "operator_id": "operator",
        "result": "case when linked > 0 then result || head || linked else nullif(result::varchar, '') end",
        "record_status": "record_status",
        "handed_over_from": "null",
    },
    "callbacks": {
        "callback_no": "'HF' || substr(head::varchar, 3) || strftime(called_at, '%Y%m%d') "
        "|| lpad(running::varchar, 8, '0') || attempt",
        "ticket_no": _TICKET_NO,
        "called_at": "called_at",
        "callback_phone": "phone",
        "duration_seconds": "seconds",
        "is_connected": "if(is_connected, '是', '否')",
        "rating": "rating",
        "operator_id": "operator",
        "record_status": "record_status",
        "handed_over_from": "null",
    },
}
"""Contract column -> SQL over the block's frame."""


@dataclass(frozen=True)
class Encoding:
    """How a platform writes its files."""

    name: str = "utf-8"
    bom: bool = False


ENCODINGS = {
    "210700": Encoding("gb18030"),
    "211200": Encoding("gb18030"),
    "210200": Encoding(bom=True),
    "210300": Encoding(bom=True),
}


@dataclass
class OpenFile:
    """A file under way: temporary path, digest and count so far."""

    path: Path
    encoding: Encoding
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)
    rows: int = 0
    size: int = 0

    @property
    def temporary(self) -> Path:
        return self.path.with_name(f".{self.path.name}.part")

    def start(self, header: str) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.temporary.write_bytes(b"")
        self._write((codecs.BOM_UTF8 if self.encoding.bom else b"") + f"{header}\n".encode(self.encoding.name))

    def append(self, part: Path) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")()
        with part.open("rb") as source, self.temporary.open("ab") as target:
            while chunk := source.read(1 << 22):
                self.rows += chunk.count(b"\n")
                if self.encoding.name != "utf-8":
                    chunk = decoder.decode(chunk).encode(self.encoding.name)
                self._write(chunk, target)

    def _write(self, data: bytes, target=None) -> None:
        self.digest.update(data)
        self.size += len(data)
        if target is not None:
            target.write(data)
        else:
            with self.temporary.open("ab") as file:
                file.write(data)

    def finish(self, delivered: datetime) -> dict[str, object]:
        """Give the file its name, its check file and the time of its delivery."""
        self.temporary.replace(self.path)
        return feed_file.seal(self.path, self.rows, self.digest.hexdigest(), self.size, delivered, origin.SIMULATED)


def name_of(feed: str, day: date) -> str:
    """Name of a delivered file: it bears the mark by which an installation of real records refuses it."""
    return f"{feed}-{day:%Y%m%d}-{origin.SIMULATED}.csv"


def write_rows(
    landing: Path, contracts: Path, sender: str, day: date, feed: str, rows: list[dict[str, str]]
) -> dict[str, dict[str, object]]:
    """A small feed as one file in the sender's encoding, also when it has no row.

    Returns path below landing -> rows, sha256, size.

    Raises HotlineError for a column that the contract does not know.
    """
    encoding = ENCODINGS.get(sender, Encoding())
    data = (codecs.BOM_UTF8 if encoding.bom else b"") + feed_file.as_csv(contracts, feed, rows).encode(encoding.name)
    path = landing / sender / day.isoformat() / name_of(feed, day)
    delivered = datetime(day.year, day.month, day.day, 6)
    entry = feed_file.write(path, data, len(rows), delivered, origin.SIMULATED)
    return {path.relative_to(landing).as_posix(): entry}


class FeedWriter:
    """Writes blocks into the files of platforms and delivery days, which stay open until they are finished."""

    def __init__(self, landing: Path, contracts: Path, scratch: Path) -> None:
        self.landing, self.scratch = landing, scratch
        self.headers = {feed: feed_file.headers(contracts, feed) for feed in QUERIES}
        for feed, columns in self.headers.items():
            if missing := set(columns) ^ set(QUERIES[feed]):
                raise HotlineError(
                    f"the contract of {feed} and the simulation differ in {sorted(missing)}",
                    "bring hotline.simulate.writer.QUERIES up to date with the contract",
                )
        self.files: dict[tuple[str, str, date], OpenFile] = {}
        # one thread: rows keep their order, and the same arguments give the same bytes
        self.connection = duckdb.connect(config={"threads": 1, "memory_limit": "2GB", "temp_directory": str(scratch)})

    def write(self, feed: str, frame: pd.DataFrame, delivered: np.ndarray) -> None:
        """Append the rows of a frame to the files of their platforms and days of delivery (since 1970)."""
        if frame.empty:
            return
        folder = self.scratch / "parts"
        shutil.rmtree(folder, ignore_errors=True)
        source = frame.assign(delivered_day=delivered.astype(np.int64))
        self.connection.register("block", source)
        columns = QUERIES[feed]
        select = ", ".join(f'{columns[c]} as "{c}"' for c in self.headers[feed])
        self.connection.execute(
            f"""
            copy (select {select}, platform as partition_platform, delivered_day as partition_day from block)
            to {literal(str(folder))} (format csv, header false, partition_by (partition_platform, partition_day))
            """
        )
        self.connection.unregister("block")
        for part in sorted(folder.glob("*/*/*.csv"), key=lambda p: (p.parent, len(p.name), p.name)):
            platform = part.parent.parent.name.partition("=")[2]
            number = int(part.parent.name.partition("=")[2])
            self._file(feed, platform, date.fromordinal(date(1970, 1, 1).toordinal() + number)).append(part)

    def _file(self, feed: str, platform: str, delivered: date) -> OpenFile:
        key = (feed, platform, delivered)
        if key not in self.files:
            path = self.landing / platform / delivered.isoformat() / name_of(feed, delivered)
            self.files[key] = OpenFile(path, ENCODINGS.get(platform, Encoding()))
            self.files[key].start(",".join(self.headers[feed].values()))
        return self.files[key]

    def open_empty(self, platforms: list[str], delivered: date) -> None:
        """A platform without any row still delivers its files, with a header alone."""
        for feed in QUERIES:
            for platform in platforms:
                self._file(feed, platform, delivered)

    def finish(self, before: date | None = None) -> dict[str, dict[str, object]]:
        """Complete all files (delivered before a day); returns path below landing -> rows, sha256, size."""
        done = {}
        for key in [k for k in self.files if before is None or k[2] < before]:
            file = self.files.pop(key)
            delivered = datetime(key[2].year, key[2].month, key[2].day, 6)
            done[file.path.relative_to(self.landing).as_posix()] = file.finish(delivered)
        return done
