"""Every figure of published documents, judged: rows of the feed in, one finding a row out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from hotline.claims.checks import CHECKS, NEEDS_BASE, NEEDS_OPERANDS
from hotline.claims.figures import Book, Figure, Measure, Related, Unclear
from hotline.claims.findings import (
    CONDITIONAL,
    CONSISTENT,
    INCONSISTENT,
    NOT_CHECKABLE,
    TRUNCATED,
    Finding,
    compare,
    not_checkable,
)
from hotline.claims.printed import Printed, Range, show
from hotline.claims.whole_numbers import impossible

SIMULATED = "simulated"
REAL = "real"
GIVEN = not_checkable(
    "文中没有可核对它的数字，只作其他条目的依据",
    "nothing in the document checks this figure; others are checked against it",
)
NEAR = 1000
"""How far from a denominator another is looked for."""
WEIGHT = re.compile(r"[0-9]{1,6}([.][0-9]{1,6})?")


class Judged(NamedTuple):
    """A finding as a row of ``int_claim_finding``."""

    document: str
    claim_code: str
    figure_code: str
    basis: str
    status: str
    recomputed_value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    explanation_zh: str | None
    explanation_en: str | None


def judge(rows: Iterable[Mapping[str, Any]], measures: Mapping[str, Measure]) -> list[Judged]:
    """Findings of all rows: one by the relation within the document, one by tickets where the row asks for it.

    Parameters
    ----------
    rows: columns of ``int_claim_row``; figures may lie in any order.
    """
    documents: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        documents.setdefault(row["document"], []).append(row)
    judged = []
    for document, listed in documents.items():
        figures = [_figure(row, measures) for row in listed]
        book = Book.of(figures)
        findings = {figure.code: _finding(book, figure) for figure in figures if not _is_unmeant(book, figure)}
        _hint_at_swapped(book, findings)
        _hint_at_denominators(book, findings)
        for row, figure in zip(listed, figures, strict=True):
            if book.figures[figure.code] is not figure:
                continue  # a code twice in one document: the later row holds
            finding = findings.get(figure.code)
            own = figure.figure_code if figure.figure_code in book.figures else figure.code
            if finding and not (finding.status == NOT_CHECKABLE and not figure.kind and row["is_from_tickets"]):
                judged.append(_row(document, figure, own, "document", _if_stated(book, figure, finding)))
            if row["is_from_tickets"] and own == figure.code:
                judged.append(_row(document, figure, own, row["tickets_basis"], _by_tickets(figure, row)))
    return judged


def _figure(row: Mapping[str, Any], measures: Mapping[str, Measure]) -> Figure:
    measure = measures[row["measure"]]
    weights = [text.strip() for text in (row["weights"] or "").split("|") if text.strip()]
    return Figure(
        code=row["claim_code"],
        text=row["stated_text"],
        printed=Printed.read(row["stated_text"], row["scale"], measure.is_exact),
        measure=measure,
        name=row["claim"] or "",
        kind=row["check_kind"],
        operands=_codes(row["operands"]),
        base=_codes(row["base"]),
        weights=tuple(Fraction(text) if WEIGHT.fullmatch(text) else Fraction(-1) for text in weights),
        is_stated=row["is_basis_stated"],
        assumption=(row["assumption_zh"] or "", row["assumption_en"] or ""),
        table=_name(row["table_name"]),
        row=_name(row["row_name"]),
        figure_code=row["figure_code"] or "",
    )


def _name(text: str | None) -> str:
    """合 计 and 合计 are one row."""
    return "".join((text or "").split())


def _codes(text: str | None) -> tuple[str, ...]:
    return tuple(code.strip() for code in re.split(r"[|｜]", text or "") if code.strip())


def _is_unmeant(book: Book, figure: Figure) -> bool:
    """A further row of a figure without a relation says nothing."""
    return bool(figure.figure_code) and figure.figure_code in book.figures and figure.kind is None


# ---- within the document ---------------------------------------------------------------------------------------
def _finding(book: Book, figure: Figure) -> Finding:
    if figure.kind is None or figure.kind not in CHECKS:
        return GIVEN
    checked = book.figures.get(figure.figure_code)
    if checked and checked.printed != figure.printed:
        return not_checkable(
            f"此处公布值{figure.text}与所核对的条目{checked.code}的公布值{checked.text}不同，请改正填报",
            f"stated {figure.text} here and {checked.text} in {checked.code}, which this row checks: mend the entry",
        )
    if any(weight < 0 for weight in figure.weights):
        return not_checkable("权数未写明，无法核对", "the weights are not known")
    try:
        related = book.related(figure)
    except Unclear as unclear:
        return not_checkable(*unclear.args)
    if missing := _missing(figure, related):
        return missing
    return CHECKS[figure.kind](figure, related)


def _missing(figure: Figure, related: Related) -> Finding | None:
    if related.missing:
        listed = "、".join(related.missing[:5])
        return not_checkable(f"所依据的条目不全，缺{listed}", f"a figure that the check needs is missing: {listed}")
    if (figure.kind in NEEDS_OPERANDS and not related.operands) or (figure.kind in NEEDS_BASE and not related.base):
        return not_checkable("未写明依据条目或基数条目", "the operands or the base are not named")
    named = [*related.operands, *([] if figure.kind in ("rank", "rank_ascending") else related.base)]
    itself = any(operand.figure.code in (figure.code, figure.figure_code) for operand in named)
    if itself and figure.kind not in ("growth_grim", "grim"):
        return not_checkable("条目不能以自身为依据", "a figure cannot be held against itself")
    return None


def _if_stated(book: Book, figure: Figure, finding: Finding) -> Finding:
    """A finding that rests on what the document does not say holds only if it is so."""
    is_stated = figure.kind != "grim" if figure.is_stated is None else figure.is_stated
    if is_stated or finding.status not in (INCONSISTENT, TRUNCATED) or not finding.zh:
        return finding
    named = book.related(figure).base
    bases = "、".join(operand.figure.name or operand.figure.code for operand in named) or "所列依据"
    assumption_zh = figure.assumption[0] or f"口径为{bases}，文件未写明"
    codes = ", ".join(operand.figure.code for operand in named) or "what the row names"
    assumption_en = figure.assumption[1] or f"it is of {codes}, which the document does not say"
    return replace(
        finding,
        status=CONDITIONAL,
        zh=f"如果（{assumption_zh}）：{finding.zh}",
        en=f"If ({assumption_en}): {finding.en}",
    )


def _hint_at_swapped(book: Book, findings: dict[str, Finding]) -> None:
    """Two growth rates of one figure that are each other's: year-on-year printed for month-on-month."""
    wrong: dict[tuple[str, ...], list[Figure]] = {}
    for code, finding in findings.items():
        figure = book.figures[code]
        if figure.kind == "growth" and finding.status in (INCONSISTENT, TRUNCATED):
            wrong.setdefault(figure.operands, []).append(figure)
    for figures in wrong.values():
        for one in figures:
            for other in figures:
                if one.measure != other.measure and all(
                    findings[a.code].recomputed == b.printed.value for a, b in ((one, other), (other, one))
                ):
                    findings[one.code] = findings[one.code].adding(
                        f"；与{other.name or other.code}的复算值相同，二者疑似互换",
                        f"; this is the recomputed value of {other.code}: the two seem swapped",
                    )


