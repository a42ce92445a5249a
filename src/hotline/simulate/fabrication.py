"""What platforms do whose figures are false, in proportion to the share of their tickets that failed the audit.

Platforms of annex 2 with an audited closure rate below 100 % fabricate; the others have not one row here. Each
fabricated ticket has one kind, so that a detector can be scored kind by kind against the truth that is written beside
the warehouse, never into it.
"""

from __future__ import annotations

import numpy as np

from hotline.simulate.allocation import Allocation
from hotline.simulate.lifecycle import EXTENSION_DAYS, compress
from hotline.simulate.lives import Lives
from hotline.simulate.steps import ABSENT, AT, DISSATISFIED, HOUR, LATE_RETURN, MINUTE, SATISFIED
from hotline.simulate.texts import FAMILIES, TEMPLATES
from hotline.simulate.timing import DAY, due_times
from hotline.simulate.units import OPERATORS_A_PLATFORM

KINDS = (
    "",
    "rating_without_call",  # satisfied by default: no call in the log, no callback event
    "rated_without_event",  # the rating stands in the ticket alone
    "closed_without_handling",  # accepted, then closed: nothing between
    "callback_before_close",
    "callback_too_short",
    "callback_wrong_number",
    "callback_shared_number",
    "batch_close",  # many closures in one second by one operator
    "instant_close",  # closed seconds after acceptance
    "just_below_limit",
    "templated_text",
    "repeat_after_satisfied",
    "edit_after_archive",
    "return_before_deadline",
    "back_dated",
    "refiled_complaint",
    "volume_padding",
)
KIND = {name: code for code, name in enumerate(KINDS)}
COMPLAINT_KINDS = KINDS[1:16]
NEEDS_DAYS = ("return_before_deadline", "batch_close", "just_below_limit", "repeat_after_satisfied")
PUBLISHED_KINDS = ("rating_without_call", "closed_without_handling", "callback_too_short", "rated_without_event")
EARLIER = 0.6  # before 2024 there was less of it


def failure_shares(allocation: Allocation, platforms: list[str]) -> np.ndarray:
    """Share of checked tickets that failed, by platform index."""
    audited = {r["platform_code"]: float(r["audited_close_pct"]) for r in allocation.bulletin.spot_check}
    return np.array([1 - audited[p] / 100 for p in platforms])


def fabricate(lives: Lives, shares: np.ndarray, year: int, deadline: int, rng: np.random.Generator) -> None:
    """Choose kinds for the tickets of dishonest platforms and bend their lives accordingly."""
    shares = shares * 0.94 * (1 if year >= 2024 else EARLIER)
    n = lives.platform.size
    lives.kind, lives.is_repeat = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=bool)
    _choose_complaints(lives, shares, deadline, rng)
    _choose_consultations(lives, shares, rng)
    kind = lives.kind[lives.rows]
    for name, bend in _BENDS.items():
        chosen = np.flatnonzero(kind == KIND[name])
        if chosen.size:
            bend(lives, chosen, rng)
    compress(lives, deadline, rng)


