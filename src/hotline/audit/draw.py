"""The public draw: the frozen lists ordered by a value that nobody could know when they were frozen."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from dataclasses import asdict, dataclass
from datetime import datetime

from hotline.audit import freeze, rounds
from hotline.audit.order import ALGORITHM, VALUE, in_order
from hotline.audit.rounds import Frame, Round
from hotline.errors import WrongRequest
from hotline.settings import Settings


@dataclass(frozen=True)
class Drawn:
    """The value of a round, and when it became known (local, ``YYYY-MM-DD HH:MM:SS``)."""

    value: str
    revealed_at: str


def accepted(found: Round, value: str, now: datetime) -> Drawn:
    """The value as it may be used.

    Raises
    ------
    HotlineError: it is not written as a value is, or of another day than announced, or comes before the announced time.
    """
    matched = VALUE.fullmatch(value)
    if not matched:
        raise WrongRequest(
            f"{value} is not written as a value of a draw", "day, hyphen, at least eight signs: 20241015-8842190357"
        )
    announced = rounds.moment(found.reveal_at)
    if now < announced:
        raise WrongRequest(
            f"the value of {found.name} is announced for {announced:%Y-%m-%d %H:%M}; it is {now:%Y-%m-%d %H:%M}",
            "draw then; a value known before the announced time, or before the freeze, is no random draw",
        )
    if not f"{announced:%Y%m%d}" <= matched[1] <= f"{now:%Y%m%d}":
        raise WrongRequest(
            f"the value is of {matched[1]}, the draw was announced for {announced:%Y-%m-%d}",
            "use the value of the announced time, not an older one that was known when the list was frozen",
        )
    return Drawn(value, now.strftime(rounds.SECONDS))


def draw(settings: Settings, found: Round, drawn: Drawn) -> None:
    """Write the order of every frame and deliver the feed of draws.

    Raises HotlineError when the round was drawn by another value: a draw is not repeated until it pleases.
    """
    target = rounds.folder(settings, found.name)
    if earlier := value_of(settings, found):
        if earlier.value != drawn.value:
            raise WrongRequest(
                f"round {found.name} was drawn by {earlier.value} at {earlier.revealed_at}",
                "a draw is made once; what was wrong with it is said in the report, and a round of its own is frozen",
            )
        return
    for frame in found.frames:
        rounds.write(settings, target / "order" / f"{frame.frame_no}.csv", order_table(settings, found, frame, drawn))
    rows = [
        {
            "frame_no": frame.frame_no,
            "revealed_at": drawn.revealed_at,
            "value": drawn.value,
            "algorithm": ALGORITHM,
            "drawn": str(frame.planned),
        }
        for frame in found.frames
    ]
    freeze.to_landing(settings, found.name, rounds.moment(drawn.revealed_at), spot_check_draws=rows)
    rounds.write(settings, target / "draw.json", (json.dumps(asdict(drawn)) + "\n").encode())


def value_of(settings: Settings, found: Round) -> Drawn | None:
    """The value by which a round was drawn, None before the draw. Raises HotlineError when it can no longer be read."""
    path = rounds.folder(settings, found.name) / "draw.json"
    if not path.is_file():
        return None
    try:
        drawn = Drawn(**json.loads(path.read_bytes()))
        if not VALUE.fullmatch(drawn.value):
            raise ValueError(f"{drawn.value} is no value")
        return drawn
    except (OSError, ValueError, TypeError) as error:
        raise rounds.spoilt(path, error) from error


def order_table(settings: Settings, found: Round, frame: Frame, drawn: Drawn) -> bytes:
    """Place, ticket number and hash of all tickets of a frame; reserves follow those drawn."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["抽取序号", "工单编号", "抽取", "哈希值"])
    for place, number in enumerate(in_order(drawn.value, rounds.list_of(settings, found, frame)), start=1):
        digest = hashlib.sha256(f"{drawn.value},{number}".encode()).hexdigest()
        table.writerow([place, number, "抽中" if place <= frame.planned else "替补", digest])
    return text.getvalue().encode()
