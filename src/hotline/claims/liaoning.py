"""Figures of Liaoning's bulletin on September 2024.

Most figures are checked twice: against other figures of the bulletin, and against the tickets of the warehouse. Codes:
``<table>-<scope>-<measure>``, with ``.<relation>`` for each relation.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from hotline.claims import Document, once_each
from hotline.simulate.reference import Bulletin

DOCUMENT = Document("LN202409", "辽宁省12328热线运行情况分析（2024年9月）", "2024-09")
OPERATOR = "LNJT"
RATES = ("share_pct", "yoy_pct", "mom_pct")
"""Printed with two decimals throughout; the transcription drops trailing zeros."""
TYPE_NAMES = {"complaint": "投诉举报", "consultation": "信息咨询", "suggestion": "意见建议"}
_MEASURES = {"tickets": "件数", "share_pct": "占比", "yoy_pct": "同比", "mom_pct": "环比"}

SAME_TICKETS = (
    "假定高速公路领域的工单即省交投的工单：两处件数和占比都相同",
    "the expressway domain and the operator are taken to be the same tickets: counts and shares are equal",
)
ONE_POPULATION = (
    "假定附件1与附件3统计同一批工单，省交投的人口为14市之和",
    "annexes 1 and 3 are assumed to count the same tickets, and the operator's population to be that of the 14 cities",
)
ALL_RESOLVED = (
    "文中称投诉举报均得到有效解决，即100%；以附件2抽检属实的比例核对",
    "the text says that all complaints were resolved, that is 100 %; held against the share the spot check found true",
)

GRIM = {
    "classification_accuracy": (["total"], "工单分类正确率", "受理总件数", "accepted tickets"),
    "instant_answer": (["consultation"], "信息咨询即时答复率", "信息咨询件数", "consultations"),
    "non_complaint_on_time_close": (
        ["consultation", "suggestion"],
        "非投诉举报限时办结率",
        "信息咨询与意见建议件数之和",
        "consultations and suggestions",
    ),
    "first_time_close": (["total"], "一次办结率", "受理总件数", "accepted tickets"),
    "complaint_on_time_close": (["complaint"], "投诉举报限时办结率", "投诉举报件数", "complaints"),
    "complaint_24h_close": (["complaint"], "投诉举报24小时办结率", "投诉举报件数", "complaints"),
    "complaint_5d_close": (["complaint"], "投诉举报5日办结率", "投诉举报件数", "complaints"),
    "complaint_callback_satisfaction": (["complaint"], "投诉举报回访满意率", "投诉举报件数", "complaints"),
}
"""Percentages of annex 1: columns of annex 3 that are taken as the denominator, name, and that denominator in words."""


def claims(bulletin: Bulletin) -> Iterator[dict[str, str]]:
    """Every figure of the bulletin that can be checked."""
    parts = (_tables, _annex_3, _top_lists, _annex_1, _annex_2, _text)
    yield from once_each(row for part in parts for row in part(bulletin))


# ---- the two tables of the text ----------------------------------------------------------------------------------
def _tables(bulletin: Bulletin) -> Iterator[dict[str, str]]:
    """Volume by business type and by domain group, each with a total row."""
    tables = (("type", bulletin.by_type, "business_type"), ("domain", bulletin.by_domain, "domain_group"))
    for table, rows, column in tables:
        parts = [str(number) for number in range(1, len(rows))]
        for number, row in enumerate(rows, 1):
            name = row[f"{column.removesuffix('_group')}_name"]
            is_total = name == "总计"
            scope = {} if is_total else {column: name}
            subject = "业务总量" if is_total else f"{name}业务"
            place = "total" if is_total else str(number)
            for measure, what in _MEASURES.items():
                if not row[measure]:
                    continue
                code, stated = f"{table}-{place}-{measure}", _printed(measure, row[measure])
                yield DOCUMENT.figure(code, f"{subject}{what}", measure, stated, scope, "total")
                if measure == "share_pct":
                    yield _share(
                        code, f"{subject}{what}", stated, f"{table}-{place}-tickets", "type-total-tickets", scope
                    )
                if measure in ("yoy_pct", "mom_pct"):
                    yield _growth_grim(code, f"{subject}{what}", stated, f"{table}-{place}-tickets", scope)
        yield from _total_row(table, rows[-1], parts)


def _total_row(table: str, total: dict[str, str], parts: list[str]) -> Iterator[dict[str, str]]:
    """The total row against the rows above it: counts add up, shares to 100, and growth follows from the parts'."""
    what = {"type": "三类业务", "domain": "各领域"}[table]
    counts = [f"{table}-{part}-tickets" for part in parts]
    code = f"{table}-total-tickets"
    yield DOCUMENT.check("sum", f"{code}.sum", f"业务总量（{what}合计）", "tickets", total["tickets"], counts)
    shares = [f"{table}-{part}-share_pct" for part in parts]
    yield DOCUMENT.check("sum", f"{table}-share_pct.sum", f"{what}占比合计", "share_pct", "100.00", shares)
    for measure in ("yoy_pct", "mom_pct"):
        yield DOCUMENT.check(
            "implied_growth",
            f"{table}-total-{measure}.implied",
            f"业务总量{_MEASURES[measure]}（由{what}推算）",
            measure,
            _printed(measure, total[measure]),
            [f"{table}-{part}-{measure}" for part in parts],
            [*counts, code],
        )
    if table == "domain":
        for measure, name in _MEASURES.items():
            if total[measure]:
                stated = _printed(measure, total[measure])
                code = f"domain-total-{measure}.same"
                yield DOCUMENT.check(
                    "same", code, f"业务总量{name}（分领域表）", measure, stated, [f"type-total-{measure}"]
                )


