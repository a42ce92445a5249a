"""What the simulated tickets say and what happens to them, beside the published counts."""

from __future__ import annotations

import csv
from datetime import date

import duckdb
import pytest
from simulated import DISHONEST, HOME, one

from hotline.simulate import districts
from hotline.simulate.timing import due

COMPLAINTS = "(select * from t where 业务类型 like '投诉%')"


def names(code_list: str, **wanted: str) -> set[str]:
    """Chinese names of a code list, or of those entries that have the wanted values."""
    with (HOME / "dbt/seeds/code_lists" / f"{code_list}.csv").open(encoding="utf-8", newline="") as file:
        return {row["name_zh"] for row in csv.DictReader(file) if all(row[k] == v for k, v in wanted.items())}


def results(feeds: duckdb.DuckDBPyConnection, event: str) -> dict[str, int]:
    return dict(feeds.execute("select 环节结果, count(*) from e where 流转环节 = ? group by all", [event]).fetchall())


# ---- what a ticket says -----------------------------------------------------------------------------
def test_one_or_two_honest_complaints_in_a_hundred_are_complex(feeds: duckdb.DuckDBPyConnection) -> None:
    share = one(feeds, f"select avg(if(复杂程度 = '复杂', 1, 0)) from {COMPLAINTS}")
    assert 0.01 < share < 0.02
    assert {row[0] for row in feeds.execute(f"select distinct 复杂程度 from {COMPLAINTS}").fetchall()} == names(
        "complexities"
    )
    assert one(feeds, "select count(*) from t where 复杂程度 is not null and 业务类型 not like '投诉%'") == 0
    assert one(feeds, "select count(*) from t join f on 工单编号 = ticket_no where 复杂程度 = '复杂'") == 0


