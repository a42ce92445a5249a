"""Ticket numbers, and the plan of a month: which ticket comes when and bears which number.

``JT`` + city code (6) + yyyyMMdd (8) + running number (8). One sequence is shared by the 14 cities and rises with the
time of acceptance; numbers that no ticket bears are gaps. The nine published problem tickets of September 2024 lie on
that sequence: about 1 050 numbers a day between the 12th and the 29th. The cities' 805 tickets a day fit in there;
the expressway operator's 7 300 do not, so its prefix 210000 has a sequence of its own.

With ``scale`` above 1 there is no room on the published sequence: numbers then run on without regard to it, and the
nine tickets are not planted. Below 1 each is planted as long as its platform still has a complaint that month.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd

from hotline.errors import HotlineError
from hotline.simulate.allocation import Allocation
from hotline.simulate.fit import largest_remainder
from hotline.simulate.reference import BULLETIN_MONTH
from hotline.simulate.targets import OPERATOR
from hotline.simulate.timing import day_weights, days_of, seconds, times_of_day

TICKET_NO = re.compile(r"JT(\d{6})(\d{8})(\d{8})")
OPERATOR_PREFIX = 210000
SPREAD = 1.30  # running numbers for each city ticket; the rest are gaps
OPERATOR_EPOCH = date(2014, 1, 1)
OPERATOR_NUMBERS_A_DAY = 8_400
BLOCK = 250_000

# First running number of days in September 2024, such that every published number falls on the day it states.
FIRST_NUMBER = {1: 51859300, 12: 51870760, 13: 51871780, 14: 51872720, 15: 51873740, 29: 51888400, 30: 51889450}
NEXT_MONTH_NUMBER = 51890500


@dataclass(frozen=True)
class Block:
    """Some days of a month's tickets in order of acceptance, cities before the operator on each day.

    ``cell`` indexes the month's cells; ``accepted`` is in local seconds; ``published`` marks the nine numbers.
    """

    cell: np.ndarray
    accepted: np.ndarray
    number: np.ndarray
    published: np.ndarray


@dataclass(frozen=True)
class PublishedNumber:
    platform_code: str
    day: date
    number: int


def decode(ticket_no: str) -> tuple[str, date, int]:
    """City code, date and running number of a ticket number. Raises HotlineError when it is none."""
    match = TICKET_NO.fullmatch(ticket_no)
    if match is None:
        raise HotlineError(f"{ticket_no!r} is not a ticket number", "expected JT and 22 digits")
    code, day, number = match.groups()
    return code, date(int(day[:4]), int(day[4:6]), int(day[6:])), int(number)


@dataclass(frozen=True)
class NumberLine:
    """First running number of every day for cities and operator."""

    allocation: Allocation

    @cached_property
    def published(self) -> list[PublishedNumber]:
        return [
            PublishedNumber(row["platform_code"], *decode(row["ticket_no"])[1:])
            for row in self.allocation.bulletin.problem_tickets
        ]

    def city_edges(self, year: int, month: int) -> np.ndarray:
        """First running number of each day and of the day after the month, at scale 1."""
        if (year, month) == BULLETIN_MONTH:
            days = np.r_[list(FIRST_NUMBER), 31]
            first = np.r_[list(FIRST_NUMBER.values()), NEXT_MONTH_NUMBER]
            return np.interp(np.arange(1, 32), days, first).astype(np.int64)
        start, weights = self._month_start(year, month), day_weights(year, month, operator=False)
        share = np.cumsum(weights) / weights.sum()
        return start + np.r_[0, np.rint(share * self._span(year, month))].astype(np.int64)

    def _month_start(self, year: int, month: int) -> int:
        """Walk from September 2024, month by month."""
        goal, at = year * 12 + month - 1, BULLETIN_MONTH[0] * 12 + BULLETIN_MONTH[1] - 1
        number = FIRST_NUMBER[1] if goal < at else NEXT_MONTH_NUMBER
        if goal < at:
            return number - sum(self._span(m // 12, m % 12 + 1) for m in range(goal, at))
        return number + sum(self._span(m // 12, m % 12 + 1) for m in range(at + 1, goal))

    def _span(self, year: int, month: int) -> int:
        cells = self.allocation.base_months[Allocation.nearest_base(year, month)]
        return int(np.ceil(SPREAD * cells["tickets"][cells["platform_code"] != OPERATOR].sum()))


class MonthPlan:
    """The tickets of one month in blocks of whole or part days, so that any scale streams."""

    def __init__(
        self, line: NumberLine, year: int, month: int, scale: float, seed: int, first: tuple[int, int] = (1, 1)
    ) -> None:
        """``first``: where the cities' and the operator's numbers start when ``scale`` is above 1."""
        self.year, self.month, self.scale, self.line = year, month, scale, line
        self.cells: pd.DataFrame = line.allocation.cells(year, month, scale)
        self.rng = np.random.default_rng([seed, year, month])
        operator = (self.cells["platform_code"] == OPERATOR).to_numpy()
        self._shuffled = [self._shuffle(np.flatnonzero(~operator)), self._shuffle(np.flatnonzero(operator))]
        self._counts = [
            largest_remainder(day_weights(year, month, operator=bool(k)), part.size)
            for k, part in enumerate(self._shuffled)
        ]
        self.next_number = list(first)
        if scale <= 1:
            days = (date(year, month, 1) - OPERATOR_EPOCH).days
            self.next_number[1] = max(1, days * OPERATOR_NUMBERS_A_DAY)

    @property
    def tickets(self) -> int:
        return int(self.cells["tickets"].sum())

    def _shuffle(self, cells: np.ndarray) -> np.ndarray:
        """One entry a ticket, two bytes each: 50 million fit in 100 MB."""
        drawn = np.repeat(cells.astype(np.int16), self.cells["tickets"].to_numpy()[cells])
        self.rng.shuffle(drawn)
        return drawn

    def blocks(self) -> Iterator[Block]:
        """The month in order; a block has at most ``BLOCK`` tickets unless a single day is larger: that is cut."""
        waiting: list[Block] = []
        size = 0
        edges = self.line.city_edges(self.year, self.month) if self.scale <= 1 else None
        begin = [0, 0]
        for index, day in enumerate(days_of(self.year, self.month)):
            for k in (0, 1):
                count = int(self._counts[k][index])
                cells = self._shuffled[k][begin[k] : begin[k] + count].astype(np.int64)
                begin[k] += count
                accepted = seconds(day) + times_of_day(self.rng, count, operator=bool(k))
                published = np.zeros(count, dtype=bool)
                if k == 0 and edges is not None:
                    number = self._numbers_between(edges[index], edges[index + 1], count, day)
                    published = self._plant(cells, number, day)
                else:
                    number = self.next_number[k] + np.cumsum(1 + (self.rng.random(count) < 0.04)) - 1
                    self.next_number[k] = int(number[-1]) + 1 if count else self.next_number[k]
                for cut in range(0, count, BLOCK):
                    part = slice(cut, cut + BLOCK)
                    block = Block(cells[part], accepted[part], number[part], published[part])
                    if size and size + block.cell.size > BLOCK:
                        yield _join(waiting)
                        waiting, size = [], 0
                    waiting.append(block)
                    size += block.cell.size
        if max(self.next_number) > 10**8:
            raise HotlineError("running numbers have eight digits: too many tickets", "use a smaller --scale")
        if size:
            yield _join(waiting)

    def _numbers_between(self, low: int, high: int, count: int, day: date) -> np.ndarray:
        """``count`` rising numbers of a day, the published ones among them."""
        planted = np.array([p.number for p in self.line.published if p.day == day], dtype=np.int64)[:count]
        if count > high - low:
            raise HotlineError(f"{count} tickets do not fit into the numbers of {day}", "use --scale 1 or less")
        free = np.setdiff1d(np.arange(low, high), planted)
        chosen = self.rng.choice(free, count - planted.size, replace=False)
        return np.sort(np.r_[chosen, planted])

    def _plant(self, cells: np.ndarray, number: np.ndarray, day: date) -> np.ndarray:
        """Give each published number of the day a complaint of its platform, in exchange for another ticket."""
        published = np.zeros(cells.size, dtype=bool)
        platform = self.cells["platform_code"].to_numpy()
        complaint = (self.cells["business_type"] == "complaint").to_numpy()
        for wanted in (p for p in self.line.published if p.day == day):
            place = np.flatnonzero(number == wanted.number)
            if not place.size:
                continue
            here = place[0]
            fits = complaint[cells] & (platform[cells] == wanted.platform_code) & ~published
            if fits.any():
                donor = np.flatnonzero(fits)[np.abs(np.flatnonzero(fits) - here).argmin()]
                cells[here], cells[donor] = cells[donor], cells[here]
            elif not self._exchange_with_later(cells, here, wanted.platform_code, day):
                continue
            published[here] = True
        return published

    def _exchange_with_later(self, cells: np.ndarray, here: int, platform_code: str, day: date) -> bool:
        """The day has no such complaint left: take one of a later day and put this ticket there."""
        later = self._shuffled[0][int(self._counts[0][: day.day].sum()) :]
        wanted = (self.cells["platform_code"] == platform_code) & (self.cells["business_type"] == "complaint")
        found = np.flatnonzero(wanted.to_numpy()[later])
        if not found.size:
            return False
        later[found[0]], cells[here] = cells[here], later[found[0]]
        return True


def _join(blocks: list[Block]) -> Block:
    return Block(
        *(np.concatenate([getattr(b, name) for b in blocks]) for name in ("cell", "accepted", "number", "published"))
    )
