"""One feed file as a sender writes it: the headers of its contract, whole under its name, its check file beside it."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from hotline import yaml_file
from hotline.errors import HotlineError
from hotline.settings import TIMEZONE


def headers(contracts: Path, feed: str) -> dict[str, str]:
    """Column -> Chinese header of a feed, in the order of its contract. Raises HotlineError when there is none."""
    path = contracts / f"{feed}.odcs.yaml"
    if not path.is_file():
        raise HotlineError(f"no contract for feed {feed!r} at {path}", "restore the contracts folder of the checkout")
    contract = yaml_file.read(path)
    return {p["name"]: p["businessName"] for p in contract["schema"][0]["properties"]}


def as_csv(contracts: Path, feed: str, rows: Iterable[Mapping[str, str]]) -> str:
    """Rows by column as CSV text. Raises HotlineError for a column that the contract does not know."""
    columns, rows = headers(contracts, feed), list(rows)
    if unknown := {name for row in rows for name in row} - set(columns):
        raise HotlineError(
            f"the contract of {feed} has no column {', '.join(sorted(unknown))}",
            "bring the code that writes the feed up to date with the contract",
        )
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(columns.values())
    table.writerows([row.get(name, "") for name in columns] for row in rows)
    return text.getvalue()


def write(path: Path, data: bytes, rows: int, delivered: datetime, came_from: str | None = None) -> dict[str, object]:
    """Write a file under its name once it is whole, then its check file. See ``seal``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_bytes(data)
    temporary.replace(path)
    return seal(path, rows, hashlib.sha256(data).hexdigest(), len(data), delivered, came_from)


def seal(
    path: Path, rows: int, sha256: str, size: int, delivered: datetime, came_from: str | None = None
) -> dict[str, object]:
    """Write ``<file>.check`` and set the time stamps of both: the time stamp is when the file was delivered.

    Parameters
    ----------
    came_from: the mark of simulated records, None for a document.
    """
    check = path.with_name(f"{path.name}.check")
    temporary = check.with_name(f".{check.name}.part")
    stated = {"rows": rows, "sha256": sha256} | ({"origin": came_from} if came_from else {})
    temporary.write_text(json.dumps(stated) + "\n", encoding="utf-8")
    temporary.replace(check)
    stamp = delivered.replace(tzinfo=ZoneInfo(TIMEZONE)).timestamp()
    for file in (path, check):
        os.utime(file, (stamp, stamp))
    return {"rows": rows, "sha256": sha256, "size": size}
