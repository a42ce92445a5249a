"""Hostile queries on a running server: they end at their limits, and nobody else notices.

An installation of its own, with limits of seconds; the code and all other settings are those of the product.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

import pytest
import requests
import yaml
from client import Session

from hotline.settings import Settings
from hotline.stack.processes import free_port
from hotline.stack.superset import Superset

HOME = Path(__file__).resolve().parents[2]
CHART_SECONDS, SQL_SECONDS, PATIENCE = 2, 3, 10
LIMITS = {
    "seconds": {"default": {"charts": CHART_SECONDS, "sql_lab": SQL_SECONDS}},
    "patience_seconds": PATIENCE,
    "waiting_per_user": 20,
    "threads": 40,
    "spare_threads": 8,
    "processes": 6,
    "memory_mb": 256,
    "spill_mb": 64,
    "result_mb": 8,
}
SLACK = 16
"""How many times a harmless chart's time (``pace``) the server's own work may take: four seconds on quiet cores."""
HOSTILE = {
    "cross join": "select count(*) from marts.fct_ticket a, marts.fct_ticket b",
    "blocks in fetch": "select a.range from range(1000000) a, range(1000000) b where a.range * b.range = -1",
    "sort": "select a.range, b.range from range(100000) a, range(100000) b order by a.range * b.range",
    "aggregate": "select range % 50000000 as k, count(*) from range(10000000000) group by 1",
    "recursion": "with recursive t(n) as (select 1 union all select n + 1 from t) select count(*) from t",
    "one long function": "select levenshtein(repeat('a', 300000), repeat('b', 300000))",
    "regular expression": "select count(*) from range(1000000000) where regexp_matches(range::varchar, '(1|11)+$')",
    "one huge list": "select len(range(1000000000))",
}


@pytest.fixture(scope="module")
def server(superset: Superset, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Superset]:
    """Its metadata begin as a copy of the suite's own server: to migrate them anew would take half a minute."""
    home = tmp_path_factory.mktemp("limits")
    shutil.copytree(HOME / "superset", home / "superset", ignore=shutil.ignore_patterns("__pycache__"))
    for name in (".venv", "src"):
        (home / name).symlink_to(HOME / name)
    path = home / "superset" / "security.yaml"
    security = yaml.safe_load(path.read_text(encoding="utf-8"))
    security["limits"] |= LIMITS
    path.write_text(yaml.safe_dump(security, allow_unicode=True, sort_keys=False), encoding="utf-8")
    settings = Settings(home=home, var=home / "var")
    settings.published_database.parent.mkdir(parents=True)
    shutil.copyfile(superset.settings.published_database, settings.published_database)
    shutil.copytree(superset.settings.secrets, settings.secrets)
    own = Superset(settings, free_port(18500))
    own.home.mkdir(parents=True)
    with (
        closing(sqlite3.connect(superset.home / "superset.db")) as source,
        closing(sqlite3.connect(own.home / "superset.db")) as copy,
    ):
        source.backup(copy)
    own.start(lambda text: None)
    try:
        yield own
    finally:
        own.stop()


@pytest.fixture(scope="module")
def sessions(server: Superset) -> dict[str, Session]:
    return {name: Session(server.address, name, word) for name, word in server.passwords().items()}


def chart(session: Session, metric: str) -> requests.Response:
    """A chart with a metric of the user's own, past the cache."""
    return session.post("/api/v1/chart/data", chart_request(session, metric))


def chart_request(session: Session, metric: str) -> dict:
    dataset = session.ids("dataset", "table_name")["mart_volume_monthly"]
    metrics = [{"expressionType": "SQL", "sqlExpression": metric, "label": "n"}]
    return {
        "datasource": {"id": dataset, "type": "table"},
        "queries": [{"columns": [], "metrics": metrics, "row_limit": 10}],
        "result_format": "json",
        "result_type": "full",
        "force": True,
    }


def seconds(call: Callable[[], object]) -> float:
    begin = time.monotonic()
    call()
    return time.monotonic() - begin


@pytest.fixture
def pace(sessions: dict[str, Session]) -> float:
    """Seconds that a harmless chart takes at this moment, the slowest of three: what this machine has left for us."""
    return max(seconds(lambda: chart(sessions["auditor"], "sum(tickets)")) for _ in range(3))


SLOW_METRIC = "max(levenshtein(repeat('a', 300000), repeat('b', 300000) || platform_code))"


def log_in(server: Superset) -> float:
    """Seconds that a login takes, from opening the page to being let in."""
    return seconds(lambda: Session(server.address, "auditor", server.passwords()["auditor"]))


def copy_of(session: Session) -> Session:
    """The same login for another thread."""
    other = Session(session.address)
    other.http.cookies.update(session.http.cookies)
    other.http.headers.update(session.http.headers)
    return other


def words(answer: requests.Response) -> str:
    """The answer as its reader sees it."""
    return json.dumps(answer.json(), ensure_ascii=False)


