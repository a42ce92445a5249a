"""The answer of ``hotline check`` as a workbook for the city's own clerk: the bad rows with the bad cells marked."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import xlsxwriter

from hotline.ingest.landing import ANSWER_SUFFIX
from hotline.settings import Settings

if TYPE_CHECKING:
    from hotline.ingest.check import Answer

MOST_ROWS = 10_000
LONGEST_CELL = 32_000
"""Characters; Excel itself ends at 32 767."""
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


def plain(text: object) -> str:
    """``text`` so that no program takes it for a formula."""
    cell = "" if text is None else str(text)[:LONGEST_CELL]
    return f"'{cell}" if cell.startswith(FORMULA_SIGNS) else cell


def write_answer(answer: Answer, settings: Settings) -> str:
    """Write the workbook beside the checked file, readable by its owner alone; returns a line that says where.

    Nothing is written into the warehouse's own folders: what lies there is a delivery, and no place for answers.
    """
    path = answer.delivery.path.absolute()
    if path.parent.resolve().is_relative_to(settings.var.resolve()):
        return "  未写核对结果工作簿：该文件在数据仓库目录内"
    target = path.with_name(path.name + ANSWER_SUFFIX)
    try:
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")  # mode 600
        os.close(descriptor)
        try:
            _write(Path(temporary), answer)
            Path(temporary).replace(target)
        finally:
            Path(temporary).unlink(missing_ok=True)
    except OSError:
        return "  未能写核对结果工作簿：该目录不可写或已满，或文件名过长"
    return f"  核对结果已写入：{target.name}"


def _write(target: Path, answer: Answer) -> None:
    entry = answer.entry
    # into the open file: a new one of the same name would not keep its mode
    with target.open("r+b") as handle, xlsxwriter.Workbook(handle, {"strings_to_formulas": False}) as book:
        bold = book.add_format({"bold": True, "bg_color": "#DDEBF7", "border": 1, "text_wrap": True})
        text = book.add_format({"num_format": "@"})
        marked = book.add_format({"num_format": "@", "bg_color": "#FFC7CE", "font_color": "#9C0006"})
        summary = book.add_worksheet("核对结果")
        summary.set_column(0, 0, 24)
        summary.set_column(1, 2, 60)
        lines = [("文件", entry.file_name), ("接收情况", "整个文件不予接收" if entry.message else "部分行不合格")]
        if entry.message:
            lines.append(("原因与处理", entry.message_zh))
        else:
            counts = (("总行数", entry.rows_in), ("可接收", entry.rows_loaded), ("不合格", entry.rows_quarantined))
            lines += [(name, str(count)) for name, count in counts]
        for reason, count in entry.reasons.items() if not entry.message else ():
            header, what, remedy = answer.reason_zh(reason)
            lines.append((f"{header or '整行'}（{count} 行）", f"{what}；{remedy}"))
        lines += [("注意", words) for words in [*(each.zh for each in answer.notes), *entry.warnings_zh]]
        if len(answer.bad) > MOST_ROWS:
            lines.append(("注意", f"只列出前 {MOST_ROWS} 个不合格行"))
        for row, (name, words) in enumerate(lines):
            summary.write_string(row, 0, plain(name), bold)
            summary.write_string(row, 1, plain(words), text)
        if not answer.bad:
            return
        sheet = book.add_worksheet("不合格行")
        headers = list(dict.fromkeys(header for _, _, row in answer.bad for header in row))
        sheet.freeze_panes(1, 2)
        sheet.set_column(0, 0, 8)
        sheet.set_column(1, 1, 60)
        sheet.set_column(2, 2 + len(headers), 18)
        for column, title in enumerate(["行号", "不合格原因", *headers]):
            sheet.write_string(0, column, plain(title), bold)
        for row, (line, reasons, values) in enumerate(answer.bad[:MOST_ROWS], start=1):
            facts = [answer.reason_zh(reason) for reason in reasons]
            sheet.write_string(row, 0, str(line or ""), text)
            sheet.write_string(
                row, 1, plain("\n".join(f"{header}{what}；{remedy}" for header, what, remedy in facts)), text
            )
            bad = {header for header, _, _ in facts}
            for column, header in enumerate(headers, start=2):
                sheet.write_string(row, column, plain(values.get(header)), marked if header in bad else text)
