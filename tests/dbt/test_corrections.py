"""Corrected, repeated and late files: the newest version of a row wins, whatever the order in which files were taken."""

import json
import shutil
from datetime import date

import duckdb
import pytest
from click.testing import CliRunner
from dbt_project import ONLY_TABLES
from ticket_files import deliver, ticket_table

from hotline.cli import cli
from hotline.settings import Settings

FIRST, SECOND, THIRD = date(2024, 9, 14), date(2024, 9, 15), date(2024, 9, 16)


@pytest.fixture
def settings(tmp_path, project, blank):
    blank(tmp_path / "var")
    with project.at(tmp_path / "var"):
        yield Settings.from_environment()


def ingest(*days):
    for day in days:
        result = CliRunner().invoke(cli, ["ingest", "--json", "--from", str(day), "--to", str(day)])
        assert result.exit_code == 0, result.output
        assert json.loads(result.stdout.splitlines()[-1])["rejected"] == []


def tickets(project, settings):
    project.run(settings.var.resolve(), "run", "--select", "+stg_tickets", *ONLY_TABLES)
    with duckdb.connect(str(settings.build_database), read_only=True) as connection:
        return connection.execute("""
            select right(ticket_no, 1), closing_text, delivery_day::varchar, file_row_number
            from staging.stg_tickets order by ticket_no
        """).fetchall()


def test_the_newest_version_wins_in_every_order_of_arrival(project, settings):
    deliver(settings, ticket_table({"办结意见": "处理中"}, {"办结意见": "处理中"}, {"办结意见": "处理中"}), day=FIRST)
    corrected = ticket_table(
        {"办结意见": "已退费"}, {"办结意见": "已致歉"}, {"办结意见": "重复一"}, {"办结意见": "重复二"}
    )
    deliver(settings, corrected.replace("JT2101002024091251000003", "JT2101002024091251000002"), day=SECOND)
    deliver(settings, ticket_table({"办结意见": "最终"}), day=THIRD)
    expected = [
        ("0", "最终", "2024-09-16", 2),
        ("1", "已致歉", "2024-09-15", 3),
        ("2", "重复二", "2024-09-15", 5),  # twice in one file: the later line
    ]
    ingest(FIRST, SECOND, THIRD)
    assert tickets(project, settings) == expected
    for folder in (settings.raw, settings.ledger):
        shutil.rmtree(folder)
    ingest(THIRD, FIRST, SECOND)
    assert tickets(project, settings) == expected


def test_a_file_sent_again_on_a_later_day_counts_as_newer(project, settings):
    old = ticket_table({"办结意见": "原意见"})
    deliver(settings, old, day=FIRST)
    deliver(settings, ticket_table({"办结意见": "误改"}), day=SECOND)
    deliver(settings, old, day=THIRD)
    ingest(FIRST, SECOND, THIRD)
    assert tickets(project, settings) == [("0", "原意见", "2024-09-16", 2)]
