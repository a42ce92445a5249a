"""Reported rates against audited intervals, verdicts, signatures: drawn in a real browser, counted again; not there for a city."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from math import comb
from pathlib import Path

import browser
import duckdb
import matrix
import pytest
import yaml
from browser import Dashboard, headline, number, table
from client import Session

from hotline.settings import Settings
from hotline.stack.superset import Superset

ASSETS = Path(__file__).resolve().parents[2] / "superset" / "assets"
SLUG = "hotline-integrity"
pytestmark = pytest.mark.visit(SLUG, "auditor")
PICTURES = {"dashboard-signatures": (None, "四、逐件查阅")}
MONTH = "month = date '2024-09-01'"


def test_every_chart_has_rows_and_is_drawn(superset: Superset, dashboard: Dashboard) -> None:
    browser.assert_drawn(superset, dashboard, SLUG)


def test_nothing_is_cut_off_or_scrolls(dashboard: Dashboard) -> None:
    assert dashboard.page.evaluate(browser.SCROLLING) == []


def test_the_dashboard_is_chinese(dashboard: Dashboard) -> None:
    assert browser.latin_words(dashboard.page) <= {"SQL"}


def test_it_opens_with_the_newest_month_that_has_tickets_to_look_at(
    dashboard: Dashboard, published: duckdb.DuckDBPyConnection
) -> None:
    (month,) = published.execute(
        "select strftime(max(month), '%Y年%m月') from marts.mart_platform_signature where unit = 'tickets' and eligible > 0"
    ).fetchone()
    assert month == "2024年09月"
    assert month in dashboard.page.locator("[data-test=filter-bar]").inner_text()


def test_counts_are_those_of_the_marts(dashboard: Dashboard, published: duckdb.DuckDBPyConnection) -> None:
    looked_at, flagged = published.execute(
        "select count(distinct platform_code) filter (eligible > 0), count(distinct platform_code) filter (is_flagged)"
        f" from marts.mart_platform_signature where {MONTH}"
    ).fetchone()
    (tickets,) = published.execute(
        f"select count(distinct ticket_no) from marts.mart_ticket_flag where {MONTH}"
    ).fetchone()
    assert number(headline(dashboard.page, "已核查平台")) == looked_at == 15
    assert number(headline(dashboard.page, "有标记的平台")) == flagged
    assert number(headline(dashboard.page, "待查工单")) == tickets


def test_every_flagged_signature_is_listed_with_its_counts(
    dashboard: Dashboard, published: duckdb.DuckDBPyConnection
) -> None:
    shown = table(dashboard.page, "被标记的特征")
    stored = published.execute(
        "select platform_name, signature_name, format('{:,} / {:,}', hits, eligible) from marts.mart_platform_signature"
        f" where {MONTH} and is_flagged order by grade_contribution, signature_type, platform_code, signature_code limit {len(shown)}"
    ).fetchall()
    assert [(row["平台"], row["特征"], row["命中/适用"]) for row in shown] == stored
    assert {row["可计入等级"] for row in shown} <= {"B", "C", "—"}


def test_the_heat_map_holds_what_was_looked_at_and_zero_only_where_it_was(
    dashboard: Dashboard, published: duckdb.DuckDBPyConnection
) -> None:
    rows = dashboard.data["不可能和少见的特征：平台 × 特征（命中件数）"]
    stored = published.execute(
        f"select platform_name, signature_name, hits from marts.mart_platform_signature where {MONTH}"
        " and eligible > 0 and signature_type in ('impossible', 'rare')"
    ).fetchall()
    assert sorted((row["platform_name"], row["signature_name"], row["hit_count"]) for row in rows) == sorted(stored)
    assert any(hits == 0 for *_, hits in stored)


FOREST = "哪些上报率不可能为真：上报点对照抽检界限"
FACTS = {"回访率": "is_callback_true", "办结率": "is_close_true", "满意率": "is_satisfaction_true"}


def share(passed: int, population: int, good: int, sampled: int, at_most: bool) -> Fraction:
    """Chance of at most (at least) so many good ones in a draw without replacement."""
    counts = range(passed + 1) if at_most else range(passed, sampled + 1)
    ways = sum(comb(good, count) * comb(population - good, sampled - count) for count in counts)
    return Fraction(ways, comb(population, sampled))


def bounds(population: int, sampled: int, passed: int) -> tuple[Fraction, Fraction]:
    """Exact one-sided 95 % bounds in percent: what a chance of a twentieth does not rule out."""
    possible = range(passed, population - (sampled - passed) + 1)
    lower = next(good for good in possible if share(passed, population, good, sampled, at_most=False) > Fraction(1, 20))
    upper = next(
        good for good in reversed(possible) if share(passed, population, good, sampled, at_most=True) > Fraction(1, 20)
    )
    return Fraction(100 * lower, population), Fraction(100 * upper, population)


def test_the_intervals_are_those_of_the_calls_and_what_they_rule_out_is_called_so(
    dashboard: Dashboard, published: duckdb.DuckDBPyConnection
) -> None:
    drawn = browser.chart(dashboard.page, FOREST)
    assert drawn.bounding_box()["y"] + drawn.bounding_box()["height"] <= 768, "on the first screen"
    names = drawn.locator(".name").all_inner_texts()
    titles = drawn.locator(".track .all").evaluate_all("marks => marks.map(mark => mark.title)")
    figures = drawn.locator(".figures").all_inner_texts()
    places = drawn.locator(".interval[style]").evaluate_all(
        "bars => bars.map(bar => [bar.style.left, bar.style.width])"
    )
    assert (len(names), len(titles), len(figures), len(places)) == (15, 45, 45, 45)
    # the population by the register of tickets, the calls as the province delivered them
    checks = dict(
        (name, facts)
        for name, *facts in published.execute(
            "select platform_name, count(distinct ticket_no), any_value(calls), any_value(a), any_value(b), any_value(c) "
            "from marts.fct_ticket join (select platform_code, platform_name, count(*) as calls, "
            + ", ".join(
                f"count(*) filter ({fact}) as {alias}" for fact, alias in zip(FACTS.values(), "abc", strict=True)
            )
            + " from marts.fct_spot_check join (select distinct platform_code, platform_name from marts.dim_platform) "
            f"using (platform_code) where {MONTH} group by all) using (platform_code) "
            "where business_type = 'complaint' and accepted_at >= '2024-09-01' and accepted_at < '2024-10-01' group by all"
        ).fetchall()
    )
    for index, title in enumerate(titles):
        population, sampled, *passed = checks[names[index // 3]]
        good = passed[index % 3]
        lower, upper = bounds(population, sampled, good)
        said = re.search(r"抽检属实 (\d+) / (\d+)；真实率 ([\d.]+) 至 ([\d.]+)", title).groups()
        assert (int(said[0]), int(said[1])) == (good, sampled)
        # printed outwards, to one decimal
        assert float(said[2]) <= lower < float(said[2]) + 0.1001 and float(said[3]) - 0.1001 < upper <= float(said[3])
        left, width = (float(place.rstrip("%")) for place in places[index])
        assert (left, left + width) == pytest.approx((float(said[2]), float(said[3])), abs=0.051)
        # every platform reported 100: one bad call is more than that admits
        assert title.startswith("上报 100；")
        assert figures[index].endswith("矛盾" if good < sampled else f"≥ {said[2]}")
        assert f"检 {good}/{sampled}" in figures[index]


def test_each_platform_has_its_grade_its_sentence_and_what_n_can_show(
    dashboard: Dashboard, published: duckdb.DuckDBPyConnection
) -> None:
    rows = {row["平台"]: row for row in table(dashboard.page, "各平台可以说的话")}
    calls = published.execute(
        "select platform_name, count(*), count(*) filter (not (is_callback_true and is_close_true and is_satisfaction_true)) "
        "from marts.fct_spot_check join (select distinct platform_code, platform_name from marts.dim_platform) "
        f"using (platform_code) where {MONTH} group by all"
    ).fetchall()
    assert len(rows) == len(calls) == 15
    for name, sampled, bad in calls:
        row = rows[name]
        assert (row["抽取"], row["不实"]) == (str(sampled), str(bad))
        assert row["等级"] == ("B 存疑" if bad else "D 不予评定")
        assert ("请扩大抽检" in row["可以说的话"]) == bool(bad)
        assert number(row["须抽检（件）"]) > sampled, "four calls show next to nothing"
    frames = table(dashboard.page, "总体、抽取与答复")
    assert {(row["抽检方式"], row["抽取方式"], row["冻结于"]) for row in frames} == {("未登记", "未记录抽取", "")}
    assert {row["平台"]: row["答复 / 不实"] for row in frames} == {name: f"0 / {bad}" for name, _, bad in calls}
    replies = table(dashboard.page, "不实的工单与平台的答复")
    assert len(replies) == sum(bad for *_, bad in calls) == 13
    assert {row["平台的答复"] for row in replies} == {"尚无答复"}
    weeks = table(dashboard.page, "每周抽检的累积证据")
    assert {(row["周数"], row["最近一周"], row["年度累积（界限）"]) for row in weeks} == {("0", "没有周抽检", "")}


@pytest.fixture
def weekly(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """What the page reads, when one platform was called every week, withheld a rate and answered."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{settings.published_database}' as good (read_only)")
        connection.execute("create schema marts")
        for table_name in (
            "dim_platform", "mart_platform_verdict", "mart_rate_integrity", "mart_spot_check_frame", "mart_spot_check_reply",
        ):  # fmt: skip
            connection.execute(f"create table marts.{table_name} as from good.marts.{table_name}")
        connection.execute("""
            insert into marts.mart_platform_verdict by name
            select 'W' || week as frame_no, true as is_leading, 'weekly' as kind, '210100' as platform_code, '沈阳' as platform_name,
                date '2024-09-02' + 7 * week as period_from, week as bad, 10 as drawn, 1.5 * (week + 1) as e_year,
                2 * (week + 1) as e_watch, 20 as doubt_e_value, 520 as watch_statistic
            from (select cast(range as integer) as week from range(9));
            update marts.mart_rate_integrity set reported_value = null, reported_text = '<b>无</b>'
            where platform_name = '沈阳' and rate = 'close';
            update marts.mart_rate_integrity set audited_value = null, sampled = 0, passed = 0, lower95 = 0, upper95 = 100
            where platform_name = '本溪';
            update marts.mart_rate_integrity set reported_value = 1000 where platform_name = '大连' and rate = 'close';
            delete from marts.mart_rate_integrity where platform_name = '丹东' and rate = 'callback'""")
        yield connection


