"""dbt's debug events: written where a log takes them, else not even made into a message."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator

import pytest
from dbt_common.events import event_manager
from dbt_common.events.base_types import EventLevel
from dbt_common.events.event_manager_client import (
    add_callback_to_manager,
    add_logger_to_manager,
    ctx_set_event_manager,
    get_event_manager,
)
from dbt_common.events.functions import fire_event
from dbt_common.events.logger import LoggerConfig
from dbt_common.events.types import Note

from hotline.dbt import drop_unread_events

LEVELS = (EventLevel.DEBUG, EventLevel.INFO, EventLevel.WARN, EventLevel.ERROR)


@pytest.fixture
def made(monkeypatch) -> Iterator[list[str]]:
    """The messages that are made from here on, of the manager that a build has."""
    before, made = get_event_manager(), []
    make: Callable = event_manager.msg_from_base_event

    def counted(event, level=None):
        made.append(event.msg)
        return make(event, level=level)

    monkeypatch.setattr(event_manager, "msg_from_base_event", counted)
    drop_unread_events()
    yield made
    ctx_set_event_manager(before)


def fired_at_all_levels() -> None:
    for level in LEVELS:
        fire_event(Note(msg=str(level.value)), level=level)


@pytest.mark.parametrize(
    ("level", "written"),
    [
        (EventLevel.DEBUG, ["debug", "info", "warn", "error"]),
        (EventLevel.INFO, ["info", "warn", "error"]),
        (EventLevel.ERROR, ["error"]),
    ],
)
def test_a_log_gets_what_it_asks_for(made, level, written) -> None:
    stream = io.StringIO()
    add_logger_to_manager(LoggerConfig(name=f"test of {level}", level=level, output_stream=stream))
    fired_at_all_levels()
    assert [line.split()[-1] for line in stream.getvalue().splitlines()] == written
    assert ("debug" in made) == ("debug" in written)


def test_a_callback_of_ours_gets_all(made) -> None:
    heard: list[str] = []
    add_callback_to_manager(lambda message: heard.append(message.info.msg))
    fired_at_all_levels()
    assert heard == ["debug", "info", "warn", "error"]
