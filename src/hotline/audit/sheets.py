"""Call sheets: who calls whom, and the workbooks that callers fill in and that are delivered as they are.

A sheet holds ticket numbers and nothing of a person: the caller looks the number up in the ticket system. Second calls are
rows like any other, in another caller's sheet; which they are stands in the feed ``spot_check_assignments`` alone.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path

import xlsxwriter

from hotline.audit import freeze, rounds
from hotline.audit.draw import Drawn
from hotline.audit.order import in_order
from hotline.audit.rounds import Round
from hotline.contracts import Column, load_code_list, load_contracts
from hotline.errors import WrongRequest
from hotline.settings import Settings
from hotline.text import printable

FEED = "spot_checks"
GIVEN = ("check_no", "frame_no", "month", "platform_code", "ticket_no", "caller_no")
"""Columns that are filled in when the sheet is handed out."""
ASKED = (
    "outcome", "attempts", "is_callback_true", "is_close_true", "is_satisfaction_true", "in_callback_denominator",
    "in_close_denominator", "in_satisfaction_denominator", "called_at", "recording_no", "record_kind",
)  # fmt: skip
"""Columns that the caller fills in."""
WIDTHS = {
    "check_no": 21,
    "frame_no": 17,
    "month": 9,
    "platform_code": 9,
    "ticket_no": 27,
    "called_at": 18,
    "recording_no": 16,
}
CALLER = re.compile(r"[0-9A-Za-z_-]{1,32}", re.ASCII)
SIGNS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Call:
    """One call that is handed out."""

    check_no: str
    frame_no: str
    platform_code: str
    ticket_no: str
    draw_position: int
    caller_no: str
    blind_recheck_of: str = ""


def next_reserves(
    settings: Settings, found: Round, unreached: Mapping[str, int], most: int
) -> tuple[dict[str, range], str]:
    """Places of the draw, by frame, of the reserves to be called next, and the part of the round that they are.

    Parameters
    ----------
    unreached: called tickets, by frame, that nobody reached: only for these others may be called.
    most: reserves a frame.

    Raises
    ------
    HotlineError: the drawn tickets were not handed out, or nobody is to be replaced.
    """
    target = rounds.folder(settings, found.name)
    if not (target / "assignments.csv").exists():
        raise WrongRequest(
            f"the drawn tickets of {found.name} were not handed out yet", f"`hotline audit sheets {found.name}` first"
        )
    given = [
        table
        for path in sorted(target.glob("assignments*.csv"))
        for table in csv.DictReader(path.open(encoding="utf-8"))
    ]
    last = {frame.frame_no: frame.planned for frame in found.frames}
    for row in given:
        last[row["总体编号"]] = max(last[row["总体编号"]], int(row["抽取序号"]))
    places = {}
    for frame in found.frames:
        handed_out = last[frame.frame_no] - frame.planned
        count = min(most, unreached.get(frame.frame_no, 0) - handed_out, frame.population - last[frame.frame_no])
        if count > 0:
            places[frame.frame_no] = range(last[frame.frame_no] + 1, last[frame.frame_no] + count + 1)
    if not places:
        raise WrongRequest(
            f"no ticket of {found.name} may be called in place of another",
            "reserves follow in the order of the draw, one for each ticket that was called and that nobody reached; "
            "deliver the filled sheets and publish first",
        )
    return places, f"-reserves-{len(list(target.glob('assignments*.csv')))}"


def calls(
    settings: Settings, found: Round, drawn: Drawn, callers: Sequence[str], recheck_share: float, places: Mapping[str, range]
) -> list[Call]:  # fmt: skip
    """Every ticket of ``places`` (of the draw, by frame) to one caller, and ``recheck_share`` of them to another one too; the same
    arguments give the same.

    Raises HotlineError for callers that are named twice, and for one caller alone where second calls are wanted.
    """
    if wrong := [caller for caller in callers if not CALLER.fullmatch(caller)]:
        raise WrongRequest(
            f"{printable(wrong[0])} is no number of a caller", "letters, digits, - and _, at most 32: it names a file"
        )
    if len(set(callers)) != len(callers):
        raise WrongRequest("a caller is named twice", "give each caller a number of his own: --caller C01 --caller C02")
    tickets = [
        (frame, place, number)
        for frame in found.frames
        for place, number in enumerate(in_order(drawn.value, rounds.list_of(settings, found, frame)), start=1)
        if place in places.get(frame.frame_no, ())
    ]
    rechecks = ceil(round(recheck_share * len(tickets), 9))
    if rechecks and len(callers) < 2:
        raise WrongRequest(
            f"{rechecks} second calls need a second caller",
            "name another --caller, or say --recheck 0 and bound no error",
        )
    # neither the order of the draw nor the platform tells who calls whom, or what is called twice
    shuffled = sorted(tickets, key=lambda ticket: digest(drawn, "call", ticket[2]))
    handed_out, twice = (
        [],
        {number for *_, number in sorted(tickets, key=lambda t: digest(drawn, "recheck", t[2]))[:rechecks]},
    )
    for turn, (frame, place, number) in enumerate(shuffled):
        first = Call(check_no(found, drawn, number, 1), frame.frame_no, frame.platform_code, number, place,
                     callers[turn % len(callers)])  # fmt: skip
        handed_out.append(first)
        if number in twice:
            other = callers[(turn + 1) % len(callers)]
            handed_out.append(
                Call(check_no(found, drawn, number, 2), frame.frame_no, frame.platform_code, number, place, other,
                     first.check_no)
            )  # fmt: skip
    return sorted(handed_out, key=lambda call: (call.caller_no, call.check_no))


def digest(drawn: Drawn, purpose: str, number: str) -> str:
    return hashlib.sha256(f"{drawn.value},{purpose},{number}".encode()).hexdigest()


def check_no(found: Round, drawn: Drawn, number: str, turn: int) -> str:
    """A number that tells neither the ticket, nor the order, nor whether it is a second call; letters are nobody's telephone."""
    rest, letters = int(digest(drawn, f"number {turn}", number), 16), ""
    for _ in range(10):
        rest, place = divmod(rest, len(SIGNS))
        letters += SIGNS[place]
    return f"CJ{found.name.replace('-', '')}-{letters}"


