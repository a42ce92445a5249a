"""Who sees what, tried over HTTP on a running server."""

from __future__ import annotations

import io
import json
import re
import subprocess
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
import forged_payloads
import pytest
import requests
import yaml
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
OWN = {"shenyang": "210100", "dalian": "210200"}
SECURITY = yaml.safe_load((Path(__file__).resolve().parents[2] / "superset" / "security.yaml").read_text("utf-8"))


class Foreign:
    """What must stand in no answer to a city: how to know other platforms, people and the machine in a text."""

    def __init__(self, superset: Superset, published: duckdb.DuckDBPyConnection) -> None:
        self.platforms = published.execute("select platform_code, platform_name from marts.dim_platform").fetchall()
        (self.tickets,) = published.execute("select count(*) from marts.fct_ticket").fetchone()
        self.callers = [
            key
            for (key,) in published.execute(
                "select distinct caller_key from marts.fct_ticket where caller_key is not null limit 1000"
            ).fetchall()
        ]
        self.people = superset.account_names()
        self.place = str(superset.settings.var)

    def in_text(self, text: str, account: str) -> list[str]:
        """Every sign of somebody else's in an answer to ``account``."""
        text = re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), text)
        own = OWN.get(account)
        signs = [self.place, str(Path.home()), "pytest-of-", "root:x:", "root:*", str(self.tickets)]
        for code, name in self.platforms:
            if code != own:
                signs += [
                    f'"{code}"',
                    f'"{name}"',
                    f"JT{code if code != 'LNJT' else '210000'}2",
                    f"\n{code},",
                    f",{code},",
                ]
        signs += [name for user, name in self.people.items() if user != account]
        signs += [f"{user}@" for user in self.people if user != account]
        if "ticket_no" in text or "caller" in text or len(text) < 100_000:
            signs += self.callers
        return [sign for sign in signs if sign in text]


@pytest.fixture(scope="module")
def foreign(superset: Superset, published: duckdb.DuckDBPyConnection) -> Foreign:
    return Foreign(superset, published)


@pytest.fixture(scope="module")
def draft(sessions: dict[str, Session], datasets: dict[str, int]) -> Iterator[int]:
    """A chart that an analyst saved in the browser: of every platform, by SQL of the analyst's own."""
    text = "string_agg(DISTINCT platform_code, ',')"
    metric = {"expressionType": "SQL", "sqlExpression": text, "label": "codes"}
    answer = sessions["analyst"].post(
        "/api/v1/chart/",
        {
            "slice_name": f"草稿 {uuid.uuid4()}",
            "viz_type": "table",
            "datasource_id": datasets["fct_ticket"],
            "datasource_type": "table",
            "params": json.dumps({"metrics": [metric], "viz_type": "table"}),
            "query_context": json.dumps(
                forged_payloads.request(datasets["fct_ticket"], {"columns": [], "metrics": [metric]})
            ),
        },
    )
    assert answer.status_code == 201, answer.text
    made = answer.json()["id"]
    yield made
    analyst = sessions["analyst"]
    assert analyst.http.delete(f"{analyst.address}/api/v1/chart/{made}", timeout=60).ok


def unescaped(answer: requests.Response) -> str:
    return re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), answer.text)


def rows_of(answer: requests.Response) -> list[dict]:
    """All rows of an answer to a chart request or to SQL Lab, whatever its status; of other answers none."""
    try:
        body = answer.json()
    except ValueError:
        return []
    if not isinstance(body, dict):
        return []
    results = body["result"] if isinstance(body.get("result"), list) else [body]
    return [row for result in results if isinstance(result, dict) for row in result.get("data") or []]


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
    comparison = {None} if dataset in COMPARED else set()
    for account, own in OWN.items():
        rows = sessions[account].rows(datasets[dataset], [column])
        assert {row[column] for row in rows} == {own} | comparison
    assert len(sessions["auditor"].rows(datasets[dataset], [column])) >= 14


