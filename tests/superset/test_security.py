"""Who sees what, tried over HTTP on a running server."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import duckdb
import pytest
from client import Session

from hotline.stack.superset import Superset
from hotline.superset_assets import Assets


@pytest.fixture(scope="module")
def sessions(superset: Superset) -> dict[str, Session]:
    """One logged-in session an account."""
    return {name: Session(superset.address, name, word) for name, word in superset.passwords().items()}


@pytest.fixture(scope="module")
def datasets(sessions: dict[str, Session]) -> dict[str, int]:
    return sessions["admin"].ids("dataset", "table_name")


PLATFORM = {"quality_check": "entity_code", "fct_ticket_event": "sender_code", "fct_callback": "sender_code"}


def test_whoever_has_not_logged_in_sees_nothing(superset: Superset, datasets: dict[str, int]) -> None:
    stranger = Session(superset.address)
    page = stranger.get("/superset/dashboard/hotline-overview/")
    assert page.status_code == 302 and "/login" in page.headers["Location"]
    for path in ("/api/v1/dashboard/hotline-overview", "/api/v1/dashboard/hotline-overview/charts"):
        assert stranger.get(path).status_code in {401, 403, 404}
    for path in ("/api/v1/dashboard/", "/api/v1/chart/", "/api/v1/dataset/"):
        answer = stranger.get(path)
        assert answer.status_code in {401, 403} or answer.json()["count"] == 0
    body = {"datasource": {"id": datasets["fct_ticket"], "type": "table"}, "queries": [{"columns": ["ticket_no"]}]}
    assert stranger.post("/api/v1/chart/data", body).status_code in {400, 401, 403}
    assert stranger.sql("select 1").status_code in {400, 401, 403}


DATASETS = sorted(
    dataset["table_name"]
    for dataset in Assets.read(Path(__file__).resolve().parents[2] / "superset" / "assets").datasets.values()
)


@pytest.mark.parametrize("dataset", DATASETS)
def test_a_city_analyst_sees_the_own_platform_only(
    sessions: dict[str, Session], datasets: dict[str, int], dataset: str
) -> None:
    column = PLATFORM.get(dataset, "platform_code")
    rows = sessions["shenyang"].rows(datasets[dataset], [column])
    assert [row[column] for row in rows] == ["210100"]
    assert len(sessions["auditor"].rows(datasets[dataset], [column])) >= 14


@pytest.mark.parametrize(
    "dataset", ["indicator_period", "indicator_daily", "mart_category_ranking", "mart_volume_growth"]
)
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
    for rule in ("城市分析员只看本平台", "默认拒绝"):
        covered = {
            table["table_name"] for stored in answer if stored["name"].startswith(rule) for table in stored["tables"]
        }
        assert {name.rpartition(".")[2] for name in covered} == set(DATASETS) == set(datasets)


def test_the_cache_of_one_account_is_not_served_to_another(
    sessions: dict[str, Session], datasets: dict[str, int]
) -> None:
    for _ in range(2):
        everything = sessions["analyst"].rows(datasets["mart_score_monthly"], ["platform_code"])
        own = sessions["shenyang"].rows(datasets["mart_score_monthly"], ["platform_code"])
        assert (len(everything), len(own)) == (15, 1)


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
    for dataset, column in [(name, PLATFORM.get(name, "platform_code")) for name in datasets]:
        assert outsider.rows(datasets[dataset], [column]) == [], dataset
    answer = outsider.sql("select count(*) as n from marts.fct_ticket")
    assert answer.json()["data"] == [{"n": 0}]


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


@pytest.mark.parametrize("account", ["auditor", "shenyang"])
def test_readers_change_nothing(sessions: dict[str, Session], account: str) -> None:
    dashboards = sessions["admin"].ids("dashboard", "slug")
    charts = sessions["admin"].ids("chart", "slice_name")
    reader = sessions[account]
    title = {"dashboard_title": "changed"}
    assert reader.put(f"/api/v1/dashboard/{dashboards['hotline-overview']}", title).status_code == 403
    assert reader.put(f"/api/v1/chart/{charts['受理工单']}", {"slice_name": "changed"}).status_code == 403
    assert reader.get("/api/v1/rowlevelsecurity/").status_code == 403
    assert reader.get("/api/v1/security/users/").status_code in {403, 404}
    assert reader.put("/api/v1/database/1", {"expose_in_sqllab": True}).status_code == 403


def test_a_change_needs_the_csrf_token(superset: Superset) -> None:
    session = Session(superset.address, "analyst", superset.passwords()["analyst"])
    del session.http.headers["X-CSRFToken"]
    answer = session.sql("select 1")
    assert answer.status_code == 400 and "CSRF" in answer.text


def test_pages_of_this_server_talk_to_this_server_only(superset: Superset) -> None:
    headers = Session(superset.address).get("/login/").headers
    policy = headers["Content-Security-Policy"]
    assert "http://" not in policy and "https://" not in policy
    assert "HttpOnly" in headers["Set-Cookie"] and "SameSite=Lax" in headers["Set-Cookie"]


def test_secrets_are_for_the_owner_only(superset: Superset) -> None:
    files = [*superset.settings.secrets.iterdir(), superset.home / "superset.db"]
    assert len(files) >= 6
    assert {path.stat().st_mode & 0o077 for path in files} == {0}
    words = set(superset.passwords().values())
    assert len(words) == 4 and all(len(word) >= 20 for word in words)
    command = Path(f"/proc/{superset.states()['superset']}/cmdline").read_bytes().decode()
    assert not any(word in command for word in words)
