"""What the register of platforms says of a sender: the prefix of its ticket numbers and the day of its connection."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

from hotline import contracts as feed_contracts
from hotline.contracts import CodeList

EARLIEST = date(2000, 1, 1)
"""First plausible day where the register states none."""


@dataclass(frozen=True)
class Register:
    """The rows of ``platforms.csv`` and the province's own centre, which has no row: it may speak of every ticket."""

    names: dict[str, str]
    """Code to Chinese name, the province's centre among them."""
    prefixes: dict[str, str]
    """Code to the prefix of its ticket numbers; empty for one that has none of its own."""
    connected: dict[str, date]
    """Code to the day from which it is connected."""
    province: str
    platforms: CodeList

    @classmethod
    def read(cls, seeds: Path) -> Register:
        with (seeds / "code_lists" / "platforms.csv").open(encoding="utf-8", newline="") as handle:
            # of several versions the newest speaks
            rows = sorted(csv.DictReader(handle), key=lambda row: row.get("valid_from") or "")
        return cls(
            names=feed_contracts.senders(seeds),
            prefixes={row["code"]: row.get("ticket_prefix") or "" for row in rows},
            connected={
                row["code"]: date.fromisoformat(row["valid_from"]) if row.get("valid_from") else EARLIEST
                for row in reversed(rows)  # and the oldest tells since when
            },
            province=feed_contracts.province(seeds).code,
            platforms=feed_contracts.load_code_list("platforms", seeds),
        )

    @cached_property
    def first_day(self) -> date:
        """The day from which any platform is connected."""
        return min(self.connected.values(), default=EARLIEST)

    def first_day_of(self, sender: str) -> date:
        """The day from which ``sender`` is connected; the province's centre since the first platform is."""
        return self.connected.get(sender, self.first_day)

    def sender_of(self, text: str) -> str | None:
        """The sender that a code, name or alias stands for."""
        if text in self.names:
            return text
        folded = feed_contracts.normalise(text)
        by_name = {feed_contracts.normalise(name): code for code, name in self.names.items()}
        return self.platforms.accepted.get(folded) or by_name.get(folded)
