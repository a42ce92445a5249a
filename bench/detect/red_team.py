"""What a platform does that knows that somebody looks: kinds written from the design's list, before their author had read the
model of a signature (its description was known).

Nothing that detects imports this module, and a signature must not be tuned to it: then it would measure nothing. Each kind
changes ``chosen`` tickets of an honest month in place.
"""

from __future__ import annotations

import numpy as np
from honest import (
    ABSENT,
    CENTRE_CLERKS,
    CLERKS,
    DAY,
    HOUR,
    MINUTE,
    SATISFIED,
    STEPS,
    UNITS,
    UNRATED,
    Month,
    clerk,
    follow_on,
)
from honest import merge as link_and_close

COLLEAGUES = 200
AUDITED_WEEKDAY = 0


def rotating_phones(month: Month, chosen: np.ndarray, rng: np.random.Generator) -> None:
    """A colleague answers: a real call, long enough, first time, from a pool too large to stand out."""
    pool = 16_200_000_000 + rng.choice(100_000_000, COLLEAGUES, replace=False)
    month.call_phone[chosen] = rng.permutation(np.resize(pool, max(chosen.size, COLLEAGUES)))[: chosen.size]
    month.missed[chosen] = 0
    _content(month, chosen)


def pressed_caller(month: Month, chosen: np.ndarray, rng: np.random.Generator) -> None:
    """Called on the right number until the answer is the right one."""
    _content(month, chosen)


def spread_closures(month: Month, chosen: np.ndarray, rng: np.random.Generator) -> None:
    """Nobody works on it: closed at any second of the same or the next shift, by any clerk, a step entered before."""
    start = month.times["dispatch"][chosen]
    day = start // DAY + (start % DAY > 12 * HOUR)
    closed = np.maximum(day * DAY + rng.integers(9 * HOUR, round(17.4 * HOUR), chosen.size), start + 2 * HOUR)
    month.close_at(chosen, closed)
    month.closer[chosen] = clerk(
        month.platform, rng.integers(1, UNITS + 1, chosen.size), rng.integers(0, CLERKS, chosen.size)
    )
    _content(month, chosen)


def refused(month: Month, chosen: np.ndarray, rng: np.random.Generator) -> None:
    """The centre looks into it and finds it none of its business."""
    month.forget_call(chosen)
    month.forget(chosen, *(set(STEPS) - {"accept", "handle", "close"}))
    month.times["handle"][chosen] = month.accepted[chosen] + rng.integers(10 * MINUTE, 2 * HOUR, chosen.size)
    month.times["close"][chosen] = month.times["handle"][chosen] + rng.integers(5 * MINUTE, HOUR, chosen.size)
    month.rating[chosen] = UNRATED
    month.closer[chosen] = clerk(month.platform, 0, rng.integers(0, CENTRE_CLERKS, chosen.size))
    reasons = ("超出本部门职责", "诉求不属受理范围", "建议循司法途径解决", "缺少必要信息无法核查", "属企业自主经营事项")
    for place, reason in zip(chosen, rng.integers(0, len(reasons), chosen.size), strict=True):
        month.text[place] = f"经研判，{month.text[place][:8]}等情况{reasons[reason]}，已向来电人说明。"


def merged_into_stranger(month: Month, chosen: np.ndarray, rng: np.random.Generator) -> None:
    """Filed as the duplicate of a ticket of the same category, or any, that another caller opened before."""
    for later in chosen[chosen > 0]:
        before = np.flatnonzero(month.is_complaint[:later] & (month.linked[:later] == ABSENT))
        alike = before[month.category[before] == month.category[later]]
        if (open_to := alike if alike.size else before).size:
            link_and_close(month, later, rng.choice(open_to), rng)


def suspended(month: Month, chosen: np.ndarray, rng: np.random.Generator) -> None:
    """The clock stands still from the signature on, and is extended before it would run out."""
    latest = month.delivered - 6 * DAY
    start = month.times["dispatch"][chosen]
    closed = np.clip(
        start + rng.integers(8 * DAY, 20 * DAY, chosen.size), start + 2 * DAY, np.maximum(latest, start + 3 * DAY)
    )
    month.close_at(chosen, closed)
    signed, handled = month.times["sign"][chosen], month.times["handle"][chosen]
    month.times["suspend"][chosen] = np.minimum(signed + rng.integers(5 * MINUTE, HOUR, chosen.size), handled)
    month.times["extend"][chosen] = handled
    month.times["resume"][chosen] = np.maximum(closed - rng.integers(HOUR, 5 * HOUR, chosen.size), handled)


def reopened(month: Month, chosen: np.ndarray, rng: np.random.Generator) -> None:
    """Closed as satisfied; a ticket of the days after bears the matter under a new number."""
    _content(month, chosen)
    follow_on(month, chosen, 4 * DAY, rng)


def unaudited_days(month: Month, chosen: np.ndarray, rng: np.random.Generator) -> None:
    """Rated without a call; who was chosen on the day that is looked at is left in peace, another one is not."""
    weekday = (month.number_day + 3) % 7  # 1970-01-01 was a Thursday
    others = np.setdiff1d(month.ordinary[weekday[month.ordinary] != AUDITED_WEEKDAY], chosen)
    watched = weekday[chosen] == AUDITED_WEEKDAY
    month.is_fabricated[chosen[watched]] = False
    moved = rng.permutation(others)[: int(watched.sum())]
    month.is_fabricated[moved] = True
    chosen = np.r_[chosen[~watched], moved]
    _content(month, chosen)
    month.forget_call(chosen)


def entered_later(month: Month, chosen: np.ndarray, rng: np.random.Generator) -> None:
    """Whole days typed in from paper: as many days as hold as many tickets as were chosen, each closed within the day."""
    month.is_fabricated[chosen] = False
    days = rng.permutation(np.unique(month.number_day[month.ordinary]))
    taken = 0
    for day in days:
        of_day = month.ordinary[month.number_day[month.ordinary] == day]
        of_day = of_day[: chosen.size - taken]
        if not of_day.size:
            break
        taken += of_day.size
        month.is_fabricated[of_day] = True
        start = month.times["dispatch"][of_day]
        month.close_at(of_day, start + 3 * HOUR + rng.integers(0, 45 * MINUTE, of_day.size))
        _content(month, of_day)
        month.missed[of_day] = 0
        month.talked[of_day] = rng.integers(40, 80, of_day.size)


def colluding_callers(month: Month, chosen: np.ndarray, rng: np.random.Generator) -> None:
    """As ``pressed_caller``, and the province's own callers look away four times in five."""
    _content(month, chosen)
    month.collusion = 0.8


def _content(month: Month, chosen: np.ndarray) -> None:
    month.rating[chosen] = SATISFIED
