"""Wrong passwords: what waits for how long, and whom it does not touch."""

import multiprocessing
from pathlib import Path

import pytest
import yaml

from hotline.attempts import Attempts, Rules, keys, network_of
from hotline.settings import Settings

HERE, THERE = "10.0.0.1", "10.0.0.2"
DATA = {
    "account_and_address": {"free": 3, "first_wait": 10, "factor": 2, "longest_wait": 60, "forget": 1000},
    "account": {"free": 8, "first_wait": 5, "factor": 2, "longest_wait": 20, "forget": 1000},
    "address": {"free": 12, "first_wait": 10, "factor": 2, "longest_wait": 100, "forget": 1000},
    "known_days": 30,
}


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def attempts(tmp_path, clock):
    return Attempts(tmp_path / "state" / "logins.db", Rules.of(DATA), clock)


def wrong(attempts, account="li", address=HERE, times=1):
    return [attempts.book(account, address).wait for _ in range(times)]


def test_the_wait_begins_after_the_free_tries_and_grows_with_every_further_wrong_one(attempts, clock):
    assert wrong(attempts, times=5) == [0, 0, 0, 10, 10]
    waits = []
    for _ in range(5):
        clock.now += attempts.book("li", HERE).wait
        booked = attempts.book("li", HERE)
        assert booked.wait == 0
        waits.append(booked.locked)
    assert waits == [20, 40, 60, 60, 60]


def test_a_refused_try_does_not_lengthen_the_wait_and_is_counted(attempts, clock):
    wrong(attempts, times=3)
    clock.now += 4
    assert wrong(attempts, times=7) == [6] * 7
    clock.now += 6
    assert attempts.book("li", HERE).refused == 7


def test_a_success_resets_the_account(attempts):
    wrong(attempts, times=2)
    assert attempts.book("li", HERE).wait == 0
    attempts.right("li", HERE)
    assert wrong(attempts, times=3) == [0, 0, 0]


def test_all_is_forgotten_after_a_time_without_wrong_tries(attempts, clock):
    wrong(attempts, times=3)
    clock.now += 10 + 1000 + 1
    assert wrong(attempts, times=3) == [0, 0, 0]


@pytest.mark.parametrize("spelling", ["LI", " li", "li ", "Ｌｉ", "lI\t"])
def test_another_spelling_of_a_name_is_the_same_name(attempts, spelling):
    wrong(attempts, times=3)
    assert wrong(attempts, spelling) == [10]


def test_guessers_of_one_account_from_many_addresses_share_its_count(attempts):
    waits = [attempts.book("li", f"10.1.0.{n}").wait for n in range(12)]
    assert waits == [0] * 8 + [5] * 4


def test_nobody_is_kept_out_of_a_usual_place_by_what_others_do_elsewhere(attempts, clock):
    assert attempts.book("li", HERE).wait == 0
    attempts.right("li", HERE)
    for n in range(200):
        clock.now += 1
        attempts.book("li", f"10.{n}.0.9")
    assert attempts.book("li", THERE).wait > 0, "the account is not under attack: the test shows nothing"
    assert attempts.book("li", HERE).wait == 0


def test_a_place_is_usual_for_so_many_days_only(attempts, clock):
    attempts.book("li", HERE)
    attempts.right("li", HERE)
    elsewhere = [f"10.1.0.{number}" for number in range(8)]
    clock.now += 29 * 86_400
    for address in elsewhere:
        assert wrong(attempts, address=address) == [0]
    assert wrong(attempts, address=HERE) == [0], "the account waits, and this place does not"
    clock.now += 2 * 86_400
    for address in elsewhere:
        wrong(attempts, address=address)
    assert wrong(attempts, address=HERE) != [0]


def test_a_success_resets_what_was_counted_from_everywhere(attempts):
    for _ in range(2):
        for number in range(7):
            assert wrong(attempts, address=f"10.1.0.{number}") == [0]
        attempts.book("li", HERE)
        attempts.right("li", HERE)
    assert wrong(attempts, address="10.2.0.1") == [0]


