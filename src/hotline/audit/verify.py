#!/usr/bin/env python3
"""Check a verdict without the warehouse that made it: ``python3 verify.py [FOLDER]``.

Standard library only, any Python from 3.9 on, no network. Reads the files beside it (frame, list, draw, results, published
verdict), computes sample, counts, chances, bounds and grade anew, and says for each whether it is the published one. Exit code 0:
all match; 1: something does not; 2: a file is missing or cannot be read.

Formulas: hypergeometric sample of a finite frame, each call wrong with a stated probability (Johnson, Kotz, Wu 1991), Holm 1979
over the platforms planned together, exact bounds (Wright 1991), e-values by mixture, weeks by Shiryaev and Roberts.
"""

from __future__ import annotations

import csv
import hashlib
import json
import sys
from fractions import Fraction
from math import ceil, comb, floor, inf, isclose
from pathlib import Path

RATES = ("callback", "close", "satisfaction")
NAMES = {"callback": "回访率", "close": "办结率", "satisfaction": "满意率"}
GRID = [theta / 100 for theta in range(8, 99, 10)]


# what the report admits --------------------------------------------------------------------------------
def good_at_rate(text, population):
    """Good tickets that a printed percentage stands for, rounded half up."""
    return max(0, min(population, floor(Fraction(text) / 100 * population + Fraction(1, 2))))


def lenient_good(text, population):
    """Fewest good tickets that print so: plain, rounded half up, or cut off."""
    exact = Fraction(text) / 100 * population
    half_unit = Fraction(1, 2) / 10 ** (len(text.partition(".")[2]) + 2) * population
    return max(0, min(population, floor(exact + Fraction(1, 2)), ceil(exact - half_unit), ceil(exact)))


def at_least(percent, population):
    return ceil(Fraction(str(percent)) / 100 * population)


# chances -----------------------------------------------------------------------------------------------
def drawn_bad(count, population, bad, sampled):
    """P(exactly ``count`` bad tickets in the sample)."""
    if count < 0 or count > bad or sampled - count > population - bad:
        return 0.0
    return comb(bad, count) * comb(population - bad, sampled - count) / comb(population, sampled)


def by_error(fewest, calls, error):
    """P(at least ``fewest`` of ``calls`` good tickets count as bad)."""
    if fewest <= 0:
        return 1.0
    return sum(comb(calls, k) * error**k * (1 - error) ** (calls - k) for k in range(fewest, calls + 1))


def p_at_least(bad, population, admitted, sampled, error):
    """Chance of ``bad`` bad calls or more if the report, which admits ``admitted``, is true."""
    if not bad:
        return 1.0
    return min(1.0, sum(
        drawn_bad(truly, population, admitted, sampled) * by_error(bad - truly, sampled - truly, error)
        for truly in range(0, min(admitted, sampled) + 1)
    ))  # fmt: skip


def tipping(bad, population, admitted, sampled, level):
    """Error of a call at which the chance reaches ``level``; None when it is above without any error."""
    if not bad or p_at_least(bad, population, admitted, sampled, 0.0) > level:
        return None
    low, high = 0.0, 1.0
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (low, middle) if p_at_least(bad, population, admitted, sampled, middle) > level else (middle, high)
    return low


def holm(own, family, tests):
    """Holm's correction of ``own`` among the chances of all platforms planned; those that are missing count with 1."""
    ranked = sorted(family) + [1.0] * (tests - len(family))
    highest = 0.0
    for rank, p in enumerate(ranked):
        highest = max(highest, min(1.0, p * (tests - rank)))
        if p >= own:
            return highest
    return 1.0


def bounds(population, sampled, good, confidence):
    """Exact one-sided bounds of the good tickets of the frame."""
    bad, alpha = sampled - good, 1 - Fraction(str(confidence))

    def likely(good_tickets, fewest, most):
        ways = sum(
            comb(good_tickets, k) * comb(population - good_tickets, sampled - k) for k in range(fewest, most + 1)
        )
        return Fraction(ways, comb(population, sampled)) > alpha

    def first(low, high, holds):
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if holds(middle) else (middle + 1, high)
        return low

    lower = first(good, population - bad, lambda k: likely(k, good, sampled))
    upper = first(good, population - bad + 1, lambda k: k > population - bad or not likely(k, 0, good)) - 1
    return lower, upper


def clearance(population, sampled, bad, share):
    """E-value against "at least ``share`` of the frame is bad"."""
    boundary = ceil(round(share * population, 9))
    if boundary <= 0:
        return 1.0
    if bad > boundary:
        return 0.0
    if sampled - bad > population - boundary:
        return inf
    total, ratio = 0.0, 1.0
    for count in range(boundary, bad, -1):  # from the boundary down, each relative to the one above
        ratio *= (count - bad) / count * (population - count + 1) / (population - count + 1 - (sampled - bad))
        total += ratio
    return total / boundary


