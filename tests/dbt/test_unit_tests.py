"""dbt's unit tests: every rule with a branch, on rows of its own. A build leaves them out, so they run here."""

import shutil

from hotline.build import run_dbt
from hotline.settings import Settings


def test_every_unit_test_of_the_models_passes(warehouse, tmp_path, monkeypatch):
    monkeypatch.setenv("HOTLINE_VAR", str(tmp_path / "var"))
    settings = Settings.from_environment()
    settings.build_database.parent.mkdir(parents=True)
    shutil.copy(warehouse, settings.build_database)  # they read the columns of the built tables
    run = run_dbt(["test", "--select", "test_type:unit"], settings)
    assert set(run.statuses) == {"pass", "success"}  # success: the hooks that begin and end a build
    assert run.statuses["pass"] > 40
