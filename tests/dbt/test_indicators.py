"""Indicators against the tickets themselves: every figure is counted once more here, in pandas or by other SQL."""

from __future__ import annotations

import csv
import datetime
from decimal import ROUND_HALF_UP, Decimal
from math import ceil
from pathlib import Path

import pandas as pd
import pytest

LISTS = Path(__file__).resolve().parents[2] / "dbt" / "seeds" / "code_lists"
AUGUST, SEPTEMBER, OCTOBER = (pd.Timestamp(2024, month, 1) for month in (8, 9, 10))
DOMAIN_CODES = {
    "tickets_per_10k", "classification_accuracy", "instant_answer", "non_complaint_on_time_close",
    "transferred_callback", "first_time_close", "bad_review_fix", "complaint_on_time_close", "complaint_24h_close",
    "complaint_5d_close", "complaint_avg_close_minutes", "complaint_callback_satisfaction", "complaint_monthly_report",
    "data_on_time_submission", "data_valid", "outage_minutes", "review_failed_twice", "on_time_close", "resolution",
    "real_resolution", "satisfaction_all", "first_contact", "returns", "second_returns", "liable_returns", "repeat",
    "inspection_failure", "dial_test_answered", "dial_test_converted",
}  # fmt: skip


@pytest.fixture(scope="module")
def tickets(database) -> pd.DataFrame:
    """One row a ticket, with the months of its acceptance, limit and closure. Missing booleans are missing, not False."""
    frame = database.execute(
        "select t.* exclude (closing_text), m.is_reclassified, m.is_first_contact_in_time, m.second_return_count, "
        "m.liable_return_count, m.bad_review_count, m.bad_review_fixed_count, m.failed_review_count "
        "from fct_ticket as t join fct_ticket_metric as m using (ticket_no)"
    ).df()
    for population in ("accepted", "due", "closed"):
        frame[f"{population}_in"] = frame[f"{population}_at"].dt.to_period("M").dt.to_timestamp()
    frame["is_complaint"] = frame["business_type"] == "complaint"
    return frame


@pytest.fixture(scope="module")
def months(database) -> pd.DataFrame:
    """Months of platforms, by platform, month and indicator."""
    frame = database.execute(
        "select * from mart_indicator where period_kind = 'month' and scope_kind = 'platform'"
    ).df()
    return frame.set_index(["platform_code", "period_start", "indicator_code"])


def true(column: pd.Series) -> pd.Series:
    """True where it is known to be true."""
    return column.fillna(False).astype(bool)


# indicator: the population that it counts, then what is counted of it and what that is divided by, each row by row
RATES = {
    # what is open counts against once its limit is over, and stays out before
    "classification_accuracy": (
        "accepted",
        lambda t: t["is_closed"] & ~t["is_reclassified"],
        lambda t: t["is_closed"] | t["is_due"].fillna(True).astype(bool),
    ),
    "instant_answer": (
        "accepted",
        lambda t: (t["business_type"] == "consultation") & t["is_instant_answer"],
        lambda t: t["business_type"] == "consultation",
    ),
    "repeat": ("accepted", lambda t: t["is_complaint"] & t["is_repeat"], lambda t: t["is_complaint"]),
    "bad_review_fix": ("accepted", lambda t: t["bad_review_fixed_count"], lambda t: t["bad_review_count"]),
    "satisfaction_all": ("accepted", lambda t: true(t["is_satisfied"]), lambda t: t["is_satisfied"].notna()),
    "first_contact": (
        "accepted",
        lambda t: true(t["is_first_contact_in_time"]),
        lambda t: t["is_first_contact_in_time"].notna(),
    ),
    "return_rate": ("accepted", lambda t: t["return_count"], lambda t: t["dispatched_at"].notna()),
    "on_time_close": ("due", lambda t: t["closed_at"] <= t["due_at"], lambda t: t["ticket_no"].notna()),
    "complaint_on_time_close": (
        "due",
        lambda t: t["is_complaint"] & (t["closed_at"] <= t["due_at"]),
        lambda t: t["is_complaint"],
    ),
    "non_complaint_on_time_close": (
        "due",
        lambda t: ~t["is_complaint"] & (t["closed_at"] <= t["due_at"]),
        lambda t: ~t["is_complaint"],
    ),
    "complaint_24h_close": (
        "due",
        lambda t: t["is_complaint"] & (t["closed_at"] - t["accepted_at"] <= pd.Timedelta(hours=24)),
        lambda t: t["is_complaint"],
    ),
    "complaint_5d_close": (
        "due",
        lambda t: t["is_complaint"] & (t["closed_at"] - t["accepted_at"] <= pd.Timedelta(days=5)),
        lambda t: t["is_complaint"],
    ),
    "resolution": ("due", lambda t: t["resolution"] == "resolved", lambda t: t["resolution"].notna()),
    "real_resolution": (
        "due",
        lambda t: t["resolution"] == "resolved",
        lambda t: t["resolution"].isin(["resolved", "explained"]),
    ),
    "transferred_callback": (
        "closed",
        lambda t: t["dispatched_at"].notna() & t["called_back_at"].notna(),
        lambda t: t["dispatched_at"].notna(),
    ),
    "first_time_close": (
        "closed",
        lambda t: (t["return_count"] + t["rework_count"] == 0) & (t["first_closed_at"] == t["closed_at"]),
        lambda t: t["ticket_no"].notna(),
    ),
}
BAD_RATES = {"repeat", "return_rate"}
"""Of these a high figure is bad: tickets whose times cannot be true count in them as all others do."""
COUNTS = {
    "returns": lambda t: t["return_count"],
    "second_returns": lambda t: t["second_return_count"],
    "liable_returns": lambda t: t["liable_return_count"],
    "review_failed_twice": lambda t: t["failed_review_count"] >= 2,
}


