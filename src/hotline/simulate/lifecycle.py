"""The life of a block of tickets: who calls, when each step happens.

Consultations answered in the call have three events. All others are dispatched and live in a matrix of times, one row
a ticket, one column a possible step (``steps.STEPS``), ``ABSENT`` where the step does not happen. What honest platforms
report (closed in time, callbacks made) is so. Fabrication comes afterwards (``fabrication``).
"""

from __future__ import annotations

import numpy as np

from hotline.simulate.aftercare import follow_up
from hotline.simulate.closing import EXTENDED, LONG, SUSPENDED, close_after, complexity
from hotline.simulate.companies import NAMED as COMPANY_NAMED
from hotline.simulate.districts import NAMED, NAMED_IN_CALL
from hotline.simulate.lives import CellCodes, Habits, Lives
from hotline.simulate.numbering import Block
from hotline.simulate.steps import (
    ABSENT,
    AT,
    HOUR,
    INCOMPLETE,
    MINUTE,
    RETURN_SHARES,
    STEPS,
    UNRATED,
)
from hotline.simulate.texts import FAMILIES
from hotline.simulate.timing import due_times
from hotline.simulate.units import CENTRE_OPERATORS, OPERATORS_A_PLATFORM, Units

COMPLAINT_DAYS, COMPLEX_DAYS, OTHER_DAYS = 5, 15, 1
EXTENSION_DAYS = 5
"""Working days to the due time, and what an extension adds."""
BUSY = [FAMILIES.index(f) for f in ("taxi", "ride", "station")]
"""Matters that gather in some districts."""


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
    is_complex, special = complexity(
        block.accepted, complaint & ~block.published, habits.honest[platform], deadline, rng
    )
    due = np.zeros(n, dtype=np.int64)
    for mask, days in (
        (complaint & ~is_complex, COMPLAINT_DAYS),
        (is_complex, COMPLEX_DAYS),
        (~complaint, OTHER_DAYS),
    ):
        due[mask] = due_times(block.accepted[mask], days)
    unit, district, company = _addressees(codes, units, block, rows, rng)
    answered = np.where(instant, block.accepted + 40 + rng.integers(0, 260, n), ABSENT)
    base = platform * OPERATORS_A_PLATFORM
    lives = Lives(
        block=block,
        platform=platform,
        business_type=business_type,
        family=family,
        accepted=block.accepted.copy(),
        due=due,
        first_due=due,
        district=district,
        company=company,
        is_complex=is_complex,
        special=special,
        linked=np.full(n, ABSENT),
        phone=_phones(n, platform, complaint, rng),
        channel=_channels(n, codes, block, rng),
        unit=unit,
        centre_operator=base + operator,
        unit_operator=base + handler,
        closer=base + np.where(instant, operator, handler),
        rating=np.full(n, UNRATED),
        answered=answered,
        rows=rows,
        times=np.empty((0, len(STEPS)), dtype=np.int64),
        first_rating=np.empty(0),
        again_rating=np.empty(0),
        callback_seconds=25 + rng.gamma(2.0, 30.0, rows.size).astype(np.int64),
        callback_phone=np.empty(0),
        is_logged=np.ones(rows.size, dtype=bool),
        missed_calls=np.where(rng.random(rows.size) < 0.15, rng.integers(240, 560, rows.size), 0),
        clock=np.zeros(rows.size, dtype=np.int64),
        early_units=np.empty((0, 2), dtype=np.int64),
        other_unit=units.another(unit[rows], platform[rows], family[rows], district[rows], rng),
        return_reasons=np.empty((0, 2), dtype=np.int64),
        reclassified=rng.random(rows.size) < (1 - habits.well_classified[platform[rows]]) * 2,
        review_failed=np.empty((0, 2), dtype=bool),
        template=np.zeros(rows.size, dtype=np.int64),
        refiled=np.zeros(n, dtype=bool),
    )
    lives.callback_phone = lives.phone[rows].copy()
    _dispatch(lives, habits, units, deadline, rng)
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


