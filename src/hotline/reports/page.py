"""A report as one page of HTML, and the same page as PDF. Every figure names the mart that it stands in."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from hotline.reports import plots
from hotline.reports.facts import RATES, Audit, Platform, Row
from hotline.text import percent

KEYS = {
    "mart_platform_verdict": ("frame_no", "basis"),
    "mart_rate_integrity": ("frame_no", "rate"),
    "mart_spot_check_result": ("frame_no", "ticket_key"),
    "mart_spot_check_frame": ("frame_no",),
}
"""What tells the rows of a mart apart."""
SOURCES = {"frame": "冻结的总体", "published": "公开的件数", "tickets": "已报送的工单", None: "未知"}
SIMULATED = "（模拟）"
SUMMARY = (
    ("A", "有定论（A）"), ("B", "存疑，扩大抽检（B）"), ("C", "线索（C）"), ("E", "未见超过一成不实（E）"), ("D", "不予评定（D）"),
)  # fmt: skip


def chance(value: float | None) -> str:
    """A probability: 0 is said in words, as it holds only for callers who never err.

    >>> [chance(p) for p in (None, 0.0, 3e-7, 0.00234, 0.07763, 1.0)]
    ['—', '不可能（按字面）', '< 0.0001', '0.0023', '0.0776', '1']
    """
    if value is None:
        return "—"
    if value == 0:
        return "不可能（按字面）"
    if value < 0.0001:
        return "< 0.0001"
    return "1" if value == 1 else f"{min(value, 0.9999):.4f}"


def share(value: float | None) -> str:
    """A fraction of 1 as a percentage."""
    return "—" if value is None else percent(Decimal(str(value)) * 100)


def evidence(value: float | None) -> str:
    return "—" if value is None else f"{value:,.1f}" if value < 10_000 else "> 10 000"


FORMATS = {
    "count": lambda value: f"{value:,}",
    "percent": percent,
    "printed": lambda text: f"{text} %",
    "chance": chance,
    "share": share,
    "evidence": evidence,
    "text": str,
}


def figure(mart: str, row: Row, column: str, form: str) -> Markup:
    """A figure with the place that it stands in: a reader's program can trace it, and a test does."""
    value = row[column]
    shown = "—" if value is None else FORMATS[form](value)
    key = "|".join(str(row[name]) for name in KEYS[mart])
    return Markup('<data value="{}" data-mart="{}" data-column="{}" data-key="{}">{}</data>').format(
        "" if value is None else value, mart, column, key, shown
    )


@lru_cache(maxsize=1)
def template():
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("audit.html.j2")


def lead(audit: Audit) -> str:
    """The one sentence that a director reads: what may be claimed, and what is to be done."""
    named, doubted, checked = (
        audit.of_grade("A"),
        audit.of_grade("B"),
        [p for p in audit.platforms if p.verdict["drawn"]],
    )
    found = f"{len(named)} 个平台的上报值已被证明不能成立" if named else "没有平台的上报值被证明不能成立"
    parts = [f"本期抽检 {len({p.verdict['platform_code'] for p in checked})} 个平台，{found}"]
    if doubted:
        parts.append(f"{len(doubted)} 个平台存疑，应扩大抽检或责令补报")
    if unrated := audit.of_grade("D"):
        parts.append(f"{len(unrated)} 个平台抽检件数不足以评定，不代表其上报值属实")
    found = "；".join(parts) + "。"
    return f"本期含模拟工单的抽检，仅演示方法，不是对任何平台的评定。{found}" if audit.is_simulated else found


def title(audit: Audit, only: Platform | None = None) -> str:
    period = f"{audit.first:%Y 年 %-m 月}" if audit.kind == "monthly" else f"{audit.first:%G 年第 %-V 周}"
    if only:
        return f"投诉举报工单抽检告知单　{only.verdict['platform_name']}　{period}" + SIMULATED * only.is_simulated
    return f"12328 热线数据核查报告　{period}" + SIMULATED * audit.is_simulated


def html(audit: Audit, only: Platform | None = None) -> str:
    """The report, or the extract for one platform: with no row of another. The same facts give the same bytes."""
    return template().render(
        audit=audit,
        only=only,
        title=title(audit, only),
        fig=figure,
        lead=lead(audit),
        rates=RATES,
        sources=SOURCES,
        summary=SUMMARY,
        groups={letter: audit.of_grade(letter) for letter, _ in SUMMARY},
        yes={True: "属实", False: "不实", None: "不计"},
        forest=Markup("") if only else Markup(plots.as_svg(plots.forest(audit.platforms))),  # noqa: S704 -- our own drawing
        parameters=audit.parameters,
        confidence=f"{100 * audit.confidence:g} %",
        clear_share=share(float(audit.parameters["clear_share"])),
        percent_of=lambda value: share(float(value)),
    )


def pdf(page: str) -> bytes:
    """A page as PDF: A4, no date in it, no file of the machine or of the network read."""
    from weasyprint import HTML

    def refused(url: str, *_: object, **__: object):
        raise ValueError(f"a report reads nothing from elsewhere: {escape(url)}")

    return HTML(string=page, url_fetcher=refused).write_pdf(pdf_identifier=b"hotline", pdf_tags=True)
