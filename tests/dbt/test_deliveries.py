"""What the platforms owed, what became of it, and the two rates that follow: punctual delivery and valid rows."""

import datetime
from collections import Counter
from decimal import Decimal

MONTHS = [datetime.date(2023, 9, 1), datetime.date(2024, 8, 1), datetime.date(2024, 9, 1)]
SEPTEMBER = MONTHS[-1]


def test_every_owed_delivery_of_the_sample_came_in_time(query):
    rows = query("select * from mart_feed_obligation where status <> 'pending'")
    assert Counter((row["month"], row["feed"]) for row in rows) == {
        **{(month, feed): 15 for month in MONTHS for feed in ("tickets", "ticket_events", "callbacks")},
        (SEPTEMBER, "reported_indicators"): 15,
    }
    assert {row["status"] for row in rows} == {"on_time"}
    for row in rows:
        assert row["delivered_at"] <= row["due_at"], row
        assert row["period_from"] == row["month"]
        assert (row["period_to"] + datetime.timedelta(days=1)).day == 1


def test_due_moments_are_those_of_contract_and_obligation(query):
    rows = query(
        "select distinct feed, delivery_mode, due_at from mart_feed_obligation where month = ? order by 1", [SEPTEMBER]
    )
    export, report = datetime.datetime(2024, 10, 10, 6), datetime.datetime(2024, 10, 14, 18)
    assert [tuple(row.values()) for row in rows] == [
        ("callbacks", "monthly_export", export),
        ("reported_indicators", "monthly", report),
        ("ticket_events", "monthly_export", export),
        ("tickets", "monthly_export", export),
    ]


def test_what_is_not_due_yet_is_owed_but_not_counted(query):
    pending = query("select * from mart_feed_obligation where status = 'pending'")
    # from 15 October daily feeds are owed, and the report on October is due in November
    assert Counter(row["feed"] for row in pending) == {
        "tickets": 15 * 17,
        "ticket_events": 15 * 17,
        "callbacks": 15 * 17,
        "reported_indicators": 15,
    }
    assert query(
        "select * from mart_indicator_monthly where indicator_code = 'data_on_time_submission' and month = '2024-10-01'"
    ) == []  # fmt: skip


def test_punctuality_counts_the_obligations_and_agrees_with_what_was_reported(query):
    rows = query("select * from mart_indicator_monthly where indicator_code = 'data_on_time_submission'")
    computed = {(row["month"], row["platform_code"]): row for row in rows if row["source"] == "computed"}
    reported = {row["platform_code"]: row["value"] for row in rows if row["source"] == "reported"}
    assert Counter(month for month, _ in computed) == dict.fromkeys(MONTHS, 15)
    for (month, _), row in computed.items():
        owed = 4 if month == SEPTEMBER else 3
        assert (row["numerator"], row["denominator"], row["value"], row["is_mature"]) == (owed, owed, 100, True)
    assert reported == {platform: Decimal(100) for month, platform in computed if month == SEPTEMBER}


def test_valid_rows_count_in_the_month_they_tell_of(query):
    rows = query(
        "select month, sum(numerator) as loaded, sum(denominator) as received from mart_indicator_monthly "
        "where indicator_code = 'data_valid' and source = 'computed' group by month order by month"
    )
    # registers come on the second day of a month, tickets after its end; the province's rows are nobody's rate
    expected = query(
        """
        select case
                when delivery_day <= '2023-10-08' then date '2023-09-01'
                when delivery_day <= '2024-09-02' then date '2024-08-01'
                else date '2024-09-01'
            end as month, sum(rows_loaded) as loaded, sum(rows_in) as received
        from fct_feed_delivery where platform_code <> 'LN' group by all order by month
        """
    )
    assert rows == expected
    assert [row["month"] for row in expected] == MONTHS
