"""A report as DOCX, for editing: the words, the tables and the plot of the page."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime

from docx import Document
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

from hotline.reports import plots
from hotline.reports.facts import RATES, Audit, Platform
from hotline.reports.page import SUMMARY, chance, title
from hotline.text import percent

FONT = "Noto Sans CJK SC"
ZIP_TIME = (1980, 1, 1, 0, 0, 0)


def docx(audit: Audit) -> bytes:
    """The same facts give the same bytes."""
    document = Document()
    style = document.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(10)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
    moment = datetime(audit.delivered_until.year, audit.delivered_until.month, audit.delivered_until.day)
    properties = document.core_properties
    properties.title, properties.author = title(audit), ""
    properties.created = properties.modified = moment
    document.add_heading(title(audit), 0)
    document.add_paragraph(f"数据截至 {audit.delivered_until}　发布版本 {audit.published}")
    document.add_heading("摘要", 1)
    for letter, words in SUMMARY:
        group = audit.of_grade(letter)
        names = "、".join(platform.name for platform in group)
        document.add_paragraph(f"{words} {len(group)} 个" + (f"：{names}" if names else ""), style="List Bullet")
    document.add_picture(io.BytesIO(plots.as_png(plots.forest(audit.platforms))), width=Cm(16))
    document.add_heading("各平台一览", 1)
    columns = ("平台", "等级", "总体", "抽取", "接通", "不实", "范围", "概率", "校正后")
    add_table(document, columns, [_line(platform) for platform in audit.platforms])
    for platform in audit.flagged:
        verdict = platform.verdict
        document.add_page_break()
        document.add_heading(f"{platform.name}　{verdict['grade']} {verdict['grade_name']}", 1)
        document.add_paragraph(verdict["says_zh"])
        lines = [
            (name, "未报" if (rate := platform.rates[code])["reported_text"] is None else f"{rate['reported_text']} %",
             f"{rate['passed']}/{rate['sampled']}" if rate["sampled"] else "未抽检")
            for code, name in RATES.items() if code in platform.rates
        ]  # fmt: skip
        add_table(document, ("项目", "上报", "抽检属实"), lines)
        document.add_heading("不实工单", 2)
        bad = [
            (row["ticket_key"], row["platform_statement"] or "未提交", row["adjudication_name"] or "未裁定")
            for row in platform.bad
        ]
        add_table(document, ("工单", "平台说明", "裁定"), bad) if bad else document.add_paragraph("无。")
    target = io.BytesIO()
    document.save(target)
    return without_times(target.getvalue())


def _line(platform: Platform) -> tuple[str, ...]:
    verdict = platform.verdict
    bounds = f"{percent(verdict['lower95'])} 至 {percent(verdict['upper95'])}" if verdict["drawn"] else "未抽检"
    counts = (f"{verdict[name]:,}" for name in ("population", "drawn", "reached", "bad"))
    return (
        platform.name,
        verdict["grade"],
        *counts,
        bounds,
        chance(verdict["p_decide"]),
        chance(verdict["p_holm"]),
    )


def add_table(document, head: tuple[str, ...], lines: list[tuple[str, ...]]) -> None:
    table = document.add_table(rows=1, cols=len(head), style="Light Grid")
    for cell, text in zip(table.rows[0].cells, head, strict=True):
        cell.text = text
    for line in lines:
        for cell, text in zip(table.add_row().cells, line, strict=True):
            cell.text = text


def without_times(data: bytes) -> bytes:
    """The archive with one time for all its members: the clock is no part of a report."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as copy:
        for name in sorted(source.namelist(), key=lambda name: (name != "[Content_Types].xml", name)):
            copy.writestr(zipfile.ZipInfo(name, ZIP_TIME), source.read(name), zipfile.ZIP_DEFLATED)
    return target.getvalue()
