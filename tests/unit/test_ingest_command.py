"""The commands around ingest, as a data engineer and a city's staff meet them."""

import json
import shutil
from datetime import date

import pytest
from click.testing import CliRunner
from ticket_files import deliver, raw_rows, ticket_table

from hotline.cli import cli
from hotline.ingest import ledger
from hotline.ingest.rules import ROW_RULES
from hotline.settings import Settings


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("HOTLINE_VAR", str(tmp_path / "var"))
    return Settings.from_environment()


def hotline(*arguments):
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def summary(*arguments):
    result = hotline("ingest", "--json", *arguments)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout.splitlines()[-1])


def test_check_names_line_value_reason_and_remedy_in_chinese_and_writes_nothing(settings):
    delivery = deliver(settings, ticket_table({}, {"平台编码": "大连"}, {"业务类型": "闲聊"}))
    result = hotline("check", delivery.path)
    assert result.exit_code == 1
    assert "共 3 行，可接收 1 行，不合格 2 行" in result.output
    assert f"第 3 行　平台编码“大连”{ROW_RULES['sender'].zh}；{ROW_RULES['sender'].remedy_zh}" in result.output
    assert f"第 4 行　业务类型“闲聊”{ROW_RULES['code'].zh}；{ROW_RULES['code'].remedy_zh}" in result.output
    assert not settings.raw.exists() and not settings.quarantine.exists() and not settings.ledger.exists()


def test_check_of_a_good_file_ends_with_zero(settings):
    result = hotline("check", deliver(settings, ticket_table({}, {})).path)
    assert result.exit_code == 0
    assert "可接收 2 行，不合格 0 行" in result.output


def test_check_explains_a_rejected_file_in_chinese(settings):
    result = hotline("check", deliver(settings, "a,b\n1,2\n").path)
    assert result.exit_code == 1
    assert "整个文件不予接收：未找到“工单”的表头" in result.output


def test_check_of_many_bad_rows_sums_them_up(settings):
    delivery = deliver(settings, ticket_table(*[{"业务类型": "闲聊"}] * 30))
    result = hotline("check", "--rows", 5, delivery.path)
    assert result.output.count("“闲聊”") == 5
    assert "业务类型：不在代码表内（30 行）" in result.output


def test_one_bad_file_does_not_stop_the_others_and_the_sums_hold(settings):
    deliver(settings, ticket_table({}))
    deliver(settings, ticket_table({}), sender="999999")
    deliver(settings, b"\x1f\x8b broken", name="tickets.csv.gz", sender="210200")
    found = summary()
    assert found["files"] == 3
    assert found["rejected"] == ["210200/2024-09-14/tickets.csv.gz", "999999/2024-09-14/tickets.csv"]
    assert found["rows_in"] == found["rows_loaded"] + found["rows_quarantined"] == 1, "what was not parsed is not known"
    assert len(raw_rows(settings)) == 1
    again = summary()
    assert again["unchanged"] == 3
    problems = hotline("ledger", "--problems").output
    assert "999999 is not a known sender" in problems


def test_senders_and_days_narrow_a_run(settings):
    for day in (date(2024, 9, 13), date(2024, 9, 14), date(2024, 9, 15)):
        deliver(settings, ticket_table({"办结意见": str(day)}), day=day)
    assert summary("--from", "2024-09-14", "--to", "2024-09-14")["files"] == 1
    assert summary("--sender", "210200")["files"] == 0
    assert summary()["unchanged"] == 1


