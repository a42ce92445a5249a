"""Relations about bases that nobody printed: what the parts imply of the whole, and whether shares have one base."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from math import floor

from hotline.claims.figures import Figure, Related
from hotline.claims.findings import (
    CONSISTENT,
    INCONSISTENT,
    TRUNCATED,
    WITHIN_ROUNDING,
    Finding,
    not_checkable,
    plain,
    plain_bounds,
    range_of,
)
from hotline.claims.printed import Range
from hotline.claims.quotients import bases_of


def implied_growth(figure: Figure, related: Related) -> Finding:
    """Growth of the whole that follows from the growth of its parts, whose counts, then the whole's, are the base."""
    *parts, whole = related.base
    if parts and not range_of(parts).meets(whole.figure.printed.rounded):
        return not_checkable(
            "各项件数之和不等于总数，由各项推算不出总数的增幅",
            "the parts are not the whole: its growth does not follow from theirs",
        )
    return _implied(figure, related, 100)


def implied_rate(figure: Figure, related: Related) -> Finding:
    """Rate of the whole that follows from the rates of its parts, whose counts, then the whole's, are the base."""
    return _implied(figure, related, 0)


def _implied(figure: Figure, related: Related, start: int) -> Finding:
    rates, counts = [o.figure for o in related.operands], [o.figure for o in related.base]
    if len(counts) != len(rates) + 1:
        return not_checkable(
            "基数条目须为各项件数，最后是总数", "the base must be the count of each part, then the whole's"
        )
    *parts, whole = counts
    nearest, likely, loose = Fraction(0), Range.only(0), Range.only(0)
    for rate, part in zip(rates, parts, strict=True):
        level = rate.printed.amount + start
        bases = [_part_bases(rate, part, bounds, start) for bounds in (rate.printed.rounded, rate.printed.loose)]
        if level <= 0 or None in bases:
            return not_checkable(f"由{rate.text}无法推算基数", f"{rate.text} implies no base")
        exact = part.printed.amount * rate.measure.factor / level
        nearest += floor(exact + Fraction(1, 2)) if part.measure.is_count else exact
        likely, loose = likely + bases[0], loose + bases[1]
    if nearest <= 0 or loose.low <= 0:
        return not_checkable("由各项无法推算基数", "the parts imply no base")
    factor = figure.measure.factor
    exact = whole.printed.amount * factor / nearest - start
    possible = (whole.printed.rounded / likely).times(factor) + Range.only(-start)
    finding = Finding(CONSISTENT, figure.printed.half_up(exact), exact + start, nearest)
    if finding.recomputed == figure.printed.value:
        return finding
    unit = figure.measure.unit
    bounds = [figure.printed.show(bound) for bound in (possible.low, possible.high)]
    own = _part_bases(figure, whole, figure.printed.rounded, start)
    stated_bases = " " if own is None else f"{plain_bounds(own)}"
    finding = replace(
        finding,
        zh=f"由各项推算的基数共{plain_bounds(likely)}，合计应为{figure.printed.show(exact)}{unit}（计入舍入误差为{bounds[0]}至"
        f"{bounds[1]}{unit}）；公布{figure.text}{unit}，对应的基数为{stated_bases}",
        en=f"the parts imply a base of {plain_bounds(likely)} and so {figure.printed.show(exact)}{unit} ({bounds[0]} to "
        f"{bounds[1]}{unit} with their rounding); stated {figure.text}{unit}, which takes {stated_bases}",
    )
    if possible.meets(figure.printed.rounded):
        return replace(finding, status=WITHIN_ROUNDING)
    if ((whole.printed.loose / loose).times(factor) + Range.only(-start)).meets(figure.printed.loose):
        return replace(finding, status=TRUNCATED).adding(
            "；各项截断可以解释", "; cutting off instead of rounding explains it"
        )
    return replace(finding, status=INCONSISTENT)


def _part_bases(rate: Figure, part: Figure, bounds: Range, start: int) -> Range | None:
    """Bases of one part; whole numbers where counts of things grew, if there are any."""
    shifted = bounds + Range.only(start)
    if shifted.low <= 0:
        return None
    bases = (part.printed.rounded / shifted).times(rate.measure.factor)
    fewest, most = bases.whole()
    return Range(Fraction(fewest), Fraction(most)) if part.printed.is_exact and fewest <= most else bases


