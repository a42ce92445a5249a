"""What each step says of the warehouse file, so that only a file that passed them all is published.

``var/build/state.json`` holds the word of the last build and of the last quality run, each with the SHA-256 of the file
as that step left it. A step that begins takes its own word back first, so that a killed one leaves none. Names and times
of files decide nothing: what is published is the very file that was tested and judged, or nothing.
"""

from __future__ import annotations

import dataclasses
import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from hotline.errors import HotlineError, InfrastructureError
from hotline.ingest.ledger import digest as ledger_digest
from hotline.ingest.ledger import sync_folder
from hotline.settings import Settings

STATE = "state.json"
PASSED = "passed"
BROKEN_OFF = "broken off"
UNTESTED = "judged a file that is not the one whose build passed"
REPAIR = "`hotline build`, then `hotline quality`"


class NotApproved(HotlineError):
    """The warehouse file did not pass its tests or its quality run: publishing it again changes nothing."""

    exit_code = 3


@dataclass(frozen=True)
class Word:
    """What one step says of the file."""

    result: str
    """``passed``, or what is wrong in words."""
    content: str = ""
    """SHA-256 of the file as the step left it."""
    size: int = 0
    build: str = ""
    """The last build that the file holds, as the file itself tells it."""
    ledger: str = ""
    """Digest of the ledger that a build began with."""
    tests: str = ""
    """Hash of the data tests that a build ran, as ``hotline.definitions.tests_hash``."""


@dataclass(frozen=True)
class State:
    """The words of both steps; that of a step is None when it never began since the last build began."""

    build: Word | None = None
    quality: Word | None = None


def content_hash(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def read(settings: Settings) -> State:
    """What was written last; nothing when it is not there or damaged, which then approves of nothing."""
    try:
        facts = json.loads(_path(settings).read_bytes())
        return State(**{step: Word(**word) for step, word in facts.items() if word})
    except (OSError, ValueError, TypeError, AttributeError):
        return State()


@contextmanager
def alone(folder: Path, what: str) -> Iterator[None]:
    """Only one process at a time works in ``folder``; the kernel ends the hold of one that dies.

    Raises
    ------
    InfrastructureError: another one does.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InfrastructureError(
                f"another process is at work: {what}", "wait until it ends, then repeat"
            ) from error
        yield


def writing(settings: Settings) -> contextmanager:
    """Held by build, quality run and publication, so that none changes the file under another."""
    return alone(settings.build_database.parent, "a build, a quality run or a publication of this warehouse")


def has_passed(settings: Settings, tests: str) -> bool:
    """Whether the last build passed these tests and the file is the one that it left, with or without quality marts."""
    build = read(settings).build
    return (
        build is not None and build.result == PASSED and build.tests == tests and _is_as_built(settings, read(settings))
    )


def begin_build(settings: Settings, tests: str = "") -> None:
    _write(settings, State(build=Word(BROKEN_OFF, ledger=ledger_digest(settings.ledger), tests=tests)))


def end_build(settings: Settings, result: str = PASSED) -> None:
    """Write down how the build ended; with ``PASSED``, for the file as it is now."""
    begun = read(settings).build or Word(BROKEN_OFF)
    _write(settings, State(build=dataclasses.replace(_word(settings, result), ledger=begun.ledger, tests=begun.tests)))


def begin_quality(settings: Settings) -> bool:
    """Take back what was said of the quality; tells whether the file is the one whose build passed."""
    state = read(settings)
    tested = state.build is not None and state.build.result == PASSED and _is_as_built(settings, state)
    _write(settings, State(build=state.build, quality=Word(BROKEN_OFF if tested else UNTESTED)))
    return tested


def end_quality(settings: Settings, result: str = PASSED) -> None:
    """Write down the judgement of a tested file; with ``PASSED``, for the file as it is now."""
    _write(settings, State(build=read(settings).build, quality=_word(settings, result)))


def require(settings: Settings) -> str:
    """SHA-256 of the warehouse file, which passed everything.

    Raises
    ------
    NotApproved: a step did not pass, or has not been run since.
    InfrastructureError: the file is lost, or not as the quality run left it.
    """
    state, database = read(settings), settings.build_database
    if state.build is None or not database.is_file():
        missing = f"{database} does not exist" if not database.is_file() else "no build has been recorded"
        raise InfrastructureError(missing, REPAIR)
    if state.build.result != PASSED:
        raise NotApproved(f"the last build: {state.build.result}", f"mend it: {REPAIR}")
    if state.quality is None:
        raise NotApproved("no quality run since the last build", "`hotline quality`")
    if state.quality.result != PASSED:
        raise NotApproved(f"the last quality run: {state.quality.result}", "mend it, then `hotline quality`")
    digest = content_hash(database)
    if digest != state.quality.content:
        size = database.stat().st_size
        how = f"{size} bytes instead of {state.quality.size}" if size != state.quality.size else "other content"
        raise InfrastructureError(f"{database} is not as the quality run left it: {how}", REPAIR)
    return digest


def last_build(connection: duckdb.DuckDBPyConnection) -> str:
    """The last build that the file holds, as its own, transactional record tells; empty when that did not finish."""
    try:
        rows = connection.execute(
            "select build_no, began_at, finished_at from staging.builds order by build_no desc limit 1"
        ).fetchall()
    except duckdb.CatalogException:
        return ""
    return " ".join(map(str, rows[0])) if rows and rows[0][2] else ""


def _is_as_built(settings: Settings, state: State) -> bool:
    """Whether the file holds what the build left. A quality run may have added its marts to it since.

    One that was broken off while it did so cannot tell the content; then the file tells whether anything else was built.
    """
    if not settings.build_database.is_file():
        return False
    words = [word for word in (state.build, state.quality) if word and word.content]
    if content_hash(settings.build_database) in {word.content for word in words}:
        return True
    return state.quality == Word(BROKEN_OFF) and _word(settings, PASSED).build == state.build.build != ""


def _word(settings: Settings, result: str) -> Word:
    database = settings.build_database
    if result != PASSED:
        return Word(result)
    try:
        with duckdb.connect(str(database), read_only=True) as connection:
            build = last_build(connection)
    except duckdb.Error:
        build = ""
    return Word(result, content_hash(database), database.stat().st_size, build)


def _path(settings: Settings) -> Path:
    return settings.build_database.with_name(STATE)


def _write(settings: Settings, state: State) -> None:
    path = _path(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        with temporary.open("w", encoding="utf-8") as handle:
            json.dump(dataclasses.asdict(state), handle, ensure_ascii=False, indent=1)
            handle.flush()
            os.fsync(handle.fileno())
        temporary.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise InfrastructureError(
            f"{path} cannot be written: {error.strerror}", "free the space, then repeat"
        ) from error
