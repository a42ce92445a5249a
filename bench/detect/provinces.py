"""Made-up provinces as one installation: the product's own code and definitions, with registers of platforms of their own.

A province is fifteen platforms in force in one month, and every province has another month: what corrects for the number of
platforms (Holm) then counts fifteen, as in the published one, although all are built at once.
"""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from honest import ABSENT, CENTRE_CLERKS, COMPLAINED_OF, DELIVERY_DAY, SATISFIED, STEPS, UNRATED, Month, after, clerk

from hotline import origin
from hotline.audit.order import ALGORITHM, fingerprint, in_order
from hotline.contracts import feed_file
from hotline.settings import Settings

HOTLINE = Path(sys.executable).with_name("hotline")
PROVINCE, SENDER = 15, "ZZ"
"""Platforms of a province, and the code of those who check them all."""
LAST_MONTH = date(2026, 6, 1)
UNIT_STEPS = frozenset({"sign", "sign_2", "return", "return_2", "contact", "handle", "close"})
TRUE, FALSE = "是", "否"
RATES = ("callback", "close", "satisfaction")


@dataclass(frozen=True)
class Cell:
    """One synthetic platform."""

    platform: str
    month: date
    kind: str
    intensity: float
    seed: int


def cells(kinds: list[str], intensities: list[float], seeds: int, honest: int) -> list[Cell]:
    """Every seed × kind × intensity and ``honest`` honest platforms, mixed, fifteen a province."""
    wanted = [(kind, intensity, seed) for kind in kinds for intensity in intensities for seed in range(seeds)]
    wanted += [("honest", 0.0, seed) for seed in range(honest)]
    mixed = np.random.default_rng([seeds, len(wanted)]).permutation(len(wanted))
    found, month = [], LAST_MONTH
    for place, index in enumerate(mixed):
        if place and place % PROVINCE == 0:
            month = (month - timedelta(days=1)).replace(day=1)
        kind, intensity, seed = wanted[index]
        found.append(Cell(f"{990001 + place}", month, kind, intensity, seed))
    return found


def prepare(folder: Path, home: Path, platforms: list[Cell]) -> Settings:
    """The installation: definitions of the checkout, with registers that name ``platforms`` and nobody else."""
    shutil.copytree(home / "dbt", folder / "dbt", ignore=shutil.ignore_patterns("target", "logs"))
    for name in ("contracts", "expectations", "superset", "reference"):
        (folder / name).symlink_to(home / name)
    seeds = folder / "dbt" / "seeds"
    spans = [{"valid_from": cell.month, "valid_to": after(cell.month)} for cell in platforms]
    _rewrite(seeds / "code_lists/platforms.csv", [
        {"code": cell.platform, "name_zh": f"示例{cell.platform}", "name_en": f"Example {cell.platform}", "sort_order": place,
         "platform_kind": "city", "ticket_prefix": cell.platform, "line_number": "12328"} | span
        for place, (cell, span) in enumerate(zip(platforms, spans, strict=True), start=1)])  # fmt: skip
    _rewrite(seeds / "parameters/platform_population.csv", [
        {"platform_code": cell.platform, "population_10k": "100", "source": "invented"} | span
        for cell, span in zip(platforms, spans, strict=True)])  # fmt: skip
    _rewrite(seeds / "parameters/platform_obligations.csv", [
        {"platform_code": cell.platform, "delivery_frequency": "daily", "delivery_mode": "monthly_export",
         "due_day": DELIVERY_DAY, "note": "invented"} | span
        for cell, span in zip(platforms, spans, strict=True)])  # fmt: skip
    _rewrite(seeds / "parameters/provinces.csv", [{"code": SENDER, "name_zh": "示例省中心", "name_en": "Example"}])
    return Settings(home=folder, var=folder / "var")


def _rewrite(seed: Path, rows: list[dict[str, object]]) -> None:
    """Replace the rows of a seed, of which the header is kept."""
    with seed.open(encoding="utf-8", newline="") as file:
        names = next(csv.reader(file))
    with seed.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def run(settings: Settings, *arguments: str) -> str:
    """A command of the product on the installation; what it says goes to a file. Raises SystemExit when it fails."""
    environment = os.environ | {"HOTLINE_HOME": str(settings.home), "HOTLINE_VAR": str(settings.var)}
    log = settings.home / f"{arguments[0]}.log"
    with log.open("w", encoding="utf-8") as told:
        done = subprocess.run(
            [HOTLINE, *arguments], env=environment, stdout=subprocess.PIPE, stderr=told, text=True, check=False
        )
    if done.returncode:
        raise SystemExit(f"hotline {' '.join(arguments)} failed: see {log}\n{log.read_text('utf-8')[-2000:]}")
    return done.stdout


