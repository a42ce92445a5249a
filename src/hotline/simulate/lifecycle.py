"""The life of a block of tickets: who calls, when each step happens, how it is rated.

Consultations answered in the call have three events. All others are dispatched and live in a matrix of times, one row
a ticket, one column a possible step (``STEPS``), ``ABSENT`` where the step does not happen. Times to closure follow
each platform's reported mean; what honest platforms report (closed in time, callbacks made) is so. Fabrication comes
afterwards (``fabrication``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from hotline.simulate.allocation import TYPES, Allocation
from hotline.simulate.numbering import Block, MonthPlan
from hotline.simulate.texts import FAMILY_OF
from hotline.simulate.timing import DAY, due_times
from hotline.simulate.units import CENTRE_OPERATORS, OPERATORS_A_PLATFORM, Units

ABSENT = -1
HOUR, MINUTE = 3600, 60

# Column of the time matrix -> event type (dbt seed event_types). The order breaks ties between equal times.
STEPS = [
    "accept",
    "dispatch",
    "sign",
    "return",
    "redispatch",
    "sign_2",
    "return_2",
    "redispatch_2",
    "sign_3",
    "first_contact",
    "urge",
    "supervise",
    "extension",
    "handle",
    "close",
    "callback",
    "rate",
    "rework",
    "handle_2",
    "close_2",
    "fix",
    "callback_2",
    "rate_2",
    "review",
    "archive",
    "edit",
]
AT = {name: i for i, name in enumerate(STEPS)}
EVENT_TYPES = {
    "accept": "受理",
    "instant_answer": "即时答复",
    "dispatch": "转办",
    "sign": "签收",
    "return": "退单",
    "redispatch": "重新派单",
    "first_contact": "先行联系",
    "urge": "催办",
    "supervise": "督办",
    "extension": "延期",
    "handle": "办理",
    "close": "办结",
    "callback": "回访",
    "rate": "评价",
    "rework": "重办",
    "fix": "差评整改",
    "review": "复核",
    "archive": "归档",
}
STEP_TYPE = ["rate" if s == "edit" else s.removesuffix("_2").removesuffix("_3") for s in STEPS]
RATINGS = ["非常满意", "满意", "基本满意", "不满意", "非常不满意", "未评价"]
SATISFIED, DISSATISFIED, UNRATED = 1, 3, 5
CHANNELS = ["12328电话", "96199电话", "12345转办", "12319转办", "微信小程序", "网站", "来信"]


@dataclass(frozen=True)
class Habits:
    """What each platform reports of itself (annex 1), by platform index; rates from 0 to 1."""

    close_minutes: np.ndarray
    within_24h: np.ndarray
    within_limit: np.ndarray
    instant: np.ndarray
    well_classified: np.ndarray

    @classmethod
    def from_allocation(cls, allocation: Allocation, platforms: list[str]) -> Habits:
        rows = {r["platform_code"]: r for r in allocation.bulletin.indicators}

        def column(name: str, divisor: float = 100) -> np.ndarray:
            return np.array([float(rows[p][name]) for p in platforms]) / divisor

        return cls(
            column("complaint_avg_close_minutes", 1),
            column("complaint_24h_close_pct"),
            column("complaint_on_time_close_pct"),
            column("instant_answer_pct"),
            column("classification_accuracy_pct"),
        )


@dataclass(frozen=True)
class CellCodes:
    """Cells of a month as arrays of codes."""

    platform: np.ndarray
    business_type: np.ndarray
    family: np.ndarray

    @classmethod
    def of(cls, plan: MonthPlan, platforms: list[str]) -> CellCodes:
        cells = plan.cells
        return cls(
            cells["platform_code"].map({p: i for i, p in enumerate(platforms)}).to_numpy(dtype=np.int64),
            cells["business_type"].map({t: i for i, t in enumerate(TYPES)}).to_numpy(dtype=np.int64),
            cells["category"].map(FAMILY_OF).to_numpy(dtype=np.int64),
        )


@dataclass
class Callbacks:
    """The telephone system's log: one entry a call. ``row`` indexes the dispatched tickets."""

    row: np.ndarray
    called_at: np.ndarray
    seconds: np.ndarray
    connected: np.ndarray
    rating: np.ndarray
    phone: np.ndarray
    attempt: np.ndarray


