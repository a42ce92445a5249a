#!/usr/bin/env python3
"""Check a verdict without the warehouse that made it: ``python3 verify.py [FOLDER]``.

Standard library only, any Python from 3.9 on, no network. Reads the files beside it (frame, list, notice, draw, results, second
calls, published verdict), computes design, counts, chances, bounds and grade anew, and says for each whether it is the published
one. What follows from something else is only compared, never believed. What follows from nothing here, and what others alone can
bear out, is named where another value of it would give another grade. Exit code 0: all match; 1: something does not; 2: a file is
missing or cannot be read; 3: all that can be computed here matches, but the grade rests on something that cannot.

Formulas: hypergeometric sample of a finite frame, each call wrong with a stated probability (Johnson, Kotz, Wu 1991), Holm 1979
over the platforms planned together, exact bounds (Wright 1991), e-values by mixture, weeks by Shiryaev and Roberts.
"""

from __future__ import annotations

import copy
import csv
import hashlib
import json
import sys
from fractions import Fraction
from math import ceil, comb, exp, floor, inf, isclose, lgamma, log, log1p
from pathlib import Path

RATES = ("callback", "close", "satisfaction")
NAMES = {"callback": "回访率", "close": "办结率", "satisfaction": "满意率"}
DESIGNS = {
    "random": "按公告随机抽取", "unrecorded": "未记录抽取", "known_before": "随机数先于名单可知", "list_differs": "名单与公告不符",
    "not_as_drawn": "未按次序抽检", "not_as_planned": "件数与公告不符",
}  # fmt: skip
GRID = [theta / 100 for theta in range(8, 99, 10)]
LARGEST = exp(700)
"""More evidence than anybody asks for: beyond it a number is written as infinite, or as this."""
TIE, MOST_EXACT = 1e-9, 500
"""Chances this near to a level are compared in fractions, in samples of a size at which a tie can occur."""


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


# chances, by logarithms: tickets by the thousand are more than floating point holds ----------------------
def log_comb(of, count):
    return lgamma(of + 1) - lgamma(count + 1) - lgamma(of - count + 1)


def tail(fewest, least, most, mean, log_chance):
    """P(X >= fewest) of a count between ``least`` and ``most``: the lighter side is summed, from the middle outwards."""
    if fewest <= least:
        return 1.0
    if fewest > most:
        return 0.0
    is_light = fewest > mean
    total = 0.0
    for count in range(fewest, most + 1) if is_light else range(fewest - 1, least - 1, -1):
        chance = exp(log_chance(count))
        total += chance
        if chance <= 1e-18 * total:
            break
    return min(1.0, total) if is_light else max(0.0, 1.0 - total)


def by_error(fewest, calls, error):
    """P(at least ``fewest`` of ``calls`` good tickets count as bad)."""
    if fewest <= 0:
        return 1.0
    if error <= 0:
        return 0.0
    if error >= 1:
        return float(fewest <= calls)
    wrong, right = log(error), log1p(-error)
    return tail(fewest, 0, calls, calls * error,
                lambda count: log_comb(calls, count) + count * wrong + (calls - count) * right)  # fmt: skip


def log_drawn(population, bad, sampled):
    """Logarithm of P(exactly so many bad tickets in the sample), as a function, and the fewest and most there can be."""
    every = log_comb(population, sampled)

    def log_chance(count):
        return log_comb(bad, count) + log_comb(population - bad, sampled - count) - every

    return log_chance, max(0, sampled - (population - bad)), min(bad, sampled)


def p_at_least(bad, population, admitted, sampled, error):
    """Chance of ``bad`` bad calls or more if the report, which admits ``admitted``, is true."""
    if not 0 <= bad <= sampled <= population or not 0 <= admitted <= population:
        raise ValueError(f"抽取 {sampled} 件、不实 {bad} 件，总体 {population} 件，容许 {admitted} 件")
    if not bad:
        return 1.0
    log_chance, least, most = log_drawn(population, admitted, sampled)
    mean = sampled * admitted / population
    by_calls = sum(
        exp(log_chance(truly)) * by_error(bad - truly, sampled - truly, error)
        for truly in range(least, min(most, bad - 1) + 1)
    )
    return min(1.0, by_calls + tail(bad, least, most, mean, log_chance))


