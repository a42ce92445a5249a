"""Relations that rest on whole numbers alone: percentages and growth that no count can give.

The GRIM test: N. Brown and J. Heathers, "The GRIM test", *Social Psychological and Personality Science* 8 (2017), 363-369.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

from hotline.claims.figures import Figure, Related
from hotline.claims.findings import (
    CONSISTENT,
    INCONSISTENT,
    TRUNCATED,
    Finding,
    compare,
    not_checkable,
    plain,
    range_of,
)
from hotline.claims.printed import Range, show

LONGEST_SEARCH = 20_000
"""Denominators tried when one is looked for."""


def grim(figure: Figure, related: Related) -> Finding:
    """Some whole number out of the base prints so (operand, if any: percentage of the base that is the denominator).

    With weights, answers count in part (基本满意 as 0.8): some whole numbers of each kind must print so.
    """
    if not figure.measure.is_proportion:
        return not_checkable("不是占比，整数检验不适用", "no proportion: no whole number stands behind it")
    if not related.base:
        return _without_base(figure)
    populations = _populations(figure, related)
    if populations is None:
        return not_checkable("基数已取整，整数检验不适用", "the base is rounded: any percentage is possible")
    if not populations or populations[-1] <= 0:
        return not_checkable("基数为零或负数，无法核对", "the base is not positive")
    tried = [(n, *_counts(figure, n)) for n in populations if n > 0]
    for n, below, above in tried:
        for value in (below, above):
            if figure.printed.half_up(value * figure.measure.factor / n) == figure.printed.value:
                return Finding(CONSISTENT, figure.printed.value, value, Fraction(n))
    for n, below, above in tried:
        for value in (below, above):
            rate = value * figure.measure.factor / n
            if figure.printed.cut(rate) == figure.printed.value:
                made = f"{plain(value)}÷{n}", f"{plain(value)} / {n}"
                return compare(figure, rate, Range.only(rate), *made, value, Fraction(n))
    return impossible(figure, tried[0][0])


def impossible(figure: Figure, n: int) -> Finding:
    """No whole number out of n prints so, rounded half up: the two around it."""
    below, above = _counts(figure, n)
    printed, unit = figure.printed, figure.measure.unit
    rates = [value * figure.measure.factor / n for value in (below, above)]
    low, high = (printed.half_up(rate) for rate in rates)
    nearer = below if printed.value - low < high - printed.value else above
    shown = [show(rate, printed.decimals + 2) for rate in rates]
    finding = Finding(
        INCONSISTENT,
        low if nearer == below else high,
        nearer,
        Fraction(n),
        f"分母{n}时，{plain(below)}件为{shown[0]}{unit}，{plain(above)}件为{shown[1]}{unit}，没有整数能得出{figure.text}{unit}",
        f"out of {n}, {plain(below)} is {shown[0]}{unit} and {plain(above)} is {shown[1]}{unit}: "
        f"no whole number gives {figure.text}{unit}",
    )
    if smallest := smallest_fraction(printed.rounded.times(Fraction(1, figure.measure.factor))):
        text = f"{smallest[0]}/{smallest[1]}"
        finding = finding.adding(f"；能得出公布值的最小分母为{text}", f"; the smallest that does is {text}")
    return finding


def _without_base(figure: Figure) -> Finding:
    smallest = smallest_fraction(figure.printed.rounded.times(Fraction(1, figure.measure.factor)))
    text = f"{smallest[0]}/{smallest[1]}" if smallest else "—"
    return not_checkable(
        f"文件未写明基数；能得出{figure.text}{figure.measure.unit}的最小分母为{text}",
        f"the document does not print the base; the smallest that gives {figure.text}{figure.measure.unit} is {text}",
    )


def _populations(figure: Figure, related: Related) -> range | None:
    """Whole numbers that may be the denominator; None when there are too many to tell anything."""
    base = range_of(related.base)
    if related.operands:  # itself a percentage of the base: whatever count prints so
        if not base.is_point:
            return None
        part = related.operands[0].figure
        possible = (part.printed.rounded.times(Fraction(1, part.measure.factor))).times(base.low)
        fewest, most = possible.whole()
        fewest, most = max(fewest, 0), min(most, floor(base.high))
        if fewest > most:  # an impossible percentage itself: its nearest count
            fewest = most = round(part.printed.amount * base.low / part.measure.factor)
    else:
        fewest, most = base.whole()
    return None if most - fewest >= 1000 else range(fewest, most + 1)


def _counts(figure: Figure, n: int) -> tuple[Fraction, Fraction]:
    """The two possible numerators around the printed percentage of n."""
    target = figure.printed.amount * n / figure.measure.factor
    if not figure.weights or set(figure.weights) == {Fraction(1)}:
        below = min(max(floor(target), 0), n)
        above = min(max(ceil(target), 0), n)
        if below == above and below * figure.measure.factor != figure.printed.amount * n:  # beyond 0 or n
            below, above = (n - 1, n) if above == n else (0, min(1, n))
        return Fraction(below), Fraction(above)
    found = [value for weight in figure.weights for value in _weighted(target, weight, n)] + [Fraction(0), Fraction(n)]
    return (
        max((v for v in found if v <= target), default=Fraction(0)),
        min((v for v in found if v >= target), default=Fraction(n)),
    )


def _weighted(target: Fraction, weight: Fraction, n: int) -> list[Fraction]:
    """Numerators around the target when some of the n count in full and some with ``weight``.

    Raising the second kind by the weight's denominator changes nothing that fewer of them would not do as well.
    """
    found = []
    for partly in range(min(n, weight.denominator - 1) + 1):
        full = target - partly * weight
        for number in {floor(full), ceil(full)}:
            if 0 <= number <= n - partly:
                found.append(number + partly * weight)
    return found


def smallest_fraction(rates: Range) -> tuple[int, int] | None:
    """The fraction of whole numbers in the range with the smallest denominator."""
    for n in range(1, LONGEST_SEARCH):
        fewest, most = rates.times(n).whole()
        if max(fewest, 0) <= min(most, n):
            return max(fewest, 0), n
    return None


def growth_grim(figure: Figure, related: Related) -> Finding:
    """Some whole earlier number grew so to the present one (base)."""
    base = range_of(related.base)
    if not base.is_point or base.low < 0:
        return not_checkable("件数已取整，整数检验不适用", "the count is rounded: any growth is possible")
    now, rate = base.low, figure.printed.value
    if now == 0 or rate <= -100:
        is_possible = rate == -100 or (now == 0 and rate == 0)
        return Finding(CONSISTENT if is_possible else INCONSISTENT, Fraction(-100), now, None, *(
            ("", "") if is_possible else (
                f"现为{plain(now)}，增幅不可能是{figure.text}%", f"{plain(now)} now cannot be growth of {figure.text}%")
        ))  # fmt: skip
    earlier = now / (1 + rate / 100)
    tried = [Fraction(n) for n in {floor(earlier), ceil(earlier)} if n > 0] or [Fraction(1)]
    grown = {n: (now / n - 1) * 100 for n in tried}
    for n, value in grown.items():
        if figure.printed.half_up(value) == rate:
            return Finding(CONSISTENT, rate, now - n, n)
    n = min(tried, key=lambda number: abs(grown[number] - rate))
    status = TRUNCATED if any(figure.printed.cut(value) == rate for value in grown.values()) else INCONSISTENT
    shown = figure.printed.show(grown[n])
    return Finding(
        status,
        figure.printed.half_up(grown[n]),
        now - n,
        n,
        f"没有整数基期能得出{figure.text}%；最接近的基期{n}为{shown}%"
        + ("，公布值是截断所得" if status == TRUNCATED else ""),
        f"no whole base gives {figure.text}%; the nearest, {n}, gives {shown}%"
        + (": cut off, not rounded" if status == TRUNCATED else ""),
    )
