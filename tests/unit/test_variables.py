"""The list of accepted environment variables is the one list: code, documentation and warnings agree with it."""

import os
import re
import subprocess

import pytest

from hotline.errors import HotlineError
from hotline.settings import Settings
from hotline.stack.airflow import Airflow
from hotline.stack.superset import Superset
from hotline.variables import accepted, dropped, flag, handed_over, number, unknown

HOME = Settings.from_environment().home
OPERATOR = {name for name, variable in accepted().items() if variable.by == "operator"}


def test_every_variable_that_the_code_reads_is_on_the_list():
    read = re.compile(r"""environ(?:\.get)?[\[(]\s*["']((?:HOTLINE|SUPERSET|AIRFLOW)_\w+)|env_var\(\\?['"](\w+)""")
    places = [
        path
        for folder in ("src", "superset", "dags", "dbt", "expectations", "tests")
        for path in (HOME / folder).rglob("*")
        if path.suffix in {".py", ".yml", ".sql"} and not {"target", "unit", "__pycache__"} & set(path.parts)
    ]
    found = {
        name for path in places for pair in read.findall(path.read_text(encoding="utf-8")) for name in pair if name
    }
    assert len(found) > 8
    assert found - set(accepted()) - {"AIRFLOW__CORE__DAGS_FOLDER", "AIRFLOW__CORE__LOAD_EXAMPLES"} == set()


def test_the_documentation_shows_the_list():
    text = (HOME / "docs" / "operations" / "index.md").read_text(encoding="utf-8")
    shown = dict(re.findall(r"^\| `((?:HOTLINE|SUPERSET|AIRFLOW)_\w+)` \| (.+) \|$", text, re.MULTILINE))
    assert shown == {
        name: f"{variable.meaning} | {variable.default}" for name, variable in accepted().items() if name in OPERATOR
    }


def test_an_unknown_variable_is_named_with_what_it_may_mean():
    found = unknown({"HOTLINE_MEMRY_LIMIT": "1", "HOTLINE_VAR": "x", "HOTLINE_ZZZZZZ": "", "PATH": "/bin"})
    assert found == {"HOTLINE_MEMRY_LIMIT": "HOTLINE_MEMORY_LIMIT", "HOTLINE_ZZZZZZ": None}


def test_the_command_line_warns_and_goes_on(tmp_path):
    run = subprocess.run(
        [HOME / ".venv" / "warehouse" / "bin" / "hotline", "access", "--day", "2020-01-01", "--json"],
        env=os.environ | {"HOTLINE_VAR": str(tmp_path), "HOTLINE_HASHKEY": "secret-value"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0 and run.stdout == ""
    assert "HOTLINE_HASHKEY" in run.stderr and "HOTLINE_HASH_KEY?" in run.stderr and "secret-value" not in run.stderr


@pytest.fixture
def settings(tmp_path):
    return Settings(home=HOME, var=tmp_path)


VALUES = {"flag": "1", "number": "1", "address": "postgresql+psycopg2://u:p@h/d", "text": "k" * 40}


@pytest.mark.parametrize("name", sorted(name for name in OPERATOR if not name.startswith("HOTLINE_")))
def test_every_accepted_variable_of_a_server_reaches_it(settings, monkeypatch, name):
    value = VALUES[accepted()[name].kind]
    monkeypatch.setenv(name, value)
    server = Airflow(settings, 1) if name.startswith("AIRFLOW") else Superset(settings, 1)
    assert server.environment()[name] == value


@pytest.mark.parametrize(
    "name", ["AIRFLOW__CORE__EXECUTOR", "AIRFLOW_HOME", "SUPERSET_CONFIG_PATH", "SUPERSET_HOME", "GUNICORN_CMD_ARGS"]
)
def test_settings_of_another_installation_are_not_inherited_and_are_named(settings, monkeypatch, name):
    monkeypatch.setenv(name, "/elsewhere")
    for server in (Airflow(settings, 1), Superset(settings, 1)):
        assert server.environment().get(name) != "/elsewhere"
    assert name in dropped()


def test_only_its_own_server_learns_a_secret(settings, monkeypatch):
    monkeypatch.setenv("SUPERSET_METADATA_URI", VALUES["address"])
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", VALUES["address"])
    assert "SUPERSET_METADATA_URI" not in Airflow(settings, 1).environment()
    assert "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN" not in Superset(settings, 1).environment()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SUPERSET_HTTPS", "maybe"),
        ("SUPERSET_PROXIES", "-1"),
        ("SUPERSET_PROXIES", "all"),
        ("SUPERSET_METADATA_URI", "/var/db"),
        ("SUPERSET_SECRET_KEY", "mellon" * 5),
    ],
)
def test_a_value_of_another_kind_is_refused_and_not_shown(name, value):
    with pytest.raises(HotlineError) as caught:
        handed_over("SUPERSET", {name: value})
    assert name in str(caught.value)
    if name in {"SUPERSET_SECRET_KEY", "SUPERSET_METADATA_URI"}:
        assert value not in str(caught.value)


@pytest.mark.parametrize(("value", "is_on"), [("1", True), ("TRUE", True), ("on", True), ("0", False), ("No", False)])
def test_a_flag_may_be_written_as_people_write_it(value, is_on):
    assert flag("SUPERSET_HTTPS", {"SUPERSET_HTTPS": value}) is is_on


def test_what_is_not_set_is_off():
    assert flag("SUPERSET_HTTPS", {}) is False
    assert number("SUPERSET_PROXIES", {}) == 0
    assert handed_over("SUPERSET", {"SUPERSET_HTTPS": ""}) == {}
