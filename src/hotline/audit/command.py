"""``hotline audit``: the auditor's loop, from the plan to what the audited party checks itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path

import click
from rich import box
from rich.console import Console
from rich.table import Table

from hotline.audit import draw as drawing
from hotline.audit import freeze as freezing
from hotline.audit import notice, rounds
from hotline.audit import plan as plans
from hotline.audit import sheets as handing
from hotline.audit.parameters import Parameters, parameters_on
from hotline.audit.tickets import undelivered, unreached
from hotline.contracts import load_code_list, normalise
from hotline.errors import HotlineError, WrongRequest
from hotline.settings import Settings

WIDTH = 130


@click.group()
def command() -> None:
    """Plan spot checks, freeze and draw them in public, hand out the calls, prove the result."""


json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")


def percent_option(name: str, text: str, least: float = 0, most: float = 100):
    """An option in percent; None leaves it to the parameters."""
    return click.option(name, type=click.FloatRange(least, most, min_open=True), help=text)


@command.command()
@click.option("--population", type=click.IntRange(1, 1_000_000), help="Tickets of one frame; no warehouse is needed.")
@click.option("--month", type=click.DateTime(["%Y-%m"]), help="Of all platforms, by their complaints of this month.")
@percent_option("--share", "Bad tickets to be found, percent.  [default: audit_parameters.csv, 10]")
@percent_option(
    "--error", "Calls that take a good ticket for a bad one, percent.  [default: verdict_parameters.csv, 2]", most=50
)
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
    assumed = assumptions(held, share, error, reach, platforms)
    if population:
        single(population, assumed, as_json)
    else:
        every_platform(month, assumed, held, budget or held.calls_a_week, settings, as_json)


def assumptions(
    held: Parameters, share: float | None = None, error: float | None = None, reach: float | None = None,
    platforms: int | None = None,
) -> plans.Assumptions:  # fmt: skip
    """What was given, in percent, else what the parameters say."""
    return plans.Assumptions(
        share=held.share_to_find if share is None else share / 100,
        error=held.single_error if error is None else error / 100,
        reach=held.expected_reach if reach is None else reach / 100,
        platforms=platforms or len(held.platforms),
        alpha=held.name_alpha,
        confidence=held.meet_confidence,
        power=held.name_power,
    )


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
    console.print(
        f"  遇到至少一件不实（{100 * assumed.confidence:g} % 把握）：接通 {need.meet} 件，按接通率抽取 {need.drawn} 件"
    )
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
        click.echo(
            json.dumps({"month": f"{found:%Y-%m}", **stated(assumed), "budget": budget, "platforms_planned": rows})
        )
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


def codes_of(settings: Settings, named: tuple[str, ...]) -> list[str]:
    """Codes of platforms that are named by code, name or alias. Raises HotlineError for one that nobody is called."""
    accepted = load_code_list("platforms", settings.seeds).accepted
    found = [accepted.get(normalise(name)) for name in named]
    if None in found:
        unknown = "、".join(name for name, code in zip(named, found, strict=True) if code is None)
        raise WrongRequest(f"no platform is called {unknown}", "see dbt/seeds/code_lists/platforms.csv")
    return found


@command.command()
@click.argument("name", metavar="ROUND")
@click.option(
    "--reveal-at", required=True, type=click.DateTime(["%Y-%m-%d %H:%M"]), help="When the value will be known."
)
@click.option("--randomness", required=True, help="Where it will come from, e.g. 双人见证掷骰 20 位.")
@click.option(
    "--platform", "named", multiple=True, help="Code or name; more than once.  [default: all with complaints]"
)
@click.option(
    "--tickets",
    type=click.IntRange(1),
    help="To draw a platform.  [default: a month: to meet the share, a week: budget]",
)
@percent_option("--share", "Bad tickets to be met by a month's sample, percent.  [default: audit_parameters.csv, 10]")
@click.option("--dry-run", is_flag=True, help="Show what would be frozen, write nothing.")
@json_option
def freeze(
    name: str, reveal_at: datetime, randomness: str, named: tuple[str, ...], tickets: int | None, share: float | None,
    dry_run: bool, as_json: bool,
) -> None:  # fmt: skip
    """Fix what may be drawn of ROUND (2024-10, 2024-W42) and write the public notice.

    Reads the published warehouse: all complaints of the period. The lists stay in a folder that only its owner can read; they and
    the frames are delivered to the landing folder for the next ingest. What is frozen stays: a correction is ROUND-2.
    """
    settings = Settings.from_environment()
    kind, first, after = rounds.period(name)
    held = parameters_on(first, settings.seeds)
    chosen = set(codes_of(settings, named))
    assumed = assumptions(held, share=share)

    def planned(counts: Mapping[str, int]) -> dict[str, int]:
        of = {code: number for code, number in counts.items() if not chosen or code in chosen}
        of |= dict.fromkeys(chosen - set(of), tickets or 1)  # told as unknown
        if tickets:
            return dict.fromkeys(of, tickets)
        return (
            plans.weekly(of, held.calls_a_week)
            if kind == "weekly"
            else {code: plans.need(number, assumed).drawn for code, number in of.items()}
        )

    found, lists = freezing.prepared(settings, name, planned, reveal_at, randomness, rounds.now())
    target = rounds.folder(settings, name)
    for platform, days in undelivered(settings, first, after).items():
        click.echo(
            f"注意：{platform} 有 {len(days)} 天的工单应报未报（{days[0]} 至 {days[-1]}）；名单冻结后补报的工单不能再被抽中，"
            "请先催报，或在公告中说明",
            err=True,
        )
    text = notice.text(found, settings)
    if dry_run:
        freezing.is_frozen(settings, found)
        click.echo(json.dumps(facts_of(settings, found) | {"notice": text}) if as_json else text, nl=as_json)
        return
    sha256 = freezing.freeze(settings, found, lists)
    if as_json:
        # a round that was frozen before keeps its own time
        click.echo(json.dumps(facts_of(settings, rounds.load(settings, name)) | {"sha256": sha256}))
        return
    drawn = sum(frame.planned for frame in found.frames)
    click.echo(
        f"已冻结 {len(found.frames)} 个总体、{sum(map(len, lists.values())):,} 件，计划抽取 {drawn:,} 件：{target}"
    )
    click.echo(f"公告：{target / 'notice.txt'}（{target / 'notice.html'}），指纹 {sha256}")
    click.echo(f"请立即公布公告，{found.reveal_at[:16]} 之后执行：hotline audit draw {name} --value 日期-随机数")


@command.command()
@click.argument("name", metavar="ROUND")
@click.option("--value", required=True, help="Day, hyphen, what was drawn: 20241015-8842190357.")
@json_option
def draw(name: str, value: str, as_json: bool) -> None:
    """Order the frozen lists of ROUND by the public VALUE; the first are called, the rest are the reserves in order."""
    settings = Settings.from_environment()
    found = rounds.load(settings, name)
    drawn = drawing.value_of(settings, found) or drawing.accepted(found, value, rounds.now())
    drawing.draw(settings, found, replace(drawn, value=value))
    if as_json:
        click.echo(json.dumps(facts_of(settings, found)))
        return
    click.echo(f"已抽取：{rounds.folder(settings, name) / 'order'}")
    click.echo(f"分派给抽检员：hotline audit sheets {name} --caller C01 --caller C02")


@command.command()
@click.argument("name", metavar="ROUND")
@click.option("--caller", "callers", multiple=True, required=True, help="Number of a caller; more than once.")
@click.option(
    "--recheck",
    type=click.FloatRange(0, 100),
    help="Given to a second caller, percent.  [default: audit_parameters.csv, 10]",
)
@click.option(
    "--reserves",
    type=click.IntRange(1),
    help="Further tickets a platform, in the order of the draw, at most one for each that nobody reached.",
)
@json_option
def sheets(
    name: str, callers: tuple[str, ...], recheck: float | None, reserves: int | None, as_json: bool
) -> None:  # fmt: skip
    """Hand out the calls of ROUND: a workbook a caller, to be filled in and put into the landing folder as it is.

    With --reserves those that follow in the order of the draw, once the first sheets came back and are published. Tickets that
    nobody reached stay in the verdict: a reserve adds a call, it takes none away.
    """
    settings = Settings.from_environment()
    found = rounds.load(settings, name)
    drawn = drawing.value_of(settings, found)
    if drawn is None:
        raise WrongRequest(f"round {name} was not drawn yet", f"`hotline audit draw {name} --value …` first")
    share = parameters_on(rounds.period(name)[1], settings.seeds).recheck_share if recheck is None else recheck / 100
    if reserves:
        places, part = handing.next_reserves(
            settings, found, unreached(settings, [frame.frame_no for frame in found.frames]), reserves
        )
    else:
        places, part = {frame.frame_no: range(1, frame.planned + 1) for frame in found.frames}, ""
    handed_out = handing.calls(settings, found, drawn, callers, share, places)
    paths = handing.hand_out(settings, found, handed_out, part)
    if as_json:
        click.echo(json.dumps(facts_of(settings, found) | {"sheets": len(paths), "calls": len(handed_out)}))
        return
    for path in paths:
        click.echo(path)
    second = sum(bool(call.blind_recheck_of) for call in handed_out)
    click.echo(f"共 {len(handed_out):,} 次抽检，其中盲态复核 {second:,} 次；填好的登记表原样放入报送目录即可")


@command.command()
@click.argument("frame_no", metavar="FRAME")
@click.option("--output", "-o", type=click.Path(file_okay=False, path_type=Path), default=Path(), help="Default: here.")
def bundle(frame_no: str, output: Path) -> None:
    """Write what the audited party needs to check the verdict on FRAME itself, offline, with Python alone."""
    from hotline.audit.bundle import write_bundle

    target = write_bundle(Settings.from_environment(), frame_no, output)
    click.echo(f"{target}：python3 {target / 'verify.py'}")


@command.command("list")
@click.argument("names", metavar="[ROUND]...", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="One line of JSON a round.")
def list_rounds(names: tuple[str, ...], as_json: bool) -> None:
    """Rounds that were frozen, and how far each has come."""
    settings, failed = Settings.from_environment(), []
    for name in names or rounds.known(settings):
        try:
            facts = facts_of(settings, rounds.load(settings, name))
        except WrongRequest:
            raise
        except HotlineError as error:  # a spoilt round hides no other
            failed.append(name)
            click.echo(f"{name}: {error}", err=True)
            continue
        if as_json:
            click.echo(json.dumps(facts, ensure_ascii=False))
            continue
        state = (
            "已分派"
            if facts["handed_out"]
            else f"已抽取（{facts['value']}）"
            if facts["value"]
            else f"待抽取（{facts['reveal_at'][:16]}）"
        )
        click.echo(
            f"{name:<12}{facts['frames']} 个总体，{facts['tickets']:,} 件，抽取 {facts['planned']:,} 件　{state}"
        )
    if failed:
        raise HotlineError(f"spoilt: {', '.join(failed)}", "see above; all other rounds were listed")
    if not rounds.known(settings):
        click.echo("尚无抽检：hotline audit freeze 2024-10 --reveal-at … --randomness …", err=True)


def facts_of(settings: Settings, found: rounds.Round) -> dict[str, object]:
    """What may be said of a round while it runs: counts, times and the public value; never a ticket."""
    drawn = drawing.value_of(settings, found)
    return {
        "round": found.name, "frames": len(found.frames), "tickets": sum(frame.population for frame in found.frames),
        "planned": sum(frame.planned for frame in found.frames), "frozen_at": found.frozen_at,
        "reveal_at": found.reveal_at, "randomness": found.randomness, "value": drawn.value if drawn else None,
        "handed_out": (rounds.folder(settings, found.name) / "assignments.csv").exists(),
    }  # fmt: skip


@command.command()
@json_option
def judge(as_json: bool) -> None:
    """Write reports and bundles of the rounds that have come to their end; a round that still runs is left alone.

    They lie in the round's folder, report/ and bundles/, and are written anew when the published warehouse says something else.
    """
    from hotline.audit.judge import judged

    settings, answer, failed = Settings.from_environment(), {"judged": [], "running": []}, []
    for name in rounds.known(settings):
        try:
            target = judged(settings, rounds.load(settings, name))
        except HotlineError as error:  # a spoilt list of one round holds up no other
            failed.append(name)
            click.echo(f"{name}: {error}", err=True)
            continue
        answer["judged" if target else "running"].append(name)
        if not as_json:
            click.echo(f"{name:<12}{target or '尚在进行'}")
    if failed:
        raise HotlineError(f"not judged: {', '.join(failed)}", "see above; all other rounds were looked at")
    if as_json:
        click.echo(json.dumps(answer))