def _choose_complaints(lives: Lives, shares: np.ndarray, deadline: int, rng: np.random.Generator) -> None:
    platform, n = lives.platform, lives.platform.size
    complaint = (lives.business_type == 0) & lives.dispatched & (lives.special == 0) & ~lives.is_complex
    guilty = complaint & (rng.random(n) < shares[platform])
    weights = _habits(shares.size)
    cumulative = np.cumsum(weights, axis=1)
    drawn = (rng.random(n)[:, None] > cumulative[platform]).sum(axis=1)
    drawn = np.minimum(drawn, len(COMPLAINT_KINDS) - 1) + 1

    # Batches need a day with many fabricated closures: large platforms clear their desks on certain days.
    clearing = (lives.accepted // DAY + platform) % 5 == 0
    large = shares[platform] > 0.4
    batch = guilty & clearing & large & (rng.random(n) < 0.5)
    drawn = np.where((drawn == KIND["batch_close"]) & ~batch, KIND["rating_without_call"], drawn)
    drawn = np.where(batch, KIND["batch_close"], drawn)
    near_end = lives.accepted > deadline - 8 * DAY
    for name in NEEDS_DAYS:
        drawn = np.where((drawn == KIND[name]) & near_end, KIND["rating_without_call"], drawn)
    lives.kind = np.where(guilty, drawn, 0)

    published = np.flatnonzero(lives.block.published)
    codes = np.array([KIND[name] for name in PUBLISHED_KINDS])
    lives.kind[published] = codes[lives.block.number[published] % codes.size]


def _habits(platforms: int) -> np.ndarray:
    """Platform x kind: each platform has favourite kinds, the same in every month; some kinds are rare everywhere."""
    rare = np.array([0.25 if kind == "return_before_deadline" else 1.0 for kind in COMPLAINT_KINDS])
    weights = np.array(
        [np.random.default_rng([12328, p]).dirichlet(np.full(rare.size, 4.0)) * rare for p in range(platforms)]
    )
    return weights / weights.sum(axis=1, keepdims=True)


def _choose_consultations(lives: Lives, shares: np.ndarray, rng: np.random.Generator) -> None:
    """Complaints filed as consultations about taxis, and callers who exist to be counted."""
    consultation = (lives.business_type == 1) & ~lives.dispatched
    draw = rng.random(lives.platform.size)
    taxi = lives.family == FAMILIES.index("taxi")
    refiled = consultation & taxi & (draw < 0.20 * shares[lives.platform])
    padded = consultation & ~taxi & (draw < 0.06 * shares[lives.platform])
    lives.refiled |= refiled
    lives.kind[refiled] = KIND["refiled_complaint"]
    lives.kind[padded] = KIND["volume_padding"]
    week = lives.accepted // (7 * DAY)
    lives.phone[padded] = 16_190_000_000 + lives.platform[padded] * 10_000 + week[padded] % 1000


# ---- one function a kind; ``r`` are rows of the dispatched tickets ---------------------------------------------
def _satisfied(lives: Lives, r: np.ndarray) -> None:
    """The ticket shows a satisfied rating and no rework, whatever its life was before."""
    for step in ("rate_again", "rework", "handle_2", "close_2", "fix", "callback_2", "rate_2"):
        lives.times[r, AT[step]] = ABSENT
    lives.rating[lives.rows[r]] = SATISFIED
    lives.first_rating[r] = SATISFIED


def _archive_after(lives: Lives, r: np.ndarray, start: np.ndarray, rng: np.random.Generator) -> None:
    lives.times[r, AT["review"]] = lives.times[r, AT["review_2"]] = ABSENT
    lives.times[r, AT["archive"]] = start + rng.integers(MINUTE, 30 * MINUTE, r.size)


def _rating_without_call(lives, r, rng):
    _satisfied(lives, r)
    lives.is_logged[r] = False
    lives.times[r, AT["callback"]] = ABSENT
    lives.times[r, AT["rate"]] = lives.times[r, AT["close"]] + rng.integers(0, 4, r.size)
    _archive_after(lives, r, lives.times[r, AT["rate"]], rng)


def _rated_without_event(lives, r, rng):
    _rating_without_call(lives, r, rng)
    lives.times[r, AT["rate"]] = ABSENT


def _closed_without_handling(lives, r, rng):
    _satisfied(lives, r)
    lives.times[np.ix_(r, range(AT["dispatch"], AT["close"]))] = ABSENT
    _archive_after(lives, r, lives.times[r, AT["rate"]], rng)


def _callback_before_close(lives, r, rng):
    _satisfied(lives, r)
    accepted, closed = lives.times[r, AT["accept"]], lives.times[r, AT["close"]]
    called = accepted + ((closed - accepted) * rng.uniform(0.2, 0.7, r.size)).astype(np.int64)
    lives.missed_calls[r] = 0
    lives.callback_seconds[r] = np.minimum(lives.callback_seconds[r], np.maximum(closed - called - 30, 6))
    lives.times[r, AT["callback"]] = called
    lives.times[r, AT["rate"]] = called + lives.callback_seconds[r]
    _archive_after(lives, r, closed, rng)


def _callback_too_short(lives, r, rng):
    _satisfied(lives, r)
    lives.missed_calls[r] = 0
    lives.callback_seconds[r] = rng.integers(1, 6, r.size)
    lives.times[r, AT["rate"]] = lives.times[r, AT["callback"]] + lives.callback_seconds[r]
    _archive_after(lives, r, lives.times[r, AT["rate"]], rng)


def _callback_wrong_number(lives, r, rng):
    _satisfied(lives, r)
    lives.callback_phone[r] = 16_180_000_000 + rng.integers(0, 10_000_000, r.size)
    _archive_after(lives, r, lives.times[r, AT["rate"]], rng)


def _callback_shared_number(lives, r, rng):
    _satisfied(lives, r)
    platform = lives.platform[lives.rows[r]]
    lives.callback_phone[r] = 16_170_000_000 + platform * 100 + rng.integers(0, 2, r.size)
    _archive_after(lives, r, lives.times[r, AT["rate"]], rng)


def _close_at(lives: Lives, r: np.ndarray, closed: np.ndarray, rng: np.random.Generator, quick: bool = False) -> None:
    """Move the closure: steps before it keep their proportions, callback and rating follow it."""
    _satisfied(lives, r)
    accepted, before = lives.times[r, AT["accept"]], lives.times[r, AT["close"]]
    factor = (closed - accepted) / np.maximum(before - accepted, 1)
    steps = np.arange(AT["dispatch"], AT["close"])
    old = lives.times[np.ix_(r, steps)]
    moved = accepted[:, None] + ((old - accepted[:, None]) * factor[:, None]).astype(np.int64)
    lives.times[np.ix_(r, steps)] = np.where(old == ABSENT, ABSENT, moved)
    lives.times[np.ix_(r, (AT["suspend"], AT["resume"]))] = ABSENT
    lives.times[r, AT["close"]] = closed
    low, high = (10 * MINUTE, 30 * MINUTE) if quick else (10 * MINUTE, 3 * HOUR)
    lives.times[r, AT["callback"]] = closed + rng.integers(low, high, r.size)
    lives.times[r, AT["rate"]] = lives.times[r, AT["callback"]] + lives.callback_seconds[r]
    _archive_after(lives, r, lives.times[r, AT["rate"]], rng)


def _batch_close(lives, r, rng):
    platform, day = lives.platform[lives.rows[r]], lives.times[r, AT["accept"]] // DAY
    second = (day * 7919 + platform * 104_729) % 900
    closed = (day + 1) * DAY + 8 * HOUR + second
    _close_at(lives, r, closed, rng)
    lives.closer[lives.rows[r]] = platform * OPERATORS_A_PLATFORM + OPERATORS_A_PLATFORM - 1


def _instant_close(lives, r, rng):
    _close_at(lives, r, lives.times[r, AT["accept"]] + rng.integers(4, 26, r.size), rng, quick=True)


def _just_below_limit(lives, r, rng):
    five_days = rng.random(r.size) < 0.05
    limit = np.where(five_days, 5 * DAY, DAY)
    _close_at(lives, r, lives.times[r, AT["accept"]] + limit - rng.integers(15, 240, r.size), rng, quick=True)


def _templated_text(lives, r, rng):
    _satisfied(lives, r)
    platform = lives.platform[lives.rows[r]]
    lives.template[r] = TEMPLATES.start + platform % TEMPLATES.length
    _archive_after(lives, r, lives.times[r, AT["rate"]], rng)


def _repeat_after_satisfied(lives, r, rng):
    """The same caller complains again of the same matter: a later ticket of the same cell gets the caller's number."""
    _satisfied(lives, r)
    _archive_after(lives, r, lives.times[r, AT["rate"]], rng)
    cell = lives.block.cell[lives.rows]
    order = np.lexsort((lives.times[:, AT["accept"]], cell))
    place = np.empty_like(order)
    place[order] = np.arange(order.size)
    found = np.zeros(r.size, dtype=bool)
    taken = np.zeros(order.size, dtype=bool)
    kind = lives.kind[lives.rows]
    for step in range(1, 30):
        later = place[r] + step
        target = order[np.minimum(later, order.size - 1)]
        gap = lives.times[target, AT["accept"]] - lives.times[r, AT["rate"]]
        fits = ~found & (later < order.size) & (cell[target] == cell[r]) & (gap > 2 * HOUR) & (gap < 12 * DAY)
        fits &= ~taken[target] & (
            (kind[target] == 0) | ((step > 12) & (kind[target] != KIND["repeat_after_satisfied"]))
        )
        for i in np.flatnonzero(fits):  # one at a time: two callers must not share a later ticket
            if not taken[target[i]]:
                taken[target[i]] = found[i] = True
                lives.callback_phone[target[i]] = np.where(
                    lives.callback_phone[target[i]] == lives.phone[lives.rows[target[i]]],
                    lives.phone[lives.rows[r[i]]],
                    lives.callback_phone[target[i]],
                )
                lives.phone[lives.rows[target[i]]] = lives.phone[lives.rows[r[i]]]
                lives.is_repeat[lives.rows[target[i]]] = True
    alone = r[~found]
    lives.kind[lives.rows[alone]] = KIND["rating_without_call"]
    _rating_without_call(lives, alone, rng)


def _edit_after_archive(lives, r, rng):
    _satisfied(lives, r)
    lives.first_rating[r] = DISSATISFIED
    _archive_after(lives, r, lives.times[r, AT["rate"]], rng)
    lives.times[r, AT["edit"]] = lives.times[r, AT["archive"]] + rng.integers(HOUR, 10 * HOUR, r.size)


def _return_before_deadline(lives, r, rng):
    """Back and forth between two units in the last minutes before the limit, which is then extended."""
    rows = lives.rows[r]
    due = lives.first_due[rows]
    _close_at(lives, r, due + rng.integers(2 * HOUR, 5 * HOUR, r.size), rng, quick=True)
    steps = ("return", "redispatch", "sign_2", "return_2", "redispatch_2", "sign_3")
    minutes = (22, 17, 13, 8, 5, 1)
    for step, before in zip(steps, minutes, strict=True):
        lives.times[r, AT[step]] = due - before * MINUTE + rng.integers(0, 50, r.size)
    lives.times[r, AT["extension"]] = due - 30
    lives.times[r, AT["first_contact"]] = due + 20 * MINUTE
    lives.times[r, AT["handle"]] = due + HOUR
    lives.due[rows] = due_times(due, EXTENSION_DAYS)
    lives.early_units[r] = np.column_stack([lives.unit[rows], lives.other_unit[r]])
    lives.return_reasons[r] = LATE_RETURN - rng.integers(0, 2, (r.size, 2))


def _back_dated(lives, r, rng):
    """Accepted hours before its number says: half on the same day, half on the day before."""
    rows = lives.rows[r]
    accepted = lives.accepted[rows]
    clock = accepted % DAY
    same_day = (clock * rng.uniform(0.25, 0.7, r.size)).astype(np.int64)
    first_of_month = np.array(accepted, dtype="datetime64[s]").astype("datetime64[D]").astype(object)
    is_first = np.array([d.day == 1 for d in first_of_month])
    day_before = clock + rng.integers(2 * HOUR, 9 * HOUR, r.size)
    shift = np.where(is_first | (rng.random(r.size) < 0.5), same_day, day_before)
    lives.accepted[rows] = accepted - shift
    lives.times[r, AT["accept"]] = accepted - shift


_BENDS = {
    "rating_without_call": _rating_without_call,
    "rated_without_event": _rated_without_event,
    "closed_without_handling": _closed_without_handling,
    "callback_before_close": _callback_before_close,
    "callback_too_short": _callback_too_short,
    "callback_wrong_number": _callback_wrong_number,
    "callback_shared_number": _callback_shared_number,
    "batch_close": _batch_close,
    "instant_close": _instant_close,
    "just_below_limit": _just_below_limit,
    "templated_text": _templated_text,
    "repeat_after_satisfied": _repeat_after_satisfied,
    "edit_after_archive": _edit_after_archive,
    "return_before_deadline": _return_before_deadline,
    "back_dated": _back_dated,
}
