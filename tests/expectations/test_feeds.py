"""The suite ``feeds`` over a raw layer that ingest has written and that was then damaged."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date

import duckdb
import pytest

from hotline.ingest.landing import Delivery
from hotline.ingest.load import Loader
from hotline.settings import Settings

DAY = date(2024, 10, 1)
HEADER = ["工单编号", "平台编码", "业务类型", "业务领域", "问题类别", "受理渠道", "受理时间", "诉求人电话"]
ROW_CHECKS = {"feed_sender", "feed_required", "feed_codes", "feed_formats", "feed_key_unique"}


@pytest.fixture
def settings(tmp_path, monkeypatch) -> Settings:
    """A raw layer with two good tickets of one city."""
    monkeypatch.setenv("HOTLINE_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("HOTLINE_HASH_KEY", "ab" * 32)
    settings = Settings.from_environment()
    deliver(settings, "tickets", [f"JT21030020240930000000{number:02d}" for number in (1, 2)])
    return settings


def deliver(settings, feed, numbers, day=DAY):
    path = settings.landing / "210300" / str(day) / f"{feed}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        for number in numbers:
            values = [
                number,
                "鞍山",
                "投诉举报",
                "城市客运",
                "巡游出租汽车",
                "12328电话",
                "2024-09-30 08:05",
                "13000000000",
            ]
            writer.writerow(values)
    return Loader(settings).load(Delivery(path, "210300", day, feed))


def damage(settings, select: str) -> None:
    """Rewrite the day's only raw file of tickets as ``select`` over its rows."""
    (path,) = settings.raw.glob(f"tickets/dt={DAY}/platform=210300/*.parquet")
    with duckdb.connect() as connection:
        connection.execute(f"create table raw_rows as select * from read_parquet('{path}', hive_partitioning = false)")
        connection.execute(f"copy ({select}) to '{path}' (format parquet)")


@pytest.fixture
def judge_feeds(run, catalogue, entities, planned_scope):
    """Status by check, for the feed tickets; ``evidence`` too when asked for."""
    from expectations.suites import feeds

    def judge(settings, day=DAY):
        scope = replace(planned_scope, raw=settings.raw, ledger=settings.ledger, day=day)
        entities["feed"] = {feed: contract.title for feed, contract in scope.contracts.items()}
        findings, _, _ = run(feeds.judgements(scope))
        return findings

    return judge


def statuses(findings, entity="tickets") -> dict[str, str]:
    return {check: finding.status for (check, code), finding in findings.items() if code == entity}


def test_good_rows_pass_every_check(settings, judge_feeds):
    findings = judge_feeds(settings)

    assert set(statuses(findings).values()) == {"pass"}
    assert statuses(findings).keys() >= ROW_CHECKS | {"feed_columns", "feed_rows_accounted", "feed_rows_in_raw"}
    assert set(statuses(findings, "spot_checks").values()) == {"not_applicable"}, "nothing was delivered of this feed"
    assert findings["deliveries_recognised", "warehouse"].status == "pass"


@pytest.mark.parametrize(
    ("check", "select", "rule"),
    [
        (
            "feed_required",
            "select * replace (if(_row_number = 2, null, category) as category) from raw_rows",
            "「问题类别」不为空",
        ),
        (
            "feed_codes",
            "select * replace (if(_row_number = 2, 'x', channel) as channel) from raw_rows",
            "代码表 channels",
        ),
        (
            "feed_sender",
            "select * replace (if(_row_number = 2, '210100', platform_code) as platform_code) from raw_rows",
            "「平台编码」等于报送平台",
        ),
        (
            "feed_formats",
            "select * replace (if(_row_number = 2, 'JT1', ticket_no) as ticket_no) from raw_rows",
            "「工单编号」",
        ),
        ("feed_key_unique", "select * replace (max(ticket_no) over () as ticket_no) from raw_rows", "主键（工单编号）"),
    ],
)
def test_a_damaged_row_is_found_and_located(settings, judge_feeds, check, select, rule):
    damage(settings, select)
    findings = judge_feeds(settings)

    assert {code for code, status in statuses(findings).items() if status == "fail"} == {check}
    found = findings[check, "tickets"]
    assert any(rule in text for text in (*found.expected, *found.evidence))
    assert "报送单位 210300，文件 tickets.csv，行 2" in "；".join(found.evidence)


def test_a_changed_type_is_found(settings, judge_feeds):
    damage(settings, "select * replace (accepted_at::varchar as accepted_at) from raw_rows")
    findings = judge_feeds(settings)

    assert statuses(findings)["feed_columns"] == "fail"
    assert findings["feed_columns", "tickets"].evidence == ["列 accepted_at"]


def test_a_missing_column_is_never_a_pass(settings, judge_feeds):
    damage(settings, "select * exclude (category) from raw_rows")
    found = statuses(judge_feeds(settings))

    assert found["feed_columns"] == "fail"
    assert {found[check] for check in ROW_CHECKS} == {"error"}


def test_lost_rows_are_found(settings, judge_feeds):
    damage(settings, "select * from raw_rows where _row_number = 2")

    assert {code for code, status in statuses(judge_feeds(settings)).items() if status == "fail"} == {
        "feed_rows_in_raw"
    }


def test_a_file_of_no_known_feed_is_the_finding_of_the_warehouse(settings, judge_feeds):
    deliver(settings, "weather", ["1"])
    findings = judge_feeds(settings)

    assert findings["deliveries_recognised", "warehouse"].status == "fail"
    assert "weather.csv" in findings["deliveries_recognised", "warehouse"].evidence[0]
    assert set(statuses(findings).values()) == {"pass"}, "the other files are not to blame"


def test_a_file_rejected_whole_is_found(settings, judge_feeds):
    deliver(settings, "tickets", ["no ticket number"], day=date(2024, 10, 2))
    found = statuses(judge_feeds(settings, day=date(2024, 10, 3)))

    assert found["feed_files_accepted"] == "fail", "the newest batch is that of the day before"
    assert found["feed_quarantine_share"] == "fail"
    assert found["feed_rows_accounted"] == "pass", "quarantined is not lost"
