"""Rankings, companies, hot spots and rises: drawn in a real browser and compared with the published warehouse."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from math import exp, lgamma, log
from pathlib import Path

import browser
import duckdb
import pytest
import yaml
from browser import Dashboard, headline, number, table

from hotline.settings import Settings
from hotline.stack.superset import Superset

ASSETS = Path(__file__).resolve().parents[2] / "superset" / "assets"
SLUG = "hotline-topics"
RISES, DISTRICTS, COMPANIES = "突增：最近数周走势", "区县：什么问题集中在哪里", "企业投诉率：与同组平均之比"
FIRST_SCREEN = ("投诉率高于同组", "投诉热点", "突增", "突增监测", RISES, DISTRICTS)
pytestmark = pytest.mark.visit(SLUG, "auditor")
PICTURES = {"dashboard-topics": (None, "三、投诉热点"), "dashboard-hot-spots": ("三、投诉热点", None)}
MONTH = "period_kind = 'month' and period_start = date '2024-09-01'"


def test_every_chart_has_rows_and_is_drawn(superset: Superset, dashboard: Dashboard) -> None:
    browser.assert_drawn(superset, dashboard, SLUG)


def test_nothing_is_cut_off_or_scrolls(dashboard: Dashboard) -> None:
    assert dashboard.page.evaluate(browser.SCROLLING) == []


def test_the_dashboard_is_chinese(dashboard: Dashboard) -> None:
    # electronic toll collection is a category of the published tables
    assert browser.latin_words(dashboard.page) == {"SQL", "ETC"}


def test_shares_are_of_the_denominator_that_stands_beside_them(
    dashboard: Dashboard, published: duckdb.DuckDBPyConnection
) -> None:
    rows = table(dashboard.page, "投诉举报问题类别前十（件）")
    stored = published.execute(
        "select category, tickets, denominator, share_pct::varchar from marts.mart_category_ranking "
        f"where {MONTH} and scope = 'province' and level = 'category' and business_type = 'complaint' and rank <= 10 "
        "order by rank, category"
    ).fetchall()
    drawn = [(row["问题类别"], row["受理量（件）"], row["分母（件）"], row["占比（%）"]) for row in rows]
    assert drawn == [(category, f"{tickets:,}", f"{base:,}", share) for category, tickets, base, share in stored]
    assert stored[0][0] == "巡游出租汽车"
    for row in rows:
        assert number(row["占比（%）"]) == pytest.approx(
            100 * number(row["受理量（件）"]) / number(row["分母（件）"]), abs=0.0051
        )


def test_the_league_ranks_by_the_lower_bound_and_marks_the_small(
    dashboard: Dashboard, published: duckdb.DuckDBPyConnection
) -> None:
    rows = table(dashboard.page, "企业投诉排行（同平台同类企业之间）")
    verdicts = {row["企业"]: row["判定"] for row in rows}
    stored = published.execute(
        "select enterprise_name, is_small_n, is_above_group from marts.mart_enterprise_league "
        f"where {MONTH} and enterprise_name in (select unnest(?)) and platform_name = '大连'",
        [list(verdicts)],
    ).fetchall()
    assert len(stored) == len(rows) > 5
    for name, is_small, is_above in stored:
        assert (verdicts[name] == "样本过小") == bool(is_small and not is_above)
        assert (verdicts[name] == "高于同组") == bool(is_above)
    assert all(row["名次"] == "—" for row in rows if row["判定"] in {"样本过小", "没有投诉", "车辆数不详"})
    lower = [(row["经营类别"], -number(row["每千车月 95% 区间"].split(" – ")[0])) for row in rows if row["名次"] != "—"]
    assert lower == sorted(lower)


def test_the_heat_map_holds_every_complaint_with_a_district(
    dashboard: Dashboard, published: duckdb.DuckDBPyConnection
) -> None:
    (tickets,) = published.execute(
        "select count(*) from marts.fct_ticket where platform_code = '210200' and business_type = 'complaint' "
        "and accepted_month = date '2024-09-01' and district is not null"
    ).fetchone()
    cells = dashboard.data["投诉举报受理时段 × 事发区县（件）"]
    assert sum(cell["ticket_count"] for cell in cells) == tickets
    assert len({cell["hour_label"] for cell in cells}) == 24


def test_headlines_count_what_was_found(dashboard: Dashboard, published: duckdb.DuckDBPyConnection) -> None:
    above, spots, rises = (
        published.execute(f"select count(*) from marts.{found}").fetchone()[0]
        for found in (
            f"mart_enterprise_league where {MONTH} and is_above_group",
            "mart_hot_spot where month = date '2024-09-01' and level = 'category' and is_hot_spot",
            "mart_sudden_rise where date_trunc('month', period_start) = date '2024-09-01' and is_flagged",
        )
    )
    assert [number(headline(dashboard.page, title)) for title in ("投诉率高于同组", "投诉热点", "突增")] == [
        above,
        spots,
        rises,
    ]


def test_what_gathers_where_is_on_the_first_screen(dashboard: Dashboard) -> None:
    """Of 768 pixels, without scrolling."""
    boxes = {title: browser.chart(dashboard.page, title).bounding_box() for title in FIRST_SCREEN}
    assert {title: box for title, box in boxes.items() if box["y"] + box["height"] > 768} == {}


def titles(dashboard: Dashboard, chart: str, marks: str) -> list[str]:
    drawn = browser.chart(dashboard.page, chart).locator(marks)
    return drawn.evaluate_all("marks => marks.map(mark => mark.title)")


def test_a_month_without_a_rise_says_so_and_draws_the_days_of_what_came_nearest(
    dashboard: Dashboard, published: duckdb.DuckDBPyConnection
) -> None:
    drawn = browser.chart(dashboard.page, RISES)
    tested, flagged = published.execute(
        "select count(*), count(*) filter (is_flagged) from marts.mart_sudden_rise "
        "where date_trunc('month', period_start) = date '2024-09-01' and rise_status <> 'not_enough_history'"
    ).fetchone()
    assert (flagged, drawn.locator(".rise_note").inner_text().split("。")[0]) == (0, f"检验 {tested:,} 条，没有突增")
    names, said = drawn.locator(".panel .name").all_inner_texts(), drawn.locator(".panel .said").all_inner_texts()
    assert (len(names), drawn.locator(".risen[style]").count()) == (4, 0)
    marks = titles(dashboard, RISES, ".weeks .all")
    assert len(marks) == 4 * 56
    counts = Counter()
    for platform, kind, category, subcategory, day, tickets in published.execute(
        "select platform_name, name_zh, category, subcategory, cast(accepted_at as date), count(*) from marts.fct_ticket "
        "join (select distinct platform_code, platform_name from marts.dim_platform) using (platform_code) "
        "join (select distinct business_type, business_type_name as name_zh from marts.mart_sudden_rise) using (business_type) "
        "where accepted_at >= '2024-08-01' group by all"
    ).fetchall():
        for matter in (category, f"{category} · {subcategory or '未填写'}"):
            counts[f"{platform} · {kind} · {matter}", day] += tickets
    for index, mark in enumerate(marks):
        month, day, tickets = map(int, re.match(r"(\d+) 月 (\d+) 日：(\d+) 件", mark).groups())
        assert counts[names[index // 56], date(2024, month, day)] == tickets
    for name, line in zip(names, said, strict=True):
        month, day, tickets, limit = map(
            int, re.fullmatch(r"△ 未达 (\d+) 月 (\d+) 日：(\d+) 件，期望 [\d.]+，(\d+) 件起为突增", line).groups()
        )
        assert counts[name, date(2024, month, day)] == tickets < limit


def at_least(count: int, log_term: list[float]) -> float:
    """P(X >= count), of the logarithms of the terms below."""
    return 1 - sum(map(exp, log_term[:count]))


def binomial(count: int, total: int, share: float) -> float:
    share = min(max(share, 1e-12), 1 - 1e-12)
    return at_least(
        count,
        [
            lgamma(total + 1) - lgamma(k + 1) - lgamma(total - k + 1) + k * log(share) + (total - k) * log(1 - share)
            for k in range(count)
        ],
    )


def poisson(count: int, mean: float) -> float:
    mean = max(mean, 1e-12)
    return at_least(count, [k * log(mean) - mean - lgamma(k + 1) for k in range(count)])


def test_districts_stand_with_their_counts_and_exact_intervals(
    dashboard: Dashboard, published: duckdb.DuckDBPyConnection
) -> None:
    cells = Counter()
    for district, category, incidents in published.execute(
        "select district, category, count(*) filter (opens_incident) from marts.fct_ticket where platform_code = '210200' "
        "and business_type = 'complaint' and accepted_month = date '2024-09-01' and district is not null group by all"
    ).fetchall():
        cells[district, category] = incidents
    rows, columns = Counter(), Counter()
    for (district, category), n in cells.items():
        rows[district] += n
        columns[category] += n
    marks = titles(dashboard, DISTRICTS, ".line .all")
    verdicts = browser.chart(dashboard.page, DISTRICTS).locator(".verdict").all_inner_texts()
    assert len(marks) == len(verdicts) == 12
    lowest = []
    for mark, verdict in zip(marks, verdicts, strict=True):
        district, category, *figures = re.fullmatch(
            r"(.+)，(.+)：([\d,]+) / ([\d,]+) 起，占 ([\d.]+)%；该区占全部投诉 ([\d,]+) / ([\d,]+) 起，([\d.]+)%；"
            r"集中系数 ([\d.]+)，95% 区间 ([\d.]+) 至 ([\d.]+)",
            mark,
        ).groups()
        x, n, _, r, total, _, ratio, lower, upper = (number(figure) for figure in figures)
        assert (x, n, r, total) == (cells[district, category], columns[category], rows[district], cells.total())
        of_all = r / total
        assert ratio == pytest.approx(x / n / of_all, abs=0.0051)
        # printed to two decimals: the exact end lies within half of the last one
        ends = [binomial(int(x), int(n), (lower + step) * of_all) for step in (-0.0051, 0.0051)]
        assert ends[0] <= 0.025 <= ends[1]
        ends = [1 - binomial(int(x) + 1, int(n), (upper + step) * of_all) for step in (-0.0051, 0.0051)]
        assert x == n or ends[1] <= 0.025 <= ends[0]
        assert (verdict == "事件过少") == (x < 5)
        lowest.append(lower)
    assert lowest == sorted(lowest, reverse=True), "no hot spot in the sample: by what is sure"


def test_companies_stand_with_their_counts_and_exact_intervals(
    dashboard: Dashboard, published: duckdb.DuckDBPyConnection
) -> None:
    counted = dict(
        published.execute(
            "select enterprise_name, count(*) from marts.fct_ticket where platform_code = '210200' "
            "and business_type = 'complaint' and accepted_month = date '2024-09-01' and enterprise_name <> '' group by all"
        ).fetchall()
    )
    vehicles = dict(
        published.execute(
            "select enterprise_name, vehicles from marts.dim_enterprise where platform_code = '210200' "
            "and valid_from <= date '2024-09-30' and coalesce(valid_to, date '9999-12-31') > date '2024-09-30'"
        ).fetchall()
    )
    drawn = browser.chart(dashboard.page, COMPANIES)
    marks, verdicts = titles(dashboard, COMPANIES, ".line .all"), drawn.locator(".verdict").all_inner_texts()
    listed = {row["企业"]: row["判定"] for row in table(dashboard.page, "企业投诉排行（同平台同类企业之间）")}
    assert len(marks) == len(verdicts) == len(listed)
    places = drawn.locator(".line .point").evaluate_all("points => points.map(point => parseFloat(point.style.left))")
    seen = Counter()
    for mark, verdict, place in zip(marks, verdicts, places, strict=True):
        name, *figures = re.fullmatch(
            r"(.+)：每千车月 ([\d,.]+) 件，95% 区间 ([\d,.]+) 至 ([\d,.]+)；同组 ([\d,.]+)（([\d,]+) / ([\d,]+)）", mark
        ).groups()
        rate, lower, upper, group, _, _ = (number(figure) for figure in figures)
        complaints, months = counted[name], vehicles[name]
        assert rate == pytest.approx(1000 * complaints / months, abs=0.051)
        assert poisson(complaints, (lower - 0.051) * months / 1000) <= 0.025
        assert poisson(complaints, (lower + 0.051) * months / 1000) >= 0.025
        assert 1 - poisson(complaints + 1, (upper + 0.051) * months / 1000) <= 0.025
        assert 1 - poisson(complaints + 1, (upper - 0.051) * months / 1000) >= 0.025
        assert place == pytest.approx(100 * (log(rate / group, 2) + 3) / 6, abs=0.2)
        assert verdict.removesuffix("（车少）") == listed[name]
        seen[verdict] += 1
    assert {"高于同组", "未见高于同组", "高于同组（车少）"} <= seen.keys()


def test_a_cluster_says_what_its_tickets_have_in_common_in_words_of_registers(
    dashboard: Dashboard, published: duckdb.DuckDBPyConnection
) -> None:
    rows = table(dashboard.page, "聚类工单：疑似同一事件")
    known = {
        "最多的子类（件）": "select distinct subcategory from marts.mart_category_ranking where subcategory is not null",
        "涉及最多的企业（件）": "select distinct enterprise_name from marts.dim_enterprise where platform_code = '210200'",
    }
    for column, select in known.items():
        register = {name for (name,) in published.execute(select).fetchall()}
        seen = [
            re.fullmatch(r"(.+) (\d+)", word).groups()
            for row in rows
            for word in row[column].split("、")
            if word != "—"
        ]
        assert seen
        assert {word for word, _ in seen} <= register
        assert all(
            sum(int(word.rsplit(" ", 1)[1]) for word in row[column].split("、") if word != "—") <= number(row["工单数"])
            for row in rows
        )


@pytest.fixture
def eventful(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """What the page reads, after a day that stood out, of senders who write HTML where names belong."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{settings.published_database}' as good (read_only)")
        connection.execute("create schema marts")
        for name in ("mart_sudden_rise", "mart_rise_trend", "mart_hot_spot", "mart_enterprise_league"):
            connection.execute(f"create table marts.{name} as from good.marts.{name}")
        connection.execute("""
            create table one as select platform_code, business_type, level, category, subcategory, period_start
            from marts.mart_sudden_rise
            where period_kind = 'day' and p_value < 0.05 and period_start >= '2024-09-01' order by p_value limit 1;
            update marts.mart_sudden_rise as rise set is_flagged = true,
                rise_status = 'flagged', tickets = 70, limit_tickets = 20, p_adjusted = 0.001
            from one where rise.period_start = one.period_start and rise.platform_code = one.platform_code and rise.period_kind = 'day'
                and rise.business_type = one.business_type and rise.level = one.level and rise.category = one.category
                and rise.subcategory is not distinct from one.subcategory;
            update marts.mart_rise_trend as trend set is_flagged = true, tickets = 70, limit_tickets = 20
            from one where trend.date_day = one.period_start and trend.platform_code = one.platform_code and trend.month = '2024-09-01'
                and trend.business_type = one.business_type and trend.level = one.level and trend.category = one.category
                and trend.subcategory is not distinct from one.subcategory;
            delete from marts.mart_rise_trend where date_day = '2024-08-20';
            update marts.mart_sudden_rise set category = '<b onclick="x">' || category || '</b>&#x27;';
            update marts.mart_rise_trend set category = '<b onclick="x">' || category || '</b>&#x27;';
            update marts.mart_hot_spot set district = '<a href="//x">' || district || '</a>', category = category || '<style>';
            update marts.mart_enterprise_league set enterprise_name = '<img src=x onerror="y">' || enterprise_name,
                category = '<i>' || category;
            update marts.mart_enterprise_league set vehicle_months = null, rate_per_1000_vehicles = null,
                rate_lower = null, rate_upper = null, group_complaints = null, is_above_group = null, rank = null
            where enterprise_name like '%示例出行%'""")
        yield connection