def bisected(is_below):
    """The chance up to which ``is_below`` holds."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if is_below(middle) else (low, middle)
    return low


def tipping(bad, population, admitted, sampled, level):
    """Error of a call at which the chance reaches ``level``; None when it is above without any error."""
    if not bad or p_at_least(bad, population, admitted, sampled, 0.0) > level * (1 + 1e-12):
        return None
    return bisected(lambda error: p_at_least(bad, population, admitted, sampled, error) <= level)


def call_error(frame, bad, confirmed, pairs, differing):
    """How often a caller takes a good ticket for a bad one, from the blind second calls; and as it counts here.

    Exact bounds of Clopper and Pearson; where every bad ticket is confirmed, two callers must have erred.
    """
    confidence = float(frame["confidence"])
    lowest = bisected(lambda error: by_error(differing, pairs, error) < 1 - confidence) if differing else 0.0
    if pairs < frame["fewest_rechecks"] and lowest <= frame["single_error"]:
        single = frame["single_error"]
    else:
        upper = bisected(lambda error: by_error(differing + 1, pairs, error) < confidence)
        single = max(frame["single_error_floor"], min(upper, 1 - 1e-12))
    is_confirmed = bad and confirmed == bad
    return single, max(frame["confirmed_error_floor"], single * single) if is_confirmed else single


def holm(own, family, tests):
    """Holm's correction of ``own`` among the chances of all platforms planned; those that are missing count with 1."""
    ranked = sorted(family) + [1.0] * (tests - len(family))
    highest = 0.0
    for rank, p in enumerate(ranked):
        highest = max(highest, min(1.0, p * (tests - rank)))
        if p >= own:
            return highest
    return 1.0


def first(low, high, holds):
    """The first of ``low`` … ``high`` from which on it holds; ``high`` + 1 when it never does."""
    high += 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low


def bounds(population, sampled, good, confidence):
    """Exact one-sided bounds of the good tickets of the frame."""
    bad, alpha = sampled - good, 1 - Fraction(str(confidence))

    def is_likely(good_tickets, fewest, most):
        log_chance, least, highest = log_drawn(population, good_tickets, sampled)
        mean = sampled * good_tickets / population
        p = (
            tail(fewest, least, highest, mean, log_chance)
            if fewest
            else 1 - tail(most + 1, least, highest, mean, log_chance)
        )
        if abs(p - alpha) > TIE or sampled > MOST_EXACT:
            return p > alpha
        ways = sum(
            comb(good_tickets, k) * comb(population - good_tickets, sampled - k) for k in range(fewest, most + 1)
        )
        return Fraction(ways, comb(population, sampled)) > alpha

    lower = first(good, population - bad, lambda k: not good or is_likely(k, good, sampled))
    upper = first(good, population - bad, lambda k: bad and not is_likely(k, 0, good)) - 1
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
    return inf if total / boundary >= LARGEST else total / boundary


def log_sum(*logs):
    highest = max(logs)
    return highest if highest == -inf else highest + log(sum(exp(one - highest) for one in logs))


def weeks(rows, weeks_a_year):
    """Statistics after the last week: of the watch since ever, and of the year. In logarithms, then as far as numbers go."""
    ever, of_year, year, week = dict.fromkeys(GRID, -inf), dict.fromkeys(GRID, -inf), None, 0
    for row in rows:
        if row["year"] != year:
            of_year, year, week = dict.fromkeys(GRID, -inf), row["year"], 0
        week += 1
        bad, good, p = int(row["bad"]), int(row["drawn"]) - int(row["bad"]), float(row["boundary"])
        for theta in GRID:
            evidence = bad * log(theta / p) + good * log((1 - theta) / (1 - p))
            ever[theta] = log_sum(ever[theta], 0.0) + evidence
            # so many starts were paid for at the beginning of the year: a 53rd week opens none
            of_year[theta] = (log_sum(of_year[theta], 0.0) if week <= weeks_a_year else of_year[theta]) + evidence

    def mixed(values):
        weight = log(sum((1 - theta) ** 2 for theta in GRID))
        total = log_sum(*(2 * log(1 - theta) + values[theta] for theta in GRID)) - weight
        return exp(min(total, 700))

    return mixed(ever), (mixed(of_year) + max(0, weeks_a_year - week)) / weeks_a_year


