"""
### ingest_feeds: take in what the platforms delivered

**Purpose.** Every morning at 06:30 (Asia/Shanghai) the files delivered on the day before are checked against their
contracts, stripped of personal data and written to the raw layer; every file gets an entry in the ledger. One mapped
task a sender: the 15 platforms, the province's own centre (`LN`), and any folder in the landing area that belongs to
nobody (its files are rejected, and the ledger says so). The run's partition is the last delivery day it covers.

**Backfill.** One run covers a range: trigger it with the last day as partition key and `from_day` as the first.
Files that are already in the ledger are skipped by their content, so a run can be repeated at will.

**Partial arrival** does not hold the others up: the build starts with what is there. Who is missing stands in the
asset event (Assets → `raw_feeds`) and in the log of `report_deliveries`. When no file at all lies in the landing
area for these days, the tasks are skipped, no event is emitted and nothing is rebuilt.

### Triage
* *`ingest_sender` failed for one platform*: the others are in and the warehouse is being built without it; this run
  shows red because of `every_sender_ingested`. The end of the task's log names file, row and remedy. Mend, then clear
  the failed task: only that platform is read again, and the build follows.
* *A platform is listed as missing*: it delivered no file between the two days. Ask it; its late files go into their
  own delivery day's folder; run that day again.
* *Rows in quarantine*: not a failure. `hotline ledger` lists reasons by file; the city corrects and sends again.
* *All senders fail alike*: the disk is full, or the warehouse environment is broken (`make env/warehouse`).
"""

from __future__ import annotations

import logging

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import CronPartitionTimetable, Metadata, Param, TriggerRule, dag, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from hotline import orchestration
from hotline.scheduling import DEFAULTS, RAW, START, partition_day
from hotline.settings import TIMEZONE

log = logging.getLogger(__name__)


@dag(
    schedule=CronPartitionTimetable("30 6 * * *", timezone=TIMEZONE, run_offset=-1, key_format="%Y-%m-%d"),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["hotline", "feeds"],
    doc_md=__doc__,
    params={
        "from_day": Param(
            None,
            type=["null", "string"],
            format="date",
            description="first delivery day of a range backfill; empty: only the partition's day",
        )
    },
)
def ingest_feeds():
    @task
    def list_senders() -> list[dict]:
        context = get_current_context()
        first, last = orchestration.delivery_days(partition_day(context), context["params"]["from_day"])
        codes = orchestration.expected_senders(first, last)
        return [{"sender": code, "first_day": first, "last_day": last} for code in codes]

    @task(map_index_template="{{ task.op_kwargs['sender'] }}")
    def ingest_sender(sender: str, first_day: str, last_day: str) -> dict:
        argv = ["ingest", "--sender", sender, "--from", first_day, "--to", last_day, "--jobs", "1"]
        return {"sender": sender} | orchestration.run_step(argv)

    @task(outlets=[RAW], trigger_rule=TriggerRule.ALL_DONE)
    def report_deliveries(tasks, results):
        summary = orchestration.summarise_deliveries([entry["sender"] for entry in tasks], list(results or []))
        for problem in ("missing", "failed", "rejected"):
            if summary[problem]:
                log.warning("%s: %s", problem, summary[problem])
        log.info("%s", summary)
        if not summary["files"]:
            raise AirflowSkipException("no file was delivered: nothing to build")
        yield Metadata(RAW, extra=summary)

    tasks = list_senders()
    results = ingest_sender.expand_kwargs(tasks)
    report_deliveries(tasks, results)
    # a leaf beside the report: the run shows red when a sender failed, though the data of the others go on
    results >> EmptyOperator(task_id="every_sender_ingested")


ingest_feeds()
