"""Whose rows a person sees, by query builder, by cache and by the file that a connection opens."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import duckdb
import forged_payloads
import pytest
from answers import OWN, PLATFORM, SECURITY, rows_of, unescaped
from client import Session

from hotline.stack.superset import Superset
from hotline.superset_assets import Assets

DATASETS = sorted(
    dataset["table_name"]
    for dataset in Assets.read(Path(__file__).resolve().parents[2] / "superset" / "assets").datasets.values()
)
FILES = SECURITY["platform_files"]
NOT_GIVEN = {dataset for dataset in DATASETS if FILES["datasets"].get(dataset, dataset) in FILES["not_given"]}
GIVEN = [dataset for dataset in DATASETS if dataset not in NOT_GIVEN]
COLUMN = PLATFORM | {"mart_build": "build_no", "pipeline_state": "checked_text", "quality_run": "run_id"}
"""A column of the data sets that are no platform's: the installation's own."""
FEWEST = {"integrity_bad": 6} | dict.fromkeys(COLUMN.keys() - PLATFORM.keys(), 1)
"""Rows that a reader of the province sees at least, where not every platform has some."""


@pytest.mark.parametrize("dataset", GIVEN)
def test_a_city_analyst_sees_the_own_platform_only(
    sessions: dict[str, Session], datasets: dict[str, int], dataset: str
) -> None:
    column = PLATFORM.get(dataset, "platform_code")
    comparison = {None} if dataset in COMPARED else set()
    for account, own in OWN.items():
        rows = sessions[account].rows(datasets[dataset], [column])
        assert {row[column] for row in rows} == {own} | comparison
    assert len(sessions["auditor"].rows(datasets[dataset], [column])) >= 14


COMPARED = {dataset for dataset in GIVEN if "comparison" in FILES["tables"][FILES["datasets"].get(dataset, dataset)]}
"""Data sets in which a city sees figures of the province beside its own."""


@pytest.mark.parametrize("dataset", sorted(NOT_GIVEN))
def test_what_no_platform_gets_is_refused_and_not_even_named(
    sessions: dict[str, Session], datasets: dict[str, int], dataset: str
) -> None:
    column = COLUMN.get(dataset, "platform_code")
    assert len(sessions["auditor"].rows(datasets[dataset], [column])) >= FEWEST.get(dataset, 14)
    for account in OWN:
        assert dataset not in sessions[account].ids("dataset", "table_name")
        answer = sessions[account].post(
            "/api/v1/chart/data", forged_payloads.request(datasets[dataset], {"columns": [column]})
        )
        assert answer.status_code in {400, 403}, answer.text[:300]
        assert not any(f'"{code}"' in answer.text for code in ("210300", OWN[account]))


def test_of_the_province_a_city_sees_rates_and_no_volumes(
    sessions: dict[str, Session], datasets: dict[str, int]
) -> None:
    """The bulletin prints the rates; with the volumes one could take one's own away and have the others'."""
    assert {"indicator_period"} == COMPARED
    columns = ["platform_code", "scope_kind", "unit"]
    counts = ["numerator", "denominator", "previous_numerator", "previous_year_denominator", "closed_denominator"]
    shown = [
        row
        for row in sessions["shenyang"].rows(datasets["indicator_period"], [*columns, "value", *counts])
        if row["platform_code"] is None
    ]
    units = {(row["scope_kind"], row["unit"]) for row in shown}
    assert any(row["value"] is not None for row in shown), "the rates are given"
    assert {row[count] for row in shown for count in counts} == {None}, "the counts that they are made of are not"
    everybody = {
        (row["scope_kind"], row["unit"])
        for row in sessions["auditor"].rows(datasets["indicator_period"], columns)
        if row["platform_code"] is None
    }
    assert units == {("province", "percent")}
    assert {("province", "tickets"), ("province", "percent")} & everybody and len(everybody) > 1


@pytest.mark.parametrize("dataset", ["indicator_daily", "mart_category_ranking", "mart_volume_growth"])
def test_rows_of_the_whole_province_are_not_for_cities(
    sessions: dict[str, Session], datasets: dict[str, int], dataset: str
) -> None:
    """The province less one's own rows tells the others' figures, nearly those of the one large platform."""
    everybody = [row["platform_code"] for row in sessions["auditor"].rows(datasets[dataset], ["platform_code"])]
    own = [row["platform_code"] for row in sessions["shenyang"].rows(datasets[dataset], ["platform_code"])]
    assert None in everybody and None not in own


def test_every_data_set_is_covered_by_both_rules(
    superset: Superset, sessions: dict[str, Session], datasets: dict[str, int]
) -> None:
    answer = sessions["admin"].get("/api/v1/rowlevelsecurity/?q=(page_size:100)").json()["result"]
    for rule, expected in (("城市分析员只看本平台", GIVEN), ("默认拒绝", DATASETS)):
        covered = {
            table["table_name"] for stored in answer if stored["name"].startswith(rule) for table in stored["tables"]
        }
        assert {name.rpartition(".")[2] for name in covered} == set(expected)
    assert set(DATASETS) == set(datasets)
    for stored in answer:
        if {table["table_name"].rpartition(".")[2] for table in stored["tables"]} & NOT_GIVEN:
            assert "city_analyst" not in {role["name"] for role in stored["roles"]}, "denied like whoever has no role"
    clauses = [stored["clause"] for stored in answer if stored["name"].startswith("城市分析员")]
    assert clauses and all("own_scope()" in clause for clause in clauses)


def test_the_cache_of_one_account_is_not_served_to_another(
    sessions: dict[str, Session], datasets: dict[str, int]
) -> None:
    for _ in range(2):
        everything = sessions["analyst"].rows(datasets["mart_score_monthly"], ["platform_code"])
        own = sessions["shenyang"].rows(datasets["mart_score_monthly"], ["platform_code"])
        other = sessions["dalian"].rows(datasets["mart_score_monthly"], ["platform_code"])
        assert (len(everything), [*own, *other]) == (15, [{"platform_code": "210100"}, {"platform_code": "210200"}])


OUTSIDER = """
import json, sys
from superset.app import create_app
password = json.load(sys.stdin)
with create_app().app_context():
    from superset import db, security_manager
    role = security_manager.add_role("outsider")
    role.permissions = list(security_manager.find_role("auditor").permissions)
    db.session.commit()
    assert security_manager.add_user("outsider", "外来", "", "outsider@hotline.invalid", [role], password=password)
