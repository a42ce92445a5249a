"""``hotline audit plan`` and the verifier: figures of the design, and two codes that must agree."""

from __future__ import annotations

import json
import random
import time
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner
from scipy.stats import binom, hypergeom

from hotline.audit import plan, rounds, verify
from hotline.audit.freeze import is_frozen
from hotline.audit.order import fingerprint, list_bytes
from hotline.cli import cli
from hotline.errors import HotlineError, WrongRequest
from hotline.settings import Settings
from hotline.statistics import plans, rates, verdicts, weekly
from hotline.statistics.multiplicity import holm


def planned(*arguments: str) -> dict:
    outcome = CliRunner().invoke(cli, ["audit", "plan", *arguments, "--json"])
    assert outcome.exit_code == 0, outcome.output
    return json.loads(outcome.output)


def test_sizes_of_the_design_without_a_warehouse(tmp_path, monkeypatch):
    monkeypatch.setenv("HOTLINE_VAR", str(tmp_path))
    found = planned("--population", "441", "--share", "10")
    assert (found["meet"], found["name"], found["name_for_good"], found["error"]) == (27, 108, 119, 2)
    assert found["drawn"] == 34 and found["reach"] == 80, "27 of whom four in five are reached"
    assert (found["platforms"], found["confidence"], found["power"], found["alpha"]) == (15, 95, 90, 2.5)
    confirmed = planned("--population", "441", "--share", "10", "--error", "0.1")
    assert (confirmed["name"], confirmed["name_for_good"]) == (36, 36)
    assert not list(tmp_path.iterdir()), "a plan writes nothing"


@pytest.mark.parametrize(
    ("population", "share", "error", "name"),
    [(441, 20, 2, 37), (441, 30, 2, 20), (2843, 10, 2, 127), (2843, 30, 0.1, 12), (77, 10, 2, 72), (77, 20, 0.1, 16)],
)
def test_calls_that_name_a_platform(population, share, error, name):
    assert planned("--population", str(population), "--share", str(share), "--error", str(error))["name"] == name


@pytest.mark.parametrize("population", [1, 5, 60, 441, 2843])
@pytest.mark.parametrize(
    ("share", "error"), [(0.1, 0.02), (0.03, 0.02), (0.02, 0.02), (0.5, 0.001), (0.01, 0.02), (1, 0.3)]
)
def test_sizes_are_those_of_every_exact_tail(population, share, error):
    """Bounds tell of most sizes on which side they are; none may differ from the exact one."""
    bad, calls = plans.bad_tickets(population, share), np.arange(1, population + 1)
    critical = binom.isf(0.025 / 15, calls, error) + 1
    exact = list(hypergeom.sf(critical - 1, population, bad, calls) >= 0.9)
    first = exact.index(True) + 1 if any(exact) else None
    failing = [place + 1 for place, holds in enumerate(exact) if not holds]
    for_good = None if first is None or not exact[-1] else (failing[-1] + 1 if failing else 1)
    assert plans.to_name(population, share, error, 0.025 / 15) == (first, for_good)


def test_many_tickets_take_no_longer_than_few():
    started = time.monotonic()
    assert planned("--population", "100000")["name"] == 128
    assert time.monotonic() - started < 10
    assert CliRunner().invoke(cli, ["audit", "plan", "--population", "100000000"]).exit_code == 2


def test_the_table_of_power_is_that_of_the_design():
    rows = {row["calls"]: row for row in planned("--population", "441")["table"]}
    assert [rows[calls]["bad_needed"] for calls in (4, 12, 29, 59)] == [3, 3, 5, 6]
    assert [round(rows[29]["named"][share], 2) for share in ("5", "10", "20", "30")] == [0.01, 0.16, 0.73, 0.97]


def test_nobody_is_asked_for_more_tickets_than_there_are():
    found = planned("--population", "20", "--reach", "10")
    assert found["drawn"] == 20 and [row["calls"] for row in found["table"]] == [4, 12]
    assert planned("--population", "1", "--share", "1")["meet"] == 1


@pytest.mark.parametrize("arguments", [("--population", "0"), ("--population", "5", "--share", "0"), ("--error", "60")])
def test_what_cannot_be_planned_is_a_usage_error(arguments):
    assert CliRunner().invoke(cli, ["audit", "plan", *arguments]).exit_code == 2


