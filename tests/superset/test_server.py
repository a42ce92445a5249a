"""Starting, provisioning again, and what readers see after a publication."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import duckdb
import pytest
from client import Session

from hotline.platform_files import Definition
from hotline.publish import publish
from hotline.stack.superset import Superset
from hotline.superset_assets import Assets

COUNT = {"expressionType": "SQL", "sqlExpression": "SUM(tickets)", "label": "n"}


def test_a_second_start_provisions_nothing_and_keeps_the_server(superset: Superset) -> None:
    before = superset.states()
    assert superset.provision(lambda text: pytest.fail(text)) is False
    superset.start(lambda text: pytest.fail(text))
    assert superset.states() == before


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
    chart.write_text(chart.read_text(encoding="utf-8").replace("全部平台，件", "件"), encoding="utf-8")
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
