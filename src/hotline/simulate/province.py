"""What the province's own centre sends beside its bulletin: outages, dial tests, inspections of closing reports.

Of September 2024 Liaoning published that every platform answered in time and turned calls into tickets quickly, and
that no platform was off the network: so these are. Single calls, the one outage of August 2024 and the inspections are
invented; reports fail as often, and of what, as Shanghai published for 2021 (``reference/shanghai_2021``).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import numpy as np

from hotline.simulate.lives import Lives
from hotline.simulate.steps import ABSENT, AT
from hotline.simulate.timing import DAY

PROVINCE = "LN"
DIAL_TESTS = 4
"""A platform and round, as many as spot checks."""
INSPECTIONS = 200
FAILED = 0.1914
DEFECTS = {"is_answer_inaccurate": 0.4168, "is_form_irregular": 0.5256, "is_fact_inconsistent": 0.0576}
SECOND_DEFECT = 0.07
"""Share of failed reports with one more defect: the published shares fit about 1 250 defects of 1 168 reports."""
REST = 3
"""Days from a closure to the inspection of its report."""

OUTAGES = {
    (2024, 8): [("210800", datetime(2024, 8, 18, 2, 10), datetime(2024, 8, 18, 2, 41), "运营商线路检修")],
}
YES, NO = "是", "否"


def outages(year: int, month: int) -> list[dict[str, str]]:
    """The outages of a month; mostly none, and the file then says so by having no row."""
    return [
        {
            "outage_no": f"DW{started:%Y%m%d}-{platform}-1",
            "platform_code": platform,
            "started_at": str(started),
            "ended_at": str(ended),
            "reason": reason,
        }
        for platform, started, ended, reason in OUTAGES.get((year, month), [])
    ]


def dial_tests(platforms: list[str], days: list[date], seed: int) -> Iterator[dict[str, str]]:
    """A round of test calls to every platform within the ``days``, in office hours."""
    rng = np.random.default_rng([seed, days[0].toordinal(), 12328])
    for platform in platforms:
        for number, day in enumerate(sorted(rng.choice(len(days), DIAL_TESTS, replace=False)), 1):
            called = datetime.combine(days[day], datetime.min.time()) + timedelta(
                seconds=int(rng.integers(9 * 3600, 17 * 3600))
            )
            yield {
                "test_no": f"BC{called:%Y%m%d}-{platform}-{number}",
                "platform_code": platform,
                "called_at": str(called),
                "answer_seconds": str(rng.integers(3, 15)),
                "is_answered_in_time": YES,
                "is_converted_in_time": YES,
            }


def inspections(
    lives: Lives, ticket_numbers: np.ndarray, platforms: list[str], count: int, last: date, rng: np.random.Generator
) -> Iterator[dict[str, str]]:
    """Up to ``count`` closing reports of a block, drawn among those closed some days before the ``last`` day.

    ``ticket_numbers`` are those of the whole block. Rows come without a number: a month has several blocks.
    """
    closed = lives.times[:, [AT["close"], AT["close_2"]]].max(axis=1, initial=ABSENT) // DAY
    ripe = np.flatnonzero(closed + REST <= (last - date(1970, 1, 1)).days)
    for row in sorted(rng.choice(ripe, min(count, ripe.size), replace=False)):
        ticket = lives.rows[row]
        found = dict.fromkeys(DEFECTS, NO)
        if failed := rng.random() < FAILED:
            defects = rng.choice(
                list(DEFECTS), 2 if rng.random() < SECOND_DEFECT else 1, replace=False, p=list(DEFECTS.values())
            )
            found |= dict.fromkeys(map(str, defects), YES)
        yield {
            "ticket_no": str(ticket_numbers[ticket]),
            "platform_code": platforms[lives.platform[ticket]],
            "inspected_on": (date(1970, 1, 1) + timedelta(days=int(closed[row]) + REST)).isoformat(),
            "is_qualified": NO if failed else YES,
            **found,
        }