def test_without_a_warehouse_the_plan_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("HOTLINE_VAR", str(tmp_path))
    outcome = CliRunner().invoke(cli, ["audit", "plan"])
    assert isinstance(outcome.exception, HotlineError) and "--population" in str(outcome.exception)
    later = ("--reveal-at", "2030-01-01 10:00", "--randomness", "掷骰")
    outcome = CliRunner().invoke(cli, ["audit", "freeze", "2024-10", *later])
    assert isinstance(outcome.exception, HotlineError) and "--population" not in str(outcome.exception)


@pytest.mark.parametrize("budget", [0, 1, 14, 45, 700])
def test_a_week_spends_its_budget_and_no_ticket_twice(budget):
    populations = {"a": 441, "b": 2, "c": 77, "d": 0}
    calls = plan.weekly(populations, budget)
    assert sum(calls.values()) == min(budget, sum(populations.values()))
    assert all(calls[code] <= number for code, number in populations.items())
    full = [code for code in populations if calls[code] < populations[code]]
    assert not full or max(calls[c] for c in full) - min(calls[c] for c in full) <= 1


@pytest.mark.parametrize(
    "name",
    [
        "2024",
        "2024-13",
        "2024-W54",
        "../x",
        "2024-10-333",
        "2024-W00",
        "２０２４-10",
        "9999-12",
        "9999-W52",
        "2024-02-30",
        "2024-10-1",
        "2024-10-02",
        "2024-10-2-2",
        "2024-W40-31",
    ],
)
def test_what_is_no_period_is_refused(name):
    with pytest.raises(HotlineError):
        rounds.period(name)


# the verifier is written once more, by other formulas -----------------------------------------------------


@pytest.fixture(params=range(60))
def sample(request):
    chance = random.Random(request.param)  # noqa: S311 -- draws cases
    population = chance.choice([4, 20, 77, 441, 900])
    drawn = chance.randint(1, min(population, 60))
    bad = chance.randint(0, chance.choice([0, 2, drawn]) if drawn > 2 else drawn)
    return chance, population, drawn, bad


