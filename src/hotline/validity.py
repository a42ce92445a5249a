"""Definitions with validity: a row holds from ``valid_from`` on and before ``valid_to``; empty is open.

The same as the macro ``holds_on`` of dbt, for those who read seeds as text or rows of the warehouse. Only the standard
library: the Airflow environment imports it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

NO_BEGINNING, NO_END = "0001-01-01", "9999-12-31"


def holds_on(row: Mapping[str, object], day: date) -> bool:
    """Whether a row, its days as dates or as ISO text, holds on ``day``.

    >>> row = {"valid_from": "2024-01-01", "valid_to": "2025-01-01"}
    >>> holds_on(row, date(2024, 12, 31)), holds_on(row, date(2025, 1, 1))
    (True, False)
    """
    return str(row["valid_from"] or NO_BEGINNING) <= day.isoformat() < str(row["valid_to"] or NO_END)
