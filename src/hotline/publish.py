"""Publish the built warehouse: a copy into its own release folder, then one atomic swap of the link ``current``.

Readers open ``serving/current/hotline.duckdb`` read-only; DuckDB lets a reader block a writer, so dbt never writes the
file that is served. A reader that resolved ``current`` an instant ago still finds its release: old ones go by age.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import duckdb

from hotline.errors import HotlineError
from hotline.settings import TIMEZONE, Settings

PUBLISHED_SCHEMA = "marts"
RELEASES_KEPT = 3
GRACE_SECONDS = 3600
"""A release younger than this stays even beyond ``RELEASES_KEPT``: a query may still be opening it."""


def content_hash(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def publish(built: Path, serving: Path) -> tuple[Path, bool]:
    """Make ``built`` the published warehouse.

    Returns
    -------
    The release folder that is current afterwards, and False when it held the same bytes before.

    Raises
    ------
    HotlineError: there is no built file, or a writer left its log beside it.
    """
    if not built.exists():
        raise HotlineError(f"{built} does not exist", "run `hotline build` first")
    if built.with_name(built.name + ".wal").exists():
        raise HotlineError(
            f"{built.name} has a write-ahead log beside it: a writer is still at work or was killed",
            "wait for the build to end, or run `hotline build` again; it closes the file properly",
        )
    current = serving / "current"
    digest = content_hash(built)
    if current.exists() and (current / "sha256").read_text(encoding="ascii") == digest:
        return current.resolve(), False
    now = datetime.now(ZoneInfo(TIMEZONE))
    release = serving / "releases" / f"{now:%Y%m%dT%H%M%S}-{digest[:8]}"
    temporary = serving / "releases" / f".{release.name}.{os.getpid()}.tmp"
    temporary.mkdir(parents=True)
    _copy(built, temporary / built.name)
    (temporary / "sha256").write_text(digest, encoding="ascii")
    temporary.replace(release)
    link = serving / f".current.{os.getpid()}.tmp"
    link.unlink(missing_ok=True)
    link.symlink_to(Path("releases") / release.name)
    link.replace(current)
    _prune(serving / "releases", release)
    return release, True


def _copy(source: Path, target: Path) -> None:
    """Copy the built file without what readers have no business with: staging views name the folders of this machine."""
    shutil.copyfile(source, target)
    with duckdb.connect(str(target)) as connection:
        schemas = connection.execute("select schema_name from duckdb_schemas() where not internal").fetchall()
        for (schema,) in schemas:
            if schema not in {PUBLISHED_SCHEMA, "main"}:
                connection.execute(f'drop schema "{schema}" cascade')
        connection.execute("checkpoint")
    with target.open("rb") as handle:
        os.fsync(handle.fileno())
    target.chmod(0o440)  # whoever serves it belongs to the group


def _prune(releases: Path, live: Path) -> None:
    old = sorted((path for path in releases.iterdir() if path != live), key=lambda path: path.stat().st_mtime)
    for path in old[: max(0, len(old) - RELEASES_KEPT + 1)]:
        if time.time() - path.stat().st_mtime > GRACE_SECONDS:
            shutil.rmtree(path)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="End with one line of JSON.")
def command(as_json: bool) -> None:
    """Publish the built warehouse by an atomic swap; the same bytes again change nothing."""
    settings = Settings.from_environment()
    release, changed = publish(settings.build_database, settings.serving)
    if as_json:
        click.echo(json.dumps({"release": release.name, "changed": changed}))
    else:
        click.echo(f"{'published' if changed else 'already published'}: {release}")