def weeks(rows, weeks_a_year):
    """Statistics after the last week: of the watch since ever, and of the year."""
    ever, of_year, year, week = dict.fromkeys(GRID, 0.0), dict.fromkeys(GRID, 0.0), None, 0
    for row in rows:
        if row["year"] != year:
            of_year, year, week = dict.fromkeys(GRID, 0.0), row["year"], 0
        week += 1
        bad, good, p = int(row["bad"]), int(row["drawn"]) - int(row["bad"]), float(row["boundary"])
        for theta in GRID:
            evidence = (theta / p) ** bad * ((1 - theta) / (1 - p)) ** good
            ever[theta] = (ever[theta] + 1) * evidence
            of_year[theta] = (of_year[theta] + (week <= weeks_a_year)) * evidence

    def mixed(values):
        return sum((1 - theta) ** 2 * values[theta] for theta in GRID) / sum((1 - theta) ** 2 for theta in GRID)

    return mixed(ever), (mixed(of_year) + max(0, weeks_a_year - week)) / weeks_a_year


# the folder --------------------------------------------------------------------------------------------
class Check:
    """What was compared, and whether it is the same."""

    def __init__(self):
        self.wrong = 0

    def same(self, name, published, found):
        """Compare a published value with the one computed here."""
        if isinstance(published, float) and found is not None:
            equal = isclose(published, found, rel_tol=1e-6, abs_tol=1e-12)
        else:
            equal = published == found
        self.wrong += not equal
        print(f"{'一致' if equal else '不一致'}　{name}：公布 {shown(published)}，复算 {shown(found)}")

    def holds(self, name, is_so):
        self.wrong += not is_so
        print(f"{'一致' if is_so else '不一致'}　{name}")


def shown(value):
    if value is None:
        return "无"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def truth(text):
    return {"true": True, "false": False}.get(text)


def read(folder):
    """Frame and verdict as published, and one row a called ticket."""
    stated = json.loads((folder / "verdict.json").read_text(encoding="utf-8"))
    with (folder / "results.csv").open(encoding="utf-8", newline="") as file:
        results = list(csv.DictReader(file))
    return stated, results


def draw(folder, frame, results, check):
    """The frozen list, the public value, and whether the tickets called are those drawn. Returns whether all holds."""
    numbers = (folder / "list.txt").read_text(encoding="ascii").split()
    before = check.wrong
    text = "".join(f"{number}\n" for number in sorted(numbers))
    check.same("名单指纹", frame["list_sha256"], hashlib.sha256(text.encode()).hexdigest())
    check.same("总体件数", frame["population"], len(numbers))
    check.holds("随机数在名单冻结之后公布", frame["revealed_at"] > frame["frozen_at"])
    check.same("抽取件数为事先公布的件数", frame["planned"], frame["drawn"])
    value = frame["value"]
    order = sorted(numbers, key=lambda number: (hashlib.sha256(f"{value},{number}".encode()).hexdigest(), number))
    places = {number: place for place, number in enumerate(order, start=1)}
    called = [row["ticket_no"] for row in results if row["is_outside"] != "true"]
    check.holds("所有抽检工单均在名单内", all(number in places for number in called))
    last = max((places.get(number, 0) for number in called), default=0)
    check.holds("抽检工单均为按次序抽中的工单", last <= max(frame["drawn"], len(called)))
    return check.wrong == before


def verify(folder):
    """Compute all anew; returns the number of values that differ from the published ones."""
    frame, results = read(folder)
    check = Check()
    notice = folder / "notice.txt"
    if notice.exists():
        check.same("公告指纹", frame["notice_sha256"], hashlib.sha256(notice.read_bytes()).hexdigest())
        check.holds("公告载有本总体及其名单指纹", frame["list_sha256"] in notice.read_text(encoding="utf-8"))
    is_random = frame["design"] == "random"
    if (folder / "list.txt").exists() and frame.get("value"):
        is_drawn = draw(folder, frame, results, check)
        check.holds("抽取方式的认定", is_drawn or not is_random)
    else:
        print("　　　抽取未作记录：以下概率与界限均假定随机抽取，等级不高于 B")
    counted = [row for row in results if row["is_outside"] != "true"]
    population, drawn = frame["population"], frame["drawn"]
    bad_of = {rate: sum(truth(row[f"is_{rate}_good"]) is False for row in counted) for rate in RATES}
    reached = sum(truth(row["is_reached"]) for row in counted)
    bad = sum(any(truth(row[f"is_{rate}_good"]) is False for rate in RATES) for row in counted)
    unknown = sum(truth(row["is_unknown"]) for row in counted)
    for name, own in (("reached", reached), ("bad", bad), ("unknown", unknown)):
        check.same({"reached": "接通件数", "bad": "不实件数", "unknown": "情况未知件数"}[name], frame[name], own)

    admitted, contradicted = 0, 0
    for rate in RATES:
        text, of = frame["claims"][rate]["text"], frame["claims"][rate]["population"]
        least = at_least(frame["withheld_rate_percent"], of)
        admitted += of - (least if text is None else lenient_good(text, of))
        contradicted += bad_of[rate] > of - (least if text is None else good_at_rate(text, of))
        print(f"　　　上报{NAMES[rate]} {text or '未报'}，所指 {of} 件，抽检不实 {bad_of[rate]} 件")
    admitted = min(population, admitted)
    check.same("上报值所容许的不实件数", frame["admitted_bad"], admitted)
    check.same("与抽检矛盾的比率个数", frame["contradicted_rates"], contradicted)
    error = frame["call_error"]
    p = p_at_least(bad, population, admitted, drawn, error)
    check.same("计入误判的概率", frame["p_decide"], p)
    p_holm = holm(frame["p_decide"], frame["family"], frame["tests"])
    check.same(f"{frame['tests']} 个平台校正后的概率", frame["p_holm"], p_holm)
    check.same(
        "存疑不再成立的误判概率",
        frame["tipping_error"],
        tipping(bad, population, admitted, drawn, frame["doubt_alpha"]),
    )
    lower, upper = bounds(population, reached, reached - bad, frame["confidence"])
    check.same("属实件数下限", frame["lower_good"], lower)
    check.same("属实件数上限", frame["upper_good"], upper)
    missing = bad + unknown + drawn - reached
    e = clearance(population, drawn, missing, frame["clear_share"])
    check.same("澄清 E 值", frame["clearance_e"], e)
    if frame["is_weekly"]:
        with (folder / "weeks.csv").open(encoding="utf-8", newline="") as file:
            watch, of_year = weeks(list(csv.DictReader(file)), frame["weeks_a_year"])
        check.same("监视统计量", frame["e_watch"], watch)
        check.same("年度累积 E 值", frame["e_year"], of_year)
    rule, grade = decided(frame, is_random, bad, reached, unknown, contradicted, p, p_holm, e)
    if frame["rests_on"] == "tickets":
        print(
            f"　　　公布等级 {frame['grade']} 依据平台自报明细（{frame['rule']}），不由抽检得出；仅凭抽检为 {grade}（{rule}）"
        )
    else:
        check.same("证据等级", f"{frame['grade']}（{frame['rule']}）", f"{grade}（{rule}）")
    clear_us(frame, population, drawn, missing, bad)
    return check.wrong


