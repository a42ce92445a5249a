"""Alerts say who owes what and what to do, and go through the messenger that the environment names."""

import logging
import sys
from datetime import datetime
from types import SimpleNamespace

import pytest

from hotline import notify
from hotline.errors import HotlineError

ALERT = notify.deadline_missed(
    "2024-10-14", datetime(2024, 10, 14, 7, 30), {"210300": ["tickets", "callbacks"], "LNJT": ["tickets"]}, 5
)


def test_the_alert_names_platforms_feeds_day_and_remedy():
    assert ALERT.kind == "deadline_missed"
    assert ALERT.subject == "【12328热线数据】2024-10-14 每日数据逾期：2 个平台未送齐"
    lines = ALERT.text.splitlines()
    assert lines[0] == "截至 2024-10-14 07:30，下列平台 2024-10-14 的每日数据尚未送达："
    assert lines[1] == "- 210300 鞍山：工单（tickets）、回访记录（callbacks）"
    assert lines[2].startswith("- LNJT ")
    assert "landing/平台编码/2024-10-14/" in ALERT.text
    assert "5 天内补送的文件由之后的每日任务自动补收" in ALERT.text
    assert ALERT.details == {"day": "2024-10-14", "overdue": {"210300": ["tickets", "callbacks"], "LNJT": ["tickets"]}}


def test_the_log_gets_the_whole_alert_as_a_warning(caplog):
    notify.notifier("log").send(ALERT)
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage() == f"ALERT deadline_missed: {ALERT.subject}\n{ALERT.text}"


def test_any_class_can_be_plugged_in_by_the_environment(monkeypatch):
    sent = []
    module = SimpleNamespace(Pager=lambda: SimpleNamespace(send=sent.append))
    monkeypatch.setitem(sys.modules, "office_pager", module)
    monkeypatch.setenv("HOTLINE_NOTIFIER", "office_pager:Pager")
    notify.notifier().send(ALERT)
    assert sent == [ALERT]


@pytest.mark.parametrize(
    "name", ["no_such_module:Pager", "hotline.notify:Nobody", "hotline.notify", "hotline.notify:Alert"]
)
def test_a_messenger_that_cannot_be_made_is_an_error_with_a_remedy(name):
    with pytest.raises(HotlineError, match="remedy: say log, smtp"):
        notify.notifier(name)
