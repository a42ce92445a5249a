"""How old the feeds are: limits that follow from the contracts, and what dbt answers."""

from __future__ import annotations

import os
import time

import pytest
import yaml
from click.testing import CliRunner
from ticket_files import deliver, ticket_table

from hotline.arrivals import now
from hotline.cli import cli
from hotline.contracts import Contract, load_contracts
from hotline.settings import Settings

HOUR = 3600
EVENT = """\
工单编号,流转序号,流转环节,操作时间,操作单位,操作员工号,环节结果
JT2101002024091251871581,1,受理,2024-09-12 08:05:00,,,
"""
CALL = """\
回访编号,工单编号,回访时间,回访号码,通话时长（秒）,是否接通,回访评价,操作员工号
C1,JT2101002024091251871581,2024-09-13 08:05:00,,60,是,满意,
"""
DELIVERED = {"tickets": (ticket_table({}), 1), "ticket_events": (EVENT, 31), "callbacks": (CALL, 55)}
"""Feed to content and age in hours: fresh, late by an hour, stale by an hour."""


def sources() -> dict[str, dict]:
    text = (Settings.from_environment().dbt_project / "models" / "staging" / "sources.yml").read_text(encoding="utf-8")
    return {
        f"{source['name']}.{table['name']}": table
        for source in yaml.safe_load(text)["sources"]
        for table in source["tables"]
    }


def limits(contract: Contract) -> tuple[int, int] | None:
    """Hours until a feed is late and until it is stale.

    A day's or month's file may come at its first midnight, the next one not before its own deadline.
    """
    hours = int(contract.delivery_time[:2])
    assert contract.delivery_time.endswith(":00")
    if contract.delivery_frequency == "daily":
        return 24 + hours, 48 + hours
    if contract.delivery_frequency == "monthly":
        until_due = (contract.delivery_day - 1) * 24 + hours
        return 31 * 24 + until_due, 62 * 24 + until_due
    return None


def configured(table: dict) -> tuple[int, int] | None:
    freshness = table.get("config", {}).get("freshness")
    if freshness is None:
        return None
    assert {limit["period"] for limit in freshness.values()} == {"hour"}
    return freshness["warn_after"]["count"], freshness["error_after"]["count"]


def test_limits_are_those_of_the_contracts():
    contracts = load_contracts()
    tables = sources()
    assert {f"raw.{feed}": limits(contract) for feed, contract in contracts.items()} == {
        name: configured(table) for name, table in tables.items() if name.startswith("raw.")
    }
    # some feed comes every day, so the ledger is as old as the daily feeds at most
    assert configured(tables["ledger.deliveries"]) == limits(contracts["tickets"])


@pytest.fixture
def answer(dbt) -> dict[str, dict]:
    """What ``dbt source freshness`` says of three feeds of different age."""
    day = now().date()
    with dbt.project.at(dbt.var):
        for feed, (content, hours) in DELIVERED.items():
            path = deliver(Settings.from_environment(), content, name=f"{feed}.csv", day=day).path
            os.utime(path, (time.time() - hours * HOUR,) * 2)
        run = CliRunner().invoke(cli, ["ingest", "--json", "--from", str(day), "--to", str(day)])
    assert run.exit_code == 0, run.output
    assert dbt("source", "freshness").returncode == 1  # something is stale
    return {
        result["unique_id"].removeprefix("source.hotline."): result for result in dbt.artifact("sources")["results"]
    }


@pytest.mark.slow
def test_dbt_tells_fresh_from_late_and_stale_by_the_local_clock(answer):
    assert {name: result["status"] for name, result in answer.items()} == {
        "raw.tickets": "pass",
        "raw.ticket_events": "warn",
        "raw.callbacks": "error",
        "raw.reported_indicators": "error",  # nothing has ever been delivered
        "ledger.deliveries": "pass",
    }
    for feed, (_, hours) in DELIVERED.items():
        # a local stamp taken for UTC would be off by eight hours
        assert answer[f"raw.{feed}"]["max_loaded_at_time_ago_in_s"] == pytest.approx(hours * HOUR, abs=300)
