"""The dashboard as an auditor sees it: drawn in a real browser, read back, compared with the published figures."""

from __future__ import annotations

import csv
import re
from urllib.parse import urlsplit

import browser
import duckdb
import pytest
from browser import Dashboard, headline, number, table
from playwright.sync_api import Browser

from hotline.settings import Settings
from hotline.stack.superset import DASHBOARD, Superset

SLUG = DASHBOARD
pytestmark = pytest.mark.visit(SLUG, "auditor")
MONTH = "2024-09-01"
PICTURES = {
    "dashboard": (None, "二、服务质量得分"),
    "dashboard-audit": ("二、服务质量得分", "四、证据与"),
    "dashboard-evidence": ("四、证据与", None),
}
"""The month at a glance, reported against audited, and the evidence."""


@pytest.fixture(scope="module")
def reference(settings: Settings) -> dict[str, list[dict[str, str]]]:
    """The published tables by file name, as printed."""
    files = (settings.reference / "liaoning_2024_09").glob("*.csv")
    return {path.stem: list(csv.DictReader(path.read_text(encoding="utf-8").splitlines())) for path in files}


def test_the_login_page_is_chinese(superset: Superset, chromium: Browser) -> None:
    with browser.page_of(chromium) as page:
        page.goto(f"{superset.address}/login/")
        page.wait_for_selector("[data-test=login-button]")
        text = page.inner_text("body")
    assert "请输入用户名和密码" in text
    assert not re.search(r"[A-Za-z]{3,}|不登录", text), text


def test_every_chart_is_drawn_and_none_reports_an_error(superset: Superset, dashboard: Dashboard) -> None:
    browser.assert_drawn(superset, dashboard, SLUG)


def test_nothing_is_cut_off_or_scrolls(dashboard: Dashboard) -> None:
    assert dashboard.page.evaluate(browser.SCROLLING) == []


def test_the_dashboard_is_chinese(dashboard: Dashboard) -> None:
    assert browser.latin_words(dashboard.page) <= {"SQL"}


FIRST_SCREEN = (
    "数据状态", "当日、近七日与本月", "各平台当日受理（件）", "要留意的",
    "城市平台每日受理量", "高速经营单位每日受理量", "城市平台何时受理（日均件数，星期 × 钟点）",
)  # fmt: skip


def test_the_last_day_is_on_the_first_screen(dashboard: Dashboard) -> None:
    """Of 768 pixels, without scrolling."""
    boxes = {title: browser.chart(dashboard.page, title).bounding_box() for title in FIRST_SCREEN}
    assert {title: box for title, box in boxes.items() if box["y"] + box["height"] > 768} == {}


def test_the_figures_of_the_last_day_are_counted_from_the_tickets(
    dashboard: Dashboard, published: duckdb.DuckDBPyConnection
) -> None:
    day, week, month = "accepted_at >= '2024-09-30'", "accepted_at >= '2024-09-24'", "accepted_at >= '2024-09-01'"
    scopes = {"全省": "true", "城市平台": "platform_code <> 'LNJT'", "经营单位": "platform_code = 'LNJT'"}
    measures = {"受理": "true", "投诉": "business_type = 'complaint'"}
    rows = {row["范围与对象"]: row for row in table(dashboard.page, "当日、近七日与本月")}
    assert list(rows) == [scope + measure for scope in scopes for measure in measures]
    for scope, of_scope in scopes.items():
        for measure, of_measure in measures.items():
            today, before, seven, to_date = published.execute(
                f"select count(*) filter ({day}), count(*) filter (cast(accepted_at as date) = '2024-09-23'), "
                f"count(*) filter ({week}), count(*) filter ({month}) from marts.fct_ticket "
                f"where accepted_at < '2024-10-01' and {of_scope} and {of_measure}"
            ).fetchone()
            row = rows[scope + measure]
            assert [number(row[label]) for label in ("当日（件）", "近七日", "本月累计")] == [today, seven, to_date]
            assert number(row["比上周同日"]) == pytest.approx(100 * (today - before) / before, abs=0.051)
            assert number(row["七日均值"]) == pytest.approx(seven / 7, abs=0.51)


