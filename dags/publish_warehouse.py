"""
### publish_warehouse: make the judged file the served one

**Purpose.** Copies the closed build file into a new release and swaps the `current` link to it; readers see either the
old release or the new one, never half of one. Then the dashboards' data cache is emptied, since Superset cannot know
that the file changed. Only a build whose tests passed and whose quality run was complete and forbids nothing is taken, the
very file; one whose served files are all there and whole is not published again.

### Triage
* *`publish` failed*: the served release is untouched and nothing is left behind. The log says whether the disk is full,
  the build or its judgement did not pass, or the file was changed or damaged since (then run `build_warehouse` again).
* *`clear_dashboard_cache` failed*: the release **is** published, but dashboards show old figures until their cache
  runs out. Clear this task alone.
* *Wrong figures went out*: correct the input and run the day again; for the time until then point
  `var/serving/current` back at the release before.
"""

from __future__ import annotations

from airflow.sdk import Metadata, PartitionedAssetTimetable, dag, task

from hotline import orchestration
from hotline.scheduling import CHECKED, DEFAULTS, PUBLISHED, START, WRITER_POOL


@dag(
    schedule=PartitionedAssetTimetable(assets=CHECKED),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["hotline", "serving"],
    doc_md=__doc__,
)
def publish_warehouse():
    @task(outlets=[PUBLISHED], pool=WRITER_POOL)
    def publish():
        yield Metadata(PUBLISHED, extra=orchestration.run_step(["publish"]))

    @task
    def clear_dashboard_cache() -> dict:
        return orchestration.run_step(["stack", "clear-cache"])

    publish() >> clear_dashboard_cache()


publish_warehouse()
