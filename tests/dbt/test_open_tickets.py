"""What is still open leaves a platform its score: pending before its limit, against it afterwards, never for it. And it is listed."""

from __future__ import annotations

from datetime import date, datetime

import duckdb
import pytest
from click.testing import CliRunner
from ticket_files import deliver, ticket_table

from hotline.arrivals import platforms
from hotline.cli import cli
from hotline.settings import Settings

pytestmark = pytest.mark.slow

SEPTEMBER, EXPORTED = date(2024, 9, 1), date(2024, 10, 9)
CLOSED, SUSPENDED, COMPLEX, OVERDUE, LATE = "210100", "210200", "210300", "210400", "210500"
EXTRA = {
    # complexity, acceptance, steps after it
    CLOSED: ("一般", "2024-09-12 09:00:00", [("办结", "2024-09-12 10:00:00")]),
    SUSPENDED: ("一般", "2024-09-12 09:00:00", [("挂起", "2024-09-12 10:00:00")]),
    COMPLEX: ("复杂", "2024-09-27 09:00:00", []),
    OVERDUE: ("一般", "2024-09-12 09:00:00", []),
    LATE: ("一般", "2024-09-12 09:00:00", [("办结", "2024-09-29 10:00:00")]),
}
ORDINARY = 9
"""Complaints of each platform that are closed within the hour."""
RATES = ("complaint_on_time_close", "complaint_24h_close", "complaint_5d_close", "classification_accuracy")


def number(platform: str, n: int) -> str:
    day = EXTRA[platform][1][:10] if n == ORDINARY else "2024-09-12"
    return f"JT{platform}{day.replace('-', '')}{n:08d}"


def deliver_september(settings: Settings) -> None:
    for platform in platforms(settings):
        rows, steps = [], ["工单编号,流转序号,流转环节,操作时间"]
        for n in range((ORDINARY + 1) * (platform in EXTRA)):
            complexity, accepted, after = EXTRA[platform]
            if n < ORDINARY:
                complexity, accepted, after = "一般", "2024-09-12 09:00:00", [("办结", "2024-09-12 09:30:00")]
            rows.append(
                {
                    "工单编号": number(platform, n), "平台编码": platform, "受理时间": accepted, "应办结时间": "",
                    "复杂程度": complexity, "被诉企业": "", "承办单位": "", "诉求人电话": f"139{n:04d}{platform[:4]}",
                }
            )  # fmt: skip
            for place, (kind, moment) in enumerate([("受理", accepted), *after], start=1):
                steps.append(f"{number(platform, n)},{place},{kind},{moment}")
        deliver(settings, ticket_table(*rows), sender=platform, day=EXPORTED)
        deliver(settings, "\n".join(steps) + "\n", "ticket_events.csv", platform, EXPORTED)
        calls = "回访编号,工单编号,回访时间,是否接通\n"
        deliver(settings, calls, "callbacks.csv", platform, EXPORTED)


@pytest.fixture(scope="module")
def september(project, blank, tmp_path_factory):
    """Rows of the marts of September: total scores by platform, what each indicator was scored on, and what is open."""
    var = tmp_path_factory.mktemp("open") / "var"
    blank(var)
    with project.at(var):
        settings = Settings.from_environment()
        deliver_september(settings)
        taken = CliRunner().invoke(cli, ["ingest", "--json"])
        assert taken.exit_code == 0 and '"rejected": []' in taken.output, taken.output
        project.run(var, "run", "--select", "+mart_score_monthly", "+mart_score_deduction", "+mart_open_ticket")
        with duckdb.connect(str(settings.build_database), read_only=True) as connection:
            where = "where month = ? and source = 'computed' and ruleset = 'liaoning_2024_inferred'"
            totals = (
                f"select platform_code, total_score, pending, missing_indicators from marts.mart_score_monthly {where}"
            )
            parts = f"""
                select platform_code, indicator_code, numerator, denominator, pending, indicator_value, explanation_zh
                from marts.mart_score_deduction {where}
            """
            open_tickets = """
                select platform_code, ticket_no, status, urgency, due_at, seconds_left, days_open from marts.mart_open_ticket
            """
            return (
                {code: rest for code, *rest in connection.execute(totals, [SEPTEMBER]).fetchall()},
                {(code, what): rest for code, what, *rest in connection.execute(parts, [SEPTEMBER]).fetchall()},
                connection.execute(open_tickets).fetchall(),
            )


@pytest.mark.parametrize(("platform", "pending"), [(CLOSED, 0), (SUSPENDED, 1), (COMPLEX, 1), (OVERDUE, 0), (LATE, 0)])
def test_an_open_ticket_leaves_the_score_there_and_is_counted(september, platform, pending):
    total, counted, missing = september[0][platform]
    assert total is not None and missing == 0
    assert counted == pending


def test_before_its_limit_a_ticket_stays_out_with_its_number_beside(september):
    parts = september[1]
    for platform in (SUSPENDED, COMPLEX):
        numerator, denominator, pending, value, text = parts[platform, "classification_accuracy"]
        assert (numerator, denominator, pending, value) == (ORDINARY, ORDINARY, 1, 100)
        assert "另有1件未到期，未计入" in text
    # the limit of the suspended one would have ended in September, that of the complex one in October
    assert parts[SUSPENDED, "complaint_on_time_close"][:4] == [ORDINARY, ORDINARY, 1, 100]
    assert parts[COMPLEX, "complaint_on_time_close"][:4] == [ORDINARY, ORDINARY, 0, 100]


def test_once_its_limit_is_over_an_open_ticket_counts_against(september):
    for indicator in RATES:
        numerator, denominator, pending, *_ = september[1][OVERDUE, indicator]
        assert (numerator, denominator, pending) == (ORDINARY, ORDINARY + 1, 0), indicator


def test_to_keep_a_ticket_open_is_never_better_than_to_close_it(september):
    for indicator in RATES:
        honest, kept = september[1][LATE, indicator][3], september[1][OVERDUE, indicator][3]
        assert kept <= honest, indicator
    assert september[0][OVERDUE][0] <= september[0][LATE][0]


def test_what_is_open_is_listed_with_what_is_left_of_its_limit(september):
    """On the working clock of the rule, from the midnight at which 9 October begins; 29 September and 12 October were worked, and
    15 to 17 September and 1 to 7 October were not."""
    listed = {code: rest for code, *rest in september[2]}
    assert len(listed) == len(september[2]) == 3
    day = 8 * 3600
    assert listed == {
        # five working days after the 12th; since then eight have gone
        OVERDUE: [number(OVERDUE, ORDINARY), "accepted", "overdue", datetime(2024, 9, 20, 17, 30), -8 * day, 26],
        # fifteen after the 27th, of which twelve are to come
        COMPLEX: [number(COMPLEX, ORDINARY), "accepted", "due_later", datetime(2024, 10, 23, 17, 30), 12 * day, 11],
        SUSPENDED: [number(SUSPENDED, ORDINARY), "suspended", "waiting", None, None, 26],
    }
