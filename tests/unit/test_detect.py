"""What the benchmark of the detectors makes: honest months with their noise, and kinds that change nothing but what they say."""

from __future__ import annotations

import csv
import re
from collections import Counter
from datetime import date
from pathlib import Path

import honest
import numpy as np
import plain
import provinces
import pytest
import red_team
import report
from honest import ABSENT, HOUR

from hotline.simulate.noise import noise_rates

HOME = Path(__file__).resolve().parents[2]
FIRST = date(2025, 9, 1)
COMPLAINTS = 4000


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


KINDS = {row["kind"]: row for row in rows_of(HOME / "bench/detect/kinds.csv")}
RATES = {row["rate"]: row for row in noise_rates()}


def month(complaints: int = COMPLAINTS) -> honest.Month:
    return honest.honest_month("990001", FIRST, complaints, np.random.default_rng(8))


@pytest.fixture(scope="module")
def large() -> honest.Month:
    return month()


def test_each_rate_is_assumed_and_says_why():
    assert all(row["status"] == "assumed" and len(row["reason"]) > 20 for row in RATES.values())
    assert all(float(row["low"]) < float(row["high"]) for row in RATES.values())


def test_an_honest_ticket_goes_one_step_after_the_other(large):
    steps = [
        "accept",
        "dispatch",
        "sign",
        "contact",
        "handle",
        "close",
        "call",
        "rate",
        "archive",
        "review",
        "rate_again",
    ]
    at = np.stack([large.times[step][large.ordinary] for step in steps], axis=1)
    latest = np.maximum.accumulate(at, axis=1)
    assert ((at == ABSENT) | (at == latest)).all()
    assert max(moments.max() for moments in large.times.values()) < large.delivered
    numbers = large.numbers()
    assert len(set(numbers)) == len(numbers)
    assert [n[-8:] for n in numbers] == sorted(n[-8:] for n in numbers)


def test_the_noise_is_as_frequent_as_its_rates_say(large):
    called = np.flatnonzero(large.times["call"] != ABSENT)
    reached, rated = called[large.talked[called] > 0], np.flatnonzero(large.times["rate"] != ABSENT)
    late = np.abs(large.times["close"] - large.due)[large.is_complaint] < HOUR
    found = {
        "second_phone": (large.call_phone[called] != large.phone[called]).mean(),
        "first_attempt_unreached": (large.missed[reached] > 0).mean(),
        "never_reached": (large.talked[called] == 0).mean(),
        "short_call": (large.talked[reached] < 10).mean(),
        "changed_on_appeal": (large.times["rate_again"][rated] != ABSENT).mean(),
        "merged_second": (large.linked[large.is_complaint] != ABSENT).mean(),
        "extended": (large.times["extend"][large.ordinary] != ABSENT).mean(),
        "returned": (large.times["return"][large.ordinary] != ABSENT).mean(),
        "dissatisfied": (large.rating[rated] == honest.DISSATISFIED).mean(),
        "mass_event": (large.text == honest.STANDARD_REPLY)[large.is_complaint].mean(),
    }
    for rate, share in found.items():
        assert share == pytest.approx(large.rates[rate], rel=0.3), rate
    assert late.mean() > large.rates["rush_before_deadline"] / 20
    matters = Counter(
        matter
        for matter, of in zip(zip(large.phone, large.subcategories(), strict=True), large.is_complaint, strict=True)
        if of
    )
    again = sum(count - 1 for count in matters.values()) - (large.linked != ABSENT).sum()
    assert again / COMPLAINTS == pytest.approx(
        large.rates["repeat_after_satisfied"], rel=0.3
    )  # some fall behind the month
    assert (large.talked[reached] > 3).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_changes_as_many_tickets_as_it_is_told_to(kind):
    made, untouched = month(400), month(400)
    chosen = np.sort(np.random.default_rng(1).permutation(made.ordinary)[:40])
    made.is_fabricated[chosen] = True
    getattr({"red_team": red_team, "plain": plain}[KINDS[kind]["family"]], kind)(made, chosen, np.random.default_rng(2))
    assert made.is_fabricated.sum() == 40
    assert max(moments.max() for moments in made.times.values()) < made.delivered
    changed = np.zeros(made.accepted.size, dtype=bool)
    for name in (
        "number_day",
        "phone",
        "call_phone",
        "talked",
        "missed",
        "rating",
        "text",
        "closer",
        "linked",
        "category",
    ):
        changed |= getattr(made, name) != getattr(untouched, name)
    for step, moments in made.times.items():
        changed |= moments != untouched.times[step]
    if kind in ("pressed_caller", "colluding_callers"):
        assert changed.sum() <= 4, "no trace but a rating"
    elif kind == "reopened":
        assert 40 < changed.sum() + (~changed[chosen]).sum() <= 80  # the new numbers are tickets too
    else:
        assert not changed[~made.is_fabricated].any()
        assert changed.sum() > 30