def test_due_times_are_working_days_by_type_complexity_and_extension(feeds: duckdb.DuckDBPyConnection) -> None:
    rows = feeds.execute(
        """
        select distinct substr(工单编号, 9, 8) as day, 业务类型 like '投诉%', 复杂程度 = '复杂',
            工单编号 in (select 工单编号 from e where 流转环节 = '延期'), epoch(应办结时间)::bigint
        from t anti join (select * from f where kind = 'back_dated') on 工单编号 = ticket_no
        """
    ).fetchall()
    kinds = set()
    for day, complaint, is_complex, extended, stated in rows:
        accepted = date(int(day[:4]), int(day[4:6]), int(day[6:]))
        expected = due(accepted, (15 if is_complex else 5) if complaint else 1)
        if extended:
            expected = due(date.fromordinal(date(1970, 1, 1).toordinal() + expected // 86400), 5)
        assert stated == expected, (day, complaint, is_complex, extended)
        kinds.add((complaint, bool(is_complex), extended))
    assert kinds == {(False, False, False), (True, False, False), (True, True, False), (True, False, True)}


def test_places_are_districts_of_the_city_and_one_is_named_most(feeds: duckdb.DuckDBPyConnection) -> None:
    rows = feeds.execute(
        "select 平台编码, 事发区县, count(*) from t where 事发区县 is not null group by all"
    ).fetchall()
    found: dict[str, dict[str, int]] = {}
    for platform, place, tickets in rows:
        found.setdefault(platform, {})[place] = tickets
    assert {platform: set(places) for platform, places in found.items()} == {
        platform: set(listed.split()) for platform, listed in districts.DISTRICTS.items()
    }
    for platform, places in found.items():
        assert max(places.values()) > 0.3 * sum(places.values()), platform
    assert one(feeds, f"select avg(if(事发区县 is null, 1, 0)) from {COMPLAINTS} where 平台编码 <> 'LNJT'") < 0.1


def test_complaints_about_companies_name_one_and_the_first_of_the_league_leads_clearly(
    feeds: duckdb.DuckDBPyConnection,
) -> None:
    league = feeds.execute(
        """
        select 被诉企业, count(*) as n from t where 问题类别 = '巡游出租汽车' and 业务类型 like '投诉%' and 平台编码 = '210100'
        group by all order by n desc
        """
    ).fetchall()
    companies = [row for row in league if row[0]]
    assert len(companies) == 4
    assert companies[0][1] > 1.5 * companies[1][1]
    assert one(feeds, "select count(*) from t where 被诉企业 is not null and 业务类型 not like '投诉%'") == 0
    assert one(feeds, "select count(distinct 平台编码) from t where 被诉企业 = '示例出行网约车平台'") == 14
    # a company that handles a complaint itself is the one complained about
    other = f"select count(*) from {COMPLAINTS} where 承办单位 like '%出租汽车有限公司' and 被诉企业 <> 承办单位"
    assert one(feeds, other) == 0
    assert one(feeds, other.replace("<>", "=")) > 1000


def test_every_closed_ticket_says_what_was_done_and_bad_reviews_come_of_what_was_not(
    feeds: duckdb.DuckDBPyConnection,
) -> None:
    assert one(feeds, "select count(*) from t where 解决情况 is null or 记录状态 <> '有效'") == 0
    share = "select avg(if(解决情况 = '实际解决', 1, 0)) from t where 满意度评价 {} '不满意' and 业务类型 like '投诉%'"
    assert one(feeds, share.format("=")) < 0.4 < 0.7 < one(feeds, share.format("<>"))
    assert {row[0] for row in feeds.execute("select distinct 解决情况 from t").fetchall()} == names("resolutions")


# ---- what happens to it -----------------------------------------------------------------------------
def test_suspensions_pause_open_tickets_and_end(feeds: duckdb.DuckDBPyConnection) -> None:
    feeds.execute(
        """
        create or replace temp table p as
        select s.工单编号, s.操作时间 as begun, r.操作时间 as ended, l.closed, 应办结时间 as due, 平台编码 as platform
        from e as s join e as r on r.工单编号 = s.工单编号 and r.流转环节 = '恢复'
        join l on l.工单编号 = s.工单编号 join t on t.工单编号 = s.工单编号 where s.流转环节 = '挂起'
        """
    )
    suspended = one(feeds, "select count(*) from e where 流转环节 = '挂起'")
    assert 300 < suspended < 0.02 * one(feeds, "select count(*) from e where 流转环节 = '转办'")
    assert one(feeds, "select count(*) from p where begun < ended and ended < closed") == suspended
    late = "select count(*) from p where closed > due and closed - (ended - begun) <= due"
    assert one(feeds, late) > 20
    assert one(feeds, late + " and platform not in ('" + "','".join(DISHONEST) + "')") == 0


def test_returned_tickets_go_to_another_unit_and_some_come_back(feeds: duckdb.DuckDBPyConnection) -> None:
    feeds.execute(
        """
        create or replace temp table h as
        select 工单编号, list(操作单位 order by 流转序号) filter (流转环节 = '签收') as units,
            count(*) filter (流转环节 = '退单') as returned, count(*) filter (流转环节 = '重新派单') as sent_again,
            bool_and(操作单位 = before) filter (流转环节 = '退单') as by_its_holder,
            max_by(操作单位, 流转序号) filter (流转环节 = '签收') as last_unit
        from (select *, lag(操作单位) over (partition by 工单编号 order by 流转序号) as before
            from e where 流转环节 in ('签收', '退单', '重新派单'))
        group by all having returned > 0
        """
    )
    assert one(feeds, "select count(*) from h where returned <> sent_again or returned <> len(units) - 1") == 0
    assert one(feeds, "select count(*) from h where not by_its_holder") == 0
    assert one(feeds, "select count(*) from h join t using (工单编号) where last_unit <> 承办单位") == 0
    once = one(feeds, "select count(*) from h where returned = 1")
    assert one(feeds, "select count(*) from h where returned = 1 and units[1] <> units[2]") > 0.7 * once
    to_and_fro = "select count(*) from h where returned = 2 and units[1] = units[3] and units[1] <> units[2]"
    fabricated = "and 工单编号 in (select ticket_no from f where kind = 'return_before_deadline')"
    assert one(feeds, f"{to_and_fro} {fabricated}") > 50
    assert one(feeds, f"{to_and_fro} {fabricated.replace('in (', 'not in (')}") > 50
    assert one(feeds, "select count(*) from h where returned = 2 and len(list_distinct(units)) = 3") > 50


def test_returns_give_a_reason_of_the_list_and_some_are_liable(feeds: duckdb.DuckDBPyConnection) -> None:
    reasons = results(feeds, "退单")
    assert set(reasons) == names("return_reasons")
    liable = sum(reasons[name] for name in names("return_reasons", is_liable="true"))
    assert 0.05 < liable / sum(reasons.values()) < 0.4


def test_extensions_are_granted_before_the_time_that_they_move(feeds: duckdb.DuckDBPyConnection) -> None:
    granted = "from e join t using (工单编号) join l using (工单编号) where 流转环节 = '延期'"
    assert one(feeds, f"select count(*) {granted}") == one(feeds, f"select count(distinct 工单编号) {granted}") > 100
    assert (
        one(feeds, f"select count(*) {granted} and (操作时间 > 应办结时间 - interval 5 day or 操作时间 > closed)") == 0
    )
    # some would have been late without it; others are late and have none
    assert (
        one(feeds, f"select count(*) {granted} and closed > 应办结时间 - interval 5 day and closed <= 应办结时间") > 20
    )
    assert (
        one(feeds, "select count(*) from t join l using (工单编号) where closed > 应办结时间 and 业务类型 like '投诉%'")
        > 20
    )


def test_reviews_pass_fail_or_correct_the_class_and_a_failed_one_is_repeated(feeds: duckdb.DuckDBPyConnection) -> None:
    assert set(results(feeds, "复核")) == names("review_results")
    feeds.execute(
        """
        create or replace temp table v as
        select 工单编号, 平台编码, list(环节结果 order by 流转序号) as results
        from e join t using (工单编号) where 流转环节 = '复核' group by all
        """
    )
    assert one(feeds, "select count(*) from v where (results[1] = '未通过') <> (len(results) = 2)") == 0
    twice = feeds.execute("select 平台编码 from v where results = ['未通过', '未通过']").fetchall()
    assert len(twice) > 5
    assert {row[0] for row in twice} <= DISHONEST  # the others report that no second review failed


def test_ratings_change_in_both_directions_and_the_ticket_shows_the_last(feeds: duckdb.DuckDBPyConnection) -> None:
    feeds.execute(
        """
        create or replace temp table g as
        select 工单编号, list(环节结果 = '不满意' order by 流转序号) filter (流转环节 = '评价') as bad,
            max_by(环节结果, 流转序号) filter (流转环节 = '评价') as last_rating,
            count(*) filter (流转环节 = '差评整改') as fixes, count(*) filter (流转环节 = '重办') as reworks
        from e group by all having len(bad) > 0
        """
    )
    assert one(feeds, "select count(*) from g join t using (工单编号) where last_rating <> 满意度评价") == 0
    for change, least in (("[false, true]", 50), ("[true, false]", 300), ("[false, true, false]", 100)):
        assert one(feeds, f"select count(*) from g where bad = {change}") > least, change
    unfixed = "from g join t using (工单编号) where list_contains(bad, true) and fixes = 0 and bad[-1]"
    assert one(feeds, f"select count(*) {unfixed}") > 100
    assert 0 < one(feeds, f"select count(distinct 平台编码) {unfixed}") < 12
    honest = "平台编码 not in ('" + "','".join(DISHONEST) + "')"
    assert one(feeds, f"select count(*) {unfixed} and 业务类型 like '投诉%' and {honest}") == 0


def test_a_linked_repeat_has_the_caller_and_matter_of_a_ticket_that_was_still_open(
    feeds: duckdb.DuckDBPyConnection,
) -> None:
    feeds.execute(
        """
        create or replace temp table r as
        select e.工单编号, right(环节结果, 24) as earlier, 操作时间 as linked_at from e where 流转环节 = '重复工单关联'
        """
    )
    linked = one(feeds, "select count(*) from r")
    assert linked > 300
    fits = """
        select count(*) from r join t as b on b.工单编号 = r.工单编号 join t as a on a.工单编号 = earlier
        join l on l.工单编号 = earlier
        where a.诉求人电话 = b.诉求人电话 and a.诉求人姓名 = b.诉求人姓名 and a.问题子类 = b.问题子类
            and a.平台编码 = b.平台编码 and a.受理时间 < b.受理时间 and b.受理时间 < l.closed and b.受理时间 <= linked_at
    """
    assert one(feeds, fits) == linked
    assert one(feeds, "select count(*) from r join f on ticket_no in (工单编号, earlier)") == 0


@pytest.mark.parametrize(
    ("column", "code_list"),
    [("流转环节", "event_types"), ("业务领域", "domains"), ("受理渠道", "channels"), ("满意度评价", "ratings")],
)
def test_names_are_those_of_the_code_lists(feeds: duckdb.DuckDBPyConnection, column: str, code_list: str) -> None:
    table = "e" if column == "流转环节" else "t"
    used = {row[0] for row in feeds.execute(f'select distinct "{column}" from {table}').fetchall()}
    assert used <= names(code_list)
    if column == "流转环节":
        assert used == names(code_list)  # every step of the list happens
