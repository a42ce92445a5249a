"""Suite ``feeds``: each feed's newest batch in the raw layer against its contract, and the ledger against both.

The newest batch is the newest delivery day of the feed up to the day of the run: monthly feeds are judged in every run,
and no run reads more than one day of a feed. The expectations are generated: a column added to a contract is judged
from then on. Rows are read with the columns that are judged only; free text never leaves the Parquet file.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import duckdb
import great_expectations.expectations as gxe
import pandas as pd

from expectations.scope import Scope
from expectations.suites import Batch, Judgement, expect
from hotline.contracts import Column, Contract, senders
from hotline.ingest import ledger
from hotline.ingest.statement import SQL_TYPES, literal

MAXIMUM_QUARANTINE_PCT = 1.0
ROW_CHECKS = ("feed_sender", "feed_required", "feed_codes", "feed_formats", "feed_key_unique")
LEDGER_CHECKS = (
    "feed_rows_accounted",
    "feed_rows_in_raw",
    "feed_quarantine_share",
    "feed_files_accepted",
    "deliveries_recognised",
)
LINEAGE = ["platform", "_file_name", "_row_number"]


def judgements(scope: Scope) -> list[Judgement]:
    rows = [
        Judgement(
            name=f"feeds_{feed}",
            suite="feeds",
            title=f"{contract.title}（原始层）",
            checks=ROW_CHECKS,
            covers=(feed,),
            read=partial(_rows, scope, contract),
        )
        for feed, contract in scope.contracts.items()
    ]
    return [
        Judgement("feeds_columns", "feeds", "原始层的列与类型", ("feed_columns",), None, partial(_columns, scope)),
        *rows,
        Judgement("feeds_ledger", "feeds", "报送台账", LEDGER_CHECKS, None, partial(_ledger, scope)),
    ]


def _parquet(scope: Scope, feed: str) -> list[str]:
    """Raw files of a feed's newest batch, as far as the ledger counts them and they are there."""
    loaded = [entry for entry in _newest(scope, feed) if entry["rows_loaded"]]
    files = sorted(path for path in (_raw_file(scope, entry) for entry in loaded) if path.is_file())
    # the file without rows has the contract's present columns: files from before one was added are no fault
    whole = scope.raw / feed / "dt=1970-01-01" / "platform=none" / "schema.parquet"
    return [str(path) for path in ([whole] if files and whole.exists() else []) + files]


def _newest(scope: Scope, feed: str) -> list[dict]:
    day = scope.newest_delivery(feed)
    return [entry for entry in ledger.read(scope.ledger, [str(day)]) if entry["feed"] == feed] if day else []


def _raw_file(scope: Scope, entry: dict) -> Path:
    name = ledger.parquet_name(entry["content_hash"], entry["judgement"])
    return scope.raw / entry["feed"] / f"dt={entry['dt']}" / f"platform={entry['platform_code']}" / name


def _relation(files: list[str], connection: duckdb.DuckDBPyConnection | None = None) -> duckdb.DuckDBPyRelation:
    """Rows of Parquet ``files``. Types of the partitions are given: else a day of cities alone has numbers for codes."""
    listed = ", ".join(literal(file) for file in files)
    return (connection or duckdb).sql(
        f"select * from read_parquet([{listed}], union_by_name = true, hive_partitioning = true, "
        "hive_types = {'dt': date, 'platform': varchar})"
    )


def _entries(scope: Scope) -> list[dict]:
    """Ledger entries of every feed's newest batch, and whatever else arrived on the day of the run."""
    batches = {(str(scope.newest_delivery(feed)), feed) for feed in scope.contracts}
    days = {day for day, _ in batches if day != "None"} | {str(scope.day)}
    return [
        entry
        for entry in ledger.read(scope.ledger, days)
        if entry["dt"] == str(scope.day) or (entry["dt"], entry["feed"]) in batches
    ]


