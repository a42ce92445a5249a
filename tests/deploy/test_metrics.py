"""What Prometheus is told is so, what cannot be told is left out, and every alert has its figures and its page."""

import os
import re
import socket
import threading
import urllib.error
import urllib.request
from pathlib import Path

import duckdb
import pytest
import yaml
from click.testing import CliRunner

from hotline import metrics
from hotline.errors import InfrastructureError
from hotline.settings import Settings

HOME = Path(__file__).resolve().parents[2]
OPERATIONS = HOME / "docs" / "operations"
RULES = yaml.safe_load((OPERATIONS / "alerts.yml").read_text("utf-8"))["groups"][0]["rules"]
PUBLISHED_AT = 1_760_000_000


@pytest.fixture
def settings(tmp_path) -> Settings:
    """A published file with the tables that are asked, a few rows each."""
    found = Settings(home=HOME, var=tmp_path / "var")
    release = found.serving / "releases" / "20251009"
    release.mkdir(parents=True)
    with duckdb.connect(str(release / "hotline.duckdb")) as connection:
        connection.execute(
            """
            create schema marts;
            create table marts.fct_ticket as select unnest(range(7)) as ticket_no;
            create table marts.mart_feed_obligation as from (values
                ('on_time', timestamp '2024-10-01 06:00'), ('missing', timestamp '2024-10-02 06:00'),
                ('on_time', timestamp '2024-08-01 06:00'), ('pending', timestamp '2024-12-01 06:00')) t(status, due_at);
            create table marts.fct_feed_delivery as from (values
                (date '2024-10-01', 'loaded', 10, 10, 0, timestamp '2024-10-01 06:30'),
                (date '2024-10-02', 'partial', 8, 5, 3, timestamp '2024-10-02 06:30'),
                (date '2024-10-02', 'rejected', null, 0, null, timestamp '2024-10-02 06:30'),
                -- one clean file in the folder of tomorrow
                (date '2024-10-03', 'loaded', 90, 90, 0, timestamp '2024-10-02 12:00')
            ) t(delivery_day, status, rows_in, rows_loaded, rows_quarantined, ingested_at);
            create table marts.quality_check as from (values
                ('critical', 'pass', true), ('critical', 'fail', false), ('warning', 'error', true)
            ) t(severity, status, is_latest);
            """
        )
    os.utime(release, (PUBLISHED_AT, PUBLISHED_AT))
    (found.serving / "current").symlink_to("releases/20251009")
    return found


def told(settings: Settings, **more) -> dict[str, float]:
    text = metrics.written(metrics.collect(settings, **more))
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def test_the_figures_are_those_of_the_published_file(settings):
    found = told(settings)
    assert found["hotline_published_timestamp_seconds"] == PUBLISHED_AT
    assert found["hotline_tickets"] == 7
    assert found['hotline_obligations{status="on_time"}'] == 1 and found['hotline_obligations{status="missing"}'] == 1
    assert 'hotline_obligations{status="pending"}' not in found, "what is not due yet is neither good nor bad"
    assert found['hotline_rows{result="read"}'] == 8 and found['hotline_rows{result="quarantined"}'] == 3
    assert found['hotline_deliveries{status="rejected"}'] == 1
    assert found['hotline_checks{severity="warning",status="error"}'] == 1
    assert 'hotline_checks{severity="critical",status="fail"}' not in found, "that was an earlier run"


def test_what_cannot_be_told_is_left_out(tmp_path):
    found = told(Settings(home=HOME, var=tmp_path / "nothing"))
    assert found == {}


def test_a_backup_counts_when_it_was_finished(settings, tmp_path):
    folder = tmp_path / "backups"
    (folder / "20251010T000000Z").mkdir(parents=True)
    assert "hotline_backup_timestamp_seconds" not in told(settings, backup_folder=folder)
    (folder / "20251010T000000Z" / "manifest.json").write_text("{}")
    assert told(settings, backup_folder=folder)["hotline_backup_timestamp_seconds"] > PUBLISHED_AT


def test_it_is_served_and_a_damaged_file_is_no_good_news(settings):
    server = metrics.server(settings, ("127.0.0.1", 0), None)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{address}/metrics", timeout=10) as answer:
            assert b"hotline_tickets 7" in answer.read() and answer.headers["Content-Type"] == metrics.FORMAT
        with pytest.raises(urllib.error.HTTPError, match="404"):
            opener.open(f"{address}/", timeout=10)
        (settings.serving / "releases" / "20251009" / "hotline.duckdb").write_bytes(b"x" * 9000)
        with pytest.raises(urllib.error.HTTPError, match="503"):
            opener.open(f"{address}/metrics", timeout=10)
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_every_alert_has_figures_and_a_runbook(rule, settings, tmp_path):
    (tmp_path / "b" / "20251010T000000Z").mkdir(parents=True)
    (tmp_path / "b" / "20251010T000000Z" / "manifest.json").write_text("{}")
    (settings.var / "build").mkdir()
    (settings.var / "build" / "state.json").write_text('{"build": {"result": "passed"}}')
    names = {name.partition("{")[0] for name in told(settings, backup_folder=tmp_path / "b")}
    used = set(re.findall(r"hotline_\w+", rule["expr"]))
    assert used and used <= names
    page = (OPERATIONS / rule["annotations"]["runbook"]).read_text("utf-8")
    assert page.startswith(f"# {rule['alert']}\n") and all(
        f"**{part}.**" in page for part in ("Means", "Needs", "See", "Do")
    )


def test_every_runbook_belongs_to_an_alert():
    assert {path.stem for path in (OPERATIONS / "runbooks").glob("*.md")} == {rule["alert"] for rule in RULES}


@pytest.mark.parametrize("harm", [b"x" * 5000, b""])
def test_a_damaged_release_is_told(settings, monkeypatch, harm):
    path = settings.serving / "current" / "hotline.duckdb"
    path.write_bytes(harm)
    monkeypatch.setenv("HOTLINE_VAR", str(settings.var))
    outcome = CliRunner().invoke(metrics.command, [])
    assert isinstance(outcome.exception, InfrastructureError) and outcome.exception.exit_code == 4
    assert "hotline publish" in str(outcome.exception)


@pytest.mark.parametrize("address", ["abc", "127.0.0.1:", "127.0.0.1:70000", "9105x", "-1", "127.0.0.1"])
def test_what_is_no_address_is_a_usage_error(address):
    assert CliRunner().invoke(metrics.command, [f"--serve={address}"]).exit_code == 2


def test_a_port_alone_is_one_of_this_machine(settings):
    """It once answered at every address of the machine."""
    for given in ("0", ":0"):
        made = metrics.server(settings, metrics.address_of(given), None)
        made.server_close()
        assert made.server_address[0] == "127.0.0.1"


def test_a_port_that_is_taken_is_told(settings, monkeypatch):
    monkeypatch.setenv("HOTLINE_VAR", str(settings.var))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        outcome = CliRunner().invoke(metrics.command, ["--serve", str(taken.getsockname()[1])])
    assert isinstance(outcome.exception, InfrastructureError) and "another address" in str(outcome.exception)