COMPARED = {
    dataset
    for dataset in DATASETS
    if "comparison"
    in SECURITY["platform_files"]["tables"][SECURITY["platform_files"]["datasets"].get(dataset, dataset)]
}
"""Data sets in which a city sees figures of the province beside its own."""


def test_of_the_province_a_city_sees_rates_and_no_volumes(
    sessions: dict[str, Session], datasets: dict[str, int]
) -> None:
    """The bulletin prints the rates; with the volumes one could take one's own away and have the others'."""
    assert {"indicator_period"} == COMPARED
    columns = ["platform_code", "scope_kind", "unit"]
    units = {
        (row["scope_kind"], row["unit"])
        for row in sessions["shenyang"].rows(datasets["indicator_period"], columns)
        if row["platform_code"] is None
    }
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
    for rule in ("城市分析员只看本平台", "默认拒绝"):
        covered = {
            table["table_name"] for stored in answer if stored["name"].startswith(rule) for table in stored["tables"]
        }
        assert {name.rpartition(".")[2] for name in covered} == set(DATASETS) == set(datasets)
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
    for dataset, column in [(name, PLATFORM.get(name, "platform_code")) for name in datasets]:
        answer = outsider.post("/api/v1/chart/data", forged_payloads.request(datasets[dataset], {"columns": [column]}))
        assert rows_of(answer) == [] and "没有查看数据的权限" in unescaped(answer), dataset
    answer = outsider.sql("select count(*) as n from marts.fct_ticket")
    assert not answer.ok and rows_of(answer) == []


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


@pytest.mark.parametrize("account", ["auditor", "shenyang", "dalian"])
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
    assert len(words) == len(SECURITY["users"]) and all(len(word) >= 20 for word in words)
    command = Path(f"/proc/{superset.states()['superset']}/cmdline").read_bytes().decode()
    assert not any(word in command for word in words)


# ---------------------------------------------------------------- the matrix of roles and resources

MATRIX = yaml.safe_load((Path(__file__).with_name("access_matrix.yaml")).read_text("utf-8"))
ROLES = {"admin": "admin", "analyst": "analyst", "auditor": "auditor", "shenyang": "city", "dalian": "city"}


@pytest.fixture(scope="module")
def placeholders(sessions: dict[str, Session], datasets: dict[str, int], draft: int) -> dict[str, int]:
    admin = sessions["admin"]
    return {
        "dashboard": admin.ids("dashboard", "slug")["hotline-overview"],
        "chart": admin.ids("chart", "slice_name")["受理工单"],
        "dataset": datasets["fct_ticket"],
        "draft": draft,
    }


def filled(value: object, ids: dict[str, int]) -> object:
    """``value`` with the ids put in for their names in braces."""
    match value:
        case str():
            for name, number in ids.items():
                if value == f"{{{name}}}":
                    return number
                value = value.replace(f"{{{name}}}", str(number))
            return value
        case dict():
            return {key: filled(item, ids) for key, item in value.items()}
        case list():
            return [filled(item, ids) for item in value]
        case _:
            return value


@pytest.mark.parametrize("account", [*ROLES, "stranger"])
def test_the_matrix_of_roles_and_resources(
    superset: Superset, sessions: dict[str, Session], placeholders: dict[str, int], foreign: Foreign, account: str
) -> None:
    session, role = sessions.get(account) or Session(superset.address), ROLES.get(account, "stranger")
    wrong = []
    for entry in MATRIX:
        if role in entry.get("skip", []):
            continue
        method = entry.get("method", "POST" if "body" in entry else "GET")
        path = filled(entry["path"], placeholders)
        body = filled(entry.get("body"), placeholders)
        answer = session.http.request(method, session.address + path, json=body, timeout=60, allow_redirects=False)
        login = answer.status_code == 302 and "/login" in answer.headers["Location"]
        allowed = answer.ok and not login
        if allowed != (role in entry["for"]):
            wrong.append((method, path, answer.status_code, answer.headers.get("Location", answer.text[:200])))
        found = foreign.in_text(answer.text, account) if role in {"city", "stranger"} else []
        if entry.get("definitions"):  # texts of git name codes; they hold no row
            found = [sign for sign in found if sign.strip('"') not in dict(foreign.platforms)]
        if found:
            wrong.append((method, path, answer.status_code, found))
    assert wrong == []


