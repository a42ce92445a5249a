"""The judgement of published figures: what is printed of true numbers is never refuted, and what is refuted is impossible."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from claim_rows import MEASURES, codes, finding, judged, row
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hotline.claims.checks import CHECKS
from hotline.claims.judge import judge
from hotline.claims.printed import Printed, Range, cut, half_up, show

places = st.integers(0, 3)
REFUTED = {"inconsistent", "conditional"}


def percent(value: Fraction, decimals: int, is_cut: bool = False) -> str:
    """As a document prints it."""
    return show(cut(value, decimals) if is_cut else value, decimals)


# ---- printed figures -------------------------------------------------------------------------------------------
@given(st.fractions(-10_000, 10_000), places, st.sampled_from([1, 10_000]))
def test_a_true_number_lies_in_the_range_of_what_is_printed_of_it(value, decimals, scale):
    for text, holds in (
        (percent(value / scale, decimals), lambda p: value in p.rounded and value in p.loose),
        (percent(value / scale, decimals, is_cut=True), lambda p: value in p.loose),
    ):
        assert holds(Printed.read(text, scale))


@given(st.decimals(-999, 999, places=3), places)
def test_half_up_is_what_decimals_say(value, decimals):
    expected = value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    assert half_up(Fraction(value), decimals) == Fraction(expected)


def test_ranges_keep_track_of_their_ends():
    assert Range(Fraction(1), Fraction(2), has_high=False).whole() == (1, 1)
    assert not Range(Fraction(1), Fraction(2), has_high=False).meets(Range.only(2))
    assert (Range(Fraction(1), Fraction(2), has_low=False) + Range.only(3)).whole() == (5, 5)
    assert (Range(Fraction(-4), Fraction(6)) / Range(Fraction(2), Fraction(4))) == Range(Fraction(-2), Fraction(3))


# ---- soundness: whatever is true is not refuted -------------------------------------------------------------------
@settings(deadline=None)
@given(st.data(), st.integers(1, 300_000), places, st.booleans())
def test_a_true_share_is_right_or_cut_off(data, whole, decimals, is_cut):
    part = data.draw(st.integers(0, whole))
    text = percent(Fraction(100 * part, whole), decimals, is_cut)
    found = finding(text, "share_pct", "share", {"a": str(part)}, {"b": str(whole)})
    assert found.status == "consistent" or (is_cut and found.status == "truncated")


@settings(deadline=None)
@given(st.integers(100, 9_999_999), st.integers(1, 9_999_999), places, places)
def test_a_true_share_of_rounded_figures_is_not_refuted(part, whole, decimals, printed):
    assume(part <= whole)
    rounded = {
        code: row(code, percent(Fraction(number, 10_000), printed), scale=10_000)
        for code, number in (("a", part), ("b", whole))
    }
    found = finding(
        percent(Fraction(100 * part, whole), decimals), "share_pct", "share", {"a": rounded["a"]}, {"b": rounded["b"]}
    )
    assert found.status in {"consistent", "within_rounding", "not_checkable"}


@settings(deadline=None)
@given(st.lists(st.fractions(0, 1000), min_size=1, max_size=12), places)
def test_a_true_sum_of_rounded_parts_is_not_refuted(parts, decimals):
    operands = {f"p{n}": row(f"p{n}", percent(part, decimals), "score") for n, part in enumerate(parts)}
    found = finding(percent(sum(parts), decimals), "score", "sum", operands)
    assert found.status in {"consistent", "within_rounding"}


@settings(deadline=None)
@given(st.integers(1, 300_000), st.integers(1, 300_000), places, st.booleans())
def test_true_growth_is_right_or_cut_off(now, before, decimals, is_cut):
    text = percent(Fraction(100 * (now - before), before), decimals, is_cut)
    for found in (
        finding(text, "yoy_pct", "growth", {"now": str(now)}, {"before": str(before)}),
        finding(text, "yoy_pct", "growth_grim", None, {"now": str(now)}),
    ):
        assert found.status == "consistent" or (is_cut and found.status == "truncated")


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 9999), st.integers(1, 9999)), min_size=1, max_size=6),
    st.integers(1, 3),
    st.booleans(),
)
def test_true_growth_of_a_whole_follows_from_its_parts(parts, decimals, is_cut):
    operands, base = {}, {}
    for n, (now, before) in enumerate([*parts, tuple(map(sum, zip(*parts, strict=True)))]):
        base[f"c{n}"] = str(now)
        text = percent(Fraction(100 * (now - before), before), decimals, is_cut)
        assume(Fraction(text) > -100)
        operands[f"g{n}"] = row(f"g{n}", text, "yoy_pct")
    whole = operands.pop(f"g{len(parts)}")["stated_text"]
    found = finding(whole, "yoy_pct", "implied_growth", operands, base)
    assert found.status in {"consistent", "within_rounding", "not_checkable"} | ({"truncated"} if is_cut else set())


@settings(deadline=None)
@given(st.data(), st.integers(1, 300_000), places)
def test_a_true_percentage_is_possible(data, n, decimals):
    text = percent(Fraction(100 * data.draw(st.integers(0, n)), n), decimals)
    assert finding(text, "rate_pct", "grim", None, {"n": str(n)}).status == "consistent"


@settings(deadline=None)
@given(st.data(), st.integers(1, 5000), places, st.sampled_from(["0.5", "0.6", "0.8", "0.75"]))
def test_a_true_weighted_percentage_is_possible(data, n, decimals, weight):
    full = data.draw(st.integers(0, n))
    partly = data.draw(st.integers(0, n - full))
    text = percent(100 * (full + partly * Fraction(weight)) / n, decimals)
    assert finding(text, "rate_pct", "grim", None, {"n": str(n)}, weights=f"1|{weight}").status == "consistent"


@settings(deadline=None)
@given(st.lists(st.integers(1, 2000), min_size=1, max_size=6), st.integers(0, 2000), st.integers(1, 3))
def test_true_shares_have_one_base(parts, others, decimals):
    whole = sum(parts) + others
    operands = {
        f"s{n}": row(f"s{n}", percent(Fraction(100 * part, whole), decimals), "share_pct")
        for n, part in enumerate(parts)
    }
    assume(all(Fraction(share["stated_text"]) > Fraction(1, 10**decimals) for share in operands.values()))
    base = {f"c{n}": str(part) for n, part in enumerate(parts)}
    assert finding("1", "count", "common_base", operands, base).status == "consistent"
    assert finding(str(whole), "tickets", "base_of", operands, base).status == "consistent"


@settings(deadline=None)
@given(st.lists(st.integers(0, 50), min_size=2, max_size=8), st.data())
def test_a_rank_may_number_equals_one_after_another(values, data):
    mine = data.draw(st.integers(0, len(values) - 1))
    order = sorted(range(len(values)), key=lambda n: -values[n])
    others = {f"v{n}": str(value) for n, value in enumerate(values)}
    rows = [row(code, text) for code, text in others.items()]
    own = row("own", str(order.index(mine) + 1), "rank", "rank", operands="|".join(others), base=f"v{mine}")
    assert judged(*rows, own)["own"].status == "consistent"


# ---- exactness: what is refuted is impossible ----------------------------------------------------------------------
@settings(deadline=None)
@given(st.integers(1, 120), places, st.data())
def test_a_percentage_is_refuted_when_no_count_prints_so(n, decimals, data):
    units = data.draw(st.integers(0, 100 * 10**decimals))
    text = show(Fraction(units, 10**decimals), decimals)
    rates = [Fraction(100 * k, n) for k in range(n + 1)]
    possible = any(half_up(rate, decimals) == Fraction(text) for rate in rates)
    possible_cut = any(cut(rate, decimals) == Fraction(text) for rate in rates)
    found = finding(text, "rate_pct", "grim", None, {"n": str(n)}, is_basis_stated=True)
    assert found.status == ("consistent" if possible else "truncated" if possible_cut else "inconsistent")


@settings(deadline=None)
@given(st.integers(1, 40), st.integers(0, 2), st.sampled_from(["0.5", "0.6"]), st.data())
def test_a_weighted_percentage_is_refuted_when_no_counts_print_so(n, decimals, weight, data):
    text = show(Fraction(data.draw(st.integers(0, 100 * 10**decimals)), 10**decimals), decimals)
    values = {k + j * Fraction(weight) for k in range(n + 1) for j in range(n - k + 1)}
    possible = any(half_up(100 * value / n, decimals) == Fraction(text) for value in values)
    found = finding(text, "rate_pct", "grim", None, {"n": str(n)}, weights=f"1|{weight}", is_basis_stated=True)
    assert (found.status == "consistent") == possible


@settings(deadline=None)
@given(st.integers(1, 150), st.integers(0, 2), st.data())
def test_growth_is_refuted_when_no_whole_number_grew_so(now, decimals, data):
    text = show(Fraction(data.draw(st.integers(-90 * 10**decimals, 200 * 10**decimals)), 10**decimals), decimals)
    grown = [Fraction(100 * (now - base), base) for base in range(1, 11 * now + 12)]
    possible = any(half_up(value, decimals) == Fraction(text) for value in grown)
    found = finding(text, "yoy_pct", "growth_grim", None, {"now": str(now)})
    assert (found.status == "consistent") == possible


@pytest.mark.parametrize(
    ("stated", "n", "possible"),
    [
        ("99.54", 402, False), ("98.62", 402, False), ("99.84", 1074, False), ("99.67", 296, False),
        ("99.42", 485, False), ("99.65", 547, False), ("99.99", 6772, True), ("99.00", 217476, True),
        ("19.14", 6101, True), ("41.68", 1168, False), ("52.56", 1168, False), ("5.76", 1168, False),
        ("41.68", 1250, True), ("52.56", 1250, True), ("5.76", 1250, True),
        ("12.5", 8, True), ("13", 8, True), ("0.00", 7, True), ("100.00", 7, True),
    ],
)  # fmt: skip
def test_known_percentages(stated, n, possible):
    found = finding(stated, "rate_pct", "grim", None, {"n": str(n)})
    assert (found.status == "consistent") == possible
    # the document does not print what it is of
    assert found.status in {"consistent", "conditional"}


# ---- what each relation says -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("found", "status", "said"),
    [
        (finding("1.23", "share_pct", "share", {"a": "114"}, {"b": "9230"}), "truncated", "1.23510%"),
        (finding("1.25", "share_pct", "share", {"a": "114"}, {"b": "9230"}), "inconsistent", "9084–9156"),
        (finding("12", "per_10k", "share", {"a": "24"}, {"b": row("b", "2", scale=10_000)}), "consistent", None),
        (finding("13", "per_10k", "share", {"a": "240"}, {"b": row("b", "20.0", scale=10_000)}), "inconsistent", "＝12"),
        (finding("3.5", "per_mille", "share", {"a": "7"}, {"b": "2000"}), "consistent", None),
        (finding("36.5", "average", "share", {"a": "73"}, {"b": "2"}), "consistent", None),
        (finding("68.24", "rate_pct", "same", {"a": row("a", "68.42", "rate_pct")}), "inconsistent", "68.42"),
        (finding("24.39", "tickets", "same", {"a": "243909"}, scale=10_000), "consistent", None),
        (finding("24.39", "tickets", "same", {"a": "243979"}, scale=10_000), "truncated", "24.39790"),
        (finding("243909", "tickets", "same", {"a": row("a", "24.39", scale=10_000)}), "within_rounding", "24.39"),
        (finding("0.05", "points", "point_change", {"a": row("a", "0.20", "rate_pct")}), "consistent", None),
        (finding("0.50", "points", "point_change", {"a": row("a", "0.20", "rate_pct")}), "inconsistent", "-0.3"),
        (finding("-1.5", "points", "point_change", {"a": row("a", "99.2", "rate_pct")}), "inconsistent", "100.7"),
        (finding("2.11", "points", "point_change", {"a": row("a", "90.41", "rate_pct")},
                 {"b": row("b", "88.3", "rate_pct")}), "consistent", None),
        (finding("2.5", "points", "point_change", {"a": row("a", "90.41", "rate_pct")},
                 {"b": row("b", "88.3", "rate_pct")}), "inconsistent", "2.1"),
        (finding("99", "rate_pct", "at_least", {"a": row("a", "99.91", "rate_pct")}), "consistent", None),
        (finding("99.95", "rate_pct", "at_least", {"a": row("a", "99.91", "rate_pct")}), "inconsistent", "低于"),
        (finding("99.99", "rate_pct", "at_most", {"a": row("a", "99.88", "rate_pct")}), "consistent", None),
        (finding("3", "count", "ascending", {"a": "33", "b": "94", "c": "94"}), "consistent", None),
        (finding("3", "count", "descending", {"a": "33", "b": "94", "c": "90"}), "inconsistent", "之后是"),
        (finding("2", "rank", "rank_ascending", {"a": "33", "b": "94"}, {"b": "94"}), "consistent", None),
        (finding("96.2", "rate_pct", "weighted_mean", {"a": row("a", "98", "rate_pct"), "b": row("b", "80", "rate_pct")},
                 {"m": "900", "n": "100"}), "consistent", None),
        (finding("89", "rate_pct", "weighted_mean", {"a": row("a", "98", "rate_pct"), "b": row("b", "80", "rate_pct")},
                 {"m": "900", "n": "100"}), "inconsistent", "96"),
        (finding("91.5", "score", "sum", {"a": row("a", "95", "rate_pct"), "b": row("b", "90", "rate_pct")},
                 weights="0.3|0.7"), "consistent", None),
        (finding("91.8", "score", "sum", {"a": row("a", "95", "rate_pct"), "b": row("b", "90", "rate_pct")},
                 weights="0.3|0.7"), "within_rounding", "91.5"),
        (finding("83.3", "rate_pct", "share", {"a": "60", "b": "30"}, {"n": "101"}, weights="1|0.8"), "inconsistent", "83.2"),
        (finding("99.3", "rate_pct", "grim", None, {"n": "344"}, weights="不详"), "not_checkable", "权数"),
        (finding("68.24", "score", "grim", None, {"n": "344"}), "not_checkable", "不适用"),
        (finding("94.85", "rate_pct", "grim", None, {"n": "344"}), "conditional", "92/97"),
        (finding("94.85", "rate_pct", "grim", None, {"n": "344"}, is_basis_stated=True), "inconsistent", "326件"),
        (finding("50", "share_pct", "share", {"a": "5"}, {"a": "5", "b": "4"}, is_basis_stated=False), "conditional", "如果"),
        (finding("12.39", "share_pct", "share", {"a": "883"}), "not_checkable", "7124–7129"),
        (finding("93.9999", "share_pct", "share", {"a": "2"}), "inconsistent", "没有整数基数"),
        (finding("12", "share_pct", "share", {"a": "1"}), "inconsistent", "没有整数基数"),
        (finding("29.85", "score", "sum", {k: row(k, v, "score") for k, v in {"a": "9.13", "b": "7.41", "c": "13.29"}.items()}),
         "inconsistent", "29.83"),
        (finding("1.2", "times", "growth", {"now": "22"}, {"before": "10"}), "consistent", None),
        (finding("13.84", "yoy_pct", "growth", {"now": "8616"}, {"before": "10000"}), "inconsistent", "正负号"),
        (finding("24.39", "tickets", "sum", {"a": "9276", "b": "232146", "c": "2487"}, scale=10_000), "consistent", None),
        (finding("2.52", "per_10k", "share", {"a": "2294"}, {"p": row("p", "911.2", "count", scale=10_000)}),
         "consistent", None),
        (finding("5.00", "yoy_pct", "implied_growth", {"y": row("y", "3.00", "yoy_pct")}, {"a": "103", "t": "500"}),
         "not_checkable", "不等于总数"),
        (finding("-4.67", "yoy_pct", "implied_growth",
                 {"y1": row("y1", "-6.66", "yoy_pct"), "y2": row("y2", "2.12", "yoy_pct")},
                 {"a": "221861", "b": "56063", "t": "277924"}), "inconsistent", "-5.01%"),
        (finding("100.00", "share_pct", "sum", {k: row(k, v, "share_pct") for k, v in
                 {"a": "0.14", "b": "0.16", "c": "96.93", "d": "2.76"}.items()}), "within_rounding", "99.99"),
        (finding("9300", "tickets", "sum", {"a": "4733", "b": "-"  and "4497"}), "inconsistent", "9230"),
    ],
)  # fmt: skip
def test_what_each_relation_says(found, status, said):
    assert found.status == status, found
    if said is None:
        assert found.explanation_zh is found.explanation_en is None
    else:
        assert said in found.explanation_zh
        assert found.explanation_en


def test_every_relation_on_offer_is_known_and_the_other_way_round():
    assert set(codes("claim_relations")) == {"given", *CHECKS}


def test_two_bases_in_one_table_are_told_apart():
    shares = {
        "城乡建设": ("883", "12.39"),
        "城市管理": ("622", "9.29"),
        "公用企业": ("596", "8.37"),
        "劳动社保": ("582", "8.17"),
    }
    rows = []
    for name, (count, share) in shares.items():
        rows += [row(f"{name}c", count, table_name="t", row_name=name),
                 row(f"{name}s", share, "share_pct", table_name="t", row_name=name)]  # fmt: skip
    found = judged(*rows, row("one", "1", "count", "common_base", table_name="t", row_name="基数"),
                   row("base", "5486", "tickets", "base_of", table_name="t", row_name="类型的基数"))  # fmt: skip
    assert found["one"].status == found["base"].status == "inconsistent"
    assert found["one"].recomputed_value == 2
    assert found["base"].recomputed_value == 7124
    for text in ("7124", "城市管理622占9.29的基数为6692–6698"):
        assert text in found["one"].explanation_zh


def test_growth_rates_that_are_each_others_are_said_to_be_swapped():
    counts = [row("now", "110"), row("last_year", "80"), row("last_month", "100")]
    growth = [row("y", "10.00", "yoy_pct", "growth", operands="now", base="last_year"),
              row("m", "37.50", "mom_pct", "growth", operands="now", base="last_month")]  # fmt: skip
    found = judged(*counts, *growth)
    assert {found[code].status for code in "ym"} == {"inconsistent"}
    assert all("互换" in found[code].explanation_zh for code in "ym")
    right = judged(*counts, growth[0] | {"stated_text": "37.50"}, growth[1] | {"stated_text": "10.00"})
    assert {right[code].status for code in "ym"} == {"consistent"}


def test_cutting_off_explains_nothing_where_the_denominator_is_refuted():
    base = [row("reports", "6101"), row("failed", "19.14", "rate_pct", "grim", base="reports", is_basis_stated=True)]
    parts = [row(code, text, "rate_pct", "grim", operands="failed", base="reports", is_basis_stated=True)
             for code, text in (("a", "41.68"), ("b", "52.56"), ("c", "5.76"))]  # fmt: skip
    assert judged(*base, parts[1])["b"].status == "truncated"  # 614 of 1168, alone
    found = judged(*base, *parts)
    assert {found[code].status for code in "abc"} == {"inconsistent"}
    assert all(found[code].explanation_zh.endswith("最近分母：1094 / 1250") for code in "abc")


def test_a_table_needs_no_codes():
    rows = [row("t", "9230", kind="sum", table_name="T", row_name="合 计"),
            row("all", "100.00", "share_pct", "sum", table_name="T", row_name="合计")]  # fmt: skip
    for name, count, share, place in (
        ("投诉", "4733", "51.28", 1),
        ("咨询", "3162", "34.26", 2),
        ("其他", "1335", "14.46", 3),
    ):
        own = {"table_name": "T", "row_name": name}
        rows += [row(f"{name}c", count, **own), row(f"{name}s", share, "share_pct", "share", **own),
                 row(f"{name}r", str(place), "rank", "rank", **own)]  # fmt: skip
    found = judged(*rows)
    checked = {code: f for code, f in found.items() if not code.endswith("c")}
    assert {code: f.status for code, f in checked.items()} == dict.fromkeys(checked, "consistent")
    assert found["投诉s"].denominator == 9230


def test_a_row_with_two_counts_says_what_to_fill_in():
    rows = [row("c1", "13", table_name="T", row_name="省"), row("c2", "12", table_name="T", row_name="省"),
            row("s", "5", "share_pct", "share", table_name="T", row_name="省")]  # fmt: skip
    found = judged(*rows)["s"]
    assert found.status == "not_checkable"
    assert "2个件数" in found.explanation_zh


def test_a_missing_code_and_a_figure_held_against_itself_are_not_checkable():
    assert "缺nobody" in judged(row("a", "1", kind="sum", operands="nobody"))["a"].explanation_zh
    assert "自身" in judged(row("a", "1", kind="same", operands="a"))["a"].explanation_zh
    assert judged(row("a", "1", kind="sum"))["a"].status == "not_checkable"


def test_a_further_row_checks_the_figure_it_names_and_must_repeat_it():
    rows = [row("a", "5", kind="sum", operands="x|y"), row("x", "2"), row("y", "3"), row("z", "6"),
            row("a2", "5", kind="same", operands="z", figure_code="a"),
            row("a3", "6", kind="same", operands="z", figure_code="a")]  # fmt: skip
    found = judged(*rows)
    assert {code: (found[code].figure_code, found[code].status) for code in ("a", "a2", "a3")} == {
        "a": ("a", "consistent"), "a2": ("a", "inconsistent"), "a3": ("a", "not_checkable"),
    }  # fmt: skip


def test_one_code_in_two_documents_is_two_figures():
    found = judge([row("a", "5"), row("b", "5", kind="same", operands="a"),
                   row("a", "7", document="e"), row("b", "7", kind="same", operands="a", document="e")], MEASURES)  # fmt: skip
    assert [f.status for f in found if f.claim_code == "b"] == ["consistent", "consistent"]


@pytest.mark.parametrize(
    ("origin", "status"), [("real", "inconsistent"), ("simulated", "simulated"), (None, "simulated")]
)
def test_only_real_tickets_judge(origin, status):
    claim = row("a", "1.93", "yoy_pct", is_from_tickets=True, tickets_origin=origin, tickets_numerator=Decimal(2),
                tickets_denominator=Decimal(100), tickets_factor=100)  # fmt: skip
    found = judged(claim)["a"]
    assert (found.status, found.basis, found.recomputed_value) == (status, "tickets", 2)


# ---- hostile rows ------------------------------------------------------------------------------------------------
FIGURES = st.from_regex(r"-?[0-9]{1,9}(\.[0-9]{1,6})?", fullmatch=True)
NAMED = st.lists(st.sampled_from([f"c{n}" for n in range(8)] + ["-c1", "nobody", "-", ""]), max_size=5).map("|".join)
ROWS = st.lists(
    st.builds(
        lambda **fields: row("", "0") | fields,
        claim_code=st.sampled_from([f"c{n}" for n in range(8)]), stated_text=FIGURES,
        measure=st.sampled_from(sorted(MEASURES)), check_kind=st.sampled_from([None, *CHECKS]), operands=NAMED, base=NAMED,
        scale=st.sampled_from([1, 10_000, 100_000_000]), weights=st.sampled_from([None, "1|0.5", "0", "不详", "1|2|3|4|5"]),
        is_basis_stated=st.sampled_from([None, True, False]), table_name=st.sampled_from([None, "T"]),
        row_name=st.sampled_from([None, "a", "b", "合计"]), figure_code=st.sampled_from([None, "c1", "nobody"]),
        is_from_tickets=st.booleans(),
    ),
    max_size=12,
)  # fmt: skip


@settings(deadline=None, max_examples=400)
@given(ROWS)
def test_no_row_stops_the_judgement(rows):
    for found in judge(rows, MEASURES):
        assert found.status in codes("claim_statuses")
        assert (found.status == "consistent") == (found.explanation_zh is None)
