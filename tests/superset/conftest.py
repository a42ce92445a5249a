"""A real Superset over a really published warehouse, on a free port, in a folder that goes away."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from hotline.platform_files import Definition
from hotline.publish import publish
from hotline.settings import Settings
from hotline.stack.processes import free_port
from hotline.stack.superset import Superset

HOME = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(Path(__file__).parent))  # the helpers beside the tests

import browser  # noqa: E402


@pytest.fixture(scope="session")
def settings(warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """An installation of its own whose published file is the sample warehouse, judged as the pipeline judges it."""
    own = Settings(home=HOME, var=tmp_path_factory.mktemp("superset") / "var")
    own.build_database.parent.mkdir(parents=True)
    shutil.copyfile(warehouse, own.build_database)
    built = Settings(home=HOME, var=warehouse.parents[1])
    for name in ("raw", "ledger", "quarantine"):
        if getattr(built, name).is_dir():
            getattr(own, name).symlink_to(getattr(built, name))
    run = subprocess.run(
        [own.executable("warehouse", "hotline"), "quality", "--json"],
        env=os.environ | {"HOTLINE_HOME": str(own.home), "HOTLINE_VAR": str(own.var)},
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        pytest.fail(f"hotline quality ended with {run.returncode}:\n{run.stderr[-4000:]}", pytrace=False)
    publish(own.build_database, own.serving, Definition.read(own.security))
    return own


@pytest.fixture(scope="session")
def published(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published file, opened as every reader opens it."""
    with duckdb.connect(str(settings.published_database), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def superset(settings: Settings) -> Iterator[Superset]:
    """A running Superset, provisioned from nothing."""
    server = Superset(settings, free_port(18300))
    server.start(lambda text: None)
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="module")
def dashboard(request: pytest.FixtureRequest, superset: Superset) -> Iterator[browser.Dashboard]:
    """The dashboard that the test module names (``SLUG``), drawn once for all its tests.

    ``HOTLINE_PICTURES`` names a folder for the pictures of the documentation; ``docs/pictures.py`` sets it.
    """
    with browser.visit(superset, request.module.SLUG) as opened:
        if folder := os.environ.get("HOTLINE_PICTURES"):
            browser.take_pictures(opened.page, Path(folder), request.module.PICTURES)
        yield opened
