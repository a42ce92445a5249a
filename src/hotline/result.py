"""``hotline result``: one month of the published warehouse on one screen, in Chinese, for an auditor.

It reads only what is published and computes nothing: every figure stands in a mart.
"""

from __future__ import annotations

import sys
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import click
import duckdb
from rich import box
from rich.console import Console
from rich.table import Table

from hotline.errors import HotlineError
from hotline.ingest.files import literal
from hotline.settings import Settings
from hotline.text import percent

COLOURS = {"A1": "bold red", "A2": "bold red", "A3": "bold red", "B": "yellow", "C": "yellow"}
"""How grades stand out; the words are the warehouse's."""

PLATFORMS = """
with volume as (

    select platform_code, sum(tickets) as tickets, sum(tickets) filter (where business_type = 'complaint') as complaints
    from marts.mart_volume_monthly where month = $month group by platform_code

),

score as (

    select
        platform_code,
        max(total_score) filter (where source = 'reported') as reported_score,
        max(rank) filter (where source = 'reported') as reported_rank,
        max(total_score) filter (where source = 'audited') as audited_score
    from marts.mart_score_monthly
    where month = $month and ruleset = $ruleset
    group by platform_code

),

integrity as (

    select platform_code, reported_value, passed, sampled, lower95, upper95, evidence_grade, grade_name, is_contradicted
    from marts.mart_rate_integrity where month = $month and rate = 'close'

)

select platform_name, tickets, complaints, reported_score, reported_rank, audited_score,
    reported_value, passed, sampled, lower95, upper95, evidence_grade, grade_name, is_contradicted
from (select platform_code from volume union select platform_code from integrity)
left join volume using (platform_code)
left join score using (platform_code)
left join integrity using (platform_code)
left join (select distinct platform_code, platform_name from marts.dim_platform) using (platform_code)
order by tickets desc nulls last, platform_code
"""
RULESET = """
select ruleset, name_zh from seeds.score_rulesets
where used_by = (select code from seeds.provinces) order by ruleset limit 1
"""
"""The ruleset by which the province's own totals are made; none when no seed names one."""
TOTAL = """
select tickets, yoy_pct, yoy_left_out, mom_pct, mom_left_out from marts.mart_volume_growth
where month = $month and rollup = 'total'
"""
CLAIMS = """
select statuses.name_zh, count(claims.claim_code) as figures
from seeds.claim_statuses as statuses
inner join marts.mart_published_claim as claims on claims.status = statuses.code and claims.month = $month
group by statuses.name_zh, statuses.sort_order order by statuses.sort_order
"""
"""One row a figure, the gravest findings first."""
DELIVERIES = """
select count(*), sum(rows_in), sum(rows_loaded), sum(rows_quarantined) from marts.fct_feed_delivery
"""
MONTHS = "select distinct month from marts.mart_volume_monthly order by month"
CHECKS = """
select status, count(*) from marts.quality_check
where
    is_latest
    and $month = (
        select max(volume.month) from marts.mart_volume_monthly as volume
        where volume.month <= (select max(day) from marts.quality_check where is_latest)
    )
group by status
"""
"""Of the newest run, if this is the month that it looked at: the newest one that had begun by its day."""


def _change(value: Decimal | None, left_out: str | None) -> str:
    """A change of the province, and whose months are not whole: they are not in it."""
    if value is None:
        return "不可比（无基期，或数据不全）"
    return f"{value:+.2f}%" + (f"（不含两期数据不全的{left_out}）" if left_out else "")


def _percent(value: Decimal | float | None) -> str:
    return "—" if value is None else percent(value)


def _bound(passed: int | None, sampled: int | None, lower: float, upper: float) -> str:
    """The exact one-sided bound that the sample supports: from below when all passed, from above otherwise."""
    if not sampled:
        return "—"
    return f"≥ {_percent(lower)}" if passed == sampled else f"≤ {_percent(upper)}"


def _verdict(grade: str | None, name: str | None, is_contradicted: bool | None) -> str:
    """Grade with its name, and the plain contradiction beside it."""
    if grade is None:
        return "未抽检"
    colour = COLOURS.get(grade)
    words = f"{grade} {name}" + ("（矛盾）" if is_contradicted else "")
    return f"[{colour}]{words}[/]" if colour else words