# ---------------------------------------------------------------- forged requests


@pytest.fixture(scope="module")
def forged(sessions: dict[str, Session], datasets: dict[str, int]) -> dict[str, dict]:
    charts = sessions["admin"].ids("chart", "slice_name")
    return forged_payloads.all_of(
        datasets["fct_ticket"], {"dataset": datasets["mart_score_monthly"], "chart": charts["受理工单"]}
    )


def test_there_are_enough_forged_requests(forged: dict[str, dict]) -> None:
    assert len(forged) > 400


@pytest.mark.parametrize("account", OWN)
def test_no_forged_request_brings_a_foreign_row(
    sessions: dict[str, Session], forged: dict[str, dict], foreign: Foreign, account: str
) -> None:
    """Every form of statement in every place, through every kind of result; the refusals are the server's, not crashes."""
    granted, wrong = 0, []
    for name, body in forged.items():
        answer = sessions[account].post("/api/v1/chart/data", body)
        rows = [row for row in rows_of(answer) if row.get("platform_code", OWN[account]) != OWN[account]]
        if rows or answer.status_code >= 500 or (found := foreign.in_text(told(answer), account)):
            wrong.append((name, answer.status_code, rows[:2] or found))
        granted += answer.ok
    assert wrong == []
    assert granted >= 10, "harmless requests among them are answered, so the server was there"


def told(answer: requests.Response) -> str:
    """The answer, without what a refusal repeats of the request."""
    return answer.text if answer.ok else re.sub(r"(：|自定义\w+|模板).*", "", unescaped(answer))


def test_what_an_analyst_asked_before_is_not_served_to_a_city_from_the_cache(
    sessions: dict[str, Session], forged: dict[str, dict], foreign: Foreign
) -> None:
    """The same request, byte for byte, first from an analyst, whose answers are kept, then twice from each city."""
    names = [name for name in forged if name.startswith(("plain", "metric:sub_select", "column:union", "forced"))]
    assert len(names) >= 6
    plain = forged["forced"] | {"force": False}
    everything = rows_of(sessions["analyst"].post("/api/v1/chart/data", plain))
    assert len(everything) == 15 or len({row["platform_code"] for row in everything}) > 1
    for name in names:
        sessions["analyst"].post("/api/v1/chart/data", forged[name])
    for account in [*OWN, *OWN]:
        for body in [plain, *(forged[name] for name in names)]:
            answer = sessions[account].post("/api/v1/chart/data", body)
            assert {row.get("platform_code", OWN[account]) for row in rows_of(answer)} <= {OWN[account]}
            assert foreign.in_text(told(answer), account) == []


def test_a_key_of_a_cached_answer_opens_nothing(sessions: dict[str, Session], forged: dict[str, dict]) -> None:
    answer = sessions["analyst"].post("/api/v1/chart/data", forged["forced"])
    key = answer.json()["result"][0]["cache_key"]
    for account in OWN:
        for path in (f"/api/v1/chart/data/{key}", f"/superset/explore_json/data/{key}"):
            answer = sessions[account].get(path)
            assert not answer.ok and rows_of(answer) == []


