"""The published tables, read from ``reference/``: nothing published is repeated in code."""

from __future__ import annotations

import csv
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from pathlib import Path

from hotline.errors import HotlineError

BULLETIN_MONTH = (2024, 9)


def read_csv(path: Path) -> list[dict[str, str]]:
    """Rows of a UTF-8 CSV file with a header. Raises HotlineError when the file is missing."""
    if not path.is_file():
        raise HotlineError(f"{path} is missing", "restore the reference folder of the checkout")
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def rate_pct(now: int, base: int) -> Decimal:
    """Growth of ``now`` over ``base`` in percent, half-up at two decimals, as the bulletins print it."""
    return (Decimal(100 * (now - base)) / Decimal(base)).quantize(Decimal("0.01"), ROUND_HALF_UP)


class Bulletin:
    """Liaoning's report on September 2024 (source L): its annexes and text tables as lists of rows."""

    def __init__(self, reference: Path) -> None:
        self.folder = reference / "liaoning_2024_09"

    def _read(self, name: str) -> list[dict[str, str]]:
        return read_csv(self.folder / f"{name}.csv")

    @cached_property
    def indicators(self) -> list[dict[str, str]]:
        """Annex 1: one row a platform."""
        return self._read("annex1_indicators")

    @cached_property
    def spot_check(self) -> list[dict[str, str]]:
        """Annex 2: audited and reported rates, one row a platform."""
        return self._read("annex2_spot_check")

    @cached_property
    def problem_tickets(self) -> list[dict[str, str]]:
        """Annex 2: the nine ticket numbers that were printed."""
        return self._read("annex2_problem_tickets")

    @cached_property
    def volume(self) -> list[dict[str, str]]:
        """Annex 3: tickets by platform and business type."""
        return self._read("annex3_volume_by_platform")

    @cached_property
    def by_type(self) -> list[dict[str, str]]:
        return self._read("volume_by_business_type")

    @cached_property
    def by_domain(self) -> list[dict[str, str]]:
        return self._read("volume_by_domain")

    @cached_property
    def top_categories(self) -> list[dict[str, str]]:
        return self._read("top_categories")

    @cached_property
    def top_subcategories(self) -> list[dict[str, str]]:
        return self._read("top_subcategories")

    @cached_property
    def top_platforms(self) -> list[dict[str, str]]:
        return self._read("top_platforms_by_category")

    @cached_property
    def text_figures(self) -> list[dict[str, str]]:
        """Figures of the running text and of total rows; ``same_as`` is the code of the claim that each restates."""
        return self._read("text_figures")