def hand_out(settings: Settings, found: Round, handed_out: Sequence[Call], part: str = "") -> list[Path]:
    """Write a workbook a caller and deliver the feed of assignments. ``part`` names those of reserves. Returns the workbooks.

    Raises HotlineError when the round was handed out otherwise before.
    """
    target = rounds.folder(settings, found.name)
    table = assignments(handed_out)
    listed = target / f"assignments{part}.csv"
    if listed.exists() and listed.read_bytes() != table:
        raise WrongRequest(
            f"the calls of {found.name} were handed out otherwise before", f"use the sheets in {target / 'sheets'}"
        )
    paths = []
    for caller in sorted({call.caller_no for call in handed_out}):
        path = target / f"sheets{part}" / f"{FEED}-{found.name}{part}-{caller}.xlsx"
        rounds.write(
            settings, path, workbook(settings, found, caller, [c for c in handed_out if c.caller_no == caller])
        )
        paths.append(path)
    if not listed.exists():
        rows = [
            {
                "check_no": call.check_no,
                "frame_no": call.frame_no,
                "ticket_no": call.ticket_no,
                "draw_position": str(call.draw_position),
                "caller_no": call.caller_no,
                "blind_recheck_of": call.blind_recheck_of,
            }
            for call in handed_out
        ]
        freeze.to_landing(settings, f"{found.name}{part}", rounds.now(), spot_check_assignments=rows)
        rounds.write(settings, listed, table)
    return paths


def assignments(handed_out: Sequence[Call]) -> bytes:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["抽检员编号", "抽检编号", "总体编号", "工单编号", "抽取序号", "复核抽检编号"])
    table.writerows(
        [c.caller_no, c.check_no, c.frame_no, c.ticket_no, c.draw_position, c.blind_recheck_of] for c in handed_out
    )
    return text.getvalue().encode()


def workbook(settings: Settings, found: Round, caller: str, mine: Sequence[Call]) -> bytes:
    """One caller's sheet: what is given is locked, what is asked has lists to choose from; prints on A4."""
    columns = {column.name: column for column in load_contracts(settings.contracts)[FEED].columns}
    names = load_code_list("platforms", settings.seeds).names
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False}) as book:
        book.set_properties({"title": f"抽检登记表 {found.name}", "created": rounds.moment(found.frozen_at)})
        border = {"border": 1, "num_format": "@", "valign": "vcenter", "font_size": 9}
        given, asked = book.add_format({**border, "bg_color": "#F2F2F2"}), book.add_format({**border, "locked": False})
        head = book.add_format({**border, "bold": True, "text_wrap": True, "bg_color": "#DDEBF7", "align": "center"})
        sheet = book.add_worksheet("抽检登记表")
        for place, name in enumerate((*GIVEN, *ASKED)):
            sheet.write_string(0, place, columns[name].header, head)
            sheet.set_column(place, place, WIDTHS.get(name, 9))
            if name in ASKED:
                add_choice(sheet, place, len(mine), columns[name], settings)
        for row, call in enumerate(mine, start=1):
            cells = (call.check_no, call.frame_no, found.month, names.get(call.platform_code, call.platform_code),
                     call.ticket_no, caller)  # fmt: skip
            for place, cell in enumerate(cells):
                sheet.write_string(row, place, cell, given)
            for place in range(len(cells), len(cells) + len(ASKED)):
                sheet.write_blank(row, place, None, asked)
        sheet.freeze_panes(1, GIVEN.index("ticket_no") + 1)
        sheet.protect("", {"format_columns": True, "sort": False})
        sheet.set_paper(9)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        sheet.set_margins(left=0.4, right=0.4)
        sheet.set_header(f"&L投诉举报工单抽检登记表　{found.name}&R抽检员 {caller}")
        sheet.set_footer("&L抽检员签字：____________　日期：____________&R第 &P 页，共 &N 页")
    return target.getvalue()


def add_choice(sheet, place: int, rows: int, column: Column, settings: Settings) -> None:
    """The list to choose from, or the numbers that a cell may hold."""
    choices = ["是", "否"] if column.logical_type == "boolean" else None
    if column.code_list:
        choices = list(load_code_list(column.code_list, settings.seeds).names.values())
    if choices:
        sheet.data_validation(1, place, max(1, rows), place, {
            "validate": "list", "source": choices, "error_title": "请从列表中选择", "error_message": "、".join(choices),
        })  # fmt: skip