def _hint_at_denominators(book: Book, findings: dict[str, Finding]) -> None:
    """For impossible percentages: the nearest denominators of which all percentages claimed of that one are possible."""
    families: dict[tuple, list[Figure]] = {}
    for code, finding in findings.items():
        figure = book.figures[code]
        if figure.kind == "grim" and not figure.weights and finding.denominator:
            families.setdefault((figure.operands, figure.base, finding.denominator), []).append(figure)
    for (_, _, denominator), family in families.items():
        if all(findings[figure.code].status != INCONSISTENT for figure in family):
            continue
        near = [_nearest(family, int(denominator), step) for step in (-1, 1)]
        listed = " / ".join(str(n) for n in near if n)
        for figure in family:
            # where another percentage of it is impossible, the denominator is refuted, and cutting off explains nothing
            if findings[figure.code].status == TRUNCATED:
                findings[figure.code] = impossible(figure, int(denominator))
            if findings[figure.code].status == INCONSISTENT and listed:
                findings[figure.code] = findings[figure.code].adding(
                    f"；同一分母的各比率都可能的最近分母：{listed}",
                    f"; nearest denominators on which all rates of it are possible: {listed}",
                )


def _nearest(family: Sequence[Figure], denominator: int, step: int) -> int | None:
    bounds = [figure.printed.rounded.times(Fraction(1, figure.measure.factor)) for figure in family]
    for n in range(denominator + step, denominator + step * (NEAR + 1), step):
        if n < 1:
            return None
        possible = [each.times(n).whole() for each in bounds]
        if all(max(fewest, 0) <= min(most, n) for fewest, most in possible):
            return n
    return None


# ---- against tickets -------------------------------------------------------------------------------------------
def _by_tickets(figure: Figure, row: Mapping[str, Any]) -> Finding:
    """Recomputed from the warehouse's own tickets, and judged only when they are real."""
    numerator, denominator = row["tickets_numerator"], row["tickets_denominator"]
    if numerator is None or not denominator or denominator < 0:
        return not_checkable(
            "仓库没有所需月份的完整工单或指标，无法复算",
            "the warehouse has no whole month of the tickets, or no indicators, that this needs",
        )
    factor = row["tickets_factor"]
    exact = Fraction(numerator) * factor / Fraction(denominator)
    if factor == 1:
        made = "复算", "recomputed"
    else:
        shown = [show(Fraction(n), 0) for n in (numerator, denominator)]
        made = f"按工单明细为{shown[0]}÷{shown[1]}", f"tickets give {shown[0]} / {shown[1]}"
    finding = compare(figure, exact, Range.only(exact), *made, Fraction(numerator), Fraction(denominator))
    if row["tickets_origin"] == REAL:
        return finding
    value = figure.printed.show(exact)
    return replace(
        finding,
        status=SIMULATED,
        zh=f"按模拟工单复算为{value}{figure.measure.unit}，公布{figure.text}{figure.measure.unit}；模拟数据不作判定依据",
        en=f"simulated tickets give {value}{figure.measure.unit}, stated {figure.text}{figure.measure.unit}: not judged",
    )


# ---- rows --------------------------------------------------------------------------------------------------------
def _row(document: str, figure: Figure, own: str, basis: str, finding: Finding) -> Judged:
    is_silent = finding.status == CONSISTENT
    return Judged(
        document,
        figure.code,
        own,
        basis,
        finding.status,
        _decimal(finding.recomputed, 6),
        _decimal(finding.numerator, 4),
        _decimal(finding.denominator, 4),
        None if is_silent else finding.zh,
        None if is_silent else finding.en,
    )


def _decimal(value: Fraction | None, places: int) -> Decimal | None:
    """As a number of the warehouse; nothing where it has no room: a sender may claim figures of any size."""
    if value is None or abs(value) >= 10 ** (18 - places):
        return None
    scaled = value * 10**places
    return Decimal(round(scaled)).scaleb(-places)
