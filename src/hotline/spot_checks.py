"""When the weekly spot checks are planned, and what runs of ``audit`` commands a schedule makes of them.

Only the standard library is used: this module is imported in the Airflow environment, whenever a DAG file is parsed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hotline.settings import TIMEZONE

REVEAL = time(10)
"""Local time at which the value is drawn before witnesses, where nobody asks for another."""
DAYS_TO_APPROVE = 2
"""Days between plan and draw."""
TIME_TO_APPROVE = timedelta(days=DAYS_TO_APPROVE) - timedelta(hours=4)
"""From the plan, Mondays at 14:00, to the draw."""


def week_before(day: str) -> str:
    """The round of the last whole week before a day (ISO).

    >>> week_before("2024-10-21"), week_before("2024-10-20"), week_before("2025-01-01")
    ('2024-W42', '2024-W41', '2024-W52')
    """
    year, week, _ = (date.fromisoformat(day) - timedelta(days=7)).isocalendar()
    return f"{year}-W{week:02}"


def reveal_at(day: str) -> str:
    """When the value of a round that is planned on a day (ISO) becomes known, local.

    >>> reveal_at("2024-10-21")
    '2024-10-23 10:00'
    """
    return f"{datetime.combine(date.fromisoformat(day) + timedelta(days=DAYS_TO_APPROVE), REVEAL):%Y-%m-%d %H:%M}"


def as_moment(text: str) -> datetime:
    """A local time with its zone, as schedulers compare them.

    >>> as_moment("2024-10-23 10:00:00").isoformat()
    '2024-10-23T10:00:00+08:00'
    """
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(TIMEZONE))


def freeze(round_name: str, reveal: str, randomness: str, platforms: Sequence[str] = (), *, dry_run: bool) -> list[str]:
    """Arguments of ``hotline`` that freeze a round, or show what would be frozen."""
    chosen = [part for code in platforms for part in ("--platform", code)]
    asked = ["audit", "freeze", round_name, "--reveal-at", reveal, "--randomness", randomness, *chosen]
    return [*asked, "--dry-run"] if dry_run else asked


def callers(text: str) -> list[str]:
    """Numbers of callers as they are typed into one field.

    >>> callers("C01，C02, C03 ")
    ['C01', 'C02', 'C03']
    """
    return [number for number in text.replace("，", ",").replace("、", ",").replace(" ", ",").split(",") if number]
