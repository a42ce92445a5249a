"""What makes everything anew: the definitions that builds read, by name and content; nothing else."""

import shutil

import pytest

from hotline import definitions
from hotline.definitions import definitions_hash
from hotline.settings import Settings

HOME = Settings.from_environment().home


@pytest.fixture
def settings(tmp_path, monkeypatch):
    """The dbt project and our package, to change."""
    for folder in ("dbt", "src/hotline"):
        shutil.copytree(
            HOME / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__", "target", "logs")
        )
    monkeypatch.setattr(definitions, "SOURCES", tmp_path / "src" / "hotline")
    return Settings(home=tmp_path, var=tmp_path / "var")


def append(path, text="\n-- otherwise\n"):
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


@pytest.mark.parametrize(
    "path",
    [
        "dbt/dbt_project.yml",
        "dbt/models/marts/core/fct_ticket.sql",
        "dbt/models/marts/core/fct_ticket.yml",
        "dbt/models/intermediate/int_rate_evidence.py",
        "dbt/macros/validity.sql",
        "dbt/seeds/parameters/time_limits.csv",
        "dbt/seeds/parameters/time_limits.yml",
        "src/hotline/statistics/counts.py",
        "src/hotline/statistics/rates.py",
        "src/hotline/claims/whole_numbers.py",  # imported by what a model imports
    ],
)
def test_what_a_build_reads_is_covered(settings, path):
    before = definitions_hash(settings)
    append(settings.home / path, "\n# otherwise\n")
    assert definitions_hash(settings) != before


@pytest.mark.parametrize(
    "path",
    [
        "dbt/project_rules/models.py",
        "dbt/tests/assert_scores_are_full_score_less_deductions.sql",
        "dbt/tests/generic/unique_combination.sql",
        "dbt/models/columns.md",
        "dbt/profiles.yml",
        "src/hotline/cli.py",
        "src/hotline/publish.py",
    ],
)
def test_what_no_build_reads_makes_nothing_anew(settings, path):
    before = definitions_hash(settings)
    assert (settings.home / path).is_file()
    append(settings.home / path, "\n# otherwise\n")
    assert definitions_hash(settings) == before


def test_a_file_may_move_but_not_change_its_name(settings):
    before = definitions_hash(settings)
    models = settings.dbt_project / "models" / "intermediate"
    (models / "claims").mkdir()
    moved = (models / "int_claim_row.sql").rename(models / "claims" / "int_claim_row.sql")
    assert definitions_hash(settings) == before
    moved.rename(models / "claims" / "int_claim_line.sql")
    assert definitions_hash(settings) != before


def test_two_contents_cannot_trade_places(settings):
    before = definitions_hash(settings)
    one, other = (settings.seeds / "parameters" / f"{name}.yml" for name in ("time_limits", "score_rules"))
    texts = one.read_bytes(), other.read_bytes()
    one.write_bytes(texts[1])
    other.write_bytes(texts[0])
    assert definitions_hash(settings) != before
