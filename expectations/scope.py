"""What one run looks at: one day of deliveries and, in the marts, one month. Never the whole history."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from expectations.catalogue import PlannedCheck
from hotline.contracts import Contract, load_code_list
from hotline.errors import HotlineError
from hotline.validity import holds_on


@dataclass(frozen=True)
class Scope:
    """Inputs of the suites.

    Attributes
    ----------
    warehouse: read-only connection to the built file (schema ``marts``).
    raw, ledger: roots of the raw layer and of the delivery ledger.
    seeds: folder of the dbt seeds, for the code lists.
    day: partition, a day of delivery in Asia/Shanghai.
    """

    warehouse: duckdb.DuckDBPyConnection
    raw: Path
    ledger: Path
    seeds: Path
    catalogue: dict[str, PlannedCheck]
    contracts: dict[str, Contract]
    day: date

    def newest_month(self, mart: str) -> date | None:
        """Newest month that ``mart`` holds and that has begun by the day of the run (first day of the month)."""
        query = f"select max(month) from marts.{mart} where month <= ?"
        return self.warehouse.execute(query, [self.day]).fetchone()[0]

    def newest_delivery(self, feed: str) -> date | None:
        """Newest day, up to the run's, on which a file of ``feed`` was delivered: its newest batch."""
        for day in sorted((date.fromisoformat(path.name[3:]) for path in self.ledger.glob("dt=*")), reverse=True):
            if day <= self.day and any((self.ledger / f"dt={day}").glob(f"platform=*/{feed}-*.json")):
                return day
        return None

    def small_sample(self, month: date | None) -> int:
        """Fewer checks than this are a small sample in ``month``."""
        return int(self._parameter("seeds.integrity_parameters", "small_sample_below", month))

    def withheld_rate(self, month: date | None) -> str:
        """Percentage that a rate which was not reported is held to claim in ``month``, as text."""
        return str(self._parameter("seeds.verdict_parameters", "withheld_rate_percent", month))

    def _parameter(self, seed: str, name: str, month: date | None) -> object:
        for valid_from, valid_to, value in self.warehouse.execute(
            f"select valid_from, valid_to, {name} from {seed}"
        ).fetchall():
            if holds_on({"valid_from": valid_from, "valid_to": valid_to}, month or self.day):
                return value
        raise HotlineError(
            f"no row of {seed.removeprefix('seeds.')}.csv holds on {month or self.day}",
            "add one, or set valid_from earlier",
        )

    def codes(self, code_list: str) -> list[str]:
        return list(load_code_list(code_list, self.seeds).names)

    def entities(self) -> dict[str, dict[str, str]]:
        """Chinese names of the entities by kind and code: for each of them a planned check has exactly one row."""
        platforms = self.warehouse.execute(
            "select distinct platform_code, platform_name from marts.dim_platform order by platform_code"
        ).fetchall()
        return {
            "platform": dict(platforms),
            "feed": {feed: contract.title for feed, contract in self.contracts.items()},
            "warehouse": {"warehouse": "数据仓库"},
        }

    def run_id(self) -> str:
        """The day with a digest of the deliveries that the build holds: the same build judged again is the same run."""
        rows = self.warehouse.execute(
            "select feed, platform_code, content_hash from marts.fct_feed_delivery order by all"
        ).fetchall()
        return f"{self.day:%Y-%m-%d}-{hashlib.sha256(repr(rows).encode()).hexdigest()[:12]}"