def test_every_platform_has_a_tile_with_its_own_count(
    dashboard: Dashboard, published: duckdb.DuckDBPyConnection
) -> None:
    tiles = browser.chart(dashboard.page, "各平台当日受理（件）").locator(".tile")
    drawn = {re.match("[^0-9,]+", text)[0].strip(): text for text in tiles.all_inner_texts()}
    stored = published.execute(
        "select platform_name, count(*), count(*) filter (business_type = 'complaint') from marts.fct_ticket "
        "join (select distinct platform_code, platform_name from marts.dim_platform) using (platform_code) "
        "where cast(accepted_at as date) = '2024-09-30' group by all"
    ).fetchall()
    assert len(drawn) == len(stored) == 15
    for name, tickets, complaints in stored:
        assert re.findall("[0-9,]+", drawn[name]) == [f"{tickets:,}", f"{complaints:,}"]
    places = {(box["x"], box["y"]) for box in (tile.bounding_box() for tile in tiles.all())}
    assert len(places) == 15


def test_what_is_flagged_is_named_and_what_was_looked_at_is_counted(dashboard: Dashboard) -> None:
    rows = {row["检查"]: row for row in table(dashboard.page, "要留意的")}
    assert set(rows["报送率与抽检矛盾"]["名单"].split("、")) == {"鞍山", "沈阳", "大连", "本溪", "阜新", "铁岭"}
    assert (rows["受理量超限"]["已查"], rows["投诉量超限"]["已查"]) == ("15", "10"), "small ones are not judged"
    assert all(row["名单"] == "未见" for check, row in rows.items() if check != "报送率与抽检矛盾")
    (state,) = table(dashboard.page, "数据状态")
    assert (state["数据截至"], state["已报 / 应报"], state["缺报平台"]) == (
        "2024 年 9 月 30 日（周一）",
        "15 / 15",
        "无",
    )


def test_the_headlines_are_the_published_ones(dashboard: Dashboard, reference: dict[str, list[dict[str, str]]]) -> None:
    types = {row["business_type_name"]: row for row in reference["volume_by_business_type"]}
    total = types["总计"]
    assert headline(dashboard.page, "受理工单") == f"{int(total['tickets']):,}" == "243,909"
    assert number(headline(dashboard.page, "受理量同比")) == float(total["yoy_pct"])
    assert number(headline(dashboard.page, "受理量环比")) == float(total["mom_pct"])
    assert number(headline(dashboard.page, "投诉举报")) == int(types["投诉举报"]["tickets"])
    assert headline(dashboard.page, "受检平台") == "15"
    assert headline(dashboard.page, "报送率矛盾平台") == "6"


def test_platform_volumes_are_annex_3(dashboard: Dashboard, reference: dict[str, list[dict[str, str]]]) -> None:
    drawn = {row["平台"]: number(row["受理量"]) for row in table(dashboard.page, "各平台受理量与增幅")}
    assert drawn == {row["platform_name"]: int(row["total"]) for row in reference["annex3_volume_by_platform"]}


@pytest.mark.parametrize(
    ("title", "label", "file", "key"),
    [
        ("按业务类型", "业务类型", "volume_by_business_type", "business_type_name"),
        ("按领域", "领域", "volume_by_domain", "domain_name"),
    ],
)
def test_volumes_and_growth_are_the_published_ones(
    dashboard: Dashboard, reference: dict[str, list[dict[str, str]]], title: str, label: str, file: str, key: str
) -> None:
    figures = ("受理量", "占比（%）", "同比（%）", "环比（%）")
    drawn = {row[label]: [number(row[figure]) for figure in figures] for row in table(dashboard.page, title)}
    printed = {
        row[key]: [float(row[name]) for name in ("tickets", "share_pct", "yoy_pct", "mom_pct")]
        for row in reference[file]
        if row[key] != "总计"
    }
    assert drawn == printed


