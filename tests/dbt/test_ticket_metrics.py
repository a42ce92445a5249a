"""Metrics and backlog of the sample, counted a second way from the events."""

import csv
from pathlib import Path

import pytest

SEEDS = Path(__file__).resolve().parents[2] / "dbt" / "seeds"


def seed(name: str) -> list[dict[str, str]]:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


@pytest.mark.parametrize("day", ["2023-09-15", "2024-08-31", "2024-09-14", "2024-09-30", "2024-10-05", "2024-02-01"])
def test_backlog_is_what_the_last_event_before_midnight_leaves_open(query, day):
    (expected,) = query(
        """
        select count(*) as open from (
            select max_by(to_status, event_seq) as status from fct_ticket_event
            where occurred_at < cast(? as date) + 1 group by ticket_no
        ) where status not in ('closed', 'archived')
        """,
        [day],
    )
    (row,) = query("select coalesce(sum(closing), 0) as open from fct_backlog_daily where date_day = ?", [day])
    assert row == expected


def test_age_bands_cover_every_age_once():
    bands = sorted(seed("parameters/backlog_age_bands"), key=lambda band: int(band["from_days"]))
    assert bands[0]["from_days"] == "0"
    assert [band["before_days"] for band in bands] == [band["from_days"] for band in bands[1:]] + [""]


def test_bands_hold_tickets_of_their_age(query):
    rows = query(
        """
        with ages as (
            select date '2024-09-14' - cast(accepted_at as date) as age
            from fct_ticket where accepted_at < '2024-09-15' and closed_at >= '2024-09-15' and rework_count = 0
        )
        select case when age = 0 then 'same_day' when age < 4 then 'days_1_to_3' when age < 6 then 'days_4_to_5'
            when age < 16 then 'days_6_to_15' else 'over_15_days' end as age_band, count(*) as tickets
        from ages group by 1
        """
    )
    backlog = query(
        "select age_band, sum(closing) as tickets from fct_backlog_daily where date_day = '2024-09-14' "
        "group by 1 having sum(closing) > 0"
    )
    reworked = query(
        "select count(*) as n from fct_ticket where rework_count > 0 and accepted_at < '2024-09-15' "
        "and closed_at >= '2024-09-15'"
    )[0]["n"]
    counted = {row["age_band"]: row["tickets"] for row in rows}
    built = {row["age_band"]: row["tickets"] for row in backlog}
    assert set(counted) <= set(built)
    assert all(built[band] >= counted[band] for band in counted)
    assert sum(built.values()) - sum(counted.values()) <= reworked


def test_every_status_an_event_leads_to_is_described():
    statuses = {row["code"] for row in seed("code_lists/ticket_statuses")}
    types = seed("code_lists/event_types")
    assert {row["status_after"] for row in types} - {""} == statuses
    assert {row["holder_after"] for row in types} == {"actor", "nobody", ""}
    assert [row["code"] for row in types if row["reopens"] == "true"] == ["redispatch", "rework"]


def test_time_in_the_classes_of_status_is_the_time_from_first_to_last_event(query):
    (row,) = query(
        """
        with lives as (
            select ticket_no, date_diff('second', min(occurred_at), max(occurred_at)) as seconds,
                max(working_clock) - min(working_clock) as working_seconds,
                coalesce(sum(status_seconds) filter (to_status in ('closed', 'archived')), 0) as done_seconds,
                coalesce(sum(status_working_seconds) filter (to_status in ('closed', 'archived')), 0) as done_working
            from fct_ticket_event group by ticket_no
        )
        select count(*) as tickets,
            count(*) filter (seconds - done_seconds <> requester_wait_seconds + suspended_seconds) as wrong,
            count(*) filter (
                working_seconds - done_working <> requester_wait_working_seconds + suspended_working_seconds
            ) as wrong_working
        from lives join fct_ticket_metric using (ticket_no)
        """
    )
    assert row["tickets"] > 700_000
    assert (row["wrong"], row["wrong_working"]) == (0, 0)


def test_working_time_never_exceeds_calendar_time(query):
    (row,) = query(
        "select count(*) filter (status_working_seconds > status_seconds) as more, "
        "count(*) filter (status_working_seconds < status_seconds) as less from fct_ticket_event"
    )
    assert row["more"] == 0
    assert row["less"] > 100_000


