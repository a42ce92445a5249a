"""Which second calls go into a bundle."""

from datetime import date

import duckdb
import pytest

from hotline.audit.bundle import ANSWERS, RECHECKS

OWN = "check_no, first_check_no, ticket_no, has_record"
GOOD = ", ".join(f"{name.removesuffix('_true')}_good" for name in ANSWERS.split(", "))


@pytest.mark.parametrize(("basis", "frame", "other"), [("published", "R1", "R2"), ("simulated", "S1", "S2")])
def test_second_calls_are_those_of_the_same_origin(basis, frame, other):
    """An error of a call is worked out for real and simulated rounds apart; each frame here has calls of a month of its own."""
    with duckdb.connect() as connection:
        connection.execute(f"""
            create schema marts;
            create table marts.mart_platform_verdict as
            from (values ('R1', 'published', true), ('R2', 'published', true), ('R1', 'simulated', false),
                         ('R2', 'simulated', false), ('S1', 'simulated', true), ('S2', 'simulated', true))
                as verdicts (frame_no, basis, is_leading);
            create table marts.mart_spot_check_recheck as
            select frame_no, month, {", ".join(f"frame_no as {name}" for name in OWN.split(", "))},
                {", ".join(f"true as {name}" for name in f"{ANSWERS}, {GOOD}".split(", "))}
            from (values ('R1', date '2024-10-01'), ('R2', date '2024-09-01'), ('S1', date '2024-10-01'),
                         ('S2', date '2024-08-01')) as frames (frame_no, month)
        """)
        month = date(2024, 10, 1)
        rows = connection.execute(RECHECKS, {"basis": basis, "frame_no": frame, "month": month}).df()
    months = {"R2": "2024-09-01", "S2": "2024-08-01"}
    assert set(rows["month"]) == {"2024-10-01", months[other]} and len(rows) == 2
    assert set(rows["ticket_no"].dropna()) == {frame}