def shown(connection: duckdb.DuckDBPyConnection, dataset: str, metric: str, where: str) -> str:
    """What a chart of the data set is given, by the files of the assets alone."""
    asset = yaml.safe_load((ASSETS / "datasets" / f"{dataset}.yaml").read_text(encoding="utf-8"))
    (expression,) = [item["expression"] for item in asset["metrics"] if item["metric_name"] == metric]
    ((html,),) = connection.execute(f"select {expression} from ({asset['sql']}) where {where}").fetchall()
    return html


def test_a_day_that_rose_is_marked_first_named_and_beside_what_was_not_delivered(
    eventful: duckdb.DuckDBPyConnection,
) -> None:
    html = shown(eventful, "rise_trend", "rise_panels", "month = date '2024-09-01'")
    ((day,),) = eventful.execute("select period_start from one").fetchall()
    assert "<b>突增 1 条</b>。最显著的 4 个序列如下" in html
    first, *others = html.split('<div class="panel">')[1:]
    assert f"<b>▲ 突增</b> {day.month} 月 {day.day} 日：70 件" in first and "20 件起为突增" in first
    assert (first.count('class="mark">▲'), first.count('class="bar risen" style="height:100%"')) == (1, 1)
    assert all('class="mark">▲' not in panel.split("legend")[0] and "△ 未达" in panel for panel in others)
    # the day that nobody delivered leaves its place empty
    assert {panel.count('<div class="day"') for panel in (first, *others)} == {55}
    assert "left:25.0000%" not in first and "left:23.2143%" in first and "left:26.7857%" in first


