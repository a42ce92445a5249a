"""The check that warns before the notices of holidays run out."""

from dataclasses import replace
from datetime import date

import duckdb
import pytest


@pytest.mark.parametrize(
    ("delivered", "status"),
    [("2026-10-30", "pass"), ("2026-10-31", "fail"), ("2027-02-01", "fail"), (None, "not_applicable")],
)
def test_it_warns_two_months_before_the_last_year_with_a_notice_ends(run, planned_scope, delivered, status):
    from expectations.suites import marts

    warehouse = duckdb.connect()
    warehouse.execute("create schema marts")
    warehouse.execute("create table marts.fct_feed_delivery as select ?::date as delivery_day where ? is not null",
                      [delivered, delivered])  # fmt: skip
    warehouse.execute(
        "create table marts.dim_date as select day::date as date_day, day > date '2026-12-31' as is_provisional "
        "from generate_series(date '2026-01-01', date '2027-12-31', interval 1 day) as days (day)"
    )
    scope = replace(planned_scope, warehouse=warehouse, day=date(2027, 3, 1))
    (judgement,) = [judgement for judgement in marts.judgements(scope) if "calendar_noticed" in judgement.checks]
    findings, *_ = run([judgement])
    assert findings["calendar_noticed", "warehouse"].status == status
    assert scope.catalogue["calendar_noticed"].severity == "warning"
    assert not scope.catalogue["calendar_noticed"].blocks_publication
