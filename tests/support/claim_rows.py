"""Rows of ``int_claim_row`` for the tests of the judgement: what is not given is empty."""

from __future__ import annotations

import csv
from pathlib import Path

from hotline.claims.figures import Measure
from hotline.claims.judge import Judged, judge

LISTS = Path(__file__).resolve().parents[2] / "dbt" / "seeds" / "code_lists"
EMPTY = {
    "document": "d", "measure": "tickets", "scale": 1, "claim": None, "check_kind": None, "operands": None, "base": None,
    "weights": None, "is_basis_stated": None, "assumption_zh": None, "assumption_en": None, "table_name": None,
    "row_name": None, "figure_code": None, "is_from_tickets": False, "tickets_basis": "tickets", "tickets_origin": None,
    "tickets_numerator": None, "tickets_denominator": None, "tickets_factor": None,
}  # fmt: skip


def measures() -> dict[str, Measure]:
    with (LISTS / "claim_measures.csv").open(encoding="utf-8", newline="") as handle:
        return {
            row["code"]: Measure(
                row["code"],
                int(row["factor"]),
                *(row[flag] == "true" for flag in ("is_exact", "is_count", "is_proportion")),
                row["unit"],
            )
            for row in csv.DictReader(handle)
        }


def codes(name: str) -> list[str]:
    with (LISTS / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
        return [row["code"] for row in csv.DictReader(handle)]


MEASURES = measures()


def row(code: str, text: str, measure: str = "tickets", kind: str | None = None, **more) -> dict:
    return {**EMPTY, "claim_code": code, "stated_text": text, "measure": measure, "check_kind": kind, **more}


def judged(*rows: dict) -> dict[str, Judged]:
    """Findings by code."""
    return {finding.claim_code: finding for finding in judge(rows, MEASURES)}


def finding(
    text: str, measure: str, kind: str, operands: dict | None = None, base: dict | None = None, **more
) -> Judged:
    """The finding of one figure, held against others given as ``{code: text}`` or ``{code: row}``."""
    named = {**(operands or {}), **(base or {})}
    rows = [given if isinstance(given, dict) else row(code, given) for code, given in named.items()]
    own = row("own", text, measure, kind, operands="|".join(operands or {}), base="|".join(base or {}), **more)
    return judged(*rows, own)["own"]
