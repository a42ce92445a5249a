"""What a statement reaches: the marts, and neither the host, nor the machine's paths, nor another file."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest
from answers import SECURITY, rows_of, unescaped
from client import Session

from hotline.stack.superset import Superset


@pytest.mark.parametrize(
    "statement",
    [
        "select * from read_text('/etc/passwd')",
        "select * from read_csv('/etc/hostname')",
        "select * from '/etc/passwd'",
        "select * from glob('/*')",
        "attach '/etc/passwd' as host",
        "copy (select 1) to '{folder}/written.csv'",
        "set enable_external_access = true",
        "install httpfs",
    ],
)
@pytest.mark.parametrize("account", ["analyst", "admin"])
def test_sql_lab_does_not_reach_the_host(
    sessions: dict[str, Session], account: str, statement: str, tmp_path: Path
) -> None:
    answer = sessions[account].sql(statement.format(folder=tmp_path))
    assert answer.status_code >= 400, answer.text[:300]
    assert "root:" not in answer.text
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "statement",
    [
        "delete from marts.fct_ticket",
        "update marts.mart_score_monthly set total_score = 100",
        "create table marts.mine as select 1 as one",
        "drop view marts.mart_volume_growth",
    ],
)
@pytest.mark.parametrize("account", ["analyst", "admin"])
def test_nobody_writes_to_the_warehouse(
    sessions: dict[str, Session], published: duckdb.DuckDBPyConnection, account: str, statement: str
) -> None:
    before = published.execute("select count(*) from marts.fct_ticket").fetchone()
    assert sessions[account].sql(statement).status_code >= 400
    assert published.execute("select count(*) from marts.fct_ticket").fetchone() == before


def test_an_analyst_may_query_the_marts(sessions: dict[str, Session]) -> None:
    answer = sessions["analyst"].sql(
        "select sum(tickets) as n from marts.mart_volume_monthly where month = '2024-09-01'"
    )
    assert answer.status_code == 200, answer.text[:300]
    assert answer.json()["data"] == [{"n": 243909}]


def test_a_city_analyst_has_no_sql_lab(sessions: dict[str, Session]) -> None:
    assert sessions["shenyang"].sql("select count(*) from marts.fct_ticket").status_code in {401, 403}


TELLING = [
    "pragma database_list",
    "from pragma_database_list",
    "select path from duckdb_databases()",
    "unpivot (select path from duckdb_databases()) on path",
    "pivot (from duckdb_databases()) on path using count(*)",
    "summarize pragma_database_list",
    "summarize select * from duckdb_databases()",
    "from (describe duckdb_databases())",
    "explain analyze select * from pragma_database_list",
    "explain select current_setting('allowed_paths')",
    "select current_setting('allowed_paths')",
    "select system.main.\"Current_Setting\"('temp_directory')",
    "select current_setting\u00a0('secret_directory')",
    "select 'allowed_directories'.current_setting()",
    "select list_transform([1], lambda x: current_setting('allowed_paths'))",
    "with told as (select * from duckdb_settings()) select * from told",
    "select * from pg_catalog.pg_settings",
    "select * from query('select path from duckdb_' || 'databases()')",
    "from json_execute_serialized_sql(json_serialize_sql('from duckdb_databases()'))",
    "pragma json_execute_serialized_sql('{}')",
    "select * from duckdb_temporary_files()",
    "select * from duckdb_secrets()",
    "select * from duckdb_extensions()",
    "select * from duckdb_logs",
    "select * from duckdb_external_file_cache()",
    "select * from sniff_csv('/etc/passwd')",
    "select * from read_duckdb('../hotline.duckdb')",
    "select * from parquet_schema('/x')",
    "select getenv('HOME')",
    "attach 'platforms/210100.duckdb' as p (read_only)",
    "attach ':memory:' as m",
    "copy marts.dim_platform to 'x.csv'",
    "explain analyze copy (select 1) to 'x.csv'",
    "export database 'x'",
    "install httpfs",
    "load httpfs",
    "create secret s (type http)",
    "create temp macro m() as table select path from duckdb_databases()",
    "set variable v = (select list(path) from duckdb_databases())",
    "prepare p as select path from duckdb_databases()",
    "set threads = 64",
    "reset memory_limit",
    "call enable_logging()",
    "checkpoint",
    "use memory",
    "select 1; select path from duckdb_databases()",
]


@pytest.mark.parametrize("account", ["analyst", "admin"])
def test_no_statement_tells_where_files_lie_or_does_more_than_read(
    sessions: dict[str, Session], superset: Superset, account: str
) -> None:
    """Nothing is granted: neither what tells a path, nor a form that Superset's own check does not understand."""
    signs = [str(superset.settings.var), str(superset.settings.published_database.resolve().parent.parent), "/.duckdb"]
    wrong = []
    for statement in TELLING:
        answer = sessions[account].sql(statement)
        if answer.ok or rows_of(answer) or any(sign in unescaped(answer) for sign in signs):
            wrong.append((statement, answer.status_code, answer.text[:200]))
    assert wrong == []


@pytest.mark.parametrize(
    "statement",
    [
        "from marts.dim_platform",
        "describe marts.dim_platform",
        "summarize marts.dim_platform",
        "show databases",
        "select version() as version, current_date as today",
        "explain select count(*) from marts.fct_ticket",
        "pivot marts.mart_volume_monthly on platform_code using sum(tickets) group by month",
        "unpivot (select platform_code, platform_name from marts.dim_platform) on platform_code, platform_name",
        "with recursive t as (select 1 as n union all select n + 1 from t where n < 3) select * from t",
        "select platform_code as query, platform_name as glob from marts.dim_platform -- duckdb_settings",
        "select n, v from (select unnest(range(3)) as n) cross join (values ('current_setting')) as x (v)",
        "select 1 as one; select 2 as two",
    ],
)
def test_what_an_analyst_needs_is_answered(sessions: dict[str, Session], statement: str) -> None:
    answer = sessions["analyst"].sql(statement)
    assert answer.status_code == 200 and rows_of(answer), answer.text[:300]


def test_a_statement_longer_than_the_limit_is_not_read(sessions: dict[str, Session]) -> None:
    longest = SECURITY["request_limits"]["statement_bytes"]
    for path in ("execute/", "format_sql/"):
        body = {"database_id": 1, "schema": "marts", "sql": "select 1 as one -- " + "x" * longest}
        answer = sessions["analyst"].post(f"/api/v1/sqllab/{path}", body)
        assert answer.status_code == 413 and rows_of(answer) == []
    chunks = (part for part in [json.dumps(body).encode()])
    http = sessions["analyst"].http
    headers = {"Content-Type": "application/json"}
    answer = http.post(f"{sessions['analyst'].address}/api/v1/sqllab/execute/", chunks, headers=headers, timeout=60)
    assert answer.status_code == 413, "a body in chunks states no length"
    assert rows_of(sessions["analyst"].sql("select 1 as one -- " + "x" * (longest // 2))) == [{"one": 1}]
