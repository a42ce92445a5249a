"""What the DAG files share: the assets that join them, how they fail and retry, which day a run is for.

Needs Airflow; everything that does not is in ``hotline.orchestration``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pendulum
from airflow.sdk import Asset, ExceptionRetryPolicy, RetryAction, RetryRule

from hotline.settings import TIMEZONE

RAW = Asset("raw_feeds", uri="x-hotline://raw", group="hotline")
BUILT = Asset("built_warehouse", uri="x-hotline://build", group="hotline")
CHECKED = Asset("checked_warehouse", uri="x-hotline://quality", group="hotline")
PUBLISHED = Asset("published_warehouse", uri="x-hotline://serving", group="hotline")
FROZEN = Asset("frozen_round", uri="x-hotline://audit", group="hotline")

WRITER_POOL = "duckdb"
"""Pool of one slot: DuckDB lets one process write, and a reader would lock the writer out."""

START = pendulum.datetime(2024, 1, 1, tz=TIMEZONE)

RETRY_POLICY = ExceptionRetryPolicy(
    [
        RetryRule(
            ["hotline.orchestration.DataTestFailure", "hotline.orchestration.UsageError"],
            RetryAction.FAIL,
            reason="the same data would fail again",
        )
    ]
)

DEFAULTS = {
    "owner": "data-engineering",
    "retries": 3,
    "retry_delay": timedelta(seconds=20),
    "retry_exponential_backoff": 2,
    "max_retry_delay": timedelta(minutes=10),
    "retry_policy": RETRY_POLICY,
    "execution_timeout": timedelta(hours=2),
}
"""Waits before the retries: about 20, 40 and 80 seconds."""


def partition_day(context: Mapping) -> str:
    """The run's day, ``YYYY-MM-DD``: its partition key, or ``conf["day"]`` (``dag.test`` knows no partition)."""
    run = context["dag_run"]
    day = run.partition_key or (run.conf or {}).get("day")
    if not day:
        raise ValueError("this run has no partition key: trigger it with one, for example 2024-10-14")
    return day
