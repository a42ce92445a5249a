"""The local stack starts what it is told, ends only what it started, and keeps its secrets to itself."""

import configparser
import json
import os
import socket
import stat
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

from hotline.errors import HotlineError
from hotline.settings import Settings
from hotline.stack import choose_ports, command, known_ports
from hotline.stack.airflow import Airflow, healthy
from hotline.stack.processes import Daemon, free_port, live_pid, session_members, started_at, wait_until
from hotline.stack.progress import Progress
from hotline.stack.secrets import password, secret, write_private


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("HOTLINE_VAR", str(tmp_path / "var"))
    return Settings.from_environment()


@pytest.fixture
def daemon(tmp_path):
    """A shell with a worker that ignores the polite signal unless its parent passes it on."""
    made = Daemon("sleeper", tmp_path / "run", ["/bin/sh", "-c", "sleep 300 & echo up; wait"], os.environ, tmp_path)
    yield made
    made.stop()


def until(condition, seconds=5):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# processes


def test_a_daemon_is_started_once_and_ended_with_its_workers(daemon):
    assert daemon.start() is True
    pid = daemon.pid()
    assert daemon.start() is False
    assert daemon.pid() == pid
    record = json.loads(daemon.pid_file.read_text())
    assert until(lambda: len(session_members(pid, record["started_at"])) == 2)
    assert daemon.stop() is True
    assert session_members(pid, record["started_at"]) == []
    assert daemon.stop() is False


def test_workers_of_a_killed_daemon_are_ended_too(daemon):
    daemon.start()
    record = json.loads(daemon.pid_file.read_text())
    assert until(lambda: len(session_members(record["pid"], record["started_at"])) == 2)
    os.kill(record["pid"], 9)
    os.waitpid(record["pid"], 0)
    assert daemon.pid() is None
    assert len(session_members(record["pid"], record["started_at"])) == 1
    assert daemon.stop() is True
    assert session_members(record["pid"], record["started_at"]) == []


def test_a_stranger_with_a_recycled_pid_is_left_alone(daemon):
    stranger = subprocess.Popen(["/bin/sleep", "300"], start_new_session=True)
    try:
        daemon.folder.mkdir()
        daemon.pid_file.write_text(json.dumps({"pid": stranger.pid, "started_at": started_at(stranger.pid) - 1}))
        assert daemon.pid() is None
        assert daemon.stop() is False
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_daemon_that_ends_while_we_wait_is_reported_with_its_last_words(tmp_path):
    daemon = Daemon("broken", tmp_path, ["/bin/sh", "-c", "echo the reason; exit 1"], os.environ, tmp_path)
    daemon.start()
    with pytest.raises(HotlineError, match=r"(?s)broken ended while it was starting.*the reason"):
        wait_until(lambda: False, what="it", seconds=10, daemons=[daemon])


def test_a_daemon_that_ended_before_its_start_could_be_read_is_not_alive(tmp_path):
    pid_file = tmp_path / "gone.json"
    gone = subprocess.Popen(["/bin/true"])
    gone.wait()
    pid_file.write_text(json.dumps({"pid": gone.pid, "started_at": None}))
    assert live_pid(pid_file) is None


def test_waiting_has_an_end(daemon):
    daemon.start()
    with pytest.raises(HotlineError, match="not ready after 1 s"):
        wait_until(lambda: False, what="it", seconds=1, daemons=[daemon])


def test_a_taken_port_is_passed_by():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port(port) > port
    assert free_port(port, taken=[port]) > port


def test_ports_are_remembered_until_somebody_else_takes_them(settings):
    first = choose_ports(settings)
    assert known_ports(settings) == first
    assert choose_ports(settings) == first
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", first["airflow"]))
        taken.listen()
        second = choose_ports(settings)
    assert second["airflow"] != first["airflow"]
    assert len(set(second.values())) == 2
    assert known_ports(settings) == second


def test_the_port_of_our_own_running_service_is_kept(settings):
    first = choose_ports(settings)
    (settings.var / "run").mkdir()
    own = {"pid": os.getpid(), "started_at": started_at(os.getpid())}
    (settings.var / "run" / "airflow-api-server.json").write_text(json.dumps(own))
    with socket.socket() as ours:
        ours.bind(("127.0.0.1", first["airflow"]))
        ours.listen()
        assert choose_ports(settings) == first


def test_a_broken_pid_file_means_not_running(tmp_path):
    (tmp_path / "x.json").write_text("{")
    assert live_pid(tmp_path / "x.json") is None


# secrets


def test_a_secret_is_made_once_and_only_for_its_owner(tmp_path):
    folder = tmp_path / "secrets"
    value = secret(folder, "key")
    assert secret(folder, "key") == value
    assert secret(folder, "other") != value
    assert len(value) >= 60
    assert mode(folder) == 0o700
    assert [mode(path) for path in folder.iterdir()] == [0o600, 0o600]