def test_the_city_chart_draws_the_cities_only(dashboard: Dashboard, reference: dict[str, list[dict[str, str]]]) -> None:
    bars = {
        row["platform_name"]: sum(count or 0 for label, count in row.items() if label != "platform_name")
        for row in dashboard.data["各城市受理量（不含省交投）"]
    }
    annex = {row["platform_name"]: int(row["total"]) for row in reference["annex3_volume_by_platform"]}
    del annex["省交投"]
    assert bars == annex


def test_reported_scores_are_annex_1_and_stand_beside_the_audited(
    dashboard: Dashboard, reference: dict[str, list[dict[str, str]]], published: duckdb.DuckDBPyConnection
) -> None:
    rows = table(dashboard.page, "得分与名次")
    drawn = {row["平台"]: (row["报送得分"], row["报送名次"]) for row in rows}
    assert drawn == {row["platform_name"]: (row["total_score"], row["rank"]) for row in reference["annex1_indicators"]}
    audited = published.execute(
        "select platform_name, total_score::varchar, rank::varchar from marts.mart_score_monthly "
        "where source = 'audited' and ruleset = 'liaoning_2024_inferred' and month = ?",
        [MONTH],
    ).fetchall()
    assert {(row["平台"], row["核查得分"], row["核查名次"]) for row in rows} == set(audited)
    bars = dashboard.data["报送得分与核查得分对照"]
    assert {row["platform_name"]: f"{row['报送']:.2f}" for row in bars} == {
        name: score for name, (score, _) in drawn.items()
    }


def test_the_refuted_rates_are_those_of_annex_2(
    dashboard: Dashboard, reference: dict[str, list[dict[str, str]]], published: duckdb.DuckDBPyConnection
) -> None:
    rates = {"回访率": "callback", "办结率": "close", "满意率": "satisfaction"}
    drawn = {
        (row["平台"], rates[row["指标"]]): (row["属实/抽检"], number(row["核查率（%）"]), row["证据等级"])
        for row in table(dashboard.page, "与抽检矛盾的上报率")
    }
    printed = {
        (row["platform_name"], rate): (
            f"{float(row[f'audited_{rate}_pct']) * int(row['sampled_tickets']) / 100:.0f} / {row['sampled_tickets']}",
            float(row[f"audited_{rate}_pct"]),
            "存疑",
        )
        for row in reference["annex2_spot_check"]
        for rate in rates.values()
        if float(row[f"audited_{rate}_pct"]) < 100
    }
    assert drawn == printed
    assert {platform for platform, _ in drawn} == {"鞍山", "沈阳", "大连", "本溪", "阜新", "铁岭"}

    for row in table(dashboard.page, "与抽检矛盾的上报率"):
        p_value, p_95, lower, upper = published.execute(
            "select p_value, p_value_95, lower95, upper95 from marts.mart_rate_integrity "
            "where platform_name = ? and rate_name = ? and month = ?",
            [row["平台"], row["指标"], MONTH],
        ).fetchone()
        assert number(row["p 值（对上报率）"]) == p_value == 0
        assert number(row["p 值（对 95%）"]) == pytest.approx(p_95, rel=0.05)
        assert number(row["下限（%）"]) == pytest.approx(float(lower), abs=0.051)
        assert number(row["上限（%）"]) == pytest.approx(float(upper), abs=0.051)


def test_verdicts_are_said_in_sentences_and_simulated_ones_are_marked(
    dashboard: Dashboard, published: duckdb.DuckDBPyConnection
) -> None:
    said = published.execute(
        "select platform_name, grade || ' ' || grade_name, says_zh from marts.mart_platform_verdict "
        "where month = ? and basis = 'published'", [MONTH],
    ).fetchall()  # fmt: skip
    rows = dashboard.data["各平台的证据等级"]
    listed = [tuple(row[name] for name in ("platform_name", "grade_label", "says_zh")) for row in rows]
    real = [line for line, row in zip(listed, rows, strict=True) if row["basis_name"] == "公布数据与抽检"]
    assert sorted(real) == sorted(said) and len(real) == 15
    assert {row["basis_name"] for row in rows} == {"公布数据与抽检", "模拟工单（仅演示）"}
    assert [row["平台"] for row in table(dashboard.page, "各平台的证据等级")] == [
        row["platform_name"] for row in rows[:10]
    ]


