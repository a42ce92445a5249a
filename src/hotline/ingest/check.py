"""``hotline check``: what ``hotline ingest`` would say of a file, in Chinese, before it is sent.

It is the same code with the same parameters. What the place of a file does not tell (day, sender, feed) is told by options
or by the file itself, and the answer says so.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import click

from hotline.contracts import Contract
from hotline.errors import FileRejected
from hotline.ingest.answer import write_answer
from hotline.ingest.chinese import ChineseCommand
from hotline.ingest.files import content_hash, inspect
from hotline.ingest.landing import (
    ANSWER_SUFFIX,
    CHECK_SUFFIXES,
    SENDER,
    Delivery,
    day_of,
    feed_of,
    find_deliveries,
    path_fault,
    today,
)
from hotline.ingest.ledger import Entry, safe
from hotline.ingest.load import Loader, scratch_folder
from hotline.ingest.rules import ROW_RULES, Note, note, rejected
from hotline.ingest.sources import Source, open_source
from hotline.ingest.statement import TICKET_PREFIX
from hotline.settings import Settings
from hotline.text import printable

PREFIX_ROWS = 10_000
"""Rows that are looked at to tell the sender by the prefix of its ticket numbers."""


@dataclass
class Answer:
    """What ingest would say of one file, and what was assumed for it."""

    delivery: Delivery
    entry: Entry
    bad: list[tuple[int | None, list[str], dict]]
    notes: list[Note] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    """Column to what the file calls it, or the contract."""

    def reason_zh(self, reason: str) -> tuple[str, str, str]:
        """Column, what is wrong, what to do: in Chinese."""
        column, _, code = reason.partition(":")
        rule = ROW_RULES[code]
        return self.headers.get(column, ""), rule.zh, rule.remedy_zh


class WrongUse(Exception):
    """An option or a path that says nothing; the text is in Chinese."""


class Checker:
    """Checks files one after another.

    Parameters
    ----------
    sender, feed: code or Chinese name of each; None: told by the place of the file or by the file itself.
    day: delivery day; None: that of the folder, else today.
    """

    def __init__(self, settings: Settings, sender: str | None, feed: str | None, day: datetime | None) -> None:
        self.settings = settings
        self.loader = Loader(settings, dry_run=True)
        self.sender = self._sender(sender) if sender else None
        self.feed = self._feed(feed) if feed else None
        self.day = day.date() if day else None

    def _sender(self, text: str) -> str:
        code = self.loader.register.sender_of(text)
        if code is None:
            names = "、".join(self.loader.register.names.values())
            raise WrongUse(f"没有名为“{text}”的报送单位；可用：{names}")
        return code

    def _feed(self, text: str) -> str:
        for feed, contract in self.loader.contracts.items():
            if text in {feed, contract.title}:
                return feed
        titles = "、".join(contract.title for contract in self.loader.contracts.values())
        raise WrongUse(f"没有名为“{text}”的数据种类；可用：{titles}")

    def deliveries(self, path: Path) -> Iterator[Delivery]:
        """The files of ``path``: itself, or all of a folder, which may be a landing folder or a part of one.

        Answers of an earlier check beside them are not looked at again.
        """
        is_folder = path.is_dir() and not path.is_symlink()
        return (file for file in self._files(path) if not (is_folder and file.path.name.endswith(ANSWER_SUFFIX)))

    def _files(self, path: Path) -> Iterator[Delivery]:
        feeds = list(self.loader.contracts)
        if not path.is_dir() or path.is_symlink():
            yield self._single(path)
            return
        known = self.loader.register.names
        if day_of(path.name) and path.parent.name in known:
            day = day_of(path.name)
            yield from find_deliveries(path.parent.parent, feeds, [path.parent.name], day, day, strays=False)
        elif path.name in known and any(day_of(child.name) for child in path.iterdir()):
            yield from find_deliveries(path.parent, feeds, [path.name], strays=False)
        elif any(child.is_dir() and child.name in known for child in path.iterdir()):
            yield from find_deliveries(path, feeds)
        else:
            for child in sorted(path.rglob("*")):
                if not child.is_dir() and not child.name.endswith(CHECK_SUFFIXES):
                    yield self._single(child)

    def _single(self, path: Path) -> Delivery:
        where = path.absolute()
        sender, day = where.parent.parent.name, day_of(where.parent.name)
        is_placed = day is not None and bool(SENDER.fullmatch(sender))
        fault = path_fault(path)
        return Delivery(
            path, sender if is_placed else "", day if is_placed else None, feed_of(path, list(self.loader.contracts)),
            rejected(fault, path.name) if fault else None,
        )  # fmt: skip

    def check(self, delivery: Delivery) -> Answer:
        """The answer to one file; nothing is written."""
        notes: list[Note] = []
        if delivery.fault is None:
            delivery = self._completed(delivery, notes)
        entry, _ = self.loader.load(delivery)
        headers = {}
        contract = self.loader.contracts.get(delivery.feed)
        if contract:
            headers = {column.name: column.header for column in contract.columns}
        bad = [] if entry.message else self.loader.bad_rows()
        return Answer(delivery, entry, bad, notes, headers)

    def _completed(self, delivery: Delivery, notes: list[Note]) -> Delivery:
        day, sender, feed = self.day or delivery.day, self.sender or delivery.sender, self.feed or delivery.feed
        register = self.loader.register
        if day is None:
            day = today()
            notes.append(note("day_assumed", day=day))
        if feed not in self.loader.contracts and not delivery.day:
            found = self._by_header(delivery)
            if found:
                feed = found.feed
                notes.append(note("feed_assumed", feed=feed, title=found.title))
        contract = self.loader.contracts.get(feed)
        if not sender and contract:
            how, fault = ("the kind of the feed", "数据种类"), None
            if contract.delivered_by == "province":
                sender = register.province
            else:
                sender, fault = self._by_prefix(delivery, contract)
                how = ("the ticket numbers", "工单编号前缀")
            if sender:
                notes.append(
                    note("sender_assumed", how=how[0], how_zh=how[1], sender=f"{register.names[sender]}（{sender}）")
                )
            else:
                fault = fault or rejected("no_sender", delivery.file_name)
            return Delivery(delivery.path, sender, day, feed, fault, delivery.place)
        return Delivery(delivery.path, sender, day, feed, None, delivery.place)

    def _opened(self, delivery: Delivery, contracts: list[Contract]) -> list[tuple[Contract, Source]]:
        """The contracts that the file fits, with the file as opened for each; only the last of them can be queried."""
        fits = []
        for contract in contracts:
            with scratch_folder(self.settings) as scratch:
                try:
                    found = inspect(delivery.path, delivery.file_name, content_hash(delivery.path), scratch)
                    source = open_source(delivery.file_name, found, contract, scratch, self.loader.connection)
                except FileRejected:
                    continue
                fits.append((contract, source))
        return fits

    def _by_header(self, delivery: Delivery) -> Contract | None:
        """The contract that knows most columns of the file, None where none fits or two fit equally well."""
        known = Counter()
        for contract, source in self._opened(delivery, list(self.loader.contracts.values())):
            known[contract.feed] = sum(column is not None for column in source.header.columns)
        best = known.most_common(2)
        if not best or (len(best) > 1 and best[0][1] == best[1][1]):
            return None
        return self.loader.contracts[best[0][0]]

    def _by_prefix(self, delivery: Delivery, contract: Contract) -> tuple[str, FileRejected | None]:
        """The platform whose prefix most of the file's own ticket numbers bear, or that its platform column names most.

        Without one the cause, when it is that the file cannot be read.
        """
        register, (start, length) = self.loader.register, TICKET_PREFIX
        with scratch_folder(self.settings) as scratch:
            try:
                found = inspect(delivery.path, delivery.file_name, content_hash(delivery.path), scratch)
                source = open_source(delivery.file_name, found, contract, scratch, self.loader.connection)
            except FileRejected as error:
                return "", error
            for index, column in enumerate(source.header.columns):
                if column is None or not (column.owned_by or column.equals_sender):
                    continue
                text = f"narrow(c{index})"
                text = f"substr({text}, {start}, {length})" if column.owned_by else text
                counted = self.loader.connection.execute(
                    f"select {text}, count(*) from (select * from {source.relation} limit {PREFIX_ROWS}) group by all order by 2 desc"
                ).fetchall()
                for value, _ in counted:
                    owner = next(
                        (code for code, prefix in register.prefixes.items() if prefix and prefix == value), None
                    )
                    owner = owner or (register.sender_of(value) if value and column.equals_sender else None)
                    if owner:
                        return owner, None
        return "", None


# the command -------------------------------------------------------------------------------------------
@click.command(
    cls=ChineseCommand,
    zh={
        "": "按数据规范核对文件（或目录内的全部文件），与正式入库的判断完全一致，不写入数据仓库。\n\n"
        "结果为 0：全部可以接收；1：有不合格的行或文件。不合格之处另写入同目录的核对结果工作簿。",
        "sender": "报送单位的编码或名称，如 210100 或 沈阳；默认按所在目录或工单编号前缀判断。",
        "feed": "数据种类的代码或名称，如 tickets 或 工单；默认按文件名或表头判断。",
        "day": "报送日期，如 2024-09-02；默认按所在目录，否则为今天。",
        "rows": "列出的不合格行数，默认 20。",
        "answer": "是否写核对结果工作簿，默认写。",
    },
)
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--sender", help="Code or name of the sender; default: told by the folder or the ticket numbers.")
@click.option("--feed", help="Feed or its Chinese name; default: told by the file name or the header.")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="Delivery day; default: that of the folder, else today.")
@click.option("--rows", type=click.IntRange(0), default=20, help="Bad rows to name (default 20).")
@click.option("--answer/--no-answer", default=True, help="Write a workbook with the bad cells marked beside the file.")
def check(path: Path, sender: str | None, feed: str | None, day: datetime | None, rows: int, answer: bool) -> None:
    """Try a file, or all files of a folder, as ingest would; nothing is taken in. The answer is in Chinese.

    Exit code 0: every row would be loaded; 1: some rows or the whole file would not.
    """
    settings = Settings.from_environment()
    try:
        if not os.path.lexists(path):
            raise WrongUse(f"没有这个文件或目录：{path}")
        checker = Checker(settings, sender, feed, day)
    except WrongUse as error:
        click.echo(f"错误：{printable(error)}", err=True)
        sys.exit(2)
    is_good, is_empty = True, True
    for delivery in checker.deliveries(path):
        is_empty, found = False, checker.check(delivery)
        is_good = is_good and found.entry.status == "loaded"
        _say(found, rows, delivery.place if path.is_dir() else "")
        if answer and found.entry.status != "loaded":
            click.echo(write_answer(found, settings))
    if is_empty:
        click.echo("目录内没有可核对的文件。")
    sys.exit(0 if is_good else 1)


def _say(answer: Answer, rows: int, place: str) -> None:
    entry = answer.entry
    name = safe(place) if place else entry.file_name
    if entry.message:
        click.echo(f"{name}：整个文件不予接收：{entry.message_zh}")
    else:
        click.echo(f"{name}：共 {entry.rows_in} 行，可接收 {entry.rows_loaded} 行，不合格 {entry.rows_quarantined} 行")
    for line, reasons, row in answer.bad[:rows]:
        where = f"第 {line} 行" if line else "行号不明"
        for reason in reasons:
            header, what, remedy = answer.reason_zh(reason)
            value = f"“{printable(row[header])}”" if row.get(header) else ""
            click.echo(f"  {where}　{header}{value}{what}；{remedy}")
    if len(answer.bad) > rows:
        click.echo(f"  ……以上为前 {rows} 行；按原因合计：")
        for reason, number in entry.reasons.items():
            header, what, _ = answer.reason_zh(reason)
            click.echo(f"  {header or '整行'}：{what}（{number} 行）")
    spoilt = {reason: number for reason, number in entry.reasons.items() if reason.endswith(":spoilt")}
    for reason, number in spoilt.items():
        header, what, remedy = answer.reason_zh(reason)
        click.echo(f"  注意：{header}{what}（{number} 行）；{remedy}")
    for text in [*(each.zh for each in answer.notes), *entry.warnings_zh]:
        click.echo(f"  注意：{text}")