def common_base(figure: Figure, related: Related) -> Finding:
    """So many bases (usually one) suffice for all these shares (operands) of counts (base, in the same order)."""
    if not (bases := _bases_of_shares(related)):
        return not_checkable("占比与件数须一一对应，且件数为整数", "each share needs its count in whole numbers")
    groups = _groups([bounds for _, _, bounds in bases])
    number = Fraction(len(groups))
    finding = Finding(CONSISTENT, number, number, Fraction(1))
    if number == figure.printed.amount:
        return finding
    if number < figure.printed.amount:
        return replace(finding, recomputed=figure.printed.value)
    parts_zh, parts_en = [], []
    for members in groups:
        shared = plain_bounds(_shared([bases[m][2] for m in members]))
        items = [bases[m] for m in members]
        listed = "、".join(f"{s.row or s.name or s.code}{plain(c)}占{s.text}" for s, c, _ in items)
        parts_zh.append(f"{listed}的基数为{shared}")
        parts_en.append(f"{', '.join(f'{plain(c)} is {s.text}' for s, c, _ in items)} of {shared}")
    return replace(
        finding,
        status=INCONSISTENT,
        zh=f"这些占比至少出自{number}个不同的基数，公布为{figure.text}个：" + "；".join(parts_zh),
        en=f"these shares take at least {number} different bases, stated {figure.text}: " + "; ".join(parts_en),
    )


def base_of(figure: Figure, related: Related) -> Finding:
    """The figure is the base of these shares (operands) of counts (base, in the same order)."""
    if not (bases := _bases_of_shares(related)) or figure.printed.amount <= 0:
        return not_checkable("占比与件数须一一对应，且件数为整数", "each share needs its count in whole numbers")
    stated = figure.printed.amount
    right, cut, wrong = [], [], []
    for shown, number, _ in bases:
        value = number * shown.measure.factor / stated
        place = right if shown.printed.half_up(value) == shown.printed.value else cut if (
            shown.printed.cut(value) == shown.printed.value) else wrong  # fmt: skip
        place.append((shown, number, value))
    if not wrong:
        status = TRUNCATED if cut else CONSISTENT
        finding = Finding(status, figure.printed.value, stated, Fraction(1))
    else:
        largest = max(_groups([bounds for _, _, bounds in bases]), key=len)
        fitting = _shared([bases[m][2] for m in largest])
        nearest = half_way(fitting)
        finding = Finding(INCONSISTENT, figure.printed.half_up(nearest), nearest, Fraction(figure.printed.scale))
    lines = [
        (f"{plain(c)}÷{plain(stated)}＝{s.printed.show(v)}{s.measure.unit}", f"{s.text}{s.measure.unit}")
        for s, c, v in cut + wrong
    ]
    if not lines:
        return finding
    finding = finding.adding(
        "；".join(f"{made}，公布{stated_share}" for made, stated_share in lines) + f"；公布基数为{figure.text}",
        "; ".join(f"{made}, stated {stated_share}" for made, stated_share in lines) + f"; stated base {figure.text}",
    )
    if wrong:
        zh = f"，其中{len(largest)}项的公布占比对应的基数为{plain_bounds(fitting)}"
        finding = finding.adding(zh, f", while {len(largest)} of the shares fit {plain_bounds(fitting)}")
    return finding


def half_way(bounds: Range) -> Fraction:
    """A whole number in the middle of the range, if it has one."""
    fewest, most = bounds.whole()
    return Fraction((fewest + most) // 2) if fewest <= most else (bounds.low + bounds.high) / 2


def _bases_of_shares(related: Related) -> list[tuple[Figure, Fraction, Range]]:
    shares, counts = related.operands, related.base
    if not shares or len(shares) != len(counts) or not all(c.figure.printed.is_exact for c in counts):
        return []
    found = []
    for of, number in zip(shares, counts, strict=True):
        bounds = bases_of(of.figure, number.amount, of.figure.printed.rounded)
        if bounds is None:
            return []
        fewest, most = bounds.whole()
        found.append((of.figure, number.amount, Range(Fraction(fewest), Fraction(most)) if fewest <= most else bounds))
    return found


def _shared(ranges: Sequence[Range]) -> Range:
    low = max(ranges, key=lambda r: (r.low, not r.has_low))
    high = min(ranges, key=lambda r: (r.high, r.has_high))
    return Range(low.low, high.high, low.has_low, high.has_high)


def _groups(ranges: Sequence[Range]) -> list[list[int]]:
    """Fewest groups of ranges with a number in common each: taken by their upper ends, each as early as it must be."""
    groups: list[list[int]] = []
    for index in sorted(range(len(ranges)), key=lambda i: (ranges[i].high, ranges[i].has_high)):
        if groups:
            shared = _shared([ranges[i] for i in groups[-1]])
            if shared.meets(ranges[index]):
                groups[-1].append(index)
                continue
        groups.append([index])
    return [sorted(group) for group in groups]
