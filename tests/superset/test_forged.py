"""Forged requests of a city: for rows by free SQL, by keys of caches, by guessed ids. Asserted on the rows returned."""

from __future__ import annotations

import forged_payloads
import pytest
from answers import OWN, Foreign, rows_of, told, unescaped
from client import Session


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
    request: pytest.FixtureRequest,
    sessions: dict[str, Session],
    forged: dict[str, dict],
    foreign: Foreign,
    account: str,
) -> None:
    """Every form of statement in every place, through every kind of result; the refusals are the server's, not crashes.

    The barrier has no city's name in it: from the second one a quarter of them is enough, with ``--long`` all.
    """
    step = 1 if account == next(iter(OWN)) or request.config.getoption("--long") else 4
    granted, wrong = 0, []
    for name, body in list(forged.items())[::step]:
        answer = sessions[account].post("/api/v1/chart/data", body)
        rows = [row for row in rows_of(answer) if row.get("platform_code", OWN[account]) != OWN[account]]
        if rows or answer.status_code >= 500 or (found := foreign.in_text(told(answer), account)):
            wrong.append((name, answer.status_code, rows[:2] or found))
        granted += answer.ok
    assert wrong == []
    assert granted * step >= 10, "harmless requests among them are answered, so the server was there"


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
    dashboards, people = sessions["admin"].ids("dashboard", "slug").values(), foreign.people
    last = {"chart": draft, "dataset": max(datasets.values()), "dashboard": max(dashboards), "user": len(people)}
    for kind, path in (
        ("chart", "/api/v1/chart/{}"),
        ("chart", "/api/v1/chart/{}/data/"),
        ("chart", "/api/v1/explore/form_data/{}"),
        ("dataset", "/api/v1/dataset/{}"),
        ("dashboard", "/api/v1/dashboard/{}"),
        ("dashboard", "/api/v1/dashboard/{}/datasets"),
        ("dashboard", "/api/v1/dashboard/{}/filter_state/1"),
        ("user", "/api/v1/user/{}/avatar.png"),
    ):
        for number in range(1, last[kind] + 3):
            answer = city.get(path.format(number))
            if found := foreign.in_text(answer.text, "shenyang"):
                wrong.append((path, number, found))
    for number in range(1, last["dataset"] + 3):
        for kind in ("full", "samples", "query"):
            body = forged_payloads.request(number, {"columns": [], "metrics": []}) | {"result_type": kind}
            answer = city.post("/api/v1/chart/data", body)
            if found := foreign.in_text(answer.text, "shenyang"):
                wrong.append((number, kind, found))
    assert wrong == []


@pytest.mark.parametrize("account", ["shenyang", "analyst"])
@pytest.mark.parametrize(
    "patch",
    [
        {"filters": [{"col": "platform_code", "op": "IN", "val": ["210100"] * 3000}]},
        {"filters": [{"col": "platform_code", "op": "==", "val": "210100"}] * 1000},
        {"columns": ["platform_code"] * 3000},
        {"metrics": [forged_payloads.simple_metric("platform_code", "MAX")] * 1000},
        {"orderby": [["platform_code", True]] * 2000},
        {"time_range": "a" * 300_000},
        {"columns": [[[["platform_code"]]]] * 3000},
    ],
    ids=["values", "filters", "columns", "metrics", "orders", "long text", "nested"],
)
def test_a_request_for_thousands_of_things_is_turned_away(
    sessions: dict[str, Session], datasets: dict[str, int], account: str, patch: dict
) -> None:
    """Superset would write the SQL for minutes in the server itself, and everybody would wait."""
    answer = sessions[account].post("/api/v1/chart/data", forged_payloads.request(datasets["fct_ticket"], patch))
    assert answer.status_code == 400 and rows_of(answer) == []
    assert "一次请求超过" in unescaped(answer)


@pytest.mark.parametrize("account", ["shenyang", "analyst"])
def test_what_cannot_be_understood_is_the_mistake_of_the_request_whoever_asks(
    sessions: dict[str, Session], forged: dict[str, dict], account: str
) -> None:
    names = [name for name in forged if name.startswith(("pivoted", "ranked", "a filter by", "drawn from"))]
    assert len(names) >= 14
    answers = {name: sessions[account].post("/api/v1/chart/data", forged[name]) for name in names}
    assert {name: answer.status_code for name, answer in answers.items() if answer.status_code >= 500} == {}
    for kind in range(3):
        assert "只能导出为 CSV" in unescaped(answers[f"drawn from form {kind} as xlsx"])


def test_a_request_of_megabytes_is_not_read(sessions: dict[str, Session], datasets: dict[str, int]) -> None:
    body = forged_payloads.request(datasets["fct_ticket"], {}) | {"form_data": {"x": "x" * 3_000_000}}
    for account in ("shenyang", "analyst"):
        answer = sessions[account].post("/api/v1/chart/data", body)
        assert answer.status_code == 413 and rows_of(answer) == []
    state = {"value": "x" * 3_000_000}
    dashboard = sessions["shenyang"].ids("dashboard", "slug")["hotline-overview"]
    answer = sessions["shenyang"].post(f"/api/v1/dashboard/{dashboard}/filter_state", state)
    assert answer.status_code == 413
