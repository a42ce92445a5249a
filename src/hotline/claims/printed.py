"""Printed figures in exact arithmetic: which true values print so, when rounded half up and when cut off.

Everything is a ``Fraction``; nothing here is approximate. A document prints 47.28 of a share between 47.275 (which is
rounded up) and 47.285 (which is not); one that cuts off prints it of 47.28 to 47.29.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

HALF = Fraction(1, 2)


@dataclass(frozen=True)
class Range:
    """The numbers from ``low`` to ``high``; an end may belong to it or not."""

    low: Fraction
    high: Fraction
    has_low: bool = True
    has_high: bool = True

    @classmethod
    def only(cls, value: Fraction | int) -> Range:
        return cls(Fraction(value), Fraction(value))

    @property
    def is_point(self) -> bool:
        return self.low == self.high

    def __add__(self, other: Range) -> Range:
        return Range(
            self.low + other.low,
            self.high + other.high,
            self.has_low and other.has_low,
            self.has_high and other.has_high,
        )

    def times(self, factor: Fraction | int) -> Range:
        if factor < 0:
            return Range(self.high * factor, self.low * factor, self.has_high, self.has_low)
        return Range(self.low * factor, self.high * factor, self.has_low, self.has_high)

    def __truediv__(self, other: Range) -> Range:
        """All quotients; the divisor must be positive throughout (its low end may be an excluded 0 only by mistake)."""
        corners = [
            (number / divisor, has_number and has_divisor)
            for number, has_number in ((self.low, self.has_low), (self.high, self.has_high))
            for divisor, has_divisor in ((other.low, other.has_low), (other.high, other.has_high))
        ]
        low, high = min(value for value, _ in corners), max(value for value, _ in corners)
        return Range(
            low,
            high,
            any(has for value, has in corners if value == low),
            any(has for value, has in corners if value == high),
        )

    def meets(self, other: Range) -> bool:
        """Whether a number lies in both."""
        low, high = max(self.low, other.low), min(self.high, other.high)
        return low < high or (low == high and low in self and low in other)

    def __contains__(self, value: Fraction | int) -> bool:
        above = self.low < value or (self.has_low and self.low == value)
        return above and (value < self.high or (self.has_high and self.high == value))

    def whole(self) -> tuple[int, int]:
        """Smallest and largest whole number in it; the first is above the second when there is none."""
        low, high = ceil(self.low), floor(self.high)
        return low + (low not in self and low == self.low), high - (high not in self and high == self.high)


@dataclass(frozen=True)
class Printed:
    """A figure as it stands in a document: 24.39 万 has the value 24.39, two decimals and the scale 10 000."""

    value: Fraction
    decimals: int = 0
    scale: int = 1
    is_exact: bool = False
    """A count printed in full. Everything else was rounded at its last digit."""

    @classmethod
    def read(cls, text: str, scale: int = 1, is_whole: bool = False) -> Printed:
        decimals = len(text.partition(".")[2])
        return cls(Fraction(text), decimals, scale, is_whole and scale == 1 and decimals == 0)

    @property
    def amount(self) -> Fraction:
        """What is meant: 243 900 for 24.39 万."""
        return self.value * self.scale

    @property
    def rounded(self) -> Range:
        """Amounts that print so, rounded half up (away from 0)."""
        if self.is_exact:
            return Range.only(self.amount)
        half = HALF * self.scale / 10**self.decimals
        return Range(self.amount - half, self.amount + half, self.amount > 0, self.amount < 0)

    @property
    def loose(self) -> Range:
        """Amounts that print so, rounded or cut off."""
        if self.is_exact:
            return Range.only(self.amount)
        unit, rounded = Fraction(self.scale, 10**self.decimals), self.rounded
        low = self.amount - unit if self.amount <= 0 else rounded.low
        high = self.amount + unit if self.amount >= 0 else rounded.high
        return Range(low, high, rounded.has_low and low == rounded.low, rounded.has_high and high == rounded.high)

    def half_up(self, amount: Fraction) -> Fraction:
        """What this document would print of the amount, in units of ``scale``."""
        return half_up(amount / self.scale, self.decimals)

    def cut(self, amount: Fraction) -> Fraction:
        """The same cut off instead of rounded."""
        return cut(amount / self.scale, self.decimals)

    def show(self, amount: Fraction) -> str:
        return show(amount / self.scale, self.decimals)


def half_up(value: Fraction, decimals: int) -> Fraction:
    """
    >>> half_up(Fraction("0.125"), 2), half_up(Fraction("-0.125"), 2)
    (Fraction(13, 100), Fraction(-13, 100))
    """
    units = floor(abs(value) * 10**decimals + HALF)
    return Fraction(units if value >= 0 else -units, 10**decimals)


def cut(value: Fraction, decimals: int) -> Fraction:
    """
    >>> cut(Fraction("1.2351"), 2), cut(Fraction("-1.239"), 2)
    (Fraction(123, 100), Fraction(-123, 100))
    """
    units = floor(abs(value) * 10**decimals)
    return Fraction(units if value >= 0 else -units, 10**decimals)


def show(value: Fraction, decimals: int) -> str:
    """
    >>> show(Fraction(200, 3), 2), show(Fraction(-1, 300), 2), show(Fraction(7), 0)
    ('66.67', '0.00', '7')
    """
    rounded = half_up(value, decimals)
    units = abs(rounded.numerator) * 10**decimals // rounded.denominator
    whole, rest = divmod(units, 10**decimals)
    return f"{'-' if rounded < 0 else ''}{whole}" + (f".{rest:0{decimals}}" if decimals else "")