"""


def test_a_role_that_no_rule_names_sees_no_row(
    superset: Superset, datasets: dict[str, int], published: duckdb.DuckDBPyConnection
) -> None:
    """Default deny: even with every permission of an auditor."""
    subprocess.run(
        [superset.settings.executable("superset", "python"), "-c", OUTSIDER],
        env=superset.environment(),
        cwd=superset.home,
        input=json.dumps("outsider-of-this-test"),
        capture_output=True,
        text=True,
        check=True,
    )
    outsider = Session(superset.address, "outsider", "outsider-of-this-test")
    for dataset, column in [(name, COLUMN.get(name, "platform_code")) for name in datasets]:
        answer = outsider.post("/api/v1/chart/data", forged_payloads.request(datasets[dataset], {"columns": [column]}))
        assert rows_of(answer) == [] and "没有查看数据的权限" in unescaped(answer), dataset
    answer = outsider.sql("select count(*) as n from marts.fct_ticket")
    assert not answer.ok and rows_of(answer) == []


# ---------------------------------------------------------------- the file alone, without the check of requests

BEHIND = """
import json
from superset.app import create_app
app = create_app()
NAMES = ["admin", "analyst", "auditor", "shenyang", "dalian", None, "SHENYANG", "shenyang ", "nobody", "210200", "../hotline"]
FORGED = "string_agg(DISTINCT platform_code, ',') FROM marts.fct_ticket UNION ALL SELECT NULL"
SELECT = "SELECT string_agg(DISTINCT platform_code, ',' ORDER BY platform_code) FROM marts.fct_ticket"
OTHERS = ["SELECT * FROM read_text('{whole}')", "FROM '{other}'", "ATTACH '{other}' AS other", "SET enable_external_access = true",
          "ATTACH ':memory:' AS m", "COPY (SELECT 1) TO '{other}.csv'", "SELECT caller_key FROM marts.fct_ticket"]

def seen(action):
    try:
        return {"rows": action()}
    except Exception as error:
        return {"error": type(error).__name__}