@pytest.mark.parametrize("account", OWN)
def test_a_chart_of_an_analyst_is_not_for_cities_until_it_is_in_git(
    sessions: dict[str, Session], datasets: dict[str, int], draft: int, foreign: Foreign, account: str
) -> None:
    city = sessions[account]
    assert draft in sessions["analyst"].ids("chart", "slice_name").values()
    assert draft not in city.ids("chart", "slice_name").values()
    metric = {"expressionType": "SQL", "sqlExpression": "string_agg(DISTINCT platform_code, ',')", "label": "codes"}
    asked = forged_payloads.request(datasets["fct_ticket"], {"columns": [], "metrics": [metric]})
    for answer in (
        city.get(f"/api/v1/chart/{draft}"),
        city.get(f"/api/v1/chart/{draft}/data/"),
        city.get(f"/api/v1/chart/{draft}/data/?type=samples&format=csv"),
        city.post("/api/v1/chart/data", asked),
        city.post("/api/v1/chart/data", asked | {"form_data": {"slice_id": draft}}),
        city.put("/api/v1/chart/warm_up_cache", {"chart_id": draft}),
    ):
        assert not answer.ok and rows_of(answer) == []
        assert "草稿" not in unescaped(answer) and foreign.in_text(told(answer), account) == []


def test_nothing_is_found_by_guessed_ids(
    sessions: dict[str, Session], datasets: dict[str, int], draft: int, foreign: Foreign
) -> None:
    """Charts, data sets, dashboards, links and kept forms by number, as somebody who counts through them finds them."""
    city = sessions["shenyang"]
    wrong = []
    for number in range(1, max(draft, *datasets.values()) + 3):
        for path in (
            f"/api/v1/chart/{number}",
            f"/api/v1/chart/{number}/data/",
            f"/api/v1/dataset/{number}",
            f"/api/v1/dashboard/{number}",
            f"/api/v1/dashboard/{number}/datasets",
            f"/api/v1/dashboard/{number}/filter_state/1",
            f"/api/v1/explore/form_data/{number}",
            f"/api/v1/user/{number}/avatar.png",
        ):
            answer = city.get(path)
            if found := foreign.in_text(answer.text, "shenyang"):
                wrong.append((path, found))
        for kind in ("full", "samples", "query"):
            body = forged_payloads.request(number, {"columns": [], "metrics": []}) | {"result_type": kind}
            answer = city.post("/api/v1/chart/data", body)
            if found := foreign.in_text(answer.text, "shenyang"):
                wrong.append((number, kind, found))
    assert wrong == []


@pytest.mark.parametrize("column", ["owners", "created_by", "changed_by"])
@pytest.mark.parametrize("kind", ["chart", "dashboard", "theme", "dataset", "report", "tag", "saved_query"])
def test_nobody_but_oneself_is_there_to_choose(
    sessions: dict[str, Session], foreign: Foreign, kind: str, column: str
) -> None:
    for account in ("shenyang", "dalian", "analyst"):
        for more in ("", "?q=(include_ids:!(1,2,3,4,5))", "?q=(filter:省)", "?q=(page_size:100)"):
            answer = sessions[account].get(f"/api/v1/{kind}/related/{column}{more}")
            text = unescaped(answer)
            others = [name for user, name in foreign.people.items() if user != account]
            assert [name for name in others if name in text] == []


def test_another_accounts_shared_view_shows_the_own_rows_only(
    sessions: dict[str, Session], placeholders: dict[str, int], foreign: Foreign
) -> None:
    """A link carries the chosen filters of whoever made it, and neither rows nor a name."""
    state = {"dataMask": {"NATIVE_FILTER-1": {"filterState": {"value": ["2024-09"]}}}, "urlParams": []}
    path = f"/api/v1/dashboard/{placeholders['dashboard']}/permalink"
    made = sessions["analyst"].post(path, state)
    assert made.status_code == 201
    answer = sessions["shenyang"].get(f"/api/v1/dashboard/permalink/{made.json()['key']}")
    assert answer.ok and answer.json()["state"]["dataMask"] == state["dataMask"]
    assert foreign.in_text(answer.text, "shenyang") == []
    own = sessions["shenyang"].post(path, state)
    assert own.status_code == 201, "the share button is offered, so it works"


