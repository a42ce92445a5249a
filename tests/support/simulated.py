"""Simulated feeds for tests: how to make them, how to read them, and the published figures to hold them against."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import duckdb

from hotline.settings import Settings
from hotline.simulate.generate import Outcome, Request, run

HOME = Path(__file__).resolve().parents[2]
REFERENCE = HOME / "reference" / "liaoning_2024_09"
MONTHS = ("2023-09", "2024-08", "2024-09")
DELIVERED = {"2023-09": "2023-10-08", "2024-08": "2024-09-02", "2024-09": "2024-10-08"}
GB18030 = ("210700", "211200")
DISHONEST = {"210100", "210200", "210300", "210500", "210900", "211200"}


def published(name: str) -> list[dict[str, str]]:
    with (REFERENCE / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def settings(var: Path) -> Settings:
    return Settings(home=HOME, var=var)


def simulate(var: Path, months=MONTHS, scale=1.0, seed=12328, delivery="monthly", corrections=False) -> Outcome:
    request = Request(tuple(months), scale, seed, delivery, corrections)
    return run(request, var / "landing", var / "simulation", settings(var), lambda count: None)


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def utf8_copy(path: Path, folder: Path) -> Path:
    """The file itself, or a copy in UTF-8 of what its platform wrote in GB18030."""
    platform = path.parent.parent.name
    if platform not in GB18030:
        return path
    target = folder / f"{platform}-{path.name}"
    target.write_text(path.read_bytes().decode("gb18030"), encoding="utf-8")
    return target


def one(connection: duckdb.DuckDBPyConnection, query: str):
    return connection.execute(query).fetchone()[0]
