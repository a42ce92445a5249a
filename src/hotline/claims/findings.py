"""What a check says of a printed figure, and the one comparison that all quotients and sums go through.

Nothing is guessed in favour of a finding: what the rounding of the figures named can explain is *within rounding*, what
cutting off instead of rounding explains is *truncated*, and only what neither explains is *inconsistent*.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from hotline.claims.figures import Figure, Operand, Related
from hotline.claims.printed import Range, show

CONSISTENT, WITHIN_ROUNDING, TRUNCATED = "consistent", "within_rounding", "truncated"
CONDITIONAL, INCONSISTENT, NOT_CHECKABLE = "conditional", "inconsistent", "not_checkable"
MANY = 8
"""Operands that are still written out one by one."""


@dataclass(frozen=True)
class Finding:
    """What a relation gives: the figure that would be right, what it is made of, and what follows, in both languages."""

    status: str
    recomputed: Fraction | None = None
    numerator: Fraction | None = None
    denominator: Fraction | None = None
    zh: str = ""
    en: str = ""

    def adding(self, zh: str, en: str) -> Finding:
        return replace(self, zh=self.zh + zh, en=self.en + en)


Check = Callable[[Figure, Related], Finding]


def not_checkable(zh: str, en: str) -> Finding:
    return Finding(NOT_CHECKABLE, zh=zh, en=en)


def compare(
    figure: Figure,
    exact: Fraction,
    possible: Range,
    zh: str,
    en: str,
    numerator: Fraction | None = None,
    denominator: Fraction | None = None,
) -> Finding:
    """``exact`` follows from the figures as printed; ``possible`` is what it may be, as those were rounded themselves."""
    printed, unit = figure.printed, figure.measure.unit
    nearest = printed.half_up(exact)
    shown = printed.show(exact)
    finding = Finding(INCONSISTENT, nearest, numerator, denominator)
    zh, en = f"{zh}＝{shown}{unit}，公布{figure.text}{unit}", f"{en} = {shown}{unit}, stated {figure.text}{unit}"
    if nearest == printed.value:
        return replace(finding, status=CONSISTENT)
    if not possible.is_point and possible.meets(printed.rounded):
        finding = replace(finding, status=WITHIN_ROUNDING, zh=zh, en=en)
        return finding.adding("；差额在所依据数字的舍入误差之内", "; the rounding of the figures named can explain it")
    if printed.cut(exact) == printed.value:
        longer = show(exact / printed.scale, printed.decimals + 3)
        finding = replace(finding, status=TRUNCATED, zh=zh, en=en)
        return finding.adding(
            f"；未舍入为{longer}{unit}，公布值是截断所得", f"; {longer}{unit} unrounded: cut off, not rounded"
        )
    return replace(finding, zh=zh, en=en)


def plain(value: Fraction) -> str:
    """A number without needless decimals."""
    return next((show(value, d) for d in range(4) if value * 10**d == int(value * 10**d)), show(value, 4))


def joined(operands: Sequence[Operand], sign: str = "+") -> str:
    """Operands as a sum, as they would be written; of many only what they add up to."""
    if len(operands) > MANY:
        return f"({plain(total_of(operands))})"
    text = ""
    for operand in operands:
        value = plain(operand.figure.printed.amount)
        weight = abs(operand.weight)
        text += (
            ("-" if operand.weight < 0 else sign if text else "") + value + (f"×{plain(weight)}" if weight != 1 else "")
        )
    return text


def range_of(operands: Sequence[Operand]) -> Range:
    total = Range.only(0)
    for operand in operands:
        total += operand.figure.printed.rounded.times(operand.weight)
    return total


def total_of(operands: Sequence[Operand]) -> Fraction:
    return sum((operand.amount for operand in operands), Fraction(0))


def plain_bounds(bounds: Range) -> str:
    fewest, most = bounds.whole()
    if fewest > most:
        return f"{show(bounds.low, 1)}–{show(bounds.high, 1)}"
    return str(fewest) if fewest == most else f"{fewest}–{most}"


def are_whole(operands: Sequence[Operand]) -> bool:
    return all(o.figure.printed.is_exact and o.weight == int(o.weight) for o in operands)
