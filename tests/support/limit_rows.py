"""A small delivery of figures, claims and times at the limits of their contracts, some of them contradicting each other."""

from __future__ import annotations

import csv
import random
from datetime import date
from pathlib import Path

from ticket_files import deliver, ticket_rows, ticket_table

from hotline.settings import Settings

TICKETS = 60
DAY = date(2024, 10, 15)
FIGURES = ("-5", "-0", "0", "100.005", "100", "0.0001", "999999999.9999", "-999999999.9999", "000000001.5")
LISTS = Path(__file__).resolve().parents[2] / "dbt" / "seeds" / "code_lists"


def codes(name):
    with (LISTS / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
        return [row["code"] for row in csv.DictReader(handle)]


KINDS, MEASURES = ["", *codes("claim_relations")], codes("claim_measures")


def table(names, rows):
    return "\n".join([",".join(names), *(",".join(map(str, row)) for row in rows)]) + "\n"


def deliver_limits(settings: Settings) -> None:
    """Put reported indicators, claims, tickets and their steps into the landing folder."""
    chance = random.Random(12328)  # noqa: S311 - the same rows in every run
    with (settings.seeds / "code_lists" / "indicators.csv").open(encoding="utf-8", newline="") as handle:
        indicators = [row["code"] for row in csv.DictReader(handle)]
    reported = [
        (month, "210100", code, figure)
        for month, figures in (("2024-09", FIGURES), ("2024-08", FIGURES[::-1]), ("2000-01", FIGURES[3:]))
        for code, figure in zip(indicators, figures * 9, strict=False)
    ]
    deliver(settings, table(("month", "platform_code", "indicator_code", "reported_text"), reported),
            "reported_indicators.csv", day=DAY)  # fmt: skip
    names = (
        "claim_code",
        "document",
        "month",
        "claim",
        "measure",
        "stated_text",
        "scale",
        "check_kind",
        "operands",
        "base",
        "weights",
        "table_name",
        "row_name",
        "figure_code",
        "is_basis_stated",
        "is_from_tickets",
    )
    some = [f"c{number}" for number in range(300)] + ["nobody", "-c1", ""]
    claims = [
        (
            f"c{number}",
            "d",
            chance.choice(("2024-09", "2000-01")),
            "x",
            chance.choice(MEASURES),
            chance.choice((*FIGURES[:-1], "0.000001", "999999999.999999")),
            chance.choice(("", 1, 10000, 100000000)),
            chance.choice(KINDS),
            "|".join(chance.sample(some, 3)),
            "|".join(chance.sample(some, chance.choice((1, 4)))),
            chance.choice(("", "1|0.5", "0|999", "不详")),
            chance.choice(("", "t")),
            chance.choice(("", "a", "合计")),
            chance.choice(("", "", "c1", "nobody")),
            chance.choice(("", "是", "否")),
            chance.choice(("是", "否")),
        )
        for number in range(300)
    ]
    # a percentage that no whole number out of 344 gives, and nobody says what it is of
    claims += [
        ("n", "d", "2024-09", "x", "tickets", "344", "", "", "", "", "", "", "", "", "", "否"),
        ("unsaid", "d", "2024-09", "x", "rate_pct", "94.85", "", "grim", "", "n", "", "", "", "", "", "否"),
    ]
    deliver(settings, table(names, claims), "published_claims.csv", "LN", DAY)
    numbers = ("00000000", "99999999", "99991231", "00010101", "20240912")
    times = ("2014-01-01 00:00:00", "2024-02-29 23:59:59", "2024-09-12 00:00:00", "2024-10-15 23:59:59")
    tickets = [
        {"工单编号": f"JT210100{numbers[n % 5]}{n:08d}", "受理时间": times[n % 4], "问题类别": ("公交", "飞车", "出租车")[n % 3],
         "应办结时间": ("", "2099-12-31 23:59:59", times[0])[n % 3]}
        for n in range(TICKETS)
    ]  # fmt: skip
    deliver(settings, ticket_table(*tickets), day=DAY)
    columns = ("ticket_no", "event_seq", "event_type", "occurred_at")
    steps = [
        (
            row[0],
            seq,
            chance.choice(("accept", "dispatch", "close", "suspend", "rework", "rate")),
            chance.choice(times),
        )
        for row in ticket_rows(*tickets)
        for seq in (1, 2, 100000)
    ]
    deliver(settings, table(columns, steps), "ticket_events.csv", day=DAY)
