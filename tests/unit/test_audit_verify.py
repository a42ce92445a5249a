"""The verifier on bundles made here: honest ones agree, whatever is odd about them; whatever is forged, left out or withheld
does not. Evidence is that of the warehouse's statistics, so two codes must agree."""

from __future__ import annotations

import csv
import hashlib
import json
import math
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest

from hotline.audit import bundle, notice, verify
from hotline.audit.order import fingerprint, in_order
from hotline.audit.rounds import Frame, Round
from hotline.settings import Settings
from hotline.statistics.cases import RATES, judge

PLATFORM, FRAME, VALUE = "210100", "ZT202410-210100", "20241119-8842190357"
PARAMETERS = {
    "name_alpha": 0.025, "doubt_alpha": 0.05, "clear_share": 0.1, "clear_e_value": 20.0, "most_unreached_share": 0.2,
    "doubt_e_value": 20.0, "watch_statistic": 520.0, "single_error": 0.02, "single_error_floor": 0.005,
    "confirmed_error_floor": 0.001, "fewest_rechecks": 150.0, "weekly_honest_share": 0.05, "weeks_a_year": 52,
    "withheld_rate_percent": "95", "confidence": "0.95",
}  # fmt: skip


def numbers(size: int) -> list[str]:
    return [f"JT{PLATFORM}20241005{n:08d}" for n in range(size)]