# ---- annex 3 -----------------------------------------------------------------------------------------------------
def _annex_3(bulletin: Bulletin) -> Iterator[dict[str, str]]:
    """Tickets by platform and type, total, share, growth and rank of every platform, and the total row."""
    platforms = [row["platform_code"] for row in bulletin.volume]
    for row in bulletin.volume:
        platform, name = row["platform_code"], row["platform_name"]
        scope = {"platform_code": platform}
        mine = f"annex3-{platform}"
        for code, type_name in TYPE_NAMES.items():
            within = scope | {"business_type": type_name}
            yield DOCUMENT.figure(f"{mine}-{code}", f"{name}{type_name}件数", "tickets", row[code], within)
        for column, measure, what in (
            ("total", "tickets", "业务量"),
            ("share_pct", "share_pct", "业务量占比"),
            ("yoy_pct", "yoy_pct", "业务量同比"),
            ("rank", "rank", "业务量排名"),
        ):
            stated = _printed(measure, row[column])
            yield DOCUMENT.figure(f"{mine}-{column}", f"{name}{what}", measure, stated, scope, "total")
        types = [f"{mine}-{code}" for code in TYPE_NAMES]
        total, totals = f"{mine}-total", [f"annex3-{code}-total" for code in platforms]
        yield DOCUMENT.check(
            "sum", f"{total}.sum", f"{name}业务量（三类合计）", "tickets", row["total"], types, scope=scope
        )
        share = _printed("share_pct", row["share_pct"])
        yield _share(f"{mine}-share_pct", f"{name}业务量占比", share, total, "annex3-total-total", scope)
        growth = _printed("yoy_pct", row["yoy_pct"])
        yield _growth_grim(f"{mine}-yoy_pct", f"{name}业务量同比", growth, total, scope)
        yield _rank(f"{mine}-rank", f"{name}业务量排名", "rank", row["rank"], totals, total, scope)
    for column in (*TYPE_NAMES, "total"):
        code, parts = f"annex3-total-{column}", [f"annex3-{platform}-{column}" for platform in platforms]
        claim = f"附件3{TYPE_NAMES.get(column, '业务量')}合计（各平台合计）"
        yield DOCUMENT.check("sum", f"{code}.sum", claim, "tickets", _figures(bulletin)[code]["stated_text"], parts)
    total = _figures(bulletin)["annex3-total-total"]["stated_text"]
    types = [f"annex3-total-{code}" for code in TYPE_NAMES]
    yield DOCUMENT.check("sum", "annex3-total-total.types", "附件3业务总量（三类合计）", "tickets", total, types)
    shares = [f"annex3-{platform}-share_pct" for platform in platforms]
    yield DOCUMENT.check("sum", "annex3-share_pct.sum", "附件3各平台占比合计", "share_pct", "100.00", shares)
    yield DOCUMENT.check(
        "implied_growth",
        "annex3-total-yoy.implied",
        "业务总量同比（由附件3各平台推算）",
        "yoy_pct",
        _figures(bulletin)["annex3-total-yoy"]["stated_text"],
        [f"annex3-{platform}-yoy_pct" for platform in platforms],
        [*(f"annex3-{platform}-total" for platform in platforms), "annex3-total-total"],
    )
    operator = next(row for row in bulletin.volume if row["platform_code"] == OPERATOR)
    for column, measure, what in (
        ("total", "tickets", "业务量"),
        ("share_pct", "share_pct", "业务量占比"),
        ("yoy_pct", "yoy_pct", "业务量同比"),
    ):
        yield DOCUMENT.check(
            "same",
            f"annex3-{OPERATOR}-{column}.same",
            f"省交投{what}（附件3与正文高速公路领域）",
            measure,
            _printed(measure, operator[column]),
            [f"domain-1-{measure}"],
            scope={"platform_code": OPERATOR},
            assumption=SAME_TICKETS,
        )