def test_counts_are_those_of_the_events(query):
    (events,) = query(
        """
        select count(*) filter (event_type in ('dispatch', 'redispatch')) as assignments,
            count(*) filter (event_type = 'return') as returns, count(*) filter (event_type = 'urge') as urges,
            count(*) filter (event_type = 'supervise') as supervisions,
            count(*) filter (event_type = 'rework') as reworks
        from fct_ticket_event
        """
    )
    (metrics,) = query(
        """
        select sum(assignment_count) as assignments, sum(return_count) as returns, sum(urge_count) as urges,
            sum(supervision_count) as supervisions, sum(rework_count) as reworks
        from fct_ticket_metric
        """
    )
    assert metrics == events
    assert all(events.values())


def test_latest_rating_of_the_events_is_the_one_the_ticket_shows(query):
    (row,) = query(
        "select count(latest_rating) as rated, count(*) filter (latest_rating <> rating) as differ "
        "from fct_ticket_metric join fct_ticket using (ticket_no)"
    )
    assert row["rated"] > 40_000
    assert row["differ"] == 0


def test_the_time_in_a_stage_is_the_time_in_its_status(query):
    """Of tickets whose times can be true and that nobody answered in the call: status by status, and no second twice."""
    stages = {row["code"]: row["status"] for row in seed("parameters/ticket_stages") if row["awaited_steps"]}
    of_stages = query(
        "select month, stage, spent_seconds from mart_ticket_stage where platform_code is null and open_tickets = 0"
    )
    of_events = query(
        """
        select date_trunc('month', ticket_day)::date as month, to_status, sum(status_seconds) as seconds
        from fct_ticket_event join (select ticket_no, is_implausible, is_instant_answer from fct_ticket) using (ticket_no)
        where not is_implausible and not is_instant_answer group by all
        """
    )
    expected = {(row["month"], row["to_status"]): row["seconds"] for row in of_events}
    compared = {
        (row["month"], stages[row["stage"]]): row["spent_seconds"]
        for row in of_stages
        if stages[row["stage"]] not in ("closed", "in_progress")  # reworked after an answer in the call, too
    }
    assert len(compared) == 15
    assert compared == {key: expected[key] for key in compared}


def test_platforms_are_the_province_stage_by_stage(query):
    (row,) = query(
        """
        select count(*) as cells, count(*) filter (whole.entered <> parts.entered or whole.spent <> parts.spent) as wrong
        from (
            select month, stage, entered_tickets as entered, spent_seconds as spent from mart_ticket_stage
            where platform_code is null
        ) as whole
        join (
            select month, stage, sum(entered_tickets) as entered, sum(spent_seconds) as spent from mart_ticket_stage
            where platform_code is not null group by all
        ) as parts using (month, stage)
        """
    )
    assert row == {"cells": 24, "wrong": 0}


def test_who_skips_a_step_or_waits_still_is_counted_beside_the_quick(query):
    """Nine tenths of all that entered are never quicker than nine tenths of those that left by the step."""
    (row,) = query(
        """
        select count(*) filter (skipped_tickets > 0) as skipped, count(*) filter (p90_of_entered_hours < p90_hours) as quicker,
            count(*) filter (p90_of_entered_hours is null and 10 * timed_tickets >= 9 * entered_tickets) as lost,
            count(*) filter (left_tickets + open_tickets <> entered_tickets or timed_tickets + skipped_tickets > left_tickets) as odd
        from mart_ticket_stage
        """
    )
    assert row["skipped"] > 50
    assert (row["quicker"], row["lost"], row["odd"]) == (0, 0, 0)


def test_returns_of_pairs_are_those_of_the_tickets(query):
    pairs = query(
        "select month, platform_code, sum(returns) as n, sum(second_returns) as second from mart_unit_return group by all"
    )
    tickets = query(
        """
        select date_trunc('month', ticket_day)::date as month, platform_code, sum(return_count) as n, sum(second_return_count) as second
        from fct_ticket_metric group by all having sum(return_count) > 0
        """
    )

    def key(row):
        return row["month"], row["platform_code"]

    assert sorted(pairs, key=key) == sorted(tickets, key=key)
    assert sum(row["second"] for row in pairs) > 100
