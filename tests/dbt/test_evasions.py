"""What was once enough to keep tickets out of the signatures: an event, an opening, a handover."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest
from click.testing import CliRunner
from ticket_files import deliver, ticket_table

from hotline.cli import cli
from hotline.settings import Settings

pytestmark = pytest.mark.slow

PLATFORM, OTHER = "210100", "210200"
COPIES = 6
OPENING = "您好，您反映的问题已收悉，现答复如下："
STEPS = {
    # number of the step, what, at which second
    "answered_later": ((1, "受理", 0), (2, "转办", 5), (3, "办结", 9), (4, "即时答复", 9)),
    "complaint_answered": ((1, "受理", 0), (2, "即时答复", 3), (3, "办结", 9)),
    "opening": ((1, "受理", 0), (2, "转办", 60), (3, "办结", 6000)),
    "consulted": ((1, "受理", 0), (2, "即时答复", 3), (3, "办结", 9)),
}
"""Of each kind ``COPIES`` tickets."""
TEXTS = {"answered_later": "已责令该车驾驶员退还多收费用", "complaint_answered": "已向您解释清楚并致歉", "opening": OPENING,
         "consulted": "已告知线路"}  # fmt: skip


def number(kind: str, copy: int) -> str:
    return f"JT{PLATFORM}20240905{list(STEPS).index(kind) * 100 + copy:08d}"


def tickets() -> list[dict]:
    return [
        {
            "工单编号": number(kind, copy), "业务类型": "信息咨询" if kind == "consulted" else "投诉举报",
            "受理时间": f"2024-09-05 08:{copy:02d}:00", "应办结时间": "", "办结意见": TEXTS[kind],
        }
        for kind in STEPS for copy in range(COPIES)
    ]  # fmt: skip


def steps() -> str:
    rows = ["工单编号,流转序号,流转环节,操作时间,操作员工号"]
    for kind, own in STEPS.items():
        for copy in range(COPIES):
            for seq, what, seconds in own:
                hour, minute = divmod(8 * 60 + copy + seconds // 60, 60)
                rows.append(
                    f"{number(kind, copy)},{seq},{what},2024-09-05 {hour:02d}:{minute:02d}:{seconds % 60:02d},W{copy}"
                )
    return "\n".join([*rows, ""])


def handed(row: dict) -> str:
    return ticket_table({"受理时间": "2024-09-06 08:00:00", "应办结时间": "", **row})


@pytest.fixture(scope="module")
def found(project, blank, tmp_path_factory):
    """Hits by signature and kind of ticket, whether tickets are instant answers or implausible, and voided tickets."""
    var = tmp_path_factory.mktemp("evasions") / "var"
    blank(var)
    with project.at(var):
        settings = Settings.from_environment()
        deliver(settings, ticket_table(*tickets()), day=date(2024, 9, 6))
        deliver(settings, steps(), "ticket_events.csv", day=date(2024, 9, 6))
        for name, to_void in (("900", PLATFORM), ("901", OTHER)):
            own = {"工单编号": f"JT{PLATFORM}20240906{name:>08s}"}
            first, second = own | {"移交至平台": OTHER}, own | {"移交自平台": PLATFORM, "平台编码": OTHER}
            deliver(settings, handed(first), f"tickets-{name}.csv", PLATFORM, date(2024, 9, 7))
            deliver(settings, handed(second), f"tickets-{name}.csv", OTHER, date(2024, 9, 7))
            voided = first if to_void == PLATFORM else second
            deliver(settings, handed(voided | {"记录状态": "作废"}), f"tickets-{name}.csv", to_void, date(2024, 9, 8))
        taken = CliRunner().invoke(cli, ["ingest", "--json"])
        assert taken.exit_code == 0 and '"rows_quarantined": 0' in taken.output, taken.output
        signatures = ("copied_closing_text", "closed_without_step", "instant_close")
        project.run(
            var, "run", "--select", *(f"+int_signature_{name}" for name in signatures), "+int_signature_voided_ticket"
        )
        with duckdb.connect(str(settings.build_database), read_only=True) as connection:
            hits = {
                name: {no for (no,) in connection.execute(
                    f"select ticket_no from intermediate.int_signature_{name} where is_hit").fetchall()}
                for name in signatures
            }  # fmt: skip
            facts = connection.execute(
                "select ticket_no, is_instant_answer, implausible_reasons from marts.fct_ticket"
            ).fetchall()
            voided = connection.execute(
                "select platform_code, eligible, hits from intermediate.int_signature_voided_ticket order by all"
            ).fetchall()
    return hits, {no: told for no, *told in facts}, voided


def all_of(kind: str) -> set[str]:
    return {number(kind, copy) for copy in range(COPIES)}


def test_an_answer_noted_after_the_closure_exempts_from_nothing(found):
    hits, facts, _ = found
    assert all_of("answered_later") <= hits["copied_closing_text"] & hits["instant_close"]
    assert all(facts[no] == [False, "answered_after_step"] for no in all_of("answered_later"))


def test_a_complaint_is_not_answered_in_the_call(found):
    hits, facts, _ = found
    assert all_of("complaint_answered") <= hits["copied_closing_text"] & hits["closed_without_step"]
    assert all(facts[no] == [False, None] for no in all_of("complaint_answered"))


def test_a_consultation_that_was_is_left_alone(found):
    hits, facts, _ = found
    assert all(facts[no] == [True, None] for no in all_of("consulted"))
    assert not all_of("consulted") & set().union(*hits.values())


def test_a_text_of_nothing_but_the_opening_is_a_copy(found):
    assert all_of("opening") <= found[0]["copied_closing_text"]


def test_a_voided_ticket_counts_for_whoever_had_it(found):
    """Given away and voided by the first platform; given away and voided by the receiver."""
    own = len(STEPS) * COPIES
    assert found[2] == [(PLATFORM, own + 1, 0), (OTHER, 2, 1)]
