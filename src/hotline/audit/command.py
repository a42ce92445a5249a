"""``hotline audit``: the auditor's loop, from the plan to what the audited party checks itself."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime

import click
from rich import box
from rich.console import Console
from rich.table import Table

from hotline.audit import plan as plans
from hotline.audit.parameters import Parameters, parameters_on
from hotline.errors import HotlineError
from hotline.settings import Settings

WIDTH = 130


@click.group()
def command() -> None:
    """Plan spot checks, freeze and draw them in public, hand out the calls, prove the result."""


def percent_option(name: str, text: str, least: float = 0, most: float = 100):
    """An option in percent; None leaves it to the parameters."""
    return click.option(name, type=click.FloatRange(least, most, min_open=True), help=text)


@command.command()
@click.option("--population", type=click.IntRange(1, 100_000_000), help="Tickets of one frame; no warehouse is needed.")
@click.option("--month", type=click.DateTime(["%Y-%m"]), help="Of all platforms, by their complaints of this month.")
@percent_option("--share", "Bad tickets to be found, percent.  [default: audit_parameters.csv, 10]")
@percent_option("--error", "Calls that take a good ticket for a bad one, percent.  [default: verdict_parameters.csv, 2]", most=50)
@percent_option("--reach", "Callers who are reached in the end, percent.  [default: audit_parameters.csv, 80]")
@click.option("--platforms", type=click.IntRange(1), help="Planned together.  [default: all that are connected]")
@click.option("--budget", type=click.IntRange(1), help="Calls a week.  [default: audit_parameters.csv, 45]")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def plan(
    population: int | None, month: datetime | None, share: float | None, error: float | None, reach: float | None,
    platforms: int | None, budget: int | None, as_json: bool,
) -> None:  # fmt: skip
    """How many calls meet a bad ticket, and how many name a platform.

    With --population for one frame, else for every platform of the published warehouse. Exact: hypergeometric, callers' errors
    allowed for, corrected over the platforms planned together.
    """
    if population and month:
        raise click.UsageError("--population needs no month: give one of them")
    settings = Settings.from_environment()
    day = month or datetime.now()
    held = parameters_on(day.date(), settings.seeds)
    assumed = plans.Assumptions(
        share=held.share_to_find if share is None else share / 100,
        error=held.single_error if error is None else error / 100,
        reach=held.expected_reach if reach is None else reach / 100,
        platforms=platforms or len(held.platforms),
        alpha=held.name_alpha,
        confidence=held.meet_confidence,
        power=held.name_power,
    )
    if population:
        single(population, assumed, as_json)
    else:
        every_platform(month, assumed, held, budget or held.calls_a_week, settings, as_json)


def stated(assumed: plans.Assumptions) -> dict[str, float | int]:
    """The assumptions as the answer states them, in percent."""
    names = ("share", "error", "reach", "alpha", "confidence", "power")
    return {name: round(100 * getattr(assumed, name), 6) for name in names} | {"platforms": assumed.platforms}


def single(population: int, assumed: plans.Assumptions, as_json: bool) -> None:
    need, table = plans.need(population, assumed), plans.power_table(population, assumed)
    if as_json:
        rows = [asdict(row) for row in table]
        click.echo(json.dumps({**asdict(need), **stated(assumed), "table": rows}))
        return
    console = Console(width=WIDTH, highlight=False)
    console.print(f"总体 {population:,} 件，上报 100.00 %，拟发现的不实比例 {100 * assumed.share:g} %")
    console.print(f"  遇到至少一件不实（{100 * assumed.confidence:g} % 把握）：接通 {need.meet} 件，按接通率抽取 {need.drawn} 件")
    console.print(f"  点名该平台（{100 * assumed.power:g} % 把握）：{named_text(need)}")
    console.print(assumed_text(assumed))
    console.print(power_text(table))


def named_text(need: plans.Need) -> str:
    if need.name is None:
        return "全部接通也不能点名"
    if need.name_for_good is None:
        return f"接通 {need.name} 件起可能，但无一件数起必然"
    return f"接通 {need.name} 件起，{need.name_for_good} 件起均可，按接通率抽取 {need.drawn_to_name} 件"


def assumed_text(assumed: plans.Assumptions) -> str:
    return (
        f"  前提：单次误判 {100 * assumed.error:g} %，接通率 {100 * assumed.reach:g} %，同期计划 {assumed.platforms} 个平台，"
        f"整体显著性水平 {100 * assumed.alpha:g} %（Holm）"
    )


def power_text(table: list[plans.Power]) -> Table:
    shown = Table(title="点名的把握（抽检员无误判；不实比例，%）", box=box.SIMPLE_HEAD, title_justify="left")
    for title in ("接通件数", "点名所需不实件数", *map(str, plans.TABLE_SHARES)):
        shown.add_column(title, justify="right")
    for row in table:
        needed = "—" if row.bad_needed is None else str(row.bad_needed)
        shown.add_row(str(row.calls), needed, *(f"{chance:.2f}" for chance in row.named.values()))
    return shown


def every_platform(
    month: datetime | None, assumed: plans.Assumptions, held: Parameters, budget: int, settings: Settings, as_json: bool
) -> None:
    from hotline.audit.tickets import complaints

    found, counts = complaints(settings, month.date() if month else None)
    needs = {code: plans.need(number, assumed) if number else None for code, number in counts.items()}
    weekly = plans.weekly(counts, budget)
    if as_json:
        rows = [
            {"platform_code": code, "weekly": weekly[code], **(asdict(need) if need else {"population": 0})}
            for code, need in needs.items()
        ]
        click.echo(json.dumps({"month": f"{found:%Y-%m}", **stated(assumed), "budget": budget, "platforms_planned": rows}))
        return
    console = Console(width=WIDTH, highlight=False)
    console.print(f"{found:%Y年%-m月} 投诉举报，拟发现的不实比例 {100 * assumed.share:g} %；每周共 {budget} 件")
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("平台", no_wrap=True)
    for title in ("投诉举报", "遇到", "抽取", "点名", "点名（均可）", "抽取", "每周"):
        table.add_column(title, justify="right", no_wrap=True)
    for code, need in needs.items():
        sizes = (need.meet, need.drawn, need.name, need.name_for_good, need.drawn_to_name) if need else (None,) * 5
        table.add_row(
            held.platforms.get(code, code), f"{counts[code]:,}", *("—" if n is None else f"{n:,}" for n in sizes),
            f"{weekly[code]}",
        )  # fmt: skip
    console.print(table)
    console.print(assumed_text(assumed))


def known(settings: Settings, code: str) -> str:
    """The code of a platform that is named by code or name."""
    from hotline.contracts import load_code_list, normalise

    accepted = load_code_list("platforms", settings.seeds).accepted
    if found := accepted.get(normalise(code)):
        return found
    raise HotlineError(f"no platform is called {code}", "see dbt/seeds/code_lists/platforms.csv")