class Bundle:
    """An honest bundle of one frame; each part may be changed before it is written."""

    def __init__(
        self, folder: Path, *, size: int = 60, planned: int = 30, bad: int = 0, unreached: int = 0, reserves: int = 0,
        confirmed: bool = False, weekly: bool = False, **changes,
    ) -> None:  # fmt: skip
        self.folder = folder
        kind = "weekly" if weekly else "monthly"
        listed = numbers(size)
        others = [Frame(f"ZT202410-{code}", code, 50, 10, "0" * 64) for code in ("210200", "210300")]
        own = Frame(FRAME, PLATFORM, size, planned, fingerprint(listed))
        round_ = Round(
            "2024-10", kind, "2024-10-01", "2024-11-01", "2024-11-18 09:00:00", "2024-11-19 10:00:00",
            "双人见证掷骰 20 位", (own, *others),
        )  # fmt: skip
        self.list = "".join(f"{number}\n" for number in listed)
        self.notice = notice.text(round_, Settings.from_environment())
        self.results = [
            {
                "ticket_no": number, "check_no": f"CJ-{place}", "draw_position": str(place),
                "is_reached": "false" if place <= unreached else "true",
                **{f"is_{rate}_good": self._good(place, unreached, bad, rate) for rate in RATES},
                "is_bad": "true" if unreached < place <= unreached + bad else "false", "is_unknown": "false",
                "is_confirmed": "true" if confirmed and unreached < place <= unreached + bad else "false",
                "is_outside": "false", "called_at": "2024-11-20 10:00:00", "platform_statement": "", "adjudication_name": "",
            }
            for place, number in enumerate(in_order(VALUE, listed)[: planned + reserves], start=1)
        ]  # fmt: skip
        called = planned + reserves
        stated = {
            "frame_no": FRAME, "platform_code": PLATFORM, "platform_name": "沈阳", "kind": kind, "month": date(2024, 10, 1),
            "period_from": date(2024, 10, 1), "calls_origin": "real", "frozen_at": round_.frozen_at,
            "delivered_on": "2024-11-18", "planned": planned,
            "list_sha256": own.list_sha256, "randomness": "2024-11-19 10:00 双人见证掷骰 20 位", "value": VALUE,
            "revealed_at": "2024-11-19 10:05:00", "draw_size": planned, "design": "random", "is_judged": not weekly,
            "is_weekly": weekly, "is_feed_complete": True, "counts_own_tickets": True, "impossible_signatures": 0,
            "rare_signatures": 0, "lead_signatures": 0, "planned_platforms": 15, "stated_population": size,
            "population": max(size, called), "drawn": called, "reached": called - unreached, "bad": bad, "unknown": 0,
            "bad_confirmed": bad if confirmed else 0, "recheck_pairs": 0, "recheck_differing": 0, **PARAMETERS,
        }  # fmt: skip
        for rate in RATES:
            stated |= {f"{rate}_bad": bad if rate == "callback" else 0, f"{rate}_text": None if weekly else "100.00",
                       f"{rate}_denominator": None, f"{rate}_computed": None, f"{rate}_counted": None}  # fmt: skip
        self.stated = stated | changes
        self.rechecks = self._rechecks(unreached)
        self.weeks = [(date(2024, 9, 30), "W1", self.stated["drawn"], bad)] if weekly else []

    @staticmethod
    def _good(place: int, unreached: int, bad: int, rate: str) -> str:
        if place <= unreached:
            return ""
        return "false" if place <= unreached + bad and rate == "callback" else "true"

    def _rechecks(self, unreached: int) -> list[dict]:
        """Second calls of all confirmed tickets, then as many of other frames, without tickets, as are stated."""
        bare = {
            f"is_{nth}_{rate}_{what}": "" for nth in ("first", "second") for rate in RATES for what in ("true", "good")
        }
        own = [
            bare | {"month": "2024-10-01", "check_no": f"{row['check_no']}-F", "first_check_no": row["check_no"],
                    "ticket_no": row["ticket_no"], "has_record": "true", "is_first_callback_true": "false"}
            | {f"is_{nth}_{rate}_good": row[f"is_{rate}_good"] for nth in ("first", "second") for rate in RATES}
            for row in self.results if row["is_confirmed"] == "true"
        ]  # fmt: skip
        pairs, differing = self.stated["recheck_pairs"], self.stated["recheck_differing"]
        masked = dict.fromkeys(("check_no", "first_check_no", "ticket_no", "has_record"), "")
        others = [
            bare | masked | {"month": "2023-11-01" if n else "2024-10-01", "is_first_close_true": "true",
                             "is_second_close_true": "false" if n < differing else "true"}
            for n in range(pairs)
        ]  # fmt: skip
        return [*own, *others]

    def write(self, grade: str, rules: str, **forged) -> Path:
        """With the evidence that the warehouse finds; ``forged`` replaces what it states."""
        stated = self.stated
        evidence = judge([stated | {"confidence": float(stated["confidence"])}])[0]._asdict()
        stated = stated | evidence | {"grade": grade, "rule": rules.split()[0], "rules": rules, "says_zh": ""}
        stated["claims"] = {
            rate: {"text": stated[f"{rate}_text"],
                   "population": min(stated["population"], stated[f"{rate}_denominator"] or stated["population"]),
                   "computed": stated[f"{rate}_computed"], "counted": stated[f"{rate}_counted"]}
            for rate in RATES
        }  # fmt: skip
        stated["withheld_rates"] = sum(stated[f"{rate}_text"] is None for rate in RATES)
        stated |= {"family": [stated["p_decide"], 1.0, 1.0], "tests": stated["planned_platforms"]}
        stated["notice_sha256"] = hashlib.sha256(self.notice.encode()).hexdigest()
        kept = {name: stated[name] for name in (*bundle.KEPT, "claims", "family", "tests", "notice_sha256")
                if name in stated} | forged  # fmt: skip
        self.put("verdict.json", json.dumps(kept, default=str))
        self.put("list.txt", self.list)
        self.put("notice.txt", self.notice)
        self.table("results.csv", self.results, list(self.results[0]))
        columns = ["month", "check_no", "first_check_no", "ticket_no", "has_record",
                   *(f"is_{nth}_{rate}_{what}" for nth in ("first", "second") for rate in RATES for what in ("true", "good"))]  # fmt: skip
        self.table("rechecks.csv", self.rechecks, columns)
        if stated["is_weekly"]:
            rows = [f"{FRAME},2024-10-01,2024,{stated['drawn']},{stated['bad']},{stated['week_boundary']}"]
            self.put("weeks.csv", "\n".join(["frame_no,period_from,year,drawn,bad,boundary", *rows, ""]))
        return self.folder

    def table(self, name: str, rows: list[dict], columns: list[str]) -> None:
        with (self.folder / name).open("w", encoding="utf-8", newline="") as file:
            table = csv.DictWriter(file, columns)
            table.writeheader()
            table.writerows(rows)

    def put(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="utf-8", newline="")


