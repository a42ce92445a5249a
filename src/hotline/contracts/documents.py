"""What is made from the contracts: the empty Excel template of a feed, the data dictionary, the delivery schedule."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import xlsxwriter

from hotline.contracts import Column, Contract, load_code_list

TYPES_ZH = {"string": "文本", "integer": "整数", "timestamp": "日期时间", "date": "日期", "boolean": "是/否"}
PII_ZH = {
    "phone": "入库时以密钥散列，不留号码",
    "operator": "入库时以密钥散列，不留工号",
    "name": "不入库",
    "id_card": "不入库",
}
MASKED_ZH, IDENTIFIER_ZH = "入库时遮盖号码和诉求人姓名", "不得填电话或证件号码"
FREQUENCY_ZH = {"daily": "每日（次日报送前一日）", "monthly": "每月", "as_needed": "有变动时"}
FOLDED_ZH = {"categories": "问题类别名录", "subcategories": "问题子类名录", "enterprises": "运营企业名录"}
SENDER_ZH = {"platform": "各平台", "province": "省中心"}
ROWS_WITH_LISTS = 10_000
"""Rows of a template that offer drop-down lists; longer tables are better sent as CSV."""
LONGEST_LIST = 255
"""Characters that Excel allows in a drop-down list written into the cell; longer ones refer to the second sheet."""


def privacy_zh(column: Column) -> str:
    """What becomes of personal data in the column, in one Chinese phrase; empty where none can be."""
    if column.is_masked:
        return MASKED_ZH
    return PII_ZH.get(column.pii or "", IDENTIFIER_ZH if column.may_be_personal else "")


def rule_zh(column: Column, contract: Contract) -> str:
    """The rules of a column of ``contract`` in one Chinese phrase."""
    parts = [TYPES_ZH[column.logical_type]]
    if column.format == "yyyy-MM":
        parts = ["月份，如 2024-09"]
    if column.code_list:
        names = list(load_code_list(column.code_list).names.values())
        parts = ["代码表：" + "、".join(names)]
    if column.minimum is not None or column.maximum is not None:
        low = "" if column.minimum is None else str(column.minimum)
        parts.append(f"范围 {low}～{'' if column.maximum is None else column.maximum}")
    if column.max_length is not None:
        parts.append(f"至多 {column.max_length} 字")
    if column.folded_by:
        parts.append(f"按{FOLDED_ZH[column.folded_by]}归并，名录外的照常入库并计数")
    if column.not_before:
        parts.append(f"不早于 {column.not_before}")
    if column.not_after:
        parts.append(f"早于 {column.not_after}")
    if column.not_after_delivery:
        parts.append("不晚于报送日")
    if column.equals_sender:
        parts.append("须为本单位")
    if column.required_with:
        (other,) = (each.header for each in contract.columns if each.name == column.required_with)
        parts.append(f"填有{other}的行必填")
    if column.owned_by:
        parts.append("编号前缀须为本单位" + ("，移交工单除外" if column.handed_over_by else ""))
    return "；".join(parts)


def write_template(contract: Contract, target: Path) -> None:
    """Write an ``.xlsx`` that the ingest accepts once rows are filled in under its header.

    Every cell is text, so that Excel neither shortens long numbers nor turns dates into its own.
    """
    with xlsxwriter.Workbook(target) as book:
        # a fixed date: the same contract gives the same bytes
        book.set_properties({"title": contract.title, "created": datetime(2024, 1, 1)})
        text = book.add_format({"num_format": "@"})
        optional = book.add_format({"bold": True, "bg_color": "#DDEBF7", "border": 1, "text_wrap": True})
        required = book.add_format({"bold": True, "bg_color": "#FCE4D6", "border": 1, "text_wrap": True})
        sheet = book.add_worksheet(contract.title)
        help_sheet = book.add_worksheet("填报说明")
        sheet.freeze_panes(1, 0)
        for index, column in enumerate(contract.columns):
            sheet.set_column(index, index, max(14, 2 * len(column.header) + 2), text)
            sheet.write(0, index, column.header, required if column.required else optional)
            sheet.write_comment(0, index, rule_zh(column, contract))
            names = list(load_code_list(column.code_list).names.values()) if column.code_list else []
            names = ["是", "否"] if column.logical_type == "boolean" else names
            if names and len(",".join(names)) <= LONGEST_LIST:
                sheet.data_validation(1, index, ROWS_WITH_LISTS, index, {"validate": "list", "source": names})
        help_sheet.set_column(0, 0, 24)
        help_sheet.set_column(1, 1, 8)
        help_sheet.set_column(2, 3, 60)
        help_sheet.write_row(0, 0, ["列名", "必填", "填写要求", "个人信息处理"], optional)
        for row, column in enumerate(contract.columns, start=1):
            facts = [column.header, "是" if column.required else "", rule_zh(column, contract), privacy_zh(column)]
            help_sheet.write_row(row, 0, facts, text)
        below = len(contract.columns) + 2
        for column in contract.columns:
            notes = load_code_list(column.code_list).notes if column.code_list else {}
            for row, (name, note) in enumerate(notes.items(), start=below):
                help_sheet.write_row(row, 0, [name, "", note, column.header], text)
            below += len(notes) + bool(notes)


def dictionary(contracts: Iterable[Contract]) -> str:
    """The data dictionary: every feed and column, as Markdown."""
    lines = [
        "# Data dictionary of the feeds",
        "",
        "Made from `contracts/` with `hotline contract dictionary`. Rules are in Chinese, as the cities read them.",
    ]
    for contract in contracts:
        when = FREQUENCY_ZH[contract.delivery_frequency]
        if contract.delivery_day:
            when += f"，次月 {contract.delivery_day} 日"
        if contract.delivery_frequency != "as_needed":
            when += f"，{contract.delivery_time} 前"
        sender = "报送单位、" if contract.sender_in_key else ""
        lines += [
            "",
            f"## {contract.feed} {contract.title}",
            "",
            f"{contract.purpose}",
            "",
            f"报送单位：{SENDER_ZH[contract.delivered_by]}。频次：{when}。主键：{sender}`{'`、`'.join(contract.key)}`。",
            "",
            "| 列名 | column | 必填 | 填写要求 | 其他写法 | 个人信息 | note |",
            "|---|---|---|---|---|---|---|",
        ]
        for column in contract.columns:
            cells = [
                column.header,
                f"`{column.name}`" + (f" → `{column.stored_as}`" if column.stored_as != column.name else ""),
                "是" if column.required else "",
                rule_zh(column, contract),
                "、".join(column.aliases),
                privacy_zh(column),
                column.description,
            ]
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


SCHEDULE_COLUMNS = ("feed", "name_zh", "delivered_by", "delivery_frequency", "delivery_day", "delivery_time")


def schedule(contracts: Iterable[Contract]) -> str:
    """Who delivers each feed and by when, as the CSV that the warehouse reads: one row a feed."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(SCHEDULE_COLUMNS)
    for contract in contracts:
        writer.writerow(
            [
                contract.feed,
                contract.title,
                contract.delivered_by,
                contract.delivery_frequency,
                contract.delivery_day or "",
                contract.delivery_time,
            ]
        )
    return text.getvalue()


def columns_table(contracts: Iterable[Contract]) -> str:
    """What each contract calls its columns, as the CSV that the warehouse reads."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("feed", "column_name", "header"))
    writer.writerows(
        (contract.feed, column.name, column.header) for contract in contracts for column in contract.columns
    )
    return text.getvalue()
