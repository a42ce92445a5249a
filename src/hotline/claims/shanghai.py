"""Claims of Shanghai's summary of 2021. No tickets stand behind it: its figures are held against one another."""

from __future__ import annotations

from collections.abc import Iterator

from hotline.claims import Document

DOCUMENT = Document("SH2021", "上海市交通委热线工作总结（2021年）", "2021-01", "year")

SAME_SATISFACTION = (
    "假定开头的“市民测评满意率”与问题部分的“12345交通热线测评满意度”是同一年、同一测评的同一指标",
    "both are assumed to be the same indicator of the same year's survey",
)
OF_INSPECTED = ("分母取抽查办结报告数", "denominator: closing reports inspected")
OF_FAILED = (
    "分母取不合格报告数（抽查报告数乘不合格率），每份报告只计一类",
    "denominator: failed reports (reports inspected times failure rate), one class a report",
)
DEFECTS = ("inaccurate_reply", "irregular_entry", "facts_differ")
UNITS = ("dispatched_agency", "dispatched_district", "dispatched_enterprise")
PERCENT = {"pct": "rate_pct", "score": "rate_pct", "report": "tickets", "ticket": "tickets", "return event": "tickets"}


def claims(figures: list[dict[str, str]]) -> Iterator[dict[str, str]]:
    """Rows of the feed. ``figures``: rows of ``reference/shanghai_2021/annual_figures.csv``."""
    checks = {
        "dispatched": {"kind": "sum", "operands": UNITS},
        "satisfaction_12345": {"kind": "same", "operands": ["satisfaction"], "assumption": SAME_SATISFACTION},
        "inspection_failure": {
            "kind": "grim",
            "base": ["inspected_reports"],
            "assumption": OF_INSPECTED,
            "is_basis_stated": "是",
        },
    }
    for defect in DEFECTS:
        checks[defect] = {
            "kind": "grim",
            "operands": ["inspection_failure"],
            "base": ["inspected_reports"],
            "assumption": OF_FAILED,
            "is_basis_stated": "是",
        }
    for row in figures:
        if row["unit"] not in PERCENT:
            continue  # single acts, as letters written: no other figure has to do with them
        how = checks.get(row["code"], {"kind": "given"})
        measure = "yoy_pct" if row["code"].endswith("_yoy") else PERCENT[row["unit"]]
        yield DOCUMENT.check(
            code=row["code"],
            claim=row["measure_name"],
            measure=measure,
            stated=row["stated_text"],
            scale=row["scale"],
            **how,
        )
    yield DOCUMENT.check(
        "sum", "defects.sum", "不合格报告三类问题占比合计", "share_pct", "100.00", DEFECTS, assumption=OF_FAILED
    )
