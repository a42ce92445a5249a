"""``hotline deliver``: the published documents as feeds, so that they take the same way as any other delivery.

From Liaoning's bulletin on September 2024 (``reference/liaoning_2024_09``):

* annex 1 becomes the platforms' monthly submission ``reported_indicators``: one file in each platform's folder, with
  the callback, closure and satisfaction rates that annex 2 states for all of them;
* annex 2 becomes the province's ``spot_checks``: four checked tickets a platform. A problem ticket fails all three
  questions, since the three audited rates of a platform are equal; nine of the thirteen have their number;
* every figure that can be checked becomes one of ``published_claims`` (see ``hotline.claims``).

Shanghai's summary of 2021 (``reference/shanghai_2021``) gives claims only: there are no tickets behind it.

Sender of the spot checks and claims is ``LN``, the province's own centre.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import click

from hotline.claims import liaoning, shanghai
from hotline.contracts import feed_file
from hotline.settings import Settings
from hotline.simulate.reference import Bulletin, read_csv

PROVINCE = "LN"
MONTH = "2024-09"
DELIVERED = datetime(2024, 10, 14, 6)
"""The day the bulletin is dated."""

UNITS = {"percent": "%", "minutes": "分钟", "per_10k": "件/万人", "count": "次", "boolean": "是否"}
COLUMN_SUFFIXES = ("_pct", "_count")
REPORT_DONE = {"done": "1", "not_done": "0"}


@dataclass(frozen=True)
class Feed:
    """One file to deliver: rows by contract column."""

    sender: str
    name: str
    rows: list[dict[str, str]] = field(default_factory=list)
    period: str = MONTH

    @property
    def path(self) -> Path:
        return Path(self.sender, DELIVERED.date().isoformat(), f"{self.name}-{self.period.replace('-', '')}.csv")


def feeds(bulletin: Bulletin, indicators: list[dict[str, str]], annual: list[dict[str, str]]) -> list[Feed]:
    """All feeds of the two documents. ``indicators``: rows of the seed of the same name; ``annual``: Shanghai's."""
    reported = [
        Feed(row["platform_code"], "reported_indicators", list(_indicators(row, bulletin, indicators)))
        for row in bulletin.indicators
    ]
    return [
        *reported,
        Feed(PROVINCE, "spot_checks", list(_spot_checks(bulletin))),
        Feed(PROVINCE, "published_claims", list(liaoning.claims(bulletin))),
        Feed(PROVINCE, "published_claims", list(shanghai.claims(annual)), shanghai.DOCUMENT.month[:4]),
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


# ---- writing ---------------------------------------------------------------------------------------------------
def deliver(settings: Settings, landing: Path) -> dict[str, int]:
    """Write all feeds of the documents below ``landing``; files that hold the same bytes already stay untouched.

    Returns the number of files, of files written, and of rows by feed.
    """
    bulletin = Bulletin(settings.reference)
    indicators = read_csv(settings.seeds / "code_lists" / "indicators.csv")
    rows: Counter[str] = Counter()
    written = 0
    listed = feeds(bulletin, indicators, read_csv(settings.reference / "shanghai_2021" / "annual_figures.csv"))
    for feed in listed:
        data = feed_file.as_csv(settings.contracts, feed.name, feed.rows).encode()
        rows[feed.name] += len(feed.rows)
        if not _is_there(landing / feed.path, data):
            feed_file.write(landing / feed.path, data, len(feed.rows), DELIVERED)
            written += 1
    return {"files": len(listed), "written": written, **rows}


def _is_there(path: Path, data: bytes) -> bool:
    check = path.with_name(f"{path.name}.check")
    return path.is_file() and check.is_file() and path.read_bytes() == data


@click.command("deliver")
@click.option("--landing", type=click.Path(path_type=Path), help="Landing folder.  [default: var/landing]")
@click.option("--json", "as_json", is_flag=True, help="One JSON line on stdout.")
def command(landing: Path | None, as_json: bool) -> None:
    """Write the published documents as feeds into the landing folder.

    Liaoning's bulletin on September 2024: indicators as the platforms reported them, the province's spot checks, and
    every published figure as a claim to recompute. Shanghai's summary of 2021: claims.
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
