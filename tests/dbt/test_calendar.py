"""The calendar's end: it reaches on by itself, and what rests on a year without a notice says so."""

import shutil

import chinese_calendar
import duckdb
import pytest
from limit_rows import TICKETS

from hotline import working_calendar

UNNOTICED = 2024
"""The small chain's tickets are of September 2024: without the notices from this year on, their due times are provisional."""


@pytest.fixture(scope="module")
def unnoticed(project, small_chain, tmp_path_factory):
    """A connection to the small warehouse, built without the notices of 2024 and later."""
    var = tmp_path_factory.mktemp("unnoticed") / "var"
    shutil.copytree(small_chain, var, symlinks=True)
    database = var / "build" / "hotline.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.execute(f"delete from seeds.state_council_days where year(date_day) >= {UNNOTICED}")
    project.run(var, "run", "--full-refresh", "--select", "+fct_ticket_metric", "--exclude", "resource_type:seed")
    with duckdb.connect(str(database), read_only=True) as connection:
        yield connection


def rows(connection, statement):
    return connection.execute(statement).fetchall()


def test_the_calendar_goes_on_past_the_notices_and_marks_the_years(unnoticed):
    years = rows(unnoticed, "select year, bool_and(is_provisional), bool_or(is_provisional), bool_or(is_holiday) "
                            "from marts.dim_date where year >= 2022 group by year order by year")  # fmt: skip
    # delivered in September 2024; the longest limit, 15 working days and as many again, may end in 2025
    assert years == [
        (2022, False, False, True),
        (2023, False, False, True),
        (2024, True, True, False),
        (2025, True, True, False),
    ]


def test_tickets_still_have_a_due_time_and_say_that_it_is_provisional(unnoticed):
    # a suspended ticket is due when it goes on; its limit is provisional now
    found = rows(
        unnoticed,
        "select limit_ends_at is not null, due_at is not null or suspended_since is not null, count(*), "
        f"count(*) filter (where is_due_provisional = (year(greatest(due_at, limit_ends_at)) >= {UNNOTICED})), "
        "count(*) filter (where is_due_provisional) > 0 from marts.fct_ticket group by all",
    )
    assert found == [(True, True, TICKETS, TICKETS, True)]
    contacts = rows(
        unnoticed,
        f"select count(*) filter (where year(contact_due_at) >= {UNNOTICED}), "
        "count(*) filter (where is_contact_due_provisional) from marts.fct_ticket_metric",
    )
    assert contacts[0][0] == contacts[0][1] > 0


def test_with_the_notice_nothing_is_provisional(small_chain):
    with duckdb.connect(str(small_chain / "build" / "hotline.duckdb"), read_only=True) as connection:
        assert rows(connection, "select distinct is_due_provisional from marts.fct_ticket") == [(False,)]
        assert rows(connection, "select count(*) from marts.dim_date where is_provisional") == [(0,)]
        assert rows(connection, "select distinct is_contact_due_provisional from marts.fct_ticket_metric") == [(False,)]


def test_renewing_writes_the_seed_as_a_whole(tmp_path):
    seed = tmp_path / "state_council_days.csv"
    seed.write_text("date_day,day_kind,holiday_name,holiday_name_en\n2004-01-01,holiday,元旦,New Year's Day\n", "utf-8")
    last = max(chinese_calendar.constants.holidays | chinese_calendar.constants.workdays)
    assert working_calendar.renew(seed) == ("2004-01-01", str(last))
    assert len(seed.read_text("utf-8").splitlines()) > 700
    assert list(tmp_path.iterdir()) == [seed]