def decided(frame, is_random, bad, reached, unknown, contradicted, p, p_holm, e):
    """First rule by calls that holds, and its grade."""
    judged, weekly, drawn = frame["is_judged"], frame["is_weekly"], frame["drawn"]
    e_year, e_watch = frame["e_year"] or 0, frame["e_watch"] or 0
    tipping_error = tipping(bad, frame["population"], frame["admitted_bad"], drawn, frame["doubt_alpha"])
    rules = (
        ("sample_refutes", "A2", judged and not weekly and is_random and p_holm <= frame["name_alpha"]),
        ("weeks_refute", "A3", weekly and e_year >= frame["planned_platforms"] / frame["name_alpha"]),
        ("more_bad_than_admitted", "B", judged and contradicted > 0 and tipping_error is not None),
        ("more_bad_than_one_rate_admits", "B", judged and contradicted > 0 and tipping_error is None),
        ("rates_withheld", "B", judged and not weekly and frame["withheld_rates"] > 0),
        ("fewer_than_checked", "B", (frame["stated_population"] or 0) < drawn),
        ("year_in_doubt", "B", weekly and e_year >= frame["doubt_e_value"]),
        ("watch_in_doubt", "B", weekly and e_watch >= frame["watch_statistic"]),
        ("unrecorded_sample_in_doubt", "B", judged and not is_random and p <= frame["doubt_alpha"]),
        ("clearance", "E", is_random and e >= frame["clear_e_value"]
         and drawn - reached <= frame["most_unreached_share"] * drawn),
        ("planned_sample_clean", "E", is_random and not bad and not unknown and reached == drawn
         and (frame["planned"] or 0) >= frame["calls_to_meet"]),
        ("not_checked", "D", drawn == 0),
    )  # fmt: skip
    return next(((rule, grade) for rule, grade, holds in rules if holds), ("too_few", "D"))


def clear_us(frame, population, drawn, missing, bad):
    """How many more calls, all good, would clear the platform, and bring the bound above the share."""
    wanted = 1 - frame["clear_share"]

    def more(is_enough):
        return next((calls - drawn for calls in range(drawn, population + 1) if is_enough(calls)), None)

    by_evidence = more(
        lambda calls: clearance(population, calls, missing, frame["clear_share"]) >= frame["clear_e_value"]
    )
    by_bound = more(
        lambda calls: bounds(population, calls, calls - missing, frame["confidence"])[0] > wanted * population
    )
    for name, calls in (("澄清（E 值达到界限）", by_evidence), (f"属实率下限超过 {100 * wanted:g} %", by_bound)):
        answer = "全部工单抽检也不能达到" if calls is None else f"还需按次序抽检 {calls} 件且全部接通属实"
        print(f"　　　怎样才能{name}：{answer}（现未接通、未知与不实共 {missing} 件，其中不实 {bad} 件）")


def main():
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parent)
    try:
        wrong = verify(folder)
    except (OSError, ValueError, KeyError) as error:
        print(f"无法核对：{folder} 中的文件缺失或损坏（{error!r}）")
        return 2
    print("全部一致" if not wrong else f"{wrong} 项不一致")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
