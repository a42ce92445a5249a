"""Alerts to people: what they say, and the door through which any messenger can be plugged in.

``HOTLINE_NOTIFIER`` names the messenger:

* empty (default): mail when Airflow has the connection ``hotline_smtp``, else the log;
* ``log``: a warning in the log of the task;
* ``smtp``: mail, and an error when the connection is missing;
* ``package.module:Class``: your own. The class is called without arguments and needs one method,
  ``send(alert: Alert) -> None``, that raises when the alert could not be handed over (the task is then retried).

The connection ``hotline_smtp`` (type ``smtp``) names the mail server; its extra holds ``from_email`` and ``to``
(addresses, comma-separated), and ``disable_ssl``/``disable_tls`` as the server needs them.
"""

from __future__ import annotations

import html
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from typing import Protocol

from hotline import arrivals
from hotline.errors import HotlineError

CONNECTION = "hotline_smtp"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Alert:
    """One message. ``subject`` and ``text`` are Chinese, for the people on duty; ``details`` are for programs."""

    kind: str
    subject: str
    text: str
    details: Mapping = field(default_factory=dict)


class Notifier(Protocol):
    """What a messenger must be able to do."""

    def send(self, alert: Alert) -> None:
        """Hand the alert over, or raise."""


class LogNotifier:
    """The default: whoever reads the logs, or a log collector with a rule for ``ALERT``, sees it."""

    def send(self, alert: Alert) -> None:
        log.warning("ALERT %s: %s\n%s", alert.kind, alert.subject, alert.text)


class SmtpNotifier:
    """Mail through Airflow's own notifier, with what the connection says about server, sender and receivers."""

    def send(self, alert: Alert) -> None:
        from airflow.providers.smtp.notifications.smtp import SmtpNotifier as AirflowSmtpNotifier
        from airflow.sdk import Connection

        extra = Connection.get(CONNECTION).extra_dejson
        receivers = [address.strip() for address in extra.get("to", "").split(",") if address.strip()]
        if not receivers or not extra.get("from_email"):
            raise HotlineError(
                f"the connection {CONNECTION} names no receiver or no sender",
                'give its extra the keys "to" (addresses, comma-separated) and "from_email"',
            )
        body = html.escape(alert.text).replace("\n", "<br>\n")
        message = AirflowSmtpNotifier(
            to=receivers, subject=alert.subject, html_content=f"<p>{body}</p>", smtp_conn_id=CONNECTION
        )
        message.notify({})  # not called as a whole: that would run the text through a template engine
        log.info("alert %s was mailed to %s", alert.kind, ", ".join(receivers))


def notifier(name: str | None = None) -> Notifier:
    """The messenger called ``name`` (default: ``HOTLINE_NOTIFIER``); raises HotlineError when there is none such."""
    name = os.environ.get("HOTLINE_NOTIFIER", "") if name is None else name
    if name == "log":
        return LogNotifier()
    if name == "smtp":
        return SmtpNotifier()
    if not name:
        return SmtpNotifier() if _has_connection() else LogNotifier()
    module, _, attribute = name.partition(":")
    try:
        return getattr(import_module(module), attribute)()
    except (ImportError, AttributeError, ValueError, TypeError) as error:
        raise HotlineError(
            f"HOTLINE_NOTIFIER={name} names no messenger: {error}",
            "say log, smtp, or package.module:Class of a class that the Airflow environment can import",
        ) from error


def _has_connection() -> bool:
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        Connection.get(CONNECTION)
    except AirflowNotFoundException:
        return False
    return True


# messages --------------------------------------------------------------------------------------------


def deadline_missed(day: str, deadline: datetime, overdue: Mapping[str, Sequence[str]], lookback_days: int) -> Alert:
    """The alert about daily feeds that have not come: who, what, which day, what to do.

    ``overdue`` maps platform codes to the feeds they owe for the delivery day ``day``.
    """
    platforms, feeds = arrivals.platforms(), arrivals.daily_feeds()
    lines = [
        f"- {code} {platforms[code]}：{'、'.join(f'{feeds[feed][0]}（{feed}）' for feed in owed)}"
        for code, owed in overdue.items()
    ]
    text = "\n".join(
        [
            f"截至 {deadline:%Y-%m-%d %H:%M}，下列平台 {day} 的每日数据尚未送达：",
            *lines,
            "",
            "其他平台的数据已照常入库，不受影响。",
            "处理办法：",
            f"1. 请联系上述平台补送，文件放入各自目录 landing/平台编码/{day}/；上传时先用 .tmp 文件名，传完再改名。",
            f"2. {lookback_days} 天内补送的文件由之后的每日任务自动补收并重新计算，无需人工操作。",
            f"3. 需要立即入库，或补送已超过 {lookback_days} 天：在 Airflow 中以分区 {day} 手动运行 ingest_feeds。",
            "4. 平台称已送达的：运行 hotline ledger --problems，核对目录、日期、文件名是否正确。",
        ]
    )
    subject = f"【12328热线数据】{day} 每日数据逾期：{len(overdue)} 个平台未送齐"
    return Alert("deadline_missed", subject, text, {"day": day, "overdue": {k: list(v) for k, v in overdue.items()}})
