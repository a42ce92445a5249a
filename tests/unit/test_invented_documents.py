"""Two documents that nobody published, with what is true of each figure: the kinds that a report of a further authority holds.

The counts are made up, the quotients follow from them; what is wrong was put in on purpose and is marked so.
"""

from __future__ import annotations

import pytest
from claim_rows import judged, row

RIGHT = {"consistent", "within_rounding"}

TYPES = {"投诉": "3218", "咨询": "7045", "求助": "1902", "其他": "708"}
MONTHLY = [
    # a month of a city's line: shares cut off, growth rates exchanged, a satisfaction rate with weights
    (row("合计", "12873", kind="sum", operands="|".join(TYPES)), RIGHT),
    *[(row(name, text), None) for name, text in TYPES.items()],
    (row("投诉占比", "24.99", "share_pct", "share", operands="投诉", base="合计"), {"truncated"}),
    (row("咨询占比", "54.72", "share_pct", "share", operands="咨询", base="合计"), {"truncated"}),
    (row("求助占比", "14.77", "share_pct", "share", operands="求助", base="合计"), {"truncated"}),
    (row("其他占比", "5.49", "share_pct", "share", operands="其他", base="合计"), {"truncated"}),
    (row("去年同月", "11204"), None),
    (row("上月", "12111"), None),
    # 14.90 and 6.29 are the true ones
    (row("同比", "6.29", "yoy_pct", "growth", operands="合计", base="去年同月"), {"inconsistent"}),
    (row("环比", "14.90", "mom_pct", "growth", operands="合计", base="上月"), {"inconsistent"}),
    (row("办结", "12650"), None),
    # 98.27 is the true one
    (row("办结率", "98.7", "rate_pct", "share", operands="办结", base="合计"), {"inconsistent"}),
    (row("评价", "3000"), None),
    (row("满意率", "90.35", "rate_pct", "grim", base="评价", weights="1|0.8"), RIGHT),
    (row("满意率-权数不详", "90.35", "rate_pct", "grim", base="评价", weights="不详"), {"not_checkable"}),
    # the tenth of a ticket: no whole numbers of 7 rated ones, fully and mostly satisfied, give it
    (row("窗口评价", "7"), None),
    (row("窗口满意率", "98.00", "rate_pct", "grim", base="窗口评价", weights="1|0.8"), {"inconsistent", "conditional"}),
    # of complaints it would be 37.91; the report does not say of what it is
    (row("公交", "1220"), None),
    (
        row("公交占比", "34.1", "share_pct", "share", operands="公交", base="投诉", is_basis_stated=False),
        {"conditional"},
    ),
]

QUARTERLY = [
    # a quarter of a transport line: ten thousands, growth of a total and of its parts, rates in points, a ranking
    (row("城市客运", "21407"), None),
    (row("道路运输", "9866"), None),
    (row("高速公路", "7345"), None),
    (row("总量", "3.86", scale=10000, kind="sum", operands="城市客运|道路运输|高速公路"), RIGHT),
    (row("总量-旧", "3.91", scale=10000, kind="sum", operands="城市客运|道路运输|高速公路"), {"inconsistent"}),
    (row("城市客运增幅", "4.2", "yoy_pct"), None),
    (row("道路运输增幅", "-1.3", "yoy_pct"), None),
    (row("高速公路增幅", "10.5", "yoy_pct"), None),
    *[
        (
            row(
                code, text, "yoy_pct", "implied_growth", operands="城市客运增幅|道路运输增幅|高速公路增幅",
                base="城市客运|道路运输|高速公路|合计件数",
            ),
            status,
        )
        for code, text, status in (("总量增幅", "3.8", RIGHT), ("总量增幅-文中", "6.5", {"inconsistent"}))
    ],
    (row("合计件数", "38618", kind="sum", operands="城市客运|道路运输|高速公路"), RIGHT),
    (row("满意率", "96.4", "rate_pct"), None),
    (row("上季满意率", "95.1", "rate_pct"), None),
    (row("变化", "1.3", "points", "point_change", operands="满意率", base="上季满意率"), RIGHT),
    (row("变化-取整", "1.2", "points", "point_change", operands="满意率", base="上季满意率"), RIGHT),
    (row("变化-错", "2.0", "points", "point_change", operands="满意率", base="上季满意率"), {"inconsistent"}),
    (row("道路运输名次", "2", "rank", "rank", operands="城市客运|道路运输|高速公路", base="道路运输"), RIGHT),
    (row("高速公路名次", "2", "rank", "rank", operands="城市客运|道路运输|高速公路", base="高速公路"), {"inconsistent"}),
    # 57 of 61 and 57 of 60: two bases in one sentence, of which one is right
    (row("抽查", "61"), None),
    (row("合格", "57"), None),
    (row("合格率", "93.4", "rate_pct", "share", operands="合格", base="抽查"), RIGHT),
    (row("合格率-另一处", "95.0", "rate_pct", "share", operands="合格", base="抽查"), {"inconsistent"}),
    (row("合格率-整数", "95.7", "rate_pct", "grim", base="抽查"), {"inconsistent", "conditional"}),
]  # fmt: skip


@pytest.mark.parametrize("document", [MONTHLY, QUARTERLY], ids=["monthly", "quarterly"])
def test_what_was_put_in_is_found_and_nothing_else(document):
    found = judged(*(figure for figure, _ in document))
    wrong = {
        figure["claim_code"]: (found[figure["claim_code"]].status, found[figure["claim_code"]].explanation_zh)
        for figure, expected in document
        if expected and found[figure["claim_code"]].status not in expected
    }
    assert wrong == {}
    given = {figure["claim_code"] for figure, expected in document if expected is None}
    assert {found[code].status for code in given} <= {"not_checkable"}


def test_exchanged_growth_rates_are_said_to_be_exchanged():
    found = judged(*(figure for figure, _ in MONTHLY))
    for code, true in (("同比", "14.90"), ("环比", "6.29")):
        assert true in found[code].explanation_zh and "互换" in found[code].explanation_zh, found[code]
