"""Freezing a round: what may be drawn is fixed, its fingerprint is made public, and only then may the value be known.

Whoever published the value first would let a platform compute its own sample before the list is fixed; whoever fixed the
list last would choose the sample. So: list, then notice, then value.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import date, datetime

from hotline.audit import notice, rounds
from hotline.audit.order import fingerprint, list_bytes
from hotline.audit.rounds import Frame, Round
from hotline.audit.tickets import RATES, complaint_numbers, no_longer_complaints, published, reported
from hotline.contracts import feed_file, province
from hotline.errors import WrongRequest
from hotline.settings import Settings

LONGEST_SOURCE = 200
"""As the contract of the frames has it."""
DAY_OF_NUMBER = slice(8, 16)
"""Digits of a ticket number that tell the day of its acceptance."""


def source(reveal_at: str, randomness: str) -> str:
    """Time and source of the value as the feed states them."""
    return f"{reveal_at[:16]} {randomness}"


def prepared(
    settings: Settings, name: str, planned: Callable[[Mapping[str, int]], Mapping[str, int]], reveal_at: datetime,
    randomness: str, now: datetime,
) -> tuple[Round, dict[str, list[str]]]:  # fmt: skip
    """A round as it would be frozen now, and its lists by frame.

    Parameters
    ----------
    planned: from tickets a platform to tickets to draw; platforms that it leaves out are not checked.

    Raises
    ------
    HotlineError: the period is not over, has no complaints, or the value would be known already.
    """
    kind, first, after = rounds.period(name)
    if after > now.date():
        raise WrongRequest(
            f"{name} is not over before {after}", "freeze a period that has ended, once its tickets came"
        )
    if reveal_at <= now:
        raise WrongRequest(
            f"the value would be known at {reveal_at:%Y-%m-%d %H:%M}, which is not in the future",
            "announce a later time: a value that is known before the freeze lets anybody choose the sample",
        )
    stated = source(reveal_at.strftime(rounds.SECONDS), randomness)
    if len(stated) > LONGEST_SOURCE or not stated.isprintable():
        raise WrongRequest(
            f"the source of randomness takes {len(stated)} characters with its time",
            f"say it in one line of at most {LONGEST_SOURCE}, or the frame would not pass its own contract",
        )
    with published(settings) as connection:
        numbers = complaint_numbers(connection, first, after)
        listed = listed_before(settings, name, first, after)
        for number in no_longer_complaints(connection, list(listed)):
            numbers[listed[number]] = sorted([*numbers.get(listed[number], []), number])
        # a month's rates are claims on its tickets; of one week nobody claims anything
        claims = reported(connection, first) if kind == "monthly" else {}
    if not numbers:
        raise WrongRequest(
            f"the published warehouse has no complaints of {name}", "take its tickets in and publish first"
        )
    counts = {code: len(tickets) for code, tickets in numbers.items()}
    sizes = planned(counts)
    if unknown := set(sizes) - set(counts):
        raise WrongRequest(
            f"no complaints of {', '.join(sorted(unknown))} in {name}", "leave them out, or take them in"
        )
    frames, lists = [], {}
    for code in sorted(code for code, size in sizes.items() if size):
        frame = Frame(
            frame_no=rounds.frame_number(name, code),
            platform_code=code,
            population=counts[code],
            planned=min(sizes[code], counts[code]),
            list_sha256=fingerprint(numbers[code]),
            claims={rate: claims[code, rate] for rate in RATES if (code, rate) in claims},
        )
        frames.append(frame)
        lists[frame.frame_no] = numbers[code]
    if not frames:
        raise WrongRequest("no platform is to be checked", "plan at least one ticket of one platform")
    return (
        Round(
            name=name, kind=kind, period_from=first.isoformat(), period_after=after.isoformat(),
            frozen_at=now.strftime(rounds.SECONDS), reveal_at=reveal_at.strftime(rounds.SECONDS), randomness=randomness,
            frames=tuple(frames),
        ),
        lists,
    )  # fmt: skip


def listed_before(settings: Settings, name: str, first: date, after: date) -> dict[str, str]:
    """Tickets with numbers of ``first`` to before ``after`` on the lists of other rounds, to the platform that each was frozen of.

    A platform that voids what it saw on a list would choose what the next one is drawn from.

    Raises HotlineError when such a list is not the one that was frozen.
    """
    found: dict[str, str] = {}
    for other in rounds.known(settings):
        _, begins, ends = rounds.period(other)
        if other == name or begins >= after or ends <= first:
            continue
        before = rounds.load(settings, other)
        for frame in before.frames:
            for number in rounds.list_of(settings, before, frame):
                if f"{first:%Y%m%d}" <= number[DAY_OF_NUMBER] < f"{after:%Y%m%d}":
                    found.setdefault(number, frame.platform_code)
    return found


def is_frozen(settings: Settings, found: Round) -> bool:
    """Whether this very round was frozen before. Raises WrongRequest when another of its name was."""
    if not (rounds.folder(settings, found.name) / "round.json").exists():
        return False
    if not rounds.is_same(rounds.load(settings, found.name), found):
        other = rounds.next_of(settings, found.name)
        raise WrongRequest(
            f"round {found.name} is frozen already",
            f"a correction is a round of its own: {other}" if other else "all nine rounds of the period are taken",
        )
    return True


def freeze(settings: Settings, found: Round, lists: Mapping[str, list[str]]) -> str:
    """Write the round, its lists and its notice, and deliver both feeds. Returns the fingerprint of the notice.

    The same once more, with the same time and source, changes nothing.

    Raises HotlineError when another round of that name was frozen before: what is frozen stays.
    """
    target = rounds.folder(settings, found.name)
    if is_frozen(settings, found):
        return (target / "notice.txt.sha256").read_text(encoding="ascii").split()[0]
    for frame_no, numbers in lists.items():
        rounds.write(settings, rounds.list_path(settings, found.name, frame_no), list_bytes(numbers))
    text = notice.text(found, settings).encode()
    sha256 = hashlib.sha256(text).hexdigest()
    rounds.write(settings, target / "notice.txt", text)
    rounds.write(settings, target / "notice.txt.sha256", f"{sha256}  notice.txt\n".encode())
    rounds.write(settings, target / "notice.html", notice.page(found, settings, sha256).encode())
    deliver(settings, found, lists)
    # last: a round that is there is complete
    rounds.write(settings, target / "round.json", rounds.as_json(found))
    return sha256


def deliver(settings: Settings, found: Round, lists: Mapping[str, list[str]]) -> None:
    """The frames and their lists as feeds of the province; the next ingest takes them in."""
    frames = [
        {
            "frame_no": frame.frame_no,
            "period_from": found.period_from,
            "platform_code": frame.platform_code,
            "kind": found.kind,
            "population": str(frame.population),
            "list_sha256": frame.list_sha256,
            "frozen_at": found.frozen_at,
            "randomness": source(found.reveal_at, found.randomness),
            "planned": str(frame.planned),
            **{f"{rate}_text": text for rate, text in frame.claims.items()},
        }
        for frame in found.frames
    ]
    tickets = [{"frame_no": frame_no, "ticket_no": number} for frame_no, numbers in lists.items() for number in numbers]
    to_landing(
        settings, found.name, rounds.moment(found.frozen_at), spot_check_frames=frames, spot_check_frame_tickets=tickets
    )


def to_landing(settings: Settings, name: str, delivered: datetime, **feeds: list[dict[str, str]]) -> None:
    """Feeds of the province in the landing folder of the day."""
    sender = province(settings.seeds).code
    for feed, rows in feeds.items():
        path = settings.landing / sender / f"{delivered:%Y-%m-%d}" / f"{feed}-{name}.csv"
        feed_file.write(path, feed_file.as_csv(settings.contracts, feed, rows).encode(), len(rows), delivered)
