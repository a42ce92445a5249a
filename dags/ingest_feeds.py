"""
### ingest_feeds: take in what the platforms delivered

**Purpose.** Every morning at 06:30 (Asia/Shanghai) the files in the day's landing folders, which hold the data of the
day before, are checked against their contracts, stripped of personal data and written to the raw layer; every file
gets an entry in the ledger. One mapped task a sender: each platform, the province's own centre, and any
folder in the landing area that belongs to nobody (its files are rejected, and the ledger says so). The run's partition
is the last delivery day it covers.

**Waiting.** A platform that delivers daily (`platform_obligations.csv`) owes its daily feeds (contracts with
`deliveryFrequency: daily`) by the contract's `deliveryTime`. Until `wait_minutes` after that its task waits for the ones
that are not there yet: deferred, so it occupies no worker. The others go on at once. At the deadline the task takes
what there is. A day past its deadline, a range backfill and `wait_minutes` 0 never wait.

**Alert.** `alert_overdue` names platforms, missing feeds and what to do, through the notifier of `hotline.notify`: mail
when the connection `hotline_smtp` exists, else a warning in its log.

**Late files.** Each run also takes in the files of the `lookback_days` before its day that are not in the ledger: what
came after that day's run, whether late or, as a monthly feed may, in the afternoon. They trigger the build like any
other file and stand under `late` in the asset event.

**Backfill.** One run covers a range: trigger it with the last day as partition key and `from_day` as the first.
Files that are already in the ledger are skipped by their content, so a run can be repeated at will.

**Partial arrival** does not hold the others up: the build starts with what is there. Who is missing stands in the
asset event (Assets → `raw_feeds`) and in the log of `report_deliveries`. When there is no file for these days and no
late one, nothing is emitted and nothing is rebuilt.

### Triage
* *`ingest_sender` failed for one platform*: the others are in and the warehouse is being built without it; this run
  shows red because of `every_sender_ingested`. The end of the task's log names file, row and remedy. Mend, then clear
  the failed task: only that platform is read again, and the build follows.
* *A platform is listed as missing or overdue*: it delivered no file, or not every daily feed. Ask it; its late files go
  into their own delivery day's folder, where the next run finds them. Older than `lookback_days`: run that day again.
* *`ingest_sender` stays deferred*: the platform's feeds have not come; its log says which, and until when it waits.
  To go on without it, mark the task as success: what the platform did deliver is taken by the next run as late files.
  Deferred beyond the deadline: the triggerer is down (`make status`); 15 minutes later Airflow gives up on it, and
  the retry takes what is there.
* *`alert_overdue` failed*: the data are in, only the message is not out. Its log names the mail server's answer; mend
  the connection `hotline_smtp` and clear the task.
* *Rows in quarantine*: not a failure. `hotline ledger` lists reasons by file; the city corrects and sends again.
* *All senders fail alike*: the disk is full, or the warehouse environment is broken (`make env/warehouse`).
"""

from __future__ import annotations

import logging

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import CronPartitionTimetable, Metadata, Param, TriggerRule, dag, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from hotline import arrivals, notify, orchestration
from hotline.scheduling import DEFAULTS, RAW, START, partition_day
from hotline.settings import TIMEZONE
from hotline.waiting import IngestSender

log = logging.getLogger(__name__)


@dag(
    schedule=CronPartitionTimetable("30 6 * * *", timezone=TIMEZONE, key_format="%Y-%m-%d"),
    start_date=START,
    catchup=False,
    max_active_runs=3,  # a run that waits must not hold up a backfill; ingest is safe side by side
    default_args=DEFAULTS,
    tags=["hotline", "feeds"],
    doc_md=__doc__,
    params={
        "from_day": Param(
            None,
            type=["null", "string"],
            format="date",
            description="first delivery day of a range backfill; empty: only the partition's day",
        ),
        "wait_minutes": Param(
            90,
            type="number",
            minimum=0,
            maximum=2880,
            description="how long after the contracts' delivery time to wait for missing feeds; 0: not at all",
        ),
        "lookback_days": Param(
            7, type="integer", minimum=0, maximum=400, description="days before, searched for files that came late"
        ),
    },
)
def ingest_feeds():
    @task
    def list_senders() -> list[dict]:
        context = get_current_context()
        params = context["params"]
        return orchestration.plan(
            partition_day(context), params["from_day"], params["wait_minutes"], params["lookback_days"]
        )

    @task(outlets=[RAW], trigger_rule=TriggerRule.ALL_DONE)
    def report_deliveries(tasks, results):
        summary = orchestration.summarise_deliveries([entry["sender"] for entry in tasks], list(results or []))
        for problem in ("missing", "overdue", "failed", "rejected", "late"):
            if summary[problem]:
                log.warning("%s: %s", problem, summary[problem])
        log.info("%s", summary)
        if not summary["files"]:
            raise AirflowSkipException("no file was delivered: nothing to build")
        yield Metadata(RAW, extra=summary)

    @task(trigger_rule=TriggerRule.ALL_DONE)
    def alert_overdue() -> dict:
        context = get_current_context()
        day, params = partition_day(context), context["params"]
        if not arrivals.is_alert_due(day, params["from_day"], params["wait_minutes"]):
            return {}
        overdue = arrivals.overdue(day)
        if overdue:
            deadline = arrivals.deadline(day, params["wait_minutes"])
            notify.notifier().send(notify.deadline_missed(day, deadline, overdue, params["lookback_days"]))
        return overdue

    tasks = list_senders()
    ingest = IngestSender.partial(task_id="ingest_sender", map_index_template="{{ task.sender }}").expand_kwargs(tasks)
    report_deliveries(tasks, ingest.output)
    ingest >> alert_overdue()
    # a leaf beside the report: the run shows red when a sender failed, though the data of the others go on
    ingest >> EmptyOperator(task_id="every_sender_ingested")


ingest_feeds()
