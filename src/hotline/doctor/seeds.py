"""The seeds as text, and what is said of them when they do not fit together."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from hotline.errors import HotlineError


@dataclass(frozen=True)
class Finding:
    """What does not fit, where, and which row would mend it."""

    file: str
    line: int
    problem: str
    remedy: str


class Seeds:
    """Rows of the seeds by path below ``dbt/seeds``, each with its line in the file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def rows(self, path: str) -> list[tuple[int, dict[str, str]]]:
        """``(line, row)`` of a seed.

        Raises
        ------
        HotlineError: the file is missing.
        """
        file = self.folder / path
        if not file.exists():
            raise HotlineError(f"{file} is missing", "restore it from the project: every register must be there")
        with file.open(encoding="utf-8", newline="") as handle:
            reader = csv.DictReader(handle)
            return [(reader.line_num, row) for row in reader]

    def codes(self, path: str) -> set[str]:
        return {row["code"] for _, row in self.rows(path)}
