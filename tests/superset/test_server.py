"""Starting, provisioning again, and what readers see after a publication."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
from pathlib import Path

import duckdb
import pytest
import requests
import yaml
from client import Session

from hotline.platform_files import Definition
from hotline.publish import publish
from hotline.stack.secrets import password, secret
from hotline.stack.superset import Superset
from hotline.superset_assets import Assets

COUNT = {"expressionType": "SQL", "sqlExpression": "SUM(tickets)", "label": "n"}


def test_a_second_start_provisions_nothing_and_keeps_the_server(superset: Superset) -> None:
    before = superset.states()
    assert superset.provision(lambda text: pytest.fail(text)) is False
    superset.start(lambda text: pytest.fail(text))
    assert superset.states() == before


APPLY = """
import json, sys
import provision
from superset.app import create_app
app = create_app()
with app.app_context():
    from superset import db, security_manager
    found = []
    for security, passwords, auth_type, elsewhere in json.load(sys.stdin):
        for name in elsewhere:
            security_manager.find_user(username=name).email = f"{name}@authority.example"
        db.session.commit()
        app.config["AUTH_TYPE"] = auth_type
        provision.apply_users(security, passwords)
        found.append([user.username for user in security_manager.get_all_users() if user.is_active])
    print("OPEN" + json.dumps(found))
"""
LOCAL, DIRECTORY = 1, 2
"""AUTH_DB and AUTH_LDAP of Flask-AppBuilder."""
LEAVER = {"username": "leaver", "name": "已离任", "roles": ["auditor"]}


def apply_users(superset: Superset, *steps: tuple[list[dict], int, list[str]]) -> list[set[str]]:
    """The part of the provisioning that is about accounts, once a step; returns the names that are open after each.

    A step: accounts more than the file's, where logins come from, and which accounts a directory has made before.
    """
    security = yaml.safe_load(superset.settings.security.read_text(encoding="utf-8"))
    given = []
    for more, kind, elsewhere in steps:
        words = superset.passwords() | {
            user["username"]: secret(superset.settings.secrets, f"superset_{user['username']}_password", password)
            for user in more
        }
        given.append([security | {"users": [*security["users"], *more]}, words, kind, elsewhere])
    run = subprocess.run(
        [superset.settings.executable("superset", "python"), "-c", APPLY],
        env=superset.environment(),
        cwd=superset.home,
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=True,
    )
    return [set(names) for names in json.loads(run.stdout.partition("OPEN")[2])]


def test_an_account_that_is_no_longer_written_down_is_closed(superset: Superset) -> None:
    """Its sessions and tokens end at once, and do not come back with the name."""
    file = superset.settings.secrets / "superset_leaver_password"
    me, refresh = (f"{superset.address}/api/v1/{path}" for path in ("me/", "security/refresh"))

    def token(word: str) -> requests.Response:
        body = {"username": "leaver", "password": word, "provider": "db", "refresh": True}
        return requests.post(f"{superset.address}/api/v1/security/login", json=body, timeout=60)

    def statuses() -> list[int]:
        given = {name: {"Authorization": f"Bearer {tokens[name]}"} for name in ("access_token", "refresh_token")}
        return [
            session.get("/api/v1/me/").status_code,
            requests.get(me, headers=given["access_token"], timeout=60).status_code,
            requests.post(refresh, headers=given["refresh_token"], timeout=60).status_code,
            session.sql("select 1 as one").status_code,
        ]

    assert "leaver" in apply_users(superset, ([LEAVER], LOCAL, []))[0]
    old = file.read_text(encoding="utf-8").strip()
    session, tokens = Session(superset.address, "leaver", old), token(old).json()
    assert statuses() == [200] * 4
    (superset.home / "provisioned.txt").unlink()
    assert superset.provision(lambda text: None) is True
    assert set(statuses()) <= {302, 401} and token(old).status_code == 401
    assert not file.exists(), "the next owner of the name gets another password"
    assert "leaver" in apply_users(superset, ([LEAVER], LOCAL, []))[0]
    assert set(statuses()) <= {302, 401} and token(old).status_code == 401
    assert token(file.read_text(encoding="utf-8").strip()).status_code == 200


def test_accounts_of_a_directory_are_left_to_it(superset: Superset) -> None:
    """Where logins come from a directory, only what was made here is closed."""
    more = [LEAVER, LEAVER | {"username": "from_elsewhere"}]
    found = apply_users(superset, (more, LOCAL, []), ([], DIRECTORY, ["from_elsewhere"]), ([], LOCAL, []))
    names = set(superset.passwords())
    assert found == [names | {"leaver", "from_elsewhere"}, names | {"from_elsewhere"}, names]


def test_importing_the_assets_again_changes_nothing(superset: Superset) -> None:
    kinds = {"dashboard": "slug", "chart": "slice_name", "dataset": "table_name"}

    def ids() -> dict[str, dict[str, int]]:
        admin = Session(superset.address, "admin", superset.passwords()["admin"])
        return {kind: admin.ids(kind, name) for kind, name in kinds.items()}

    before = ids()
    assets = Assets.read(superset.definitions / "assets")
    assert [len(before[kind]) for kind in kinds] == [len(assets.dashboards), len(assets.charts), len(assets.datasets)]
    (superset.home / "provisioned.txt").unlink()
    assert superset.provision(lambda text: None) is True
    assert ids() == before


def test_a_changed_definition_is_provisioned_again(superset: Superset, tmp_path: Path) -> None:
    shutil.copytree(superset.definitions, tmp_path / "superset")
    (tmp_path / ".venv").symlink_to(superset.settings.home / ".venv")
    copy = Superset(dataclasses.replace(superset.settings, home=tmp_path), superset.port)
    stamp = (superset.home / "provisioned.txt").read_text(encoding="ascii")
    assert superset._state() == stamp
    chart = tmp_path / "superset" / "assets" / "charts" / "kpi_tickets.yaml"
    unchanged = copy._state()
    chart.write_text(chart.read_text(encoding="utf-8").replace("可见平台，件", "件"), encoding="utf-8")
    assert copy._state() != unchanged


def test_readers_see_a_publication_once_the_cache_is_empty(superset: Superset) -> None:
    """And the publication is not held up by a server that reads: it swaps a link."""
    settings = superset.settings
    auditor = Session(superset.address, "auditor", superset.passwords()["auditor"])
    volume = auditor.ids("dataset", "table_name")["mart_volume_monthly"]

    def tickets() -> int:
        (row,) = auditor.rows(volume, [], [COUNT])
        return row["n"]

    before = tickets()
    corrected = settings.var / "corrected" / settings.build_database.name
    corrected.parent.mkdir()
    shutil.copyfile(settings.published_database, corrected)
    corrected.chmod(0o600)
    with duckdb.connect(str(corrected)) as connection:
        connection.execute("delete from marts.mart_volume_monthly where platform_code = 'LNJT'")
        connection.execute("checkpoint")
        (after,) = connection.execute("select sum(tickets) from marts.mart_volume_monthly").fetchone()
    assert after < before
    try:
        publish(corrected, settings.serving, Definition.read(settings.security))
        assert tickets() == before, "a publication alone does not empty the cache"
        superset.clear_cache()
        assert tickets() == after
    finally:
        publish(settings.build_database, settings.serving, Definition.read(settings.security))
        superset.clear_cache()
    assert tickets() == before
