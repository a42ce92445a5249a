"""``hotline backup``, ``hotline verify-backup`` and ``hotline restore``."""

from __future__ import annotations

import json
import re
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path

import click

from hotline.approval import alone
from hotline.backup import layers, metadata, sealed
from hotline.errors import HotlineError, InfrastructureError
from hotline.ingest.deidentify import FINGERPRINT, fingerprint
from hotline.settings import Settings

FORMAT = 1
STAMP = "%Y%m%dT%H%M%SZ"
PARTIAL = ".partial"
OWN = re.compile(r"[0-9]{8}T[0-9]{6}Z", re.ASCII)
"""Names of backups: whatever else lies in their folder is somebody else's."""


DAMAGE_REMEDY = (
    "while the installation stands, run hotline backup: what is damaged is copied anew. Else take another copy of the folder, "
    "or an older backup that hotline verify-backup finds whole: what did not change between two is one file on the disk"
)


class Damaged(HotlineError):
    """A backup is not what it says, or would not be enough to start from."""

    exit_code = 3


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--seal-for", "certificate", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Certificate (PEM) whose key opens the copy of the secrets; without it they are left out.")  # fmt: skip
@click.option(
    "--keep", type=click.IntRange(1), default=14, show_default=True, help="How many backups stay; the oldest go."
)
@click.option("--json", "as_json", is_flag=True, help="End with one line of JSON.")
def backup(folder: Path, certificate: Path | None, keep: int, as_json: bool) -> None:
    """Copy raw layer, ledger, quality, audits, reports, metadata and the served release into FOLDER, while all runs.

    Each backup is whole; what the one before has too is linked and costs no space. Delivered files are not copied, and
    secrets only sealed.
    """
    settings, begin = Settings.from_environment(), time.monotonic()
    refuse_inside(settings, folder)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with alone(folder, "a backup into this folder"):
        for rest in folder.glob(f"*{PARTIAL}"):
            if OWN.fullmatch(rest.name.removesuffix(PARTIAL)) and rest.is_dir() and not rest.is_symlink():
                shutil.rmtree(rest)  # of one that was broken off
        before = next((made for made in sorted(backups(folder), reverse=True) if is_readable(made)), None)
        target = folder / datetime.now(UTC).strftime(STAMP)
        if target.exists():
            raise InfrastructureError(f"{target} exists already", "wait a second")
        partial = target.with_name(target.name + PARTIAL)
        partial.mkdir(mode=0o700)
        try:
            files, damaged = layers.copy_all(settings, partial, before)
            copied = len(files)
            made = metadata.copy_all(settings, partial)
            if certificate:
                sealed.seal(settings.secrets, certificate, partial / sealed.SEALED)
            rest = {name: file for name, file in layers.described(partial).items() if name not in files}
            layers.write_manifest(partial, facts_of(settings, made, certificate), files | rest)
            partial.replace(target)
        except OSError as error:
            raise InfrastructureError(f"no backup was made: {error}", f"free the disk of {folder}") from error
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        gone = sorted(made for made in backups(folder) if is_readable(made))[:-keep]
        for old in gone:
            shutil.rmtree(old)
    said = {"backup": str(target), "files": copied, "metadata": made, "secrets": bool(certificate), "removed": len(gone),
            "mended": len(damaged), "seconds": round(time.monotonic() - begin, 1)}  # fmt: skip
    if damaged:
        click.secho(
            f"{len(damaged)} files are damaged in {before} and in all that share them, and were copied anew "
            f"({', '.join(damaged[:3])}{', …' if damaged[3:] else ''}): look at the disk of {folder}",
            fg="yellow",
            err=True,
        )
    if not certificate:
        click.secho(
            "the secrets are not in it: --seal-for; without hash_key no restored warehouse goes on",
            fg="yellow",
            err=True,
        )
    click.echo(json.dumps(said) if as_json else f"{target}: {copied} files, {', '.join(made) or 'no metadata'}")


