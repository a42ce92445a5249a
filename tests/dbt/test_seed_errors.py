"""A seed that breaks a test: the remedy is of seeds, with file and line, and no feed is blamed."""

import csv
import shutil

import pytest
from installation import Installation
from ledger_entries import write_entry

from hotline.settings import Settings


@pytest.fixture(scope="module")
def registers(tmp_path_factory):
    """An installation whose seeds may be changed, with one delivery; called with a seed and what its rows become."""
    home, here = tmp_path_factory.mktemp("home"), Settings.from_environment()
    shutil.copytree(here.dbt_project, home / "dbt", ignore=shutil.ignore_patterns("target", "logs"))
    for folder in ("contracts", "expectations"):
        (home / folder).symlink_to(here.home / folder)
    write_entry(home / "var", rows_in=0, rows_loaded=0, rows_quarantined=0, status="loaded", reasons={})
    installed = Installation(Settings(home=home, var=home / "var"))

    def build(path, change, *select):
        seed = installed.settings.seeds / path
        sound = seed.read_text(encoding="utf-8")
        rows = list(csv.DictReader(sound.splitlines()))
        with seed.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
            writer.writeheader()
            writer.writerows(change(rows))
        try:
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("HOTLINE_HOME", str(home))
                return installed("build", *(word for name in select for word in ("--select", name)))
        finally:
            seed.write_text(sound, encoding="utf-8")

    return build


@pytest.mark.slow
def test_the_remedy_names_the_line_or_the_seed(registers):
    lost = registers(
        "code_lists/platforms.csv", lambda rows: [*rows[:6], *rows[7:]], "platforms", "platform_population"
    )
    assert lost.returncode == 3
    assert "platform_code 210700 is not in code_lists/platforms.csv" in lost.stderr
    assert "dbt/seeds/parameters/platform_population.csv:8" in lost.stderr
    other = registers(
        "code_lists/platforms.csv", lambda rows: [rows[0] | {"platform_kind": "village"}, *rows[1:]], "platforms"
    )
    assert other.returncode == 3
    assert "mend dbt/seeds/code_lists/platforms.csv and build again; no feed is at fault" in other.stderr
    for run in (lost, other):
        assert "deliver it again" not in run.stderr
