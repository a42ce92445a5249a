"""An approval by somebody else than who asked for it. Needs Airflow."""

from __future__ import annotations

from typing import Any

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk.exceptions import AirflowFailException


class SecondPersonApproval(ApprovalOperator):
    """Asks for approval; nobody approves, or turns down, what he started himself.

    A run that the schedule started has nobody who could approve his own. The answer is refused by its login name, whatever role
    its account has: clear the task, and another person answers.
    """

    def execute_complete(self, context: Any, event: dict[str, Any]) -> Any:
        asked_by = context["dag_run"].triggering_user_name
        answered_by = (event.get("responded_by_user") or {}).get("name")
        if "error" not in event and asked_by and asked_by == answered_by:
            raise AirflowFailException(
                f"{answered_by} started this run and cannot approve it: clear the task {self.task_id}, "
                "and let another officer answer"
            )
        return super().execute_complete(context, event)
