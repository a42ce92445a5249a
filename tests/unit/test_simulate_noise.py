"""What honest work leaves in its records: as often as its rates say, and without moving what is published."""

from __future__ import annotations

import duckdb
import pytest
from simulated import one

from hotline.simulate.noise import noise_rates

RATES = {row["rate"]: (float(row["low"]), float(row["high"])) for row in noise_rates()}
HONEST = """
    create or replace temp table h as
    with calls as (
        select
            工单编号, max(回访号码) as phone, count(*) filter (是否接通 = '是') as connected, count(*) as calls,
            min("通话时长（秒）"::int) filter (是否接通 = '是') as seconds,
            min(回访时间) filter (是否接通 = '是') as connected_at, min(回访时间) as first_at
        from c group by all
    ),

    steps as (
        select
            工单编号, min(操作时间) filter (流转环节 = '回访') as told_at, max(操作时间) filter (流转环节 = '归档') as archived,
            min(操作时间) filter (流转环节 = '办结') as closed_at, count(*) filter (流转环节 = '回访') as told
        from e group by all
    )

    select t.*, calls.* exclude (工单编号), steps.* exclude (工单编号)
    from t join calls using (工单编号) join steps using (工单编号) anti join f on t.工单编号 = ticket_no
    where told = 1 and connected = 1
"""


@pytest.fixture(scope="module")
def honest(feeds: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    feeds.execute(HONEST)
    return feeds


@pytest.mark.parametrize(
    ("rate", "mark"),
    [
        ("second_phone", "phone <> 诉求人电话"),
        ("first_attempt_unreached", "calls > connected"),
        ("short_call", "seconds < 10"),
    ],
)
def test_every_platform_has_a_rate_of_its_own_within_what_is_assumed(
    honest: duckdb.DuckDBPyConnection, rate: str, mark: str
) -> None:
    low, high = RATES[rate]
    shares = honest.execute(f"select avg(if({mark}, 1, 0)), count(*) from h group by 平台编码").fetchall()
    assert len(shares) == 15
    for share, tickets in shares:
        error = 4 * (high / tickets) ** 0.5  # numbers that were published, and repeats, have none
        assert low - error < share < high + error
    assert len({share for share, _ in shares}) == 15
    assert low < one(honest, f"select avg(if({mark}, 1, 0)) from h") < high


def test_no_attempt_lies_before_the_closure(honest: duckdb.DuckDBPyConnection) -> None:
    clock = RATES["clock_seconds"][1]
    assert one(honest, f"select count(*) from h where first_at < closed_at - interval {clock:.0f} second") == 0


def test_the_clock_of_a_telephone_system_is_off_by_the_same_seconds_all_month(
    honest: duckdb.DuckDBPyConnection,
) -> None:
    rows = honest.execute(
        "select 平台编码, min(epoch(connected_at - told_at)), max(epoch(connected_at - told_at)) from h group by all"
    ).fetchall()
    assert all(low == high for _, low, high in rows)
    assert len({low for _, low, _ in rows}) > 10
    assert all(RATES["clock_seconds"][0] <= low <= RATES["clock_seconds"][1] for _, low, _ in rows)


def test_a_job_archives_at_two_in_the_morning(honest: duckdb.DuckDBPyConnection) -> None:
    at_two = one(honest, "select avg(if(strftime(archived, '%H:%M:%S') = '02:00:00', 1, 0)) from h")
    assert at_two > 0.95  # what would have outlasted the delivery was shrunk


def test_one_clerk_enters_the_last_closures_of_a_day_one_after_the_other(feeds: duckdb.DuckDBPyConnection) -> None:
    bursts = feeds.execute(
        """
        select 平台编码, 操作员工号, count(*) as closures, count(distinct 操作时间) as seconds
        from e join t using (工单编号) anti join f on 工单编号 = ticket_no
        where 流转环节 = '办结' and strftime(操作时间, '%H:%M') between '16:48' and '17:30'
        group by 平台编码, 操作员工号, 操作时间::date having closures >= 3 order by closures desc
        """
    ).fetchall()
    assert len({platform for platform, *_ in bursts}) > 5
    # a form is opened and saved each time
    assert sum(seconds for *_, seconds in bursts) > 0.99 * sum(closures for _, _, closures, _ in bursts)


def test_ratings_change_on_appeal_in_other_months_than_that_of_the_bulletin(feeds: duckdb.DuckDBPyConnection) -> None:
    changed = dict(
        feeds.execute(
            """
            select strftime(受理时间, '%Y-%m'), count(*) from (
                select 工单编号, max(流转序号::int) filter (流转环节 = '复核') as reviewed,
                    max(流转序号::int) filter (流转环节 = '归档') as archived,
                    max(流转序号::int) filter (流转环节 = '评价') as rated
                from e group by all having archived < reviewed and reviewed < rated
            ) join t using (工单编号) anti join f on 工单编号 = ticket_no group by all
            """
        ).fetchall()
    )
    low, high = RATES["changed_on_appeal"]
    assert "2024-09" not in changed
    for month in ("2023-09", "2024-08"):
        rated = one(
            feeds,
            f"select count(distinct 工单编号) from c join t using (工单编号) where strftime(受理时间, '%Y-%m') = '{month}'",
        )
        assert 0.5 * low * rated < changed[month] < high * rated


def test_some_complain_again_although_their_matter_was_handled_well(feeds: duckdb.DuckDBPyConnection) -> None:
    again = one(
        feeds,
        """
        select count(distinct a.工单编号) from t as a join l on l.工单编号 = a.工单编号
        join t as b on
            b.诉求人电话 = a.诉求人电话 and b.问题类别 = a.问题类别 and b.平台编码 = a.平台编码
            and b.受理时间 between l.closed + interval 1 day and l.closed + interval 12 day
        anti join f on a.工单编号 = ticket_no
        where a.业务类型 like '投诉%' and a.满意度评价 not like '%不满意'
        """,
    )
    complaints = one(feeds, "select count(*) from t anti join f on 工单编号 = ticket_no where 业务类型 like '投诉%'")
    low, high = RATES["repeat_after_satisfied"]
    assert 0.5 * low * complaints < again < high * complaints  # a matter of few complaints has no later one