def of_data_set(connection: duckdb.DuckDBPyConnection, name: str, select: str, where: str = "true") -> list[tuple]:
    asset = yaml.safe_load((ASSETS / "datasets" / f"{name}.yaml").read_text(encoding="utf-8"))
    metrics = {item["metric_name"]: item["expression"] for item in asset["metrics"]}
    return connection.execute(
        f"select {metrics.get(select, select)} from ({asset['sql']}) where {where} order by all"
    ).fetchall()


def test_weeks_stand_beside_their_limits_and_those_without_say_so(weekly: duckdb.DuckDBPyConnection) -> None:
    rows = of_data_set(
        weekly, "integrity_week", "platform_name, weeks, last_text, bad_text, year_text, watch_text, history_text"
    )
    (row,) = [row for row in rows if row[0] == "沈阳"]
    assert row[1:6] == (9, "2024-10-28", "36 / 90", "13.50（20）", "18.00（520）")
    assert row[6].split(" → ") == [f"{1.5 * week:.2f}" for week in range(2, 10)]
    assert {row[1:3] for row in rows if row[0] != "沈阳"} == {(0, "没有周抽检")}


def test_a_withheld_rate_has_no_point_and_no_other_place_is_taken(weekly: duckdb.DuckDBPyConnection) -> None:
    ((html,),) = of_data_set(weekly, "integrity_interval", "forest_plot")
    cells = html.split('<div class="rate ')[1:]
    assert len(cells) == 44
    (withheld,) = [cell for cell in cells if "未报" in cell]
    assert 'class="reported"' not in withheld and "grid-column:3" in withheld
    (beyond,) = [cell for cell in cells if "上报 1000" in cell]
    assert 'class="reported" style="left:100.0%"' in beyond
    lines = re.split('<div class="name"', html)[1:]
    (short,) = [line for line in lines if ">丹东<" in line]
    assert re.findall(r'class="rate \w+" style="grid-column:(\d)"', short) == ["3", "4"]
    assert all(line.count("grid-column:5") == 1 for line in lines)
    assert all(line.count('class="audited"') == ("检 0/0" not in line) * line.count('class="track"') for line in lines)
    assert sum("检 0/0" in line for line in lines) == 1, "who was not called yet stays in the picture"
    assert "<b>" not in html
    without = of_data_set(weekly, "integrity_interval", "forest_plot", "month = date '2024-08-01'")
    assert without == [("所选月份没有抽检：没有可以对照的界限",)]


@pytest.mark.parametrize("account", ["shenyang", "dalian"])
def test_a_city_is_not_told_that_the_page_is_there(sessions: dict[str, Session], account: str) -> None:
    assert SLUG in matrix.of_the_province()
    assert SLUG in sessions["auditor"].ids("dashboard", "slug")
    assert SLUG not in sessions[account].ids("dashboard", "slug")
    assert sessions[account].get(f"/api/v1/dashboard/{SLUG}").status_code in {403, 404}
    assert sessions[account].get(f"/api/v1/dashboard/{SLUG}/charts").status_code in {403, 404}
