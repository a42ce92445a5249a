"""
### plan_spot_checks: which tickets of last week may be drawn

**Purpose.** Every Monday at 14:00 (Asia/Shanghai), when the week's last tickets are published, the spot checks of the week
before are planned within the budget of calls. An officer of the province reads the notice as it would stand now and
approves round, size and source; then the lists are frozen and the notice is written anew, with the tickets that are
published at that moment. Where the value comes from and when it will be known is
fixed here, before anybody can know it. What is frozen starts `draw_spot_checks`. The DAG is paused until somebody turns it
on, as calls cost people's time.

**Approval.** The task `approve` waits under *Required Actions* until the announced time of the draw. Nobody approves a run
that he started himself, and a task that was marked as success is no approval. Turned down: nothing is frozen. No answer:
the run fails, and nothing is frozen either.

Logs and XCom hold the notice, which is public, and counts; never a ticket.

### Triage
* *`plan` failed, "has no complaints"*: the week is not published yet. See `publish_warehouse`, then clear the task.
* *`plan` failed, "is frozen already"*: this week was frozen. A correction is a round of its own: trigger with the round
  `2024-W42-2`.
* *`approve` failed*: who started the run has answered it, or nobody did in time. Clear the task while the announced time is
  still to come; else trigger the DAG anew with a later one.
* *`freeze` failed, "nobody has approved"*: the task `approve` was marked as success by hand. Clear it, and let an officer
  answer.
* *`freeze` failed, "not in the future"*: the approval came after the announced time. Trigger the DAG anew with a later one.
"""

from __future__ import annotations

from airflow.sdk import CronPartitionTimetable, Metadata, Param, dag, get_current_context, task

from hotline import orchestration, spot_checks
from hotline.scheduling import DEFAULTS, FROZEN, START, partition_day
from hotline.second_person import SecondPersonApproval, require_second_person
from hotline.settings import TIMEZONE


@dag(
    schedule=CronPartitionTimetable("0 14 * * 1", timezone=TIMEZONE, key_format="%Y-%m-%d"),
    start_date=START,
    catchup=False,
    is_paused_upon_creation=True,  # begun by decision: calls cost people's time
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["hotline", "audit"],
    doc_md=__doc__,
    params={
        "round": Param(
            None, type=["null", "string"], pattern=r"^\d{4}-(W?\d{2})(-[2-9])?$",
            description="a week (2024-W42) or a month (2024-10); empty: the week before",
        ),
        "reveal_at": Param(
            None, type=["null", "string"], pattern=r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}$",
            description="when the value will be known (Asia/Shanghai); empty: 10:00 two days later",
        ),
        "randomness": Param("双人见证掷骰 20 位", type="string", minLength=1, description="where the value will come from"),
        "platforms": Param([], type="array", items={"type": "string"}, description="codes; empty: all with complaints"),
    },
)  # fmt: skip
def plan_spot_checks():
    @task
    def plan() -> dict:
        context = get_current_context()
        day, params = partition_day(context), context["params"]
        asked = {
            "round_name": params["round"] or spot_checks.week_before(day),
            "reveal": params["reveal_at"] or spot_checks.reveal_at(day),
            "randomness": params["randomness"],
            "platforms": params["platforms"],
        }
        return {"asked": asked, **orchestration.run_step(spot_checks.freeze(**asked, dry_run=True))}

    @task(outlets=[FROZEN])
    def freeze(planned: dict, answer: dict | None):
        require_second_person(answer, get_current_context()["dag_run"].triggering_user_name)
        yield Metadata(FROZEN, extra=orchestration.run_step(spot_checks.freeze(**planned["asked"], dry_run=False)))

    planned = plan()
    approve = SecondPersonApproval(
        task_id="approve",
        subject="抽检计划待批准：{{ ti.xcom_pull(task_ids='plan')['round'] }}",
        body="```\n{{ ti.xcom_pull(task_ids='plan')['notice'] }}\n```",
        response_timeout=spot_checks.TIME_TO_APPROVE,
        execution_timeout=None,
    )
    planned >> approve
    freeze(planned, approve.output)


plan_spot_checks()