@pytest.mark.parametrize(
    ("dataset", "metric", "where"),
    [
        ("rise_trend", "rise_panels", "month = date '2024-09-01'"),
        ("district_spot", "district_dots", "month = date '2024-09-01' and platform_name = '大连'"),
        (
            "league_interval",
            "league_dots",
            "period_kind = 'month' and period_start = date '2024-09-01' and platform_name = '大连'",
        ),
    ],
)
def test_nothing_that_a_sender_writes_becomes_html(
    eventful: duckdb.DuckDBPyConnection, dataset: str, metric: str, where: str
) -> None:
    html = shown(eventful, dataset, metric, where)
    tags = set(re.findall(r"<[^>]*>", html))
    assert {re.match(r"</?(\w+)", tag)[1] for tag in tags} <= {"div", "span", "b"}
    assert {name for tag in tags for name in re.findall(r'(\w+)="', tag)} <= {"class", "style", "title"}
    assert "&" not in html and "<b onclick" not in html


def test_what_is_not_there_is_said_and_a_company_of_unknown_size_has_no_point(
    eventful: duckdb.DuckDBPyConnection,
) -> None:
    league = shown(
        eventful,
        "league_interval",
        "league_dots",
        "period_kind = 'month' and period_start = date '2024-09-01' and platform_name = '大连'",
    )
    (unknown,) = re.findall(r'<div class="line unknown">.*?</div>', league)
    assert 'class="point"' not in unknown and "没有可比的投诉率" in unknown and "车辆数不详" in league
    assert "/ 不详</div>" in league
    said = {
        ("league_interval", "league_dots", "platform_name = '无'"): "没有涉及企业的投诉",
        ("district_spot", "district_dots", "platform_name = '省交投'"): "没有写明事发区县的投诉",
        ("rise_trend", "rise_panels", "month = date '2023-09-01'"): "不在突增监测期内",
        ("rise_trend", "rise_panels", "month = date '2024-08-01' and tested = 0 and panel is null"): "历史数据都不足",
    }
    for (dataset, metric, where), words in said.items():
        assert words in shown(eventful, dataset, metric, where)
