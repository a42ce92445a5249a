"""Relations of place and number: ranks, lists in order, bounds, how many there are."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from hotline.claims.figures import Figure, Related
from hotline.claims.findings import (
    CONSISTENT,
    INCONSISTENT,
    WITHIN_ROUNDING,
    Finding,
)


def rank(figure: Figure, related: Related, is_ascending: bool = False) -> Finding:
    """Place among the operands, the largest first; the base is the figure that is ranked."""
    own = related.base[0].figure.printed
    others = [o.figure.printed for o in related.operands if o.figure.code != related.base[0].figure.code]
    sign = -1 if is_ascending else 1
    ahead = sum(sign * other.amount > sign * own.amount for other in others)
    level = sum(other.amount == own.amount for other in others)
    place = ahead + 1
    stated = figure.printed.value
    finding = Finding(CONSISTENT, Fraction(place), Fraction(place), Fraction(1))
    if stated == place:
        return finding
    if place < stated <= place + level:  # equals may be numbered one after another
        return replace(finding, recomputed=stated)
    return replace(
        finding,
        status=INCONSISTENT,
        zh=f"按公布的数值排第{place}，公布排第{figure.text}",
        en=f"rank {place} by the printed values, stated {figure.text}",
    )


def rank_ascending(figure: Figure, related: Related) -> Finding:
    """Place among the operands, the smallest first."""
    return rank(figure, related, is_ascending=True)


def count(figure: Figure, related: Related) -> Finding:
    """How many operands there are."""
    number = Fraction(len(related.operands))
    finding = Finding(CONSISTENT, number, number, Fraction(1))
    if number == figure.printed.amount:
        return finding
    return replace(
        finding,
        status=INCONSISTENT,
        zh=f"实际列出{number}个，公布{figure.text}个",
        en=f"{number} are listed, stated {figure.text}",
    )


def at_least(figure: Figure, related: Related) -> Finding:
    """No operand is below the figure."""
    return _bound(figure, related, 1)


def at_most(figure: Figure, related: Related) -> Finding:
    """No operand is above the figure."""
    return _bound(figure, related, -1)


def _bound(figure: Figure, related: Related, sign: int) -> Finding:
    worst = min(related.operands, key=lambda operand: sign * operand.amount).figure
    limit = figure.printed.amount
    finding = Finding(CONSISTENT, figure.printed.value, worst.printed.amount, Fraction(figure.printed.scale))
    if sign * worst.printed.amount >= sign * limit:
        return finding
    finding = replace(finding, recomputed=worst.printed.value * worst.printed.scale / figure.printed.scale)
    zh = f"{worst.name or worst.code}为{worst.text}，{'低于' if sign > 0 else '高于'}公布的{figure.text}"
    en = f"{worst.code} is {worst.text}, {'below' if sign > 0 else 'above'} the stated {figure.text}"
    reach = worst.printed.rounded.high if sign > 0 else worst.printed.rounded.low
    edge = figure.printed.rounded.low if sign > 0 else figure.printed.rounded.high
    if not worst.printed.is_exact and sign * reach > sign * edge:
        return replace(finding, status=WITHIN_ROUNDING, zh=zh, en=en)
    return replace(finding, status=INCONSISTENT, zh=zh, en=en)


def descending(figure: Figure, related: Related) -> Finding:
    """So many operands are listed, none larger than the one before it."""
    return _order(figure, related, 1)


def ascending(figure: Figure, related: Related) -> Finding:
    """So many operands are listed, none smaller than the one before it."""
    return _order(figure, related, -1)


def _order(figure: Figure, related: Related, sign: int) -> Finding:
    listed = related.operands
    broken = next(
        (n for n in range(1, len(listed)) if sign * listed[n].amount > sign * listed[n - 1].amount), len(listed)
    )
    if broken == len(listed):
        return count(figure, related)
    first, second = listed[broken - 1].figure, listed[broken].figure
    return Finding(
        INCONSISTENT,
        Fraction(broken),
        Fraction(broken),
        Fraction(1),
        f"列出的{figure.text}项不按序：{first.name or first.code}（{first.text}）之后是{second.name or second.code}（{second.text}）",
        f"the {figure.text} listed are out of order: {first.code} ({first.text}) comes before {second.code} ({second.text})",
    )
