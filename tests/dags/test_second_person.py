"""Whose word lets a round be frozen."""

from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowFailException
from airflow.sdk.execution_time.context import set_current_context

from hotline.second_person import require_second_person


def answer(name: str | None, option: str = "Approve") -> dict:
    return {"chosen_options": [option], "responded_by_user": {"id": name, "name": name} if name else None}


@pytest.mark.parametrize("asked_by", ["engineer", None])
def test_another_persons_approval_is_enough(asked_by):
    require_second_person(answer("officer"), asked_by)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (None, "nobody has approved"),
        ({}, "nobody has approved"),
        (answer(None), "nobody has approved"),
        (answer("engineer"), "cannot approve it"),
        (answer("engineer", "Reject"), "cannot approve it"),
        (answer("officer", "Reject"), "turned it down"),
    ],
    ids=["marked as success", "empty", "by nobody", "by who asked", "turned down by who asked", "turned down"],
)
def test_nothing_else_is(given, said):
    with pytest.raises(AirflowFailException, match=said):
        require_second_person(given, "engineer")


@pytest.mark.parametrize("given", [None, answer("engineer"), answer("officer", "Reject")])
def test_the_task_that_freezes_asks_for_the_answer_itself(bag, given, tmp_path, monkeypatch):
    """Whoever may mark tasks as success could else freeze a round alone."""
    monkeypatch.setenv("HOTLINE_VAR", str(tmp_path))
    freeze = bag.dags["plan_spot_checks"].get_task("freeze")
    asked = {"round_name": "2024-W42", "reveal": "2999-01-01 10:00", "randomness": "掷骰", "platforms": []}
    with (
        set_current_context({"dag_run": SimpleNamespace(triggering_user_name="engineer")}),
        pytest.raises(AirflowFailException, match=r"approve|turned it down"),
    ):
        list(freeze.python_callable({"asked": asked}, given))
    assert not list(tmp_path.iterdir())
