"""
### check_quality: judge the built warehouse

**Purpose.** Runs the Great Expectations checkpoints over the built file and records one `quality_check` row for every
planned check. **Findings are results, not failures**: a platform whose reported rates are contradicted by the spot
checks is what this warehouse exists to show, and is published. What stops publication is a broken structure: a suite
that did not evaluate every planned check, or a mart that is not what it claims to be.

### Triage
* *`DataTestFailure`*: the structure is broken; the log names the checks. Nothing was published.
* *Incomplete*: fewer checks were evaluated than planned (a suite that could not be loaded passes silently otherwise).
  Look for `status = error` among the `quality_check` rows of the run, mend the expectation, clear the task.
* *Many warnings*: open the Data Docs under `var/reports/data_docs`; they work offline.
"""

from __future__ import annotations

from airflow.sdk import Metadata, PartitionedAssetTimetable, dag, get_current_context, task

from hotline import orchestration
from hotline.scheduling import BUILT, CHECKED, DEFAULTS, START, WRITER_POOL, partition_day


@dag(
    schedule=PartitionedAssetTimetable(assets=BUILT),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["hotline", "quality"],
    doc_md=__doc__,
)
def check_quality():
    @task(outlets=[CHECKED], pool=WRITER_POOL)
    def check():
        day = partition_day(get_current_context())
        result = orchestration.run_step(["quality", "--partition", day])
        orchestration.require_complete(result)
        yield Metadata(CHECKED, extra=result)

    check()


check_quality()
