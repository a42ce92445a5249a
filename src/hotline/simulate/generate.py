"""One run of the simulation: months in order, blocks in order, files and truth written as it goes."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from hotline.errors import HotlineError
from hotline.settings import Settings
from hotline.simulate import province, registers
from hotline.simulate.allocation import Allocation
from hotline.simulate.delivery import deliveries
from hotline.simulate.fabrication import fabricate, failure_shares
from hotline.simulate.lifecycle import live
from hotline.simulate.lives import CellCodes, Habits, Lives
from hotline.simulate.noise import NOISE, add_noise, rates_of
from hotline.simulate.numbering import MonthPlan, NumberLine
from hotline.simulate.reference import BULLETIN_MONTH
from hotline.simulate.render import Renderer
from hotline.simulate.repeats import link_repeats
from hotline.simulate.timing import days_of, monthly_delivery, seconds
from hotline.simulate.units import Units
from hotline.simulate.writer import ENCODINGS, FeedWriter, write_rows

MANIFEST = "manifest.json"
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Request:
    """What to simulate. ``months`` are yyyy-MM; ``delivery`` is monthly or daily.

    ``corrections``: some rows come late, are corrected, repeated or deleted.
    """

    months: tuple[str, ...]
    scale: float
    seed: int
    delivery: str
    corrections: bool = False


@dataclass(frozen=True)
class Outcome:
    """What a run wrote; ``skipped`` when all of it was there already."""

    tickets: int
    rows: int
    files: int
    size_bytes: int
    fabricated: int
    skipped: bool


def run(request: Request, landing: Path, truth: Path, settings: Settings, progress: Callable[[int], None]) -> Outcome:
    """Write the feeds of a request into ``landing`` and what was fabricated into ``truth``.

    ``progress`` is called with the number of tickets written since the last call. The manifest in ``truth`` makes a
    second run with the same request a check of hashes. Raises HotlineError for months or scales that cannot be.
    """
    manifest_path = truth / MANIFEST
    wanted = {"inputs": _inputs_hash(settings), **asdict(request)}
    wanted["months"] = list(request.months)
    done = _read_manifest(manifest_path)
    if done is not None and done["request"] == wanted and _is_whole(done, landing, truth):
        return Outcome(**done["outcome"], skipped=True)
    if done is not None:
        _remove_stale(done, landing)
    manifest_path.unlink(missing_ok=True)
    truth.mkdir(parents=True, exist_ok=True)
    landing.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=".simulate-", dir=landing.parent))
    try:
        files, truths, tickets, fabricated = _write_months(request, landing, truth, settings, scratch, progress)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    outcome = {
        "tickets": tickets,
        "rows": sum(f["rows"] for f in files.values()),
        "files": len(files),
        "size_bytes": sum(f["size"] for f in files.values()),
        "fabricated": fabricated,
    }
    text = json.dumps({"request": wanted, "outcome": outcome, "files": files, "truth": truths}, ensure_ascii=False)
    temporary = manifest_path.with_suffix(".part")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(manifest_path)
    return Outcome(**outcome, skipped=False)


def _write_months(request, landing, truth, settings, scratch, progress):
    allocation = Allocation.from_reference(settings.reference, request.seed)
    line = NumberLine(allocation)
    platforms = allocation.platforms
    units = Units(allocation.platform_names)
    habits, shares = Habits.from_allocation(allocation, platforms), failure_shares(allocation, platforms)
    rates = rates_of(len(platforms), request.seed)
    writer = FeedWriter(landing, settings.contracts, scratch)
    old_style = frozenset(p for p, encoding in ENCODINGS.items() if encoding.name == "gb18030")
    files, truths, tickets, fabricated = {}, {}, 0, 0
    first, registered = (1, 1), None
    for label in request.months:
        year, month = int(label[:4]), int(label[5:])
        plan = MonthPlan(line, year, month, request.scale, request.seed, first)
        codes = CellCodes.of(plan, platforms)
        renderer = Renderer(allocation, plan, units, old_style)
        delivery = monthly_delivery(year, month)
        deadline = seconds(delivery) + 6 * 3600
        # a platform without any row still delivers its files
        for due_day in [delivery] if request.delivery == "monthly" else days_of(year, month):
            writer.open_empty(platforms, due_day + timedelta(days=request.delivery == "daily"))
        files |= _write_registers(landing, settings, allocation, units, (registered, date(year, month, 2)))
        registered, inspected = date(year, month, 2), []
        truth_path = truth / f"fabricated-{label}.csv"
        truth_path.write_text("ticket_no,platform_code,month,kind\n", encoding="utf-8")
        for number, block in enumerate(plan.blocks()):
            rng = np.random.default_rng([request.seed, year, month, number])
            lives = live(block, codes, habits, units, deadline, rng)
            fabricate(lives, shares, year, deadline, rng)
            link_repeats(lives, rng)
            # a stream of its own: without noise all else is as with it
            noise = np.random.default_rng([request.seed, year, month, number, NOISE])
            add_noise(lives, rates, deadline, (year, month) == BULLETIN_MONTH, noise)
            day = (delivery - EPOCH).days if request.delivery == "monthly" else None
            for feed, rows in deliveries(renderer, lives, day, request.corrections, rng).items():
                writer.write(feed, rows.frame, rows.day)
            if (year, month) == BULLETIN_MONTH:
                inspected += _inspected(renderer, lives, request, number)
            fabricated += _write_truth(truth_path, renderer.truth(lives), label)
            tickets += lives.platform.size
            progress(lives.platform.size)
        files |= _write_province(landing, settings, platforms, delivery, (year, month), request.seed, inspected)
        truths[truth_path.name] = hashlib.sha256(truth_path.read_bytes()).hexdigest()
        first = (plan.next_number[0], plan.next_number[1])
        files |= writer.finish(before=days_of(year, month)[0] if request.delivery == "daily" else None)
    files |= writer.finish()
    return files, truths, tickets, fabricated


def _write_registers(
    landing: Path, settings: Settings, allocation: Allocation, units: Units, span: tuple[date | None, date]
) -> dict[str, dict[str, object]]:
    """What changed in the platforms' registers between two days, delivered on the second."""
    files = {}
    for index, platform in enumerate(allocation.platforms):
        city = allocation.platform_names[platform]
        for feed, rows in (
            ("handling_units", list(registers.handling_units(units, platform, city))),
            ("enterprises", list(registers.enterprises(platform, city, index, allocation.seed))),
        ):
            if changed := registers.news(rows, *span):
                files |= write_rows(landing, settings.contracts, platform, span[1], feed, changed)
    return files


