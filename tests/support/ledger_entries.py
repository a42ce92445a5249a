"""Ledger entries as ingest writes them, for tests of what reads the ledger."""

import json
from pathlib import Path

ENTRY = {
    "feed": "tickets",
    "platform_code": "210100",
    "dt": "2024-10-01",
    "file_name": "tickets.csv",
    "content_hash": "00",
    "size_bytes": 1,
    "delivered_at": "2024-10-01 06:00:00",
    "ingested_at": "2024-10-01 06:00:01",
    "encoding": "utf-8",
    "delimiter": ",",
    "rows_in": 1,
    "rows_loaded": 0,
    "rows_quarantined": 1,
    "status": "rejected",
    "reasons": {"file:sha256": 1},
    "warnings": [],
    "message": "",
    "judgement": 1,
}


def write_entry(var: Path, name: str = "tickets-00", **changes) -> Path:
    path = var / "ledger" / "dt=2024-10-01" / "platform=210100" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(ENTRY | changes), encoding="utf-8")
    return path
