"""From delivered files to the published warehouse through a real scheduler."""

import csv
import json
from decimal import Decimal

import pytest

from hotline import demo
from hotline.ingest import ledger

DAY = "2024-10-14"
MONTH = "2024-09-01"
ROWS_A_MONTH = 1_000_000
CONTRADICTED = {"210100", "210200", "210300", "210500", "210900", "211200"}


def reference(installation, name: str) -> list[dict]:
    path = installation.settings.reference / "liaoning_2024_09" / f"{name}.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def runs(installation) -> dict[str, list[dict]]:
    client = installation.airflow.client()
    return {dag_id: client.runs(dag_id, DAY) for dag_id in demo.DAGS}


# the runs


def test_one_run_of_each_dag_covers_the_whole_range(installation):
    found = runs(installation)
    assert {dag_id: [run["state"] for run in each] for dag_id, each in found.items()} == {
        dag_id: ["success"] for dag_id in demo.DAGS
    }


def test_no_task_needed_a_second_attempt(installation):
    client = installation.airflow.client()
    attempts = {
        f"{dag_id}.{task['task_id']}[{task['map_index']}]": task["try_number"]
        for dag_id, each in runs(installation).items()
        for task in client.task_instances(dag_id, each[0]["dag_run_id"])
    }
    assert {name: tries for name, tries in attempts.items() if tries > 1} == {}


def test_every_sender_was_ingested_by_a_task_of_its_own(installation):
    client = installation.airflow.client()
    run = runs(installation)["ingest_feeds"][0]
    tasks = client.task_instances("ingest_feeds", run["dag_run_id"])
    mapped = [task for task in tasks if task["task_id"] == "ingest_sender"]
    assert len(mapped) == 17, "15 platforms, the province and the folder of nobody"
    assert {task["state"] for task in mapped} == {"success"}
    assert {task["rendered_map_index"] for task in mapped} >= {"210100", "LNJT", "LN", "999999"}


def test_the_asset_event_reports_rows_and_rejected_files(installation):
    events = installation.airflow.client().call("GET", "/assets/events", source_dag_id="ingest_feeds")["asset_events"]
    assert len(events) == 1
    report = events[0]["extra"]
    assert events[0]["partition_key"] == DAY
    assert report["rows_in"] == report["rows_loaded"] + report["rows_quarantined"] > ROWS_A_MONTH * installation.months
    assert report["missing"] == report["failed"] == []
    assert "999999/2024-10-14/tickets.csv" in report["rejected"]


# bad input


def test_files_of_a_sender_nobody_knows_are_rejected_with_a_reason(installation):
    entry = installation.ledger("999999", "tickets.csv")
    # whose rows they are nobody knows, so nobody judges how many of them are good
    assert (entry["status"], entry["rows_in"], entry["rows_quarantined"]) == ("rejected", None, None)
    assert "999999" in entry["message"]


def test_a_broken_row_is_quarantined_and_its_neighbours_are_loaded(installation):
    entry = installation.ledger("210100", "tickets-broken-row.csv")
    assert (entry["status"], entry["rows_in"], entry["rows_loaded"], entry["rows_quarantined"]) == ("partial", 3, 2, 1)
    assert entry["reasons"] == {"accepted_at:type": 1}


def test_a_file_cut_off_in_a_row_loses_only_what_was_cut(installation):
    entry = installation.ledger("210200", "tickets-cut.csv")
    assert entry["rows_in"] == 3
    assert entry["rows_in"] == entry["rows_loaded"] + entry["rows_quarantined"]
    assert entry["status"] != "loaded"


def test_a_compressed_file_cut_off_is_rejected_with_a_remedy(installation):
    entry = installation.ledger("210300", "tickets-cut.csv.gz")
    assert entry["status"] == "rejected"
    assert "deliver the file again" in entry["message"]


HOSTILE = {
    # sender and name, the reason and what is to be done
    ("210400", "tickets-bomb.zip"): ("file:ratio", "deliver it unpacked", "请解压后重新报送"),
    ("210500", "tickets-broken.xlsx"): ("file:not_a_workbook", "save it again as .xlsx", "请另存为"),
}


