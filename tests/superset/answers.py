"""How an answer of the server is read: the rows in it, and every sign of somebody else's."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import requests
import yaml

from hotline.stack.superset import Superset

PLATFORM = {"quality_check": "entity_code", "fct_ticket_event": "sender_code", "fct_callback": "sender_code"}
OWN = {"shenyang": "210100", "dalian": "210200"}
SECURITY = yaml.safe_load((Path(__file__).resolve().parents[2] / "superset" / "security.yaml").read_text("utf-8"))


class Foreign:
    """What must stand in no answer to a city: how to know other platforms, people and the machine in a text."""

    def __init__(self, superset: Superset, published: duckdb.DuckDBPyConnection) -> None:
        self.platforms = published.execute("select platform_code, platform_name from marts.dim_platform").fetchall()
        (self.tickets,) = published.execute("select count(*) from marts.fct_ticket").fetchone()
        self.volumes = [
            str(tickets)
            for (tickets,) in published.execute(
                "select sum(tickets) from marts.mart_volume_monthly group by month having sum(tickets) >= 100000"
            ).fetchall()
        ]
        self.callers = [
            key
            for (key,) in published.execute(
                "select distinct caller_key from marts.fct_ticket where caller_key is not null limit 1000"
            ).fetchall()
        ]
        self.people = superset.account_names()
        self.place = str(superset.settings.var)

    def in_text(self, text: str, account: str) -> list[str]:
        """Every sign of somebody else's in an answer to ``account``."""
        text = re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), text)
        own = OWN.get(account)
        signs = [self.place, str(Path.home()), "pytest-of-", "root:x:", "root:*", str(self.tickets), *self.volumes]
        for code, name in self.platforms:
            if code != own:
                signs += [
                    f'"{code}"',
                    f'"{name}"',
                    f"JT{code if code != 'LNJT' else '210000'}2",
                    f"\n{code},",
                    f",{code},",
                ]
        signs += [name for user, name in self.people.items() if user != account]
        signs += [f"{user}@" for user in self.people if user != account]
        if "ticket_no" in text or "caller" in text or len(text) < 100_000:
            signs += self.callers
        return [sign for sign in signs if sign in text]


def unescaped(answer: requests.Response) -> str:
    return re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), answer.text)


def rows_of(answer: requests.Response) -> list[dict]:
    """All rows of an answer to a chart request or to SQL Lab, whatever its status; of other answers none."""
    try:
        body = answer.json()
    except ValueError:
        return []
    if not isinstance(body, dict):
        return []
    results = body["result"] if isinstance(body.get("result"), list) else [body]
    return [row for result in results if isinstance(result, dict) for row in result.get("data") or []]


def told(answer: requests.Response) -> str:
    """The answer, without what a refusal repeats of the request."""
    return answer.text if answer.ok else re.sub(r"(：|自定义\w+|模板).*", "", unescaped(answer))
