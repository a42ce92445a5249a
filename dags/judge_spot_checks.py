"""
### judge_spot_checks: reports of rounds that have come to their end

**Purpose.** After each publication the rounds are looked at. One whose calls are all in, or whose time for calls is over, gets
its report (HTML, PDF, DOCX, an extract for each platform) and its bundles, with which each platform checks its verdict
itself. They lie in the round's folder until the officer hands them out. Of a round that still runs nothing is written.

Logs and XCom hold names of rounds and counts; never a ticket, never a result.

### Triage
* *`judge` failed, "PDF cannot be made"*: the drawing libraries are missing; the log names the packages.
* *A round stays among the running*: sheets are missing, or rows of them were refused. `hotline ledger` names the rows;
  `mart_spot_check_frame` says how many calls are in.
"""

from __future__ import annotations

from airflow.sdk import PartitionedAssetTimetable, dag, task

from hotline import orchestration
from hotline.scheduling import DEFAULTS, PUBLISHED, START


@dag(
    schedule=PartitionedAssetTimetable(assets=PUBLISHED),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["hotline", "audit"],
    doc_md=__doc__,
)
def judge_spot_checks():
    @task
    def judge() -> dict:
        return orchestration.run_step(["audit", "judge"])

    judge()


judge_spot_checks()
