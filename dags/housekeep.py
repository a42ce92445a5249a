"""
### housekeep: remove what need not be kept any longer

**Purpose.** Every Sunday at 03:00 (Asia/Shanghai), hours before the feeds of the day, `hotline housekeep` removes delivered
files that were taken long ago, releases beyond the newest, old logs and caches, and old rows of Airflow's own database. How
long each kind is kept, and why, stands in `deploy/retention.yaml`; what a build, a backup or an audit needs always stays. It
holds the slot of the builds, so that no release is made meanwhile.

The result in XCom says for each kind what was looked at, what went and how many bytes that freed.

### Triage
* *`remove` failed, "could not be removed"*: the log names each file and why (a right that is missing, a disk that is
  mounted read-only). All else is done. Mend it and clear the task, or wait for the next Sunday.
* *`remove` failed, "retention.yaml"*: a row of the file is no rule; the log names line and remedy. Nothing was removed.
* *The disk fills all the same*: `hotline doctor` says at what pace; see `docs/operations/housekeeping.md`.
* *What would go?* `hotline housekeep --dry-run` on the host.
"""

from __future__ import annotations

from airflow.sdk import CronTriggerTimetable, dag, task

from hotline import orchestration
from hotline.scheduling import DEFAULTS, START, WRITER_POOL
from hotline.settings import TIMEZONE


@dag(
    schedule=CronTriggerTimetable("0 3 * * 0", timezone=TIMEZONE),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["hotline", "operations"],
    doc_md=__doc__,
)
def housekeep():
    @task(pool=WRITER_POOL)
    def remove() -> dict:
        return orchestration.run_step(["housekeep"])

    remove()


housekeep()