# ---- what the platform sends --------------------------------------------------------------------------------


def deliver(settings: Settings, month: Month) -> None:
    """The three feeds of a platform's month, one file each."""
    numbers = np.array(month.numbers(), dtype=object)
    delivered = datetime.combine(after(month.first), datetime.min.time()) + timedelta(days=DELIVERY_DAY - 1, hours=6)
    feeds = {
        "tickets": tickets(month, numbers),
        "ticket_events": events(month, numbers),
        "callbacks": calls(month, numbers),
    }
    for feed, frame in feeds.items():
        header = feed_file.headers(settings.contracts, feed)
        text = frame.reindex(columns=list(header)).rename(columns=header).to_csv(index=False, lineterminator="\n")
        path = settings.landing / month.platform / f"{delivered:%Y-%m-%d}" / f"{feed}.csv"
        feed_file.write(path, text.encode(), len(frame), delivered, origin.SIMULATED)


def _moments(at: np.ndarray) -> np.ndarray:
    return np.char.replace(at.astype("datetime64[s]").astype(str), "T", " ")


def tickets(month: Month, numbers: np.ndarray) -> pd.DataFrame:
    categories = [COMPLAINED_OF[index] for index in month.category]
    return pd.DataFrame({
        "ticket_no": numbers, "platform_code": month.platform,
        "business_type": np.where(month.is_complaint, "投诉举报", "信息咨询"),
        "domain": ["城市客运" if c.domain == "urban_passenger" else "道路运输" for c in categories],
        "category": [c.name for c in categories],
        "subcategory": month.subcategories(),
        "channel": "12328电话", "accepted_at": _moments(month.accepted), "caller_phone": month.phone,
        "request_text": "来电反映问题，请核实处理。", "closing_text": month.text,
        "handling_unit": [f"示例{month.platform}第{unit}执法队" for unit in month.unit], "rating": month.rating,
        "resolution": "实际解决", "record_status": "有效",
    })  # fmt: skip


def events(month: Month, numbers: np.ndarray) -> pd.DataFrame:
    """One row an event, in order of time; the earlier ticket's number where two are linked."""
    at = np.column_stack(list(month.times.values()))
    ticket, step = np.nonzero(at != ABSENT)
    order = np.lexsort((step, at[ticket, step], ticket))
    ticket, step = ticket[order], step[order]
    names = list(STEPS)
    starts = np.searchsorted(ticket, ticket)
    centre = clerk(month.platform, 0, np.arange(month.accepted.size) % CENTRE_CLERKS)
    own = clerk(month.platform, month.unit, np.arange(month.accepted.size) % 3)
    who = {"close": month.closer, "archive": np.full(month.accepted.size, "SYSTEM", dtype=object)}
    clerks = np.stack([who.get(name, own if name in UNIT_STEPS else centre) for name in names], axis=1)
    linked = np.where(month.linked == ABSENT, "", numbers[month.linked])
    rated, links = np.isin(step, [names.index("rate"), names.index("rate_again")]), step == names.index("link")
    return pd.DataFrame({
        "ticket_no": numbers[ticket], "event_seq": np.arange(ticket.size) - starts + 1,
        "event_type": np.array(list(STEPS.values()), dtype=object)[step], "occurred_at": _moments(at[ticket, step]),
        "operator_id": clerks[ticket, step],
        "result": np.where(rated, month.rating[ticket], np.where(links, linked[ticket], "")),
    })  # fmt: skip


