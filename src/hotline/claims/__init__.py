"""Figures of published documents as rows of the feed ``published_claims``: what is stated, and what it must agree with.

A row without ``check_kind`` is recomputed from tickets. A row with one is held against other rows of the same document,
named by their codes, so that it needs no ticket. Kinds: see ``contracts/published_claims.odcs.yaml``. One figure may be
held against several others; the rows then share the beginning of their code (``annex3-LNJT-yoy_pct``,
``annex3-LNJT-yoy_pct.same``).
"""

from __future__ import annotations

from collections.abc import Iterable
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
        """A figure that is recomputed from tickets (or scores)."""
        return {
            "claim_code": self._full(code),
            "document": self.name,
            "month": self.month,
            "period": self.period,
            "claim": claim,
            "measure": measure,
            "share_of": share_of if measure == "share_pct" else "",
            "stated_text": stated,
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
    ) -> dict[str, str]:
        """A figure that other figures of the document must give; ``operands`` and ``base`` are codes without prefix."""
        return self.figure(code, claim, measure, stated, scope) | {
            "check_kind": kind,
            "operands": "|".join(self._full(operand) for operand in operands),
            "base": "|".join(self._full(operand) for operand in base),
            "scale": scale,
            "assumption_zh": assumption[0],
            "assumption_en": assumption[1],
        }

    def _full(self, code: str) -> str:
        sign = "-" if code.startswith("-") else ""
        return f"{sign}{self.prefix}-{code.removeprefix('-')}"
