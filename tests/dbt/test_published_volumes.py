"""Every volume, share and growth rate that Liaoning published for September 2024, to the last ticket and digit."""

from decimal import Decimal

import pytest

MONTH = "2024-09-01"


def growth(query, rollup: str) -> list[dict]:
    return query("select * from mart_volume_growth where month = ? and rollup = ?", [MONTH, rollup])


def test_annex_3_to_the_ticket(query, published):
    counted = {
        (row["platform_code"], row["business_type"]): row["tickets"] for row in growth(query, "platform_business_type")
    }
    types = ("complaint", "consultation", "suggestion")
    annex = published("annex3_volume_by_platform")
    assert {(row["platform_code"], name): int(row[name]) for row in annex for name in types} == {
        key: tickets for key, tickets in counted.items() if key[1] in types
    }
    assert {tickets for key, tickets in counted.items() if key[1] not in types} <= {0}


def test_annex_3_totals_ranks_and_shares(query, published):
    rows = sorted(growth(query, "platform"), key=lambda row: -row["tickets"])
    assert [(row["platform_code"], row["tickets"], row["share_pct"]) for row in rows] == [
        (row["platform_code"], int(row["total"]), Decimal(row["share_pct"]))
        for row in published("annex3_volume_by_platform")
    ]


@pytest.mark.parametrize(
    ("table", "name", "rollup"),
    [
        ("volume_by_business_type", "business_type_name", "business_type"),
        ("volume_by_domain", "domain_group_name", "domain_group"),
    ],
)
def test_volume_tables_with_growth_to_two_decimals(query, published, table, name, rollup):
    rows = growth(query, rollup) + growth(query, "total")
    table_name = {"business_type": "business_type_name", "domain_group": "domain_name"}[rollup]
    assert {
        row[name] or "总计": (row["tickets"], row["share_pct"], row["yoy_pct"], row["mom_pct"])
        for row in rows
        if row["tickets"]
    } == {
        row[table_name]: (
            int(row["tickets"]),
            Decimal(row["share_pct"] or 100),  # the documents leave the total's own share out
            Decimal(row["yoy_pct"]),
            Decimal(row["mom_pct"]),
        )
        for row in published(table)
    }


def test_total(query):
    assert query("select count(*) as tickets from fct_ticket where accepted_month = ?", [MONTH]) == [
        {"tickets": 243909}
    ]


def test_top_categories_in_order(query, published):
    rows = query(
        """
        select business_type, category, sum(tickets) as tickets,
            rank() over (partition by business_type order by sum(tickets) desc) as rank
        from mart_category_monthly where month = ? group by business_type, category
        qualify rank <= 5 and business_type in ('consultation', 'complaint') order by business_type, rank
        """,
        [MONTH],
    )
    expected = sorted(published("top_categories"), key=lambda row: (row["business_type"], int(row["rank"])))
    assert [(row["business_type"], row["rank"], row["category"], row["tickets"]) for row in rows] == [
        (row["business_type"], int(row["rank"]), row["category_name"], int(row["tickets"])) for row in expected
    ]


def test_top_subcategories(query, published):
    counted = query(
        """
        select business_type, category, subcategory, sum(tickets) as tickets
        from mart_category_monthly where month = ? group by all
        """,
        [MONTH],
    )
    found = {(row["business_type"], row["category"], row["subcategory"]): row["tickets"] for row in counted}
    expected = published("top_subcategories")
    assert len(expected) == 29
    for row in expected:
        key = (row["business_type"], row["category_name"], row["subcategory_name"])
        assert found.get(key) == int(row["tickets"]), key


def test_top_platforms_by_category_in_order(query, published):
    rows = query(
        """
        select business_type, category, platform_name, sum(tickets) as tickets,
            rank() over (partition by business_type, category order by sum(tickets) desc) as rank
        from mart_category_monthly where month = ? group by business_type, category, platform_name
        """,
        [MONTH],
    )
    found = {
        (row["business_type"], row["category"], row["rank"]): (row["platform_name"], row["tickets"]) for row in rows
    }
    expected = published("top_platforms_by_category")
    assert len(expected) == 24
    for row in expected:
        key = (row["business_type"], row["category_name"], int(row["rank"]))
        assert found.get(key) == (row["platform_name"], int(row["tickets"])), key


def test_tickets_without_a_type_are_kept_as_other(query):
    # the published type-level growth rates leave 469 tickets of September 2023 without a type
    rows = query("select * from mart_volume_growth where month = '2023-09-01' and rollup = 'business_type'")
    assert {row["business_type"]: row["tickets"] for row in rows}["other"] == 469