def test_a_loose_mode_is_tightened(tmp_path):
    path = tmp_path / "file"
    path.write_text("a")
    path.chmod(0o644)
    write_private(path, "a")
    assert mode(path) == 0o600


def test_passwords_differ_and_survive_copying():
    made = {password() for _ in range(100)}
    assert len(made) == 100
    assert all(len(text) == 20 and text.isalnum() and not set(text) & set("0O1lI") for text in made)


# airflow


def test_the_generated_configuration_is_private_and_stays_on_loopback(settings, capfd):
    airflow = Airflow(settings, 18080)
    airflow.configure()
    path = settings.var / "airflow" / "airflow.cfg"
    config = configparser.ConfigParser()
    config.read(path)
    assert mode(path) == 0o600
    assert mode(path.parent) == 0o700
    assert config["api"]["host"] == "127.0.0.1"
    assert config["core"]["execution_api_server_url"] == "http://127.0.0.1:18080/execution/"
    assert config["core"]["load_examples"] == "False"
    passwords = Path(config["core"]["simple_auth_manager_passwords_file"])
    assert mode(passwords) == 0o600
    assert json.loads(passwords.read_text()) == {"admin": airflow.password(), "officer": airflow.password("officer")}
    assert all(mode(file) == 0o600 for file in settings.secrets.iterdir())
    assert airflow.password() not in "".join(capfd.readouterr())


def test_configuring_again_changes_nothing(settings):
    Airflow(settings, 18080).configure()
    files = [settings.var / "airflow" / "airflow.cfg", *settings.secrets.iterdir()]
    before = [(path.stat().st_mtime_ns, path.read_text()) for path in files]
    Airflow(settings, 18080).configure()
    assert [(path.stat().st_mtime_ns, path.read_text()) for path in files] == before


def test_settings_meant_for_another_airflow_do_not_leak_in(settings, monkeypatch):
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "CeleryExecutor")
    monkeypatch.setenv("AIRFLOW_HOME", "/elsewhere")
    environment = Airflow(settings, 1).environment()
    assert "AIRFLOW__CORE__EXECUTOR" not in environment
    assert environment["AIRFLOW_HOME"] == str(settings.var / "airflow")


def test_airflow_is_healthy_only_when_every_component_is():
    parts = {"metadatabase": "healthy", "scheduler": "healthy", "triggerer": "healthy", "dag_processor": "healthy"}
    assert healthy(parts)
    for part in parts:
        assert not healthy(parts | {part: "unhealthy"})
        assert not healthy({name: state for name, state in parts.items() if name != part})


# progress


def test_progress_in_a_log_names_each_piece_of_work_once(capsys):
    progress = Progress(sys.stdout)
    for text in ("a: 1 s", "a: 2 s", "b: 1 s", "b: 2 s"):
        progress(text)
    progress.done("b")
    assert capsys.readouterr().out == "  … a: 1 s\n  … b: 1 s\n  ✓ b\n"


# status


class Quiet:
    """A server that takes connections and never answers, as a hung one does."""

    def __init__(self) -> None:
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen()
        self.port = self.socket.getsockname()[1]


def run_as(settings, name):
    """Put a living process on record as the daemon ``name``."""
    folder = settings.var / "run"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps({"pid": os.getpid(), "started_at": started_at(os.getpid())}))


def status_of(settings, ports):
    (settings.var / "stack.json").write_text(json.dumps(ports))
    return CliRunner().invoke(command, ["status"])


def test_a_stack_that_does_not_run_is_told_apart_from_a_broken_one(settings):
    settings.var.mkdir()
    answer = status_of(settings, {"airflow": 1, "superset": 1})
    assert answer.exit_code == 3
    assert "nothing runs" in answer.output


def test_a_server_that_lives_and_does_not_answer_is_called_hung(settings, monkeypatch):
    monkeypatch.setattr("hotline.stack.superset.HEALTH_SECONDS", 1)
    quiet = Quiet()
    with quiet.socket:
        run_as(settings, "superset")
        answer = status_of(settings, {"airflow": 1, "superset": quiet.port})
    assert answer.exit_code == 1
    assert f"pid {os.getpid()}" in answer.output and "hung: no answer in 1 s" in answer.output
    assert "not well: airflow-api-server, airflow-scheduler" in answer.output


@pytest.mark.parametrize("said", ["healthy", "unhealthy", None])
def test_airflow_is_asked_for_each_of_its_daemons(settings, said):
    parts = {"metadatabase": "healthy", "scheduler": said, "triggerer": "healthy", "dag_processor": "healthy"}
    body = json.dumps({name: {"status": state} for name, state in parts.items()}).encode()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for part in ("api-server", "scheduler", "dag-processor", "triggerer"):
            run_as(settings, f"airflow-{part}")
        faults = Airflow(settings, server.server_port).faults()
        server.shutdown()
    wrong = [name for name, fault in faults.items() if fault]
    assert wrong == ([] if said == "healthy" else ["airflow-scheduler"])
