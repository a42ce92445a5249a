"""Production's accounts of Airflow: what the file says is what Airflow then has, and guessing passwords makes one wait."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from airflow.providers.fab.www.security import permissions

from hotline import yaml_file

HOME = Path(__file__).resolve().parents[2]
ACCOUNTS = yaml_file.read(HOME / "deploy" / "airflow" / "accounts.yaml")
PASSWORDS = {user["username"]: f"word-of-{user['username']}" for user in ACCOUNTS["users"]}

LOOK = """
import json, sys
from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder
with get_application_builder() as builder:
    manager = builder.sm
    said = {"manager": type(manager).__name__, "roles": {}, "users": {}}
    for role in manager.get_all_roles():
        said["roles"][role.name] = sorted([p.action.name, p.resource.name] for p in role.permissions)
    for user in manager.get_all_users():
        said["users"][user.username] = [user.active, sorted(role.name for role in user.roles)]
    tried = []
    for name, word in json.load(sys.stdin):
        try:
            found = manager.auth_user_db(name, word, rotate_session_id=False)
            tried.append(found.username if found else None)
        except Exception as error:
            tried.append(getattr(error, "status_code", repr(error)))
    said["tried"] = tried
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
    may = get_auth_manager()
    said["answers"] = {
        user.username: [dag for dag in ("plan_spot_checks", "draw_spot_checks", "ingest_feeds") if may.is_authorized_dag(
            method="PUT", access_entity=DagAccessEntity.HITL_DETAIL, details=DagDetails(id=dag), user=user)]
        for user in manager.get_all_users()}
    said["starts"] = sorted(
        user.username for user in manager.get_all_users() if may.is_authorized_dag(
            method="POST", access_entity=DagAccessEntity.RUN, details=DagDetails(id="plan_spot_checks"), user=user))
print("SAID " + json.dumps(said))
"""


def granted(role: str) -> set[tuple[str, str]]:
    sets = (ACCOUNTS["permission_sets"][name] for name in ACCOUNTS["roles"][role])
    return {(action, resource) for chosen in sets for action, resources in chosen.items() for resource in resources}


def test_the_roles_keep_duties_apart():
    changing = {pair for role in ACCOUNTS["roles"] for pair in granted(role) if pair[0] != "can_read"}
    decide = ("can_edit", permissions.RESOURCE_HITL_DETAIL)
    assert decide in granted("officer") and decide not in granted("engineer") | granted("duty")
    answering = {pair for pair in granted("officer") if pair[1].startswith("DAG:")}
    assert {pair[1].removeprefix("DAG:") for pair in answering} <= {path.stem for path in (HOME / "dags").glob("*.py")}
    asking = {
        path.stem for path in (HOME / "dags").glob("*.py") if re.search("HITL|SecondPerson", path.read_text("utf-8"))
    }
    assert {f"DAG:{name}" for name in asking} == {pair[1] for pair in answering}, "each DAG that asks, and no other"
    harmless = {decide, ("can_edit", "My Password"), *answering} | {
        pair for pair in changing if pair[0] == "menu_access"
    }
    assert granted("officer") & changing <= harmless and granted("duty") & changing <= harmless - {decide, *answering}
    assert not [
        pair for role in ACCOUNTS["roles"] for pair in granted(role) if pair[1] in ("Roles", "Users", "Passwords")
    ]
    assert [user["username"] for user in ACCOUNTS["users"] if "Admin" in user["roles"]] == ["admin"]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Airflow's metadata in SQLite, with production's auth manager; a call runs a program of its environment there."""
    home = tmp_path_factory.mktemp("accounts")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")} | {
        "AIRFLOW_HOME": str(home / "var" / "airflow"), "HOTLINE_HOME": str(HOME), "HOTLINE_VAR": str(home / "var"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
        "AIRFLOW__CORE__AUTH_MANAGER": "hotline.stack.airflow_accounts.LimitedFabAuthManager",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
        "AIRFLOW__FAB__CONFIG_FILE": str(HOME / "deploy" / "airflow" / "webserver_config.py"),
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
    }  # fmt: skip
    (home / "var" / "airflow").mkdir(parents=True)

    def call(*argv: str, given: object = None) -> str:
        text = json.dumps(given)
        run = subprocess.run(
            [*map(str, argv)], env=environment, input=text, capture_output=True, text=True, check=False
        )
        assert run.returncode == 0, run.stderr[-3000:]
        return run.stdout

    call(Path(sys.executable).with_name("airflow"), "db", "migrate")
    for _ in range(2):  # any number of times
        call(sys.executable, HOME / "deploy" / "airflow" / "provision.py", given=PASSWORDS)
    return call


def look(installed, *tries: tuple[str, str]) -> dict:
    output = installed(sys.executable, "-c", LOOK, given=tries)
    return json.loads(next(line for line in output.splitlines() if line.startswith("SAID ")).removeprefix("SAID "))


@pytest.mark.slow
def test_airflow_has_what_the_file_says(installed):
    said = look(installed)
    assert said["manager"] == "LimitedSecurityManager"
    for role in ACCOUNTS["roles"]:
        assert {tuple(pair) for pair in said["roles"][role]} == granted(role), role
    assert said["users"] == {user["username"]: [True, user["roles"]] for user in ACCOUNTS["users"]}


@pytest.mark.slow
def test_who_starts_a_round_and_who_answers_it_are_two(installed):
    said = look(installed)
    both = ["plan_spot_checks", "draw_spot_checks"]
    assert said["answers"] == {"admin": [*both, "ingest_feeds"], "engineer": [], "officer": both, "duty": []}
    assert said["starts"] == ["admin", "engineer"]


@pytest.mark.slow
def test_logins_are_counted(installed):
    right, wrong = ("engineer", PASSWORDS["engineer"]), ("duty", "guess")
    others = [("nobody-has-this", "x"), ("duty@hotline.invalid", PASSWORDS["duty"])]
    tried = look(installed, right, *[wrong] * 6, ("duty", PASSWORDS["duty"]), right, *others)["tried"]
    assert tried[0] == "engineer" and tried[1:6] == [None] * 5
    assert tried[6] == 429 and tried[7] == 429, "the right password waits as well"
    assert tried[8] == "engineer", "whoever guesses at one account keeps no other out"
    assert tried[9:] == [None, None], "a mail address is no second name"


@pytest.mark.slow
def test_who_is_not_written_down_any_more_is_closed(installed, tmp_path):
    closed = "import json, sys; sys.path.insert(0, sys.argv[1]); import provision; from pathlib import Path;"
    closed += "provision.ACCOUNTS = Path(sys.argv[2]); provision.main()"
    fewer = ACCOUNTS | {"users": [user for user in ACCOUNTS["users"] if user["username"] != "duty"]}
    (tmp_path / "accounts.yaml").write_text(json.dumps(fewer))
    installed(sys.executable, "-c", closed, HOME / "deploy" / "airflow", tmp_path / "accounts.yaml", given=PASSWORDS)
    assert look(installed)["users"]["duty"] == [False, []]
    installed(sys.executable, HOME / "deploy" / "airflow" / "provision.py", given=PASSWORDS)
    assert look(installed)["users"]["duty"] == [True, ["duty"]]
