"""Near-duplicate texts against plain sets and comparison of all with all, whatever the order they come in."""

import resource
import time
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.texts import clusters, signatures
from hotline.texts.closings import copied

LETTERS = "经核实情况已处理来电人满意执法员调取车载视频企业整改退还费用道歉告知诉求人表示认可现场勘查"


def grams(text: str) -> set[str]:
    return {text[place : place + 3] for place in range(max(1, len(text) - 2))}


def plain_likeness(one: str, other: str) -> float:
    return len(grams(one) & grams(other)) / len(grams(one) | grams(other))


def written(rng: np.random.Generator, length: int) -> str:
    return "".join(rng.choice(list(LETTERS), length))


def varied(rng: np.random.Generator, text: str) -> str:
    """The text with one letter changed."""
    place = int(rng.integers(len(text)))
    return text[:place] + str(rng.choice(list(LETTERS))) + text[place + 1 :]


def partition(texts: list[str], blocks: list[int], similarity: float = 0.8) -> set[frozenset[tuple[int, str]]]:
    """Clusters of two or more as sets of (block, text)."""
    distinct = sorted(set(zip(blocks, texts, strict=True)))
    names = [text for _, text in distinct]
    found = clusters.near_duplicates(names, signatures.bands(names), [block for block, _ in distinct], similarity)
    members: dict[int, set] = {}
    for label, item in zip(found, distinct, strict=True):
        members.setdefault(label, set()).add(item)
    return {frozenset(items) for items in members.values() if len(items) > 1}


@pytest.fixture(scope="module")
def pasted() -> list[str]:
    """Forty texts with variants of one letter, among three hundred that nobody copied."""
    rng = np.random.default_rng(12328)
    models = [written(rng, int(rng.integers(60, 120))) for _ in range(40)]
    return [varied(rng, model) for model in models for _ in range(6)] + [written(rng, 80) for _ in range(300)]


# likeness -------------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(st.lists(st.text(alphabet="abc经核", min_size=1, max_size=20), min_size=2, max_size=12))
def test_likeness_is_that_of_the_sets(texts):
    left, right = np.arange(len(texts) - 1), np.arange(1, len(texts))
    exact = [plain_likeness(texts[one], texts[other]) for one, other in zip(left, right, strict=True)]
    assert signatures.likeness(texts, left, right) == pytest.approx(exact)


def test_likeness_to_models_is_that_of_the_sets_too():
    texts, models = ["经核实情况已处理", "来电人满意", "经核实"], ["经核实情况", "经核实", "来电人满意"]
    for similarity in (0.1, 0.5, 1):
        text, model = signatures.likeness_to(texts, models, similarity)
        assert sorted(zip(text.tolist(), model.tolist(), strict=True)) == [
            (one, other)
            for one in range(3)
            for other in range(3)
            if plain_likeness(texts[one], models[other]) >= similarity
        ]
    assert signatures.likeness_to(texts, [], 0.1)[0].tolist() == []


def test_a_signature_is_of_the_text_alone(pasted):
    whole = signatures.bands(pasted)
    assert whole.shape == (len(pasted), 16)
    parts = [signatures.bands([text])[0] for text in pasted]
    assert (whole == np.array(parts)).all()


@pytest.mark.parametrize(("shared", "least", "most"), [(0.8, 0.99, 1), (0.5, 0.55, 0.73), (0.2, 0.005, 0.06)])
def test_bands_agree_as_often_as_they_should(shared, least, most):
    """1 - (1 - s^4)^16: 0.9998, 0.64 and 0.025."""
    rng, trials, size = np.random.default_rng(7), 1500, 120
    ones, others = [], []
    for trial in range(trials):  # runs of single letters of the private area: every gram of three is its own
        kept = round(2 * size * shared / (1 + shared))
        start = 0x20000 + trial * 20
        common, first, second = ([chr(start + 3000 * k + n) for n in range(size)] for k in (0, 1, 2))
        parts = [common[:kept], first[: size - kept], second[: size - kept]]
        rng.shuffle(parts[0])
        ones.append("".join(parts[0] + parts[1]))
        others.append("".join(parts[0] + parts[2]))
    exact = np.mean([plain_likeness(one, other) for one, other in zip(ones, others, strict=True)])
    assert exact == pytest.approx(shared, abs=0.02)
    agree = (signatures.bands(ones) == signatures.bands(others)).any(axis=1).mean()
    assert least <= agree <= most


# clusters -------------------------------------------------------------------------------------------------


