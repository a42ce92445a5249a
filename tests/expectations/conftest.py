"""Real Great Expectations on small frames; the built warehouse comes from the fixtures that all suites share."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path

import dbt_project
import duckdb
import pandas as pd
import pytest
from dbt_project import DbtProject
from sample_warehouse import JUDGED

from hotline.contracts import load_contracts
from hotline.quality import load_expectations
from hotline.settings import Settings

HOME = Path(__file__).resolve().parents[2]
load_expectations(HOME)

RUN_ID = "2024-10-14-0123456789ab"
PLATFORMS = {"210300": "鞍山", "210400": "抚顺", "LNJT": "省交投"}


@pytest.fixture(scope="session")
def catalogue():
    from expectations.catalogue import read_catalogue

    return read_catalogue(HOME / "dbt" / "seeds" / "quality_checks.csv")


@pytest.fixture
def entities() -> dict[str, dict[str, str]]:
    return {"platform": PLATFORMS, "feed": {"tickets": "工单"}, "warehouse": {"warehouse": "数据仓库"}}


@pytest.fixture
def samples() -> pd.DataFrame:
    """Anshan: 0 of 4 confirmed against a reported 100 %; Fushun: 4 of 4, two rates withheld; LNJT was not checked."""
    from expectations.custom import SAMPLE_COLUMNS

    columns = ["platform_code", "platform_name", *SAMPLE_COLUMNS, "statement"]
    rows = [
        ("210300", "鞍山", 441, 4, 4, *("100", 441, 4) * 3, "上报回访率 100 %，抽检 4 件、不实 4 件"),
        ("210400", "抚顺", 200, 4, 0, "100", 200, 0, *(None, 200, 0) * 2, "上报回访率 100 %，抽检 4 件、不实 0 件"),
    ]
    return pd.DataFrame(rows, columns=columns)


@pytest.fixture
def sample_judgement(catalogue, samples):
    """The contradiction check over ``samples``, as the suite builds it over the warehouse."""
    from expectations.custom import SAMPLE_COLUMNS, ExpectReportedRateNotContradictedBySample
    from expectations.suites import Batch, Judgement, expect

    def read() -> Batch:
        expectation = expect(
            catalogue["reported_rate_not_contradicted"],
            ExpectReportedRateNotContradictedBySample,
            "不实件数不多于上报值所容许的件数",
            entity_column="platform_code",
            column_list=SAMPLE_COLUMNS,
            withheld_rate="95",
            mostly=1.0,
            ignore_row_if="never",
        )
        return Batch(samples, [expectation], ["platform_name", "statement"])

    return Judgement("integrity_samples", "integrity", "上报率与抽检", ("reported_rate_not_contradicted",), None, read)


@pytest.fixture
def run(tmp_path, catalogue, entities):
    """Runs judgements through a real checkpoint: returns findings, stored keys and the context."""

    def run_judgements(judgements):
        from expectations import checkpoint, data_docs

        context = checkpoint.context(tmp_path / "validations", data_docs.site_configuration(tmp_path / "site"))
        now = datetime(2024, 10, 14, 8, 0)
        return *checkpoint.run(judgements, catalogue, entities, context, RUN_ID, now), context

    return run_judgements


@pytest.fixture(scope="session")
def project(tmp_path_factory) -> Iterator[DbtProject]:
    """dbt in this process, for the command that builds the mart of the checks."""
    with dbt_project.opened(tmp_path_factory.mktemp("project")) as opened:
        yield opened


@pytest.fixture(scope="session")
def judged(warehouse) -> Iterator[tuple[dict, Callable[[str], list[tuple]]]]:
    """What ``hotline quality`` said of the sample when that was built, and a reader of the file it left."""
    (line,) = (warehouse.parents[1] / JUDGED).read_text(encoding="utf-8").splitlines()  # the scheduler reads one line
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        yield json.loads(line), lambda query: connection.execute(query).fetchall()


@pytest.fixture
def installation(warehouse, tmp_path, monkeypatch) -> Settings:
    """A copy of the shared warehouse, with its raw layer and ledger, that a test may change and judge."""
    var = tmp_path / "var"
    (var / "build").mkdir(parents=True)
    shutil.copy(warehouse, var / "build" / "hotline.duckdb")
    for name in ("raw", "ledger"):
        (var / name).symlink_to(warehouse.parents[1] / name)
    monkeypatch.setenv("HOTLINE_VAR", str(var))
    return Settings.from_environment()


@pytest.fixture
def planned_scope(catalogue):
    """A scope for what is known before anything is read."""
    from expectations.scope import Scope

    settings = Settings.from_environment()
    return Scope(
        warehouse=None,
        raw=Path("none"),
        ledger=Path("none"),
        seeds=settings.seeds,
        catalogue=catalogue,
        contracts=load_contracts(settings.contracts),
        day=date(2024, 10, 14),
    )
