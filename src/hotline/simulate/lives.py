"""A block of tickets as arrays: who called about what, when each step happened, how it was rated."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from hotline.simulate.allocation import TYPES, Allocation
from hotline.simulate.companies import TRADE
from hotline.simulate.numbering import Block, MonthPlan
from hotline.simulate.steps import ABSENT, AT, UNRATED
from hotline.simulate.texts import FAMILY_OF


@dataclass(frozen=True)
class Habits:
    """What each platform reports of itself (annex 1), by platform index; rates from 0 to 1.

    ``honest``: no check of the province found otherwise (annex 2).
    """

    close_minutes: np.ndarray
    within_24h: np.ndarray
    within_limit: np.ndarray
    instant: np.ndarray
    well_classified: np.ndarray
    honest: np.ndarray

    @classmethod
    def from_allocation(cls, allocation: Allocation, platforms: list[str]) -> Habits:
        rows = {r["platform_code"]: r for r in allocation.bulletin.indicators}
        audited = {r["platform_code"]: float(r["audited_close_pct"]) for r in allocation.bulletin.spot_check}

        def column(name: str, divisor: float = 100) -> np.ndarray:
            return np.array([float(rows[p][name]) for p in platforms]) / divisor

        return cls(
            column("complaint_avg_close_minutes", 1),
            column("complaint_24h_close_pct"),
            column("complaint_on_time_close_pct"),
            column("instant_answer_pct"),
            column("classification_accuracy_pct"),
            np.array([audited[p] == 100 for p in platforms]),
        )


@dataclass(frozen=True)
class CellCodes:
    """Cells of a month as arrays of codes."""

    platform: np.ndarray
    business_type: np.ndarray
    family: np.ndarray
    trade: np.ndarray

    @classmethod
    def of(cls, plan: MonthPlan, platforms: list[str]) -> CellCodes:
        cells = plan.cells
        return cls(
            cells["platform_code"].map({p: i for i, p in enumerate(platforms)}).to_numpy(dtype=np.int64),
            cells["business_type"].map({t: i for i, t in enumerate(TYPES)}).to_numpy(dtype=np.int64),
            cells["category"].map(FAMILY_OF).to_numpy(dtype=np.int64),
            cells["category"].map(TRADE).fillna(0).to_numpy(dtype=np.int64),
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

    ``rows`` are the positions of dispatched tickets, and ``times`` (rows x STEPS), ``first_rating``, ``again_rating``
    (of the step ``rate_again``), ``callback_seconds``, ``callback_phone``, ``is_logged`` (a call stands in the log),
    ``missed_calls``, ``clock`` (seconds that the telephone system is ahead), ``early_units`` (rows x 2: who had it before
    the first and the second return), ``other_unit``, ``return_reasons`` (rows x 2), ``reclassified``, ``review_failed``
    (rows x 2) and ``template`` belong to them.
    ``district``, ``company``: 0 is none. ``first_due``: before an extension. ``linked``: the earlier ticket of the same
    caller and matter that it was linked with, or ``ABSENT``. ``special``: why a complaint takes days (``closing``).
    What is special or complex is never fabricated.
    """

    block: Block
    platform: np.ndarray
    business_type: np.ndarray
    family: np.ndarray
    accepted: np.ndarray
    due: np.ndarray
    first_due: np.ndarray
    district: np.ndarray
    company: np.ndarray
    is_complex: np.ndarray
    special: np.ndarray
    linked: np.ndarray
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
    again_rating: np.ndarray
    callback_seconds: np.ndarray
    callback_phone: np.ndarray
    is_logged: np.ndarray
    missed_calls: np.ndarray
    clock: np.ndarray
    early_units: np.ndarray
    other_unit: np.ndarray
    return_reasons: np.ndarray
    reclassified: np.ndarray
    review_failed: np.ndarray
    template: np.ndarray
    refiled: np.ndarray
    kind: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    is_repeat: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=bool))

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
                    at[row] - (self.missed_calls[row] if step == "missed" else 0) + self.clock[row],
                    np.where(connected, self.callback_seconds[row], 0),
                    connected,
                    np.where(connected, rating, UNRATED),
                    self.callback_phone[row],
                    np.full(row.size, attempt),
                )
            )
        return Callbacks(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