def run(folder: Path) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-I", "-S", verify.__file__, str(folder)], capture_output=True, text=True, timeout=60
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout + done.stderr


A2 = ("A2", "sample_refutes more_bad_than_admitted too_few")


@pytest.fixture
def a2(tmp_path):
    return Bundle(tmp_path, bad=8)


# honest bundles ----------------------------------------------------------------------------------------
def agrees(folder: Path) -> None:
    code, said = run(folder)
    assert code == 0 and said.rstrip().endswith("全部一致") and "不一致" not in said, said


def test_a_random_draw_that_refutes(a2):
    agrees(a2.write(*A2))


def test_reserves_that_were_called_in_order(tmp_path):
    agrees(Bundle(tmp_path, planned=20, bad=8, unreached=2, reserves=2).write(*A2))


@pytest.mark.parametrize(
    ("changes", "design"),
    [
        ({"delivered_on": "2024-11-20"}, "known_before"),
        ({"draw_size": 25}, "not_as_planned"),
        ({"draw_size": 25, "unreached": 5}, "not_as_planned"),
    ],
)
def test_a_broken_draw_that_is_stated(tmp_path, changes, design):
    made = Bundle(tmp_path, bad=8, design=design, **changes)
    agrees(made.write("B", "more_bad_than_admitted unrecorded_sample_in_doubt too_few"))


def test_checks_that_nobody_froze(tmp_path):
    nothing = dict.fromkeys(("frozen_at", "delivered_on", "planned", "list_sha256", "randomness", "value", "revealed_at",
                             "draw_size"))  # fmt: skip
    made = Bundle(tmp_path, planned=4, bad=1, frame_no="2024-10-01/210100", design="unrecorded")
    made.stated |= nothing
    folder = made.write("B", "more_bad_than_admitted too_few")
    (folder / "list.txt").unlink()
    (folder / "notice.txt").unlink()
    agrees(folder)


@pytest.mark.parametrize(
    ("pairs", "differing", "confirmed"), [(0, 0, False), (600, 0, False), (200, 9, False), (60, 9, False), (0, 0, True), (200, 1, True)]
)  # fmt: skip
def test_the_error_of_a_call_follows_from_second_calls(tmp_path, pairs, differing, confirmed):
    made = Bundle(
        tmp_path, size=900, planned=59, bad=30, confirmed=confirmed, recheck_pairs=pairs, recheck_differing=differing
    )
    folder = made.write(*A2)
    agrees(folder)
    change(folder, call_error=0.0005)
    differs(folder, "单次误判概率")


def test_a_frame_of_many_tickets(tmp_path):
    made = Bundle(tmp_path, size=2843, planned=1100, bad=60)
    started = time.monotonic()
    agrees(made.write("A2", "sample_refutes more_bad_than_admitted clearance too_few"))
    assert time.monotonic() - started < 30
    assert verify.p_at_least(3, 2843, 0, 1100, 0.02) == pytest.approx(1, abs=1e-6)
    assert verify.p_at_least(30, 1_000_000, 1000, 20_000, 0.02) == pytest.approx(1)


def test_evidence_beyond_all_numbers(tmp_path):
    made = Bundle(tmp_path, size=2000, planned=900, bad=900, weekly=True)
    folder = made.write("A3", "weeks_refute year_in_doubt watch_in_doubt too_few")
    assert json.loads((folder / "verdict.json").read_text())["e_watch"] > 1e300
    agrees(folder)
    assert verify.clearance(10**6, 400_000, 0, 0.1) == math.inf


def test_a_week_without_a_call_says_nothing(tmp_path):
    agrees(Bundle(tmp_path, bad=0, planned=3, weekly=True).write("D", "too_few"))


