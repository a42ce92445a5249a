"""Published figures against a small delivery of tickets: judged where the installation says that tickets are real."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import duckdb
import pytest
from click.testing import CliRunner
from ticket_files import deliver, ticket_table

from hotline.arrivals import platforms
from hotline.cli import cli
from hotline.settings import Settings

pytestmark = pytest.mark.slow

DAY = date(2024, 10, 14)
HEADER = (
    "文件",
    "条目编号",
    "统计月份",
    "度量",
    "公布值",
    "核对方法",
    "基数条目",
    "按工单复算",
    "占比基数",
    "平台编码",
    "业务类型",
)
FIGURES = (
    # 3 tickets in September 2024, of which 2 complaints; 2 a year before, 1 the month before
    ("all", "件数", "3", "", "", "是", "", "", ""),
    ("complaints", "件数", "3", "", "", "是", "", "", "投诉举报"),
    ("share", "占比", "66.67%", "", "", "是", "业务总量", "", "投诉举报"),
    ("cut", "占比", "66.66", "", "", "是", "业务总量", "", "投诉举报"),
    ("year", "同比", "50.00%", "增幅可行性", "all", "是", "", "", ""),
    ("month", "环比", "100.00", "", "", "是", "", "", ""),
    ("place", "名次", "2", "", "", "是", "", "沈阳", ""),
    ("given", "比率", "99.9", "", "", "", "", "", ""),
)
CLAIMS = "\n".join(
    [",".join(HEADER), *(",".join(("某省通报", code, "2024-09", *rest)) for code, *rest in FIGURES)]
)  # fmt: skip


def found(project, blank, var, origin: str) -> dict[str, tuple]:
    blank(var)
    with project.at(var), pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOTLINE_ORIGIN", origin)
        settings = Settings.from_environment()
        times = ["2024-09-12 08:00:00"] * 3 + ["2023-09-12 08:00:00"] * 2 + ["2024-08-12 08:00:00"]
        kinds = ["投诉举报", "投诉举报", "信息咨询"] * 2
        tickets = [
            {
                "受理时间": time,
                "业务类型": kind,
                "应办结时间": "",
                "工单编号": f"JT210100{time[:10].replace('-', '')}{n:08d}",
            }
            for n, (time, kind) in enumerate(zip(times, kinds, strict=True))
        ]
        deliver(settings, ticket_table(*tickets), day=DAY)
        # the months are whole: exports of all platforms came, most without a ticket
        for day in (date(2023, 10, 9), date(2024, 9, 9), date(2024, 10, 9)):
            for sender in platforms(settings):
                deliver(settings, ticket_table(), sender=sender, day=day)
        deliver(settings, CLAIMS + "\n", "published_claims.csv", "LN", DAY)
        taken = CliRunner().invoke(cli, ["ingest", "--json"])
        assert taken.exit_code == 0, taken.output
        project.run(var, "run", "--select", "+mart_published_claim")
        with duckdb.connect(str(settings.build_database), read_only=True) as connection:
            rows = connection.execute(
                "select claim_code, status, basis, recomputed_value, tickets_value from marts.mart_published_claim"
            ).fetchall()
    return {code: rest for code, *rest in rows}


def test_real_tickets_judge(project, blank, tmp_path):
    assert found(project, blank, tmp_path / "var", "real") == {
        "all": ["consistent", "tickets", 3, 3],
        "complaints": ["inconsistent", "tickets", 2, 2],
        "share": ["consistent", "tickets", Decimal("66.67"), Decimal("66.67")],
        "cut": ["truncated", "tickets", Decimal("66.67"), Decimal("66.67")],
        "year": ["consistent", "document", 50, 50],
        "month": ["inconsistent", "tickets", 200, 200],
        "place": ["inconsistent", "tickets", 1, 1],
        "given": ["not_checkable", "document", None, None],
    }


def test_invented_tickets_are_shown_and_judge_nothing(project, blank, tmp_path):
    rows = found(project, blank, tmp_path / "var", "simulated")
    assert {code: row[0] for code, row in rows.items()} == {
        **dict.fromkeys(rows, "simulated"), "year": "consistent", "given": "not_checkable",
    }  # fmt: skip
    assert rows["complaints"] == ["simulated", "tickets", 2, 2]
    assert rows["year"] == ["consistent", "document", 50, 50]
