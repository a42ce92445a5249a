"""An approval by somebody else than who asked for it. Needs Airflow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk.exceptions import AirflowFailException


def require_second_person(answer: Mapping[str, Any] | None, asked_by: str | None) -> None:
    """Raise AirflowFailException unless somebody else than ``asked_by`` (None: the schedule) has approved.

    ``answer`` is what an approval returns. A task that was marked as success has none: that is no approval, whoever
    may mark tasks.
    """
    who = ((answer or {}).get("responded_by_user") or {}).get("name")
    if not answer or not who:
        raise AirflowFailException("nobody has approved: clear the task that asks, and let an officer answer it")
    if who == asked_by:
        raise AirflowFailException(
            f"{who} started this run and cannot approve it: clear the task that asks, and let another officer answer"
        )
    if list(answer["chosen_options"]) != [ApprovalOperator.APPROVE]:
        raise AirflowFailException(f"{who} has turned it down")


class SecondPersonApproval(ApprovalOperator):
    """Asks for approval; nobody approves what he started himself. Whatever follows asks ``require_second_person`` again."""

    def execute_complete(self, context: Any, event: dict[str, Any]) -> Any:
        if event.get("chosen_options") == [self.APPROVE]:
            require_second_person(event, context["dag_run"].triggering_user_name)
        return super().execute_complete(context, event)
