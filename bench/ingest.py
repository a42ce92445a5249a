"""Ingest against plain DuckDB on the same files in the same run: ``python bench/ingest.py [--rows N] [--runs N]``.

Plain is one process that runs ``COPY (SELECT * FROM read_csv(file)) TO parquet`` for each file: no validation, no
de-identification, no lineage. Each side runs in a process of its own, in turn; the medians and their ratio are printed.
Seconds depend on the machine, ratios much less: quote those.

Also measured: the same tickets in GB18030 against UTF-8, and Excel rows per second of processor time, beside their ratio to
the reader of workbooks alone, once as they are and once with one identity number that was typed as a number.
"""

from __future__ import annotations

import argparse
import csv
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import xlsxwriter

ROWS_AT_SCALE_1 = 3_162_334
EXCEL_ROWS = 60_000
TYPED_NUMBER = ("证件号码", 2.10102e17)
"""Column and value of a cell that prints another text than it stores: the sheet's own XML is read for it."""
HOTLINE = Path(sys.executable).with_name("hotline")
PLAIN = """
import sys, duckdb
from pathlib import Path
connection = duckdb.connect()
for source in sorted(Path(sys.argv[1]).glob("*/*/*.csv")):
    target = Path(sys.argv[2]) / ("-".join(source.parts[-3:]) + ".parquet")
    connection.execute(f"copy (select * from read_csv('{source}')) to '{target}' (format parquet, compression zstd)")
"""
READER = """
import sys, fastexcel
sheet = fastexcel.read_excel(sys.argv[1]).load_sheet(0, header_row=None, dtypes="string")
sheet.__arrow_c_array__()
"""


@dataclass
class Cost:
    """One run of a child process: seconds and megabytes."""

    cpu: float
    wall: float
    peak: float


