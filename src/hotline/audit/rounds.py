"""A round of spot checks on disk: what was frozen, what was drawn, who calls whom.

A round is one folder under ``var/audit`` that only its owner may read; it holds ``round.json``, the frozen lists and the
public notice. What is written there is never changed: a correction is a round of its own.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from hotline.audit.order import fingerprint
from hotline.errors import HotlineError, WrongRequest
from hotline.settings import TIMEZONE, Settings

ROUND = re.compile(r"[0-9]{4}-(?:[0-9]{2}|W[0-9]{2})(?:-[2-9])?", re.ASCII)
"""``2024-10``, ``2024-W42``, and ``2024-10-2`` for a second one of the same period; ``2024-10-30`` would be a day."""
SECONDS = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True)
class Frame:
    """One platform's tickets of the period, as frozen."""

    frame_no: str
    platform_code: str
    population: int
    planned: int
    list_sha256: str
    claims: dict[str, str] = field(default_factory=dict)
    """Rate to the text that the platform printed; what it did not report is not there."""


@dataclass(frozen=True)
class Round:
    """A period's frames. Moments are local, ``YYYY-MM-DD HH:MM:SS``."""

    name: str
    kind: str
    """``monthly`` or ``weekly``."""
    period_from: str
    period_after: str
    """First day that no longer belongs to the period."""
    frozen_at: str
    reveal_at: str
    """When the value will be known, no sooner."""
    randomness: str
    """Where the value comes from, named before it is known."""
    frames: tuple[Frame, ...]

    @property
    def month(self) -> str:
        """Month of its first day, ``YYYY-MM``."""
        return self.period_from[:7]


def period(name: str) -> tuple[str, date, date]:
    """Kind, first day and first day after of a round's period.

    >>> period("2024-W42")
    ('weekly', datetime.date(2024, 10, 14), datetime.date(2024, 10, 21))
    >>> period("2024-12-2")
    ('monthly', datetime.date(2024, 12, 1), datetime.date(2025, 1, 1))
    """
    if not ROUND.fullmatch(name):
        raise WrongRequest(f"{name} names no round", "write a month as 2024-10 or a week as 2024-W42")
    try:
        if name[5] == "W":
            first = date.fromisocalendar(int(name[:4]), int(name[6:8]), 1)
            return "weekly", first, first + timedelta(days=7)
        first = date(int(name[:4]), int(name[5:7]), 1)
        return "monthly", first, (first + timedelta(days=31)).replace(day=1)
    except (ValueError, OverflowError) as error:  # the calendar ends with the year 9999
        raise WrongRequest(f"{name} is no month and no week of the calendar", "see `cal`, ISO weeks") from error


def period_of(name: str) -> str:
    """A round's period as reports name it, without the number of a second round.

    >>> period_of("2024-W42-2"), period_of("2024-10")
    ('2024-W42', '2024-10')
    """
    return "-".join(name.split("-")[:2])


def next_of(settings: Settings, name: str) -> str | None:
    """Name of the next round of the same period that was not frozen yet; None when all are taken."""
    names = [f"{period_of(name)}-{number}" for number in range(2, 10)]
    return next((free for free in names if not (settings.audit / free).exists()), None)


def frame_number(name: str, platform_code: str) -> str:
    """Number of a platform's frame in a round.

    >>> frame_number("2024-10-2", "210100")
    'ZT202410-2-210100'
    """
    return f"ZT{name.replace('-', '', 1)}-{platform_code}"


def folder(settings: Settings, name: str) -> Path:
    """Folder of a round. Raises HotlineError for a name that is none."""
    period(name)
    return settings.audit / name


def known(settings: Settings) -> list[str]:
    """Rounds that were frozen, in order of their names; what else lies there is none."""
    return sorted(path.parent.name for path in settings.audit.glob("*/round.json") if is_name(path.parent.name))


def is_name(name: str) -> bool:
    """Whether a round may be called so."""
    try:
        return bool(period(name))
    except WrongRequest:
        return False


def load(settings: Settings, name: str) -> Round:
    """Raises HotlineError when the round was not frozen, or what lies there is no longer what was."""
    path = folder(settings, name) / "round.json"
    if not path.is_file():
        there = ", ".join(known(settings)) or "none yet"
        raise WrongRequest(f"round {name} was never frozen", f"`hotline audit freeze {name}` first; there are: {there}")
    try:
        stated = json.loads(path.read_bytes())
        frames = tuple(Frame(**frame) for frame in stated.pop("frames"))
        found = Round(**stated, frames=frames)
        if found.name != name or not all(
            isinstance(value, str) for key, value in vars(found).items() if key != "frames"
        ):
            raise ValueError("it is of another round")
        lists = {frame.frame_no: list_of(settings, found, frame) for frame in frames}
    except (OSError, ValueError, TypeError, LookupError, AttributeError) as error:
        raise spoilt(path, error) from error
    for frame in found.frames:
        numbers = lists[frame.frame_no]
        if fingerprint(numbers) != frame.list_sha256 or len(numbers) != frame.population:
            raise HotlineError(
                f"the list of {frame.frame_no} is not the one that was frozen ({frame.list_sha256[:12]}…)",
                "restore it from the raw layer (feed spot_check_frame_tickets); do not draw from another list",
            )
    return found


def spoilt(path: Path, error: Exception) -> HotlineError:
    """What to say of a file of a round that can no longer be read."""
    return HotlineError(
        f"{path} is spoilt ({type(error).__name__}: {error})",
        f"restore {path.parent} from a backup; what was published of the round stands, and all other rounds go on",
    )


def list_path(settings: Settings, name: str, frame_no: str) -> Path:
    return folder(settings, name) / "lists" / f"{frame_no}.txt"


def list_of(settings: Settings, found: Round, frame: Frame) -> list[str]:
    """Ticket numbers of a frame; nothing when its list is gone."""
    path = list_path(settings, found.name, frame.frame_no)
    return path.read_text(encoding="ascii").split() if path.is_file() else []


def as_json(found: Round) -> bytes:
    return (json.dumps(asdict(found), ensure_ascii=False, indent=2) + "\n").encode()


def is_same(one: Round, other: Round) -> bool:
    """Whether two rounds freeze the same lists, sizes and claims for the same draw, whenever they did."""
    return replace(one, frozen_at=other.frozen_at) == other


def write(settings: Settings, path: Path, data: bytes) -> None:
    """Write a file of a round, whole or not at all; ``var/audit`` lets nobody but its owner in."""
    settings.audit.mkdir(parents=True, exist_ok=True)
    settings.audit.chmod(0o700)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as target:
        target.write(data)
        target.flush()
        os.fsync(target.fileno())
    temporary.replace(path)


def now() -> datetime:
    """This moment, local, to the second."""
    return datetime.now(ZoneInfo(TIMEZONE)).replace(tzinfo=None, microsecond=0)


def moment(text: str) -> datetime:
    return datetime.strptime(text, SECONDS)