def report(connection: duckdb.DuckDBPyConnection, month: datetime | None, console: Console) -> None:
    """Print the report of ``month`` (default: the newest month with spot checks, else with tickets).

    Raises
    ------
    HotlineError: the warehouse holds no month at all.
    click.BadParameter: it holds others, which are named.
    """
    month = (
        month
        or connection.execute("""
        select coalesce((select max(month) from marts.mart_rate_integrity),
                        (select max(month) from marts.mart_volume_monthly))
    """).fetchone()[0]
    )
    ruleset, ruleset_name = connection.execute(RULESET).fetchone() or (None, None)
    rows = connection.execute(PLATFORMS, {"month": month, "ruleset": ruleset}).fetchall() if month else []
    if not rows:
        months = [f"{known:%Y-%m}" for (known,) in connection.execute(MONTHS).fetchall()]
        if not months:
            raise HotlineError("the published warehouse has no tickets", "deliver some: `hotline ingest`, then build")
        raise click.BadParameter(f"no tickets of {month:%Y-%m}; there are: {', '.join(months)}", param_hint="--month")
    (total,) = connection.execute(TOTAL, {"month": month}).fetchall()
    claims = connection.execute(CLAIMS, {"month": month}).fetchall()
    checks = dict(connection.execute(CHECKS, {"month": month}).fetchall())
    files, rows_in, loaded, quarantined = connection.execute(DELIVERIES).fetchone()

    console.print(f"\n[bold]12328 热线数据核对　{month:%Y年%-m月}[/]")
    console.print(f"受理 {total[0]:,} 件，同比 {_change(*total[1:3])}，环比 {_change(*total[3:])}")
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("平台", no_wrap=True)
    for title in ("受理量", "投诉举报", "报送得分", "名次", "核查得分", "报送办结率", "抽检属实", "办结率95%界限"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("证据等级", no_wrap=True)
    for name, tickets, complaints, score, rank, audited, reported, passed, sampled, lower, upper, *verdict in rows:
        table.add_row(
            name, *("—" if tickets is None else f"{count or 0:,}" for count in (tickets, complaints)),
            f"{score}" if score is not None else "—",
            f"{rank}" if rank else "—", f"{audited}" if audited is not None else "—", _percent(reported),
            f"{passed}/{sampled}" if sampled else "—", _bound(passed, sampled, lower, upper), _verdict(*verdict),
        )  # fmt: skip
    console.print(table)
    contradicted = [row[0] for row in rows if row[-1]]
    if any(row[8] for row in rows):
        console.print(
            f"报送办结率与抽检[bold red]矛盾[/]的平台 {len(contradicted)} 个：{'、'.join(contradicted) or '无'}。"
        )
        console.print("矛盾只指不实件数多于上报值所容许的件数；能否据此定论，见证据等级。")
    else:
        console.print("报送办结率与抽检：[bold]未核对[/]（本月没有抽检记录）。")
    unrated = [row[9] for row in rows if row[-3] == "D" and row[9] is not None]
    if unrated:
        console.print(
            f"{len(unrated)} 个平台[bold]不予评定[/]：样本全部属实，也只能证明真实比率不低于 {_percent(min(unrated))}（95% 置信）。"
        )
    if ruleset:
        console.print(f"得分按“{ruleset_name}”计算；核查得分以抽检比率替换报送比率。")
    said = "，".join(f"{status} {figures} 个" for status, figures in claims)
    console.print(f"公开数据核对：{said or '[bold]未核对[/]（没有公开本月数据的文件）'}。")
    judged = (
        f"通过 {checks.get('pass', 0)}，未通过 {checks.get('fail', 0)}，"
        f"不适用 {checks.get('not_applicable', 0)}，出错 {checks.get('error', 0)}"
    )
    console.print(f"数据质量检查：{judged if checks else '[bold]未核对[/]（最近一次检查针对其他月份）'}。")
    console.print(f"可查月份：{'、'.join(f'{known:%Y-%m}' for (known,) in connection.execute(MONTHS).fetchall())}")
    console.print(f"累计接收文件 {files:,} 个：{rows_in:,} 行 = 入库 {loaded:,} + 隔离 {quarantined:,}\n")


def opened(published: Path, folder: Path) -> duckdb.DuckDBPyConnection:
    """A connection to the published file, read-only, and to registers and parameters as ``seeds.<name>``: what is published
    are the marts alone."""
    connection = duckdb.connect()
    connection.execute(f"attach {literal(str(published))} as published (read_only); attach ':memory:' as seeds")
    for path in folder.rglob("*.csv"):
        connection.execute(f"create view seeds.{path.stem} as from read_csv({literal(str(path))}, header = true)")
    connection.execute("use published")
    return connection


@click.command()
@click.option("--month", type=click.DateTime(formats=["%Y-%m"]), help="YYYY-MM; default: the newest with spot checks.")
def command(month: datetime | None) -> None:
    """Print what the published warehouse says about a month: volumes, scores, and which reported rates cannot be true."""
    settings = Settings.from_environment()
    path = settings.published_database
    if not path.exists():
        raise HotlineError(
            f"nothing is published at {path}", "run the pipeline first: `make demo`, or `hotline publish`"
        )
    with opened(path, settings.seeds) as connection:
        report(connection, month, Console(width=None if sys.stdout.isatty() else 130, highlight=False))
