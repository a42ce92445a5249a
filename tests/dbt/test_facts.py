"""Facts and dimensions: keys, derived state and what they are joined by."""

import csv
import datetime
import io
from pathlib import Path

import pytest

from hotline import working_calendar

SEEDS = Path(__file__).resolve().parents[2] / "dbt" / "seeds"


def test_calendar_seed_is_what_the_generator_writes():
    target = io.StringIO()
    working_calendar.write_seed(target)
    assert (SEEDS / "calendar" / "state_council_days.csv").read_text(encoding="utf-8") == target.getvalue()


@pytest.mark.parametrize(
    ("day", "works", "holiday"),
    [
        ("2024-09-14", True, "中秋"),  # a Saturday worked for the mid-autumn festival
        ("2024-09-29", True, "国庆节"),  # a Sunday worked for the national day
        ("2024-09-16", False, "中秋"),  # a Monday off
        ("2024-09-18", True, None),
        ("2024-09-21", False, None),
    ],
)
def test_make_up_workdays(query, day, works, holiday):
    (row,) = query("select is_working_day, holiday_name from dim_date where date_day = ?", [day])
    assert row == {"is_working_day": works, "holiday_name": holiday}


def test_calendar_has_every_day_once(query):
    (row,) = query(
        "select count(*) as days, count(distinct date_day) as distinct_days, min(date_day) as first from dim_date"
    )
    assert row == {"days": 8401, "distinct_days": 8401, "first": datetime.date(2004, 1, 1)}


def test_platforms_are_the_fifteen_with_their_population(query):
    rows = query("select * from dim_platform where valid_to is null")
    assert len(rows) == 15
    cities = sum(row["population_10k"] for row in rows if row["platform_kind"] == "city")
    (operator,) = [row for row in rows if row["platform_kind"] == "operator"]
    assert (operator["platform_code"], operator["population_10k"]) == ("LNJT", cities)


def test_seeds_speak_of_the_platforms_in_the_list():
    with (SEEDS / "code_lists" / "platforms.csv").open(encoding="utf-8") as handle:
        codes = {row["code"] for row in csv.DictReader(handle)}
    with (SEEDS / "parameters" / "platform_population.csv").open(encoding="utf-8") as handle:
        assert {row["platform_code"] for row in csv.DictReader(handle)} == codes


def test_rows_in_are_loaded_or_quarantined_and_reach_the_facts(query):
    rows = query(
        "select feed, sum(rows_in) as rows_in, sum(rows_loaded) as loaded from fct_feed_delivery group by feed"
    )
    loaded = {row["feed"]: row["loaded"] for row in rows}
    assert all(row["rows_in"] == row["loaded"] for row in rows)
    for feed, fact in {
        "tickets": "fct_ticket",
        "ticket_events": "fct_ticket_event",
        "callbacks": "fct_callback",
    }.items():
        assert query(f"select count(*) as n from {fact}") == [{"n": loaded[feed]}]


def test_state_is_derived_from_events(query):
    # every published figure rests on closures that some event stands behind
    rows = query(
        """
        select count(*) as n from fct_ticket
        where closed_at is not null and not exists (
            select 1 from fct_ticket_event as event
            where event.ticket_no = fct_ticket.ticket_no and event.event_type = 'close'
                and event.occurred_at = fct_ticket.closed_at
        )
        """
    )
    assert rows == [{"n": 0}]
    (row,) = query(
        "select min(close_seconds) >= 0 as positive, bool_and(is_closed = (closed_at is not null)) as agrees from fct_ticket"
    )
    assert row == {"positive": True, "agrees": True}


def test_instant_answers_are_consultations_without_a_dispatch(query):
    (row,) = query("select count(*) as n, count(dispatched_at) as dispatched from fct_ticket where is_instant_answer")
    assert row["n"] > 100_000
    assert row["dispatched"] == 0


def test_numerators_never_exceed_denominators_of_rates(query):
    rows = query("select * from mart_indicator_monthly where source = 'computed' and unit = 'percent'")
    assert len(rows) > 15 * 11
    assert all(0 <= row["numerator"] <= row["denominator"] for row in rows)


def test_a_month_that_is_still_running_is_marked(query):
    rows = query("select month, bool_and(is_mature) as mature from mart_indicator_monthly where source = 'computed' "
                 "and indicator_code = 'complaint_on_time_close' group by month")  # fmt: skip
    maturity = {row["month"]: row["mature"] for row in rows}
    assert maturity[datetime.date(2024, 9, 1)] is True
    assert maturity[max(maturity)] is False
    assert max(maturity) == datetime.date(2024, 10, 1)