def test_clusters_are_those_of_comparing_all_with_all(pasted):
    texts = sorted(set(pasted))
    left, right = np.triu_indices(len(texts), 1)
    alike = signatures.likeness(texts, left, right) >= 0.8
    exact = clusters.labels(len(texts), left[alike], right[alike])
    found = clusters.near_duplicates(texts, signatures.bands(texts), np.zeros(len(texts)), 0.8)
    assert found.tolist() == exact.tolist()
    assert 250 < len(set(found)) < len(texts) - 150


def test_the_order_of_taking_in_does_not_change_clusters(pasted):
    blocks = [index % 2 for index in range(len(pasted))]
    expected = partition(pasted, blocks)
    assert len(expected) > 40
    for seed in range(5):
        order = list(range(len(pasted)))
        np.random.default_rng(seed).shuffle(order)
        assert partition([pasted[i] for i in order], [blocks[i] for i in order]) == expected


def test_texts_of_different_blocks_are_never_together(pasted):
    text = pasted[0]
    assert partition([text, varied(np.random.default_rng(3), text)], [1, 1])
    assert not partition([text, varied(np.random.default_rng(3), text)], [1, 2])


def test_unlike_texts_stay_apart():
    rng = np.random.default_rng(1)
    assert partition([written(rng, 50) for _ in range(500)], [0] * 500) == set()


# links over days --------------------------------------------------------------------------------------------


def linked(rows: list[tuple[int, str]], window: int, kept: set[int] | None = None) -> set[tuple]:
    """Pairs of (day, text) of ``links``; with ``kept``, as a build makes them that makes only these days anew."""
    if kept is not None:
        near = {day + step for day in kept for step in range(-window, 1)}
        rows = [row for row in rows if row[0] in near]
    rows = sorted(rows)
    texts = sorted({text for _, text in rows})
    text_of = np.array([texts.index(text) for _, text in rows], dtype=np.int64)
    days = np.array([day for day, _ in rows], dtype=np.int64)
    left, right = clusters.links(texts, signatures.bands(texts), text_of, np.zeros(len(rows)), days, window, 0.6)
    pairs = {(rows[one], rows[other]) for one, other in zip(left, right, strict=True)}
    return pairs if kept is None else {pair for pair in pairs if pair[1][0] in kept}


def test_days_made_anew_one_by_one_give_the_links_of_the_whole():
    rng = np.random.default_rng(5)
    models = [written(rng, 40) for _ in range(10)]
    rows = [(int(rng.integers(30)), varied(rng, str(rng.choice(models)))) for _ in range(600)]
    whole = linked(rows, 3)
    assert len(whole) > 300
    assert {later[0] - earlier[0] for earlier, later in whole} == {0, 1, 2, 3}
    assert set().union(*(linked(rows, 3, {day}) for day in range(30))) == whole


def test_what_lies_further_apart_than_the_window_is_no_pair():
    assert linked([(0, "高速公路封闭何时恢复"), (3, "高速公路封闭何时恢复")], 3)
    assert not linked([(0, "高速公路封闭何时恢复"), (4, "高速公路封闭何时恢复")], 3)


# what nobody would write --------------------------------------------------------------------------------------


def test_short_texts_are_like_themselves_only():
    assert partition(["好", "好的", "好的吧", "好吧"], [0] * 4) == set()
    assert signatures.likeness(["好", "好的"], np.array([0, 0]), np.array([0, 1])).tolist() == [1, 0]


def test_a_text_without_letters_is_refused():
    with pytest.raises(ValueError, match="without letters"):
        signatures.bands(["经核实", ""])


def test_no_texts_make_no_clusters():
    assert signatures.bands([]).shape == (0, 16)
    assert clusters.near_duplicates([], signatures.bands([]), [], 0.8).tolist() == []
    assert linked([], 3) == set()


def test_texts_beyond_every_bound_cost_no_more_than_their_letters():
    """Three texts of a million letters, of which two differ in one; signs outside the basic plane; half a surrogate pair."""
    rng = np.random.default_rng(9)
    long = written(rng, 1_000_000)
    other = "".join(map(chr, rng.integers(0x4E00, 0x5A00, 1_000_000)))
    texts = sorted([long, varied(rng, long), other, "𠀀𠀁𠀂𠀃" * 10, "\ud800核实", "经" * 500_000])
    began, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = clusters.near_duplicates(texts, signatures.bands(texts), np.zeros(len(texts)), 0.8)
    assert len(set(found)) == len(texts) - 1
    assert time.process_time() - began < 30
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < 1200


def test_the_same_text_a_hundred_thousand_times_costs_neighbours_not_pairs():
    count = 100_000
    texts = ["高速公路封闭何时恢复通行"]
    began = time.process_time()
    left, right = clusters.links(
        texts, signatures.bands(texts), np.zeros(count, dtype=np.int64), np.zeros(count), np.zeros(count, dtype=np.int64), 3, 0.6
    )  # fmt: skip
    assert left.size < 3 * count
    assert len(set(clusters.labels(count, left, right))) == 1
    assert time.process_time() - began < 20