# ---- top lists ---------------------------------------------------------------------------------------------------
def _top_lists(bulletin: Bulletin) -> Iterator[dict[str, str]]:
    """Categories of a type, platforms and sub-categories of a category: tickets, share and rank of each entry."""
    platform_codes = {r["platform_name"]: r["platform_code"] for r in bulletin.volume}
    type_rows = {row["business_type_name"]: number for number, row in enumerate(bulletin.by_type, 1)}
    lists: dict[str, list[tuple[str, dict[str, str], dict[str, str]]]] = {}
    category_codes: dict[tuple[str, str], str] = {}
    for row in bulletin.top_categories:
        code = f"category-{row['business_type']}-{row['rank']}"
        category_codes[row["business_type"], row["category_name"]] = code
        base = f"type-{type_rows[TYPE_NAMES[row['business_type']]]}-tickets"
        lists.setdefault(base, []).append((code, row, {"category": row["category_name"]}))
    for row in bulletin.top_platforms + bulletin.top_subcategories:
        category = category_codes[row["business_type"], row["category_name"]]
        if name := row.get("platform_name"):
            part, extra = platform_codes[name], {"platform_code": platform_codes[name]}
        else:
            part, extra = f"sub{row['rank']}", {"subcategory": row["subcategory_name"]}
        base = f"{category}-tickets"
        # platforms and sub-categories of one category are two lists, ranked apart
        key = f"{base} {next(iter(extra))}"
        lists.setdefault(key, []).append((f"{category}-{part}", row, {"category": row["category_name"], **extra}))
    for key, entries in lists.items():
        base = key.split()[0]
        peers = [f"{code}-tickets" for code, _, _ in entries]
        for code, row, scope in entries:
            yield from _top(code, row, scope, peers, base)


def _top(
    code: str, row: dict[str, str], scope: dict[str, str], peers: list[str], base: str
) -> Iterator[dict[str, str]]:
    type_name = TYPE_NAMES[row["business_type"]]
    share_of = "category" if len(scope) > 1 else "business_type"
    scope = {"business_type": type_name} | scope
    subject = f"{row.get('platform_name', '')}{type_name}{row['category_name']}{row.get('subcategory_name', '')}"
    share = _printed("share_pct", row["share_pct"])
    yield DOCUMENT.figure(f"{code}-tickets", f"{subject}件数", "tickets", row["tickets"], scope)
    yield DOCUMENT.figure(f"{code}-share", f"{subject}占比", "share_pct", share, scope, share_of)
    yield DOCUMENT.figure(f"{code}-rank", f"{subject}排名", "rank", row["rank"], scope)
    yield _share(f"{code}-share", f"{subject}占比", share, f"{code}-tickets", base, scope)
    yield _rank(f"{code}-rank", f"{subject}排名", "rank", row["rank"], peers, f"{code}-tickets", scope)


# ---- annexes 1 and 2 ---------------------------------------------------------------------------------------------
def _annex_1(bulletin: Bulletin) -> Iterator[dict[str, str]]:
    """Scores, ranks, percentages that whole tickets must give, and tickets per 10 000 inhabitants."""
    scores = [f"annex1-{row['platform_code']}-score" for row in bulletin.indicators]
    for row in bulletin.indicators:
        code, name = row["platform_code"], row["platform_name"]
        scope = {"platform_code": code}
        mine = f"annex1-{code}"
        yield DOCUMENT.figure(f"{mine}-score", f"{name}考评总分", "score", row["total_score"], scope)
        yield DOCUMENT.figure(f"{mine}-rank", f"{name}考评排名", "score_rank", row["rank"], scope)
        yield _rank(f"{mine}-rank", f"{name}考评排名", "score_rank", row["rank"], scores, f"{mine}-score", scope)
        for indicator, (columns, title, denominator_zh, denominator_en) in GRIM.items():
            yield DOCUMENT.check(
                "grim",
                f"{mine}-{indicator}",
                f"{name}{title}",
                "rate_pct",
                row[f"{indicator}_pct"],
                base=[f"annex3-{code}-{column}" for column in columns],
                scope=scope,
                assumption=(f"分母取附件3的{denominator_zh}", f"denominator: {denominator_en} of annex 3"),
            )
        yield DOCUMENT.check(
            "given", f"{mine}-per_10k", f"{name}万人工单数量", "per_10k", row["tickets_per_10k"], scope=scope
        )
    operator = next(row for row in bulletin.indicators if row["platform_code"] == OPERATOR)
    cities = [row["platform_code"] for row in bulletin.indicators if row["platform_code"] != OPERATOR]
    yield DOCUMENT.check(
        "implied_rate",
        f"annex1-{OPERATOR}-per_10k.implied",
        "省交投万人工单数量（由附件1与附件3各市人口推算）",
        "per_10k",
        operator["tickets_per_10k"],
        [f"annex1-{code}-per_10k" for code in cities],
        [f"annex3-{code}-total" for code in (*cities, OPERATOR)],
        scope={"platform_code": OPERATOR},
        assumption=ONE_POPULATION,
    )