def test_the_catalogue_names_every_kind_and_signatures_that_are_there():
    for module in (red_team, plain):
        own = {name for name, value in vars(module).items()
               if getattr(value, "__module__", "") == module.__name__ and not name.startswith("_")}  # fmt: skip
        assert own == {kind for kind, row in KINDS.items() if row["family"] == module.__name__}
    known = {row["code"] for row in rows_of(HOME / "dbt/seeds/parameters/signatures.csv")}
    assert {row["signature"] for row in KINDS.values()} - {""} <= known
    assert all(not row["signature"] for row in KINDS.values() if row["family"] == "red_team")


def test_nothing_that_detects_knows_the_red_team():
    """A signature that can see what it is measured with is tuned to it, and the measurement says nothing any more."""
    word = re.compile(
        rf"red_team|bench[./]detect|{'|'.join(kind for kind in KINDS if KINDS[kind]['family'] == 'red_team')}"
    )
    own_words = {"suspended", "refused", "reopened"}  # words of the trade
    for folder in ("src", "dbt", "expectations", "dags", "contracts", "superset"):
        for path in (HOME / folder).rglob("*"):
            if path.suffix in (".py", ".sql", ".yml", ".yaml", ".csv") and "target" not in path.parts:
                assert not set(word.findall(path.read_text("utf-8"))) - own_words, path


def test_a_platform_reports_what_it_did_and_what_it_made_up():
    made = month(400)
    true = provinces.claims(made, frozenset())
    assert (
        true["close"] == (400, 400)
        and true["callback"][0] < 400
        and true["satisfaction"][0] < true["satisfaction"][1] < 400
    )
    chosen = made.ordinary[:40]
    made.is_fabricated[chosen] = True
    plain.rated_without_call(made, chosen, np.random.default_rng(2))
    assert provinces.claims(made, frozenset({"callback"}))["callback"] == true["callback"]
    assert provinces.claims(made, frozenset())["callback"][0] == true["callback"][0] - 40


def test_fifteen_platforms_are_a_province_of_a_month_of_its_own():
    cells = provinces.cells(["pressed_caller", "short_call"], [0.01, 0.2], 5, 26)
    assert len(cells) == 46 and len({cell.platform for cell in cells}) == 46
    assert sorted(Counter(cell.month for cell in cells).values()) == [1, 15, 15, 15]
    assert Counter(cell.kind for cell in cells) == {"pressed_caller": 10, "short_call": 10, "honest": 26}


def test_callers_of_the_province_err_miss_and_collude_as_told():
    made = month()
    made.is_fabricated[made.ordinary] = True
    rng, false = np.random.default_rng(3), frozenset({"satisfaction"})
    told = [provinces.answer(made, place, false, rng) for place in made.ordinary]
    reached = [row for row in told if row["outcome"] == "reached"]
    assert len(reached) / len(told) == pytest.approx(made.rates["call_reached"], abs=0.03)
    assert all(
        row["is_satisfaction_true"] == provinces.FALSE and row["is_close_true"] == provinces.TRUE for row in reached
    )
    made.collusion = 0.8
    told = [provinces.answer(made, place, false, rng) for place in made.ordinary]
    bad = sum(row.get("is_satisfaction_true") == provinces.FALSE for row in told)
    assert bad / len(told) == pytest.approx(0.2 * made.rates["call_reached"], abs=0.03)
    made.is_fabricated[:] = False
    told = [provinces.answer(made, place, false, rng) for place in made.ordinary]
    wrong = sum(provinces.FALSE in {row.get(f"is_{rate}_true") for rate in provinces.RATES} for row in told)
    assert wrong / len(told) == pytest.approx(made.rates["call_error"], abs=0.01)


@pytest.mark.parametrize(
    ("found", "of", "word", "asked", "kept", "certain"),
    [
        (0, 400, "at most", 0.01, True, True),  # (0, 0.0092)
        (0, 100, "at most", 0.01, True, False),
        (1, 100, "at most", 0.01, True, False),
        (9, 100, "at most", 0.01, False, True),
        (20, 20, "at least", 0.9, True, False),
        (40, 40, "at least", 0.9, True, True),
        (1, 20, "at least", 0.9, False, True),
    ],
)
def test_a_target_is_kept_by_what_was_counted_and_certain_by_its_interval(found, of, word, asked, kept, certain):
    told = report._target("", word, asked, [True] * found + [False] * (of - found))
    assert (told["is_kept"], told["is_certain"]) == (kept, certain)