def run(argv: list, **environment: str) -> Cost:
    """Run a child and measure it alone (``wait4``)."""
    begin = time.monotonic()
    child = subprocess.Popen(
        list(map(str, argv)), env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    error = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        raise SystemExit(f"{argv[0]} failed:\n{error.decode()}")
    return Cost(usage.ru_utime + usage.ru_stime, time.monotonic() - begin, usage.ru_maxrss / 1024)


def ingest(landing: Path, work: Path, jobs: int) -> Cost:
    var = work / "var"
    shutil.rmtree(var, ignore_errors=True)
    return run([HOTLINE, "ingest", landing, "--jobs", jobs], HOTLINE_VAR=str(var))


def plain(landing: Path, work: Path) -> Cost:
    target = work / "plain"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    return run([sys.executable, "-c", PLAIN, landing, target])


def compare(title: str, first, second, runs: int) -> None:
    """Run both in turn and print the medians and the ratio of each."""
    pairs = [(first(), second()) for _ in range(runs)]
    for measure in ("cpu", "wall", "peak"):
        a, b = (statistics.median(getattr(cost, measure) for cost in side) for side in zip(*pairs, strict=True))
        unit = "MB" if measure == "peak" else "s"
        print(f"{title:<38}{measure:<6}{a:>9.1f} {unit:<3}{b:>9.1f} {unit:<3} ratio {a / b:5.2f}", flush=True)


def simulate(rows: int, work: Path) -> Path:
    """Simulated feeds of about ``rows`` rows, all in UTF-8: plain DuckDB reads no GB18030."""
    landing = work / "landing"
    scale = rows / ROWS_AT_SCALE_1
    run([HOTLINE, "simulate", "--scale", scale, "--landing", landing, "--truth", work / "truth"])
    for path in landing.glob("*/*/*.csv"):
        path.with_name(path.name + ".check").unlink(missing_ok=True)
        try:
            rewrite(path, path.with_suffix(".utf8"), "utf-8", "utf-8")
        except UnicodeDecodeError:
            rewrite(path, path.with_suffix(".utf8"), "gb18030", "utf-8")
        path.with_suffix(".utf8").replace(path)
    return landing


def rewrite(source: Path, target: Path, decoded: str, encoded: str) -> None:
    """Copy a text into another encoding, piece by piece: a large parent would show in its children's peak memory."""
    with (
        source.open(encoding=decoded, newline="") as reader,
        target.open("w", encoding=encoded, newline="") as writer,
    ):
        shutil.copyfileobj(reader, writer, 1 << 20)


def one_file(landing: Path, work: Path, name: str, encoding: str) -> Path:
    """A landing folder with the largest ticket file alone, in ``encoding``."""
    source = max(landing.glob("*/*/tickets*.csv"), key=lambda path: path.stat().st_size)
    target = work / name / source.parent.parent.name / source.parent.name / source.name
    target.parent.mkdir(parents=True)
    rewrite(source, target, "utf-8", encoding)
    return work / name


def excel(landing: Path, work: Path, rows: int, is_typed: bool = False) -> tuple[Path, int]:
    """A workbook of at most ``rows`` tickets in a landing folder of its own, and how many it holds; ``is_typed``: with the
    ``TYPED_NUMBER``."""
    source = max(landing.glob("*/*/tickets*.csv"), key=lambda path: path.stat().st_size)
    folder = work / f"excel-{rows}{'-typed' * is_typed}"
    target = folder / source.parent.parent.name / source.parent.name / "tickets.xlsx"
    target.parent.mkdir(parents=True)
    number = 0
    with (
        source.open(encoding="utf-8-sig", newline="") as handle,
        xlsxwriter.Workbook(target, {"constant_memory": True}) as book,
    ):
        sheet, reader = book.add_worksheet(), csv.reader(handle)
        header = next(reader)
        sheet.write_row(0, 0, header)
        for number, row in zip(range(1, rows + 1), reader):  # noqa: B905 -- the shorter one ends it
            sheet.write_row(number, 0, row)
            if is_typed and number == 1:
                sheet.write_number(number, header.index(TYPED_NUMBER[0]), TYPED_NUMBER[1])
    return target, number


def compare_excel(landing: Path, work: Path, runs: int) -> None:
    """Print for each workbook the rows a second of processor time and the ratio to the reader alone.

    The start of a run and that of the reader, which one worker starts once, are no cost of a row.
    """

    def taken_in(book: Path) -> float:
        return ingest(book.parents[2], work, 1).cpu

    def read(book: Path) -> float:
        return run([sys.executable, "-c", READER, book]).cpu

    empty, _ = excel(landing, work, 0)
    for title, is_typed in (("Excel", False), ("Excel, a number typed as a number", True)):
        book, rows = excel(landing, work, EXCEL_ROWS, is_typed)
        pairs = [(taken_in(book) - taken_in(empty), read(book) - read(empty)) for _ in range(runs)]
        whole, alone = map(statistics.median, zip(*pairs, strict=True))
        print(
            f"{title}: {rows:,} rows, {rows / whole:,.0f} rows a second of processor time; the reader alone "
            f"{rows / alone:,.0f}, ratio {whole / alone:.2f}",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of all feeds together (default 1 000 000)")
    parser.add_argument("--runs", type=int, default=3, help="runs of each side (default 3)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="files at a time (default: processors)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-ingest-") as folder:
        work = Path(folder)
        landing = simulate(options.rows, work)
        size = sum(path.stat().st_size for path in landing.glob("*/*/*.csv")) / 1e6
        print(f"{options.rows:,} rows, {size:,.0f} MB; first: hotline ingest, second: the plain alternative")
        compare(
            "ingest / plain COPY",
            lambda: ingest(landing, work, options.jobs),
            lambda: plain(landing, work),
            options.runs,
        )
        gb, utf8 = one_file(landing, work, "gb", "gb18030"), one_file(landing, work, "utf8", "utf-8")
        compare("GB18030 / UTF-8", lambda: ingest(gb, work, 1), lambda: ingest(utf8, work, 1), options.runs)
        compare_excel(landing, work, options.runs)


if __name__ == "__main__":
    main()
