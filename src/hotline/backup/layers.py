"""What of ``var/`` a backup holds, how it is copied while the pipeline works, and how a copy is proven.

The raw layer and the ledger only grow: files are never changed, only added. The ledger is copied first, since an entry is
written when its rows are there: so every entry of the copy has its rows, and rows without an entry are those of a file that
is taken in anew. What the copy before has too is linked to it, so that each copy is whole and only news cost space.
The build is not copied: it follows from raw and ledger. Delivered files neither: they hold persons, and the ledger knows
which of them have been taken in.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from hotline.errors import HotlineError, InfrastructureError
from hotline.ingest import ledger
from hotline.ingest.ledger import sync_folder
from hotline.settings import Settings

LAYERS = ("ledger", "raw", "quarantine", "quality", "audit", "reports")
"""Folders of ``var/`` in the order in which they are copied."""
SERVING = "serving"
MANIFEST = "manifest.json"
CHUNK = 1 << 22


@dataclass(frozen=True)
class File:
    """One file of a copy; ``changed_ns`` is the time of the original's last change."""

    sha256: str
    size: int
    changed_ns: int


def copy_all(settings: Settings, target: Path, before: Path | None) -> dict[str, File]:
    """Copy the layers and the served release; returns what each file below ``target`` holds, by its path there.

    ``before`` is the copy whose files are linked where the original has not changed since. Raises InfrastructureError
    when a file vanishes while it is copied: repeat it.
    """
    known = read_manifest(before)["files"] if before else {}
    found: dict[str, File] = {}
    sources = [(name, settings.var / name) for name in LAYERS]
    release = (settings.serving / "current").resolve()
    if release.is_dir():
        sources.append((f"{SERVING}/releases/{release.name}", release))
    for name, source in sources:
        for path in files_of(source):
            relative = f"{name}/{path.relative_to(source).as_posix()}"
            try:
                found[relative] = _copy(path, target / relative, before and before / relative, known.get(relative))
            except FileNotFoundError as error:
                raise InfrastructureError(f"{path} vanished while it was copied", "repeat the backup") from error
    return found


def files_of(folder: Path) -> Iterator[Path]:
    """Regular files below a folder, without those that somebody is still writing (their names begin with a dot)."""
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if not hidden and path.is_file() and not path.is_symlink():
            yield path


def _copy(source: Path, target: Path, before: Path | None, known: File | None) -> File:
    target.parent.mkdir(parents=True, exist_ok=True)
    facts = source.stat()
    if before and known and (known.size, known.changed_ns) == (facts.st_size, facts.st_mtime_ns) and before.is_file():
        os.link(before, target)
        return known
    digest, size = hashlib.sha256(), 0
    with source.open("rb") as reader, target.open("wb") as writer:
        while chunk := reader.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
            writer.write(chunk)
        writer.flush()
        os.fsync(writer.fileno())
    shutil.copystat(source, target)
    return File(digest.hexdigest(), size, facts.st_mtime_ns)


def described(folder: Path) -> dict[str, File]:
    """What the files below a folder hold now."""
    found = {}
    for path in files_of(folder):
        with path.open("rb") as reader:
            digest = hashlib.file_digest(reader, "sha256").hexdigest()
        facts = path.stat()
        found[path.relative_to(folder).as_posix()] = File(digest, facts.st_size, facts.st_mtime_ns)
    return found


# manifest ------------------------------------------------------------------------------------------


def write_manifest(folder: Path, facts: dict, files: dict[str, File]) -> None:
    """Written last: a folder without it is no backup."""
    text = json.dumps(facts | {"files": {name: vars(file) for name, file in sorted(files.items())}}, indent=1)
    temporary = folder / f".{MANIFEST}"
    with temporary.open("w", encoding="utf-8") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    temporary.replace(folder / MANIFEST)
    sync_folder(folder)


def read_manifest(folder: Path) -> dict:
    """The facts of a backup, with ``files`` by path. Raises HotlineError when the folder is no backup."""
    try:
        facts = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return facts | {"files": {name: File(**file) for name, file in facts["files"].items()}}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise HotlineError(
            f"{folder} is no backup: {MANIFEST}: {error}", "name a folder that hotline backup made"
        ) from error


# proof ---------------------------------------------------------------------------------------------


def differences(folder: Path) -> list[str]:
    """What is not as the manifest says: files that are missing, changed, or not listed."""
    said, found = read_manifest(folder)["files"], described(folder)
    found.pop(MANIFEST, None)
    wrong = [f"{name}: missing" for name in said.keys() - found.keys()]
    wrong += [f"{name}: not listed" for name in found.keys() - said.keys()]
    wrong += [f"{name}: changed" for name in said.keys() & found.keys() if said[name].sha256 != found[name].sha256]
    return sorted(wrong)


def unbalanced(folder: Path) -> list[str]:
    """Ledger entries whose rows are not in the raw layer of the copy, in number."""
    wrong = []
    with duckdb.connect() as connection:
        for entry in ledger.read(folder / "ledger"):
            if not entry.get("rows_loaded") or not entry.get("dt"):
                continue
            name = ledger.parquet_name(entry["content_hash"], entry["judgement"])
            place = f"{entry['feed']}/dt={entry['dt']}/platform={entry['platform_code']}/{name}"
            path = folder / "raw" / place
            try:
                (rows,) = connection.execute("select count(*) from read_parquet(?)", [str(path)]).fetchone()
            except duckdb.Error:
                rows = "no readable file"
            if rows != entry["rows_loaded"]:
                wrong.append(f"{entry['path']}: {entry['rows_loaded']} rows in the ledger, in raw {rows}")
    return wrong


def served(folder: Path) -> tuple[str | None, str | None]:
    """Name of the release in a copy, and why it cannot be read; None for either where there is none."""
    releases = sorted((folder / SERVING / "releases").glob("*"))
    if not releases:
        return None, None
    try:
        with duckdb.connect(str(releases[-1] / "hotline.duckdb"), read_only=True) as connection:
            connection.execute("select count(*) from marts.fct_ticket").fetchone()
    except duckdb.Error as error:
        return releases[-1].name, str(error).splitlines()[0]
    return releases[-1].name, None
