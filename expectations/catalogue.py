"""The planned checks, read from the dbt seed so that the warehouse and the suites cannot disagree about them."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

SUITES = {"feeds": "数据报送", "marts": "业务集市", "integrity": "真实性核验"}
ENTITY_KINDS = {"platform": "平台", "feed": "报送数据", "warehouse": "数据仓库"}
SEVERITIES = {"critical": "严重", "warning": "警告", "info": "提示"}


@dataclass(frozen=True)
class PlannedCheck:
    """One check as planned: it is judged for every entity of its kind in every run."""

    check_code: str
    suite: str
    entity_kind: str
    severity: str
    blocks_publication: bool
    sort_order: int
    threshold: float | None
    """The limit that it judges by, where it has one."""
    name_zh: str
    name_en: str
    description_zh: str
    description_en: str


def read_catalogue(path: Path) -> dict[str, PlannedCheck]:
    """Checks by code, in the order in which reports list them.

    Raises
    ------
    ValueError: a suite, entity kind or severity that does not exist, or a check listed twice.
    """
    with path.open(encoding="utf-8", newline="") as file:
        rows = [
            PlannedCheck(
                **{
                    **row,
                    "blocks_publication": row["blocks_publication"] == "true",
                    "sort_order": int(row["sort_order"]),
                    "threshold": float(row["threshold"]) if row["threshold"] else None,
                }
            )
            for row in csv.DictReader(file)
        ]
    catalogue = {row.check_code: row for row in sorted(rows, key=lambda row: row.sort_order)}
    if len(catalogue) != len(rows):
        raise ValueError(f"{path.name}: a check_code occurs twice")
    for row in rows:
        if row.suite not in SUITES or row.entity_kind not in ENTITY_KINDS or row.severity not in SEVERITIES:
            raise ValueError(f"{path.name}: {row.check_code} has an unknown suite, entity_kind or severity")
    return catalogue
