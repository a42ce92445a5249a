"""
### draw_spot_checks: the public draw, and the calls that follow from it

**Purpose.** Waits for the time that the notice of a frozen round announced, then asks for the value that was drawn before
witnesses and for the callers (*Required Actions*). The lists are put in order by that value, and the call sheets are
written to the round's folder, which only its owner can read. The filled sheets go into the province's landing folder.

The value is public from that moment on. Logs and XCom hold it and counts; never a ticket.

### Triage
* *`draw` failed, "announced for"*: the value is of another day than the notice says, or came too early. Clear
  `ask_for_value` and `draw`, and enter the value of the announced time.
* *`draw` failed, "was drawn by"*: the round was drawn. A draw is not repeated; what was wrong with it is said in the report.
* *`hand_out` failed*: a caller's number is not of letters and digits, or sheets were handed out by hand. See
  `hotline audit list`; the round's folder holds what was written. To enter other callers clear `ask_for_value`: the same
  value changes nothing.
* *`wait_for_the_draw` stays deferred after its time*: the triggerer is down (`make status`).
"""

from __future__ import annotations

from airflow.providers.standard.operators.hitl import HITLEntryOperator
from airflow.providers.standard.sensors.date_time import DateTimeSensorAsync
from airflow.sdk import Param, PartitionedAssetTimetable, dag, get_current_context, task

from hotline import orchestration, spot_checks
from hotline.scheduling import DEFAULTS, FROZEN, START

WHICH = "ti.xcom_pull(task_ids='which')"


@dag(
    schedule=PartitionedAssetTimetable(assets=FROZEN),
    start_date=START,
    catchup=False,
    max_active_runs=4,  # a round that waits for its draw holds up no other
    default_args=DEFAULTS,
    tags=["hotline", "audit"],
    doc_md=__doc__,
    params={
        "round": Param(None, type=["null", "string"], description="empty: the one that was frozen just now"),
    },
    user_defined_macros={"local": spot_checks.as_moment},
)
def draw_spot_checks():
    @task
    def which() -> dict:
        context = get_current_context()
        frozen = [event.extra["round"] for events in context["triggering_asset_events"].values() for event in events]
        rounds = [context["params"]["round"]] if context["params"]["round"] else sorted(set(frozen))
        if len(rounds) != 1:
            raise ValueError(f"this run is for one round and not for {rounds}: trigger it once for each, with its name")
        return orchestration.run_step(["audit", "list", rounds[0]])

    wait = DateTimeSensorAsync(
        task_id="wait_for_the_draw", target_time="{{ local(" + WHICH + "['reveal_at']) }}", execution_timeout=None
    )
    ask = HITLEntryOperator(
        task_id="ask_for_value",
        subject="公开抽取：{{ " + WHICH + "['round'] }}",
        body="请录入见证下得出的随机数（日期-随机数，如 20241015-8842190357）和抽检员编号（以逗号分隔）。随机数来源：{{ "
        + WHICH + "['randomness'] }}",
        defaults=None,
        params={
            "value": Param("", type="string", title="随机数"),
            "callers": Param("", type="string", title="抽检员"),
        },
        execution_timeout=None,
    )  # fmt: skip

    @task
    def draw(found: dict, entered: dict) -> dict:
        value = entered["params_input"]["value"].strip()
        return orchestration.run_step(["audit", "draw", found["round"], "--value", value])

    @task
    def hand_out(found: dict, entered: dict) -> dict:
        numbers = spot_checks.callers(entered["params_input"]["callers"])
        chosen = [part for number in numbers for part in ("--caller", number)]
        return orchestration.run_step(["audit", "sheets", found["round"], *chosen])

    found = which()
    found >> wait >> ask
    draw(found, ask.output) >> hand_out(found, ask.output)


draw_spot_checks()
