"""The mapped task of ``ingest_feeds``: wait for a sender's daily feeds, then take in whatever is there.

One operator and not a sensor before a task: a task costs a process start of about a second, 17 of them a run. The wait
occupies no worker: it runs in the triggerer, one coroutine a sender. Needs Airflow.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

from airflow.sdk import BaseOperator
from airflow.triggers.base import BaseTrigger, TriggerEvent

from hotline import arrivals, orchestration
from hotline.ingest.ledger import safe

POKE_SECONDS = 20.0
SPARE = timedelta(minutes=15)
"""How long after the deadline Airflow gives up on a triggerer that does not answer; the retry then waits no more."""


class FeedsTrigger(BaseTrigger):
    """Fires once: when the sender's daily feeds of a day are complete, or at ``until`` (local, ISO).

    The end of the wait is an event and no failure. The event holds ``missing``, the feeds that did not come.
    """

    def __init__(self, sender: str, day: str, until: str, poke_seconds: float = POKE_SECONDS) -> None:
        super().__init__()
        self.sender, self.day, self.until, self.poke_seconds = sender, day, until, poke_seconds

    def serialize(self) -> tuple[str, dict]:
        arguments = {"sender": self.sender, "day": self.day, "until": self.until, "poke_seconds": self.poke_seconds}
        return "hotline.waiting.FeedsTrigger", arguments

    async def run(self) -> AsyncIterator[TriggerEvent]:
        until = datetime.fromisoformat(self.until)
        while (left := (until - arrivals.now()).total_seconds()) > 0:
            # pause before the first look, too: the task has just looked, and Airflow takes a task for lost that goes on
            # before the scheduler has noted that it stopped to wait (apache/airflow#67287)
            await asyncio.sleep(min(self.poke_seconds, left))
            if not await asyncio.to_thread(arrivals.missing_feeds, self.sender, self.day):
                break
        yield TriggerEvent({"missing": await asyncio.to_thread(arrivals.missing_feeds, self.sender, self.day)})


class IngestSender(BaseOperator):
    """Take in one sender's files of some delivery days, and late files of the days before.

    Returns what ``hotline ingest`` counted, and ``sender``, ``delivered`` (files of the run's own days),
    ``overdue`` (daily feeds of the last day that are not there) and ``late`` (files of earlier days that no run had
    taken before).

    Parameters
    ----------
    wait_until: wait so long (local, ISO) for the daily feeds of ``last_day``; None: take what is there.
    lookback_days: how many days before ``first_day`` are searched for late files.
    """

    def __init__(
        self,
        *,
        sender: str,
        first_day: str,
        last_day: str,
        wait_until: str | None = None,
        lookback_days: int = 0,
        **options,
    ) -> None:
        super().__init__(**options)
        self.sender, self.first_day, self.last_day = sender, first_day, last_day
        self.wait_until, self.lookback_days = wait_until, lookback_days

    def execute(self, context) -> dict:
        if self.wait_until:
            left = datetime.fromisoformat(self.wait_until) - arrivals.now()
            missing = arrivals.missing_feeds(self.sender, self.last_day)
            if missing and left > timedelta(0):
                self.log.info("%s: waiting until %s for %s", self.sender, self.wait_until, ", ".join(missing))
                trigger = FeedsTrigger(self.sender, self.last_day, self.wait_until)
                self.defer(trigger=trigger, method_name="resume", timeout=left + SPARE)
        return self.ingest()

    def resume(self, context, event: dict) -> dict:
        """Called when the wait is over, whether or not everything came."""
        if event["missing"]:
            self.log.warning("%s: not delivered in time: %s", self.sender, ", ".join(event["missing"]))
        return self.ingest()

    def ingest(self) -> dict:
        late = arrivals.late_files(self.sender, self.first_day, self.lookback_days)
        first_day = min(str(file.day or self.first_day) for file in late) if late else self.first_day
        delivered = sum(1 for _ in arrivals.deliveries(self.sender, self.first_day, self.last_day))
        argv = ["ingest", "--sender", self.sender, "--from", first_day, "--to", self.last_day, "--jobs", "1"]
        return orchestration.run_step(argv) | {
            "sender": self.sender,
            "delivered": delivered,
            "overdue": arrivals.missing_feeds(self.sender, self.last_day),
            "late": [safe(file.label) for file in late],
        }
