"""Publish the built warehouse: a copy into its own release folder, then one atomic swap of the link ``current``.

Beside the whole file lies one file for each platform that has a user (``hotline.platform_files``); the swap changes all
of them together.

Readers open ``serving/current/hotline.duckdb`` read-only; DuckDB lets a reader block a writer, so dbt never writes the
file that is served. A reader that resolved ``current`` an instant ago still finds its release: old ones go by age.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import duckdb

from hotline import approval, platform_files
from hotline.approval import content_hash
from hotline.errors import HotlineError, InfrastructureError
from hotline.housekeep.retention import Retention
from hotline.housekeep.sweep import Outcome
from hotline.ingest.ledger import sync_folder
from hotline.ingest.opening import is_plain_file, is_plain_folder
from hotline.platform_files import Definition
from hotline.settings import TIMEZONE, Settings

PUBLISHED_SCHEMA = platform_files.SCHEMA
MANIFEST = "release.json"
"""File of a release: SHA-256 of the build it was made from, digest of the platforms' definition, SHA-256 of every file."""
GRACE_SECONDS = 3600
"""A release younger than this stays however many are kept: a query may still be opening it."""
CHUNK = 1 << 20


def publish(
    built: Path, serving: Path, definition: Definition | None = None, approved: str | None = None
) -> tuple[Path, bool]:
    """Make ``built`` the published warehouse.

    Parameters
    ----------
    definition: what the files of platforms hold; None: there are none, and users of platforms see nothing.
    approved: SHA-256 that the file must have; None: whatever it holds.

    Returns
    -------
    The release folder that is current afterwards, and False when all of its files were there already.

    Raises
    ------
    HotlineError: a writer left its log beside the file, or the definition misses a table.
    InfrastructureError: the file is lost, damaged or not the approved one, the disk is full, or another publication is
        at work. What was current stays, and nothing is left behind.
    """
    if not built.exists():
        raise InfrastructureError(f"{built} does not exist", approval.REPAIR)
    if built.with_name(built.name + ".wal").exists():
        raise HotlineError(
            f"{built.name} has a write-ahead log beside it: a writer is still at work or was killed",
            "wait for the build to end, or run `hotline build` again; it closes the file properly",
        )
    with _told(serving), approval.alone(serving, "a publication"):
        releases, current = serving / "releases", serving / "current"
        releases.mkdir(exist_ok=True)
        _sweep(serving)
        digest = approved or content_hash(built)
        if is_current(digest, serving, definition):
            return current.resolve(), False
        now = datetime.now(ZoneInfo(TIMEZONE))
        # the time to the microsecond: the same build is published again when another platform gets a user
        release = releases / f"{now:%Y%m%dT%H%M%S%f}-{digest[:8]}"
        temporary = releases / f".{release.name}.tmp"
        try:
            temporary.mkdir()
            _fill(temporary, built, digest, definition, current)
            temporary.replace(release)
            sync_folder(releases)
            link = serving / ".current.tmp"
            link.symlink_to(Path("releases") / release.name)
            link.replace(current)
            sync_folder(serving)
        except BaseException:
            _sweep(serving)
            raise
    return release, True


def is_current(digest: str, serving: Path, definition: Definition | None) -> bool:
    """Whether what is served was made from the build with this SHA-256, for the same platforms and tables, and is whole.

    The files themselves are read: one that was lost, cut short or changed since is no publication.
    """
    current = serving / "current"
    try:
        told = json.loads((current / MANIFEST).read_bytes())
        stays = (told["built"], told["definition"]) == (digest, definition and definition.digest)
        return stays and all(content_hash(current / name) == known for name, known in told["files"].items())
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return False


def _fill(folder: Path, built: Path, digest: str, definition: Definition | None, current: Path) -> None:
    """Write the files of a release into ``folder``, and what they hold."""
    history = _copy(built, folder / built.name, digest)
    if definition is not None:
        before = current.resolve() / platform_files.FOLDER if current.exists() else None
        platform_files.write_all(folder / built.name, folder / platform_files.FOLDER, definition, history, before)
    files = sorted(folder.rglob("*.duckdb"))
    for file in files:
        file.chmod(0o440)  # whoever serves it belongs to the group
    manifest = {
        "built": digest,
        "definition": definition and definition.digest,
        "files": {file.relative_to(folder).as_posix(): content_hash(file) for file in files},
    }
    with (folder / MANIFEST).open("w", encoding="utf-8") as handle:
        json.dump(manifest, handle, indent=1)
        handle.flush()
        os.fsync(handle.fileno())
    sync_folder(folder)


