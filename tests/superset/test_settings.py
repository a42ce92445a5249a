"""Settings from the environment do what the documentation says, with the metadata in a real PostgreSQL."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator
from datetime import date

import postgres
import pytest
import requests
from client import Session

from hotline.access_log import AccessLog
from hotline.settings import Settings
from hotline.stack.airflow import Airflow
from hotline.stack.processes import free_port, wait_until
from hotline.stack.superset import Superset

KEY = "a key of the operator's own, long enough to be one"


@pytest.fixture(scope="module")
def addresses() -> Iterator[dict[str, str]]:
    with postgres.cluster("superset", "airflow") as found:
        yield found


def test_superset_takes_all_its_settings(settings: Settings, addresses, tmp_path, monkeypatch) -> None:
    own = Settings(home=settings.home, var=tmp_path / "var")
    own.var.mkdir()
    own.serving.symlink_to(settings.serving)
    for name, value in {
        "SUPERSET_SECRET_KEY": KEY,
        "SUPERSET_METADATA_URI": addresses["superset"],
        "SUPERSET_HTTPS": "yes",
        "SUPERSET_PROXIES": "1",
    }.items():
        monkeypatch.setenv(name, value)
    server = Superset(own, free_port(18380))
    try:
        server.start(lambda text: None)
        assert int(postgres.query(addresses["superset"], "select count(*) from ab_user")) == 5
        assert not (server.home / "superset.db").exists()
        assert "Secure" in Session(server.address).get("/login/").headers["Set-Cookie"]
        answer = requests.post(
            f"{server.address}/api/v1/security/login",
            json={"username": "auditor", "password": server.passwords()["auditor"], "provider": "db"},
            headers={"X-Forwarded-For": "10.9.9.9, 10.0.0.7"},
            timeout=60,
        )
        signed, _, signature = answer.json()["access_token"].rpartition(".")
        right = base64.urlsafe_b64encode(hmac.new(KEY.encode(), signed.encode(), hashlib.sha256).digest())
        assert right.decode().rstrip("=") == signature
        event = list(AccessLog(own.access_log, 190).read(date.min, date.max))[-1]
        assert (event["action"], event["address"]) == ("login", "10.0.0.7"), "the entry that the proxy itself wrote"
    finally:
        server.stop()
    assert not (own.secrets / "superset_secret_key").exists()


def test_airflow_keeps_its_metadata_where_it_is_told(settings: Settings, addresses, tmp_path, monkeypatch) -> None:
    own = Settings(home=settings.home, var=tmp_path / "var")
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", addresses["airflow"])
    airflow = Airflow(own, free_port(18480))
    airflow.configure()
    airflow.migrate(lambda text: None)
    (server,) = (daemon for daemon in airflow.daemons() if daemon.name == "airflow-api-server")
    try:
        server.start()
        client = airflow.client()
        wait_until(
            lambda: client.health().get("metadatabase") == "healthy", what="Airflow", seconds=120, daemons=[server]
        )
        client.ensure_pool("duckdb", 1, "written over HTTP")
        assert postgres.query(addresses["airflow"], "select slots from slot_pool where pool = 'duckdb'") == "1"
        assert not (airflow.home / "airflow.db").exists()
        for path in ("/openapi.json", "/docs", "/redoc", "/auth/openapi.json", "/execution/docs", "/api/v2/version"):
            assert requests.get(airflow.address + path, timeout=30).status_code == 401, path
        doors = ["/auth/token", "/auth/token/cli"]
        statuses = [
            requests.post(airflow.address + doors[n % 2], json={"username": "admin", "password": "x"}, timeout=30)
            for n in range(7)
        ]
        assert [answer.status_code for answer in statuses] == [401] * 5 + [429] * 2
        assert 0 < int(statuses[-1].headers["Retry-After"]) <= 30
        right = {"username": "admin", "password": airflow.password()}
        forged = {"X-Forwarded-For": "10.0.0.9"}
        answer = requests.post(f"{airflow.address}/auth/token", data=right, headers=forged, timeout=30)
        assert answer.status_code == 429, "the right password waits as well, whatever address it states"
        assert "logins of admin from 127.0.0.1" in server.log_file.read_text(encoding="utf-8")
    finally:
        server.stop()
