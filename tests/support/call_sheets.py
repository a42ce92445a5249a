"""Call sheets as callers fill them in: texts typed into cells of a workbook that is otherwise left as it was."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import duckdb
import fastexcel


def rows_of(workbook: Path) -> list[list[str]]:
    """Header and rows of a sheet as a person sees them."""
    sheet = fastexcel.read_excel(workbook).load_sheet(0, header_row=None, dtypes="string")
    return [[cell or "" for cell in row] for row in duckdb.connect().from_arrow(sheet).fetchall()]


def filled(workbook: Path, answers: dict[int, dict[str, str]]) -> bytes:
    """The workbook with texts typed into its cells, by row (from 0) and header; everything else stays as it was."""
    header = rows_of(workbook)[0]
    cells = {
        f"{chr(ord('A') + header.index(title))}{row + 2}": text
        for row, values in answers.items()
        for title, text in values.items()
    }
    target = io.BytesIO()
    with zipfile.ZipFile(workbook) as source, zipfile.ZipFile(target, "w") as copy:
        for name in source.namelist():
            data = source.read(name)
            if name == "xl/worksheets/sheet1.xml":
                text, typed = data.decode(), "</v></c>"
                for place, value in cells.items():
                    text, times = re.subn(
                        rf'<c r="{place}" s="(\d+)"(?:/>| t="s"><v>\d+{typed})',
                        rf'<c r="{place}" s="\1" t="inlineStr"><is><t>{value}</t></is></c>', text,
                    )  # fmt: skip
                    assert times == 1, place
                data = text.encode()
            copy.writestr(name, data)
    return target.getvalue()


def answer(is_bad: bool, called_at: str) -> dict[str, str]:
    """What a caller types beside a ticket whose caller was reached."""
    return {
        "拨打结果": "已接通", "拨打次数": "1", "回访属实": "否" if is_bad else "是", "办结属实": "是", "满意属实": "是",
        "计入回访率": "是", "计入办结率": "是", "计入满意率": "是", "抽检时间": called_at,
    }  # fmt: skip
