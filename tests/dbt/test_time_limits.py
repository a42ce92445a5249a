"""Due times of the sample against the seed's rules, counted day by day with chinesecalendar."""

import csv
import datetime
from pathlib import Path

import chinese_calendar
import pytest

SEEDS = Path(__file__).resolve().parents[2] / "dbt" / "seeds" / "parameters"
DAY = datetime.timedelta(days=1)
HOURS = ((datetime.time(8, 30), datetime.time(12)), (datetime.time(13), datetime.time(17, 30)))


def rules() -> dict[str, dict[str, str]]:
    with (SEEDS / "time_limits.csv").open(encoding="utf-8", newline="") as handle:
        return {row["code"]: row for row in csv.DictReader(handle)}


def end_of_working_days(accepted: datetime.datetime, days: int) -> datetime.datetime:
    day = accepted.date()
    while days:
        day += DAY
        days -= chinese_calendar.is_workday(day)
    return datetime.datetime.combine(day, HOURS[-1][1])


def worked_after(instant: datetime.datetime, seconds: float) -> datetime.datetime:
    """When so many office seconds after ``instant`` have been worked: period by period."""
    day = instant.date()
    while True:
        for begin, end in HOURS:
            begins = max(datetime.datetime.combine(day, begin), instant)
            ends = datetime.datetime.combine(day, end)
            if chinese_calendar.is_workday(day) and begins < ends:
                if (ends - begins).total_seconds() >= seconds:
                    return begins + datetime.timedelta(seconds=seconds)
                seconds -= (ends - begins).total_seconds()
        day += DAY


@pytest.fixture(scope="module")
def tickets(query):
    """Some of every kind of ticket: by rule, extended or not, suspended or not, by what the city states."""
    return query(
        """
        select tickets.*, metrics.suspended_seconds, metrics.suspended_working_seconds
        from fct_ticket as tickets join fct_ticket_metric as metrics using (ticket_no)
        qualify row_number() over (
            partition by time_limit_code, extension_count, suspended_seconds > 0, stated_due_excess_seconds <> 0
            order by hash(ticket_no)
        ) <= 200
        """
    )


def test_limits_end_where_counting_days_ends(tickets):
    limits = rules()
    assert {ticket["time_limit_code"] for ticket in tickets} == {
        "default", "default_complaint", "default_complaint_complex",
    }  # fmt: skip
    assert {ticket["extension_count"] for ticket in tickets} == {0, 1}
    for ticket in tickets:
        amount = int(limits[ticket["time_limit_code"]]["amount"]) + 5 * ticket["extension_count"]
        assert ticket["limit_ends_at"] == end_of_working_days(ticket["accepted_at"], amount), ticket["ticket_no"]


def test_a_suspension_moves_the_due_time_by_the_working_time_it_lasted(tickets):
    timed = [ticket for ticket in tickets if not ticket["is_implausible"]]
    moved = [ticket for ticket in timed if ticket["due_at"] != ticket["limit_ends_at"]]
    assert len(moved) > 50
    for ticket in moved:
        assert ticket["due_at"] == worked_after(ticket["limit_ends_at"], ticket["suspended_working_seconds"])
    still = [ticket for ticket in timed if ticket["suspended_seconds"] and ticket not in moved]
    assert all(ticket["suspended_working_seconds"] == 0 for ticket in still)


def test_stated_due_times_differ_only_where_the_acceptance_was_dated_back(query):
    (row,) = query(
        """
        select count(*) filter (stated_due_excess_seconds <> 0) as differ,
            count(*) filter (
                stated_due_excess_seconds <> 0
                and substring(ticket_no, 9, 8) = strftime(accepted_at, '%Y%m%d')
            ) as unexplained
        from fct_ticket
        """
    )
    assert row["differ"] > 0
    assert row["unexplained"] == 0


def test_every_ticket_of_the_sample_has_a_limit_and_a_rule(query):
    (row,) = query(
        "select count(*) filter (time_limit_code is null) as no_rule, count(*) filter (due_at is null) as not_due, "
        "count(*) filter (is_due is null) as unknown from fct_ticket"
    )
    assert row["no_rule"] == row["unknown"] == 0


def test_an_extension_of_the_events_counts_at_most_once_a_ticket(query):
    (events,) = query("select count(distinct ticket_no) as n from fct_ticket_event where event_type = 'extension'")
    (tickets,) = query("select sum(extension_count) as n, max(extension_count) as most from fct_ticket")
    assert tickets["most"] == 1
    assert 0 < tickets["n"] <= events["n"]


def test_first_contact_is_asked_for_by_the_next_working_day_after_the_dispatch(query):
    rows = query(
        """
        select dispatched_at, first_contact_at, contact_due_at, is_first_contact_in_time, is_contact_required,
            is_implausible
        from fct_ticket join fct_ticket_metric using (ticket_no)
        where dispatched_at is not null order by hash(ticket_no) limit 300
        """
    )
    assert len(rows) == 300
    for row in rows:
        assert row["is_contact_required"]
        assert row["contact_due_at"] == end_of_working_days(row["dispatched_at"], 1)
        if row["first_contact_at"]:
            in_time = row["first_contact_at"] <= row["contact_due_at"] and not row["is_implausible"]
            assert row["is_first_contact_in_time"] == in_time
    (row,) = query(
        "select count(*) filter (is_contact_required and dispatched_at is null) as wrong "
        "from fct_ticket join fct_ticket_metric using (ticket_no)"
    )
    assert row["wrong"] == 0


def test_shanghai_changed_its_limits_twice_in_2021(database):
    rows = database.execute(
        """
        select valid_from, amount from intermediate.int_time_limit
        where platform_code = '310000' and business_type = 'complaint' and complexity = 'ordinary'
            and limited_step = 'close' order by valid_from
        """
    ).fetchall()
    assert [day.year for day, _ in rows] == [2014, 2021, 2021]
    assert len({amount for _, amount in rows}) == 3
    assert rows[-1][1] == 5


def test_what_is_assumed_says_so():
    assert all("assumed" in rule["source"] or "our definition" in rule["source"] for rule in rules().values())
