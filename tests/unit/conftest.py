"""The demo's feeds, simulated once for all tests of the simulation."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from simulated import simulate, utf8_copy


@pytest.fixture(scope="session")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's feeds: three months at scale 1."""
    var = tmp_path_factory.mktemp("full")
    outcome = simulate(var)
    assert not outcome.skipped
    return var


@pytest.fixture(scope="session")
def feeds(full: Path, tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    """Tables t (tickets), e (events), c (callbacks) of all months, f (the truth)."""
    utf8 = tmp_path_factory.mktemp("utf8")
    connection = duckdb.connect()
    for table, feed in (("t", "tickets"), ("e", "ticket_events"), ("c", "callbacks")):
        paths = []
        for path in sorted((full / "landing").glob(f"*/*/{feed}-*.csv")):
            paths.append(str(utf8_copy(path, utf8)))
        connection.execute(f"create table {table} as select * from read_csv({paths}, all_varchar=true, header=true)")
    for table, columns in {
        "t": ["受理时间", "应办结时间"],
        "e": ["操作时间"],
        "c": ["回访时间"],
    }.items():
        for column in columns:
            connection.execute(f'alter table {table} alter "{column}" type timestamp')
    connection.execute("alter table e alter 流转序号 type integer")
    truth = [str(path) for path in sorted((full / "simulation").glob("fabricated-*.csv"))]
    connection.execute(f"create table f as select * from read_csv({truth}, all_varchar=true, header=true)")
    connection.execute(
        """
        create table l as
        select 工单编号,
            min(操作时间) filter (流转环节 = '受理') as accepted,
            min(操作时间) filter (流转环节 = '办结') as first_closed,
            max(操作时间) filter (流转环节 = '办结') as closed,
            min(操作时间) filter (流转环节 = '回访') as called,
            count(*) as events, max(流转序号) as last_seq
        from e group by all
        """
    )
    return connection