@click.command("verify-backup")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="End with one line of JSON.")
def verify(folder: Path, as_json: bool) -> None:
    """Read every file of a backup again: is it as it was written, and would it do to start from?

    Exit code 3: it would not. What could not be looked at here is said.
    """
    said = verified(folder)
    if as_json:
        click.echo(json.dumps(said))
    else:
        click.echo(f"{folder}: {said['files']} files as written, {said['entries']} ledger entries with all their rows")
        for unseen in said["not_checked"]:
            click.echo(f"  not checked: {unseen}")


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--key", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Key (PEM) of the certificate that the secrets were sealed for.")  # fmt: skip
@click.option(
    "--overwrite-metadata", is_flag=True, help="Replace the databases of Airflow and Superset that are there."
)
@click.option("--json", "as_json", is_flag=True, help="End with one line of JSON.")
def restore(folder: Path, key: Path | None, overwrite_metadata: bool, as_json: bool) -> None:
    """Put a verified backup into an installation without data; then: hotline build, quality, publish.

    The databases of Airflow and Superset must be empty too: which they are the environment says, not HOTLINE_VAR alone.
    """
    settings = Settings.from_environment()
    verified(folder)
    taken = [name for name in (*layers.LAYERS, "serving") if any(layers.files_of(settings.var / name))]
    if taken:
        raise HotlineError(
            f"there are data in {settings.var} already: {', '.join(taken)}", "restore into an empty HOTLINE_VAR"
        )
    if held := metadata.held(settings, folder):
        if not overwrite_metadata:
            raise HotlineError(
                f"metadata are there already and would be replaced: {'; '.join(held)}",
                "name other databases, or say --overwrite-metadata once their loss is meant",
            )
        click.secho(f"replacing {'; '.join(held)}", fg="yellow", err=True)
    opened = []
    if key:
        if not (folder / sealed.SEALED).is_file():
            raise HotlineError(f"{folder} holds no secrets", "leave out --key; bring hash_key from elsewhere")
        opened = sealed.unseal(folder / sealed.SEALED, key, settings.secrets)
    has_key = check_hash_key(settings, layers.read_manifest(folder))
    try:
        # the ledger last: until it is there nothing counts as taken in
        for name in (*layers.LAYERS, layers.SERVING):
            if name != "ledger":
                layers.put_back(folder, name, settings.var / name)
        release, _ = layers.served(folder)
        if release:
            (settings.serving / "current").symlink_to(Path("releases") / release)
        left = metadata.restore_all(settings, folder)
        layers.put_back(folder, "ledger", settings.ledger)
    except OSError as error:
        raise InfrastructureError(f"not all was restored: {error}", f"empty {settings.var}, then repeat") from error
    said = {"restored": str(folder), "release": release, "secrets": opened, "metadata_left": left, "hash_key": has_key}
    for text in left:
        click.secho(f"not restored: {text}", fg="yellow", err=True)
    if not has_key:
        click.secho("hash_key is missing: hotline ingest refuses to run until it is there", fg="yellow", err=True)
    click.echo(json.dumps(said) if as_json else f"restored {folder}; go on with: hotline build, quality, publish")


# parts -----------------------------------------------------------------------------------------------


def backups(folder: Path) -> list[Path]:
    """The finished backups in a folder; their names are times."""
    return [path.parent for path in folder.glob(f"*Z/{layers.MANIFEST}") if OWN.fullmatch(path.parent.name)]


def is_readable(made: Path) -> bool:
    """Whether a backup says what it holds; of one that does not nothing is linked, and it is left for whoever looks."""
    try:
        return layers.read_manifest(made)["format"] == FORMAT
    except HotlineError:
        return False


def refuse_inside(settings: Settings, folder: Path) -> None:
    """Raise HotlineError for a folder inside what is copied: each backup would hold all before it."""
    place = folder.resolve()
    for name in (*layers.LAYERS, layers.SERVING, "landing"):
        if place.is_relative_to((settings.var / name).resolve()):
            raise HotlineError(f"{folder} lies in {settings.var / name}", "name a folder outside, on another disk")


def facts_of(settings: Settings, made: list[str], certificate: Path | None) -> dict:
    """What a backup says of itself."""
    mark = settings.ledger / FINGERPRINT
    return {
        "format": FORMAT,
        "hash_key_fingerprint": mark.read_text("ascii").strip() if mark.is_file() else None,
        "metadata": made,
        "sealed": bool(certificate),
    }


def verified(folder: Path) -> dict:
    """What a whole backup holds. Raises Damaged, with all that is wrong."""
    facts = layers.read_manifest(folder)
    if facts.get("format") != FORMAT:
        raise Damaged(f"{folder} has format {facts.get('format')}", "use the version of hotline that wrote it")
    wrong = layers.differences(folder) or layers.unbalanced(folder)
    release, fault = layers.served(folder)
    if fault:
        wrong.append(f"serving/{release}: {fault}")
    unreadable, unseen = metadata.unreadable(folder)
    wrong += unreadable
    if facts["sealed"]:
        unseen.append("secrets.cms: whether it opens, only the key can tell")
    if wrong:
        shown = "\n".join(f"    {line}" for line in wrong[:20])
        raise Damaged(f"{folder} is damaged, {len(wrong)} faults:\n{shown}", DAMAGE_REMEDY)
    from hotline.ingest import ledger

    entries = sum(1 for _ in ledger.read(folder / "ledger"))
    return {"files": len(facts["files"]), "entries": entries, "release": release, "not_checked": unseen}


def check_hash_key(settings: Settings, facts: dict) -> bool:
    """Whether the key of the callers is there. Raises HotlineError when it is not the one of the data."""
    path = settings.secrets / "hash_key"
    if not path.is_file():
        return False
    known = facts["hash_key_fingerprint"]
    try:
        own = fingerprint(bytes.fromhex(path.read_text("ascii").strip()))
    except ValueError as error:
        raise HotlineError(f"{path} is not a key in hexadecimal", "bring the one of these data") from error
    if known and own != known:
        raise HotlineError(
            f"{path} is not the key that the data of this backup were taken in with",
            "bring the right one: another would make a new person of every caller",
        )
    return True