def _annex_2(bulletin: Bulletin) -> Iterator[dict[str, str]]:
    """Audited rates and ranks, and the sum of the checks."""
    rates = [f"annex2-{row['platform_code']}-close" for row in bulletin.spot_check]
    names = {"callback": "抽检回访率", "close": "抽检办结率", "satisfaction": "抽检满意率"}
    problems = [f"annex2-{row['platform_code']}-problems" for row in bulletin.spot_check]
    each = "text-audited_each"
    for row in bulletin.spot_check:
        code, name = row["platform_code"], row["platform_name"]
        scope = {"platform_code": code}
        found = f"annex2-{code}-problems"
        yield DOCUMENT.check("given", found, f"{name}抽检问题工单数", "count", row["problem_tickets"], scope=scope)
        for rate, what in names.items():
            stated = row[f"audited_{rate}_pct"]
            good = [each, f"-{found}"]
            yield DOCUMENT.check(
                "share", f"annex2-{code}-{rate}", f"{name}{what}", "rate_pct", stated, good, [each], scope
            )
        mine = f"annex2-{code}-close"
        yield _rank(f"annex2-{code}-rank", f"{name}抽检排名", "audit_rank", row["rank"], rates, mine, scope)
    figures = _figures(bulletin)
    resolved, audited = figures["text-resolved"], figures["text-audited"]
    yield DOCUMENT.check(
        "share",
        resolved["code"],
        resolved["name"],
        resolved["measure"],
        resolved["stated_text"],
        [audited["code"], *(f"-{code}" for code in problems)],
        [audited["code"]],
        assumption=ALL_RESOLVED,
    )
    checked = [each] * len(problems)
    yield DOCUMENT.check("sum", audited["code"], audited["name"], "tickets", audited["stated_text"], checked)
    yield DOCUMENT.check(
        "count",
        "text-platforms",
        figures["text-platforms"]["name"],
        "count",
        figures["text-platforms"]["stated_text"],
        rates,
    )


# ---- running text ------------------------------------------------------------------------------------------------
def _text(bulletin: Bulletin) -> Iterator[dict[str, str]]:
    """Figures of the running text that restate one of a table, and the number of cities a list promises."""
    figures = _figures(bulletin)
    for code, row in figures.items():
        if row["same_as"]:
            stated, measure = row["stated_text"], row["measure"]
            yield DOCUMENT.check("same", code, row["name"], measure, stated, [row["same_as"]], scale=row["scale"])
    each, listed = figures["text-audited_each"], figures["text-driver_training_listed"]
    yield DOCUMENT.check("given", each["code"], each["name"], "tickets", each["stated_text"])
    category = next(r for r in bulletin.top_categories if r["category_name"] == "机动车驾驶员培训")
    codes = {r["platform_name"]: r["platform_code"] for r in bulletin.volume}
    printed = [
        f"category-{category['business_type']}-{category['rank']}-{codes[row['platform_name']]}-tickets"
        for row in bulletin.top_platforms
        if row["category_name"] == category["category_name"]
    ]
    yield DOCUMENT.check("count", listed["code"], listed["name"], "count", listed["stated_text"], printed)


def _figures(bulletin: Bulletin) -> dict[str, dict[str, str]]:
    return {row["code"]: row for row in bulletin.text_figures}


# ---- shapes that recur -------------------------------------------------------------------------------------------
def _printed(measure: str, stated: str) -> str:
    return f"{Decimal(stated):.2f}" if measure in RATES else stated


def _share(code: str, claim: str, stated: str, part: str, whole: str, scope: dict[str, str]) -> dict[str, str]:
    return DOCUMENT.check("share", f"{code}.share", claim, "share_pct", stated, [part], [whole], scope)


def _growth_grim(code: str, claim: str, stated: str, count: str, scope: dict[str, str]) -> dict[str, str]:
    measure = "mom_pct" if code.endswith("mom_pct") else "yoy_pct"
    return DOCUMENT.check(
        "growth_grim", f"{code}.grim", f"{claim}（整数基数）", measure, stated, base=[count], scope=scope
    )


def _rank(
    code: str, claim: str, measure: str, stated: str, peers: list[str], own: str, scope: dict[str, str]
) -> dict[str, str]:
    return DOCUMENT.check("rank", f"{code}.rank", claim, measure, stated, peers, [own], scope)
