"""One simulated row makes the month of its platform simulated, in an installation of real records; in a demo all are."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest
from click.testing import CliRunner
from ticket_files import deliver, ticket_table

from hotline.arrivals import platforms
from hotline.cli import cli
from hotline.settings import Settings

pytestmark = pytest.mark.slow

AUGUST, SEPTEMBER = date(2024, 8, 1), date(2024, 9, 1)
MONTHLY = ("mart_volume_monthly", "mart_category_monthly", "mart_indicator_monthly", "mart_hot_spot")
OTHER = (
    "mart_indicator", "mart_volume_growth", "mart_score_monthly", "mart_indicator_daily", "fct_backlog_daily",
    "mart_rate_integrity",
)  # fmt: skip
MADE = [f"+{name}" for name in (*MONTHLY, *OTHER)]
REPORT = "统计月份,平台编码,指标名称,指标值,单位\n2024-09,{},投诉举报类限时办结率,99.5,%\n"


def ticket(sender: str, day: str, number: int, **more: str) -> dict[str, str]:
    return {
        "工单编号": f"JT{sender}{day.replace('-', '')}{number:08d}", "平台编码": sender, "受理时间": f"{day} 08:05:00",
        "应办结时间": "", "被诉企业": "", "承办单位": "", **more,
    }  # fmt: skip


def ingest(patch, origin: str | None) -> None:
    patch.setenv("HOTLINE_ORIGIN", origin) if origin else patch.delenv("HOTLINE_ORIGIN", raising=False)
    taken = CliRunner().invoke(cli, ["ingest", "--json"])
    assert taken.exit_code == 0, taken.output


def delivered(settings: Settings) -> None:
    """Two platforms, two months each; exports of all for September, so that it is whole."""
    for sender in ("210100", "210200"):
        for day, number in (("2024-08-12", 1), ("2024-09-12", 2)):
            table = ticket_table(ticket(sender, day, number))
            deliver(settings, table, f"tickets-{number}.csv", sender, date(2024, 9, 13))
        deliver(settings, REPORT.format(sender), "reported_indicators.csv", sender, date(2024, 10, 14))
    for sender in platforms(settings):
        deliver(settings, ticket_table(), sender=sender, day=date(2024, 10, 9))


def origins(settings: Settings, table: str) -> set[tuple]:
    where = " where source = 'computed'" if table == "mart_indicator_monthly" else ""
    with duckdb.connect(str(settings.build_database), read_only=True) as connection:
        found = connection.execute(f"select platform_code, month, origin from marts.{table}{where}").fetchall()
    return {row for row in found if row[0] in ("210100", "210200") and row[1] in (AUGUST, SEPTEMBER)}


def rows(settings: Settings, query: str) -> list[tuple]:
    with duckdb.connect(str(settings.build_database), read_only=True) as connection:
        return sorted(connection.execute(query).fetchall())


def test_one_simulated_row_makes_its_platforms_month_simulated(project, blank, tmp_path):
    var = tmp_path / "var"
    blank(var)
    with project.at(var), pytest.MonkeyPatch.context() as patch:
        settings = Settings.from_environment()
        step = "工单编号,流转序号,流转环节,操作时间\nJT2102002024091200000002,1,受理,2024-09-12 08:05:00\n"
        deliver(settings, step, "ticket_events.csv", "210200", date(2024, 9, 13))
        ingest(patch, None)  # one step of a ticket, taken while the installation said nothing
        delivered(settings)
        ingest(patch, "real")
        project.run(var, "run", "--select", *MADE)
        for table in MONTHLY[:-1]:
            assert origins(settings, table) == {
                ("210100", AUGUST, "real"), ("210100", SEPTEMBER, "real"),
                ("210200", AUGUST, "real"), ("210200", SEPTEMBER, "simulated"),
            }, table  # fmt: skip
        assert rows(settings, "select ticket_no[3:8], accepted_month, origin from marts.fct_ticket") == [
            ("210100", AUGUST, "real"), ("210100", SEPTEMBER, "real"),
            ("210200", AUGUST, "real"), ("210200", SEPTEMBER, "simulated"),
        ]  # fmt: skip
        for table, day in (
            ("mart_ticket_count_daily", "day"),
            ("mart_indicator_daily", "day"),
            ("fct_backlog_daily", "date_day"),
        ):
            daily = f"select distinct platform_code, cast(date_trunc('month', {day}) as date) as month, origin from marts.{table}"
            where = f"where platform_code in ('210100', '210200') and {day} < date '2024-09-13'"
            assert rows(settings, f"{daily} {where}") == [
                ("210100", AUGUST, "real"), ("210100", SEPTEMBER, "real"),
                ("210200", AUGUST, "real"), ("210200", SEPTEMBER, "simulated"),
            ], table  # fmt: skip
        province = "from marts.mart_volume_growth where rollup = 'total'"
        assert rows(settings, f"select month, origin {province}") == [(AUGUST, "real"), (SEPTEMBER, "simulated")]
        periods = """
            from marts.mart_indicator where scope_kind = 'platform' and platform_code in ('210100', '210200')
            and (period_kind, period_start) in (('quarter', date '2024-07-01'), ('year', date '2024-01-01'))
        """
        assert rows(settings, f"select distinct platform_code, period_kind, origin {periods}") == [
            ("210100", "quarter", "real"), ("210100", "year", "real"),
            ("210200", "quarter", "simulated"), ("210200", "year", "simulated"),
        ]  # fmt: skip
        # what was reported is what was reported, whatever the tickets are
        scores = "select distinct source, origin from marts.mart_score_monthly where platform_code = '210200'"
        assert ("reported", "real") in rows(settings, scores)

        # the word of the installation changes: all is simulated, whatever its ledger says
        patch.setenv("HOTLINE_ORIGIN", "simulated")
        project.run(var, "run", "--full-refresh", "--select", *MADE)
        for table in MONTHLY:
            assert {origin for *_, origin in origins(settings, table)} <= {"simulated"}, table
        for table in ("fct_ticket", "mart_ticket_count_daily", "mart_indicator_daily", "fct_backlog_daily"):
            assert rows(settings, f"select distinct origin from marts.{table}") == [("simulated",)], table
        assert ("reported", "real") in rows(settings, scores)
