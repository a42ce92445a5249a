"""What of ``var/`` a backup holds, how it is copied while the pipeline works, and how a copy is proven.

The raw layer and the ledger only grow: files are never changed, only added. The ledger is copied first, since an entry is
written when its rows are there: so every entry of the copy has its rows, and rows without an entry are those of a file that
is taken in anew. What the copy before has too is linked to it, so that each copy is whole and only news cost space.
The build is not copied: it follows from raw and ledger. Delivered files neither: they hold persons, and the ledger knows
which of them have been taken in.

A link shares the damage too: before a file is linked it is read, and copied anew where it is no longer what it was.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
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
FACTS = ("format", "hash_key_fingerprint", "metadata", "sealed", "files")
"""What every manifest says."""
CHUNK = 1 << 22


@dataclass(frozen=True)
class File:
    """One file of a copy; ``changed_ns`` is the time of the original's last change."""

    sha256: str
    size: int
    changed_ns: int


def copy_all(settings: Settings, target: Path, before: Path | None) -> tuple[dict[str, File], list[str]]:
    """Copy the layers and the served release; returns what each file below ``target`` holds, by its path there, and the
    files that are damaged in ``before`` and were copied anew.

    ``before`` is the copy whose files are linked where the original has not changed since. Raises InfrastructureError
    when a file vanishes while it is copied: repeat it.
    """
    known = read_manifest(before)["files"] if before else {}
    found: dict[str, File] = {}
    damaged: list[str] = []
    sources = [(name, settings.var / name) for name in LAYERS]
    release = (settings.serving / "current").resolve()
    if release.is_dir():
        sources.append((f"{SERVING}/releases/{release.name}", release))
    for name, source in sources:
        for path in files_of(source):
            relative = f"{name}/{path.relative_to(source).as_posix()}"
            try:
                if before and _is_unchanged(path, known.get(relative)) and _is_there(before / relative):
                    if _digest(before / relative) == known[relative].sha256:
                        (target / relative).parent.mkdir(parents=True, exist_ok=True)
                        os.link(before / relative, target / relative)
                        found[relative] = known[relative]
                        continue
                    damaged.append(relative)
                found[relative] = copied(path, target / relative)
            except FileNotFoundError as error:
                raise InfrastructureError(f"{path} vanished while it was copied", "repeat the backup") from error
    return found, damaged


def files_of(folder: Path) -> Iterator[Path]:
    """Regular files below a folder, without those that somebody is still writing (their names begin with a dot)."""
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if not hidden and path.is_file() and not path.is_symlink():
            yield path


def _is_unchanged(source: Path, known: File | None) -> bool:
    facts = source.stat()
    return known is not None and (known.size, known.changed_ns) == (facts.st_size, facts.st_mtime_ns)


def _is_there(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _digest(path: Path) -> str:
    with path.open("rb") as reader:
        return hashlib.file_digest(reader, "sha256").hexdigest()


def copied(source: Path, target: Path) -> File:
    """Copy one file with its times and mode, never through a link; returns what was copied."""
    target.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    descriptor = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as reader, target.open("wb") as writer:
        facts = os.fstat(reader.fileno())
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
        facts = path.stat()
        found[path.relative_to(folder).as_posix()] = File(_digest(path), facts.st_size, facts.st_mtime_ns)
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
        if lacking := [name for name in FACTS if name not in facts]:
            raise KeyError(", ".join(lacking))
        return facts | {"files": {name: File(**file) for name, file in facts["files"].items()}}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise HotlineError(
            f"{folder} is no backup: {MANIFEST}: {error}", "name a folder that hotline backup made"
        ) from error


# proof ---------------------------------------------------------------------------------------------


def differences(folder: Path) -> list[str]:
    """What is not as the manifest says: files that are missing, changed, or not listed, whatever their names; links."""
    said, wrong, found = read_manifest(folder)["files"], [], set()
    for parent, folders, files in os.walk(folder):
        for path in (Path(parent, name) for name in (*folders, *files)):
            name, mode = path.relative_to(folder).as_posix(), path.lstat().st_mode
            if stat.S_ISDIR(mode) or (name == MANIFEST and stat.S_ISREG(mode)):
                continue
            found.add(name)
            if not stat.S_ISREG(mode):
                wrong.append(f"{name}: a link or no file")
            elif name not in said:
                wrong.append(f"{name}: not listed")
            elif _digest(path) != said[name].sha256:
                wrong.append(f"{name}: changed")
    return sorted(wrong + [f"{name}: missing" for name in said.keys() - found])


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
    releases = sorted(
        {name.split("/")[2] for name in read_manifest(folder)["files"] if name.startswith(f"{SERVING}/releases/")}
    )
    if not releases:
        return None, None
    try:
        path = folder / SERVING / "releases" / releases[-1] / "hotline.duckdb"
        with duckdb.connect(str(path), read_only=True) as connection:
            connection.execute("select count(*) from marts.fct_ticket").fetchone()
    except duckdb.Error as error:
        return releases[-1], str(error).splitlines()[0]
    return releases[-1], None


def put_back(folder: Path, name: str, target: Path) -> None:
    """Copy the files of one layer that the manifest lists into ``target``, and nothing else.

    Raises InfrastructureError when one is not what was verified.
    """
    for relative, file in read_manifest(folder)["files"].items():
        layer, _, rest = relative.partition("/")
        if layer == name and copied(folder / relative, target / rest).sha256 != file.sha256:
            raise InfrastructureError(f"{folder / relative} changed while it was restored", "verify the backup again")