@pytest.mark.parametrize("code", RATES)
def test_rates_are_those_of_the_tickets(code, tickets, months):
    population, numerator, denominator = RATES[code]
    assert tickets["is_implausible"].any()
    counts = ~tickets["is_implausible"] | (code in BAD_RATES)
    counted = (
        pd.DataFrame(
            {
                "platform_code": tickets["platform_code"],
                "month": tickets[f"{population}_in"],
                "numerator": numerator(tickets).astype(int) * counts,
                "denominator": denominator(tickets).astype(int),
            }
        )
        .groupby(["platform_code", "month"])
        .sum()
    )
    counted = counted[counted["denominator"] > 0]
    found = months.xs(code, level="indicator_code").dropna(subset="numerator")
    assert len(counted) > 15
    assert set(found.index) == set(counted.index)
    for key, row in counted.iterrows():
        assert (found.loc[key, "numerator"], found.loc[key, "denominator"]) == tuple(row), key
        exact = Decimal(100 * int(row["numerator"])) / int(row["denominator"])
        rounded = exact.quantize(Decimal("0.0001"), ROUND_HALF_UP)
        assert found.loc[key, "value"] == pytest.approx(float(rounded), abs=1e-9), key
    assert set(found["population"]) == {population}


@pytest.mark.parametrize("code", COUNTS)
def test_counts_are_those_of_the_tickets(code, tickets, months):
    counted = COUNTS[code](tickets).astype(int).groupby([tickets["platform_code"], tickets["accepted_in"]]).sum()
    found = months.xs(code, level="indicator_code").dropna(subset="numerator")["value"]
    assert len(found) == len(counted)
    assert (found.sort_index() == counted.sort_index()).all()


def test_times_to_close_are_those_of_the_tickets(tickets, months):
    # a mean and a percentile are made without the times that cannot be true
    complaints = tickets[tickets["is_complaint"] & tickets["closed_at"].notna() & ~tickets["is_implausible"]]
    for key, group in complaints.groupby(["platform_code", "closed_in"]):
        minutes = sorted(group["close_seconds"] / 60)
        mean = months.loc[(*key, "complaint_avg_close_minutes")]
        assert mean["denominator"] == len(minutes)
        assert mean["value"] == pytest.approx(sum(minutes) / len(minutes), abs=1e-4)
        for code, share in (("complaint_median_close_minutes", 0.5), ("complaint_p90_close_minutes", 0.9)):
            nearest_rank = minutes[ceil(round(share * len(minutes), 9)) - 1]
            assert months.loc[(*key, code), "value"] == pytest.approx(nearest_rank, abs=1e-4), (key, code)


def test_the_mean_with_open_tickets_counts_them_with_their_age_so_far(query):
    """By hand, ticket by ticket; and never below what it would be had they been closed at that age."""
    (days,) = {row["longest_age_days"] for row in query("select longest_age_days from seeds.indicator_parameters")}
    found = query("""
        select platform_code, period_start as month, value, denominator, pending from mart_indicator
        where indicator_code = 'complaint_avg_minutes_with_open' and period_kind = 'month' and scope_kind = 'platform'
    """)
    known = "(select platform_code, max(known_until) as until from intermediate.int_platform_as_of group by all)"
    expected = query(f"""
        select platform_code, cast(date_trunc('month', ticket_day) as date) as month, count(*) as tickets,
            avg(least(coalesce(close_seconds, greatest(epoch(until) - epoch(accepted_at), 0)), {days} * 86400)) / 60 as minutes,
            count(*) filter (where not is_closed and epoch(until) - epoch(accepted_at) < {days} * 86400) as pending
        from fct_ticket join {known} using (platform_code)
        where business_type = 'complaint' and not is_implausible
        group by all
    """)
    assert len(found) == len(expected) > 20
    by_month = {(row["platform_code"], row["month"]): row for row in expected}
    for row in found:
        tickets = by_month[row["platform_code"], row["month"]]
        assert (row["denominator"], row["pending"]) == (tickets["tickets"], tickets["pending"])
        assert float(row["value"]) == pytest.approx(tickets["minutes"], abs=0.01)


