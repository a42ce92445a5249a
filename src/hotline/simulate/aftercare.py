"""What follows a closure: callback, rating, rework of what was rated badly, review, archive.

Ratings change in both directions: a bad one after a rework, a good one when the caller rings again. Honest platforms
fix every bad review and none of their reports fails a second review, as they say; of complaints of a platform that was
refuted, and of other matters in the ``CARELESS`` cities, some bad reviews stay as they are.
"""

from __future__ import annotations

import numpy as np

from hotline.simulate.lives import Habits, Lives
from hotline.simulate.steps import ABSENT, AT, DISSATISFIED, HOUR, MINUTE, SATISFIED, UNRATED
from hotline.simulate.timing import DAY

CARELESS = 4
"""Every fourth platform leaves bad reviews of what is no complaint without a fix."""
CHANGED_MIND = 0.25
"""Share of reworks whose caller was satisfied at first."""


def follow_up(lives: Lives, habits: Habits, rework: np.ndarray, rng: np.random.Generator) -> None:
    """Fill the steps after the closure; ``rework``: the tickets (rows) that are handled again after a bad review."""
    rows, times = lives.rows, lives.times
    m = rows.size
    platform = lives.platform[rows]
    closed = times[:, AT["close"]]
    called = closed + rng.integers(12 * MINUTE, 4 * HOUR, m)
    clock = called % DAY
    night = (clock < 8.5 * HOUR) | (clock > 20 * HOUR)
    morning = (called - clock) + np.where(clock > 12 * HOUR, DAY, 0) + int(8.6 * HOUR) + rng.integers(0, 2 * HOUR, m)
    called = np.where(night & ~rework, morning, called)
    called = np.where(rework, closed + rng.integers(12 * MINUTE, HOUR, m), called)
    rated = called + lives.callback_seconds
    turned, neglected = _ratings(lives, habits, rework, rng)

    pace = np.clip((closed - lives.accepted[rows]) / (3 * HOUR), 0.05, 1.0)  # quick units are quick at a rework too
    again = rated + np.where(rework, pace * rng.integers(5 * MINUTE, HOUR, m), rng.integers(HOUR, 20 * HOUR, m)).astype(
        np.int64
    )
    has_again = turned | (rework & (lives.first_rating == SATISFIED))
    redo = np.where(has_again, again, rated) + (pace * rng.integers(5 * MINUTE, HOUR, m)).astype(np.int64)
    handled = redo + (pace * rng.integers(HOUR, 3 * HOUR, m)).astype(np.int64)
    closed_again = handled + (pace * rng.integers(10 * MINUTE, HOUR, m)).astype(np.int64)
    called_again = closed_again + rng.integers(30 * MINUTE, 3 * HOUR, m)
    fixed = np.where(rework, closed_again + 60, again + rng.integers(HOUR, 6 * HOUR, m))
    fix = rework | (turned & ~neglected)
    end = np.where(rework, called_again + lives.callback_seconds, np.where(fix, fixed, np.where(turned, again, rated)))

    reviewed = end + rng.integers(5 * MINUTE, HOUR, m)
    review = lives.reclassified | (rng.random(m) < 0.03)
    failed = review & ~lives.reclassified & (rng.random(m) < 0.12)
    failed_again = failed & ~habits.honest[platform] & (rng.random(m) < 0.3)
    lives.review_failed = np.column_stack([failed, failed_again])
    reviewed_again = reviewed + rng.integers(2 * HOUR, 20 * HOUR, m)
    archived = np.where(failed, reviewed_again, reviewed) + rng.integers(5 * MINUTE, 2 * HOUR, m)
    columns = {
        "callback": (called, True),
        "rate": (rated, lives.first_rating != UNRATED),
        "rate_again": (again, has_again),
        "rework": (redo, rework),
        "handle_2": (handled, rework),
        "close_2": (closed_again, rework),
        "fix": (fixed, fix),
        "callback_2": (called_again, rework),
        "rate_2": (called_again + lives.callback_seconds, rework),
        "review": (reviewed, review),
        "review_2": (reviewed_again, failed),
        "archive": (archived, True),
    }
    for step, (at, when) in columns.items():
        times[:, AT[step]] = np.where(when, at, ABSENT)
    _hurry(lives, rework)


def _ratings(
    lives: Lives, habits: Habits, rework: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draw all ratings; returns who takes a good one back (``turned``) and whose bad ones nobody fixes."""
    m, platform = lives.rows.size, lives.platform[lives.rows]
    complaint = lives.business_type[lives.rows] == 0
    open_to_bad = ~rework & ~(complaint & habits.honest[platform])
    neglected = np.where(complaint, ~habits.honest[platform], platform % CARELESS == 1)
    satisfied = np.searchsorted([0.35, 0.9], rng.random(m), side="right")
    rating = np.where(~complaint & (rng.random(m) < 0.06), UNRATED, satisfied)
    mood = rng.random(m)
    turned = open_to_bad & (rating != UNRATED) & (mood < 0.008)
    bad = open_to_bad & neglected & (mood > 0.985)
    changed = rework & (mood < CHANGED_MIND)
    lives.first_rating = np.where(bad | rework & ~changed, DISSATISFIED, np.where(changed, SATISFIED, rating))
    lives.again_rating = np.full(m, DISSATISFIED)
    lives.rating[lives.rows] = np.where(turned | bad, DISSATISFIED, np.where(rework, satisfied, rating))
    return turned, neglected


def _hurry(lives: Lives, rework: np.ndarray) -> None:
    """A bad review is fixed within the day and within the time limit, or the platform could not report what it does."""
    rows, times = lives.rows, lives.times
    limit = np.minimum(23.5 * HOUR, lives.due[rows] - lives.accepted[rows] - 10 * MINUTE)
    spent = times[:, AT["close_2"]] - lives.accepted[rows]
    tight = rework & (spent > limit)
    start = lives.accepted[rows][tight, None]
    shrunk = start + ((times[tight] - start) * (limit[tight] / spent[tight])[:, None]).astype(np.int64)
    times[tight] = np.where(times[tight] == ABSENT, ABSENT, shrunk)
