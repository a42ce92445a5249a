"""Feeds beside the tickets: dial tests, outages, inspected closing reports, and the registers of units and companies."""

import datetime
from decimal import Decimal

AUGUST, SEPTEMBER = datetime.date(2024, 8, 1), datetime.date(2024, 9, 1)
MEASURED = """
    select month, platform_code, numerator, denominator, value, is_mature from mart_indicator_monthly
    where indicator_code = ? and source = 'computed' order by all
"""


def test_every_platform_answered_and_converted_every_dial_test(query):
    for code in ("dial_test_answered", "dial_test_converted"):
        rows = query(MEASURED, [code])
        assert len(rows) == 15
        assert {tuple(row.values())[2:] for row in rows} == {(4, 4, 100, True)}
        assert {row["month"] for row in rows} == {SEPTEMBER}


def test_outages_are_minutes_of_a_month_and_none_is_zero(query):
    rows = query(MEASURED, ["outage_minutes"])
    assert {row["month"] for row in rows} == {AUGUST, SEPTEMBER}
    assert len(rows) == 30
    assert {(row["month"], row["platform_code"]): row["value"] for row in rows if row["value"]} == {
        (AUGUST, "210800"): Decimal(31)
    }
    assert all(row["is_mature"] and row["denominator"] is None for row in rows)
    # as Liaoning published for September, beside what the platforms reported of themselves
    reported = query(
        "select distinct value from mart_indicator_monthly "
        "where indicator_code = 'outage_minutes' and source = 'reported' and month = ?",
        [SEPTEMBER],
    )
    assert reported == [{"value": Decimal(0)}]


def test_defects_do_not_add_up_to_failures(query):
    (facts,) = query(
        "select count(*) as inspected, count(*) filter (where not is_qualified) as failed, "
        "sum(defect_count) as defects, bool_and(is_consistent) as agrees from fct_report_inspection"
    )
    assert facts["inspected"] == 200
    assert facts["agrees"]
    assert facts["failed"] < facts["defects"] < 2 * facts["failed"]
    sums = {
        code: tuple(sum(row[part] for row in query(MEASURED, [code])) for part in ("numerator", "denominator"))
        for code in (
            "inspection_failure",
            "inspection_answer_inaccurate",
            "inspection_form_irregular",
            "inspection_fact_inconsistent",
        )
    }
    assert sums.pop("inspection_failure") == (facts["failed"], facts["inspected"])
    assert {denominator for _, denominator in sums.values()} == {facts["failed"]}
    assert sum(numerator for numerator, _ in sums.values()) == facts["defects"]


def test_inspected_tickets_are_closed_tickets_of_their_platform(query):
    assert query(
        "select count(*) as n from fct_report_inspection as inspections join fct_ticket as tickets "
        "using (ticket_no, platform_code) where tickets.closed_at < inspections.inspected_on"
    ) == [{"n": 200}]


def test_units_of_tickets_are_all_in_the_register(query):
    (row,) = query(
        "select count(*) as versions, count(*) filter (where is_current) as units, "
        "count(*) filter (where not is_registered) as strangers, max(unit_level) as levels from dim_unit"
    )
    assert row == {"versions": 459, "units": 445, "strangers": 0, "levels": 4}
    assert query(
        "select count(*) as n from fct_ticket left join dim_unit on dim_unit.is_current "
        "and handling_unit = unit_name and fct_ticket.platform_code = dim_unit.platform_code where unit_key is null"
    ) == [{"n": 0}]


def test_a_moved_unit_keeps_both_places(query):
    rows = query(
        "select unit_path, unit_class_name, valid_from, valid_to, is_current from dim_unit "
        "where unit_name = '沈阳市货运管理大队' order by valid_from"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("沈阳市交通运输局 / 沈阳市货运管理大队", "委机关处室与委属单位",
         datetime.date(2023, 1, 1), datetime.date(2024, 7, 1), False),
        ("沈阳市交通运输局 / 沈阳市道路运输服务中心 / 沈阳市货运管理大队", "委机关处室与委属单位",
         datetime.date(2024, 7, 1), None, True),
    ]  # fmt: skip


def test_companies_keep_their_sizes_and_may_work_in_several_cities(query):
    (row,) = query(
        "select count(*) as versions, count(*) filter (where is_current) as companies, "
        "count(distinct enterprise_code) as codes from dim_enterprise"
    )
    assert row == {"versions": 366, "companies": 183, "codes": 157}
    assert query("select distinct category from dim_enterprise anti join dim_category using (category)") == []


def test_at_every_moment_a_unit_and_a_company_have_one_version(query):
    for dimension, key in (("dim_unit", "unit_key"), ("dim_enterprise", "enterprise_key")):
        assert query(
            f"select {key} from {dimension} group by {key} having count(*) filter (where is_current) <> 1 "
            "or count(*) filter (where valid_to is not null) <> count(*) - 1"
        ) == []  # fmt: skip