def test_chances_bounds_and_clearance_agree(sample):
    chance, population, drawn, bad = sample
    admitted, error = chance.choice([0, 1, population // 20, population]), chance.choice([0.0, 0.001, 0.02, 0.3])
    p = verdicts.p_at_least(bad, population, admitted, drawn, error)
    assert verify.p_at_least(bad, population, admitted, drawn, error) == pytest.approx(p, rel=1e-9, abs=1e-15)
    found, tipping = (
        verify.tipping(bad, population, admitted, drawn, 0.05),
        verdicts.tipping_error(bad, population, admitted, drawn, 0.05),
    )
    assert (found is None) == (tipping is None) and (
        found is None or found == pytest.approx(tipping, rel=1e-6, abs=1e-9)
    )
    confidence = chance.choice([0.95, 0.9])
    assert verify.bounds(population, drawn, drawn - bad, confidence) == rates.bounds(
        population, drawn, drawn - bad, confidence
    )
    e = verdicts.clearance(population, drawn, bad, 0.1)
    assert verify.clearance(population, drawn, bad, 0.1) == pytest.approx(e, rel=1e-9)


def test_what_a_report_admits_agrees(sample):
    chance, population, *_ = sample
    text = chance.choice(["100", "100.00", "99.54", f"{chance.uniform(0, 100):.{chance.randint(0, 4)}f}"])
    assert verify.lenient_good(text, population) == rates.lenient_good(text, population)
    claim = verdicts.Claim(text, population)
    assert population - verify.good_at_rate(text, population) == verdicts.plainly_admitted(claim, "95")


def test_holm_agrees(sample):
    chance, *_ = sample
    family = [chance.choice([1.0, chance.random() ** 6]) for _ in range(chance.randint(1, 15))]
    tests = len(family) + chance.randint(0, 3)
    for own, adjusted in zip(family, holm(family, tests), strict=True):
        assert verify.holm(own, family, tests) == pytest.approx(adjusted)


def test_weeks_agree(sample):
    chance, *_ = sample
    share = chance.choice([0.05, 0.1, 0.5])  # of few bad tickets each start tells, beside many none does
    sizes = [chance.randint(0, 6) for _ in range(70)]
    weeks = [
        (2024 + week // 54, n, sum(chance.random() < share for _ in range(n)), chance.choice([0.069, 0.1]))
        for week, n in enumerate(sizes)
    ]
    rows = [{"year": year, "drawn": n, "bad": bad, "boundary": p} for year, n, bad, p in weeks]
    for count in (1, 51, 52, 53, 54, 55, 70):  # a year has at times a week more than was paid for
        last = weekly.path(weeks[:count])[-1]
        assert verify.weeks(rows[:count], 52) == pytest.approx((last.sr, last.e_year), rel=1e-9), count


def frozen(name: str, **changes) -> rounds.Round:
    frame = rounds.Frame(rounds.frame_number(name, "210100"), "210100", 1, 1, fingerprint([TICKET]))
    found = rounds.Round(name, "monthly", "2024-10-01", "2024-11-01", "2024-11-18 09:00:00", "2024-11-19 10:00:00",
                         "掷骰", (frame,))  # fmt: skip
    return replace(found, **changes)


TICKET = "JT2101002024100500000001"


def put(settings: Settings, found: rounds.Round) -> None:
    (frame,) = found.frames
    rounds.write(settings, rounds.list_path(settings, found.name, frame.frame_no), list_bytes([TICKET]))
    rounds.write(settings, rounds.folder(settings, found.name) / "round.json", rounds.as_json(found))


def test_a_correction_is_the_next_round_that_is_free(tmp_path, monkeypatch):
    """The remedy once named ``2024-10-2-2``, which is none."""
    monkeypatch.setenv("HOTLINE_VAR", str(tmp_path))
    settings = Settings.from_environment()
    for number, name in enumerate(["2024-10", *(f"2024-10-{n}" for n in range(2, 10))], start=2):
        put(settings, frozen(name))
        assert is_frozen(settings, frozen(name))
        with pytest.raises(WrongRequest, match=f"its own: 2024-10-{number}$" if number < 10 else "all nine") as told:
            is_frozen(settings, frozen(name, reveal_at="2024-11-20 10:00:00"))
        named = str(told.value).rsplit(" ", 1)[-1]
        assert number == 10 or rounds.period(named)
    with pytest.raises(WrongRequest, match="all nine"):
        is_frozen(settings, frozen("2024-10", reveal_at="2024-11-20 10:00:00"))


def test_what_is_no_round_is_not_listed(tmp_path, monkeypatch):
    monkeypatch.setenv("HOTLINE_VAR", str(tmp_path))
    settings = Settings.from_environment()
    put(settings, frozen("2024-10"))
    for name in ("notes", "2024-02-30"):
        (settings.audit / name).mkdir()
        (settings.audit / name / "round.json").write_text("{}")
    assert rounds.known(settings) == ["2024-10"]
    outcome = CliRunner().invoke(cli, ["audit", "list"])
    assert outcome.exit_code == 0 and outcome.output.startswith("2024-10 "), outcome.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("audit", "draw", "2024-13", "--value", "20241119-8842190357"), "no month and no week"),
        (("audit", "draw", "2024-10", "--value", "20241119-8842190357"), "was never frozen"),
        (("audit", "freeze", "2999-10", "--reveal-at", "2999-12-01 10:00", "--randomness", "x"), "is not over before"),
        (
            (
                "audit",
                "freeze",
                "2024-10",
                "--reveal-at",
                "2999-12-01 10:00",
                "--randomness",
                "x",
                "--platform",
                "阿里",
            ),
            "no platform is called 阿里",
        ),
    ],
)
def test_what_is_not_there_is_told_as_a_wrong_request(tmp_path, monkeypatch, arguments, said):
    """As wrong options are: a scheduler does not try again."""
    monkeypatch.setenv("HOTLINE_VAR", str(tmp_path))
    outcome = CliRunner().invoke(cli, arguments)
    assert isinstance(outcome.exception, WrongRequest) and outcome.exception.exit_code == 2
    assert said in str(outcome.exception)
