"""Exposures name the tables that dashboards, reports and commands really read: otherwise lineage ends too early."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from hotline.superset_assets import Assets, charts_of

HOME = Path(__file__).resolve().parents[2]
RELATION = re.compile(r"\b(?:marts|seeds)\.([a-z]\w*)")
REF = re.compile(r"ref\('(\w+)'\)")


def exposures() -> dict[str, dict]:
    """Exposures by name; each lies in a file of its own, of its name."""
    found = {}
    for path in sorted((HOME / "dbt" / "models" / "exposures").glob("*.yml")):
        (exposure,) = yaml.safe_load(path.read_text(encoding="utf-8"))["exposures"]
        assert exposure["name"] == path.stem
        found[path.stem] = exposure
    return found


def named(exposure: dict) -> set[str]:
    return {REF.fullmatch(node)[1] for node in exposure["depends_on"]}


def read_by(folder_or_file: str) -> set[str]:
    """Relations that Python source reads, by their names in its SQL."""
    path = HOME / folder_or_file
    files = path.rglob("*.py") if path.is_dir() else [path]
    return {name for file in files for name in RELATION.findall(file.read_text(encoding="utf-8"))}


def tables(dataset: dict) -> set[str]:
    """Relations of a data set: its table, or those that its query joins."""
    return set(RELATION.findall(dataset["sql"])) if dataset.get("sql") else {dataset["table_name"]}


@pytest.fixture(scope="module")
def assets() -> Assets:
    return Assets.read(HOME / "superset" / "assets")


def test_every_dashboard_has_an_exposure_that_names_its_tables(assets: Assets) -> None:
    known = exposures()
    dashboards = {Path(dashboard["file"]).stem: dashboard for dashboard in assets.dashboards.values()}
    assert {name for name, exposure in known.items() if exposure["type"] == "dashboard"} == set(dashboards)
    for name, dashboard in dashboards.items():
        datasets = {assets.charts[chart]["dataset_uuid"] for chart in charts_of(dashboard)}
        datasets |= {
            target["datasetUuid"]
            for native in dashboard["metadata"]["native_filter_configuration"]
            for target in native["targets"]
        }
        assert known[name]["label"] == dashboard["dashboard_title"]
        assert named(known[name]) == set().union(*(tables(assets.datasets[dataset]) for dataset in datasets))


def test_exploration_names_the_tables_of_all_data_sets(assets: Assets) -> None:
    assert named(exposures()["exploration"]) == set().union(*map(tables, assets.datasets.values()))


@pytest.mark.parametrize(
    ("exposure", "source"), [("monthly_result", "src/hotline/result.py"), ("quality_reports", "expectations")]
)
def test_reports_name_the_tables_that_their_source_reads(exposure: str, source: str) -> None:
    assert named(exposures()[exposure]) == read_by(source)


def test_exposures_have_owners_but_no_addresses() -> None:
    for name, exposure in exposures().items():
        assert exposure["owner"]["name"], name
        assert "url" not in exposure, f"{name}: an address belongs to an installation"