def test_a_band_that_very_many_texts_share_does_not_compare_all_with_all():
    """Thirty thousand texts that agree in a band and are all unlike: a long opening, and an end of their own."""
    rng = np.random.default_rng(4)
    opening = written(rng, 60)
    texts = sorted({opening + written(rng, 60) for _ in range(30_000)})
    began = time.process_time()
    found = clusters.near_duplicates(texts, signatures.bands(texts), np.zeros(len(texts)), 0.8)
    assert len(set(found)) == len(texts)
    assert time.process_time() - began < 120


# closing texts of a month ---------------------------------------------------------------------------------------

DAY = date(2024, 9, 10)
STANDARD = "受恶劣天气影响相关高速公路路段临时封闭现已恢复通行请您关注实时路况信息"


def month_of(rows: list[tuple[str, str, str]], similarity: float = 0.8, minimum: int = 5) -> pd.DataFrame:
    """Tickets from (number, platform, letters)."""
    made = pd.DataFrame(rows, columns=["ticket_no", "platform_code", "letters"])
    made["signature"] = [row.tobytes() for row in signatures.bands(made["letters"].tolist())]
    return made.assign(ticket_month=DAY.replace(day=1), ticket_day=DAY, similarity=similarity, minimum_tickets=minimum)


def approved(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["code", "platform_code", "letters", "valid_from", "valid_to"])


def found(tickets: pd.DataFrame, replies: pd.DataFrame | None = None) -> dict[str, tuple]:
    rows = copied(tickets, approved() if replies is None else replies)
    return {row.ticket_no: (row.cluster_no, row.cluster_size, row.is_template) for row in rows.itertuples()}


def test_five_tickets_of_a_platform_are_a_cluster_and_four_are_none():
    text = "经核实情况已处理来电人满意"
    rows = [(f"a{n}", "p", text) for n in range(5)] + [(f"b{n}", "q", text) for n in range(4)]
    assert found(month_of(rows)) == {f"a{n}": ("a0", 5, False) for n in range(5)}


def test_near_duplicates_count_with_exact_ones(pasted):
    rng = np.random.default_rng(2)
    one, other = pasted[0], varied(rng, pasted[0])
    rows = [("a1", "p", one), ("a2", "p", one), ("a3", "p", other), ("a4", "p", other), ("a5", "p", other)]
    assert found(month_of(rows)) == {number: ("a1", 5, False) for number, *_ in rows}
    assert found(month_of(rows, similarity=1)) == {}
    assert found(month_of(rows, minimum=6)) == {}


def test_an_approved_reply_is_no_copy_where_and_while_it_holds():
    rows = [(f"a{n}", "p", STANDARD) for n in range(6)] + [("a9", "p", STANDARD + "谢谢")]
    reply = ("weather", None, STANDARD, date(2014, 1, 1), None)
    expected = {number: ("weather", 7, True) for number, *_ in rows}
    assert found(month_of(rows), approved(reply)) == expected
    assert found(month_of(rows), approved(("weather", "p", *reply[2:]))) == expected
    copies = {number: ("a0", 7, False) for number, *_ in rows}
    for other in (("weather", "q", *reply[2:]), (*reply[:3], date(2024, 9, 11), None), (*reply[:4], DAY)):
        assert found(month_of(rows), approved(other)) == copies
    assert found(month_of(rows), approved((*reply[:4], DAY), (*reply[:3], DAY, None))) == expected


def test_approved_replies_join_no_cluster_and_make_none_larger():
    """Five near copies of a reply, of which one day's are allowed only for three: what is left is too few."""
    tickets = month_of([(f"a{n}", "p", STANDARD) for n in range(7)])
    tickets.loc[tickets.index < 3, "ticket_day"] = DAY - timedelta(days=1)
    rows = found(tickets, approved(("weather", None, STANDARD, None, DAY)))
    assert rows == {f"a{n}": ("weather", 3, True) for n in range(3)}


def test_the_order_of_tickets_does_not_change_what_was_copied(pasted):
    tickets = month_of([(f"t{n:04}", f"p{n % 2}", text) for n, text in enumerate(pasted)], minimum=3)
    expected = found(tickets)
    assert len(expected) > 150
    assert all(found(tickets.sample(frac=1, random_state=seed)) == expected for seed in range(3))


def test_a_month_without_tickets_has_nothing_copied():
    assert copied(month_of([]), approved()).empty
