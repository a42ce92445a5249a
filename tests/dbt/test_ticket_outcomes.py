"""Returns, reviews, bad reviews and results of the sample, counted once more from the events, one ticket after another."""

import csv
from collections import Counter, defaultdict
from pathlib import Path

import pytest

CODE_LISTS = Path(__file__).resolve().parents[2] / "dbt" / "seeds" / "code_lists"


def names(code_list: str, column: str) -> dict[str, str]:
    """Every name and alias of a code list with the value of ``column``."""
    found = {}
    with (CODE_LISTS / f"{code_list}.csv").open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            for name in [row["code"], row["name_zh"], *row["aliases"].split("|")]:
                found[name] = row[column]
    found.pop("", None)
    return found


@pytest.fixture(scope="module")
def lives(query):
    """Ticket number -> (event type, result) in the order of the events, of all tickets that one of these happened to."""
    found = defaultdict(list)
    for row in query(
        "select ticket_no, event_type, result from fct_ticket_event "
        "where event_type in ('return', 'review', 'rate', 'fix') order by ticket_no, event_seq"
    ):
        found[row["ticket_no"]].append((row["event_type"], row["result"]))
    return found


@pytest.fixture(scope="module")
def metrics(query):
    return {
        row.pop("ticket_no"): row
        for row in query(
            "select ticket_no, liable_return_count, review_count, failed_review_count, is_reclassified, "
            "bad_review_count, bad_review_fixed_count from fct_ticket_metric"
        )
    }


def counted(life: list[tuple[str, str]], lists: dict[str, dict[str, str]]) -> dict:
    result = Counter()
    unfixed = 0
    for event_type, text in life:
        if event_type == "return":
            result["liable_return_count"] += lists["liable"].get(text) == "true"
        if event_type == "review":
            result["review_count"] += 1
            result["failed_review_count"] += lists["passed"].get(text) == "false"
            result["is_reclassified"] |= lists["reclassified"].get(text) == "true"
        satisfied = lists["satisfied"].get(text) if event_type == "rate" else ""
        if satisfied == "false":
            unfixed += 1
            result["bad_review_count"] += 1
        if event_type == "fix" or satisfied == "true":
            result["bad_review_fixed_count"] += unfixed
            unfixed = 0
    return result


def test_outcomes_are_those_of_the_events_in_their_order(lives, metrics):
    lists = {
        "liable": names("return_reasons", "is_liable"),
        "passed": names("review_results", "is_passed"),
        "reclassified": names("review_results", "is_reclassified"),
        "satisfied": names("ratings", "is_satisfied"),
    }
    total = Counter()
    for ticket_no, row in metrics.items():
        expected = counted(lives.get(ticket_no, []), lists)
        assert row == {name: expected[name] for name in row}, ticket_no
        total.update({name: int(value) for name, value in row.items()})
    assert all(total.values()), total
    assert total["bad_review_fixed_count"] < total["bad_review_count"]


def test_result_of_a_ticket_is_that_of_its_code(query):
    rows = query(
        "select resolution, is_resolved, count(*) as n from fct_ticket join fct_ticket_metric using (ticket_no) "
        "group by all"
    )
    meaning = {"resolved": True, "explained": False, "unresolved": None, None: None}
    assert {(row["resolution"], row["is_resolved"]) for row in rows} <= set(meaning.items())
    assert {row["is_resolved"] for row in rows} >= {True, False}
