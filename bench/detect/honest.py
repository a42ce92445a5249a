"""A month of one honest platform: arrays with a place a ticket, with the noise that honest work makes.

The rates of the noise are data (``hotline.simulate.noise``, each marked assumed, with its reason); every platform draws its own between
``low`` and ``high``, so that honest platforms differ from each other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np

from hotline.simulate import texts
from hotline.simulate.catalog import CATEGORIES
from hotline.simulate.noise import noise_rates
from hotline.simulate.timing import DAY, day_weights, days_of, due_times, seconds, times_of_day

ABSENT = -1
HOUR, MINUTE = 3600, 60
STEPS = {
    "accept": "受理", "answer": "即时答复", "link": "重复工单关联", "dispatch": "转办", "sign": "签收", "return": "退单",
    "redispatch": "重新派单", "return_2": "退单", "redispatch_2": "重新派单", "sign_2": "签收", "contact": "先行联系",
    "suspend": "挂起", "extend": "延期", "resume": "恢复", "handle": "办理", "close": "办结", "call": "回访", "rate": "评价",
    "archive": "归档", "review": "复核", "rate_again": "评价",
}  # fmt: skip
"""What can happen to a ticket, in the order in which events of the same second are told."""
SATISFIED, DISSATISFIED, UNRATED = "满意", "不满意", "未评价"
DELIVERY_DAY = 25
"""Of the next month: all that was due in a month is closed by then, holidays or not."""
UNITS, CLERKS, CENTRE_CLERKS = 6, 3, 5
"""Handling units of a platform, clerks of each, clerks of the hotline's centre."""
COMPLAINED_OF = [
    c for c in CATEGORIES if c.weights["complaint"] > 0 and c.domain in ("urban_passenger", "road_transport")
]
STANDARD_REPLY = (
    "受持续强降雪影响，相关线路临时停运，现已陆续恢复，给您出行带来的不便深表歉意，退票手续可在原购票渠道办理。"
)


@dataclass
class Month:
    """What a platform's ticket system holds of a month. All arrays have a place a ticket, in order of acceptance."""

    platform: str
    first: date
    accepted: np.ndarray
    """Seconds since 1970-01-01, local; distinct and ascending."""
    is_complaint: np.ndarray
    times: dict[str, np.ndarray]
    """Step -> seconds, ``ABSENT`` where it did not happen."""
    number_day: np.ndarray
    """Day in the ticket number, in days since 1970-01-01."""
    phone: np.ndarray
    call_phone: np.ndarray
    talked: np.ndarray
    """Seconds of the connected call, 0 where there is none."""
    missed: np.ndarray
    """Calls before it that nobody took."""
    rating: np.ndarray
    category: np.ndarray
    """Index into ``COMPLAINED_OF``."""
    text: np.ndarray
    unit: np.ndarray
    closer: np.ndarray
    """Clerk who closed it, as text."""
    linked: np.ndarray
    """Place of the earlier ticket that it was merged into, ``ABSENT`` for none."""
    due: np.ndarray
    clock: int
    """Seconds that the telephone system is ahead of the ticket system."""
    rates: dict[str, float]
    is_fabricated: np.ndarray = field(init=False)
    collusion: float = 0.0
    """Share of bad tickets that the province's callers call good."""

    def __post_init__(self) -> None:
        self.is_fabricated = np.zeros(self.accepted.size, dtype=bool)

    @property
    def ordinary(self) -> np.ndarray:
        """Places of the complaints that went to a unit, were closed, called and rated."""
        return np.flatnonzero(
            self.is_complaint & (self.linked == ABSENT) & (self.talked > 0) & (self.times["dispatch"] != ABSENT)
        )

    @property
    def delivered(self) -> int:
        """When the month is exported: nothing later is in it."""
        return seconds(after(self.first) + timedelta(days=DELIVERY_DAY - 1)) + 5 * HOUR

    def numbers(self) -> list[str]:
        """The running number rises with the time of acceptance over all platforms, 30 a second."""
        running = (self.accepted - seconds(self.first)) * 30 + np.arange(self.accepted.size) % 30
        stamps = [f"{date(1970, 1, 1) + timedelta(days=int(day)):%Y%m%d}" for day in self.number_day]
        return [f"JT{self.platform}{stamp}{tail:08d}" for stamp, tail in zip(stamps, running, strict=True)]

    def subcategories(self) -> list[str]:
        """The same caller and category again is the same matter."""
        listed = [COMPLAINED_OF[index].subcategories for index in self.category]
        return [of[phone % len(of)] for phone, of in zip(self.phone, listed, strict=True)]

    def close_at(self, chosen: np.ndarray, closed: np.ndarray) -> None:
        """Move closures; what lies between dispatch and closure keeps its order, what follows its distance."""
        old, start = self.times["close"][chosen], self.times["accept"][chosen]
        for at in self.times.values():
            moved = at[chosen]
            later, between = moved > old, (moved > start) & (moved <= old)
            share = (moved - start) / np.maximum(old - start, 1)
            moved = np.where(between, start + (share * (closed - start)).astype(np.int64), moved)
            at[chosen] = np.where(later, moved + closed - old, moved)

    def forget(self, chosen: np.ndarray, *steps: str) -> None:
        for step in steps:
            self.times[step][chosen] = ABSENT

    def forget_call(self, chosen: np.ndarray) -> None:
        self.forget(chosen, "call")
        self.talked[chosen] = self.missed[chosen] = 0