OWN = {"callback_computed": 40, "callback_counted": 50, "close_computed": 60, "close_counted": 60}


def test_a_verdict_by_the_own_feed_is_computed_anew(tmp_path):
    made = Bundle(tmp_path, **OWN)
    folder = made.write("A1", "own_feed_below_report clearance planned_sample_clean too_few")
    code, said = run(folder)
    assert "40/50" in said and "不一致" not in said
    assert code == 3 and "等级 A1 依据自报明细的件数" in said, "these counts are in no file of the bundle"
    claims = json.loads((folder / "verdict.json").read_text())["claims"]
    claims["callback"]["computed"] = 50
    change(folder, claims=claims)
    differs(folder, "自报明细低于上报的比率个数", "证据等级")


def test_simulated_tickets_accuse_nobody(tmp_path):
    made = Bundle(tmp_path, counts_own_tickets=False, **OWN)
    agrees(made.write("E", "clearance planned_sample_clean too_few"))


@pytest.mark.parametrize(
    ("changes", "grade", "rule"),
    [
        ({"is_feed_complete": False}, "B", "feed_incomplete"),
        ({"impossible_signatures": 2}, "B", "impossible_signature"),
        ({"lead_signatures": 1}, "C", "signature_leads"),
    ],
)
def test_what_rests_on_nothing_in_the_folder_is_not_called_checked(tmp_path, changes, grade, rule):
    made = Bundle(tmp_path, **changes)
    code, said = run(made.write(grade, f"{rule} clearance planned_sample_clean too_few"))
    assert code == 3 and "等级未核对" in said and "全部一致" not in said, said


def test_a_later_round_moves_no_chance_of_the_first(tmp_path):
    """Whoever freezes a round of his own is a family of its own, with the same m: no verdict changes afterwards."""
    first = Bundle(tmp_path, bad=3).stated | {"confidence": 0.95}
    second = Bundle(tmp_path, bad=20).stated | {"confidence": 0.95, "frame_no": "ZT202410-2-210200"}
    alone = judge([first])[0].p_holm
    assert judge([first, second | {"frozen_at": "2024-12-01 09:00:00"}])[0].p_holm == alone
    assert judge([first, second])[0].p_holm < alone, "of one round they are one family"
    assert judge([first, second | {"calls_origin": "simulated"}])[0].p_holm == alone, "invented calls move no verdict"


def test_an_invented_week_is_in_no_real_path(tmp_path):
    """A week of bad calls before; what it adds to the next, it adds to its own kind alone."""
    week = Bundle(tmp_path, bad=12, weekly=True).stated | {"confidence": 0.95}
    before = week | {"frame_no": "ZT2024W39-210100", "period_from": date(2024, 9, 23)}
    alone = judge([week])[0].e_year
    assert judge([before, week])[1].e_year > alone
    assert judge([before | {"calls_origin": "simulated"}, week])[1].e_year == alone


# forged, left out, withheld -----------------------------------------------------------------------------
def change(folder: Path, **values) -> None:
    path = folder / "verdict.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | values), encoding="utf-8")


def differs(folder: Path, *names: str) -> None:
    code, said = run(folder)
    wrong = [line for line in said.splitlines() if line.startswith("不一致")]
    assert code == 1 and "全部一致" not in said, said
    assert all(any(name in line for line in wrong) for name in names), said


@pytest.mark.parametrize("gone", ["list.txt", "notice.txt"])
@pytest.mark.parametrize("design", ["random", "unrecorded"])
def test_a_frozen_frame_without_its_list_or_notice_is_not_checked(a2, gone, design):
    folder = a2.write(*A2, design=design)
    (folder / gone).unlink()
    code, said = run(folder)
    assert code == 2 and "无法核对" in said and gone in said and "全部一致" not in said


def test_a_random_draw_without_its_value_is_none(a2):
    folder = a2.write(*A2, value=None, revealed_at=None, draw_size=None)
    differs(folder, "抽取方式", "证据等级")
    for name in ("list.txt", "notice.txt"):
        (folder / name).unlink()
    assert run(folder)[0] == 2


