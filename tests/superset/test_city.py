"""One platform's day, as its own staff open it in the morning, and an auditor who chooses the platform."""

from __future__ import annotations

import re

import browser
import duckdb
import forged_payloads
import pytest
from answers import OWN, Foreign, rows_of, told
from browser import Dashboard, number, table
from client import Session

from hotline.settings import Settings
from hotline.stack.superset import Superset

SLUG = "hotline-city"
pytestmark = pytest.mark.visit(SLUG, "shenyang")
OPEN, FIGURES = "在办工单（先到期的在前）", "本月指标：本平台、全省与名次"
REJECTED, FINDINGS = "未接收的行（未重报的在前）", "抽检不实（最近 4 件）"
MARTS = ("mart_open_ticket", "mart_rejected_row")
DATASETS = ("open_ticket", "rejected_row", "city_figure", "city_finding")
UNTIL = "timestamp '2024-10-08 00:00:00'"
"""Midnight at which the latest day of delivery begins."""


def open_at_that_midnight(published: duckdb.DuckDBPyConnection, platform: str) -> list[tuple[str, str]]:
    """Number and due time of what the last step before it left open, counted from the steps themselves."""
    return published.execute(
        f"""select ticket_no, strftime(due_at, '%m-%d %H:%M') from (
            select ticket_no, max_by(to_status, event_seq) as status from marts.fct_ticket_event where occurred_at < {UNTIL} group by all
        ) join marts.fct_ticket using (ticket_no)
        where status not in ('closed', 'archived') and platform_code = ? order by due_at, accepted_at, ticket_no""",
        [platform],
    ).fetchall()


def test_every_chart_is_drawn_and_none_reports_an_error(superset: Superset, dashboard: Dashboard) -> None:
    browser.assert_drawn(superset, dashboard, SLUG)


def test_nothing_is_cut_off_or_scrolls(dashboard: Dashboard) -> None:
    assert dashboard.page.evaluate(browser.SCROLLING) == []


def test_the_dashboard_is_chinese(dashboard: Dashboard) -> None:
    assert browser.latin_words(dashboard.page) <= {"SQL"}


@pytest.mark.parametrize(
    "account",
    [pytest.param(account, marks=pytest.mark.visit(SLUG, account)) for account in OWN],
)
def test_the_open_tickets_of_the_own_platform_are_listed(
    dashboard: Dashboard, published: duckdb.DuckDBPyConnection, account: str
) -> None:
    expected = open_at_that_midnight(published, OWN[account])
    rows = table(dashboard.page, OPEN)
    assert [(row["工单编号"], row["到期"]) for row in rows] == expected != []
    (state,) = table(dashboard.page, "今天的在办")
    assert (state["数据截至"], state["在办（件）"]) == ("10-08 00:00", str(len(expected)))
    assert state["已逾期"] == str(sum(row["剩余"].startswith("逾") for row in rows))
    assert all(re.fullmatch(r"[剩逾]工作 [0-9]+时[0-9]+分", row["剩余"]) for row in rows)


def test_the_own_figures_stand_beside_the_provinces_with_the_rank(
    dashboard: Dashboard, published: duckdb.DuckDBPyConnection
) -> None:
    rows = {row["指标"]: row for row in table(dashboard.page, FIGURES)}
    assert len(rows) == 7 and list(rows)[-1].startswith("总分")
    (tickets,) = published.execute(
        "select count(*) from marts.fct_ticket where platform_code = '210100' and accepted_month = '2024-09-01'"
    ).fetchone()
    assert number(rows["万人工单数量（件/万人）"]["分子 / 分母"].split("/")[0]) == tickets
    assert rows["万人工单数量（件/万人）"]["全省"] == "—", "a city gets the rates of the province alone"
    values = published.execute(
        "select platform_code, value, numerator, denominator from marts.mart_indicator where period_kind = 'month' "
        "and period_start = '2024-09-01' and indicator_code = 'complaint_24h_close' and scope_kind in ('platform', 'province')"
    ).fetchall()
    value = {code: value for code, value, *_ in values}
    (own,) = [row for row in values if row[0] == "210100"]
    row = rows["投诉举报类24小时办结率"]
    assert number(row["本平台"]) == pytest.approx(float(own[1]), abs=0.0051)
    assert number(row["全省"]) == pytest.approx(float(value[None]), abs=0.0051)
    assert [number(part) for part in row["分子 / 分母"].split("/")] == [float(own[2]), float(own[3])]
    better = sum(code is not None and other > value["210100"] for code, other in value.items())
    assert row["名次"] == f"{better + 1} / 15"


