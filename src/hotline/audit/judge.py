"""The end of a round: its report and its bundles, once its calls are in or its time for calls is over."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from hotline.audit import rounds
from hotline.audit.bundle import write_bundle
from hotline.audit.rounds import Round
from hotline.audit.tickets import published
from hotline.reports import command as reports
from hotline.reports.facts import Audit, audit
from hotline.settings import Settings

RUNNING = (
    "select count(*) = ? and not bool_or(is_running) from marts.mart_spot_check_frame where list_contains(?, frame_no)"
)
STATE = "judged.sha256"


def judged(settings: Settings, found: Round) -> Path | None:
    """Write report and bundles below the round's folder, if they say something new. Returns it, or None while the round runs."""
    frames = [frame.frame_no for frame in found.frames]
    with published(settings) as connection:
        (is_over,) = connection.execute(RUNNING, [len(frames), frames]).fetchone()
    if not is_over:
        return None
    target = rounds.folder(settings, found.name)
    facts = audit(settings, rounds.period_of(found.name))
    state = content(facts).encode()
    if not (target / STATE).is_file() or (target / STATE).read_bytes() != state:
        for _ in reports.write(facts, target / "report", settings.contracts):
            pass
        for frame_no in frames:
            write_bundle(settings, frame_no, target / "bundles")
        rounds.write(settings, target / STATE, state)  # last: until it is there, all is written once more
    return target


def content(facts: Audit) -> str:
    """Fingerprint of what a report says, the day of publication apart: every day has a new one."""
    said = replace(facts, published="", delivered_until=facts.first)
    return hashlib.sha256(repr(said).encode()).hexdigest()
