"""Who may run a query and who waits: counted over processes, and freed when a process is killed."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from guard.limits import CHARTS, SQL_LAB, Limits
from guard.slots import Full, Room, Slots

SUPERSET = Path(__file__).resolve().parents[2] / "superset"
HOLDER = "import sys; from pathlib import Path; from guard.slots import Slots; "


def test_a_user_has_two_and_another_user_is_not_held_up(tmp_path):
    slots = Slots(tmp_path, places=8, per_user=2)
    held = [slots.take("a"), slots.take("a")]
    assert all(held)
    assert slots.take("a") is None
    assert slots.take("b")
    held[0].release()
    held[0].release()
    assert slots.take("a")


def test_slots_are_shared_by_processes_and_free_when_one_is_killed(tmp_path):
    code = HOLDER + "held = Slots(Path(sys.argv[1]), 8, 1).take('a'); print(bool(held), flush=True); sys.stdin.read()"
    other = subprocess.Popen(
        [sys.executable, "-c", code, tmp_path],
        env={"PYTHONPATH": str(SUPERSET)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert other.stdout.readline() == "True\n"
        slots = Slots(tmp_path, 8, 1)
        assert slots.take("a") is None
    finally:
        other.send_signal(signal.SIGKILL)
        other.communicate()
    assert slots.take("a")


def test_second_and_long_queries_leave_half_of_the_places(tmp_path):
    slots = Slots(tmp_path, places=4, per_user=2)
    assert [slots.take(user, long=True) is not None for user in "abc"] == [True, True, False]
    assert slots.take("a") is None, "a second one"
    assert [slots.take(user) is not None for user in "cde"] == [True, True, False]


def test_a_user_name_may_hold_anything(tmp_path):
    slots = Slots(tmp_path, places=4, per_user=1)
    for name in ("../../x", "a/b", "", "名" * 300, "\0"):
        held = slots.take(name)
        assert held
        held.release()
    assert {path.parent for path in tmp_path.rglob("*")} == {tmp_path}


def test_in_a_full_room_the_largest_user_gives_way():
    room = Room(seats=6, waiting_per_user=10)
    running = room.enter("greedy")
    running.waiting = False
    greedy = [running, *(room.enter("greedy") for _ in range(5))]
    for number in range(3):
        room.enter(f"reader {number}")
    assert [seat.evicted for seat in greedy] == [False, False, False, True, True, True]


def test_nobody_evicts_others_to_have_more_than_they():
    room = Room(seats=4, waiting_per_user=10)
    seats = [room.enter(user) for user in "aabb"]
    with pytest.raises(Full) as full:
        room.enter("a")
    assert not full.value.own and not any(seat.evicted for seat in seats)
    room.enter("c")
    assert sum(seat.evicted for seat in seats) == 1


def test_what_runs_is_never_evicted():
    room = Room(seats=2, waiting_per_user=10)
    for _ in range(2):
        room.enter("a").waiting = False
    with pytest.raises(Full):
        room.enter("b")


def test_the_waiting_of_one_user_has_an_end():
    room = Room(seats=10, waiting_per_user=2)
    room.enter("a").waiting = False
    room.enter("a"), room.enter("a")
    with pytest.raises(Full) as full:
        room.enter("a")
    assert full.value.own
    assert room.enter("b")


def test_turns_come_in_order_of_arrival():
    room = Room(seats=10, waiting_per_user=5)
    first, second, other, long = room.enter("a"), room.enter("a"), room.enter("b"), room.enter("a", long=True)
    assert [room.is_next(seat) for seat in (first, second, other, long)] == [True, False, True, True]
    room.leave(first)
    assert room.is_next(second)


# limits as data


def test_the_limits_of_the_product_can_be_read():
    limits = Limits.read(SUPERSET / "security.yaml")
    assert (limits.running_per_user, limits.seconds["default"]) == (2, {"charts": 60, "sql_lab": 300})
    assert limits.seconds_of(["unknown"], CHARTS) == 60
    assert limits.seconds_of(["analyst", "city_analyst"], SQL_LAB) == limits.seconds["city_analyst"]["sql_lab"]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"threads": 0}, "threads"),
        ({"threads": "many"}, "threads"),
        ({"result_mb": True}, "result_mb"),
        ({"spare_threads": 64}, "spare_threads"),
        ({"speed": 1}, "speed"),
        ({"seconds": {"analyst": {"charts": 1, "sql_lab": 1}}}, "default"),
        ({"seconds": {"default": {"charts": 1}}}, "sql_lab"),
        ({"seconds": {"default": {"charts": 1, "sql_lab": -1}}}, "sql_lab"),
    ],
)
def test_a_wrong_limit_is_named(tmp_path, change, word):
    section = yaml.safe_load((SUPERSET / "security.yaml").read_text(encoding="utf-8"))["limits"]
    path = tmp_path / "security.yaml"
    path.write_text(yaml.safe_dump({"limits": section | change}), encoding="utf-8")
    with pytest.raises(ValueError, match=word):
        Limits.read(path)