def test_findings_that_nobody_answered_wait(dashboard: Dashboard, published: duckdb.DuckDBPyConnection) -> None:
    bad = published.execute(
        "select coalesce(ticket_no, '未公布编号') from marts.mart_spot_check_result where platform_code = '210100' and is_bad"
    ).fetchall()
    rows = table(dashboard.page, FINDINGS)
    assert sorted(row["抽检工单"] for row in rows) == sorted(number for (number,) in bad) != []
    assert {row["办理情况"] for row in rows} == {"未答复"}


def test_without_rejected_rows_it_says_so(dashboard: Dashboard) -> None:
    (row,) = table(dashboard.page, REJECTED)
    assert row["位置"] == "没有未接收的行"
    (state,) = table(dashboard.page, "近期未接收")
    assert (state["未接收（行）"], state["整份退回"], state["明细未列（行）"]) == ("0", "0", "0")


@pytest.mark.visit(SLUG, "dalian")
def test_rejected_rows_are_listed_with_reason_and_remedy_and_never_their_values(dashboard: Dashboard) -> None:
    """The file that was torn first, then the rows of the other, one line a reason; the rest stands on further pages."""
    rows = table(dashboard.page, REJECTED)
    assert len(rows) == 3 and len(dashboard.data[REJECTED]) == 9
    rows += [{"位置": row["place_text"], "填报值样式": row["form_text"]} for row in dashboard.data[REJECTED][3:]]
    assert rows[0]["位置"] == "整份文件" and "未找到“回访记录”的表头" in rows[0]["原因与处理"]
    assert [(row["位置"], row["填报值样式"]) for row in rows[1:5]] == [
        ("第 2 行 受理时间", "字字字字<x>"),
        ("第 3 行 业务类型", "字字字字字"),
        ("第 3 行 业务领域", "—"),
        ("第 4 行 平台编码", "999999"),
    ]
    assert rows[1]["原因与处理"].startswith("格式无法识别；请按填报说明的格式改写")
    assert rows[2]["原因与处理"] == "不在代码表内；请改用代码表中的名称"
    (state,) = table(dashboard.page, "近期未接收")
    assert (state["未接收（行）"], state["整份退回"], state["明细未列（行）"]) == ("7", "1", "0")
    assert state["最多的原因"] == "不在代码表内"
    assert not re.search("昨天|没有的类型|很好", dashboard.page.inner_text("body"))
    assert dashboard.page.evaluate(browser.SCROLLING) == []