with app.test_request_context("/"):
    from flask import g
    from superset import db, security_manager
    from superset.charts.schemas import ChartDataQueryContextSchema
    from superset.commands.chart.data.get_data_command import ChartDataCommand
    from superset.connectors.sqla.models import SqlaTable
    from superset.models.core import Database
    from superset.utils.core import override_user
    from sqlalchemy.engine import make_url
    from guard import payloads, rows

    database = db.session.query(Database).filter_by(database_name="热线数据仓库").one()
    dataset = db.session.query(SqlaTable).filter_by(table_name="fct_ticket").one().id
    people = {name: security_manager.find_user(username=name) if name else None for name in NAMES}
    whole = rows.file_of("province")

    def ask(text):
        with database.get_sqla_engine() as engine, engine.connect() as connection:
            return [list(map(str, row)) for row in connection.exec_driver_sql(text).fetchall()]

    def chart():
        metric = {"expressionType": "SQL", "sqlExpression": FORGED, "label": "n"}
        body = {"datasource": {"id": dataset, "type": "table"}, "queries": [{"columns": [], "metrics": [metric]}],
                "result_format": "json", "result_type": "full", "force": True}
        command = ChartDataCommand(ChartDataQueryContextSchema().load(body))
        command.validate()
        answer = command.run()
        return [str(row) for query in answer["queries"] for row in query["data"]]

    found = {}
    for name, person in people.items():
        opened = seen(lambda: rows.connection_of(make_url("duckdb:///published"), {}, name, security_manager, None)[0].database)
        with override_user(person):
            found[str(name)] = {"file": opened, "platforms": seen(lambda: ask(SELECT))}
    other = whole.parent / "platforms" / "210200.duckdb"
    with override_user(people["shenyang"]):
        found["tricks"] = {text: seen(lambda: ask(text.format(whole=whole, other=other))) for text in OTHERS}
        found["checked"] = seen(chart)
        payloads.check = lambda context: None
        found["unchecked"] = seen(chart)
        app.config["DB_CONNECTION_MUTATOR"] = lambda uri, params, *rest: (uri.set(database=str(whole)), params)
        found["without the barrier"] = seen(chart)
print("FOUND" + json.dumps(found, default=str))
"""


@pytest.fixture(scope="module")
def behind(superset: Superset) -> dict:
    """What connections open and show when no check of requests stands before them, in a process of its own."""
    run = subprocess.run(
        [superset.settings.executable("superset", "python"), "-c", BEHIND],
        env=superset.environment(),
        cwd=superset.home,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    return json.loads(run.stdout.partition("FOUND")[2])


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("admin", "hotline.duckdb"),
        ("analyst", "hotline.duckdb"),
        ("auditor", "hotline.duckdb"),
        ("shenyang", "platforms/210100.duckdb"),
        ("dalian", "platforms/210200.duckdb"),
        *((name, None) for name in ("None", "shenyang ", "nobody", "210200", "../hotline")),
    ],
)
def test_every_engine_opens_the_file_of_the_person_it_is_for(
    superset: Superset, behind: dict, name: str, file: str | None
) -> None:
    """Jobs without a person open nothing; thumbnails, alerts and caches get their engines the same way."""
    found = behind[name]
    if file is None:
        assert set(found["file"]) == set(found["platforms"]) == {"error"}
        return
    assert found["file"] == {"rows": str(superset.settings.published_database.parent / file)}
    (row,) = found["platforms"]["rows"]
    assert (set(row[0].split(",")) == {OWN[name]}) if name in OWN else len(row[0].split(",")) == 15


def test_another_way_of_writing_a_name_opens_nothing_wider(behind: dict) -> None:
    found = behind["SHENYANG"]["file"]
    assert "error" in found or found["rows"].endswith("platforms/210100.duckdb")


def test_the_own_file_is_no_way_out(behind: dict) -> None:
    assert {text for text, found in behind["tricks"].items() if "error" not in found} <= {"ATTACH ':memory:' AS m"}


def test_the_file_alone_keeps_foreign_rows_away_and_nothing_else_does(behind: dict) -> None:
    """The forged request refused; let through: the own rows; let through to the whole file: everybody's rows."""
    assert set(behind["checked"]) == {"error"}
    assert "210100" in str(behind["unchecked"]["rows"]) and "210200" not in str(behind["unchecked"]["rows"])
    assert "LNJT" not in str(behind["unchecked"]["rows"])
    assert "210200" in str(behind["without the barrier"]["rows"]) and "LNJT" in str(
        behind["without the barrier"]["rows"]
    )
