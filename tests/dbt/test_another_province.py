"""A made-up province comes through the whole chain by editing data only, as docs/how-to/connect-a-platform.md tells it."""

import csv
import json
import shutil
from datetime import date

import duckdb
import pytest
from installation import Installation
from ticket_files import deliver, ticket_table

from hotline.settings import Settings

pytestmark = pytest.mark.slow

DAY = date(2025, 3, 14)
CITIES = {"990100": "南山", "990200": "北山"}


def rewrite(seed, change):
    """Replace the rows of a seed, of which the header is kept."""
    with seed.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        names, rows = reader.fieldnames, list(reader)
    with seed.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(change(rows))


@pytest.fixture(scope="module")
def province(tmp_path_factory):
    """An installation of another province: the code is ours, four registers are its own; the doctor finds nothing."""
    home, here = tmp_path_factory.mktemp("province"), Settings.from_environment()
    shutil.copytree(here.dbt_project, home / "dbt", ignore=shutil.ignore_patterns("target", "logs"))
    for folder in ("contracts", "expectations", "superset", "deploy", ".venv"):
        (home / folder).symlink_to(here.home / folder)
    seeds = home / "dbt" / "seeds"
    rewrite(seeds / "code_lists/platforms.csv", lambda rows: [
        rows[0] | {"code": code, "name_zh": name, "name_en": code, "aliases": f"{name}市", "ticket_prefix": code,
                   "valid_from": "2025-03-01"} for code, name in CITIES.items()])  # fmt: skip
    rewrite(
        seeds / "parameters/platform_population.csv",
        lambda rows: [rows[0] | {"platform_code": code} for code in CITIES],
    )
    rewrite(seeds / "parameters/platform_obligations.csv", lambda rows: [
        {"platform_code": code, "delivery_frequency": how, "delivery_mode": how, "valid_from": "2025-03-01"}
        for code in CITIES for how in ("daily", "monthly")])  # fmt: skip
    rewrite(seeds / "parameters/provinces.csv", lambda rows: [{"code": "XX", "name_zh": "某省中心", "name_en": "Some"}])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOTLINE_HOME", str(home))
        installed = Installation(Settings(home=home, var=home / "var"))
        installed.done("doctor")
        deliver_all(installed.settings)
        yield installed


def deliver_all(settings):
    """Two cities with a ticket each, closed in time and called back, a figure of the month, and a word of the province."""
    for code, name in CITIES.items():
        number = f"JT{code}2025031200000001"
        other = {"平台编码": f"{name}市", "受理时间": "2025-03-12 09:00", "应办结时间": "", "事发区县": "中区"}
        deliver(settings, ticket_table({"工单编号": number, **other}), "tickets.csv", code, DAY)
        steps = [
            (1, "accept", "2025-03-12 09:00"),
            (2, "dispatch", "2025-03-12 10:00"),
            (3, "close", "2025-03-13 09:00"),
        ]
        rows = "".join(f"{number},{seq},{kind},{at}\n" for seq, kind, at in steps)
        deliver(settings, f"ticket_no,event_seq,event_type,occurred_at\n{rows}", "ticket_events.csv", code, DAY)
        call = f"callback_no,ticket_no,called_at,is_connected,rating\nH1,{number},2025-03-13 12:00,是,满意\n"
        deliver(settings, call, "callbacks.csv", code, DAY)
        figure = f"month,platform_code,indicator_code,reported_text\n2025-03,{code},complaint_on_time_close,100.00\n"
        deliver(settings, figure, "reported_indicators.csv", code, date(2025, 4, 10))


def test_what_the_recipe_says_is_enough_for_the_whole_chain(province):
    for code in CITIES:
        told = province("check", str(province.settings.landing / code))
        assert told.returncode == 0, told.stdout + told.stderr
    for step in ("ingest", "build", "quality", "publish"):
        province.done(step, "--json")
    assert province.done("ledger", "--problems").strip()
    entries = [json.loads(path.read_text("utf-8")) for path in province.settings.ledger.rglob("*.json")]
    assert [(e["feed"], e["reasons"]) for e in entries if e["status"] != "loaded"] == [] and len(entries) == 8
    with duckdb.connect(str(province.settings.published_database), read_only=True) as connection:
        shown = connection.execute("""
            select platform_code, platform_name, numerator::int, denominator::int, reported_value::int
            from marts.mart_indicator
            where indicator_code = 'complaint_on_time_close' and period_kind = 'month' and period_start = '2025-03-01'
                and scope_kind = 'platform' order by 1
        """).fetchall()
        named = connection.execute("select distinct platform_code from marts.dim_platform order by 1").fetchall()
    assert shown == [(code, name, 1, 1, 100) for code, name in CITIES.items()]
    assert {code for (code,) in named} >= set(CITIES) and not any(code.startswith("21") for (code,) in named)
    assert "南山" in province.done("result", "--month", "2025-03")
