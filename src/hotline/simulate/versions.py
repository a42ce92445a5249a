"""What a ticket showed at the end of each day on which something happened to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hotline.simulate.lives import Lives
from hotline.simulate.steps import ABSENT, AT
from hotline.simulate.timing import DAY

NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Versions:
    """One entry a ticket and day, in the order of tickets and of days (since 1970).

    ``rating``: code, ``ABSENT`` while there is none; ``unit``: ``ABSENT`` before the ticket was dispatched.
    """

    ticket: np.ndarray
    day: np.ndarray
    is_open: np.ndarray
    rating: np.ndarray
    due: np.ndarray
    unit: np.ndarray


def ticket_versions(lives: Lives) -> Versions:
    """All versions of the tickets of a block. The last of each is the ticket as it stands in the end.

    A back-dated ticket is not older than its number: what is said to have happened before was recorded then.
    """
    instant = np.flatnonzero(~lives.dispatched)
    begun, ended = lives.accepted[instant] // DAY, (lives.answered[instant] + 8) // DAY
    overnight = ended > begun
    calls = np.r_[instant, instant[overnight]]
    days = np.r_[ended, begun[overnight]]
    parts = [
        _version(lives, calls, days, is_open=np.arange(calls.size) >= instant.size),
        _dispatched(lives),
    ]
    ticket, day, is_open, rating, due, unit = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    order = np.lexsort((day, ticket))
    return Versions(*(column[order] for column in (ticket, day, is_open, rating, due, unit)))


def _version(lives: Lives, ticket: np.ndarray, day: np.ndarray, is_open: np.ndarray) -> tuple[np.ndarray, ...]:
    return ticket, day, is_open, np.where(is_open, ABSENT, lives.rating[ticket]), lives.due[ticket], lives.unit[ticket]


def _dispatched(lives: Lives) -> tuple[np.ndarray, ...]:
    recorded = np.maximum(lives.times, lives.block.accepted[lives.rows][:, None])
    happened = np.where(lives.times == ABSENT, NEVER, recorded // DAY)
    ordered = np.sort(happened, axis=1)
    is_new = (ordered != NEVER) & np.c_[np.ones(ordered.shape[0], dtype=bool), ordered[:, 1:] != ordered[:, :-1]]
    row, place = np.nonzero(is_new)
    day = ordered[row, place]
    done = happened[row] <= day[:, None]

    def has(step: str) -> np.ndarray:
        return done[:, AT[step]]

    is_open = ~has("close") | (has("rework") & ~has("close_2"))
    last = lives.rating[lives.rows[row]]
    is_rated = (lives.times[:, [AT[s] for s in ("rate", "rate_again", "rate_2", "edit")]] != ABSENT).any(axis=1)[row]
    # what no event rates (not rated, or rated in the ticket alone) stands there with the closure
    rating = np.where(is_rated | is_open, ABSENT, last)
    for step, given in (("rate", lives.first_rating), ("rate_again", lives.again_rating)):
        rating = np.where(has(step), given[row], rating)
    rating = np.where(has("rate_2") | has("edit"), last, rating)

    ticket = lives.rows[row]
    extended = (lives.times[row, AT["extension"]] == ABSENT) | has("extension")
    due = np.where(extended, lives.due[ticket], lives.first_due[ticket])
    unit = np.where(lives.times[row, AT["dispatch"]] == ABSENT, lives.unit[ticket], ABSENT)
    returns = (lives.times[:, [AT["return"], AT["return_2"]]] != ABSENT).sum(axis=1)[row]
    holders = np.column_stack([lives.early_units, lives.unit[lives.rows]])[row]
    for given, step in enumerate(("dispatch", "redispatch", "redispatch_2")):
        holder = np.where(given == returns, lives.unit[ticket], holders[:, given])
        unit = np.where(has(step), holder, unit)
    return ticket, day, is_open, rating, due, unit