def test_who_strips_the_evidence_of_a_draw_gets_no_agreement(a2):
    """A platform would be cleared; whoever sends the bundle leaves the value out and says that nobody drew."""
    folder = a2.write("B", "more_bad_than_admitted unrecorded_sample_in_doubt too_few", design="unrecorded", value=None,
                      revealed_at=None, draw_size=None)  # fmt: skip
    code, said = run(folder)
    assert code == 3 and "等级未核对" in said


def test_a_frame_that_was_frozen_cannot_pass_for_one_that_was_not(a2):
    folder = a2.write(*A2, frame_no="2024-10-01/210100", design="unrecorded")
    differs(folder, "未冻结")


@pytest.mark.parametrize("design", ["not_as_planned", "not_as_drawn", "known_before", "unrecorded"])
def test_a_clearance_is_not_withheld_by_another_design(tmp_path, design):
    made = Bundle(tmp_path, size=60, planned=40)
    differs(made.write("D", "too_few", design=design), "抽取方式", "证据等级")


def test_a_ticket_counts_once(a2):
    a2.results.append(a2.results[8])
    differs(a2.write(*A2), "每件工单只有一行")


@pytest.mark.parametrize(
    ("forged", "name"),
    [
        ({"call_error": 0.001}, "单次误判概率"),
        ({"tests": 1}, "校正所计平台数"),
        ({"tests": 1, "planned_platforms": 1}, "不少于公告所列"),
        ({"family": [1.0, 1.0]}, "包含本总体"),
        ({"family": [1e-9] * 16}, "校正所计平台数"),
        ({"planned": 29}, "公告的抽取件数"),
        ({"stated_population": 59}, "公告的总体件数"),
        ({"frozen_at": "2024-11-18 08:00:00"}, "公告的冻结时间"),
        ({"randomness": "2024-11-19 10:00 一人见证掷骰"}, "公告的随机数来源"),
        ({"revealed_at": "2024-11-19 09:00:00"}, "随机数不早于公告的时间"),
        ({"draw_size": 31}, "抽取件数"),
        ({"rules": "sample_refutes too_few"}, "成立的全部规则"),
        ({"recheck_pairs": 600}, "单次误判概率"),
        ({"single_error": 0.001}, "单次误判概率"),
        ({"bad_confirmed": 8}, "双人核实"),
        ({"frame_no": "ZT202410-210200"}, "公告的总体件数"),
        ({"calls_to_meet": 1}, "遇到不实所需件数"),
    ],
)
def test_each_statement_is_held_against_what_it_follows_from(a2, forged, name):
    folder = a2.write(*A2)
    change(folder, **forged)
    differs(folder, name)


def test_a_confirmation_without_its_second_calls_is_none(tmp_path):
    """Two bad tickets name nobody by one call each; the verdict and all that follows were made to match."""
    made = Bundle(tmp_path, bad=2, confirmed=True)
    made.rechecks = []
    differs(made.write("A2", "sample_refutes more_bad_than_admitted too_few"), "双人核实以盲态复核为据", "证据等级")


@pytest.mark.parametrize(
    "harm",
    [{"is_second_callback_good": "true"}, {"has_record": "false"}, {"ticket_no": numbers(60)[0]},
     {"is_first_callback_good": "true"}, {"first_check_no": "CJ-99"}, {"check_no": "CJ-1"}],
)  # fmt: skip
def test_a_second_call_confirms_what_both_heard_and_a_record_bears_out(tmp_path, harm):
    made = Bundle(tmp_path, bad=2, confirmed=True)
    assert run(made.write("A2", "sample_refutes more_bad_than_admitted too_few"))[0] == 0
    made.rechecks[0] |= harm
    code, said = run(made.write("A2", "sample_refutes more_bad_than_admitted too_few"))
    assert code == (0 if harm == {"first_check_no": "CJ-99"} else 1), said