def test_nine_platforms_are_not_rated_rather_than_cleared(dashboard: Dashboard) -> None:
    rows = table(dashboard.page, "不予评定的平台")
    assert len(rows) == 9
    assert {(row["属实数"], row["抽检数"]) for row in rows} == {("4", "4")}
    assert all(47 <= number(row["下限（%）"]) <= 48.1 for row in rows)
    text = dashboard.page.inner_text("body")
    assert "推断规则" in text and "模拟生成" in text and "不等于属实" in text and "造假" not in text


def test_problem_tickets_carry_the_published_numbers(
    dashboard: Dashboard, reference: dict[str, list[dict[str, str]]]
) -> None:
    rows = table(dashboard.page, "抽检发现的问题工单")
    assert len(rows) == sum(int(row["problem_tickets"]) for row in reference["annex2_spot_check"]) == 13
    named = {(row["平台"], row["工单编号"]) for row in rows if row["工单编号"].startswith("JT")}
    assert named == {(row["platform_name"], row["ticket_no"]) for row in reference["annex2_problem_tickets"]}


def test_published_figures_that_do_not_add_up_are_listed(
    dashboard: Dashboard, published: duckdb.DuckDBPyConnection
) -> None:
    wrong = published.execute(
        """select claim from marts.mart_published_claim
        where status in ('inconsistent', 'truncated', 'conditional') and month = ?""",
        [MONTH],
    ).fetchall()
    listed = [row["claim"] for row in dashboard.data["公开数据中对不上的数字"]]
    assert sorted(listed) == sorted(claim for (claim,) in wrong) != []
    assert [row["表述"] for row in table(dashboard.page, "公开数据中对不上的数字")] == listed[:10]


def test_the_quality_checks_name_the_six(dashboard: Dashboard, published: duckdb.DuckDBPyConnection) -> None:
    rows = {row["检查项"]: row for row in table(dashboard.page, "其中未通过的检查项")}
    refuted = rows["上报率与抽检不矛盾"]
    assert (refuted["级别"], refuted["未通过"]) == ("警告", "6")
    assert set(refuted["未通过的对象"].split("、")) == {"鞍山", "沈阳", "大连", "本溪", "阜新", "铁岭"}
    drawn = sum(number(row["未通过"]) for row in table(dashboard.page, "最近一次质量检查"))
    (failed,) = published.execute(
        "select count(*) from marts.quality_check where is_latest and status = 'fail'"
    ).fetchone()
    assert drawn == failed


def test_no_answer_comes_from_outside_this_machine(superset: Superset, dashboard: Dashboard) -> None:
    assert dashboard.hosts == {urlsplit(superset.address).netloc}


@pytest.mark.visit(SLUG, "auditor", changes=True)
def test_the_month_filter_changes_the_figures(dashboard: Dashboard, published: duckdb.DuckDBPyConnection) -> None:
    dashboard.is_changed = True
    (tickets,) = published.execute(
        "select sum(tickets) from marts.mart_volume_monthly where month = date '2024-08-01'"
    ).fetchone()
    page = dashboard.page
    page.locator("[data-test=form-item-value] .ant-select, .filter-item-wrapper .ant-select").first.click()
    page.get_by_title("2024年08月").first.click()
    page.locator("[data-test=filter-bar__apply-button]").click()
    page.wait_for_function(
        "text => document.querySelector('[data-test-chart-name=受理工单] .header-line')?.innerText === text",
        arg=f"{tickets:,}",
    )
    assert headline(page, "受理工单") == f"{tickets:,}"
