"""``hotline deliver``: the published documents as feeds, so that they take the same way as any other delivery.

From Liaoning's bulletin on September 2024 (``reference/liaoning_2024_09``):

* annex 1 becomes the platforms' monthly submission ``reported_indicators``: one file in each platform's folder, with
  the callback, closure and satisfaction rates that annex 2 states for all of them;
* annex 2 becomes the province's ``spot_checks``: four checked tickets a platform. A problem ticket fails all three
  questions, since the three audited rates of a platform are equal; nine of the thirteen have their number;
* annex 3, the two volume tables, the top lists and annex 1's totals and ranks become ``published_claims``: figures
  that the warehouse recomputes and holds against its own.

Sender of the last two is ``LN``, the province's own centre. Source: the documents named in ``reference/README.md``.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import click

from hotline.errors import HotlineError
from hotline.settings import Settings
from hotline.simulate.reference import Bulletin, read_csv
from hotline.simulate.writer import headers, seal

PROVINCE = "LN"
MONTH = "2024-09"
DELIVERED = datetime(2024, 10, 14, 6)
"""The day the bulletin is dated."""

DOCUMENT = "辽宁省12328热线运行情况分析（2024年9月）"
UNITS = {"percent": "%", "minutes": "分钟", "per_10k": "件/万人", "count": "次", "boolean": "是否"}
COLUMN_SUFFIXES = ("_pct", "_count")
REPORT_DONE = {"done": "1", "not_done": "0"}
RATES = ("share_pct", "yoy_pct", "mom_pct")
"""Printed with two decimals throughout; the transcription drops trailing zeros."""

TYPE_NAMES = {"complaint": "投诉举报", "consultation": "信息咨询", "suggestion": "意见建议"}


@dataclass(frozen=True)
class Feed:
    """One file to deliver: rows by contract column."""

    sender: str
    name: str
    rows: list[dict[str, str]] = field(default_factory=list)

    @property
    def path(self) -> Path:
        return Path(self.sender, DELIVERED.date().isoformat(), f"{self.name}-{MONTH.replace('-', '')}.csv")


def feeds(bulletin: Bulletin, indicators: list[dict[str, str]]) -> list[Feed]:
    """All feeds of the bulletin. ``indicators``: rows of the seed of the same name."""
    reported = [
        Feed(row["platform_code"], "reported_indicators", list(_indicators(row, bulletin, indicators)))
        for row in bulletin.indicators
    ]
    return [
        *reported,
        Feed(PROVINCE, "spot_checks", list(_spot_checks(bulletin))),
        Feed(PROVINCE, "published_claims", list(_claims(bulletin))),
    ]


def _indicators(row: dict[str, str], bulletin: Bulletin, seed: list[dict[str, str]]) -> Iterator[dict[str, str]]:
    """Annex 1's columns by indicator code, then annex 2's three reported rates. Values as printed, without unit."""
    audit = next(r for r in bulletin.spot_check if r["platform_code"] == row["platform_code"])
    printed = {_indicator_code(c): v for c, v in row.items()}
    printed |= {code: audit[f"reported_{code}_pct"] for code in ("callback", "close", "satisfaction")}
    for indicator in seed:
        if indicator["code"] not in printed:
            continue
        value = printed[indicator["code"]]
        yield {
            "month": MONTH,
            "platform_code": row["platform_code"],
            "indicator_code": indicator["name_zh"],
            "reported_text": REPORT_DONE.get(value, value),
            "unit": UNITS[indicator["unit"]],
        }


def _indicator_code(column: str) -> str:
    for suffix in COLUMN_SUFFIXES:
        column = column.removesuffix(suffix)
    return column


def _spot_checks(bulletin: Bulletin) -> Iterator[dict[str, str]]:
    """One row a checked ticket, problem tickets first."""
    numbers: dict[str, list[str]] = {}
    for row in bulletin.problem_tickets:
        numbers.setdefault(row["platform_code"], []).append(row["ticket_no"])
    for row in bulletin.spot_check:
        code, problems = row["platform_code"], int(row["problem_tickets"])
        known = numbers.get(code, [])
        for index in range(int(row["sampled_tickets"])):
            answer = "否" if index < problems else "是"
            yield {
                "check_no": f"CJ{MONTH.replace('-', '')}-{code}-{index + 1}",
                "month": MONTH,
                "platform_code": code,
                "ticket_no": known[index] if index < len(known) else "",
                "is_callback_true": answer,
                "is_close_true": answer,
                "is_satisfaction_true": answer,
            }


def _claims(bulletin: Bulletin) -> Iterator[dict[str, str]]:
    """Every figure of the bulletin that can be recomputed. Codes: LN202409-<table>-<scope>-<measure>."""
    yield from _volume_claims(bulletin)
    yield from _platform_claims(bulletin)
    yield from _top_claims(bulletin)
    for row in bulletin.indicators:
        code, name = row["platform_code"], row["platform_name"]
        scope = {"platform_code": code}
        yield _claim(f"annex1-{code}-score", f"{name}考评总分", "score", row["total_score"], scope)
        yield _claim(f"annex1-{code}-rank", f"{name}考评排名", "score_rank", row["rank"], scope)


_MEASURES = {"tickets": "件数", "share_pct": "占比", "yoy_pct": "同比", "mom_pct": "环比"}


def _volume_claims(bulletin: Bulletin) -> Iterator[dict[str, str]]:
    """The two tables of the text: by business type and by domain group, each with a total row."""
    tables = (("type", bulletin.by_type, "business_type"), ("domain", bulletin.by_domain, "domain_group"))
    for table, rows, column in tables:
        for number, row in enumerate(rows, 1):
            name = row[f"{column.removesuffix('_group')}_name"]
            is_total = name == "总计"
            scope = {} if is_total else {column: name}
            subject = "业务总量" if is_total else f"{name}业务"
            for measure, what in _MEASURES.items():
                if row[measure]:
                    code = f"{table}-{'total' if is_total else number}-{measure}"
                    yield _claim(code, f"{subject}{what}", measure, row[measure], scope, share_of="total")


def _platform_claims(bulletin: Bulletin) -> Iterator[dict[str, str]]:
    """Annex 3: tickets by platform and type, total, share, growth and rank of every platform."""
    for row in bulletin.volume:
        platform, name = row["platform_code"], row["platform_name"]
        scope = {"platform_code": platform}
        for code, type_name in TYPE_NAMES.items():
            within = scope | {"business_type": type_name}
            yield _claim(f"annex3-{platform}-{code}", f"{name}{type_name}件数", "tickets", row[code], within)
        for column, measure, what in (
            ("total", "tickets", "业务量"),
            ("share_pct", "share_pct", "业务量占比"),
            ("yoy_pct", "yoy_pct", "业务量同比"),
            ("rank", "rank", "业务量排名"),
        ):
            code = f"annex3-{platform}-{column}"
            yield _claim(code, f"{name}{what}", measure, row[column], scope, share_of="total")


def _top_claims(bulletin: Bulletin) -> Iterator[dict[str, str]]:
    """The top lists: categories of a type, platforms and sub-categories of a category."""
    platform_codes = {r["platform_name"]: r["platform_code"] for r in bulletin.volume}
    numbers = _category_numbers(bulletin)
    for row in bulletin.top_categories:
        key = (row["business_type"], row["category_name"])
        yield from _top(f"category-{numbers[key]}", row, {"category": row["category_name"]}, "business_type")
    for row in bulletin.top_platforms:
        key = (row["business_type"], row["category_name"])
        code = platform_codes[row["platform_name"]]
        scope = {"category": row["category_name"], "platform_code": code}
        yield from _top(f"category-{numbers[key]}-{code}", row, scope, "category")
    for row in bulletin.top_subcategories:
        key = (row["business_type"], row["category_name"])
        scope = {"category": row["category_name"], "subcategory": row["subcategory_name"]}
        yield from _top(f"category-{numbers[key]}-sub{row['rank']}", row, scope, "category")


def _category_numbers(bulletin: Bulletin) -> dict[tuple[str, str], str]:
    return {
        (row["business_type"], row["category_name"]): f"{row['business_type']}-{row['rank']}"
        for row in bulletin.top_categories
    }


def _top(code: str, row: dict[str, str], scope: dict[str, str], share_of: str) -> Iterator[dict[str, str]]:
    """Tickets, share and rank of one entry of a top list."""
    type_name = TYPE_NAMES[row["business_type"]]
    scope = {"business_type": type_name} | scope
    subject = f"{row.get('platform_name', '')}{type_name}{row['category_name']}{row.get('subcategory_name', '')}"
    yield _claim(f"{code}-tickets", f"{subject}件数", "tickets", row["tickets"], scope)
    yield _claim(f"{code}-share", f"{subject}占比", "share_pct", row["share_pct"], scope, share_of=share_of)
    yield _claim(f"{code}-rank", f"{subject}排名", "rank", row["rank"], scope)


def _claim(
    code: str, claim: str, measure: str, stated: str, scope: dict[str, str], share_of: str = ""
) -> dict[str, str]:
    return {
        "claim_code": f"{PROVINCE}{MONTH.replace('-', '')}-{code}",
        "document": DOCUMENT,
        "month": MONTH,
        "claim": claim,
        "measure": measure,
        "share_of": share_of if measure == "share_pct" else "",
        "stated_text": stated if measure not in RATES else f"{Decimal(stated):.2f}",
        **scope,
    }


# ---- writing ---------------------------------------------------------------------------------------------------
def content(feed: Feed, contracts: Path) -> bytes:
    """The feed as UTF-8 CSV with the headers of its contract. Raises HotlineError for a column it does not know."""
    columns = headers(contracts, feed.name)
    unknown = {name for row in feed.rows for name in row} - set(columns)
    if unknown:
        raise HotlineError(
            f"the contract of {feed.name} has no column {', '.join(sorted(unknown))}",
            "bring hotline.published up to date with the contract",
        )
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns.values())
    writer.writerows([row.get(name, "") for name in columns] for row in feed.rows)
    return text.getvalue().encode()


def deliver(settings: Settings, landing: Path) -> dict[str, int]:
    """Write all feeds of the bulletin below ``landing``; files that hold the same bytes already stay untouched.

    Returns the number of files, of files written, and of rows by feed.
    """
    bulletin = Bulletin(settings.reference)
    indicators = read_csv(settings.seeds / "code_lists" / "indicators.csv")
    rows: Counter[str] = Counter()
    written = 0
    listed = feeds(bulletin, indicators)
    for feed in listed:
        data = content(feed, settings.contracts)
        rows[feed.name] += len(feed.rows)
        written += _write(landing / feed.path, data, len(feed.rows))
    return {"files": len(listed), "written": written, **rows}


def _write(path: Path, data: bytes, rows: int) -> bool:
    check = path.with_name(f"{path.name}.check")
    if path.is_file() and check.is_file() and path.read_bytes() == data:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_bytes(data)
    temporary.replace(path)
    seal(path, rows, hashlib.sha256(data).hexdigest(), len(data), DELIVERED)
    return True


@click.command("deliver")
@click.option("--landing", type=click.Path(path_type=Path), help="Landing folder.  [default: var/landing]")
@click.option("--json", "as_json", is_flag=True, help="One JSON line on stdout.")
def command(landing: Path | None, as_json: bool) -> None:
    """Write the published documents as feeds into the landing folder.

    Liaoning's bulletin on September 2024: indicators as the platforms reported them, the province's spot checks, and
    every published figure as a claim to recompute.
    """
    settings = Settings.from_environment()
    click.echo("delivering the published documents", err=True)
    outcome = deliver(settings, landing or settings.landing)
    if as_json:
        click.echo(json.dumps({"delivered": DELIVERED.date().isoformat(), **outcome}))
        return
    new = f"{outcome['written']} written" if outcome["written"] else "already there"
    click.echo(
        f"{outcome['files']} files delivered on {date.isoformat(DELIVERED.date())} ({new}): "
        f"{outcome['reported_indicators']} indicators, {outcome['spot_checks']} spot checks, "
        f"{outcome['published_claims']} claims"
    )