def _rows(scope: Scope, contract: Contract) -> Batch:
    """One row a raw row of the newest batch, with the columns that the contract says something about."""
    judged = [column for column in contract.columns if column.is_stored and _is_judged(column)]
    names = list(dict.fromkeys([*(column.stored_as for column in judged), *contract.key, *LINEAGE, "_file_hash"]))
    files = _parquet(scope, contract.feed)
    if not files:
        return Batch(pd.DataFrame(columns=names), [], LINEAGE)
    repeated = {"_file_name", "_file_hash", *(column.stored_as for column in judged if column.code_list)}
    if any(column.equals_sender for column in judged):
        repeated -= {column.stored_as for column in judged if column.equals_sender}  # compared with "platform" as text
    else:
        repeated.add("platform")
    frame = _read(files, names, repeated)
    check = partial(_expect, scope, contract.feed)
    expectations = [
        check(
            "feed_key_unique",
            gxe.ExpectCompoundColumnsToBeUnique,
            f"主键（{'、'.join(_headers(contract, contract.key))}）在同一文件内不重复",
            column_list=[*contract.key, "_file_hash"],
            mostly=1.0,
        )
    ]
    for column in judged:
        name, label = column.stored_as, f"「{column.header}」"
        if column.required:
            expectations.append(
                check("feed_required", gxe.ExpectColumnValuesToNotBeNull, f"{label}不为空", column=name, mostly=1.0)
            )
        if column.code_list:
            codes = scope.codes(column.code_list)
            text = f"{label}取自代码表 {column.code_list}（{len(codes)} 个编码）"
            expectations.append(
                check("feed_codes", gxe.ExpectColumnValuesToBeInSet, text, column=name, value_set=codes, mostly=1.0)
            )
        if column.equals_sender:
            expectations.append(
                check(
                    "feed_sender",
                    gxe.ExpectColumnPairValuesToBeEqual,
                    f"{label}等于报送平台",
                    column_A=name,
                    column_B="platform",
                    ignore_row_if="both_values_are_missing",
                    mostly=1.0,
                )
            )
        if column.pattern:
            text = f"{label}符合格式 {column.pattern}"
            expectations.append(
                check(
                    "feed_formats",
                    gxe.ExpectColumnValuesToMatchRegex,
                    text,
                    column=name,
                    regex=column.pattern,
                    mostly=1.0,
                )
            )
        if column.minimum is not None or column.maximum is not None:
            bounds = {
                "min_value": column.minimum,
                "max_value": column.maximum,
                "strict_min": False,
                "strict_max": False,
            }
            low = "－∞" if column.minimum is None else column.minimum
            high = "＋∞" if column.maximum is None else column.maximum
            text = f"{label}在 {low} 至 {high} 之间"
            expectations.append(
                check("feed_formats", gxe.ExpectColumnValuesToBeBetween, text, column=name, mostly=1.0, **bounds)
            )
    return Batch(frame, expectations, LINEAGE, _not_asked(contract))


def _read(files: list[str], names: list[str], repeated: set[str]) -> pd.DataFrame:
    """Columns ``names`` of Parquet ``files``; ``repeated`` ones become categories, at a tenth of the memory of texts."""
    with duckdb.connect() as connection:
        _relation(files, connection).create_view("raw_rows")
        columns = []
        for name in names:
            if name in repeated:
                connection.execute(
                    f'create type "{name}_values" as enum (select distinct "{name}"::varchar from raw_rows '
                    f'where "{name}" is not null order by 1)'
                )
            columns.append(f'"{name}"::"{name}_values" as "{name}"' if name in repeated else f'"{name}"')
        return connection.sql(f"select {', '.join(columns)} from raw_rows").df()


def _not_asked(contract: Contract) -> frozenset[str]:
    """Row checks that the contract has no rule for."""
    asked = {
        "feed_sender": any(column.equals_sender for column in contract.columns),
        "feed_required": any(column.required for column in contract.columns),
        "feed_codes": any(column.code_list for column in contract.columns),
        "feed_formats": any(
            column.pattern or column.minimum is not None or column.maximum is not None for column in contract.columns
        ),
        "feed_key_unique": bool(contract.key),
    }
    return frozenset(check for check, is_asked in asked.items() if not is_asked)


def _is_judged(column: Column) -> bool:
    return bool(
        column.required
        or column.code_list
        or column.equals_sender
        or column.pattern
        or column.minimum is not None
        or column.maximum is not None
    )


def _headers(contract: Contract, names: tuple[str, ...]) -> list[str]:
    headers = {column.stored_as: column.header for column in contract.columns}
    return [headers[name] for name in names]


def _expect(scope: Scope, feed: str, check_code: str, expectation: type, description: str, **parameters: object):
    return expect(scope.catalogue[check_code], expectation, description, entity=feed, **parameters)


def _columns(scope: Scope) -> Batch:
    """One row a contract column or stored column of each feed's newest batch, with both types."""
    rows = []
    for feed, contract in scope.contracts.items():
        if not (files := _parquet(scope, feed)):
            continue
        described = _relation(files)
        found = {name: str(kind) for name, kind in zip(described.columns, described.types, strict=True)}
        expected = {
            column.stored_as: SQL_TYPES[column.logical_type].upper() for column in contract.columns if column.is_stored
        }
        names = [*expected, *(name for name in found if name not in expected and not _is_lineage(name))]
        rows += [
            {
                "feed": feed,
                "column_name": name,
                "contract_type": expected.get(name, "—"),
                "raw_type": found.get(name, "—").partition("(")[0],
            }
            for name in names
        ]
    frame = pd.DataFrame(rows, columns=["feed", "column_name", "contract_type", "raw_type"])
    return Batch(
        frame,
        [
            expect(
                scope.catalogue["feed_columns"],
                gxe.ExpectColumnPairValuesToBeEqual,
                "原始层每一列的类型等于契约的类型；“—”表示缺少该列",
                entity_column="feed",
                column_A="contract_type",
                column_B="raw_type",
                ignore_row_if="both_values_are_missing",
                mostly=1.0,
            )
        ],
        ["column_name"],
    )


