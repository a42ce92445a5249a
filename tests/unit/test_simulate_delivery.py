"""Daily delivery: every row on the day after it was recorded, a ticket again when it has changed."""

from __future__ import annotations

import csv
from pathlib import Path

from simulated import GB18030, simulate


def test_daily_delivery_brings_the_same_tickets_day_by_day(tmp_path: Path) -> None:
    monthly = simulate(tmp_path / "monthly", months=["2024-09"], scale=0.02)
    daily = simulate(tmp_path / "daily", months=["2024-09"], scale=0.02, delivery="daily")
    assert daily.tickets == monthly.tickets
    newest: dict[str, dict[str, str]] = {"tickets": {}, "ticket_events": {}, "callbacks": {}}
    stated: dict[str, dict[str, str]] = {"tickets": {}, "ticket_events": {}, "callbacks": {}}
    for var, rows in (("monthly", stated), ("daily", newest)):
        for path in sorted((tmp_path / var / "landing").glob("21[0-9]*/*/*.csv"), key=lambda p: p.parent.name):
            feed = path.name.split("-")[0]
            if feed not in newest:  # registers come as they change, not by day
                continue
            encoding = "gb18030" if path.parent.parent.name in GB18030 else "utf-8-sig"
            with path.open(encoding=encoding, newline="") as file:
                for row in csv.DictReader(file):
                    happened = row.get("操作时间") or row.get("回访时间") or row["受理时间"]
                    assert happened < f"{path.parent.name} 06:00:00"
                    rows[feed][row["工单编号"] + row.get("流转序号", "") + row.get("回访编号", "")] = ",".join(
                        row.values()
                    )
    assert newest == stated
    assert daily.rows > monthly.rows
    assert len(list((tmp_path / "daily" / "landing" / "LNJT").iterdir())) >= 30
