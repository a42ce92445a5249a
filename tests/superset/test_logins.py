"""Guessing passwords over HTTP, from several addresses; and sessions that end."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from client import Session
from requests.adapters import HTTPAdapter

from hotline.attempts import attempts_of
from hotline.stack.superset import Superset


class From(HTTPAdapter):
    """Connects from one of the many addresses that loopback has."""

    def __init__(self, source: str) -> None:
        self.source = source
        super().__init__()

    def init_poolmanager(self, *arguments: object, **options: object) -> None:
        super().init_poolmanager(*arguments, source_address=(self.source, 0), **options)


def client_at(source: str) -> requests.Session:
    http = requests.Session()
    http.trust_env = False
    http.mount("http://", From(source))
    return http


@pytest.fixture(autouse=True)
def nothing_counted(superset: Superset) -> Iterator[None]:
    """Other tests log in too: no wait of this module is left to them."""
    attempts = attempts_of(superset.home, superset.settings.home)
    attempts.clear()
    yield
    attempts.clear()


def by_token(superset: Superset, source: str, name: str, word: str, **headers: str) -> requests.Response:
    body = {"username": name, "password": word, "provider": "db", "refresh": True}
    path = f"{superset.address}/api/v1/security/login"
    return client_at(source).post(path, json=body, headers=headers, timeout=60)


def by_form(superset: Superset, source: str, name: str, word: str, path: str = "/login/") -> requests.Response:
    http = client_at(source)
    page = http.get(f"{superset.address}/login/", timeout=60).text
    token = page.partition('id="csrf_token"')[2].partition('value="')[2].partition('"')[0]
    body = {"username": name, "password": word, "csrf_token": token}
    return http.post(superset.address + path, data=body, timeout=60, allow_redirects=False)


@pytest.mark.parametrize("door", [by_token, by_form])
def test_a_guesser_has_to_wait_and_the_right_password_is_refused_as_well(superset: Superset, door) -> None:
    word = superset.passwords()["auditor"]
    statuses = [door(superset, "127.0.1.1", "auditor", f"wrong {n}").status_code for n in range(10)]
    assert 429 not in statuses[:5] and set(statuses[5:]) == {429}
    refused = door(superset, "127.0.1.1", "auditor", word)
    assert refused.status_code == 429 and 0 < int(refused.headers["Retry-After"]) <= 30
    assert "秒后再试" in refused.content.decode("unicode_escape" if door is by_token else "utf-8")
    assert door(superset, "127.0.1.2", "auditor", word).status_code in {200, 302}, "another address is not concerned"


def test_both_doors_and_all_spellings_share_one_count(superset: Superset) -> None:
    for door, name in [(by_token, "auditor"), (by_form, "Auditor"), (by_token, " auditor "), (by_form, "AUDITOR")]:
        assert door(superset, "127.0.1.3", name, "wrong").status_code != 429
    by_form(superset, "127.0.1.3", "auditor", "wrong", "//login/")
    assert by_token(superset, "127.0.1.3", "auditor", superset.passwords()["auditor"]).status_code == 429


def test_a_name_that_nobody_has_is_answered_alike(superset: Superset) -> None:
    def answers(name: str, source: str) -> list[tuple[int, str]]:
        found = [by_token(superset, source, name, "wrong") for _ in range(7)]
        return [(answer.status_code, answer.text if answer.status_code != 429 else "") for answer in found]

    assert answers("auditor", "127.0.1.4") == answers("nobody", "127.0.1.5")


def test_an_address_of_an_account_is_no_second_name(superset: Superset) -> None:
    word = superset.passwords()["auditor"]
    assert by_token(superset, "127.0.1.6", "auditor@hotline.invalid", word).status_code == 401


def test_one_address_with_many_names_has_to_wait(superset: Superset) -> None:
    statuses = [by_token(superset, "127.0.1.7", f"name{n}", "wrong").status_code for n in range(32)]
    assert statuses[:30] == [401] * 30 and statuses[30:] == [429] * 2


def test_a_stated_address_is_not_believed(superset: Superset) -> None:
    statuses = [
        by_token(superset, "127.0.1.8", "auditor", "wrong", **{"X-Forwarded-For": f"10.0.0.{n}"}).status_code
        for n in range(6)
    ]
    assert statuses[-1] == 429


def test_tries_at_the_same_instant_are_all_counted(superset: Superset) -> None:
    with ThreadPoolExecutor(8) as pool:
        tries = pool.map(lambda n: by_token(superset, "127.0.1.9", "auditor", f"w{n}").status_code, range(16))
    assert list(tries).count(401) == 5


def test_the_log_tells_who_waits_and_no_forged_line(superset: Superset) -> None:
    for _ in range(5):
        by_token(superset, "127.0.1.10", "analyst", "wrong")
    by_token(superset, "127.0.1.10", "a\nFORGED line", "wrong")
    log = (superset.settings.var / "run" / "superset.log").read_text(encoding="utf-8")
    assert "logins of analyst from 127.0.1.10 wait for 30 s" in log
    assert not any(line.startswith("FORGED") for line in log.splitlines())


def test_a_copied_cookie_is_worth_nothing_after_the_logout(superset: Superset) -> None:
    session = Session(superset.address, "auditor", superset.passwords()["auditor"])
    copy = Session(superset.address)
    copy.http.cookies.update(session.http.cookies)
    assert copy.get("/api/v1/me/").status_code == 200
    assert session.get("/logout/").status_code == 302
    assert copy.get("/api/v1/me/").status_code == 401
    assert copy.get("/superset/dashboard/hotline-overview/").status_code == 302


def test_a_name_planted_before_the_login_is_worth_nothing_after_it(superset: Superset) -> None:
    victim = Session(superset.address)
    victim.get("/login/")
    planted = victim.http.cookies["superset_session"]
    session = Session.__new__(Session)
    session.address, session.http = superset.address, victim.http
    Session.__init__(session, superset.address, "auditor", superset.passwords()["auditor"])
    assert session.http.cookies["superset_session"] != planted


def test_a_change_of_the_password_ends_sessions_and_tokens(superset: Superset) -> None:
    session = Session(superset.address, "analyst", superset.passwords()["analyst"])
    answer = by_token(superset, "127.0.1.11", "analyst", superset.passwords()["analyst"]).json()
    bearer = {"Authorization": f"Bearer {answer['access_token']}"}
    renewal = {"Authorization": f"Bearer {answer['refresh_token']}"}
    http = client_at("127.0.1.11")
    chart, refresh = f"{superset.address}/api/v1/chart/", f"{superset.address}/api/v1/security/refresh"
    assert http.get(chart, headers=bearer, timeout=60).status_code == 200
    database = sqlite3.connect(superset.home / "superset.db", timeout=30, isolation_level=None)
    (stored,) = database.execute("select password from ab_user where username = 'analyst'").fetchone()
    try:
        database.execute("update ab_user set password = 'scrypt:1:1:1$a$b' where username = 'analyst'")
        assert session.get("/api/v1/me/").status_code == 401
        assert http.get(chart, headers=bearer, timeout=60).status_code == 401
        assert http.post(refresh, headers=renewal, timeout=60).status_code == 401
    finally:
        database.execute("update ab_user set password = ? where username = 'analyst'", (stored,))
        database.close()


@pytest.mark.parametrize("path", ["/login/", "/version", "/static/version_info.json", "/health", "/api/v1/_openapi"])
def test_no_version_is_told_before_the_login(superset: Superset, path: str) -> None:
    answer = Session(superset.address).get(path)
    assert "6.1.0" not in answer.text and "6.1.0" not in str(answer.headers)
