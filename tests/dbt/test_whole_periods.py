"""Months are compared only when they were delivered from their first day to their last; who is left out is said."""

from datetime import date, timedelta
from decimal import Decimal

import duckdb
import pytest
from click.testing import CliRunner
from ticket_files import deliver, ticket_table

from hotline.cli import cli
from hotline.settings import Settings

WHOLE, HOLED, LATE_STARTER = "210100", "210200", "210300"
FEBRUARY, MARCH, APRIL = date(2025, 2, 1), date(2025, 3, 1), date(2025, 4, 1)
HOLE, STARTED = date(2025, 3, 17), date(2025, 2, 17)
DAYS = [FEBRUARY + timedelta(days=n) for n in range((APRIL - FEBRUARY).days)]
MARTS = ("+mart_volume_growth", "+mart_category_ranking", "+int_platform_month")

pytestmark = pytest.mark.slow


def send(settings, sender, day, tickets):
    """The tickets of a day, in the folder of the next; a whole and a holed month must differ in nothing else."""
    number = f"JT{sender}{day:%Y%m%d}"
    rows = [
        {
            "工单编号": f"{number}{n:08d}",
            "平台编码": sender,
            "受理时间": f"{day} 08:00:00",
            "应办结时间": "",
            "事发区县": "",
        }
        for n in range(tickets)
    ]
    deliver(settings, ticket_table(*rows), sender=sender, day=day + timedelta(days=1))


@pytest.fixture(scope="module")
def builds(project, tmp_path_factory):
    """What the marts say while a day of one platform is missing, and after it has come."""
    var, said = tmp_path_factory.mktemp("whole") / "var", []
    (var / "landing").mkdir(parents=True)
    with project.at(var):
        settings = Settings.from_environment()
        for day in DAYS:
            for sender, tickets in ((WHOLE, 1 + (day >= MARCH)), (HOLED, 1), (LATE_STARTER, 1)):
                if (sender, day) != (HOLED, HOLE) and (sender != LATE_STARTER or day >= STARTED):
                    send(settings, sender, day, tickets)
        for missing in (True, False):
            if not missing:
                send(settings, HOLED, HOLE, 1)
            done = CliRunner().invoke(cli, ["ingest", "--json"])
            assert done.exit_code == 0, done.output
            project.run(var, "build", "--select", *MARTS, "--exclude-resource-types", "test", "unit_test")
            with duckdb.connect(str(settings.build_database), read_only=True) as connection:
                said.append({"growth": growth(connection), "ranking": ranking(connection)})
    return said


def growth(connection) -> dict[str | None, tuple]:
    rows = connection.execute(
        "select platform_code, tickets, tickets_previous_month, mom_tickets, mom_base, mom_pct, mom_left_out, yoy_pct "
        "from marts.mart_volume_growth where month = ? and rollup in ('total', 'platform')",
        [MARCH],
    ).fetchall()
    return {platform: tuple(rest) for platform, *rest in rows}


def ranking(connection) -> dict[str | None, tuple]:
    rows = connection.execute(
        "select platform_code, tickets, tickets_previous_period, mom_pct, is_complete from marts.mart_category_ranking "
        "where period_kind = 'month' and period_start = ? and level = 'category' and business_type is null",
        [MARCH],
    ).fetchall()
    return {platform: tuple(rest) for platform, *rest in rows}


def test_a_month_with_a_hole_or_a_late_start_is_compared_with_nothing(builds):
    for platform in (HOLED, LATE_STARTER):
        *_, tickets, base, change, left_out, _ = builds[0]["growth"][platform]
        assert (tickets, base, change) == (None, None, None)
        assert left_out in ("大连", "鞍山")
    # begun on the 17th of February: its March would be up by 158 %
    assert builds[0]["growth"][LATE_STARTER][:2] == (31, 12)


def test_the_province_is_compared_without_them_and_says_so(builds):
    tickets, before, compared, base, change, left_out, year = builds[0]["growth"][None]
    assert (tickets, before) == (62 + 30 + 31, 28 + 28 + 12)
    assert (compared, base, change) == (62, 28, Decimal("121.43"))
    assert left_out.split("、")[:2] == ["大连", "鞍山"] and "沈阳" not in left_out
    assert len(left_out.split("、")) == 14  # nobody else has sent anything
    assert year is None


def test_a_whole_platform_is_compared_whatever_the_others_lack(builds):
    assert builds[0]["growth"][WHOLE] == (62, 28, 62, 28, Decimal("121.43"), None, None)


def test_rankings_compare_whole_months_only(builds):
    assert builds[0]["ranking"] == {
        WHOLE: (62, 28, Decimal("121.43"), True),
        HOLED: (30, 28, None, False),
        LATE_STARTER: (31, 12, None, True),
        None: (123, 68, None, False),
    }


def test_the_day_that_was_missing_makes_the_month_whole(builds):
    assert builds[1]["growth"][HOLED] == (31, 28, 31, 28, Decimal("10.71"), None, None)
    assert builds[1]["growth"][None][2:5] == (93, 56, Decimal("66.07"))
    assert builds[1]["ranking"][HOLED] == (31, 28, Decimal("10.71"), True)
