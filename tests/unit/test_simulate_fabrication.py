"""Honest platforms do what they report; the others fabricate in proportion to the audit."""

from __future__ import annotations

import duckdb
import pytest
from simulated import DISHONEST, one, published

from hotline.simulate.fabrication import KINDS
from hotline.simulate.noise import noise_rates


def test_exactly_the_platforms_that_failed_the_audit_fabricate(feeds: duckdb.DuckDBPyConnection) -> None:
    failed = {r["platform_code"] for r in published("annex2_spot_check") if float(r["audited_close_pct"]) < 100}
    assert failed == DISHONEST
    assert {row[0] for row in feeds.execute("select distinct platform_code from f").fetchall()} == failed
    assert {row[0] for row in feeds.execute("select distinct kind from f").fetchall()} == set(KINDS) - {""}


def test_fabrication_is_in_proportion_to_the_audit(feeds: duckdb.DuckDBPyConnection) -> None:
    share = dict(
        feeds.execute(
            """
            select 平台编码, count(ticket_no) / count(*) from t left join f on 工单编号 = ticket_no
            where 业务类型 like '投诉%' and strftime(受理时间, '%Y-%m') = '2024-09' group by all
            """
        ).fetchall()
    )
    for row in published("annex2_spot_check"):
        failed = 1 - float(row["audited_close_pct"]) / 100
        assert share[row["platform_code"]] == pytest.approx(failed, abs=0.15), row["platform_name"]


def test_honest_platforms_do_what_they_report(feeds: duckdb.DuckDBPyConnection) -> None:
    rows = feeds.execute(
        """
        select 平台编码, count(*) as n,
            avg(epoch(first_closed - 受理时间)) / 60 as minutes,
            count(*) filter (closed <= 应办结时间) as on_time,
            count(*) filter (epoch(closed - 受理时间) <= 86400) as within_24h,
            count(*) filter (满意度评价 in ('非常满意', '满意', '基本满意')) as satisfied,
            count(*) filter (工单编号 in (select 工单编号 from c where 是否接通 = '是')) as called
        from t join l using (工单编号)
        where 业务类型 like '投诉%' and strftime(受理时间, '%Y-%m') = '2024-09' group by all
        """
    ).fetchall()
    reported = {row["platform_code"]: row for row in published("annex1_indicators")}
    checked = 0
    for platform, n, minutes, on_time, within_24h, satisfied, called in rows:
        if platform in DISHONEST:
            continue
        checked += 1
        stated = reported[platform]
        assert minutes == pytest.approx(float(stated["complaint_avg_close_minutes"]), rel=0.06), platform
        assert on_time == round(n * float(stated["complaint_on_time_close_pct"]) / 100), platform
        assert within_24h == round(n * float(stated["complaint_24h_close_pct"]) / 100), platform
        assert satisfied == called == n, platform
    assert checked == 9


def test_fabricated_rows_bear_the_mark_of_their_kind(feeds: duckdb.DuckDBPyConnection) -> None:
    """Each kind by its own definition; honest complaints bear none of these marks."""
    feeds.execute(
        """
        create or replace temp table m as
        select t.工单编号, 平台编码, coalesce(kind, '') as kind, 满意度评价, 诉求人电话, first_closed, closed, called, accepted,
            events, log.calls, log.seconds, log.phone
        from t join l using (工单编号) left join f on t.工单编号 = ticket_no
        left join (
            select 工单编号, count(*) as calls, max("通话时长（秒）"::int) as seconds, any_value(回访号码) as phone
            from c group by all
        ) as log on log.工单编号 = t.工单编号
        where 业务类型 like '投诉%'
        """
    )
    marks = {
        "rating_without_call": "calls is null",
        "rated_without_event": "calls is null and called is null",
        "closed_without_handling": "events <= 5",
        "callback_before_close": "called < first_closed",
        "callback_too_short": "seconds < 6",
        "callback_wrong_number": "phone <> 诉求人电话",
        "callback_shared_number": "phone in (select phone from m group by phone having count(*) > 20)",
        "instant_close": "epoch(closed - accepted) < 30",
    }
    # what honest work leaves as well (hotline.simulate.noise); of the short calls some last longer than fabricated ones
    highest = {row["rate"]: float(row["high"]) for row in noise_rates()}
    noise = {"callback_too_short": highest["short_call"], "callback_wrong_number": highest["second_phone"]}
    honest = one(feeds, "select count(*) from m where kind = '' and calls is not null")
    for kind, mark in marks.items():
        planned = one(feeds, f"select count(*) from m where kind = '{kind}'")
        assert planned > 50, kind
        marked = one(feeds, f"select count(*) from m where kind = '{kind}' and {mark}")
        # a small platform's shared number answers too few calls to be told from a caller's own
        assert marked >= (0.93 * planned if kind == "callback_shared_number" else planned), kind
        innocent = one(feeds, f"select count(*) from m where kind = '' and {mark}")
        assert innocent <= noise.get(kind, 0) * honest, kind
    batches = one(
        feeds,
        "select max(n) from (select count(*) as n from m where kind = 'batch_close' group by 平台编码, closed)",
    )
    assert batches >= 8


def test_repeat_complaints_follow_a_satisfied_closure(feeds: duckdb.DuckDBPyConnection) -> None:
    repeated = """
        select count(*) from f join t as a on a.工单编号 = f.ticket_no join l on l.工单编号 = a.工单编号
        where kind = 'repeat_after_satisfied' and exists (
            select 1 from t as b
            where b.诉求人电话 = a.诉求人电话 and b.问题子类 = a.问题子类 and b.受理时间 > l.closed
                and b.受理时间 < l.closed + interval 13 day
        )
    """
    planned = one(feeds, "select count(*) from f where kind = 'repeat_after_satisfied'")
    assert planned > 100
    assert one(feeds, repeated) == planned
