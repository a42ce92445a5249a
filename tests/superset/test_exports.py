"""What is taken along: marked for spreadsheets, named by what it holds, and telling nothing of the machine."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import forged_payloads
import pytest
import requests
from client import Session

from hotline.stack.superset import Superset


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


def test_an_excel_file_is_named_alike(sessions: dict[str, Session], datasets: dict[str, int]) -> None:
    chart = sessions["admin"].ids("chart", "slice_name")["得分与名次"]
    filters = [{"col": "report_month", "op": "IN", "val": ["2024年09月"]}]
    body = forged_payloads.request(datasets["mart_score_monthly"], {"filters": filters})
    answer = sessions["analyst"].post(
        "/api/v1/chart/data", body | {"result_format": "xlsx", "form_data": {"slice_id": chart}}
    )
    name = requests.utils.unquote(answer.headers["Content-Disposition"].partition("filename*=UTF-8''")[2])
    assert answer.ok and name == "得分与名次_2024-09.xlsx" and answer.content.startswith(b"PK")


def test_the_largest_csv_is_marked_named_and_whole(sessions: dict[str, Session], datasets: dict[str, int]) -> None:
    """From a hundred thousand rows on Superset would stream it, and leave formulas in it as they are."""
    charts = sessions["admin"].ids("chart", "slice_name")
    filters = [{"col": "platform_code", "op": "==", "val": "LNJT"}]
    body = forged_payloads.request(
        datasets["fct_ticket"], {"columns": ["ticket_no", "platform_code"], "filters": filters, "row_limit": 100_000}
    )
    body |= {"result_format": "csv", "form_data": {"slice_id": charts["受理工单"], "row_limit": 100_000}}
    analyst = sessions["analyst"]
    form = {"form_data": json.dumps(body), "filename": "../x.csv", "expected_rows": "100000"}
    answer = analyst.http.post(f"{analyst.address}/api/v1/chart/data", data=form, timeout=120)
    assert answer.ok and "Transfer-Encoding" not in answer.headers, answer.text[:300]
    assert answer.content.startswith(b"\xef\xbb\xbf") and answer.content.count(b"\xef\xbb\xbf") == 1
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert len(lines) == 100_001 and {line.split(",")[1] for line in lines[1:]} == {"LNJT"}
    name = requests.utils.unquote(answer.headers["Content-Disposition"].partition("filename*=UTF-8''")[2])
    assert name == "受理工单_LNJT.csv"


def test_the_streamed_export_of_sql_lab_is_not_offered(sessions: dict[str, Session]) -> None:
    analyst = sessions["analyst"]
    client = analyst.sql("select '=1+1' as a").json()["query"]["id"]
    path = f"{analyst.address}/api/v1/sqllab/export_streaming/"
    answer = analyst.http.post(path, data={"client_id": client}, timeout=60)
    assert answer.status_code == 404 and "=1+1" not in answer.text


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
