"""Whose word lets a round be frozen."""

import pytest
from airflow.sdk.exceptions import AirflowFailException

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
