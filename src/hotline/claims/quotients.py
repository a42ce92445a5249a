"""Relations that add and divide: sums, shares, growth, means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from hotline.claims.figures import Figure, Operand, Related
from hotline.claims.findings import (
    CONSISTENT,
    INCONSISTENT,
    MANY,
    NOT_CHECKABLE,
    TRUNCATED,
    Finding,
    are_whole,
    compare,
    joined,
    not_checkable,
    plain,
    range_of,
    total_of,
)
from hotline.claims.printed import Range


def sum_(figure: Figure, related: Related) -> Finding:
    """The operands, with their signs and weights, add up to the figure."""
    total = total_of(related.operands)
    zh = en = joined(related.operands)
    if len(related.operands) > MANY:
        zh, en = f"{len(related.operands)}项相加", f"sum of {len(related.operands)}"
    return compare(figure, total, range_of(related.operands), zh, en, total, Fraction(figure.printed.scale))


def same(figure: Figure, related: Related) -> Finding:
    """The operand states the same figure in another place."""
    other = related.operands[0].figure
    total = total_of(related.operands[:1])
    finding = compare(figure, total, range_of(related.operands[:1]), "", "", total, Fraction(figure.printed.scale))
    if finding.status in (CONSISTENT, TRUNCATED):
        return finding
    return replace(
        finding,
        zh=f"此处公布{figure.text}，同一数字在另一处（{other.name or other.code}）为{other.text}",
        en=f"stated {figure.text} here and {other.text} in {other.code}",
    )


def share(figure: Figure, related: Related) -> Finding:
    """Operands out of the base, times what the measure is per; without a base, the bases that it fits."""
    if not related.base:
        return _fitting_base(figure, related)
    part, whole = total_of(related.operands), total_of(related.base)
    wholes = range_of(related.base)
    if wholes.low <= 0:
        return not_checkable("基数为零或负数，无法核对", "the base is not positive")
    factor = figure.measure.factor
    finding = compare(
        figure,
        part * factor / whole,
        (range_of(related.operands) / wholes).times(factor),
        f"{joined(related.operands)}÷{joined(related.base)}",
        f"{joined(related.operands)} / {joined(related.base)}",
        part,
        whole,
    )
    if finding.status == INCONSISTENT and (bases := wholebases_of(figure, related.operands)):
        finding = finding.adding(
            f"；要得到公布值，分母应为{bases}", f"; the stated share takes a denominator of {bases}"
        )
    return finding


def _fitting_base(figure: Figure, related: Related) -> Finding:
    """A share of something that the document does not print: of what it can be one."""
    part = total_of(related.operands)
    bases = wholebases_of(figure, related.operands)
    finding = Finding(NOT_CHECKABLE, numerator=part)
    if bases:
        zh = f"{plain(part)}占{figure.text}{figure.measure.unit}：文件未写明基数，符合的基数为{bases}"
        en = f"{plain(part)} is {figure.text}{figure.measure.unit} of what the document does not print: {bases} would fit"
        return finding.adding(zh, en)
    if figure.printed.loose.high <= 0 or not are_whole(related.operands):
        return finding.adding("文件未写明基数，无法核对", "the document does not print the base")
    return replace(finding, status=INCONSISTENT).adding(
        f"没有整数基数能使{plain(part)}占{figure.text}{figure.measure.unit}",
        f"{plain(part)} is {figure.text}{figure.measure.unit} of no whole number",
    )


def wholebases_of(figure: Figure, operands: Sequence[Operand]) -> str:
    """Whole numbers of which the operands are as large a part as is printed, as text; empty when there is none."""
    if not are_whole(operands) or not (bounds := bases_of(figure, total_of(operands), figure.printed.rounded)):
        return ""
    fewest, most = bounds.whole()
    return "" if fewest > most else str(most) if fewest == most else f"{fewest}–{most}"


def bases_of(figure: Figure, part: Fraction, rate: Range, start: int = 0) -> Range | None:
    """Bases of which ``part`` is (``start`` + the rate) per the measure's factor; None where there is no bound."""
    shifted = rate + Range.only(start)
    if shifted.low <= 0 or part <= 0:
        return None
    return (Range.only(part) / shifted).times(figure.measure.factor)


def growth(figure: Figure, related: Related) -> Finding:
    """From the base (the earlier figure) to the operands (the present one), in percent or, as a multiple (倍), in ones."""
    now, before = total_of(related.operands), total_of(related.base)
    earlier = range_of(related.base)
    if earlier.low <= 0:
        return not_checkable(
            "基期为零或负数，无法计算增幅", "the earlier figure is not positive: no growth can be given"
        )
    factor = figure.measure.factor
    finding = compare(
        figure,
        (now / before - 1) * factor,
        ((range_of(related.operands) / earlier) + Range.only(-1)).times(factor),
        f"({joined(related.operands)}-{joined(related.base)})÷{joined(related.base)}",
        f"({joined(related.operands)} - {joined(related.base)}) / {joined(related.base)}",
        now - before,
        before,
    )
    if finding.status == INCONSISTENT and finding.recomputed == -figure.printed.value:
        return finding.adding("；仅正负号不同，请先核对填报", "; only the sign differs: look at the entry first")
    return finding


def point_change(figure: Figure, related: Related) -> Finding:
    """Change of a rate in points: the rate now (operand) less the rate before (base, if printed), which lies in 0 to 100."""
    now = related.operands[0].figure
    if related.base:
        operands = (related.operands[0], replace(related.base[0], weight=-related.base[0].weight))
        return sum_(figure, Related(operands))
    before = now.printed.loose + figure.printed.loose.times(-1)
    value = now.printed.amount - figure.printed.amount
    finding = Finding(CONSISTENT, figure.printed.value, value, Fraction(1))
    top = now.measure.factor if now.measure.is_proportion else None
    if before.meets(Range(Fraction(0), Fraction(top) if top else max(before.high, Fraction(0)))):
        return finding
    return replace(
        finding,
        status=INCONSISTENT,
        recomputed=now.printed.value if value < 0 else now.printed.value - (top or 0),
        zh=f"现为{now.text}，公布变化{figure.text}，则变化前为{plain(value)}，不在0至{top}之内",
        en=f"{now.text} now, changed by {figure.text}: {plain(value)} before is outside 0 to {top}",
    )


def weighted_mean(figure: Figure, related: Related) -> Finding:
    """Mean of the operands, weighted by the base (in the same order) if there is one."""
    rates = related.operands
    if related.base and len(related.base) != len(rates):
        return not_checkable("依据条目与基数条目须一一对应", "each operand needs its base")
    weights = [base.amount for base in related.base] or [Fraction(1)] * len(rates)
    total = sum(weights, Fraction(0))
    if total <= 0 or min(weights) < 0:
        return not_checkable("基数为零或负数，无法核对", "the base is not positive")
    exact = sum((r.amount * w for r, w in zip(rates, weights, strict=True)), Fraction(0)) / total
    if all(base.figure.printed.is_exact for base in related.base):
        possible = Range.only(0)
        for rate, weight in zip(rates, weights, strict=True):
            possible += rate.figure.printed.rounded.times(rate.weight * weight / total)
    else:  # rounded weights: at least no mean lies outside what it is the mean of
        ranges = [rate.figure.printed.rounded for rate in rates]
        possible = Range(min(r.low for r in ranges), max(r.high for r in ranges))
    zh, en = f"{len(rates)}项" + ("按件数加权" if related.base else "") + "平均", f"mean of {len(rates)}"
    return compare(figure, exact, possible, zh, en, exact * total, total)
