"""Workbooks into Parquet, in a process of their own.

The reader of workbooks (fastexcel, calamine) holds the whole rectangle between a sheet's outermost cells in memory, and a
program in Rust that gets no memory ends its process: two cells in 2 KB, far enough apart, would end a run with all its
other files. So it works in a child with bounds, which may end as it likes; it is started once and asked line by line.
"""

from __future__ import annotations

import json
import resource
import selectors
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

MOST_MEMORY = 4 << 30
"""Bytes of address space of the child."""
MOST_CELLS = 60_000_000
"""Cells of the rectangle that a sheet's used range may span."""
MOST_SHEETS = 100
MOST_SECONDS = 300
"""For one workbook; a large one takes some twenty."""
OUT_OF_MEMORY = (-signal.SIGABRT, -signal.SIGKILL)
"""How the child ends when it asks for more than there is: by itself, or by the system."""


class Ended(Exception):
    """The child ended over a workbook, or did not end with it; ``is_memory`` when there was not enough of it."""

    def __init__(self, cause: str, is_memory: bool = False) -> None:
        super().__init__(cause)
        self.is_memory = is_memory


class NoWorkbook(Exception):
    """The child could not read it; ``str`` is the cause as the reader gives it."""


# the parent's side ---------------------------------------------------------------------------------------
_own = threading.local()


def read(book: Path, folder: Path) -> list[dict]:
    """The sheets of a workbook that hold any cell, in its order: ``name, is_hidden, first_column`` (from 0), ``columns,
    rows`` (from the sheet's first row and first used column), ``file``, Parquet with the text columns ``c0``, ``c1``, …, and
    in the binary formats ``merged``, the areas of its merged cells.

    Raises
    ------
    NoWorkbook, Ended: it cannot be read.
    """
    child = getattr(_own, "child", None) or _Child()
    _own.child = child
    try:
        answer = child.ask([str(book), str(folder)])
    except Ended:
        _own.child = None
        raise
    if "error" in answer:
        raise RuntimeError(answer["error"])  # a full disk, or what nobody foresaw
    if "fault" in answer:
        raise NoWorkbook(answer["fault"])
    return answer["sheets"]


class _Child:
    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "hotline.ingest.workbook_reader"], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def ask(self, request: list[str]) -> dict:
        with suppress(BrokenPipeError):  # it has ended since: reading says so
            print(json.dumps(request), file=self.process.stdin, flush=True)
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            has_answered = bool(selector.select(MOST_SECONDS))
        line = self.process.stdout.readline() if has_answered else ""
        if line.endswith("\n"):
            return json.loads(line)
        if not has_answered:
            self.process.kill()
        how = self.process.wait()
        if not has_answered:
            raise Ended(f"its reader needs more than {MOST_SECONDS} seconds")
        raise Ended("its reader failed", is_memory=how in OUT_OF_MEMORY)

    def __del__(self) -> None:
        self.process.kill()
        self.process.communicate()


# the child's side ----------------------------------------------------------------------------------------
def _sheets(book: str, folder: str) -> dict:
    import fastexcel

    try:
        reader = fastexcel.read_excel(book)
        loaded = [_sheet(reader, name, Path(folder, f"sheet{n}.parquet"))
                  for n, name in enumerate(reader.sheet_names[:MOST_SHEETS])]  # fmt: skip
        if not book.endswith(".xlsx") and (fault := _tell_merged(Path(book), loaded)):
            return {"fault": fault}
    except fastexcel.FastExcelError as error:
        return {"fault": str(error)}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}
    return {"sheets": [sheet for sheet in loaded if sheet]}


def _tell_merged(book: Path, loaded: list[dict | None]) -> str | None:
    """Tell of each sheet of a binary workbook where its cells are merged; returns why that cannot be known."""
    from hotline.ingest.merged_cells import merged_cells

    try:
        areas = merged_cells(book)
        for areas_of_sheet, sheet in zip(areas, loaded, strict=True):
            if sheet:
                sheet["merged"] = areas_of_sheet
    except Exception as error:  # whatever a damaged file brings about
        return f"where its cells are merged cannot be told ({type(error).__name__})"
    return None


def _sheet(reader, name: str, target: Path) -> dict | None:
    import duckdb
    import fastexcel

    try:  # from its first row, so that rows are counted as the sheet counts them
        cells = reader.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
    except fastexcel.FastExcelError as error:
        if "not a worksheet" in str(error).lower():
            return None
        raise
    if not cells.width or not cells.height:
        return None
    columns = cells.available_columns()
    facts = {
        "name": name, "is_hidden": cells.visible != "visible", "first_column": columns[0].absolute_index,
        "columns": cells.width, "rows": cells.height, "file": str(target),
    }  # fmt: skip
    if cells.width * cells.height <= MOST_CELLS:
        texts = ", ".join(f"nullif(\"{column.name}\", '') as c{n}" for n, column in enumerate(columns))
        with duckdb.connect(config={"threads": 1, "memory_limit": "1GB"}) as connection:
            connection.register("cells", cells)
            connection.sql(f"select {texts} from cells").write_parquet(str(target))
    return facts


def main() -> None:
    """Answer one request a line until there are no more."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")  # rather this one than the run
    for line in sys.stdin:
        print(json.dumps(_sheets(*json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