def test_percentiles_are_given_for_months_of_platforms_and_the_province_only(query):
    rows = query(
        "select distinct period_kind, scope_kind from mart_indicator where indicator_code like '%\\_median\\_%' escape '\\'"
    )
    assert {tuple(row.values()) for row in rows} == {("month", "platform"), ("month", "province")}


def test_every_indicator_of_the_domain_is_defined_in_both_languages_and_has_a_figure(query):
    definitions = {row["indicator_code"]: row for row in query("select * from dim_indicator")}
    assert definitions.keys() >= DOMAIN_CODES
    assert all(row["indicator_name"] and row["indicator_name_en"] for row in definitions.values())
    found = {
        row["indicator_code"]
        for row in query(
            "select distinct indicator_code from mart_indicator where period_kind = 'month' and scope_kind = 'province' "
            "and period_start = '2024-09-01' and value is not null"
        )
    }
    # a report is submitted or not: only the platforms say so
    assert definitions.keys() - found == {"complaint_monthly_report"}


def test_the_province_has_the_people_of_its_cities(query):
    (row,) = query(
        "select numerator, denominator from mart_indicator where indicator_code = 'tickets_per_10k' "
        "and scope_kind = 'province' and period_kind = 'month' and period_start = '2024-09-01'"
    )
    (facts,) = query(
        "select (select count(*) from fct_ticket where accepted_month = '2024-09-01') as tickets, sum(population_10k) as "
        "people from dim_platform where platform_kind = 'city'"
    )
    assert tuple(row.values()) == tuple(facts.values())


@pytest.mark.parametrize(
    ("scope_kind", "column"), [("district", "district"), ("enterprise", "enterprise_name"), ("channel", "channel")]
)
def test_any_range_of_days_is_a_sum_of_days(query, tickets, scope_kind, column):
    first, last = datetime.date(2024, 8, 17), datetime.date(2024, 9, 6)
    found = {
        row["scope_code"]: (row["numerator"], row["denominator"])
        for row in query(
            "select scope_code, sum(numerator) as numerator, sum(denominator) as denominator from mart_indicator_daily "
            "where scope_kind = ? and indicator_code = 'on_time_close' and population = 'due' and day between ? and ? "
            "group by scope_code",
            [scope_kind, first, last],
        )
    }
    due = tickets[tickets["due_at"].dt.date.between(first, last)]
    scopes = due[column].fillna("none")
    counted = ((due["closed_at"] <= due["due_at"]) & ~due["is_implausible"]).groupby(scopes).agg(["sum", "count"])
    assert found == {code: tuple(row) for code, row in counted.iterrows()}
    assert len(found) > 1


def test_the_variant_among_closed_tickets_is_there_by_day_and_by_month(query):
    by_day = query(
        "select platform_code, sum(numerator) as good, sum(denominator) as n from mart_indicator_daily "
        "where scope_kind = 'platform' and indicator_code = 'on_time_close' and population = 'closed' "
        "and day between '2024-09-01' and '2024-09-30' group by all order by all"
    )
    by_month = query(
        "select platform_code, closed_numerator as good, closed_denominator as n from mart_indicator "
        "where scope_kind = 'platform' and indicator_code = 'on_time_close' and period_kind = 'month' "
        "and period_start = '2024-09-01' order by all"
    )
    assert len(by_day) == 15
    assert by_day == by_month
    gaps = query("select value, closed_value, closed_difference from mart_indicator where closed_value is not null")
    assert all(row["closed_difference"] == row["closed_value"] - row["value"] for row in gaps)