# ---------------------------------------------------------------- exports


def exported(session: Session, dataset: int, patch: dict, chart: int | None = None) -> requests.Response:
    body = forged_payloads.request(dataset, patch) | {"result_format": "csv"}
    return session.post("/api/v1/chart/data", body | ({"form_data": {"slice_id": chart}} if chart else {}))


def test_a_csv_begins_with_one_byte_order_mark_and_is_named_by_what_it_holds(
    sessions: dict[str, Session], datasets: dict[str, int]
) -> None:
    charts = sessions["admin"].ids("chart", "slice_name")
    filters = [
        {"col": "report_month", "op": "IN", "val": ["2024年09月"]},
        {"col": "platform_name", "op": "IN", "val": ["沈阳"]},
    ]
    answer = exported(
        sessions["analyst"],
        datasets["mart_score_monthly"],
        {"columns": ["platform_code"], "filters": filters},
        charts["得分与名次"],
    )
    assert answer.ok and answer.content.startswith(b"\xef\xbb\xbf") and answer.content.count(b"\xef\xbb\xbf") == 1
    assert answer.content.decode("utf-8-sig").splitlines()[1:] == ["210100"]
    disposition = answer.headers["Content-Disposition"]
    assert requests.utils.unquote(disposition.partition("filename*=UTF-8''")[2]) == "得分与名次_2024-09_沈阳.csv"
    assert 'filename="export.csv"' in disposition


def test_the_name_of_a_csv_holds_nothing_that_a_file_name_must_not(
    sessions: dict[str, Session], datasets: dict[str, int]
) -> None:
    value = '../a\r\nSet-Cookie: x=1;\u202e\ud83d\ude00*?"<>|\x00' + "长" * 500
    filters = [{"col": "platform_name", "op": "IN", "val": [value]}]
    answer = exported(
        sessions["analyst"], datasets["mart_score_monthly"], {"columns": ["platform_name"], "filters": filters}
    )
    assert answer.status_code < 500 and "x" not in answer.cookies
    name = requests.utils.unquote(answer.headers["Content-Disposition"].partition("filename*=UTF-8''")[2])
    assert name.startswith("a-Set-Cookie-") and name.endswith(".csv") and len(name) < 80
    assert not set(name) & set('/\\\r\n\x00\u202e*?"<>|:;')


def test_a_csv_of_sql_lab_has_the_mark_and_harmless_formulas(sessions: dict[str, Session]) -> None:
    text = "select '=1+1' as a, '@SUM(1)' as b, '+1' as c, -5 as d, '沈阳' as e"
    answer = sessions["analyst"].sql(text)
    client = answer.json()["query"]["id"]
    export = sessions["analyst"].get(f"/api/v1/sqllab/export/{client}/")
    assert export.ok and export.content.count(b"\xef\xbb\xbf") == 1 and export.content.startswith(b"\xef\xbb\xbf")
    assert export.content.decode("utf-8-sig").splitlines() == ["a,b,c,d,e", "'=1+1,'@SUM(1),'+1,-5,沈阳"]


@pytest.mark.parametrize(
    ("account", "kind"), [("analyst", "dashboard"), ("analyst", "chart"), ("admin", "dataset"), ("admin", "database")]
)
def test_an_export_names_no_path_of_the_machine(
    sessions: dict[str, Session], superset: Superset, account: str, kind: str
) -> None:
    answer = sessions[account].get(f"/api/v1/{kind}/export/?q=!(1)")
    assert answer.ok
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        texts = [archive.read(name).decode() for name in archive.namelist()]
    assert len(texts) >= 2
    for sign in (str(superset.settings.var), str(superset.settings.home), "serving/", ".duckdb", str(Path.home())):
        assert not [text for text in texts if sign in text], sign


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