def _addressees(
    codes: CellCodes, units: Units, block: Block, rows: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Unit, district and company of each ticket: a company that handles a complaint is the one complained about."""
    cell, n = block.cell, block.cell.size
    platform, family = codes.platform[cell], codes.family[cell]
    named = rng.random(n) < NAMED_IN_CALL
    named[rows] = rng.random(rows.size) < NAMED
    district = np.where(named, units.districts.draw(platform, np.isin(family, BUSY), rng), 0)
    unit = units.centre[platform]
    unit[rows] = units.draw(platform[rows], family[rows], district[rows], rng)
    company = np.zeros(n, dtype=np.int64)
    about = rows[(codes.business_type[cell[rows]] == 0) & (rng.random(rows.size) < COMPANY_NAMED)]
    handling = units.company_of[unit[about]]
    trade = codes.trade[cell[about]]
    drawn = units.companies.draw(platform[about], trade, rng)
    company[about] = np.where((handling > 0) & (trade > 0), handling, drawn)
    return unit, district, company


def _dispatch(lives: Lives, habits: Habits, units: Units, deadline: int, rng: np.random.Generator) -> None:
    """Fill the time matrix of dispatched tickets, their ratings and due times."""
    rows = lives.rows
    m = rows.size
    accepted, complaint = lives.accepted[rows], lives.business_type[rows] == 0
    special = lives.special[rows]
    after = close_after(lives, habits, deadline, rng)
    returned = rng.random(m) < np.where(complaint, 0.035, 0.015)
    twice = returned & (rng.random(m) < 0.25)
    rework = (rng.random(m) < 0.018) & (after < 24 * HOUR)
    after = np.where(rework, np.minimum(after * 0.45, 9 * HOUR), after)
    room = lives.due[rows] - accepted
    granted = complaint & (after > 26 * HOUR) & (after <= room) & ~lives.is_complex[rows] & (rng.random(m) < 0.6)
    extended = (special == EXTENDED) | (granted & (special == 0))
    waits = np.where(special == LONG, 0.3, np.where(after > 3 * HOUR, 0.012, 0.0))
    suspended = (special == SUSPENDED) | (~extended & (rng.random(m) < waits))

    happens = {
        "link": np.zeros(m, dtype=bool),
        "return": returned,
        "redispatch": returned,
        "sign_2": returned,
        "return_2": twice,
        "redispatch_2": twice,
        "sign_3": twice,
        "suspend": suspended,
        "resume": suspended,
        "urge": complaint & (rng.random(m) < 0.02),
        "supervise": complaint & (rng.random(m) < 0.006),
        "extension": extended,
    }
    fractions = {
        "accept": 0.0, "dispatch": 0.03, "sign": 0.10, "return": 0.16, "redispatch": 0.21, "sign_2": 0.27,
        "return_2": 0.32, "redispatch_2": 0.365, "sign_3": 0.42, "first_contact": 0.48, "suspend": 0.525,
        "urge": 0.58, "supervise": 0.64, "resume": 0.66, "extension": 0.70, "handle": 0.815, "close": 1.0,
    }  # fmt: skip
    times = np.full((m, len(STEPS)), ABSENT, dtype=np.int64)
    for step, fraction in fractions.items():
        jitter = rng.random(m) * (0.04 if step != "suspend" else 0.005) if 0 < fraction < 1 else 0.0
        at = accepted + (after * (fraction + jitter)).astype(np.int64)
        times[:, AT[step]] = np.where(happens.get(step, np.ones(m, dtype=bool)), at, ABSENT)
    long_pause = suspended & (special > 0)
    times[long_pause, AT["resume"]] = (accepted + (after * 0.8).astype(np.int64))[long_pause]
    _extend(lives, times, extended, rng)
    _hand_over(lives, units, returned, twice, rng)
    lives.times = times
    follow_up(lives, habits, rework, rng)


def _extend(lives: Lives, times: np.ndarray, extended: np.ndarray, rng: np.random.Generator) -> None:
    """An extension is granted before the due time, which it moves."""
    tickets = lives.rows[extended]
    granted = times[extended, AT["extension"]]
    latest = lives.due[tickets] - rng.integers(HOUR, 20 * HOUR, tickets.size)
    times[extended, AT["extension"]] = np.minimum(granted, latest)
    lives.due = lives.due.copy()
    lives.due[tickets] = due_times(lives.first_due[tickets], EXTENSION_DAYS)


def _hand_over(lives: Lives, units: Units, returned: np.ndarray, twice: np.ndarray, rng: np.random.Generator) -> None:
    """Who had a ticket before it was returned, and why: mostly another unit was meant, at times the papers lacked.

    Of those returned twice nearly half go back to the unit that returned them first.
    """
    m = lives.rows.size
    final, other = lives.unit[lives.rows], lives.other_unit
    reasons = rng.choice(len(RETURN_SHARES), (m, 2), p=RETURN_SHARES)
    reasons[rng.random(m) < 0.15, 0] = INCOMPLETE
    to_and_fro = twice & (rng.random(m) < 0.45)
    reasons[to_and_fro, 0] = np.maximum(reasons[to_and_fro, 0], 1)
    lives.return_reasons = reasons
    first = np.where(returned & (reasons[:, 0] != INCOMPLETE) & ~to_and_fro, other, final)
    second = final.copy()
    second[to_and_fro] = other[to_and_fro]
    third = np.flatnonzero(twice & ~to_and_fro)
    ticket = lives.rows[third]
    second[third] = units.another(
        first[third], lives.platform[ticket], lives.family[ticket], lives.district[ticket], rng
    )
    lives.early_units = np.column_stack([first, second])