@pytest.mark.parametrize(("sender", "name"), HOSTILE)
def test_a_hostile_file_is_answered_and_neither_its_sender_nor_a_good_file_suffers(installation, sender, name):
    """That each sender's task was green at its first attempt is held above: who cannot be read is not red for seven days."""
    entry, (reason, remedy, remedy_zh) = installation.ledger(sender, name), HOSTILE[sender, name]
    assert (entry["status"], entry["reasons"]) == ("rejected", {reason: 1})
    assert remedy in entry["message"] and remedy_zh in entry["message_zh"]
    events = installation.airflow.client().call("GET", "/assets/events", source_dag_id="ingest_feeds")["asset_events"]
    assert f"{sender}/{DAY}/{name}" in events[0]["extra"]["rejected"]
    good = [
        e for e in ledger.read(installation.settings.ledger) if e["platform_code"] == sender and e["file_name"] != name
    ]
    assert DAY in {e["dt"] for e in good}, "one of them lies beside it"
    assert {e["feed"] for e in good} >= {"tickets", "ticket_events", "callbacks"}
    assert {e["status"] for e in good} == {"loaded"} and sum(e["rows_loaded"] for e in good) > 0
    published = "select status, reasons from marts.fct_feed_delivery where platform_code = '{}' and file_name = '{}'"
    assert [row[0] for row in installation.query(published.format(sender, name))] == ["rejected"]


def test_a_table_that_ends_within_a_character_loses_that_row_alone(installation):
    entry = installation.ledger("210100", "tickets-half.csv")
    assert (entry["rows_in"], entry["rows_loaded"], entry["rows_quarantined"]) == (2, 1, 1)
    assert any(reason.endswith(":undecodable") for reason in entry["reasons"])


def test_every_delivered_file_is_in_the_ledger_and_no_row_is_lost(installation):
    entries = list(ledger.read(installation.settings.ledger))
    assert list(demo.pending_files(installation.settings, entries)) == []
    known = [e for e in entries if e["rows_in"] is not None]
    unread = {"tickets.csv", "tickets-cut.csv.gz", "tickets-bomb.zip", "tickets-broken.xlsx"}
    assert {e["file_name"] for e in entries if e not in known} == unread
    assert [e["file_name"] for e in known if e["rows_in"] != e["rows_loaded"] + e["rows_quarantined"]] == []
    delivered = [path for path in installation.settings.landing.glob("*/*/*.check")]
    stated = sum(json.loads(path.read_text())["rows"] for path in delivered)
    checked = {path.name.removesuffix(".check") for path in delivered}
    assert sum(e["rows_in"] for e in known if e["file_name"] in checked) == stated > ROWS_A_MONTH * installation.months


def test_the_published_ledger_says_the_same(installation):
    entries = list(ledger.read(installation.settings.ledger))
    rows = installation.query(
        "select count(*), sum(rows_in), sum(rows_loaded), sum(rows_quarantined) from marts.fct_feed_delivery"
    )
    assert rows == [
        (len(entries), *(sum(e[key] or 0 for e in entries) for key in ("rows_in", "rows_loaded", "rows_quarantined")))
    ]


# what comes out, in spite of the bad files


def test_the_volumes_are_the_published_ones_to_the_last_ticket(installation):
    types = ("complaint", "consultation", "suggestion")
    table = [row for row in reference(installation, "annex3_volume_by_platform") if row["platform_code"]]
    stated = {(row["platform_code"], kind): int(row[kind]) for row in table for kind in types if row[kind] != "0"}
    rows = installation.query(
        "select platform_code, business_type, sum(tickets) from marts.mart_volume_monthly"
        f" where month = '{MONTH}' group by all"
    )
    assert {(platform, kind): tickets for platform, kind, tickets in rows} == stated
    assert sum(stated.values()) == 243_909


def test_the_published_scores_come_out_exactly(installation):
    stated = sorted(Decimal(row["total_score"]) for row in reference(installation, "annex1_indicators"))
    rows = installation.query(
        f"select total_score from marts.mart_score_monthly where month = '{MONTH}' and source = 'reported'"
        " and ruleset = 'liaoning_2024_inferred'"
        " order by total_score"
    )
    assert [row[0] for row in rows] == stated
    assert len(stated) == 15


def test_the_spot_check_puts_six_platforms_in_doubt_and_rates_no_other(installation):
    rows = installation.query(
        "select platform_code, bool_or(is_contradicted), list(distinct evidence_grade order by evidence_grade)"
        f" from marts.mart_rate_integrity where month = '{MONTH}' group by all"
    )
    assert {code for code, contradicted, _ in rows if contradicted} == CONTRADICTED
    # nobody recorded how the calls were drawn, so the contradicted are in doubt and no more
    assert {code: grades for code, _, grades in rows} == {
        code: ["B"] if code in CONTRADICTED else ["D"] for code, *_ in rows
    }
    assert len(rows) == 15


# again


def test_nothing_is_left_to_do(installation):
    assert demo.needs_run(installation.settings) is None


def test_starting_what_runs_is_a_no_op(installation):
    before = installation.airflow.states()
    installation.airflow.start(pytest.fail)
    assert installation.airflow.states() == before