def _is_lineage(name: str) -> bool:
    return name.startswith("_") or name in {"dt", "platform"}


def _ledger(scope: Scope) -> Batch:
    """One row a delivered file of the newest batches, with the rows that the raw layer holds of it."""
    columns = ["feed", "platform_code", "file_name", "status", "rows_in", "rows_accounted", "rows_loaded", "raw_rows"]
    entries = _entries(scope)
    if not entries:
        return Batch(pd.DataFrame(columns=[*columns, "quarantine_pct", "recognised"]), [], [])
    names = [
        "feed",
        "platform_code",
        "file_name",
        "status",
        "content_hash",
        "rows_in",
        "rows_loaded",
        "rows_quarantined",
    ]
    frame = pd.DataFrame([{name: entry[name] for name in names} for entry in entries])
    frame = frame.sort_values(["feed", "platform_code", "file_name"], ignore_index=True)
    for name in ("rows_in", "rows_loaded", "rows_quarantined"):
        frame[name] = frame[name].astype("float64")
    # rows of a rejected file that could not be parsed are unknown: null, and judged by no check of rows
    frame["rows_accounted"] = frame["rows_loaded"] + frame["rows_quarantined"]
    frame["quarantine_pct"] = (100.0 * frame["rows_quarantined"] / frame["rows_in"]).where(frame["rows_in"] != 0, 0.0)
    frame["raw_rows"] = _raw_rows(scope, frame)
    # a file of no known feed belongs to no entity of the feed checks: it is the warehouse's own finding
    known = frame["feed"].isin(list(scope.contracts))
    frame["recognised"] = known & frame["platform_code"].isin(list(senders(scope.seeds)))
    frame["feed"] = frame["feed"].where(known, None)
    check = partial(expect, entity_column="feed", mostly=1.0)
    return Batch(
        frame,
        [
            check(
                scope.catalogue["feed_rows_accounted"],
                gxe.ExpectColumnPairValuesToBeEqual,
                "收到行数 = 入库行数 + 隔离行数",
                column_A="rows_in",
                column_B="rows_accounted",
                ignore_row_if="both_values_are_missing",
            ),
            check(
                scope.catalogue["feed_rows_in_raw"],
                gxe.ExpectColumnPairValuesToBeEqual,
                "台账入库行数 = 原始层行数",
                column_A="rows_loaded",
                column_B="raw_rows",
                ignore_row_if="neither",
            ),
            check(
                scope.catalogue["feed_quarantine_share"],
                gxe.ExpectColumnValuesToBeBetween,
                f"每份文件的隔离行占比不超过 {MAXIMUM_QUARANTINE_PCT:g} %",
                column="quarantine_pct",
                min_value=0.0,
                max_value=MAXIMUM_QUARANTINE_PCT,
                strict_min=False,
                strict_max=False,
            ),
            check(
                scope.catalogue["feed_files_accepted"],
                gxe.ExpectColumnValuesToNotBeInSet,
                "文件没有被整份拒收",
                column="status",
                value_set=["rejected"],
            ),
            expect(
                scope.catalogue["deliveries_recognised"],
                gxe.ExpectColumnValuesToBeInSet,
                "每份文件的报送单位和数据名称均已登记",
                entity="warehouse",
                column="recognised",
                value_set=[True],
                mostly=1.0,
            ),
        ],
        ["platform_code", "file_name"],
    )


def _raw_rows(scope: Scope, delivered: pd.DataFrame) -> pd.Series:
    """Rows in the raw layer by file, in the order of ``delivered``: Parquet metadata are not enough, rows carry the hash."""
    counts: dict[tuple[str, str, str], int] = {}
    for feed in delivered["feed"].unique():
        if files := _parquet(scope, feed):
            for platform, file_hash, rows in _relation(files).aggregate("platform, _file_hash, count(*)").fetchall():
                counts[feed, platform, file_hash] = rows
    keys = zip(delivered["feed"], delivered["platform_code"], delivered["content_hash"], strict=True)
    return pd.Series([counts.get(key, 0) for key in keys], index=delivered.index, dtype="int64")
