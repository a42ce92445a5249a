"""What honest work leaves in its records that looks, ticket by ticket, like what fabrication leaves.

Rates are data (``noise.csv``, each assumed, with its reason); a platform draws its own between ``low`` and ``high``, the same in
every month. Only honest tickets are changed, and none whose number was published. No published rate moves: later attempts
connect, everyone who was called rates, a closure stays on its side of 24 hours and of the due time. What could not be so in the
bulletin's month is left to the other months (``changed_on_appeal``) or to the benchmark of the detectors (the rush before deadlines,
callers who are never reached, one reply to all who tell of an incident).
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import numpy as np

from hotline.simulate.lifecycle import compress
from hotline.simulate.lives import Lives
from hotline.simulate.steps import ABSENT, AT, DISSATISFIED, HOUR, MINUTE, UNRATED
from hotline.simulate.timing import DAY
from hotline.simulate.units import CENTRE_OPERATORS, OPERATORS_A_PLATFORM

NOISE = 8
"""Of the seeds of this module's own streams."""
SHIFT_END = round(16.8 * HOUR)
WINDOW = HOUR
"""Closures so near to the end of a shift may be entered then, one after the other."""
MOVED = 0.25
"""A closure is entered later or earlier by this share of its time at most: the means that platforms report hold."""
AFTERCARE = np.arange(AT["close"], AT["archive"] + 1)
CALLED_AGAIN_WITHIN = 90 * MINUTE
REPEATED_WITHIN = 12 * DAY
FARTHEST = (1000, 300, 100, 30, 10, 1000, 300, 100, 30, 10)
"""A caller's next complaint is one of so many later ones of the same cell: tried in turn, since cells are large and small."""


