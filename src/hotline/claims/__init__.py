"""Figures of published documents: as rows of the feed ``published_claims``, and judged (``judge``).

A row holds a figure and one relation that it must agree with (``dbt/seeds/code_lists/claim_relations.csv``); a further
relation of the same figure is a further row, whose code begins as the figure's (``annex3-LNJT-yoy_pct.same``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

Assumption = tuple[str, str]
"""What a check assumes and the document does not say, Chinese and English."""
NOTHING_ASSUMED: Assumption = ("", "")


@dataclass(frozen=True)
class Document:
    """A published document: ``prefix`` of its claim codes, title, first month (yyyy-MM) and ``month`` or ``year``."""

    prefix: str
    name: str
    month: str
    period: str = "month"

    def figure(
        self, code: str, claim: str, measure: str, stated: str, scope: dict[str, str] | None = None, share_of: str = ""
    ) -> dict[str, str]:
        """A figure that is recomputed from tickets (or scores) too."""
        return {
            "claim_code": self._full(code),
            "document": self.name,
            "month": self.month,
            "period": self.period,
            "claim": claim,
            "measure": measure,
            "share_of": share_of if measure == "share_pct" else "",
            "stated_text": stated,
            "is_from_tickets": "是",
            **(scope or {}),
        }

    def check(
        self,
        kind: str,
        code: str,
        claim: str,
        measure: str,
        stated: str,
        operands: Iterable[str] = (),
        base: Iterable[str] = (),
        scope: dict[str, str] | None = None,
        scale: str = "1",
        assumption: Assumption = NOTHING_ASSUMED,
        is_basis_stated: str = "",
    ) -> dict[str, str]:
        """A figure that other figures of the document must give; ``operands`` and ``base`` are codes without prefix."""
        return self.figure(code, claim, measure, stated, scope) | {
            "is_from_tickets": "",
            "check_kind": kind,
            "operands": "|".join(self._full(operand) for operand in operands),
            "base": "|".join(self._full(operand) for operand in base),
            "scale": scale,
            "assumption_zh": assumption[0],
            "assumption_en": assumption[1],
            "is_basis_stated": is_basis_stated,
        }

    def _full(self, code: str) -> str:
        sign = "-" if code.startswith("-") else ""
        return f"{sign}{self.prefix}-{code.removeprefix('-')}"


RELATION = ("check_kind", "operands", "base", "assumption_zh", "assumption_en", "is_basis_stated")


def once_each(rows: Iterable[dict[str, str]]) -> Iterator[dict[str, str]]:
    """The rows with every figure once: its first relation in its own row, each further one in a row that names it."""
    rows = list(rows)
    figures = {row["claim_code"]: row for row in rows}
    for row in rows:
        root, _, further = row["claim_code"].rpartition(".")
        if not further or root not in figures:
            continue
        if not figures[root].get("check_kind"):
            figures[root].update({name: row.get(name, "") for name in RELATION})
            del figures[row["claim_code"]]
        else:
            row["figure_code"] = root
    yield from figures.values()
