"""The figures of one document, and which of them a relation speaks of.

A relation names others by their codes, or leaves them to the table: in a table whose rows have names, the share of a row
is its own count out of that of the total row, and the total is the sum of the other rows. So whoever copies a table out
of a report need only choose the relation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from hotline.claims.printed import Printed

TOTALS = {"合计", "总计", "总数", "总量", "共计", "小计", "全部", "total"}
SUBTRACTED = "-"


@dataclass(frozen=True)
class Measure:
    """What a figure measures (``claim_measures.csv``)."""

    code: str
    factor: int
    """100 for percentages: what a quotient is multiplied by."""
    is_exact: bool
    """Whole numbers, exact when printed in full."""
    is_count: bool
    """A number of things: others can be a share of it."""
    is_proportion: bool
    """Of some whole: its numerator is no larger than its denominator."""
    unit: str = ""


@dataclass(frozen=True)
class Figure:
    """One row of the feed: a printed figure and the relation that it is held to."""

    code: str
    text: str
    printed: Printed
    measure: Measure
    name: str = ""
    kind: str | None = None
    operands: tuple[str, ...] = ()
    base: tuple[str, ...] = ()
    weights: tuple[Fraction, ...] = ()
    is_stated: bool | None = None
    """Whether the document says what the figure is taken of; None where its transcriber did not answer."""
    assumption: tuple[str, str] = ("", "")
    table: str = ""
    row: str = ""
    figure_code: str = ""
    """The figure that this row checks once more, where it is not the row's own."""

    @property
    def is_total(self) -> bool:
        return self.row.lower() in TOTALS


@dataclass(frozen=True)
class Operand:
    """A figure named by a relation, with its sign and weight."""

    figure: Figure
    weight: Fraction = Fraction(1)

    @property
    def amount(self) -> Fraction:
        return self.figure.printed.amount * self.weight


@dataclass(frozen=True)
class Related:
    """What a relation is about. ``missing`` names codes that the document does not have."""

    operands: tuple[Operand, ...] = ()
    base: tuple[Operand, ...] = ()
    missing: tuple[str, ...] = ()


class Unclear(Exception):
    """The table does not say which figures are meant; the message says what to fill in, Chinese and English."""


@dataclass(frozen=True)
class Book:
    """All figures of one document by code."""

    figures: Mapping[str, Figure]
    _tables: dict[str, list[Figure]] = field(default_factory=dict)

    @classmethod
    def of(cls, figures: Iterable[Figure]) -> Book:
        book = cls({figure.code: figure for figure in figures})
        for figure in book.figures.values():
            if figure.table and figure.row and not figure.figure_code:
                book._tables.setdefault(figure.table, []).append(figure)
        return book

    def related(self, figure: Figure) -> Related:
        """Raises Unclear."""
        operands, base = figure.operands, figure.base
        if figure.kind in _FROM_TABLE and figure.table and figure.row:
            found_operands, found_base = _FROM_TABLE[figure.kind](self, figure)
            operands = operands or tuple(found_operands)
            # a base that the document does not state is not to be guessed
            if not base and not (figure.kind == "share" and figure.is_stated is False):
                base = tuple(found_base)
        missing = [code for code in (*operands, *base) if code.removeprefix(SUBTRACTED) not in self.figures]
        weights = figure.weights or (Fraction(1),) * len(operands)
        if len(weights) < len(operands):
            raise Unclear("权数的个数应与依据条目相同", "as many weights as operands are needed")
        return Related(
            tuple(self._operands(operands, weights)),
            tuple(self._operands(base, (Fraction(1),) * len(base))),
            tuple(missing),
        )

    def _operands(self, codes: Sequence[str], weights: Sequence[Fraction]) -> Iterable[Operand]:
        for code, weight in zip(codes, weights, strict=False):
            sign, name = (-1, code.removeprefix(SUBTRACTED)) if code.startswith(SUBTRACTED) else (1, code)
            if name in self.figures:
                yield Operand(self.figures[name], sign * weight)

    # ---- what the place in a table says -----------------------------------------------------------------------
    def _peers(self, figure: Figure) -> list[Figure]:
        return [other for other in self._tables.get(figure.table, []) if other.code != figure.code]

    def _parts(self, figure: Figure) -> list[Figure]:
        """The other rows' figures of the same measure, the total row apart."""
        return [
            o for o in self._peers(figure) if o.measure == figure.measure and not o.is_total and o.row != figure.row
        ]

    def _count_of(self, table: str, row: str) -> str:
        counts = [o for o in self._tables.get(table, []) if o.row == row and o.measure.is_count]
        if len(counts) != 1:
            raise Unclear(
                f"表“{table}”的“{row}”有{len(counts)}个件数，请写明依据条目和基数条目",
                f"row {row} of table {table} has {len(counts)} counts: name the operands and the base",
            )
        return counts[0].code

    def _total(self, table: str) -> str:
        rows = {o.row for o in self._tables.get(table, []) if o.is_total and o.measure.is_count}
        if len(rows) != 1:
            raise Unclear(
                f"表“{table}”有{len(rows)}个合计行，请写明基数条目",
                f"table {table} has {len(rows)} total rows: name the base",
            )
        return self._count_of(table, rows.pop())

    def _sum(self, figure: Figure) -> tuple[list[str], list[str]]:
        return ([] if figure.operands else [part.code for part in self._parts(figure)]), []

    def _share(self, figure: Figure) -> tuple[list[str], list[str]]:
        own = [] if figure.operands else [self._count_of(figure.table, figure.row)]
        is_open = figure.base or figure.is_stated is False
        return own, ([] if is_open else [self._total(figure.table)])

    def _own_count(self, figure: Figure) -> tuple[list[str], list[str]]:
        return [], ([] if figure.base else [self._count_of(figure.table, figure.row)])

    def _rates(self, figure: Figure) -> tuple[list[str], list[str]]:
        """Rates of the parts and the counts beside them, the total's last."""
        parts = self._parts(figure)
        operands = [] if figure.operands else [part.code for part in parts]
        if figure.base or figure.operands:
            return operands, []
        counts = [self._count_of(figure.table, part.row) for part in parts]
        return operands, [*counts, self._count_of(figure.table, figure.row)]

    def _shares(self, figure: Figure) -> tuple[list[str], list[str]]:
        """All shares of the table and the counts beside them."""
        if figure.operands:
            return [], []
        shares = [o for o in self._peers(figure) if o.measure.is_proportion and not o.is_total]
        return [share.code for share in shares], [self._count_of(figure.table, share.row) for share in shares]

    def _rank(self, figure: Figure) -> tuple[list[str], list[str]]:
        own = figure.base[0] if figure.base else self._count_of(figure.table, figure.row)
        if figure.operands or own not in self.figures:
            return [], [own]
        ranked = self.figures[own]
        return [own, *(peer.code for peer in self._parts(ranked))], [own]


_FROM_TABLE = {
    "sum": Book._sum,
    "share": Book._share,
    "growth_grim": Book._own_count,
    "implied_growth": Book._rates,
    "implied_rate": Book._rates,
    "common_base": Book._shares,
    "base_of": Book._shares,
    "rank": Book._rank,
    "rank_ascending": Book._rank,
}
