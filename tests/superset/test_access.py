"""Which doors open for whom, and what they tell of other people and of the server's secrets."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path

import pytest
import requests
import yaml
from answers import SECURITY, Foreign, unescaped
from client import Session

from hotline.stack.superset import Superset


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


# ---------------------------------------------------------------- other people


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


# ---------------------------------------------------------------- what is somebody else's stays as it is


def form(session: Session, method: str, path: str, **fields: object) -> requests.Response:
    """A request as SQL Lab sends it: fields of a form, each in JSON."""
    sent = {name: json.dumps(value) for name, value in fields.items()}
    return session.http.request(method, session.address + path, data=sent, timeout=60, allow_redirects=False)


def test_a_tab_of_sql_lab_is_its_owners(sessions: dict[str, Session]) -> None:
    """It can neither be given to somebody else, nor filled, emptied or read by one."""
    analyst, auditor = sessions["analyst"], sessions["auditor"]
    editor = {"dbId": 1, "name": "mine", "schema": "marts", "sql": "select 1 as mine"}
    tab = form(analyst, "POST", "/tabstateview/", queryEditor=editor).json()["id"]
    table = {"queryEditorId": tab, "dbId": 1, "schema": "marts", "name": "dim_platform"}
    schema = form(analyst, "POST", "/tableschemaview/", table=table).json()["id"]
    query = analyst.sql("select 4711 as mine").json()["query"]["id"]
    own = form(auditor, "POST", "/tabstateview/", queryEditor=editor).json()["id"]
    me = {name: sessions[name].get("/api/v1/me/").json()["result"] for name in ("admin", "auditor")}
    admin = next(iter(sessions["admin"].get("/api/v1/chart/?q=(page_size:1)").json()["result"]))["owners"][0]["id"]
    forbidden = [
        form(auditor, "PUT", f"/tabstateview/{own}", user_id=admin),
        form(auditor, "PUT", f"/tabstateview/{own}", latest_query_id=query),
        form(auditor, "POST", f"/tabstateview/{own}/migrate_query", queryId=query),
        form(auditor, "DELETE", f"/tabstateview/{own}/query/{query}"),
        form(auditor, "PUT", f"/tabstateview/{tab}", sql="select 2 as theirs"),
        form(auditor, "GET", f"/tabstateview/{tab}"),
        form(auditor, "POST", "/tableschemaview/", table=table | {"selectStar": "drop it"}),
        form(auditor, "POST", f"/tableschemaview/{schema}/expanded", expanded=False),
        form(auditor, "DELETE", f"/tableschemaview/{schema}"),
        form(auditor, "DELETE", f"/tabstateview/{tab}"),
    ]
    assert [answer.status_code for answer in forbidden] == [403] * len(forbidden), me
    kept = analyst.get(f"/tabstateview/{tab}").json()
    assert kept["sql"] == "select 1 as mine" and [item["id"] for item in kept["table_schemas"]] == [schema]
    assert "drop it" not in json.dumps(kept)
    allowed = [
        form(auditor, "PUT", f"/tabstateview/{own}", sql="select 3 as own", label="own"),
        form(analyst, "PUT", f"/tabstateview/{tab}", latest_query_id=query),
        form(analyst, "POST", f"/tableschemaview/{schema}/expanded", expanded=False),
        form(analyst, "DELETE", f"/tableschemaview/{schema}"),
        form(analyst, "DELETE", f"/tabstateview/{tab}"),
        form(auditor, "DELETE", f"/tabstateview/{own}"),
    ]
    assert [answer.status_code for answer in allowed] == [200] * len(allowed)


@pytest.mark.parametrize(("kind", "field"), [("chart", "slice_name"), ("dashboard", "dashboard_title")])
def test_an_import_does_not_change_what_is_in_git(
    sessions: dict[str, Session], placeholders: dict[str, int], kind: str, field: str
) -> None:
    """An analyst may export a chart of git; changed and imported again it would be shown to every city."""
    analyst, number = sessions["analyst"], placeholders[kind]
    bundle, changed = analyst.get(f"/api/v1/{kind}/export/?q=!({number})").content, io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(bundle)) as source, zipfile.ZipFile(changed, "w") as target:
        for name in source.namelist():
            text = source.read(name).decode()
            target.writestr(name, re.sub(rf"(?m)^{field}:.*$", f"{field}: forged", text))
    assert b"forged" in zipfile.ZipFile(changed).read(
        next(name for name in zipfile.ZipFile(changed).namelist() if f"/{kind}s/" in name)
    )

    def stored() -> dict:
        """All that is kept of it; how long ago in words goes on with the clock."""
        told = sessions["admin"].get(f"/api/v1/{kind}/{number}").json()["result"]
        return {name: value for name, value in told.items() if not name.endswith("_humanized")}

    before = stored()
    answer = analyst.http.post(
        f"{analyst.address}/api/v1/{kind}/import/",
        data={"overwrite": "true"},
        files={"formData": ("bundle.zip", changed.getvalue(), "application/zip")},
        timeout=60,
    )
    after = stored()
    assert not answer.ok, answer.text[:300]
    assert after[field] == before[field] != "forged" and after == before