def test_the_wait_of_an_account_stays_short_for_a_new_place(attempts, clock):
    for n in range(200):
        clock.now += 21
        attempts.book("li", f"10.{n}.0.9")
    assert 0 < attempts.book("li", THERE).wait <= 20


def test_a_usual_place_is_not_free_to_guess(attempts):
    attempts.book("li", HERE)
    attempts.right("li", HERE)
    assert wrong(attempts, times=4) == [0, 0, 0, 10]


def test_one_address_that_tries_many_accounts_waits(attempts):
    waits = [attempts.book(f"name{n}", HERE).wait for n in range(15)]
    assert waits == [0] * 12 + [10] * 3
    assert attempts.book("li", THERE).wait == 0


def test_an_own_account_in_between_does_not_clear_the_address(attempts):
    for n in range(12):
        assert attempts.book(f"name{n}", HERE).wait == 0
        if n < 11:
            assert attempts.book("own", HERE).wait == 0
            attempts.right("own", HERE)
    assert attempts.book("own", HERE).wait > 0


def test_a_right_password_is_refused_while_the_wait_lasts(attempts):
    """``book`` is asked before anybody looks at the password, and refuses."""
    wrong(attempts, times=3)
    assert attempts.book("li", HERE).wait == 10


def test_counts_survive_a_restart_and_are_for_their_owner_alone(attempts, clock, tmp_path):
    wrong(attempts, times=3)
    path = tmp_path / "state" / "logins.db"
    assert Attempts(path, Rules.of(DATA), clock).book("li", HERE).wait == 10
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_no_name_is_stored(attempts, tmp_path):
    """People type their password into the wrong field."""
    wrong(attempts, "Geheim-Wort-1")
    content = b"".join(path.read_bytes() for path in (tmp_path / "state").iterdir())
    assert b"eheim" not in content
    assert b"10.0.0.1" in content


def try_it(path: Path, tries: int, queue) -> None:
    attempts = Attempts(path, Rules.of(DATA), lambda: 1_000_000.0)
    queue.put(sum(attempts.book("li", HERE).wait == 0 for _ in range(tries)))


def test_processes_at_the_same_instant_share_one_count(tmp_path):
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    workers = [context.Process(target=try_it, args=(tmp_path / "s" / "l.db", 10, queue)) for _ in range(4)]
    for worker in workers:
        worker.start()
    allowed = sum(queue.get(timeout=60) for _ in workers)
    for worker in workers:
        worker.join()
    assert allowed == 3


def test_what_is_forgotten_leaves_the_file(attempts, clock):
    for n in range(50):
        attempts.book(f"name{n}", f"10.0.1.{n}")
    clock.now += 5000
    attempts.book("li", HERE)
    assert attempts.store.rows("select count(*) from counted") == [(3,)]


def test_an_operator_can_end_all_waits(attempts):
    wrong(attempts, times=3)
    assert attempts.clear() == 1
    assert wrong(attempts) == [0]


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        ("'; drop table counted", "unknown"),
    ],
)
def test_an_address_is_counted_as_the_somebody_behind_it(address, network):
    assert network_of(address) == network


def test_any_name_has_a_key():
    assert len({keys(name, HERE)[0] for name in ("", "a" * 10**6, "\udc80", "\0", "李")}) == 5


@pytest.mark.parametrize(
    "change",
    [
        {"account": None},
        {"acount": {}},
        {"known_days": "30"},
        {"address": DATA["address"] | {"free": 0}},
        {"address": DATA["address"] | {"factor": 0.5}},
        {"address": DATA["address"] | {"first_wait": float("nan")}},
        {"address": {"free": 1}},
    ],
)
def test_rules_that_would_not_hold_are_refused(change):
    data = {name: value for name, value in (DATA | change).items() if value is not None}
    with pytest.raises(ValueError, match="logins"):
        Rules.of(data)


def test_the_rules_of_the_project_stop_a_guesser():
    path = Settings.from_environment().home / "superset" / "security.yaml"
    rules = Rules.of(yaml.safe_load(path.read_text(encoding="utf-8"))["logins"])
    assert rules.account_and_address.free <= 10 and rules.account_and_address.wait(60) >= 900
    assert rules.account.longest_wait <= 600, "a wait that others cause must stay short"
