"""What daily files are like: rows come late, are put right later, come twice, or are taken back.

Nothing of this changes what holds in the end: the newest valid version of every row is the one that the month's files
without corrections would bring, and what is deleted was never more than a mistake: a ticket registered twice (its
number is a gap of the sequence), an event or a callback entered once too often.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from hotline.simulate.allocation import TYPES
from hotline.simulate.lives import Lives
from hotline.simulate.steps import DELETED, EVENT_TYPES, RATINGS, RECORD_STATUSES

LATEST = 6
"""Days after which a late row, a correction or a deletion has come."""
LATE, CORRECTED, REPEATED, MISTAKEN = 0.006, 0.006, 0.005, 0.003
"""Shares of tickets, events and callbacks; there is at least one of each."""
PREFERRED = 5
"""How much likelier it hits a dispatched ticket than a call that was answered at once."""
EXTRA_ATTEMPT = 9
A_MINUTE = np.timedelta64(60, "s")


@dataclass(frozen=True)
class Rows:
    """Rows of a feed with the day of delivery of each and the ticket that it is about (position in the block)."""

    frame: pd.DataFrame
    day: np.ndarray
    ticket: np.ndarray

    def at(self, rows: np.ndarray, day: np.ndarray, **columns: object) -> Rows:
        """Some rows, on other days and with other values."""
        return Rows(self.frame.take(rows).assign(**columns), day, self.ticket[rows])

    def joined(self, *others: Rows) -> Rows:
        parts = (self, *others)
        return Rows(
            pd.concat([part.frame for part in parts], ignore_index=True),
            *(np.concatenate([getattr(part, name) for part in parts]) for name in ("day", "ticket")),
        )


def correct(feeds: dict[str, Rows], lives: Lives, rng: np.random.Generator) -> dict[str, Rows]:
    """The feeds of a block as they are delivered, mistakes and all."""
    tickets, events, callbacks = feeds["tickets"], feeds["ticket_events"], feeds["callbacks"]
    double = _registered_twice(lives, rng)
    return {
        "tickets": _tickets(tickets, lives, rng).joined(*_mistaken_tickets(tickets, lives, double, rng)),
        "ticket_events": _events(events, rng).joined(*_mistaken_events(events, lives, double, rng)),
        "callbacks": _callbacks(callbacks, rng),
    }


# ---- tickets ----------------------------------------------------------------------------------------
def _tickets(rows: Rows, lives: Lives, rng: np.random.Generator) -> Rows:
    """All versions of a late ticket come late; of a corrected one all are wrong, and the right one follows."""
    chances = rng.random(lives.platform.size) ** (1 / np.where(lives.dispatched, PREFERRED, 1))
    late, corrected, repeated = _split(np.argsort(-chances, kind="stable"), (LATE, CORRECTED, REPEATED))
    last = np.flatnonzero(np.r_[rows.ticket[1:] != rows.ticket[:-1], True])  # by ticket: all have a version
    delay = np.zeros(lives.platform.size, dtype=np.int64)
    delay[late] = _days(late.size, rng)
    return Rows(_wrong(rows, lives, corrected, rng), rows.day + delay[rows.ticket], rows.ticket).joined(
        rows.at(last[corrected], rows.day[last[corrected]] + _days(corrected.size, rng)),
        rows.at(last[repeated], rows.day[last[repeated]] + _days(repeated.size, rng)),
    )


def _wrong(rows: Rows, lives: Lives, tickets: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """The rows with what was wrong at first: the type, the category, or the closing text of another ticket."""
    frame = rows.frame.copy()
    for kind, columns in enumerate((["business_type"], ["domain", "category", "subcategory"], _closing(frame))):
        mine = tickets[kind::3]
        here = np.flatnonzero(np.isin(rows.ticket, mine))
        if kind == 0:
            codes = frame["business_type"].cat.codes.to_numpy().copy()
            codes[here] += np.where(codes[here] % len(TYPES) == 0, 1, -(codes[here] % len(TYPES)))
            frame["business_type"] = pd.Categorical.from_codes(codes, frame["business_type"].cat.categories)
            continue
        donor = np.arange(lives.platform.size)
        donor[mine] = _donors(lives, mine, rng)
        row_of = np.full(lives.platform.size, -1)
        row_of[rows.ticket] = np.arange(rows.ticket.size)
        source = frame.take(row_of[donor[rows.ticket[here]]])
        for column in columns:
            if isinstance(frame[column].dtype, pd.CategoricalDtype):
                codes = frame[column].cat.codes.to_numpy().copy()
                codes[here] = source[column].cat.codes
                frame[column] = pd.Categorical.from_codes(codes, frame[column].cat.categories)
            else:
                values = frame[column].to_numpy().copy()
                values[here] = source[column]
                frame[column] = values
    return frame


def _closing(frame: pd.DataFrame) -> list[str]:
    return [column for column in frame.columns if column.startswith("c_")]


def _donors(lives: Lives, tickets: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """For each ticket another of the same platform and way of handling, of another cell where there is one."""
    found = tickets.copy()
    group = lives.platform * 2 + lives.dispatched
    for value in np.unique(group[tickets]):
        mine, pool = np.flatnonzero(group[tickets] == value), np.flatnonzero(group == value)
        for _ in range(8):
            drawn = rng.choice(pool, mine.size)
            open_yet = lives.block.cell[found[mine]] == lives.block.cell[tickets[mine]]
            found[mine] = np.where(open_yet, drawn, found[mine])
    return found


# ---- tickets registered twice -----------------------------------------------------------------------
def _registered_twice(lives: Lives, rng: np.random.Generator) -> np.ndarray:
    """Honest tickets whose number is followed by a gap: the mistake bears the number after theirs."""
    operator, number = lives.platform == 0, lives.block.number
    order = np.lexsort((number, operator))
    first, second = order[:-1], order[1:]
    gap = (operator[first] == operator[second]) & (number[second] - number[first] > 1)
    gap &= (lives.kind[first] == 0) & ~lives.block.published[first]
    able = first[gap]
    return np.sort(rng.choice(able, min(able.size, _count(lives.platform.size, MISTAKEN)), replace=False))


def _mistaken_tickets(rows: Rows, lives: Lives, tickets: np.ndarray, rng: np.random.Generator) -> tuple[Rows, Rows]:
    """Each as it came in, and the row that deletes it."""
    first = np.flatnonzero(np.r_[True, rows.ticket[1:] != rows.ticket[:-1]])[tickets]
    sent = lives.dispatched[tickets]
    day = rows.day[first]
    columns = {
        "tail": rows.frame["tail"].to_numpy()[first] + 1,
        "is_open": rows.frame["is_open"].to_numpy()[first] | sent,
        "rating": pd.Categorical.from_codes(
            np.where(sent, -1, rows.frame["rating"].cat.codes.to_numpy()[first]), RATINGS
        ),
        "due_at": lives.first_due[tickets].astype("datetime64[s]"),
    }
    return rows.at(first, day, **columns), rows.at(
        first, day + _days(tickets.size, rng), **columns, record_status=_deleted(tickets.size)
    )


def _mistaken_events(rows: Rows, lives: Lives, tickets: np.ndarray, rng: np.random.Generator) -> tuple[Rows, ...]:
    """The events of a ticket registered twice, and archivings entered once too often; all are deleted later."""
    here = np.flatnonzero(
        np.isin(rows.ticket, tickets) & (~lives.dispatched[rows.ticket] | (rows.frame["event_seq"].to_numpy() == 1))
    )
    tail = {"tail": rows.frame["tail"].to_numpy()[here] + 1}
    last = np.flatnonzero(np.r_[rows.ticket[1:] != rows.ticket[:-1], True])
    extra = rng.choice(last, _count(last.size, MISTAKEN / 3), replace=False)
    again = {
        "event_seq": rows.frame["event_seq"].to_numpy()[extra] + 1,
        "event_type": pd.Categorical.from_codes(
            np.full(extra.size, list(EVENT_TYPES).index("archive")), list(EVENT_TYPES.values())
        ),
        "occurred_at": rows.frame["occurred_at"].to_numpy()[extra] + A_MINUTE,
    }
    return (
        rows.at(here, rows.day[here], **tail),
        rows.at(here, rows.day[here] + _days(here.size, rng), **tail, record_status=_deleted(here.size)),
        rows.at(extra, rows.day[extra], **again),
        rows.at(extra, rows.day[extra] + _days(extra.size, rng), **again, record_status=_deleted(extra.size)),
    )


# ---- events and callbacks ---------------------------------------------------------------------------
def _events(rows: Rows, rng: np.random.Generator) -> Rows:
    """A corrected event had a wrong time at first."""
    late, corrected, repeated = _split(rng.permutation(rows.day.size), (LATE, CORRECTED, REPEATED))
    occurred = rows.frame["occurred_at"].to_numpy().copy()
    occurred[corrected] += rng.integers(1, 15, corrected.size) * A_MINUTE
    return _shifted(rows, {"occurred_at": occurred}, late, np.r_[corrected, repeated], rng)


def _callbacks(rows: Rows, rng: np.random.Generator) -> Rows:
    """A corrected call had a wrong length at first; some calls were logged twice, and one of the two is deleted."""
    if not rows.day.size:
        return rows
    late, corrected, repeated, extra = _split(rng.permutation(rows.day.size), (LATE, CORRECTED, REPEATED, MISTAKEN))
    length = rows.frame["seconds"].to_numpy().copy()
    length[corrected] += rng.integers(1, 60, corrected.size)
    attempt = np.full(extra.size, EXTRA_ATTEMPT)
    return _shifted(rows, {"seconds": length}, late, np.r_[corrected, repeated], rng).joined(
        rows.at(extra, rows.day[extra], attempt=attempt),
        rows.at(extra, rows.day[extra] + _days(extra.size, rng), attempt=attempt, record_status=_deleted(extra.size)),
    )


def _shifted(
    rows: Rows, wrong: dict[str, np.ndarray], late: np.ndarray, again: np.ndarray, rng: np.random.Generator
) -> Rows:
    day = rows.day.copy()
    day[late] += _days(late.size, rng)
    return Rows(rows.frame.assign(**wrong), day, rows.ticket).joined(
        rows.at(again, rows.day[again] + _days(again.size, rng))
    )


def _count(size: int, share: float) -> int:
    return min(size, max(1, round(size * share)))


def _split(order: np.ndarray, shares: tuple[float, ...]) -> list[np.ndarray]:
    """The first entries of an order, so many for each share and at least one."""
    edges = np.cumsum([_count(order.size, share) for share in shares])
    return np.split(order[: edges[-1]], edges[:-1])


def _days(size: int, rng: np.random.Generator) -> np.ndarray:
    return rng.integers(1, LATEST + 1, size)


def _deleted(size: int) -> pd.Categorical:
    return pd.Categorical.from_codes(np.full(size, DELETED), RECORD_STATUSES)
