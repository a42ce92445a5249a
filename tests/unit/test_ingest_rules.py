"""The table of rules, and what is made from it; the forms of writing."""

import re
from pathlib import Path

import duckdb
import fastexcel
import pytest
from click.testing import CliRunner
from ticket_files import ticket_table

from hotline.cli import cli
from hotline.contracts import load_contracts
from hotline.ingest import forms, rules

HOME = Path(__file__).resolve().parents[2]


def made(text: str, name: str) -> str:
    return re.search(f"<!-- {name} -->\n(.*?)<!-- /{name} -->", text, re.DOTALL)[1].strip()


def test_the_tables_in_the_documents_are_the_tables_of_the_code():
    """To renew one: put what its ``as_markdown`` gives between the markers."""
    text = (HOME / "docs" / "reference" / "contracts.md").read_text(encoding="utf-8")
    assert made(text, "rules") == rules.as_markdown().strip()
    assert made(text, "forms") == forms.as_markdown().strip()


def test_the_warehouse_names_reasons_as_these_tables_do():
    seed = (HOME / "dbt" / "seeds" / "contracts" / "refusal_reasons.csv").read_text(encoding="utf-8")
    assert seed == rules.as_csv(), "run: hotline contract reasons > dbt/seeds/contracts/refusal_reasons.csv"
    assert "\nrow,code,不在代码表内,not in the code list,请改用代码表中的名称\n" in seed
    assert "{" not in seed, "a name is of all cases"


def test_every_rule_says_what_to_do_in_both_languages_and_chinese_holds_no_english():
    for table in (rules.ROW_RULES, rules.FILE_RULES, rules.NOTES):
        for rule in table.values():
            assert rule.en and rule.zh
            assert table is rules.NOTES or (rule.remedy_en and rule.remedy_zh), rule.code
            words = re.sub(r"\{[^}]*\}", "", rule.zh + rule.remedy_zh)
            # options, names of formats and of fields that the sender must write as they are
            known = "--day|--sender|UTF-8|UTF-32|GB18030|GBK|Excel|CSV|JSON|ZIP|rows|sha256|xlsx|csv"
            assert not re.search("[A-Za-z]{2,}", re.sub(known, "", words)), rule


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-03-11 10:00 PM", "2025-03-11 22:00:00"), ("2025/3/11 下午 10:00:00", "2025-03-11 22:00:00"),
        ("2024/9/1 上午 12:21", "2024-09-01 00:21:00"), ("2025-03-11T10:00:00Z", "2025-03-11 18:00:00"),
        ("2025-03-11 22:00:00-05:00", "2025-03-12 11:00:00"), ("2024年9月1日8时5分", "2024-09-01 08:05:00"),
        ("２０２４-9-1 ８:05", "2024-09-01 08:05:00"), ("45547.3368055555", "2024-09-12 08:05:00"),
        ("2024-09-01 13:05 AM", None), ("24/9/2 9:00", None), ("3/11/25 10:00", None), ("2024-02-30 08:00", None),
        ("epoch", None), ("infinity", None), ("2024-09-01 24:00:00", None), ("2024-09-01 08:21:48 CST", None),
        ("2024-09-01 10:00 America/New_York", None), ("2024-09-01 10:00+99:00", None), ("9999-12-31 23:00:00-05:00", None),
        ("2024-09-12 8:05-08:30", None), ("2024-09-12 08:05-0830", None), ("2024-09-12 8时5分-09", None),
        ("2024-09-12 08:05:00 -0500", "2024-09-12 21:05:00"), ("2024-09-12 08:05 +0800", "2024-09-12 08:05:00"),
        ("2024-09-0108:05", None), ("2024-09-01 0\n8:05", None), ("2024-09-01\n08:05", "2024-09-01 08:05:00"), ("", None), (None, None),
    ],
)  # fmt: skip
def test_a_time_is_read_in_the_accepted_forms_and_no_other(text, moment):
    assert forms.moment_text(text) == moment


def test_every_time_column_has_a_plausible_range():
    for contract in load_contracts().values():
        for column in contract.columns:
            if column.logical_type in {"timestamp", "date"}:
                assert column.not_after or column.not_after_delivery, (contract.feed, column.name)


# check -------------------------------------------------------------------------------------------------


def check(*arguments, **environment):
    return CliRunner().invoke(cli, ["check", *map(str, arguments)], env=environment)


@pytest.fixture
def desk(tmp_path, monkeypatch):
    monkeypatch.setenv("HOTLINE_VAR", str(tmp_path / "var"))
    folder = tmp_path / "desk"
    folder.mkdir()
    return folder


def test_a_file_on_the_desk_needs_no_options_and_the_answer_says_what_was_assumed(desk):
    (desk / "导出.csv").write_text(ticket_table({}, {"业务类型": "闲聊"}), encoding="utf-8")
    result = check(desk / "导出.csv")
    assert result.exit_code == 1
    assert "共 2 行，可接收 1 行，不合格 1 行" in result.output
    for told in ("数据种类按表头判断为“工单”", "报送单位按工单编号前缀判断为 沈阳（210100）", "未指明报送日期"):
        assert told in result.output


def test_sender_and_feed_are_understood_in_chinese_and_the_day_counts(desk):
    (desk / "x.csv").write_text(ticket_table({}), encoding="utf-8")
    assert check(desk / "x.csv", "--sender", "沈阳", "--feed", "工单", "--day", "2024-09-14").exit_code == 0
    early = check(desk / "x.csv", "--sender", "沈阳", "--feed", "工单", "--day", "2024-09-11")
    assert "晚于报送日" in early.output
    assert "没有名为“北京”的报送单位" in check(desk / "x.csv", "--sender", "北京").stderr


def test_the_answer_marks_the_bad_cells_beside_the_file_and_escapes_formulas(desk):
    (desk / "tickets.csv").write_text(ticket_table({"业务类型": "=1+1", "办结意见": "@x"}), encoding="utf-8")
    assert check(desk, "--day", "2024-09-14").exit_code == 1
    answer = desk / "tickets.csv.核对结果.xlsx"
    assert answer.stat().st_mode & 0o777 == 0o600
    with duckdb.connect() as connection:
        connection.register("answer", fastexcel.read_excel(answer).load_sheet("不合格行", dtypes="string"))
        texts = [text for row in connection.execute("select * from answer").fetchall() for text in row]
    assert "'=1+1" in texts and "=1+1" not in texts
    again = check(desk, "--day", "2024-09-14")
    assert again.output.count("共 1 行") == 1, "an answer is no delivery"


def test_no_answer_is_written_into_the_warehouse(desk, tmp_path):
    inside = tmp_path / "var" / "landing" / "210100" / "2024-09-14" / "tickets.csv"
    inside.parent.mkdir(parents=True)
    inside.write_text(ticket_table({"业务类型": "闲聊"}), encoding="utf-8")
    assert check(inside).exit_code == 1
    assert [path.name for path in inside.parent.iterdir()] == ["tickets.csv"]


def test_help_is_chinese_under_a_chinese_locale(desk):
    chinese = check("--help", LC_ALL="zh_CN.UTF-8").output
    assert "报送单位" in chinese
    assert not re.search(r"\b(Usage|Options|Show|default)\b", chinese)
    assert "Usage" in check("--help", LC_ALL="C.UTF-8").output
