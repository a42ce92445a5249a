"""
### build_warehouse: raw layer to marts

**Purpose.** Runs `dbt build` (seeds, models, data tests) over the raw layer into the build file, once for every
partition that `ingest_feeds` reports. One task: split by model it would cost 20 times as much, and the pool `duckdb`
has one slot because the file has one writer.

### Triage
* *Data tests failed* (`DataTestFailure`, not retried): the log ends with the tests' names. Nothing was published; the
  served warehouse stays as it was. Mend the data (a corrected file is a new delivery) or the model, then clear the task.
* *Infrastructure failed* (`InfrastructureError`, retried with back-off): usually a lock held by a program that has the
  build file open, or a full disk. The log names the process.
* *The run waits in state `queued`*: another task holds the pool; see Admin → Pools.
"""

from __future__ import annotations

from airflow.sdk import Metadata, PartitionedAssetTimetable, dag, task

from hotline import orchestration
from hotline.scheduling import BUILT, DEFAULTS, RAW, START, WRITER_POOL


@dag(
    schedule=PartitionedAssetTimetable(assets=RAW),
    start_date=START,
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["hotline", "dbt"],
    doc_md=__doc__,
)
def build_warehouse():
    @task(outlets=[BUILT], pool=WRITER_POOL)
    def build():
        yield Metadata(BUILT, extra=orchestration.run_step(["build"]))

    build()


build_warehouse()