@cache
def noise_rates() -> tuple[dict[str, str], ...]:
    """Rows of ``noise.csv``: ``rate``, ``low``, ``high``, ``unit``, ``status`` and ``reason``."""
    with Path(__file__).with_name("noise.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def rates_of(platforms: int, seed: int) -> dict[str, np.ndarray]:
    """Each rate by platform index."""
    rng = np.random.default_rng([seed, NOISE])
    return {row["rate"]: rng.uniform(float(row["low"]), float(row["high"]), platforms) for row in noise_rates()}


def add_noise(
    lives: Lives, rates: dict[str, np.ndarray], deadline: int, of_bulletin: bool, rng: np.random.Generator
) -> None:
    """Change the honest tickets of a block, nothing to after ``deadline``; ``of_bulletin``: what they rated is published."""
    share = {rate: values[lives.platform[lives.rows]] for rate, values in rates.items()}
    honest = np.flatnonzero((lives.kind[lives.rows] == 0) & ~lives.block.published[lives.rows])

    def some(rate: str) -> np.ndarray:
        return honest[rng.random(honest.size) < share[rate][honest]]

    _close_at_shift_end(lives, honest, share["end_of_shift"], share["batch_gap_seconds"], rng)
    _talk_briefly(lives, some("short_call"), rng)
    other = some("second_phone")
    lives.callback_phone[other] = 16_200_000_000 + rng.integers(0, 100_000_000, other.size)
    _archive_at_night(lives, honest)
    if not of_bulletin:
        _change_on_appeal(lives, some("changed_on_appeal"), rng)
    compress(lives, deadline, rng)
    lives.clock = np.round(share["clock_seconds"]).astype(np.int64)
    lives.missed_calls[honest] = 0
    missed = some("first_attempt_unreached")
    wait = lives.times[missed, AT["callback"]] - lives.times[missed, AT["close"]]
    lives.missed_calls[missed] = np.minimum(wait, CALLED_AGAIN_WITHIN) * rng.uniform(0.1, 0.9, missed.size)
    _complain_again(lives, some("repeat_after_satisfied"), rng)


def _close_at_shift_end(
    lives: Lives, honest: np.ndarray, share: np.ndarray, gap: np.ndarray, rng: np.random.Generator
) -> None:
    """One clerk of a platform enters a day's last closures before going home; what follows keeps its distance."""
    closed, platform = lives.times[:, AT["close"]], lives.platform[lives.rows]
    start = closed // DAY * DAY + SHIFT_END
    near = (np.abs(closed - start) < WINDOW) & (lives.times[:, AT["rework"]] == ABSENT)
    near &= ~np.isin(lives.rows, lives.linked)  # a ticket was open when another was linked with it
    rows = honest[near[honest]]
    size = platform.max(initial=0) + 1
    wanted = share * np.bincount(platform, minlength=size)[platform]
    able = np.maximum(np.bincount(platform[rows], minlength=size), 1)[platform]
    rows = rows[rng.random(rows.size) < (wanted / able)[rows]]
    rows = rows[np.lexsort((closed[rows], start[rows], platform[rows]))]
    if not rows.size:
        return
    group = np.column_stack([platform[rows], start[rows]])
    first = np.r_[True, (group[1:] != group[:-1]).any(axis=1)]
    passed = np.cumsum(rng.integers(1, np.maximum(np.round(2 * gap[rows]), 2)))
    entered = start[rows] + passed - passed[first][np.cumsum(first) - 1]
    before = lives.times[rows][:, : AT["close"]].max(axis=1)
    accepted, due = lives.accepted[lives.rows[rows]], lives.due[lives.rows[rows]]
    kept = (entered > before) & ((entered > due) == (closed[rows] > due))
    kept &= (entered - accepted > DAY) == (closed[rows] - accepted > DAY)
    kept &= np.abs(entered - closed[rows]) < MOVED * (closed[rows] - accepted)
    rows, entered = rows[kept], entered[kept]
    after = lives.times[np.ix_(rows, AFTERCARE)]
    lives.times[np.ix_(rows, AFTERCARE)] = np.where(after == ABSENT, ABSENT, after + (entered - closed[rows])[:, None])
    lives.closer[lives.rows[rows]] = platform[rows] * OPERATORS_A_PLATFORM + CENTRE_OPERATORS


def _talk_briefly(lives: Lives, rows: np.ndarray, rng: np.random.Generator) -> None:
    """Content and in a hurry: the rating follows at once."""
    rated = lives.times[rows, AT["rate"]] == lives.times[rows, AT["callback"]] + lives.callback_seconds[rows]
    rows = rows[rated]
    lives.callback_seconds[rows] = rng.integers(4, 10, rows.size)
    lives.times[rows, AT["rate"]] = lives.times[rows, AT["callback"]] + lives.callback_seconds[rows]


def _archive_at_night(lives: Lives, rows: np.ndarray) -> None:
    """A job at two in the morning, with one time stamp."""
    archived = lives.times[rows, AT["archive"]]
    lives.times[rows, AT["archive"]] = np.where(archived == ABSENT, ABSENT, (archived // DAY + 1) * DAY + 2 * HOUR)


def _change_on_appeal(lives: Lives, rows: np.ndarray, rng: np.random.Generator) -> None:
    """Rated badly, reviewed on appeal after the archive, and rated again."""
    plain = (lives.times[np.ix_(rows, [AT["review"], AT["rate_again"], AT["rework"]])] == ABSENT).all(axis=1)
    rated = (lives.times[rows, AT["archive"]] != ABSENT) & (lives.first_rating[rows] != UNRATED)
    rows = rows[plain & rated & (lives.rating[lives.rows[rows]] < DISSATISFIED)]
    lives.first_rating[rows] = DISSATISFIED
    lives.times[rows, AT["review"]] = lives.times[rows, AT["archive"]] + rng.integers(7 * HOUR, 11 * HOUR, rows.size)
    lives.times[rows, AT["edit"]] = lives.times[rows, AT["review"]] + rng.integers(HOUR, 3 * HOUR, rows.size)


def _complain_again(lives: Lives, rows: np.ndarray, rng: np.random.Generator) -> None:
    """The matter comes back although it was handled well: a later complaint of the cell is of the same caller."""
    ticket = lives.rows[rows]
    rows = rows[(lives.business_type[ticket] == 0) & (lives.linked[ticket] == ABSENT) & ~lives.is_repeat[ticket]]
    cell, accepted = lives.block.cell[lives.rows], lives.times[:, AT["accept"]]
    order = np.lexsort((accepted, cell))
    place = np.empty_like(order)
    place[order] = np.arange(order.size)
    free = np.ones(lives.platform.size, dtype=bool)
    free[lives.rows] = (lives.kind[lives.rows] == 0) & ~lives.block.published[lives.rows]
    free &= (lives.linked == ABSENT) & ~lives.is_repeat
    free[lives.linked[lives.linked != ABSENT]] = False
    free[lives.rows[rows]] = False  # who was content once is not content twice
    found = np.full(rows.size, ABSENT)
    for farthest in FARTHEST:
        left = np.flatnonzero(found == ABSENT)
        later = order[np.minimum(place[rows[left]] + rng.integers(1, farthest, left.size), order.size - 1)]
        wait = accepted[later] - lives.times[rows[left], AT["rate"]]
        fits = (cell[later] == cell[rows[left]]) & (wait > DAY) & (wait < REPEATED_WITHIN) & free[lives.rows[later]]
        chosen, once = np.unique(later[fits], return_index=True)
        found[left[fits][once]] = chosen
        free[lives.rows[chosen]] = False
    rows, later = rows[found != ABSENT], found[found != ABSENT]
    caller = lives.phone[lives.rows[rows]]
    same = lives.callback_phone[later] == lives.phone[lives.rows[later]]
    lives.callback_phone[later] = np.where(same, caller, lives.callback_phone[later])
    lives.phone[lives.rows[later]] = caller
    lives.is_repeat[lives.rows[later]] = True