def together(*calls: Callable[[], requests.Response]) -> list[tuple[requests.Response, float]]:
    def timed(call: Callable[[], requests.Response]) -> tuple[requests.Response, float]:
        begin = time.monotonic()
        return call(), time.monotonic() - begin

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(timed, calls))


def query_processes(server: Superset) -> list[int]:
    """Query processes of this server that are busy: those whose parent is its worker and that have a file open."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            command = (entry / "cmdline").read_bytes() if entry.name.isdigit() else b""
            ours = str(server.definitions).encode() in command and b"query_process" in command
            if ours and any(link.readlink().suffix == ".duckdb" for link in (entry / "fd").iterdir()):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def wait_for(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.1)
    return condition()


@pytest.mark.parametrize("form", ["cross join", "one long function", "one huge list"])
def test_no_form_of_statement_outlives_its_limit(
    server: Superset, sessions: dict[str, Session], pace: float, form: str
) -> None:
    begin = time.monotonic()
    answer = sessions["analyst" if "marts" in HOSTILE[form] else "admin"].sql(HOSTILE[form])
    assert time.monotonic() - begin < SQL_SECONDS + SLACK * pace
    assert answer.status_code >= 400, words(answer)[:300]
    assert "已中止" in words(answer) or "Out of Memory" in words(answer), words(answer)[:500]
    assert query_processes(server) == []


def test_a_chart_is_ended_after_the_time_of_charts(server: Superset, sessions: dict[str, Session], pace: float) -> None:
    begin = time.monotonic()
    answer = chart(sessions["analyst"], SLOW_METRIC)
    assert CHART_SECONDS - 0.5 < time.monotonic() - begin < CHART_SECONDS + SLACK * pace
    assert f"查询运行超过 {CHART_SECONDS} 秒，已中止" in words(answer), words(answer)[:500]
    assert query_processes(server) == []


def test_many_queries_in_one_request_share_its_time(sessions: dict[str, Session], pace: float) -> None:
    session = sessions["analyst"]
    dataset = session.ids("dataset", "table_name")["mart_volume_monthly"]
    metric = {"expressionType": "SQL", "sqlExpression": SLOW_METRIC, "label": "n"}
    queries = [{"columns": [], "metrics": [metric | {"label": f"n{number}"}], "row_limit": 1} for number in range(5)]
    body = {"datasource": {"id": dataset, "type": "table"}, "queries": queries, "force": True}
    begin = time.monotonic()
    assert "已中止" in words(session.post("/api/v1/chart/data", body))
    assert time.monotonic() - begin < CHART_SECONDS + SLACK * pace


@pytest.mark.parametrize("way", ["SQL Lab", "charts"])
def test_eight_hostile_queries_disturb_nobody_and_end(
    server: Superset, sessions: dict[str, Session], pace: float, way: str
) -> None:
    mine = [copy_of(sessions["admin"]) for _ in range(8)]
    statements = list(HOSTILE.values())
    if way == "SQL Lab":
        calls = [partial(session.sql, text) for session, text in zip(mine, statements, strict=True)]
    else:
        calls = [partial(chart, session, SLOW_METRIC) for session in mine]
    health, others, logins, peak = [], [], [], []
    idle_login = log_in(server)
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            begin = time.monotonic()
            assert requests.get(f"{server.address}/health", timeout=10).text == "OK"
            health.append(time.monotonic() - begin)
            peak.append(len(query_processes(server)))
            time.sleep(0.1)

    def read() -> None:
        while not done.is_set():
            begin = time.monotonic()
            answer = chart(sessions["auditor"], f"sum(tickets) + {len(others)}")
            assert answer.status_code == 200, words(answer)[:300]
            others.append(time.monotonic() - begin)

    def come_and_go() -> None:
        while not done.is_set():
            logins.append(log_in(server))

    with ThreadPoolExecutor(3) as pool:
        watchers = [pool.submit(watch), pool.submit(read), pool.submit(come_and_go)]
        try:
            begin = time.monotonic()
            answers = together(*calls)
            total = time.monotonic() - begin
        finally:
            done.set()
        for watcher in watchers:
            watcher.result()
    assert max(health) < 6 * pace
    assert len(others) >= 3 and max(others) < SLACK * pace
    assert max(logins) < SLACK * idle_login, "a login waits for no query"
    assert max(peak) <= 3, "two of the hostile user, one of the other"
    for answer, _ in answers:
        assert answer.status_code >= 400, words(answer)[:300]
        assert "已中止" in words(answer) or "Out of Memory" in words(answer) or "仍未轮到" in words(answer), words(
            answer
        )[:300]
    assert total < PATIENCE + SQL_SECONDS + SLACK * pace
    assert wait_for(lambda: query_processes(server) == [], 2)


def test_a_page_of_fifteen_charts_waits_and_is_drawn(server: Superset, sessions: dict[str, Session]) -> None:
    session = sessions["auditor"]
    slow = "0 * sum(length(repeat('x', 50000)))"
    calls = [partial(chart, copy_of(session), f"sum(tickets) + {number} + {slow}") for number in range(15)]
    assert {answer.status_code for answer, _ in together(*calls)} == {200}


def test_who_sends_more_than_may_wait_is_told_so(server: Superset, sessions: dict[str, Session], pace: float) -> None:
    session = sessions["admin"]
    answers = together(*[partial(copy_of(session).sql, HOSTILE["cross join"]) for _ in range(26)])
    refused = [(answer, taken) for answer, taken in answers if answer.status_code == 429]
    at_once = [answer for answer, _ in refused if "太多" in words(answer)]
    waited = [answer for answer, _ in refused if "仍未轮到" in words(answer)]
    assert at_once and waited and len(at_once) + len(waited) == len(refused)
    assert all(answer.headers["Retry-After"] for answer, _ in refused)
    ran = [answer for answer, _ in answers if "已中止" in words(answer)]
    assert len(ran) + len(refused) == len(answers) and len(ran) >= 2
    assert max(taken for _, taken in answers) < PATIENCE + SQL_SECONDS + SLACK * pace


def test_a_result_too_large_for_the_server_is_refused(sessions: dict[str, Session]) -> None:
    answer = sessions["admin"].sql("select repeat('x', 1000) || range as wide from range(50000)")
    assert "查询结果超过 8 MB" in words(answer), words(answer)[:300]
    assert sessions["admin"].sql("select 1 as one").json()["data"] == [{"one": 1}]


def test_a_reader_who_has_gone_gives_the_place_back(server: Superset, sessions: dict[str, Session]) -> None:
    session = copy_of(sessions["admin"])
    body = {"database_id": 1, "sql": HOSTILE["cross join"], "schema": "marts", "client_id": "gone1"}
    with pytest.raises(requests.exceptions.ReadTimeout):
        session.http.post(f"{session.address}/api/v1/sqllab/execute/", json=body, timeout=2)
    assert wait_for(lambda: query_processes(server) == [], 2)


def test_a_login_does_not_wait_for_the_queries_of_a_page_that_was_closed(
    server: Superset, sessions: dict[str, Session]
) -> None:
    """As when somebody closes a page before its charts are drawn, and comes again."""
    idle, body = log_in(server), chart_request(sessions["analyst"], SLOW_METRIC)

    def broken_off(session: Session) -> None:
        with suppress(requests.exceptions.ReadTimeout):
            session.http.post(f"{session.address}/api/v1/chart/data", json=body, timeout=1)

    with ThreadPoolExecutor(30) as pool:
        list(pool.map(broken_off, [copy_of(sessions["analyst"]) for _ in range(30)]))
    assert log_in(server) < SLACK * idle


def test_places_of_a_killed_server_process_are_free_again(server: Superset, sessions: dict[str, Session]) -> None:
    """And the queries of that process end with it."""

    def run() -> None:
        with suppress(requests.RequestException):
            copy_of(sessions["admin"]).sql(HOSTILE["cross join"])

    slow = threading.Thread(target=run)
    slow.start()
    assert wait_for(lambda: query_processes(server) != [], SQL_SECONDS)
    stat = Path(f"/proc/{query_processes(server)[0]}/stat").read_text(encoding="ascii")
    os.kill(int(stat.rpartition(")")[2].split()[1]), signal.SIGKILL)
    slow.join()
    assert wait_for(lambda: query_processes(server) == [], 3)
    assert wait_for(server.is_healthy, 60), "gunicorn starts another worker"
    assert sessions["admin"].sql("select 1 as one").json()["data"] == [{"one": 1}]


def test_no_query_is_put_into_a_queue_that_nobody_empties(sessions: dict[str, Session], pace: float) -> None:
    body = {"database_id": 1, "sql": "select 1", "schema": "marts", "runAsync": True, "client_id": "queue1"}
    begin = time.monotonic()
    answer = sessions["admin"].post("/api/v1/sqllab/execute/", body)
    assert answer.status_code >= 400 or answer.json()["status"] == "success", words(answer)[:300]
    assert time.monotonic() - begin < SLACK * pace


@pytest.mark.parametrize(
    "template",
    [
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}1",
        "{{ 9 ** 9 ** 9 }}",
        "{{ 'x' * 99999999999 }}",
        "{{ current_username() * 99999999999 }}",
        "{{ ''.__class__ }}",
    ],
)
def test_a_template_computes_nothing_in_the_server(
    server: Superset, sessions: dict[str, Session], pace: float, template: str
) -> None:
    begin = time.monotonic()
    lab = sessions["admin"].sql(f"select {template}")
    assert lab.status_code >= 400 and "SQL 中的模板只可写" in words(lab), words(lab)[:300]
    assert chart(sessions["analyst"], f"sum(tickets) + {template}").status_code >= 400
    assert time.monotonic() - begin < SLACK * pace
    allowed = sessions["admin"].sql("select '{{ current_username() }}' as who")
    assert allowed.json()["data"] == [{"who": "admin"}]