@pytest.mark.parametrize(
    "account", [pytest.param(account, marks=pytest.mark.visit(SLUG, account, changes=True)) for account in OWN]
)
def test_all_of_it_is_on_the_first_screen(dashboard: Dashboard, account: str) -> None:
    """Of 1366 x 768 pixels, without scrolling; on a telephone nothing lies beside the screen."""
    dashboard.is_changed = True
    page = dashboard.page
    page.set_viewport_size({"width": 1366, "height": 768})
    browser.wait_until_drawn(page)
    boxes = {title: browser.chart(page, title).bounding_box() for title in dashboard.titles}
    assert {title: box for title, box in boxes.items() if box["y"] + box["height"] > 768} == {}
    assert page.evaluate(browser.SCROLLING) == []
    assert overflowing(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    browser.wait_until_drawn(page)
    boxes = {title: browser.chart(page, title).bounding_box() for title in dashboard.titles}
    assert {title: box for title, box in boxes.items() if box["x"] + box["width"] > 390 or box["width"] < 300} == {}
    cells = "[...document.querySelectorAll('[data-test-chart-name] :is(th, td)')].map(cell => cell.getBoundingClientRect().right)"
    page.wait_for_function(f"() => {cells}.length > 50 && {cells}.every(right => right <= 390)")


@pytest.mark.visit(SLUG, "auditor", changes=True)
def test_an_auditor_chooses_a_platform_and_what_there_is_none_of_is_said(
    dashboard: Dashboard, published: duckdb.DuckDBPyConnection
) -> None:
    page, dashboard.is_changed = dashboard.page, True
    shown = [row["工单编号"] for row in table(page, OPEN)]
    assert shown == [number for number, _ in open_at_that_midnight(published, "210100")], "the first platform"
    choose(page, 1, "抚顺")
    page.wait_for_function(
        f"() => document.querySelector('[data-test-chart-name=\"{OPEN}\"]').innerText.includes('没有')"
    )
    browser.wait_until_drawn(page)
    assert [row["工单编号"] for row in table(page, OPEN)] == ["没有在办工单"]
    assert table(page, "今天的在办")[0]["数据截至"] == "10-08 00:00", "nothing open is said of a day, too"
    assert [row["抽检工单"] for row in table(page, FINDINGS)] == ["没有不实的抽检结果"]
    assert [row["位置"] for row in table(page, REJECTED)] == ["没有未接收的行"]
    assert len(table(page, FIGURES)) == 7


def overflowing(page) -> list[str]:
    """Charts whose table reaches below their frame."""
    return page.evaluate(
        """() => [...document.querySelectorAll('.dashboard-component-chart-holder')].filter(holder =>
            [...holder.querySelectorAll('table')].some(
                table => table.getBoundingClientRect().bottom > holder.getBoundingClientRect().bottom
            )).map(holder => holder.innerText.split('\\n')[0])"""
    )


def choose(page, place: int, value: str) -> None:
    """Another value in a filter."""
    page.locator(".filter-item-wrapper .ant-select, [data-test=form-item-value] .ant-select").nth(place).click()
    page.get_by_title(value, exact=True).first.click()
    page.locator("[data-test=filter-bar__apply-button]").click()


# ---------------------------------------------------------------- whose rows


@pytest.mark.parametrize("mart", MARTS)
def test_the_file_of_a_platform_holds_its_own_rows_alone(
    settings: Settings, published: duckdb.DuckDBPyConnection, mart: str
) -> None:
    for own in OWN.values():
        with duckdb.connect(
            str(settings.published_database.parent / "platforms" / f"{own}.duckdb"), read_only=True
        ) as file:
            held = file.execute(f"from marts.{mart} order by all").fetchall()
            assert (
                held == published.execute(f"from marts.{mart} where platform_code = ? order by all", [own]).fetchall()
            )
    assert mart != "mart_open_ticket" or held, "there is something to keep apart"


@pytest.mark.parametrize("dataset", DATASETS)
def test_no_forged_request_brings_a_row_of_another_platform(
    sessions: dict[str, Session], datasets: dict[str, int], foreign: Foreign, dataset: str
) -> None:
    """Of every kind of forgery some; all of them are tried on the tickets themselves."""
    charts = sessions["admin"].ids("chart", "slice_name")
    forged = forged_payloads.all_of(
        datasets[dataset], {"dataset": datasets["mart_score_monthly"], "chart": charts["受理工单"]}
    )
    granted, wrong = 0, []
    for name, body in list(forged.items())[DATASETS.index(dataset) :: 8]:
        answer = sessions["shenyang"].post("/api/v1/chart/data", body)
        rows = [row for row in rows_of(answer) if row.get("platform_code", OWN["shenyang"]) != OWN["shenyang"]]
        if rows or answer.status_code >= 500 or (found := foreign.in_text(told(answer), "shenyang")):
            wrong.append((name, answer.status_code, rows[:2] or found))
        granted += answer.ok
    assert wrong == [] and granted
    assert {row["platform_code"] for row in sessions["shenyang"].rows(datasets[dataset], ["platform_code"])} == {
        "210100"
    }
    assert len({row["platform_code"] for row in sessions["auditor"].rows(datasets[dataset], ["platform_code"])}) == 15