def test_a_unit_counts_in_the_class_that_the_register_gave_it_on_the_day(query):
    # another way round: the register first, then its tickets
    expected = query(
        "select coalesce(u.unit_class, 'none') as scope_code, count(*) as tickets from fct_ticket as t "
        "left join dim_unit as u on u.is_registered and u.platform_code = t.platform_code "
        "and u.unit_name = t.handling_unit and t.due_at::date >= u.valid_from "
        "and (u.valid_to is null or t.due_at::date < u.valid_to) "
        "where t.due_at >= '2024-09-01' and t.due_at < '2024-10-01' group by all order by all"
    )
    found = query(
        "select scope_code, denominator::bigint as tickets from mart_indicator where scope_kind = 'unit_class' "
        "and platform_code is null and indicator_code = 'on_time_close' and period_kind = 'month' "
        "and period_start = '2024-09-01' order by all"
    )
    assert len(found) >= 3
    assert found == expected


def test_months_are_compared_with_months_that_are_there(months):
    total = months.xs("on_time_close", level="indicator_code")
    september = total.xs(SEPTEMBER, level="period_start")
    august = total.xs(AUGUST, level="period_start")
    before = total.xs(pd.Timestamp(2023, 9, 1), level="period_start")
    assert len(september) == len(august) == 15
    for platform, row in september.iterrows():
        assert row["previous_value"] == august.loc[platform, "value"]
        assert row["mom_change"] == pytest.approx(row["value"] - august.loc[platform, "value"], abs=1e-9)
        assert row["yoy_change"] == pytest.approx(row["value"] - before.loc[platform, "value"], abs=1e-9)
        assert row["change_unit"] == "percentage_points"
    # of July 2024 and August 2023 nothing was delivered: no figure, not a figure of 0
    unknown = ["previous_numerator", "previous_denominator", "previous_value", "previous_year_value"]
    assert august[[*unknown, "mom_change", "yoy_change"]].isna().all(axis=None)


def test_a_quarter_without_one_of_its_months_is_neither_mature_nor_compared(query):
    rows = query(
        "select period_kind, period_start, months_known, is_mature, mom_change, yoy_change from mart_indicator "
        "where period_kind <> 'month' and scope_kind = 'province' and indicator_code = 'complaint_on_time_close'"
    )
    known = {(row["period_kind"], row["period_start"].isoformat()): row["months_known"] for row in rows}
    assert known["quarter", "2024-07-01"] == known["year", "2024-01-01"] == 2
    assert known["quarter", "2023-07-01"] == known["year", "2023-01-01"] == 1
    assert not any(row["is_mature"] for row in rows)
    assert {(row["mom_change"], row["yoy_change"]) for row in rows} == {(None, None)}


def test_figures_rest_on_tickets_and_immature_ones_are_marked(months, query):
    # the tickets of September that fall due or are closed in October do not make an October
    october = months.xs(OCTOBER, level="period_start")
    ticket_rows = october[october["population"].isin(["due", "closed"])]
    assert len(ticket_rows) > 0
    assert not ticket_rows["is_mature"].any()
    assert set(ticket_rows["months_known"]) == {0}
    assert query("select * from mart_indicator where denominator = 0") == []
    assert query(
        "select distinct is_small_sample, denominator < 30 as is_below from mart_indicator "
        "where unit in ('percent', 'per_100') and denominator is not null order by all"
    ) == [{"is_small_sample": flag, "is_below": flag} for flag in (False, True)]


def test_reported_figures_stand_beside_the_computed_ones(query):
    rows = query(
        "select r.reported_value as sent, i.* from fct_reported_indicator as r left join mart_indicator as i "
        "on i.period_kind = 'month' and i.scope_kind = 'platform' and i.period_start = r.month "
        "and i.platform_code = r.platform_code and i.indicator_code = r.indicator_code"
    )
    assert len(rows) >= 15 * 17
    assert all(row["reported_value"] == row["sent"] for row in rows)
    computed = [row for row in rows if row["value"] is not None]
    assert len(computed) > 15 * 12
    assert all(row["reported_difference"] == row["value"] - row["reported_value"] for row in computed)
    # what is of no platform and month, nobody has reported
    (elsewhere,) = query(
        "select count(*) as n from mart_indicator where reported_value is not null "
        "and (period_kind <> 'month' or scope_kind <> 'platform')"
    )
    assert elsewhere["n"] == 0


def test_the_seed_says_what_the_same_matter_is(project):
    """The row of the indicator names what the model compares: whoever reads only the row must not guess."""
    models = project.manifest.nodes
    sql = models["model.hotline.int_ticket_repeat"].raw_code
    compared = sql.partition("partition by ")[2].split("\n")[0].split(", ")
    with (LISTS / "indicators.csv").open(encoding="utf-8", newline="") as handle:
        row = next(row for row in csv.DictReader(handle) if row["code"] == "repeat")
    words = {"platform_code": "平台", "caller_key": "诉求人", "category": "问题类别", "subcategory": "子类"}
    assert set(compared) == set(words)
    assert all(word in row["numerator_zh"] for word in words.values())