def calls(month: Month, numbers: np.ndarray) -> pd.DataFrame:
    """One row an attempt: those that nobody took lie between closure and the last one, by the telephone system's clock."""
    rows = []
    for place in np.flatnonzero(month.times["call"] != ABSENT):
        last, missed, talked = (int(found[place]) for found in (month.times["call"], month.missed, month.talked))
        room = max(last - int(month.times["close"][place]), 600)
        attempts = [(last - room * (missed - number) // (missed + 1), 0) for number in range(missed)]
        for number, (at, seconds) in enumerate([*attempts, *([(last, talked)] if talked else [])], start=1):
            rows.append((place, number, at + month.clock, seconds))
    place, number, at, seconds = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    return pd.DataFrame({
        "callback_no": [f"HF{numbers[p][2:]}{n}" for p, n in zip(place, number, strict=True)], "ticket_no": numbers[place],
        "called_at": _moments(at), "callback_phone": month.call_phone[place], "duration_seconds": seconds,
        "is_connected": np.where(seconds > 0, TRUE, FALSE),
        "rating": np.where(seconds > 0, month.rating[place], UNRATED),
        "operator_id": clerk(month.platform, 0, place % CENTRE_CLERKS),
    })  # fmt: skip


# ---- what the province does -----------------------------------------------------------------------------------


def claims(month: Month, false_claims: frozenset[str]) -> dict[str, tuple[int, int]]:
    """Numerator and denominator of each rate as the platform reports it: its own count, what it fabricated being good."""
    of = month.is_complaint
    called = of & ((month.talked > 0) | (month.is_fabricated & ("callback" in false_claims)))
    rated = of & (month.rating != UNRATED)
    return {
        "callback": (int(called.sum()), int(of.sum())),
        "close": (int(of.sum()), int(of.sum())),
        "satisfaction": (int((rated & (month.rating == SATISFIED)).sum()), int(rated.sum())),
    }


def audit(
    settings: Settings, months: Mapping[str, tuple[Month, frozenset[str]]], calls_each: int, rng: np.random.Generator
) -> None:
    """Freeze, draw and call: the province's round of one month, with the product's own order of the draw.

    Parameters
    ----------
    months: by platform, with the claims that are false of what it fabricated.
    """
    first = next(iter(months.values()))[0].first
    frozen = datetime.combine(after(first), datetime.min.time()) + timedelta(days=DELIVERY_DAY, hours=9)
    drawn, called = frozen + timedelta(days=1, hours=1), frozen + timedelta(days=3)
    value = f"{drawn:%Y%m%d}-{rng.integers(10**9, 10**10)}"
    frames, listed, draws, checks = [], [], [], []
    for platform, (month, false_claims) in months.items():
        frame_no = f"{first:%Y%m}-{platform}"
        numbers = month.numbers()
        complaints = {numbers[place]: int(place) for place in np.flatnonzero(month.is_complaint)}
        reported = claims(month, false_claims)
        frames.append({
            "frame_no": frame_no, "period_from": f"{first}", "platform_code": platform, "kind": "monthly",
            "population": len(complaints), "list_sha256": fingerprint(complaints), "frozen_at": f"{frozen}",
            "randomness": f"{drawn:%Y-%m-%d %H:%M} dice", "planned": calls_each,
            **{f"{rate}_text": f"{100 * good / whole:.2f}" for rate, (good, whole) in reported.items()},
            **{f"{rate}_numerator": good for rate, (good, _) in reported.items()},
            **{f"{rate}_denominator": whole for rate, (_, whole) in reported.items()},
        })  # fmt: skip
        listed += [{"frame_no": frame_no, "ticket_no": number} for number in complaints]
        draws.append(
            {
                "frame_no": frame_no,
                "revealed_at": f"{drawn}",
                "value": value,
                "algorithm": ALGORITHM,
                "drawn": calls_each,
            }
        )
        checks += [
            {"check_no": f"C-{platform}-{place}", "month": f"{first:%Y-%m}", "platform_code": platform, "ticket_no": number,
             "frame_no": frame_no, "draw_position": place, "called_at": f"{called}", "caller_no": f"C{place % 4}"}
            | answer(month, complaints[number], false_claims, rng)
            for place, number in enumerate(in_order(value, complaints)[:calls_each], start=1)
        ]  # fmt: skip
    for moment, feeds in (
        (frozen, {"spot_check_frames": frames, "spot_check_frame_tickets": listed}),
        (called + timedelta(days=1), {"spot_check_draws": draws, "spot_checks": checks}),
    ):
        for feed, rows in feeds.items():
            path = settings.landing / SENDER / f"{moment:%Y-%m-%d}" / f"{feed}-{first:%Y%m}.csv"
            feed_file.write(path, feed_file.as_csv(settings.contracts, feed, rows).encode(), len(rows), moment)


def answer(month: Month, place: int, false_claims: frozenset[str], rng: np.random.Generator) -> dict[str, str]:
    """What the province's caller writes down of one ticket."""
    counts = {f"in_{rate}_denominator": TRUE for rate in RATES}
    if month.rating[place] == UNRATED:
        counts["in_satisfaction_denominator"] = FALSE
    if rng.random() >= month.rates["call_reached"]:
        return counts | {"outcome": "not_reached", "attempts": "3"}
    found = dict.fromkeys(RATES, TRUE)
    if month.is_fabricated[place]:
        if rng.random() >= month.collusion:
            found |= dict.fromkeys(false_claims, FALSE)
    else:  # an honest report does not claim what was not so
        if rng.random() < month.rates["call_error"]:
            found[str(rng.choice(RATES))] = FALSE
    return counts | {"outcome": "reached", "attempts": "1"} | {f"is_{rate}_true": told for rate, told in found.items()}