def test_pairs_that_are_not_in_the_bundle_count_for_nothing(tmp_path):
    made = Bundle(tmp_path, bad=3, recheck_pairs=600)
    folder = made.write("A2", "sample_refutes more_bad_than_admitted too_few")
    code, said = run(folder)
    assert code == 3 and "600 对盲态复核" in said and "A2" in said, "of others' calls nobody can check one"
    made.rechecks = made.rechecks[:-1]
    differs(made.write("A2", "sample_refutes more_bad_than_admitted too_few"), "盲态复核对数")
    kept = made.rechecks
    for month in ("2023-10-01", "2024-11-01", ""):  # before the twelve months, after them, unknown
        made.rechecks = [*kept, kept[-1] | {"month": month}]
        differs(made.write("A2", "sample_refutes more_bad_than_admitted too_few"), "盲态复核对数")


def test_good_tickets_of_the_list_cannot_be_called_outside_to_withhold_a_clearance(tmp_path):
    made = Bundle(tmp_path, size=60, planned=40)
    for row in made.results[:12]:
        row["is_outside"] = "true"
    made.stated |= {"reached": 28, "drawn": 40}
    code, said = run(made.write("D", "too_few"))
    assert code == 3 and "12 件未计入总体" in said and "否则可能为 E" in said and "全部一致" not in said, said


@pytest.mark.parametrize("called_at", ["2024-10-18 09:00:00", "2024-11-19 10:04:59"])
def test_a_call_from_before_the_draw_is_none(tmp_path, called_at):
    """Nobody could know whom to call: it is neither counted, nor is it a call that was left out without a reason."""
    made = Bundle(tmp_path, size=60, planned=40)
    made.results[0]["called_at"] = called_at
    differs(made.write("E", "clearance planned_sample_clean too_few"), "早于随机数公布的抽检均已剔除")
    made.results[0]["is_outside"] = "true"
    made.stated |= {"reached": 39, "drawn": 40}
    code, said = run(made.write("D", "too_few"))
    assert code == 0, said


@pytest.mark.parametrize("called_at", ["2024-11-19 10:05:00", "2024-11-19 00:00:00", ""])
def test_a_call_of_the_minute_or_of_the_day_of_the_draw_counts(tmp_path, called_at):
    made = Bundle(tmp_path, size=60, planned=40)
    made.stated["revealed_at"] = "2024-11-19 10:05:41"
    made.results[0]["called_at"] = called_at
    agrees(made.write("E", "clearance planned_sample_clean too_few"))


def test_a_ticket_that_was_never_listed_counts_for_nothing(tmp_path):
    made = Bundle(tmp_path, bad=8)
    made.results[0]["ticket_no"] = "JT21010020241005009999999"
    differs(made.write(*A2), "名单外的工单均已剔除")


@pytest.mark.parametrize("order", ["2024-09-30 2024-09-23", "2024-09-23 2024-09-23"])
def test_weeks_stand_in_order_and_once(tmp_path, order):
    folder = Bundle(tmp_path, planned=3, weekly=True).write("D", "too_few")
    head, own = (folder / "weeks.csv").read_text().splitlines()
    (folder / "weeks.csv").write_text("\n".join([head, *(f"W,{day},2024,3,0,0.069" for day in order.split()), own, ""]))
    differs(folder, "各周依次、不重复")
    (folder / "weeks.csv").write_text(
        "\n".join([head, "W,2024-09-23,2024,3,0,0.069", "W,2024-09-30,2024,3,0,0.069", own, ""])
    )
    assert "\n一致　各周依次、不重复" in run(folder)[1]


def test_a_list_that_holds_a_ticket_twice_is_told(a2):
    """Notice, fingerprint and size were made to match: a ticket that stands twice is drawn more easily."""
    listed = [*numbers(60), numbers(60)[0]]
    sha256 = fingerprint(listed)
    a2.list = "".join(f"{number}\n" for number in listed)
    a2.notice = a2.notice.replace(a2.stated["list_sha256"], sha256).replace("\t60\t", "\t61\t")
    folder = a2.write(*A2, list_sha256=sha256, stated_population=61)
    differs(folder, "名单没有重复的工单")
    said = run(folder)[1]
    assert "不一致　名单指纹" not in said and "不一致　公告的" not in said and "不一致　名单件数" not in said, said