# the folder --------------------------------------------------------------------------------------------
class Check:
    """What was compared, whether it is the same, and what cannot be compared here."""

    def __init__(self):
        self.wrong = 0
        self.open = 0

    def same(self, name, published, found):
        """Compare a published value with the one computed here. Returns the one to go on with: the published one where they
        are the same, so that the last digit of floating point decides no grade."""
        if isinstance(published, float) and found is not None:
            equal = published == found or isclose(published, found, rel_tol=1e-6, abs_tol=1e-12)
        else:
            equal = published == found
        self.wrong += not equal
        print(f"{'一致' if equal else '不一致'}　{name}：公布 {shown(published)}，复算 {shown(found)}")
        return published if equal else found

    def holds(self, name, is_so):
        self.wrong += not is_so
        print(f"{'一致' if is_so else '不一致'}　{name}")

    def cannot(self, what):
        self.open += 1
        print(f"未核对　{what}")


def shown(value):
    if value is None:
        return "无"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def truth(text):
    return {"true": True, "false": False}.get(text)


def table(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def announced(folder, frame, check):
    """What the public notice says of the frame: all that the bundle repeats of it must be the same. Returns the time
    announced for the value."""
    data = (folder / "notice.txt").read_bytes()
    check.same("公告指纹", frame["notice_sha256"], hashlib.sha256(data).hexdigest())
    print("　　　请将公告指纹与当时公开发布的指纹比对：公告本身是否原件，只有公开发布的可以证明")
    lines = data.decode("utf-8").splitlines()
    facts = dict(line.split("：", 1) for line in lines if "：" in line)
    rows = [line.split("\t") for line in lines if "\t" in line][1:]
    own = [row for row in rows if row[0] == frame["frame_no"]]
    check.holds("公告载有本总体", len(own) == 1)
    _, _, population, planned, sha256 = own[0] if own else ("",) * 5
    reveal = facts["随机数公布时间"][:16]
    check.same("公告的总体件数", str(frame["stated_population"]), population)
    check.same("公告的抽取件数", str(frame["planned"]), planned)
    check.same("公告的名单指纹", frame["list_sha256"], sha256)
    check.same("公告的冻结时间", frame["frozen_at"], facts["名单冻结时间"])
    check.same("公告的随机数来源", frame["randomness"], f"{reveal} {facts['随机数来源']}")
    check.holds("校正所计平台不少于公告所列", frame["planned_platforms"] >= len(rows))
    return reveal


def design_of(folder, frame, called, check):
    """How the tickets were drawn, computed from list, notice, value and calls; whatever the bundle says of it.

    ``called``: rows of tickets that belong to the frame. Raises OSError when a frozen frame comes without its list or notice.
    """
    if "/" in frame["frame_no"]:  # month and platform: nobody froze anything
        check.holds("未冻结的抽检没有名单、公告与随机数", not any(
            frame[name] for name in ("list_sha256", "frozen_at", "value", "revealed_at", "draw_size")
        ))  # fmt: skip
        return "unrecorded"
    numbers = (folder / "list.txt").read_text(encoding="ascii").split()
    reveal = announced(folder, frame, check)
    sha256 = hashlib.sha256("".join(f"{number}\n" for number in sorted(numbers)).encode()).hexdigest()
    check.same("名单指纹", frame["list_sha256"], sha256)
    check.same("名单件数", frame["stated_population"], len(numbers))
    check.holds("名单没有重复的工单", len(set(numbers)) == len(numbers))
    value, revealed_at, size = frame["value"], frame["revealed_at"], frame["draw_size"]
    if not value or not revealed_at:
        check.cannot("名单已冻结，但随机数没有公布：公告所说的抽取无从核对")
        return "unrecorded"
    if not frame["randomness"] or revealed_at <= frame["frozen_at"] or revealed_at[:10] < frame["delivered_on"]:
        print(f"　　　名单 {frame['frozen_at']} 冻结、{frame['delivered_on']} 入库，随机数 {revealed_at} 公布")
        return "known_before"
    check.holds("随机数不早于公告的时间", revealed_at[:16] >= reveal and value[:8] >= reveal[:10].replace("-", ""))
    if sha256 != frame["list_sha256"] or len(numbers) != frame["stated_population"]:
        return "list_differs"
    order = sorted(numbers, key=lambda number: (hashlib.sha256(f"{value},{number}".encode()).hexdigest(), number))
    places = {number: place for place, number in enumerate(order, start=1)}
    last = max((places.get(row["ticket_no"], inf) for row in called), default=0)
    if last > max(size, len(called)):
        return "not_as_drawn"
    reached = sum(truth(row["is_reached"]) is True for row in called)
    return "not_as_planned" if size != frame["planned"] or reached > size else "random"


def is_bad(row, prefix=""):
    """Whether a call found one of the rates false."""
    return any(truth(row[f"is_{prefix}{rate}_good"]) is False for rate in RATES)


class SecondCalls:
    """The blind second calls: those of this frame with their tickets, of all others the answers alone."""

    def __init__(self, folder, frame):
        rows = table(folder / "rechecks.csv")
        self.own = [row for row in rows if row["ticket_no"]]
        year, month = map(int, frame["period_from"][:7].split("-"))
        first = f"{year - (month < 12):04d}-{month % 12 + 1:02d}"
        self.counted = [
            row
            for row in rows
            if first <= row["month"][:7] <= frame["period_from"][:7] and any(self._answers(row, rate) for rate in RATES)
        ]
        self.of_others = sum(not row["ticket_no"] for row in self.counted)
        self.confirmed = {
            row["ticket_no"]
            for row in self.own
            if is_bad(row, "first_") and is_bad(row, "second_") and truth(row["has_record"])
        }

    @staticmethod
    def _answers(row, rate):
        """Both answers on a rate; nothing where one is missing."""
        answers = [truth(row[f"is_{nth}_{rate}_true"]) for nth in ("first", "second")]
        return None if None in answers else answers

    def count(self, is_own_alone=False):
        """Pairs of calls that answered the same question, and those of them that differ."""
        counted = [row for row in self.counted if row["ticket_no"] or not is_own_alone]
        answers = [[self._answers(row, rate) for rate in RATES] for row in counted]
        return len(counted), sum(any(pair and pair[0] != pair[1] for pair in row) for row in answers)

    def agree(self, results):
        """Whether each second call of this frame is of a ticket of the results, and says the same where it decides."""
        by_ticket = {row["ticket_no"]: row for row in results}
        for row in self.own:
            result = by_ticket.get(row["ticket_no"])
            nth = {row["first_check_no"]: "first_", row["check_no"]: "second_"}.get(result and result["check_no"])
            if result is None or row["first_check_no"] == row["check_no"]:
                return False
            if nth and any(result[f"is_{rate}_good"] != row[f"is_{nth}{rate}_good"] for rate in RATES):
                return False
        return len({row["check_no"] for row in self.own}) == len(self.own)


class Found:
    """What the results, the second calls (pairs, differing) and the report give, computed anew."""

    def __init__(self, frame, called, design, confirmed, second):
        self.design = design
        self.bad_of = {rate: sum(truth(row[f"is_{rate}_good"]) is False for row in called) for rate in RATES}
        bad = [row for row in called if is_bad(row)]
        self.bad = len(bad)
        self.confirmed = sum(row["ticket_no"] in confirmed for row in bad)
        self.reached = sum(truth(row["is_reached"]) is True for row in called)
        self.unknown = sum(truth(row["is_unknown"]) is True for row in called if row not in bad)
        self.drawn = max(frame["draw_size"] or 0, len(called))
        self.population = max(frame["stated_population"] or 0, self.drawn)
        self.missing = self.bad + self.unknown + self.drawn - self.reached
        self.withheld = sum(frame["claims"][rate]["text"] is None for rate in RATES)
        self.admitted, self.contradicted, self.own_compared, self.own_below = 0, 0, 0, 0
        for rate in RATES:
            claim = frame["claims"][rate]
            text, of = claim["text"], min(claim["population"], self.population)
            least = at_least(frame["withheld_rate_percent"], of)
            self.admitted += of - (least if text is None else lenient_good(text, of))
            self.contradicted += self.bad_of[rate] > of - (least if text is None else good_at_rate(text, of))
            if text is not None and claim["counted"]:
                self.own_compared += 1
                self.own_below += claim["computed"] < lenient_good(text, claim["counted"])
        self.admitted = min(self.population, self.admitted)
        self.single_error, self.error = call_error(frame, self.bad, self.confirmed, *second)
        self.p = p_at_least(self.bad, self.population, self.admitted, self.drawn, self.error)
        self.tipping = tipping(self.bad, self.population, self.admitted, self.drawn, frame["doubt_alpha"])
        self.clearance = clearance(self.population, self.drawn, self.missing, frame["clear_share"])
        self.p_holm = self.e_watch = self.e_year = None
        self.to_meet = to_meet(self.population, frame["clear_share"], frame["confidence"])


def to_meet(population, share, confidence):
    """Fewest calls that meet a bad ticket with so much confidence if ``share`` of the frame is bad; None of nothing."""
    if not population:
        return None
    bad = ceil(round(share * population, 9))

    def misses(calls):
        return (
            exp(log_comb(population - bad, calls) - log_comb(population, calls)) if calls <= population - bad else 0.0
        )

    return first(1, population, lambda calls: misses(calls) <= 1 - float(confidence) + 1e-12)


def boundary(frame, found):
    """Share of bad tickets that a week of this frame is held against."""
    share = frame["weekly_honest_share"]
    if found.population and any(frame["claims"][rate]["text"] is not None for rate in RATES):
        share = min(0.9, max(share, found.admitted / found.population))
    return share + (1 - share) * found.single_error


def own_week(frame, found):
    """What this frame adds to the weeks."""
    drawn, bad = (found.drawn, found.bad) if found.design == "random" else (0, 0)
    return {"year": frame["period_from"][:4], "drawn": drawn, "bad": bad, "boundary": boundary(frame, found)}


def of_weeks(rows, frame, found, check):
    """Statistics of the weeks, the last of which is this frame's own."""
    last, own = rows[-1], own_week(frame, found)
    check.same("末周为本总体", frame["frame_no"], last["frame_no"])
    check.same("末周抽取与不实件数", f"{last['drawn']}/{last['bad']}", f"{own['drawn']}/{own['bad']}")
    check.same("末周对照的不实比例", float(last["boundary"]), own["boundary"])
    order = [(row["period_from"], row["frame_no"]) for row in rows]
    check.holds(
        "各周依次、不重复", order == sorted(set(order)) and all(r["period_from"][:4] == r["year"] for r in rows)
    )
    return weeks(rows, frame["weeks_a_year"])


def belongs(folder, frame, results, check):
    """The rows that belong to the frame; those that were left out although nothing here says why."""
    called = [row for row in results if truth(row["is_outside"]) is not True]
    left_out = [row for row in results if truth(row["is_outside"]) is True]
    if "/" in frame["frame_no"]:  # nobody froze a list
        return called, left_out
    listed = set((folder / "list.txt").read_text(encoding="ascii").split())

    def is_early(row):  # before anybody could know whom to call; a day alone is any time of it
        called_at, revealed_at = row["called_at"], frame["revealed_at"] or ""
        return bool(called_at) and called_at < revealed_at[:16] and called_at != f"{revealed_at[:10]} 00:00:00"

    check.holds("名单外的工单均已剔除", all(row["ticket_no"] in listed for row in called if row["ticket_no"]))
    check.holds("早于随机数公布的抽检均已剔除", not any(is_early(row) for row in called))
    return called, [row for row in left_out if row["ticket_no"] in listed and not is_early(row)]


def verify(folder):
    """Compute all anew. Returns the comparisons made."""
    frame = json.loads((folder / "verdict.json").read_text(encoding="utf-8"))
    results = table(folder / "results.csv")
    second = SecondCalls(folder, frame)
    check = Check()
    keys = [row["ticket_no"] or row["check_no"] for row in results]
    check.holds("每件工单只有一行结果", len(set(keys)) == len(keys) and all(keys))
    called, left_out = belongs(folder, frame, results, check)
    check.holds("情况未知的均已接通、未判不实且有一项无答复", all(
        truth(row["is_reached"]) and not is_bad(row) and any(truth(row[f"is_{rate}_good"]) is None for rate in RATES)
        for row in results if truth(row["is_unknown"])
    ))  # fmt: skip
    check.holds("未接通的没有答复", all(
        truth(row["is_reached"]) or all(truth(row[f"is_{rate}_good"]) is None for rate in RATES) for row in results
    ))  # fmt: skip
    check.holds("盲态复核与抽检结果相符", second.agree(results))
    check.holds("双人核实以盲态复核为据", all(
        truth(row["is_confirmed"]) is (is_bad(row) and row["ticket_no"] in second.confirmed) for row in results
    ))  # fmt: skip
    design = design_of(folder, frame, called, check)
    check.same("抽取方式", DESIGNS.get(frame["design"], frame["design"]), DESIGNS[design])
    if design != "random":
        print("　　　以下概率与界限均假定随机抽取，等级不高于 B")
    if not 0 <= frame["recheck_differing"] <= frame["recheck_pairs"]:
        raise ValueError(f"盲态复核 {frame['recheck_pairs']} 件，不一致 {frame['recheck_differing']} 件")
    pairs, differing = second.count()
    check.same("单次误判概率所依据的盲态复核对数", frame["recheck_pairs"], pairs)
    check.same("其中答复不同的对数", frame["recheck_differing"], differing)
    found = Found(frame, called, design, second.confirmed, (pairs, differing))
    for name, column, own in (
        ("总体件数", "population", found.population), ("抽取件数", "drawn", found.drawn), ("接通件数", "reached", found.reached),
        ("不实件数", "bad", found.bad), ("双人核实的不实件数", "bad_confirmed", found.confirmed),
        ("情况未知件数", "unknown", found.unknown), ("未报比率个数", "withheld_rates", found.withheld),
        ("上报值所容许的不实件数", "admitted_bad", found.admitted),
        ("与抽检矛盾的比率个数", "contradicted_rates", found.contradicted),
        ("可与自报明细核对的比率个数", "own_rates_compared", found.own_compared),
        ("自报明细低于上报的比率个数", "own_rates_below", found.own_below),
        ("单次误判概率", "call_error", found.error), ("存疑不再成立的误判概率", "tipping_error", found.tipping),
        ("遇到不实所需件数", "calls_to_meet", found.to_meet),
    ):  # fmt: skip
        check.same(name, frame[column], own)
    found.p = check.same("计入误判的概率", frame["p_decide"], found.p)
    found.clearance = check.same("澄清 E 值", frame["clearance_e"], found.clearance)
    for rate in RATES:
        claim = frame["claims"][rate]
        own = "未齐全，未计算" if claim["counted"] is None else f"{claim['computed']}/{claim['counted']}"
        print(f"　　　上报{NAMES[rate]} {claim['text'] or '未报'}，所指 {claim['population']} 件，抽检不实 "
              f"{found.bad_of[rate]} 件；自报明细 {own}（请与本单位所报数据对照）")  # fmt: skip
    tests, family = frame["tests"], frame["family"]
    check.holds("校正所计平台数不少于计划数与同期概率个数", tests >= max(frame["planned_platforms"], len(family)))
    check.holds("同期各平台的概率包含本总体", any(isclose(p, found.p, rel_tol=1e-6, abs_tol=1e-12) for p in family))
    found.p_holm = check.same(f"{tests} 个平台校正后的概率", frame["p_holm"], holm(found.p, family, tests))
    print(f"　　　其他平台的概率为公布值；不计其他平台（Bonferroni）为 {shown(min(1.0, tests * found.p))}")
    lower, upper = bounds(found.population, found.reached, found.reached - found.bad, frame["confidence"])
    check.same("属实件数下限", frame["lower_good"], lower)
    check.same("属实件数上限", frame["upper_good"], upper)
    rows = table(folder / "weeks.csv") if frame["is_weekly"] else []
    if frame["is_weekly"]:
        e_watch, e_year = of_weeks(rows, frame, found, check)
        found.e_watch = check.same("监视统计量", frame["e_watch"], e_watch)
        found.e_year = check.same("年度累积 E 值", frame["e_year"], e_year)
    rules = holding(frame, found)
    check.same("成立的全部规则", frame["rules"], " ".join(rule for rule, _ in rules))
    rule, grade = rules[0]
    check.same("证据等级", f"{frame['grade']}（{frame['rule']}）", f"{grade}（{rule}）")
    if frame.get("basis") == "simulated":
        print("　　　抽检的是模拟工单，只演示方法，不是对该平台的评定")
    if rule in STATED:
        check.cannot(f"等级 {grade} 依据{STATED[rule]}，不在本核对包内；请另行索取依据")
    for what, other in otherwise(frame, found, called, left_out, second, rows):
        if (other_rule := holding(frame, other)[0]) != rules[0]:
            check.cannot(f"等级 {grade} 依据{what}，在此无从核对：否则可能为 {other_rule[1]}（{other_rule[0]}）")
    clear_us(frame, found)
    return check


def otherwise(frame, found, called, left_out, second, rows):
    """What is stated here and nothing here bears out, each with what would be found if it were otherwise."""
    tests = frame["tests"]
    if tests > 1:
        for p_holm in (found.p, min(1.0, tests * found.p)):  # the least and the most that Holm's correction can give
            other = copy.copy(found)
            other.p_holm = p_holm
            yield "其他平台的概率", other
    cases = []
    if left_out:
        cases.append((f"名单内或所抽 {len(left_out)} 件未计入总体", called + left_out, second.count()))
    if second.of_others:
        cases.append((f"其他总体的 {second.of_others} 对盲态复核", called, second.count(is_own_alone=True)))
    for what, rows_called, pairs in cases:
        other = Found(frame, rows_called, found.design, second.confirmed, pairs)
        others = sorted(frame["family"], key=lambda p: abs(p - found.p))[1:]
        other.p_holm = holm(other.p, [other.p, *others], tests)
        if rows:
            other.e_watch, other.e_year = weeks([*rows[:-1], own_week(frame, other)], frame["weeks_a_year"])
        yield what, other
    if len(rows) > 1:
        other = copy.copy(found)
        other.e_watch, other.e_year = weeks([own_week(frame, found)], frame["weeks_a_year"])
        yield f"此前 {len(rows) - 1} 周的件数（见各周的核对包）", other


STATED = {
    "own_feed_below_report": "自报明细的件数与应报数据是否齐全的认定", "feed_incomplete": "应报数据是否齐全的认定",
    "impossible_signature": "自有工单的特征", "rare_signatures": "自有工单的特征", "signature_leads": "自有工单的特征",
}  # fmt: skip
"""Rules that rest on what is not in the folder."""


def holding(frame, found):
    """All rules that hold, gravest first, each with its grade."""
    judged, weekly, is_random = frame["is_judged"], frame["is_weekly"], found.design == "random"
    # tickets that were made up to show how the rules work say nothing of anybody
    own = frame["counts_own_tickets"] and judged and not weekly
    e_year, e_watch = found.e_year or 0, found.e_watch or 0
    contradicted = judged and found.contradicted > 0
    unreached = found.drawn - found.reached
    rules = (
        ("own_feed_below_report", "A1", own and frame["is_feed_complete"] and found.own_below > 0),
        ("sample_refutes", "A2", judged and not weekly and is_random and found.p_holm <= frame["name_alpha"]),
        ("weeks_refute", "A3", weekly and e_year >= frame["planned_platforms"] / frame["name_alpha"]),
        ("more_bad_than_admitted", "B", contradicted and found.tipping is not None),
        ("more_bad_than_one_rate_admits", "B", contradicted and found.tipping is None),
        ("rates_withheld", "B", judged and not weekly and found.withheld > 0),
        ("fewer_than_checked", "B", (frame["stated_population"] or 0) < found.drawn),
        ("feed_incomplete", "B", own and not frame["is_feed_complete"]),
        ("year_in_doubt", "B", weekly and e_year >= frame["doubt_e_value"]),
        ("watch_in_doubt", "B", weekly and e_watch >= frame["watch_statistic"]),
        ("unrecorded_sample_in_doubt", "B", judged and not is_random and found.p <= frame["doubt_alpha"]),
        ("impossible_signature", "B", own and frame["impossible_signatures"] > 0),
        ("rare_signatures", "B", own and frame["rare_signatures"] > 0),
        ("signature_leads", "C", own and frame["lead_signatures"] > 0),
        ("clearance", "E", is_random and found.clearance >= frame["clear_e_value"]
         and unreached <= frame["most_unreached_share"] * found.drawn),
        ("planned_sample_clean", "E", is_random and not found.bad and not found.unknown and not unreached
         and found.to_meet is not None and (frame["planned"] or 0) >= found.to_meet),
        ("not_checked", "D", found.drawn == 0),
        ("too_few", "D", found.drawn > 0),
    )  # fmt: skip
    return [(rule, grade) for rule, grade, holds in rules if holds]


def clear_us(frame, found):
    """How many more calls, all good, would clear the platform, and bring the bound above the share.

    Of a draw that nobody can check none of its calls clears anybody: then of a new one.
    """
    wanted, population = 1 - frame["clear_share"], found.population
    drawn, missing = (found.drawn, found.missing) if found.design == "random" else (0, 0)
    by_evidence = first(
        drawn, population,
        lambda calls: clearance(population, calls, missing, frame["clear_share"]) >= frame["clear_e_value"],
    )  # fmt: skip
    by_bound = first(
        drawn, population,
        lambda calls: bounds(population, calls, calls - missing, frame["confidence"])[0] > wanted * population,
    )  # fmt: skip
    for name, calls in (("澄清（E 值达到界限）", by_evidence), (f"属实率下限超过 {100 * wanted:g} %", by_bound)):
        if calls > population:
            answer = "全部工单抽检也不能达到"
        elif calls == drawn:
            answer = "已经达到"
        elif found.design != "random":
            answer = f"须先冻结总体、公开随机抽取：{calls} 件全部接通属实即可"
        else:
            answer = f"还需按次序抽检 {calls - drawn} 件且全部接通属实"
        print(f"　　　怎样才能{name}：{answer}（现未接通、未知与不实共 {found.missing} 件，其中不实 {found.bad} 件）")


def main():
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parent)
    try:
        check = verify(folder)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError) as error:
        print(f"无法核对：{folder} 中的文件缺失或损坏（{type(error).__name__}：{error}）")
        return 2
    if check.wrong:
        print(f"{check.wrong} 项不一致")
        return 1
    print(f"等级未核对：{check.open} 项依据不在本核对包内，其余一致" if check.open else "全部一致")
    return 3 if check.open else 0


if __name__ == "__main__":
    sys.exit(main())