def _copy(source: Path, target: Path, digest: str) -> list[str]:
    """Copy the built file without what readers have no business with.

    Returns the builds that the file comes from, oldest first.
    """
    found = hashlib.sha256()
    with source.open("rb") as reader, target.open("wb") as writer:
        while chunk := reader.read(CHUNK):
            found.update(chunk)
            writer.write(chunk)
    if found.hexdigest() != digest:  # what is served is what was looked at, not what lay there an instant later
        raise InfrastructureError(f"{source} changed while it was copied", approval.REPAIR)
    with duckdb.connect(str(target)) as connection:
        history = platform_files.history(connection)
        schemas = connection.execute("select schema_name from duckdb_schemas() where not internal").fetchall()
        for (schema,) in schemas:
            if schema not in {PUBLISHED_SCHEMA, "main"}:
                connection.execute(f'drop schema "{schema}" cascade')
        connection.execute("checkpoint")
    with target.open("rb") as handle:
        os.fsync(handle.fileno())
    return history


@contextmanager
def _told(serving: Path) -> Iterator[None]:
    """What the machine refuses, said in words and with its remedy."""
    try:
        yield
    except (OSError, duckdb.Error) as error:
        raise InfrastructureError(
            f"nothing was published: {str(error).splitlines()[0]}",
            f"free the disk of {serving} if it is full; if the build is damaged: {approval.REPAIR}. "
            "What was published before is still served",
        ) from error


def _sweep(serving: Path) -> None:
    """Remove what a publication that did not end has left; only one works here at a time."""
    for path in (serving / "releases").glob(".*.tmp"):
        shutil.rmtree(path, ignore_errors=True)
    (serving / ".current.tmp").unlink(missing_ok=True)


def prune(serving: Path, newest: int, outcome: Outcome, dry_run: bool = False) -> None:
    """Remove the releases beyond the newest ones. The served one stays whichever it is, and all do while none is served.

    A release is renamed before it is removed: one half removed is what any publication sweeps away.

    Raises
    ------
    InfrastructureError: a publication is at work.
    """
    outcome.unit = "releases"
    releases = serving / "releases"
    if not releases.is_dir():
        return
    with approval.alone(serving, "a publication"):
        found = [path for path in releases.iterdir() if is_plain_folder(path) and not path.name.startswith(".")]
        outcome.seen = len(found)
        live = (serving / "current").resolve()
        if live not in [path.resolve() for path in found]:
            outcome.note = "no release is served: all of them stay"
            return
        if not dry_run:
            _sweep(serving)
        old = sorted((path for path in found if path.resolve() != live), key=lambda path: path.stat().st_mtime)
        for path in old[: max(0, len(old) - newest + 1)]:
            if time.time() - path.stat().st_mtime > GRACE_SECONDS:
                size = sum(file.lstat().st_size for file in path.rglob("*") if is_plain_file(file))
                outcome.removed(lambda: _remove(path), path, size, dry_run)  # noqa: B023


def _remove(release: Path) -> None:
    gone = release.with_name(f".{release.name}.tmp")
    release.replace(gone)
    shutil.rmtree(gone)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="End with one line of JSON.")
def command(as_json: bool) -> None:
    """Publish the built warehouse by an atomic swap, if it passed its tests and its quality run.

    The same file again changes nothing. Exit code 3: the last build or its judgement forbids publication. Exit code 4:
    the file is lost or damaged, or the disk is full. In either case what was published before is still served.
    """
    settings = Settings.from_environment()
    kept = Retention.of(settings)["releases"]
    with approval.writing(settings):
        approved = approval.require(settings)
        release, changed = publish(
            settings.build_database, settings.serving, Definition.read(settings.security), approved
        )
        # published is published: what cannot be removed now the next one tries again
        prune(settings.serving, kept.number or 1, Outcome(kept.kind, kept.keep))
    if as_json:
        click.echo(json.dumps({"release": release.name, "changed": changed}))
    else:
        click.echo(f"{'published' if changed else 'already published'}: {release}")