@pytest.mark.parametrize("times", [0, 2])
def test_the_notice_names_the_frame_once(a2, times):
    (row,) = (line for line in a2.notice.splitlines(keepends=True) if line.startswith(f"{FRAME}\t"))
    a2.notice = a2.notice.replace(row, row * times)
    differs(a2.write(*A2), "公告载有本总体")


@pytest.mark.parametrize("harm", [{"is_unknown": "true"}, {"is_reached": "false"}])
def test_a_good_answer_is_neither_unknown_nor_that_of_nobody(tmp_path, harm):
    made = Bundle(tmp_path, size=60, planned=40)
    made.results[0] |= harm
    made.stated |= {"unknown": 1} if "is_unknown" in harm else {"reached": 39}
    folder = made.write("D", "too_few")
    assert run(folder)[0] == 1
    differs(folder, "无答复" if "is_unknown" in harm else "未接通")


def test_what_other_platforms_chances_decide_is_named(tmp_path):
    made = Bundle(tmp_path, bad=4)
    p = json.loads((made.write("B", "more_bad_than_admitted too_few") / "verdict.json").read_text())["p_decide"]
    assert p <= 0.025 < 15 * p
    change(tmp_path, family=[p, *[1e-9] * 14], p_holm=p, grade="A2", rule="sample_refutes",
           rules="sample_refutes more_bad_than_admitted too_few")  # fmt: skip
    code, said = run(tmp_path)
    assert code == 3 and "其他平台的概率" in said, said


def test_what_earlier_weeks_decide_is_named(tmp_path):
    made = Bundle(tmp_path, planned=3, weekly=True)
    folder = made.write("D", "too_few")
    head, own = (folder / "weeks.csv").read_text().splitlines()
    earlier = "ZT2024W01-210100,2024-01-01,2024,400,400,0.069"
    (folder / "weeks.csv").write_text("\n".join([head, earlier, own, ""]))
    with (folder / "weeks.csv").open() as file:
        e_watch, e_year = verify.weeks(list(csv.DictReader(file)), 52)
    rules = "weeks_refute year_in_doubt watch_in_doubt too_few"
    change(folder, grade="A3", rule="weeks_refute", rules=rules, e_watch=e_watch, e_year=e_year)
    code, said = run(folder)
    assert code == 3 and "此前 1 周的件数" in said, said


@pytest.mark.parametrize(
    "old_new", [(",3,0,", ",3,3,"), (",3,0,", ",30,0,"), (FRAME, "ZT2024W41-210100"), ("0.069", "0.02")]
)
def test_the_last_week_is_this_one(tmp_path, old_new):
    folder = Bundle(tmp_path, planned=3, weekly=True).write("D", "too_few")
    text = (folder / "weeks.csv").read_text()
    assert old_new[0] in text
    (folder / "weeks.csv").write_text(text.replace(*old_new, 1))
    differs(folder, "末周")


@pytest.mark.parametrize(
    "forged", [{"frozen_at": None}, {"drawn": None, "draw_size": "30"}, {"claims": []}, {"recheck_pairs": -1}]
)
def test_what_cannot_be_read_ends_with_a_message(a2, forged):
    folder = a2.write(*A2)
    change(folder, **forged)
    code, said = run(folder)
    assert code == 2 and "无法核对" in said


def test_what_would_clear_is_what_the_report_says(tmp_path):
    """Of an unrecorded draw no call clears anybody: both speak of a new one."""
    from hotline.reports.facts import more_to_clear

    made = Bundle(tmp_path, size=441, bad=1, planned=30, design="known_before", delivered_on="2024-11-20")
    folder = made.write("B", "more_bad_than_admitted too_few")
    needed = more_to_clear(made.stated, 0.1, 20)
    assert needed == 40
    assert f"须先冻结总体、公开随机抽取：{needed} 件" in run(folder)[1]
