"""When the dispatched tickets are closed: as each platform's reported mean and rates say.

Where the province's checks refuted what a platform reports, some honest complaints take the days that such matters
take: complex ones, extended ones, suspended ones, late ones. The reported rates of these platforms leave them out.
"""

from __future__ import annotations

import numpy as np

from hotline.simulate.lives import Habits, Lives
from hotline.simulate.steps import HOUR, MINUTE
from hotline.simulate.timing import DAY

LONG, EXTENDED, SUSPENDED, LATE = 1, 2, 3, 4
"""Why a complaint takes days; 0: it does not."""
COMPLEX_SHARE, LONG_SHARE = 0.015, 0.006
SPECIAL_SHARES = {EXTENDED: 0.006, SUSPENDED: 0.005, LATE: 0.003}
LONGEST = 20 * DAY
"""Nobody draws a special complaint so late in a month that its end would not be delivered."""


def complexity(
    accepted: np.ndarray, eligible: np.ndarray, honest: np.ndarray, deadline: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Which of the ``eligible`` complaints are complex, and why which take days (codes, see ``LONG``)."""
    draw = np.where(eligible, rng.random(accepted.size), 1.0)
    ripens = ~honest & (accepted < deadline - LONGEST)
    special = np.zeros(accepted.size, dtype=np.int64)
    special[ripens & (draw < LONG_SHARE)] = LONG
    low = COMPLEX_SHARE
    for code, share in SPECIAL_SHARES.items():
        special[ripens & (draw >= low) & (draw < low + share)] = code
        low += share
    return draw < COMPLEX_SHARE, special


def close_after(lives: Lives, habits: Habits, deadline: int, rng: np.random.Generator) -> np.ndarray:
    """Seconds from acceptance to closure of the dispatched tickets; complaints of a platform meet its reported mean."""
    rows = lives.rows
    accepted, room = lives.accepted[rows], (lives.due - lives.accepted)[rows].astype(float)
    platform, complaint = lives.platform[rows], lives.business_type[rows] == 0
    mean = np.where(complaint, habits.close_minutes[platform], 280.0) * MINUTE
    longest = 23.3 * HOUR
    drawn = mean * np.exp(rng.normal(-0.15, 0.55, rows.size))
    drawn = np.where(drawn > longest, rng.uniform(6 * HOUR, longest, rows.size), drawn)
    slow = _slow_complaints(lives, habits, deadline, rng)
    shift, coin = rng.random(rows.size), rng.random(rows.size)
    usual = complaint & (lives.special[rows] == 0)
    steer = usual & np.isnan(slow)
    rests = mean > 2 * HOUR  # units that close within minutes work around the clock
    after = drawn
    for _ in range(10):  # folding the long tail and sparing the night move the mean: bring it back
        rested = np.where(rests, _avoid_night(accepted, drawn, longest, shift, coin), drawn)
        after = np.where(np.isnan(slow), rested, slow)
        size = habits.close_minutes.size
        wanted = habits.close_minutes * MINUTE * np.bincount(platform[usual], minlength=size)
        slow_part = np.bincount(platform[usual & ~steer], after[usual & ~steer], minlength=size)
        have = np.bincount(platform[steer], after[steer], minlength=size)
        ratio = np.divide(wanted - slow_part, have, out=np.ones(size), where=have > 0)
        drawn = np.where(steer, np.minimum(drawn * np.maximum(ratio, 0.05)[platform], longest), drawn)
    on_time = np.minimum(after, room - rng.uniform(300, 3000, rows.size))
    after = np.maximum(np.where(complaint, after, on_time), 75 + rng.integers(0, 45, rows.size))
    special = np.flatnonzero(lives.special[rows])
    after[special] = _special(lives, rows[special], rng)
    return after


def _special(lives: Lives, tickets: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Seconds to closure of the complaints that take days; they are closed in office hours."""
    accepted, due, why = lives.accepted[tickets], lives.due[tickets], lives.special[tickets]
    days = (due - accepted) // DAY
    within = accepted // DAY + 2 + (rng.random(tickets.size) * np.maximum(days - 3, 1)).astype(np.int64)
    beyond = due // DAY + np.where(why == SUSPENDED, 1, rng.integers(1, 4, tickets.size))
    closed = np.where(why == LONG, within, beyond) * DAY + rng.integers(9 * HOUR, 17 * HOUR, tickets.size)
    return closed - accepted


def _slow_complaints(lives: Lives, habits: Habits, deadline: int, rng: np.random.Generator) -> np.ndarray:
    """Seconds to closure of the complaints over 24 hours, some of them over the time limit; NaN for all others."""
    rows = lives.rows
    platform, complaint = lives.platform[rows], lives.business_type[rows] == 0
    slow = np.full(rows.size, np.nan)
    early = (lives.due[rows] < deadline - 2 * DAY) & (lives.special[rows] == 0) & ~lives.is_complex[rows]
    for p in np.flatnonzero(habits.within_24h < 1):
        mine = complaint & (platform == p)
        chosen = rng.permutation(np.flatnonzero(mine & early))
        chosen = chosen[: round(mine.sum() * (1 - habits.within_24h[p]))]
        late = chosen[: round(mine.sum() * (1 - habits.within_limit[p]))]
        slow[chosen] = rng.uniform(26 * HOUR, 60 * HOUR, chosen.size)
        limit = (lives.due - lives.accepted)[rows[late]]
        slow[late] = limit + rng.uniform(2 * HOUR, 20 * HOUR, late.size)
    return slow


def _avoid_night(
    accepted: np.ndarray, after: np.ndarray, longest: float, shift: np.ndarray, coin: np.ndarray
) -> np.ndarray:
    """Units do not close at night: half of what would end there is done in the evening, half the next morning.

    ``shift`` and ``coin`` are uniform draws.
    """
    hour = (accepted + after) % DAY / HOUR
    night = (hour >= 22.5) | (hour < 7)
    later = after + (7.5 - hour) % 24 * HOUR + shift * 2 * HOUR
    evening = after - ((hour - 21.5) % 24) * HOUR - shift * HOUR
    early = night & (coin < 0.5) & (evening > 0.3 * after)
    late = night & ~early & (later < longest)
    return np.where(early, evening, np.where(late, later, after))