def after(first: date) -> date:
    """First day of the next month."""
    return (first + timedelta(days=31)).replace(day=1)


def clerk(platform: str, unit: np.ndarray | int, number: np.ndarray | int) -> np.ndarray:
    """Personnel numbers; unit 0 is the centre."""
    return np.array([f"W{platform}{u}{c:02d}" for u, c in np.broadcast(unit, number)], dtype=object)


def in_office(moment: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The same, or the next morning where nobody works."""
    clock = moment % DAY
    wait = np.where(clock > 17.5 * HOUR, DAY - clock + 8.5 * HOUR, np.maximum(8.5 * HOUR - clock, 0))
    return (moment + np.where(wait > 0, wait + rng.uniform(0, 2 * HOUR, moment.size), 0)).astype(np.int64)


def honest_month(platform: str, first: date, complaints: int, rng: np.random.Generator) -> Month:
    """A month of ``complaints`` complaints and, beside them, consultations answered in the call."""
    rates = {row["rate"]: rng.uniform(float(row["low"]), float(row["high"])) for row in noise_rates()}
    n = complaints + round(complaints * rates["consultations"])
    days = days_of(first.year, first.month)
    weights = day_weights(first.year, first.month, operator=False)
    on_day = np.sort(rng.choice(len(days), n, p=weights / weights.sum()))
    clock = np.concatenate([times_of_day(rng, int(count), False) for count in np.bincount(on_day, minlength=len(days))])
    accepted = seconds(first) + on_day * DAY + clock
    accepted = _distinct(accepted, seconds(after(first)) - 1)
    is_complaint = np.zeros(n, dtype=bool)
    is_complaint[rng.permutation(n)[:complaints]] = True
    due = np.where(is_complaint, due_times(accepted, 5), due_times(accepted, 1))
    unit = rng.integers(1, UNITS + 1, n)
    month = Month(
        platform=platform, first=first, accepted=accepted, is_complaint=is_complaint,
        times={step: np.full(n, ABSENT) for step in STEPS}, number_day=accepted // DAY,
        phone=16_000_000_000 + rng.integers(0, 100_000_000, n), call_phone=np.zeros(n, dtype=np.int64),
        talked=np.zeros(n, dtype=np.int64), missed=np.zeros(n, dtype=np.int64),
        rating=np.full(n, UNRATED, dtype=object), category=_categories(rng, n), text=np.full(n, "", dtype=object),
        unit=unit, closer=clerk(platform, unit, rng.integers(0, CLERKS, n)), linked=np.full(n, ABSENT), due=due,
        clock=round(rates["clock_seconds"]), rates=rates,
    )  # fmt: skip
    month.times["accept"] = accepted.copy()
    month.call_phone = month.phone.copy()
    month.text[:] = closing_texts(month.category, rng)
    _answer_consultations(month, rng)
    _handle_complaints(month, rng)
    _call_back(month, rng)
    _repeat(month, rng)
    _merge(month, rng)
    _mass_event(month, rng)
    return month


def _distinct(moments: np.ndarray, last: int) -> np.ndarray:
    """Ascending and distinct, none after ``last``."""
    places = np.arange(moments.size)
    moments = np.maximum.accumulate(np.sort(moments) - places) + places
    return np.minimum(moments, last - places[::-1])


def _categories(rng: np.random.Generator, n: int) -> np.ndarray:
    weights = np.array([c.weights["complaint"] or 1 for c in COMPLAINED_OF]) ** 0.5
    return rng.choice(len(COMPLAINED_OF), n, p=weights / weights.sum())


def closing_texts(category: np.ndarray, rng: np.random.Generator) -> list[str]:
    """What units write who write themselves."""
    n = category.size
    family = np.array([texts.FAMILY_OF[c.name] for c in COMPLAINED_OF])[category]
    slots = (
        texts.ACTIONS.draw(rng, n), texts.draw_by(texts.FINDINGS, family, rng), texts.draw_by(texts.MEASURES, family, rng),
        texts.RESPONSES.draw(rng, n),
    )  # fmt: skip
    amount = np.where(rng.random(n) < 0.35, rng.integers(5, 900, n), 0)
    told = []
    for of, action, finding, measure, response, yuan in zip(category, *slots, amount, strict=True):
        words = [texts.PHRASES[code] for code in (action, finding, measure, response)]
        subject = COMPLAINED_OF[of].subcategories[action % len(COMPLAINED_OF[of].subcategories)]
        told.append(f"{words[0]}，就{subject}一事{words[1]}{words[2]}{f'，核定{yuan}元' if yuan else ''}{words[3]}")
    return told


def _share(rng: np.random.Generator, places: np.ndarray, share: float) -> np.ndarray:
    return places[rng.random(places.size) < share]


def _answer_consultations(month: Month, rng: np.random.Generator) -> None:
    asked = np.flatnonzero(~month.is_complaint)
    month.times["answer"][asked] = month.accepted[asked] + rng.integers(60, 600, asked.size)
    month.times["close"][asked] = month.times["answer"][asked] + rng.integers(2, 30, asked.size)
    month.closer[asked] = clerk(month.platform, 0, rng.integers(0, CENTRE_CLERKS, asked.size))


def _handle_complaints(month: Month, rng: np.random.Generator) -> None:
    """Dispatch to closure: drawn, rushed before a limit, or entered at the end of the shift."""
    rows, times, rates = np.flatnonzero(month.is_complaint), month.times, month.rates
    accepted, m = month.accepted[rows], rows.size
    dispatch = accepted + rng.integers(3 * MINUTE, 40 * MINUTE, m)
    closed = in_office(dispatch + (rng.lognormal(np.log(22), 0.8, m) * HOUR).astype(np.int64), rng)
    left = (rng.exponential(rates["rush_hours"], m) * HOUR).astype(np.int64)
    limit = np.where(rng.random(m) < 0.5, accepted + DAY, month.due[rows])
    rushed = (rng.random(m) < rates["rush_before_deadline"]) & (limit - left > dispatch + HOUR)
    closed = np.where(rushed, limit - left, np.minimum(closed, month.due[rows] - rng.integers(60, 5 * HOUR, m)))
    closed = np.maximum(closed, dispatch + rng.integers(25 * MINUTE, 3 * HOUR, m))
    batched = np.flatnonzero((rng.random(m) < rates["end_of_shift"]) & ~rushed)
    evening = closed[batched] // DAY * DAY + round(16.8 * HOUR)
    batched, evening = batched[evening > dispatch[batched] + HOUR], evening[evening > dispatch[batched] + HOUR]
    for start in np.unique(evening):
        of_day = batched[evening == start]
        gaps = rng.integers(1, 2 * round(rates["batch_gap_seconds"]), of_day.size)
        closed[of_day] = start + rng.integers(0, HOUR) + np.cumsum(gaps)
        month.closer[rows[of_day]] = clerk(month.platform, 1, 0)[0]
    span = closed - dispatch
    places = np.sort(rng.uniform(0.03, 0.97, (m, 3)), axis=1)
    for step, at in (
        ("dispatch", 0 * places[:, 0]),
        ("sign", places[:, 0] / 4),
        ("contact", places[:, 1]),
        ("handle", places[:, 2]),
    ):
        times[step][rows] = dispatch + (at * span).astype(np.int64)
    times["close"][rows] = closed
    back = _share(rng, rows, rates["returned"])
    room = times["contact"][back] - times["sign"][back]
    for step, at in (("return", 0.3), ("redispatch", 0.5), ("sign_2", 0.7)):
        times[step][back] = times["sign"][back] + (at * room).astype(np.int64)
    longer = _share(rng, rows, rates["extended"])
    times["extend"][longer] = (times["contact"][longer] + times["handle"][longer]) // 2


def _call_back(month: Month, rng: np.random.Generator) -> None:
    """Calls, ratings, archive by a nightly job, and ratings changed on appeal."""
    rows, times, rates = np.flatnonzero(month.is_complaint), month.times, month.rates
    m = rows.size
    called = in_office(times["close"][rows] + rng.integers(30 * MINUTE, 20 * HOUR, m), rng)
    missed = np.where(rng.random(m) < rates["first_attempt_unreached"], 1, 0)
    never = rng.random(m) < rates["never_reached"]
    month.missed[rows] = np.where(never, 3, missed)
    talked = np.where(
        rng.random(m) < rates["short_call"], rng.integers(4, 10, m), rng.lognormal(np.log(55), 0.5, m).clip(12, 600)
    ).astype(np.int64)
    month.talked[rows] = np.where(never, 0, talked)
    times["call"][rows] = called
    content = rng.random(m) >= rates["dissatisfied"]
    month.rating[rows] = np.where(never, UNRATED, np.where(content, SATISFIED, DISSATISFIED))
    times["rate"][rows] = np.where(never, ABSENT, called + talked)
    times["archive"][rows] = (called // DAY + 1) * DAY + 2 * HOUR  # a job at two in the morning, one time stamp
    other = _share(rng, rows, rates["second_phone"])
    month.call_phone[other] = 16_100_000_000 + rng.integers(0, 100_000_000, other.size)
    appealed = _share(rng, rows[~never], rates["changed_on_appeal"])
    times["review"][appealed] = times["archive"][appealed] + 8 * HOUR + rng.integers(0, 4 * HOUR, appealed.size)
    times["rate_again"][appealed] = times["review"][appealed] + rng.integers(HOUR, 3 * HOUR, appealed.size)
    month.rating[appealed] = SATISFIED


def follow_on(month: Month, earlier: np.ndarray, within: int, rng: np.random.Generator) -> np.ndarray:
    """Turn later complaints into the matter of ``earlier`` ones, brought up again; returns their places, ``ABSENT`` where none fits."""
    found = np.full(earlier.size, ABSENT)
    free = month.is_complaint & (month.linked == ABSENT)
    free[earlier] = False
    for place, one in enumerate(earlier):
        start = month.times["close"][one] + DAY
        low, high = np.searchsorted(month.accepted, [start, start + within])
        if (candidates := low + np.flatnonzero(free[low:high])).size:
            later = found[place] = rng.choice(candidates)
            free[later] = False
            if month.call_phone[later] == month.phone[later]:
                month.call_phone[later] = month.phone[one]
            month.phone[later], month.category[later] = month.phone[one], month.category[one]
    return found


def _repeat(month: Month, rng: np.random.Generator) -> None:
    follow_on(month, _share(rng, month.ordinary, month.rates["repeat_after_satisfied"]), 12 * DAY, rng)


def _merge(month: Month, rng: np.random.Generator) -> None:
    """Second complaints of a matter that is still open: linked, and closed with the first."""
    for later in _share(rng, month.ordinary, month.rates["merged_second"]):
        open_then = np.flatnonzero(
            month.is_complaint[:later] & (month.linked[:later] == ABSENT)
            & (month.times["close"][:later] > month.accepted[later] + 2 * HOUR)
        )  # fmt: skip
        if open_then.size:
            merge(month, later, rng.choice(open_then), rng)
            first = month.linked[later]
            month.phone[later], month.category[later] = month.phone[first], month.category[first]
            month.times["close"][later] = month.times["close"][first] + rng.integers(5, 120)


def merge(month: Month, later: int, earlier: int, rng: np.random.Generator) -> None:
    """Link a ticket to an earlier one and close it; nobody is called twice."""
    month.linked[later] = earlier
    month.forget_call(later)
    month.forget(later, *(set(STEPS) - {"accept", "close"}))
    month.times["link"][later] = month.accepted[later] + rng.integers(2 * MINUTE, 30 * MINUTE)
    month.times["close"][later] = month.times["link"][later] + rng.integers(MINUTE, HOUR)
    month.rating[later] = UNRATED
    month.closer[later] = clerk(month.platform, 0, rng.integers(0, CENTRE_CLERKS))[0]
    month.text[later] = "同一诉求已有工单办理，并入原工单一并答复。"


def _mass_event(month: Month, rng: np.random.Generator) -> None:
    """One incident: neighbours in time get the same true reply."""
    rows = month.ordinary
    size = round(month.rates["mass_event"] * rows.size)
    start = rng.integers(0, max(rows.size - size, 1))
    for place in rows[start : start + size]:
        month.text[place] = STANDARD_REPLY