def test_a_file_rejected_for_its_sender_is_taken_once_the_sender_is_known(settings, tmp_path, monkeypatch):
    home = tmp_path / "home"
    shutil.copytree(settings.contracts, home / "contracts")
    shutil.copytree(settings.seeds, home / "dbt" / "seeds")
    monkeypatch.setenv("HOTLINE_HOME", str(home))
    platforms = home / "dbt" / "seeds" / "code_lists" / "platforms.csv"
    whole = platforms.read_text(encoding="utf-8")
    platforms.write_text("".join(line for line in whole.splitlines(True) if "210100" not in line), encoding="utf-8")
    deliver(settings, ticket_table({}))
    assert summary()["rejected"] == ["210100/2024-09-14/tickets.csv"]
    platforms.write_text(whole, encoding="utf-8")
    found = summary()
    assert (found["rejected"], found["rows_loaded"], found["unchanged"]) == ([], 1, 0)


def test_again_reads_known_files_anew_and_mends_what_raw_has_lost(settings):
    deliver(settings, ticket_table({}))
    summary()
    assert summary()["unchanged"] == 1
    assert summary("--again")["unchanged"] == 1, "the same judgement is none"
    (stored,) = settings.raw.glob("tickets/dt=2*/*/*.parquet")
    for harm in (stored.unlink, lambda: next(settings.raw.glob("tickets/dt=2*/*/*.parquet")).write_bytes(b"PAR1")):
        harm()
        assert summary()["unchanged"] == 1, "a known file is not read"
        assert summary("--again")["unchanged"] == 0
        assert len(raw_rows(settings)) == 1
    assert [entry["judgement"] for entry in ledger.read(settings.ledger, history=True)] == [1, 2, 3]


def test_again_empties_the_quarantine_of_what_is_now_good(settings, tmp_path, monkeypatch):
    home = tmp_path / "home"
    shutil.copytree(settings.contracts, home / "contracts")
    shutil.copytree(settings.seeds, home / "dbt" / "seeds")
    monkeypatch.setenv("HOTLINE_HOME", str(home))
    deliver(settings, ticket_table({"业务类型": "吐槽"}))
    assert summary()["rows_quarantined"] == 1
    types = home / "dbt" / "seeds" / "code_lists" / "business_types.csv"
    types.write_text(types.read_text(encoding="utf-8").replace("投诉|举报", "投诉|吐槽|举报"), encoding="utf-8")
    assert summary("--again")["rows_loaded"] == 1
    assert not list(settings.quarantine.rglob("*.parquet"))


def test_an_empty_ledger_says_what_to_do(settings):
    result = hotline("ledger")
    assert result.exit_code == 1
    assert "hotline ingest" in str(result.exception)


def test_the_ledger_says_why_in_both_languages(settings):
    deliver(settings, ticket_table({"业务类型": "吐槽"}, {}))
    content = ticket_table({})
    rejected = deliver(settings, content, "tickets-b.csv")
    rejected.path.with_name(rejected.path.name + ".check").write_text('{"rows": 7, "sha256": "' + "0" * 64 + '"}')
    summary()
    told = hotline("ledger", "--problems").output
    assert "business_type:code ×1 不在代码表内" in told
    entry = next(e for e in ledger.read(settings.ledger) if e["status"] == "rejected")
    for text in (entry["message"], entry["message_zh"]):
        assert text.split("\n")[0][:12] in told


@pytest.mark.parametrize("command", [["ledger", "--sender", "210199"], ["ingest", "--sender", "shenyang"]])
def test_an_unknown_sender_is_wrong_use_and_the_known_ones_are_named(settings, command):
    deliver(settings, ticket_table({}))
    summary()
    result = hotline(*command)
    assert result.exit_code == 2
    assert "210100 " in result.output and "is no sender" in result.output


def test_the_sender_of_a_folder_in_no_list_may_be_asked_for(settings):
    deliver(settings, ticket_table({}), sender="999999")
    assert summary("--sender", "999999")["files"] == 1
    assert hotline("ledger", "--sender", "999999").exit_code == 0


def test_no_problem_is_no_error(settings):
    deliver(settings, ticket_table({}))
    summary()
    result = hotline("ledger", "--problems")
    assert result.exit_code == 0 and "no problems in 1 files" in result.output
