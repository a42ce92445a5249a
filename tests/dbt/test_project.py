"""Rules of the dbt project itself."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

HOME = Path(__file__).resolve().parents[2]
MODELS = sorted(path for path in (HOME / "dbt" / "models").rglob("*") if path.suffix in (".sql", ".py"))
MARTS = [path for path in MODELS if "marts" in path.parts]


def described(path: Path) -> dict:
    (model,) = yaml.safe_load(path.with_suffix(".yml").read_text(encoding="utf-8"))["models"]
    return model


def test_there_are_models():
    assert len(MODELS) > 40
    assert len(MARTS) > 15


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_every_model_has_its_own_description(path):
    model = described(path)
    assert model["name"] == path.stem
    assert len(model["description"].split()) > 4


@pytest.mark.parametrize("path", MARTS, ids=lambda path: path.stem)
def test_every_published_column_is_typed_and_described_in_both_languages(path):
    for column in described(path)["columns"]:
        assert column["data_type"], column["name"]
        assert re.search("[A-Za-z]{3}", column["description"]), column["name"]
        assert re.search("[\u4e00-\u9fff]", column["description"]), column["name"]


def test_models_are_short():
    lengths = sorted(len(path.read_text(encoding="utf-8").splitlines()) for path in MODELS)
    assert lengths[len(lengths) // 2] <= 45
    assert lengths[-1] <= 150


def test_sqlfluff_is_clean():
    run = subprocess.run(
        [HOME / ".venv" / "warehouse" / "bin" / "sqlfluff", "lint", "--nocolor", "dbt/models", "dbt/tests"],
        cwd=HOME, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-1000:]