@dataclass
class Lives:
    """A block of tickets with everything that happened to them; arrays by ticket unless said otherwise.

    ``rows`` are the positions of dispatched tickets, and ``times`` (rows x STEPS), ``first_rating``,
    ``callback_seconds``, ``callback_phone``, ``is_logged`` (a call stands in the log), ``missed_calls`` belong to them.
    """

    block: Block
    platform: np.ndarray
    business_type: np.ndarray
    family: np.ndarray
    accepted: np.ndarray
    due: np.ndarray
    phone: np.ndarray
    channel: np.ndarray
    unit: np.ndarray
    centre_operator: np.ndarray
    unit_operator: np.ndarray
    closer: np.ndarray
    rating: np.ndarray
    answered: np.ndarray
    rows: np.ndarray
    times: np.ndarray
    first_rating: np.ndarray
    callback_seconds: np.ndarray
    callback_phone: np.ndarray
    is_logged: np.ndarray
    missed_calls: np.ndarray
    reclassified: np.ndarray
    template: np.ndarray
    refiled: np.ndarray
    kind: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    @cached_property
    def dispatched(self) -> np.ndarray:
        mask = np.zeros(self.platform.size, dtype=bool)
        mask[self.rows] = True
        return mask

    def callbacks(self) -> Callbacks:
        """The log: a missed first attempt for some, the call itself, the second call after a rework."""
        parts = []
        for step, attempt in (("missed", 1), ("callback", 2), ("callback_2", 3)):
            at = self.times[:, AT["callback" if step == "missed" else step]]
            made = (at != ABSENT) & self.is_logged
            if step == "missed":
                made &= self.missed_calls > 0
            row = np.flatnonzero(made)
            connected = np.full(row.size, step != "missed")
            rating = self.first_rating[row] if step == "callback" else self.rating[self.rows[row]]
            parts.append(
                (
                    row,
                    at[row] - (self.missed_calls[row] if step == "missed" else 0),
                    np.where(connected, self.callback_seconds[row], 0),
                    connected,
                    np.where(connected, rating, UNRATED),
                    self.callback_phone[row],
                    np.full(row.size, attempt),
                )
            )
        return Callbacks(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def live(
    block: Block, codes: CellCodes, habits: Habits, units: Units, deadline: int, rng: np.random.Generator
) -> Lives:
    """Draw the lives of a block. Every event lies before ``deadline`` (the delivery of the month's files)."""
    n = block.cell.size
    platform, business_type = codes.platform[block.cell], codes.business_type[block.cell]
    family = codes.family[block.cell]
    complaint, suggestion = business_type == 0, business_type == 2
    instant = ~complaint & ~suggestion & (rng.random(n) < habits.instant[platform])
    rows = np.flatnonzero(~instant)
    operator = rng.integers(0, CENTRE_OPERATORS, n)
    handler = rng.integers(CENTRE_OPERATORS, OPERATORS_A_PLATFORM, n)
    due = np.zeros(n, dtype=np.int64)
    for mask, days in ((complaint, 5), (~complaint, 1)):
        due[mask] = due_times(block.accepted[mask], days)
    answered = np.where(instant, block.accepted + 40 + rng.integers(0, 260, n), ABSENT)
    base = platform * OPERATORS_A_PLATFORM
    lives = Lives(
        block=block,
        platform=platform,
        business_type=business_type,
        family=family,
        accepted=block.accepted.copy(),
        due=due,
        phone=_phones(n, platform, complaint, rng),
        channel=_channels(n, codes, block, rng),
        unit=np.where(instant, units.centre[platform], units.draw(platform, family, rng)),
        centre_operator=base + operator,
        unit_operator=base + handler,
        closer=base + np.where(instant, operator, handler),
        rating=np.full(n, UNRATED),
        answered=answered,
        rows=rows,
        times=np.empty((0, len(STEPS)), dtype=np.int64),
        first_rating=np.empty(0),
        callback_seconds=25 + rng.gamma(2.0, 30.0, rows.size).astype(np.int64),
        callback_phone=np.empty(0),
        is_logged=np.ones(rows.size, dtype=bool),
        missed_calls=np.where(rng.random(rows.size) < 0.15, rng.integers(240, 560, rows.size), 0),
        reclassified=np.zeros(rows.size, dtype=bool),
        template=np.zeros(rows.size, dtype=np.int64),
        refiled=np.zeros(n, dtype=bool),
    )
    lives.callback_phone = lives.phone[rows].copy()
    _dispatch(lives, habits, deadline, rng)
    compress(lives, deadline, rng)
    return lives


def compress(lives: Lives, deadline: int, rng: np.random.Generator) -> None:
    """Shrink the lives that would outlast ``deadline``: order and proportions stay."""
    first = lives.times[:, AT["accept"]]
    last = lives.times.max(axis=1, initial=0)
    late = last > deadline - HOUR
    end = deadline - rng.integers(HOUR, 10 * HOUR, int(late.sum()))
    factor = (np.maximum(end - first[late], MINUTE)) / (last[late] - first[late])
    offset = (lives.times[late] - first[late, None]) * factor[:, None]
    lives.times[late] = np.where(lives.times[late] == ABSENT, ABSENT, first[late, None] + offset.astype(np.int64))


def _phones(n: int, platform: np.ndarray, complaint: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Most callers call once; some, mostly drivers with questions, call again and again."""
    regular = ~complaint & (rng.random(n) < 0.06)
    once = 16_000_000_000 + rng.integers(0, 100_000_000, n)
    again = 16_100_000_000 + platform * 1_000_000 + rng.integers(0, 4000, n)
    return np.where(regular, again, once)


def _channels(n: int, codes: CellCodes, block: Block, rng: np.random.Generator) -> np.ndarray:
    """The line itself carries nearly all; mini-program, web, merged lines and letters the rest."""
    operator = codes.platform[block.cell] == 0
    drawn = np.searchsorted(np.array([0.86, 0.92, 0.95, 0.985, 0.997, 1.0]), rng.random(n), side="right")
    city = np.array([0, 2, 3, 4, 5, 6])[np.minimum(drawn, 5)]
    return np.where(operator, np.where(drawn <= 2, 1, np.array([0, 2, 3, 4, 5, 6])[np.minimum(drawn, 5)]), city)


def _close_after(lives: Lives, habits: Habits, deadline: int, rng: np.random.Generator) -> np.ndarray:
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
    steer = complaint & np.isnan(slow)
    rests = mean > 2 * HOUR  # units that close within minutes work around the clock
    after = drawn
    for _ in range(10):  # folding the long tail and sparing the night move the mean: bring it back
        rested = np.where(rests, _avoid_night(accepted, drawn, longest, shift, coin), drawn)
        after = np.where(np.isnan(slow), rested, slow)
        size = habits.close_minutes.size
        wanted = habits.close_minutes * MINUTE * np.bincount(platform[complaint], minlength=size)
        slow_part = np.bincount(platform[complaint & ~steer], after[complaint & ~steer], minlength=size)
        have = np.bincount(platform[steer], after[steer], minlength=size)
        ratio = np.divide(wanted - slow_part, have, out=np.ones(size), where=have > 0)
        drawn = np.where(steer, np.minimum(drawn * np.maximum(ratio, 0.05)[platform], longest), drawn)
    on_time = np.minimum(after, room - rng.uniform(300, 3000, rows.size))
    return np.maximum(np.where(complaint, after, on_time), 75 + rng.integers(0, 45, rows.size))


def _slow_complaints(lives: Lives, habits: Habits, deadline: int, rng: np.random.Generator) -> np.ndarray:
    """Seconds to closure of the complaints over 24 hours, some of them over the time limit; NaN for all others."""
    rows = lives.rows
    platform, complaint = lives.platform[rows], lives.business_type[rows] == 0
    slow = np.full(rows.size, np.nan)
    early = lives.due[rows] < deadline - 2 * DAY
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


def _dispatch(lives: Lives, habits: Habits, deadline: int, rng: np.random.Generator) -> None:
    """Fill the time matrix of dispatched tickets, their ratings and due times."""
    rows = lives.rows
    m = rows.size
    accepted, complaint = lives.accepted[rows], lives.business_type[rows] == 0
    platform = lives.platform[rows]
    after = _close_after(lives, habits, deadline, rng)
    returned = rng.random(m) < np.where(complaint, 0.035, 0.015)
    twice = returned & (rng.random(m) < 0.15)
    rework = (rng.random(m) < 0.018) & (after < 24 * HOUR)
    after = np.where(rework, np.minimum(after * 0.45, 9 * HOUR), after)
    lives.reclassified = rng.random(m) < (1 - habits.well_classified[platform]) * 2

    happens = {
        "return": returned,
        "redispatch": returned,
        "sign_2": returned,
        "return_2": twice,
        "redispatch_2": twice,
        "sign_3": twice,
        "urge": complaint & (rng.random(m) < 0.02),
        "supervise": complaint & (rng.random(m) < 0.006),
        "extension": complaint & (after > 30 * HOUR),
    }
    fractions = {
        "accept": 0.0, "dispatch": 0.03, "sign": 0.10, "return": 0.16, "redispatch": 0.21, "sign_2": 0.27,
        "return_2": 0.32, "redispatch_2": 0.36, "sign_3": 0.42, "first_contact": 0.48, "urge": 0.58,
        "supervise": 0.64, "extension": 0.70, "handle": 0.78, "close": 1.0,
    }  # fmt: skip
    times = np.full((m, len(STEPS)), ABSENT, dtype=np.int64)
    for step, fraction in fractions.items():
        jitter = rng.random(m) * 0.04 if 0 < fraction < 1 else 0.0
        at = accepted + (after * (fraction + jitter)).astype(np.int64)
        times[:, AT[step]] = np.where(happens.get(step, np.ones(m, dtype=bool)), at, ABSENT)
    lives.due[rows] += np.where(happens["extension"] & (accepted + after < lives.due[rows]), 5 * DAY, 0)
    lives.times = times
    _after_close(lives, rework, rng)


def _after_close(lives: Lives, rework: np.ndarray, rng: np.random.Generator) -> None:
    """Callback, rating, rework of what was rated badly, review, archive."""
    rows, times = lives.rows, lives.times
    m = rows.size
    complaint = lives.business_type[rows] == 0
    closed = times[:, AT["close"]]
    called = closed + rng.integers(12 * MINUTE, 4 * HOUR, m)
    clock = called % DAY
    night = (clock < 8.5 * HOUR) | (clock > 20 * HOUR)
    morning = (called - clock) + np.where(clock > 12 * HOUR, DAY, 0) + int(8.6 * HOUR) + rng.integers(0, 2 * HOUR, m)
    called = np.where(night & ~rework, morning, called)
    called = np.where(rework, closed + rng.integers(12 * MINUTE, HOUR, m), called)
    rated = called + lives.callback_seconds
    satisfied = np.searchsorted([0.35, 0.9], rng.random(m), side="right")
    rating = np.where(~complaint & (rng.random(m) < 0.06), UNRATED, satisfied)
    lives.first_rating = np.where(rework, DISSATISFIED, rating)
    lives.rating[rows] = np.where(rework, satisfied, rating)

    pace = np.clip((closed - lives.accepted[rows]) / (3 * HOUR), 0.05, 1.0)  # quick units are quick at a rework too
    redo = rated + (pace * rng.integers(5 * MINUTE, HOUR, m)).astype(np.int64)
    handled = redo + (pace * rng.integers(HOUR, 3 * HOUR, m)).astype(np.int64)
    closed_again = handled + (pace * rng.integers(10 * MINUTE, HOUR, m)).astype(np.int64)
    called_again = closed_again + rng.integers(30 * MINUTE, 3 * HOUR, m)
    end = np.where(rework, called_again + lives.callback_seconds, rated)
    reviewed = end + rng.integers(5 * MINUTE, HOUR, m)
    review = lives.reclassified | (rng.random(m) < 0.03)
    columns = {
        "callback": (called, True),
        "rate": (rated, lives.first_rating != UNRATED),
        "rework": (redo, rework),
        "handle_2": (handled, rework),
        "close_2": (closed_again, rework),
        "fix": (closed_again + 60, rework),
        "callback_2": (called_again, rework),
        "rate_2": (called_again + lives.callback_seconds, rework),
        "review": (reviewed, review),
        "archive": (reviewed + rng.integers(5 * MINUTE, 2 * HOUR, m), True),
    }
    for step, (at, when) in columns.items():
        times[:, AT[step]] = np.where(when, at, ABSENT)

    # A bad review is fixed within the day and within the time limit, or the platform could not report what it does.
    limit = np.minimum(23.5 * HOUR, lives.due[rows] - lives.accepted[rows] - 10 * MINUTE)
    spent = times[:, AT["close_2"]] - lives.accepted[rows]
    tight = rework & (spent > limit)
    start = lives.accepted[rows][tight, None]
    shrunk = start + ((times[tight] - start) * (limit[tight] / spent[tight])[:, None]).astype(np.int64)
    times[tight] = np.where(times[tight] == ABSENT, ABSENT, shrunk)