def _inspected(renderer: Renderer, lives: Lives, request: Request, number: int) -> list[dict[str, str]]:
    """Inspected closing reports of a block: its part of a month's round."""
    plan = renderer.plan
    share = min(request.scale, 1.0) * lives.platform.size / plan.tickets
    rng = np.random.default_rng([request.seed, plan.year, plan.month, number, province.INSPECTIONS])
    return list(
        province.inspections(
            lives, renderer.numbers(lives), renderer.codes, round(province.INSPECTIONS * share),
            days_of(plan.year, plan.month)[-1], rng,
        )
    )  # fmt: skip


def _write_province(
    landing: Path,
    settings: Settings,
    platforms: list[str],
    delivery: date,
    month: tuple[int, int],
    seed: int,
    inspected: list[dict[str, str]],
) -> dict[str, dict[str, object]]:
    """The province's files on a month: outages always, test calls and inspections of the bulletin's month."""
    feeds = {"platform_outages": province.outages(*month)}
    if month == BULLETIN_MONTH:
        feeds["dial_tests"] = list(province.dial_tests(platforms, days_of(*month), seed))
        feeds["report_inspections"] = [
            {"inspection_no": f"CC{month[0]}{month[1]:02d}-{number:06d}", **row}
            for number, row in enumerate(inspected, 1)
        ]
    files = {}
    for feed, rows in feeds.items():
        files |= write_rows(landing, settings.contracts, province.PROVINCE, delivery, feed, rows)
    return files


def _write_truth(path: Path, frame: pd.DataFrame, label: str) -> int:
    written = pd.DataFrame(
        {
            "ticket_no": frame["head"].astype(str) + frame["tail"].astype(str),
            "platform_code": frame["platform"],
            "month": f"{label}-01",
            "kind": frame["kind"],
        }
    )
    written.to_csv(path, mode="a", header=False, index=False, lineterminator="\n")
    return len(frame)


def _inputs_hash(settings: Settings) -> str:
    """Of what the feeds are made from: a changed reference, contract or generator writes them anew."""
    digest = hashlib.sha256()
    folders = (
        (settings.reference, "liaoning_2024_09/*.csv"),
        (settings.contracts, "*.yaml"),
        (Path(__file__).parent, "*.py"),
        (Path(__file__).parent, "*.csv"),
    )
    for folder, pattern in folders:
        for path in sorted(folder.glob(pattern)):
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def _read_manifest(path: Path) -> dict | None:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return None


def _is_whole(manifest: dict, landing: Path, truth: Path) -> bool:
    """Are all files of the manifest there with the bytes it states?"""
    expected = {landing / name: entry["sha256"] for name, entry in manifest["files"].items()}
    expected |= {truth / name: sha256 for name, sha256 in manifest["truth"].items()}
    checks = (landing / f"{name}.check" for name in manifest["files"])
    return (
        all(path.is_file() for path in expected)
        and all(path.is_file() for path in checks)
        and all(_sha256(path) == sha256 for path, sha256 in expected.items())
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _remove_stale(manifest: dict, landing: Path) -> None:
    """Files of an earlier, different request: two simulations in one landing folder would contradict each other."""
    for name in manifest["files"]:
        for path in (landing / name, landing / f"{name}.check"):
            path.unlink(missing_ok=True)


def parse_months(text: str) -> tuple[str, ...]:
    """``2024-09,2024-08`` or ``2023-01..2024-12`` -> months in order of time. Raises HotlineError."""
    months: set[str] = set()
    for part in text.replace(" ", "").split(","):
        first, _, last = part.partition("..")
        try:
            day, end = date.fromisoformat(f"{first}-01"), date.fromisoformat(f"{last or first}-01")
        except ValueError:
            raise HotlineError(
                f"{part!r} is not a month", "write months as 2024-09, several as 2024-08,2024-09 or 2024-01..2024-12"
            ) from None
        while day <= end:
            months.add(f"{day:%Y-%m}")
            day = (day + timedelta(days=32)).replace(day=1)
    if not months:
        raise HotlineError(f"no month in {text!r}", "the first month of a range must not follow its last")
    return tuple(sorted(months))
