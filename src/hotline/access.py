"""``hotline access``: who logged in, read or exported what."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import click

from hotline import yaml_file
from hotline.access_log import AccessLog, plain
from hotline.errors import HotlineError
from hotline.settings import TIMEZONE, Settings

SHOWN = ("time", "account", "address", "action", "status", "rows")


def access_log(settings: Settings) -> AccessLog:
    """The access log of an installation, with the retention that ``superset/security.yaml`` sets."""
    security = yaml_file.read(settings.home / "superset" / "security.yaml")
    return AccessLog(settings.access_log, security["access_log"]["keep_days"])


def chosen(events: Iterable[dict], account: str | None, action: str | None) -> Iterable[dict]:
    """Events of one account (as typed, capitals do not matter) and one action."""
    for event in events:
        same = account is None or str(event.get("account") or "").casefold() == account.casefold()
        if same and (action is None or event.get("action") == action):
            yield event


def in_one_line(event: dict) -> str:
    """An event for a terminal: when, who, from where, what, with what result."""
    when = str(event.get("time", ""))[:19].replace("T", " ")
    rest = {name: value for name, value in event.items() if name not in SHOWN}
    details = "  ".join(f"{name}={value if isinstance(value, str | int) else json.dumps(value, ensure_ascii=False)}"
                        for name, value in rest.items())  # fmt: skip
    rows = f"{event['rows']} rows" if "rows" in event else ""
    columns = (when, event.get("account") or "-", event.get("address", ""), event.get("action", ""))
    return plain(
        f"{columns[0]:<19}  {columns[1]:<14}  {columns[2]:<15}  {columns[3]:<15}  {event.get('status', ''):<3}"
        f"  {rows:>12}  {details}".rstrip()
    )


@click.command()
@click.option("--day", help="Day, as YYYY-MM-DD (Asia/Shanghai). Default: today.")
@click.option("--days", default=1, show_default=True, type=click.IntRange(1), help="So many days, ending with --day.")
@click.option("--account", help="Only what this account did.")
@click.option("--action", help="Only this action, e.g. export, login refused, denied.")
@click.option("--json", "as_json", is_flag=True, help="The lines as they were written.")
def command(day: str | None, days: int, account: str | None, action: str | None, as_json: bool) -> None:
    """List who logged in, read or exported what."""
    try:
        last = date.fromisoformat(day) if day else datetime.now(ZoneInfo(TIMEZONE)).date()
    except ValueError as error:
        raise HotlineError(f"--day {day}: not a date", "write it as 2024-09-30") from error
    log = access_log(Settings.from_environment())
    first = last - timedelta(days=days - 1)
    count = 0
    for event in chosen(log.read(first, last), account, action):
        count += 1
        click.echo(plain(json.dumps(event, ensure_ascii=False)) if as_json else in_one_line(event))
    if not count and not as_json:
        kept = log.files()
        span = f"kept are {kept[0].stem} to {kept[-1].stem}" if kept else "nothing was written yet"
        click.echo(f"no such event from {first} to {last} ({span})")
