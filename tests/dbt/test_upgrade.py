"""From the first release to now: its ``var/`` goes in, the new code takes it over, and all is as if it had begun today."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from installation import HOME, Installation
from marts import differing

FIRST_RELEASE = "699d51442a3e516724381f631a4323a939a5eba7"
"""0.1.0: the last commit before its ledger, contracts and tables were changed."""
MAIN = "import sys; sys.argv[0] = 'hotline'; from hotline.cli import main; main()"

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``var/`` of the first release after a run of its whole chain, by its own code; its pins of dbt and DuckDB are ours."""
    home, var = tmp_path_factory.mktemp("release"), tmp_path_factory.mktemp("old") / "var"
    archive = subprocess.run(["git", "archive", FIRST_RELEASE], cwd=HOME, capture_output=True, check=False)
    assert archive.returncode == 0, "the first release is not in this clone: git fetch --unshallow"
    subprocess.run(["tar", "x"], cwd=home, input=archive.stdout, check=True)
    environment = os.environ | {"HOTLINE_HOME": str(home), "HOTLINE_VAR": str(var), "PYTHONPATH": str(home / "src")}
    for step in (["simulate", "--scale", "0.02"], ["ingest"], ["build"], ["quality"], ["publish"]):
        run = subprocess.run(
            [sys.executable, "-c", MAIN, *step], env=environment, cwd=home, capture_output=True, text=True, check=False
        )
        assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-3000:]
    return var


@pytest.fixture(scope="module")
def upgraded(old: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    var = tmp_path_factory.mktemp("upgraded") / "var"
    shutil.copytree(old, var, symlinks=True)
    return chain(Installation.at(var))


def chain(installed: Installation) -> Installation:
    for step in ("doctor", "ingest", "build", "quality"):
        installed.done(step)
    return installed


def test_every_mart_is_that_of_an_installation_that_began_today(
    old: Path, upgraded: Installation, tmp_path: Path
) -> None:
    begun = tmp_path / "var"
    for kept in ("landing", "secrets"):
        shutil.copytree(old / kept, begun / kept)
    today = chain(Installation.at(begun))
    assert differing(today.settings.build_database, upgraded.settings.build_database) == {}


def test_what_was_served_stays_until_the_new_is_published(old: Path, upgraded: Installation) -> None:
    before = (old / "serving" / "current").resolve().name
    assert upgraded.current.name == before
    upgraded.done("publish")
    assert upgraded.current.name != before
    assert not upgraded("doctor").returncode
