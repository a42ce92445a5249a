"""``hotline ingest``, ``hotline check`` and ``hotline ledger``."""

from __future__ import annotations

import json
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from pathlib import Path

import click
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from hotline.contracts import load_contracts
from hotline.errors import HotlineError
from hotline.ingest import ledger as ledger_files
from hotline.ingest.files import Delivery, feed_of, find_deliveries
from hotline.ingest.load import Loader, prepare
from hotline.settings import Settings
from hotline.text import printable

DAY = click.DateTime(formats=["%Y-%m-%d"])


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


@click.command()
@click.argument("path", required=False, type=click.Path(exists=True, path_type=Path))
@click.option("--sender", "senders", multiple=True, help="Only this sender's folder; may be given more than once.")
@click.option("--from", "first", type=DAY, help="First delivery day, YYYY-MM-DD.")
@click.option("--to", "last", type=DAY, help="Last delivery day, YYYY-MM-DD.")
@click.option(
    "--jobs", type=click.IntRange(1), default=os.cpu_count(), show_default="processors", help="Files at a time."
)
@click.option("--again", is_flag=True, help="Also files taken before, after a change of contracts or code lists.")
@click.option("--json", "as_json", is_flag=True, help="End with one line of JSON.")
def ingest(
    path: Path | None,
    senders: tuple[str, ...],
    first: datetime | None,
    last: datetime | None,
    jobs: int,
    again: bool,
    as_json: bool,
) -> None:
    """Take delivered files into the raw layer.

    PATH is a landing folder (default: var/landing) laid out as <sender>/<YYYY-MM-DD>/<feed>*.csv. A file that was taken
    before is left alone; a file that cannot be taken is recorded with its reason and the others go on.
    """
    settings = Settings.from_environment()
    prepare(settings)
    found = list(
        find_deliveries(path or settings.landing, list(load_contracts()), list(senders), _day(first), _day(last))
    )
    summary = {
        "files": len(found),
        "unchanged": 0,
        "rows_in": 0,
        "rows_loaded": 0,
        "rows_quarantined": 0,
        "rejected": [],
    }
    console = Console(stderr=True)
    with (
        ThreadPoolExecutor(max_workers=jobs) as workers,
        Progress(
            TextColumn("ingest"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            TextColumn("{task.description}"), console=console, disable=not console.is_terminal,
        ) as progress,
    ):  # fmt: skip
        task = progress.add_task("", total=len(found))
        own = threading.local()

        def load(delivery: Delivery) -> tuple[Delivery, ledger_files.Entry, bool]:
            if not hasattr(own, "loader"):
                own.loader = Loader(settings, again=again)
            return (delivery, *own.loader.load(delivery))

        # the largest first, so that no processor is left with a long file at the end
        largest_first = sorted(found, key=lambda delivery: -delivery.path.stat().st_size)
        for delivery, entry, is_new in workers.map(load, largest_first):
            summary["unchanged"] += not is_new
            for count in ("rows_in", "rows_loaded", "rows_quarantined"):
                summary[count] += getattr(entry, count)
            if entry.status != "loaded" and is_new:
                _explain(console, delivery, entry)
            if entry.status == "rejected":
                summary["rejected"].append(_shown(delivery))
            progress.update(task, advance=1, description=escape(_shown(delivery)))
    summary["rejected"].sort()
    if as_json:
        click.echo(json.dumps(summary, ensure_ascii=False))
    else:
        click.echo(
            f"{summary['files']} files ({summary['unchanged']} known before): {summary['rows_in']} rows in = "
            f"{summary['rows_loaded']} loaded + {summary['rows_quarantined']} quarantined; "
            f"{len(summary['rejected'])} files rejected"
        )


def _shown(delivery: Delivery) -> str:
    """The file's place in the landing folder, as it may be shown."""
    return ledger_files.safe(f"{delivery.sender}/{delivery.day}/{delivery.path.name}")


def _explain(console: Console, delivery: Delivery, entry: ledger_files.Entry) -> None:
    what = entry.message or ", ".join(f"{reason} ×{count}" for reason, count in entry.reasons.items())
    console.print(
        f"{_shown(delivery)}: {entry.status}, "
        f"{entry.rows_quarantined} of {entry.rows_in} rows quarantined\n  {what}",
        markup=False, highlight=False,
    )  # fmt: skip


RULES_ZH = {
    "required": "必填项为空", "type": "格式无法识别", "code": "不在代码表内", "pattern": "不符合编码规则", "range": "超出允许范围",
    "sender": "平台编码与报送单位不一致", "undecodable": "含无法识别的字符", "missing_columns": "列数不足（可能被截断）",
    "too_many_columns": "列数过多", "unquoted_value": "引号不配对", "cast_error": "格式无法识别", "rejected": "整个文件不予接收",
    "personal": "疑似电话或证件号码", "spoilt": "号码已失真，已接收但无法识别诉求人",
}  # fmt: skip


REMEDIES_ZH = {
    "required": "请补填",
    "type": "请按填报说明改写",
    "code": "请改用代码表中的名称",
    "pattern": "请核对编码",
    "range": "请核对数值",
    "future": "请核对时间或报送日期",
    "personal": "请改用本单位的编号",
    "sender": "请放入该平台自己的目录，或更正平台编码",
    "undecodable": "请以 UTF-8 或 GB18030 编码重新导出",
    "missing_columns": "请补齐该行或重新导出文件",
    "too_many_columns": "内容含分隔符时请加引号",
    "unquoted_value": "请成对使用引号",
    "unreadable": "请检查前面各行的引号",
}


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--sender", help="Sender code; default: read from the path <sender>/<YYYY-MM-DD>/<file>.")
@click.option("--feed", help="Feed; default: read from the file name.")
@click.option("--rows", type=click.IntRange(0), default=20, show_default=True, help="Bad rows to name.")
def check(file: Path, sender: str | None, feed: str | None, rows: int) -> None:
    """Try FILE against its contract; nothing is written. For a city's own staff: the answer is in Chinese.

    Exit code 0: every row would be loaded; 1: some rows or the whole file would not.
    """
    settings = Settings.from_environment()
    loader = Loader(settings, dry_run=True)
    feed = feed or feed_of(file, list(loader.contracts))
    delivery = Delivery(file, sender or file.absolute().parent.parent.name, date.today(), feed)
    entry, _ = loader.load(delivery)
    headers = {c.name: c.header for contract in load_contracts().values() for c in contract.columns}
    click.echo(
        f"{printable(file.name)}：共 {entry.rows_in} 行，可接收 {entry.rows_loaded} 行，不合格 {entry.rows_quarantined} 行"
    )
    if entry.message_zh:
        click.echo(f"  整个文件不予接收：{entry.message_zh}")
    for line, reasons, row in loader.bad_rows(rows):
        place = f"第 {line} 行" if line else "行号不明"
        for reason in reasons:
            column, _, rule = reason.partition(":")
            header = headers.get(column, "")
            value = f"“{printable(row[header])}”" if row.get(header) else ""
            click.echo(
                f"  {place}　{header}{value}{RULES_ZH.get(rule, rule)}；{REMEDIES_ZH.get(rule, '请更正后重新报送')}"
            )
    if entry.rows_quarantined > rows and not entry.message:
        click.echo(f"  ……以上为前 {rows} 行；按原因合计：")
        for reason, count in entry.reasons.items():
            column, _, rule = reason.partition(":")
            click.echo(f"  {headers.get(column, '整行')}：{RULES_ZH.get(rule, rule)}（{count} 行）")
    for warning in entry.warnings:
        click.echo(f"  注意：{warning}")
    sys.exit(0 if entry.status == "loaded" else 1)


@click.command()
@click.option("--sender", help="Only this sender.")
@click.option("--problems", is_flag=True, help="Only files with quarantined rows.")
def ledger(sender: str | None, problems: bool) -> None:
    """List delivered files and what became of their rows."""
    entries = [
        entry
        for entry in ledger_files.read(Settings.from_environment().ledger)
        if (not sender or entry["platform_code"] == sender) and (not problems or entry["rows_quarantined"])
    ]
    if not entries:
        raise HotlineError("the ledger has no such entry", "run `hotline ingest` first")
    table = Table(box=box.SIMPLE_HEAD)
    for title in ("day", "sender", "file", "encoding", "status"):
        table.add_column(title, no_wrap=True)
    for title in ("in", "loaded", "quarantined"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("why", overflow="fold")
    for entry in entries:
        table.add_row(
            entry["dt"], escape(printable(entry["platform_code"])), escape(printable(entry["file_name"])),
            entry["encoding"], entry["status"],
            *(f"{entry[count]:,}" for count in ("rows_in", "rows_loaded", "rows_quarantined")),
            escape(printable(entry["message"].split("\n")[0]))
            or ", ".join(f"{reason} ×{count}" for reason, count in entry["reasons"].items()),
        )  # fmt: skip
    # piped into a file there is no window to fit into
    Console(width=None if sys.stdout.isatty() else 200).print(table)
