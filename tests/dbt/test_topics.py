"""Rankings, league, hot spots and sudden rises, each counted a second way from the tickets."""

import shutil
from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import product
from math import comb, exp, lgamma, log

import duckdb
import pytest

MONTH = date(2024, 9, 1)
HIDDEN_DENOMINATORS = {
    "巡游出租汽车": 3914,
    "公共汽电车": 588,
    "网络预约出租汽车": 1111,
    "机动车驾驶员培训": 88,
    "道路货物运输": 272,
}
"""Of complaints: what some published shares were taken of, instead of the category's tickets."""
TOLERANCE = 1e-7


def percent(count: int, total: int, places: str = "0.01") -> Decimal:
    return (Decimal(100 * count) / total).quantize(Decimal(places), ROUND_HALF_UP)


def bisect(rises, low: float, high: float) -> float:
    """Where a function that rises from below 0 to above 0 crosses it."""
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if rises(middle) < 0 else (low, middle)
    return low


def poisson_at_most(count: int, mean: float) -> float:
    return sum(exp(k * log(mean) - mean - lgamma(k + 1)) for k in range(count + 1))


# rankings -----------------------------------------------------------------------------------------------


def ranking(query, level: str, **where) -> list[dict]:
    where = {"period_kind": "month", "period_start": MONTH, "scope": "province", "level": level} | where
    conditions = " and ".join(f"{column} = ?" for column in where)
    return query(f"select * from mart_category_ranking where {conditions} order by rank", list(where.values()))


@pytest.mark.parametrize("business_type", ["consultation", "complaint"])
def test_published_top_categories_with_their_shares(query, published, business_type):
    rows = [row for row in ranking(query, "category", business_type=business_type) if row["rank"] <= 5]
    assert {row["denominator_name"] for row in rows} == {"占该业务类型工单"}
    assert [(row["category"], row["rank"], row["tickets"], row["share_pct"]) for row in rows] == [
        (row["category_name"], int(row["rank"]), int(row["tickets"]), Decimal(row["share_pct"]))
        for row in published("top_categories")
        if row["business_type"] == business_type
    ]


def test_published_top_platforms_within_a_category(query, published):
    found = {(row["business_type"], row["category"], row["platform_name"]): row for row in ranking(query, "platform")}
    for row in published("top_platforms_by_category"):
        mine = found[row["business_type"], row["category_name"], row["platform_name"]]
        assert (mine["rank"], mine["tickets"], mine["share_pct"]) == (
            int(row["rank"]), int(row["tickets"]), Decimal(row["share_pct"]),
        )  # fmt: skip


def test_published_top_subcategories_but_for_the_hidden_denominators(query, published):
    """Every published count is there; a share differs only where the bulletin took it of something that it hides."""
    found = {(row["business_type"], row["category"], row["subcategory"]): row for row in ranking(query, "subcategory")}
    hidden = 0
    for row in published("top_subcategories"):
        mine = found[row["business_type"], row["category_name"], row["subcategory_name"]]
        assert (mine["rank"], mine["tickets"]) == (int(row["rank"]), int(row["tickets"])), row
        assert mine["share_pct"] == percent(mine["tickets"], mine["denominator"])
        if mine["share_pct"] != Decimal(row["share_pct"]):
            assert row["business_type"] == "complaint"
            assert Decimal(row["share_pct"]) == percent(mine["tickets"], HIDDEN_DENOMINATORS[row["category_name"]]), row
            hidden += 1
    assert hidden == 13


@pytest.mark.parametrize(
    ("period_kind", "first", "after"),
    [
        ("month", "2024-08-01", "2024-09-01"),
        ("quarter", "2024-07-01", "2024-10-01"),
        ("year", "2024-01-01", "2025-01-01"),
    ],
)
@pytest.mark.parametrize("platform", [None, "210200"])
def test_every_ranking_is_the_one_counted_from_the_tickets(query, period_kind, first, after, platform):
    tickets = query(
        "select business_type, category, coalesce(subcategory, '未填写') as subcategory, count(*) as n from fct_ticket "
        "where accepted_at >= ? and accepted_at < ? and platform_code = coalesce(?, platform_code) group by all",
        [first, after, platform],
    )
    counted = defaultdict(Counter)
    for row in tickets:
        for business_type in (row["business_type"], None):
            counted["category", business_type, None][row["category"]] += row["n"]
            counted["subcategory", business_type, row["category"]][row["subcategory"]] += row["n"]
    expected = {
        (level, business_type, category or item, item if category else None): (
            1 + sum(other > n for other in items.values()), n, items.total(), percent(n, items.total()),
        )
        for (level, business_type, category), items in counted.items()
        for item, n in items.items()
    }  # fmt: skip
    rows = query(
        "select * from mart_category_ranking where period_kind = ? and period_start = ? and scope = ? "
        "and level <> 'platform' and platform_code is not distinct from ?",
        [period_kind, first, "platform" if platform else "province", platform],
    )
    assert len(rows) == len(expected) > 500
    assert {
        (row["level"], row["business_type"], row["category"], row["subcategory"]):
        (row["rank"], row["tickets"], row["denominator"], row["share_pct"])
        for row in rows
    } == expected  # fmt: skip


def test_growth_stands_beside_its_base(query):
    rows = ranking(query, "category")
    bases = {
        (row["accepted_month"], row["business_type"], row["category"]): row["n"]
        for row in query(
            "select accepted_month, business_type, category, count(*) as n from fct_ticket group by all union all "
            "select accepted_month, null, category, count(*) from fct_ticket group by all"
        )
    }
    assert len(rows) > 300
    for row in rows:
        bases_of = {"previous_year": ("yoy_pct", date(2023, 9, 1)), "previous_period": ("mom_pct", date(2024, 8, 1))}
        for base, (growth, month) in bases_of.items():
            tickets = bases.get((month, row["business_type"], row["category"]), 0)
            assert row[f"tickets_{base}"] == tickets
            assert row[growth] == (percent(row["tickets"] - tickets, tickets) if tickets else None)


def test_periods_that_do_not_hold_the_same_months_are_not_compared(query):
    rows = query(
        "select period_kind, period_start, count(tickets_previous_year) as years, count(tickets_previous_period) as "
        "periods, bool_and(is_complete) as complete from mart_category_ranking group by all"
    )
    assert {
        (row["period_kind"], str(row["period_start"])): (row["years"] > 0, row["periods"] > 0, row["complete"])
        for row in rows
    } == {
        ("month", "2023-09-01"): (False, False, True),
        ("month", "2024-08-01"): (False, False, True),
        ("month", "2024-09-01"): (True, True, True),
        ("quarter", "2023-07-01"): (False, False, False),
        ("quarter", "2024-07-01"): (False, False, False),
        ("year", "2023-01-01"): (False, False, False),
        ("year", "2024-01-01"): (False, False, False),
    }


# incidents ----------------------------------------------------------------------------------------------


def test_an_incident_is_a_caller_a_matter_and_seven_quiet_days(query):
    (row,) = query(
        """
        select
            count(*) filter (opens_incident) as incidents,
            count(*) filter (opens_incident = exists (
                select 1 from fct_ticket as earlier
                where earlier.caller_key = later.caller_key and earlier.platform_code = later.platform_code
                    and earlier.category = later.category
                    and earlier.subcategory is not distinct from later.subcategory
                    and earlier.enterprise_name is not distinct from later.enterprise_name
                    and earlier.accepted_at >= later.accepted_at - interval 7 day
                    and (earlier.accepted_at, earlier.ticket_no) < (later.accepted_at, later.ticket_no)
            )) as wrong,
            count(*) as tickets
        from fct_ticket as later where business_type = 'complaint'
        """
    )
    assert row["wrong"] == 0
    assert row["tickets"] * 0.9 < row["incidents"] < row["tickets"] - 100


# league -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def league(query):
    return query("select * from mart_enterprise_league where period_kind = 'quarter' and period_start = '2024-07-01'")


def test_league_counts_and_exposures(query, league):
    complaints = {
        (row["platform_code"], row["enterprise_name"]): row
        for row in query(
            """
            select platform_code, enterprise_name, count(*) as complaints, count(is_satisfied) as rated,
                count(*) filter (opens_incident) as incidents,
                count(*) filter (is_satisfied and not is_implausible) as satisfied
            from fct_ticket where business_type = 'complaint' and accepted_at >= '2024-07-01' and enterprise_name <> ''
            group by all
            """
        )
    }
    register = query("select * from dim_enterprise")
    assert len(league) > 100
    assert sum(row["complaints"] for row in league) == sum(row["complaints"] for row in complaints.values()) > 10_000
    for row in league:
        counted = complaints.get((row["platform_code"], row["enterprise_name"]), Counter())
        names = ("complaints", "incidents", "rated", "satisfied")
        assert [row[name] for name in names] == [counted[name] for name in names]
        vehicles = [
            version["vehicles"] or None
            for end in (date(2024, 8, 31), date(2024, 9, 30))
            for version in register
            if (version["platform_code"], version["enterprise_code"]) == (row["platform_code"], row["enterprise_code"])
            and version["valid_from"] <= end and (version["valid_to"] is None or end < version["valid_to"])
        ]  # fmt: skip
        assert row["months"] == len(vehicles) == 2
        known = None not in vehicles
        assert row["vehicle_months"] == (sum(vehicles) if known else None)
        assert row["is_ranked"] == (known and sum(vehicles) >= 60)
        if known:
            rate = Fraction(1000 * row["complaints"], sum(vehicles))
            assert abs(row["rate_per_1000_vehicles"] - Decimal(rate.numerator) / rate.denominator) <= Decimal("0.00005")


def test_league_intervals_are_exact(league):
    checked = 0
    for row in league:
        if row["vehicle_months"] is None or row["complaints"] > 150:
            continue
        count, scale = row["complaints"], 1000 / row["vehicle_months"]
        upper = bisect(lambda mean, count=count: 0.025 - poisson_at_most(count, mean), 1e-9, 10 * count + 20)
        lower = count and bisect(lambda mean, count=count: 0.975 - poisson_at_most(count - 1, mean), 1e-9, count)
        assert float(row["rate_upper"]) == pytest.approx(upper * scale, abs=1e-3)
        assert float(row["rate_lower"]) == pytest.approx(lower * scale, abs=1e-3)
        checked += 1
    assert checked > 50


def test_league_is_ranked_by_the_lower_bound_and_tested_against_its_group(league):
    groups, families, small = defaultdict(list), defaultdict(list), 0
    for row in league:
        groups[row["platform_code"], row["category"]].append(row)
    for group in groups.values():
        placed = [row for row in group if row["is_ranked"] and row["complaints"]]
        for row in placed:
            assert row["rank"] == 1 + sum(other["rate_lower"] > row["rate_lower"] for other in placed)
        known = [row for row in group if row["vehicle_months"] is not None]
        incidents = sum(row["incidents"] for row in known)
        exposure = sum(row["vehicle_months"] for row in known)
        for row in group:
            if row not in placed:
                assert row["rank"] is None
            if row["vehicle_months"] is None or len(known) < 2:
                assert row["p_value"] is None
                continue
            share = Fraction(row["vehicle_months"], exposure)
            assert float(row["expected_incidents"]) == pytest.approx(float(share * incidents), abs=1e-4)
            share = min(Fraction(1), share * 3 / 2)  # is it more than half as much again?
            exact = sum(
                (comb(incidents, k) * share**k * (1 - share) ** (incidents - k))
                for k in range(row["incidents"], incidents + 1)
            ) if incidents < 300 else None  # fmt: skip
            assert exact is None or row["p_value"] == pytest.approx(float(exact), rel=1e-6)
            small += not row["is_ranked"]
            families[row["platform_code"]].append(row)
    assert len(families) == 14
    assert small > 10, "small fleets are not ranked, but tested"
    for family in families.values():
        running = 0.0
        for place, row in enumerate(sorted(family, key=lambda row: row["p_value"])):
            running = max(running, min(1.0, (len(family) - place) * row["p_value"]))
            assert row["p_adjusted"] == pytest.approx(running, rel=1e-9)
            assert row["is_above_group"] == (row["p_adjusted"] < 0.05)


# hot spots ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tickets_of_dalian(query):
    return query(
        "select district, hour(accepted_at) as hour, category, subcategory, opens_incident from fct_ticket "
        "where platform_code = '210200' and business_type = 'complaint' and accepted_month = ?",
        [MONTH],
    )


@pytest.mark.parametrize("level", ["category", "subcategory"])
@pytest.mark.parametrize("spot_kind", ["area", "hour", "area_hour"])
def test_hot_spots_are_the_cells_of_the_tables(query, tickets_of_dalian, spot_kind, level):
    tables = defaultdict(Counter)  # (row, column) -> tickets, a table each
    opened = defaultdict(Counter)  # the same of incidents
    for ticket in tickets_of_dalian:
        matter = (ticket["category"], ticket["subcategory"] if level == "subcategory" else None)
        if level == "subcategory" and ticket["subcategory"] is None:
            continue
        if spot_kind != "hour" and ticket["district"] is None:
            continue
        if spot_kind == "area_hour":
            table, cell = matter, (ticket["district"], ticket["hour"])
        else:
            table, cell = None, (ticket["district" if spot_kind == "area" else "hour"], matter)
        tables[table][cell] += 1
        opened[table][cell] += ticket["opens_incident"]

    def totals(table):
        rows, columns = Counter(), Counter()
        for (row, column), n in table.items():
            rows[row] += n
            columns[column] += n
        return rows, columns

    expected, tests = {}, 0
    for matter, table in tables.items():
        (rows, columns), (own_rows, own_columns) = totals(table), totals(opened[matter])
        tests += sum(n >= 5 and m >= 5 for n, m in product(own_rows.values(), own_columns.values()))
        for (row, column), n in table.items():
            place = {"area": (row, None), "hour": (None, row), "area_hour": (row, column)}[spot_kind]
            expected[(*(matter or column), *place)] = (
                n, rows[row], columns[column], table.total(),
                opened[matter][row, column], own_rows[row], own_columns[column], opened[matter].total(),
            )  # fmt: skip

    found = query(
        "select * from mart_hot_spot where platform_code = '210200' and month = ? and spot_kind = ? and level = ?",
        [MONTH, spot_kind, level],
    )
    keys = ("category", "subcategory", "district", "hour")
    counts = ("tickets", "row_tickets", "column_tickets", "population")
    incidents = ("incidents", "row_incidents", "column_incidents", "table_incidents")
    assert {tuple(row[k] for k in keys): tuple(row[c] for c in counts + incidents) for row in found} == expected
    assert all(row["is_small_n"] == (row["incidents"] < 5) == (row["p_value"] is None) for row in found)

    tested = sorted((row for row in found if not row["is_small_n"]), key=lambda row: row["p_value"])
    assert len(tested) > 20
    harmonic = sum(1 / k for k in range(1, tests + 1))
    adjusted = 1.0
    for place, row in reversed(list(enumerate(tested, 1))):
        assert row["p_value"] == pytest.approx(weighed_at_least(*(row[name] for name in incidents)), rel=1e-6)
        adjusted = min(adjusted, row["p_value"] * tests * harmonic / place)
        assert row["p_adjusted"] == pytest.approx(adjusted, rel=TOLERANCE)
        assert row["is_hot_spot"] == (row["p_adjusted"] < 0.05)
        assert not row["is_hot_spot"] or row["concentration"] > 1.5


def test_the_interval_of_a_district_is_that_of_its_share_of_the_matter(query, tickets_of_dalian):
    opened = Counter(
        (ticket["district"], ticket["category"])
        for ticket in tickets_of_dalian
        if ticket["district"] and ticket["opens_incident"]
    )
    rows, columns = Counter(), Counter()
    for (district, matter), n in opened.items():
        rows[district] += n
        columns[matter] += n
    found = query(
        "select * from mart_hot_spot where platform_code = '210200' and month = ? and level = 'category'", [MONTH]
    )
    assert {row["concentration_lower"] for row in found if row["spot_kind"] != "area"} == {None}
    areas = [row for row in found if row["spot_kind"] == "area"]
    assert any(row["is_small_n"] for row in areas)
    for row in areas:
        x, n = opened[row["district"], row["category"]], columns[row["category"]]

        def at_least(k: int, p: float, n: int = n) -> float:
            return sum(comb(n, i) * exp(i * log(p) + (n - i) * log(1 - p)) for i in range(k, n + 1)) if k else 1.0

        if n > 60 or x == 0:  # sums of larger ones take long, and their numbers no float
            continue
        of_all = rows[row["district"]] / opened.total()
        lower = bisect(lambda p, x=x: at_least(x, p) - 0.025, 1e-12, 1 - 1e-12)
        upper = 1.0 if x == n else bisect(lambda p, x=x: at_least(x + 1, p) - 0.975, 1e-12, 1 - 1e-12)
        ends = float(row["concentration_lower"]), float(row["concentration_upper"])
        assert ends == pytest.approx((lower / of_all, upper / of_all), abs=2e-4)
        assert row["concentration_lower"] <= row["concentration"] <= row["concentration_upper"]


def weighed_at_least(x: int, r: int, c: int, n: int) -> float:
    """P(X >= x) of the table whose cell holds 1.5 times what independence gives, all its terms by exact whole numbers."""
    a = Fraction(3 * r * c, 2 * n)
    if a >= min(r, c):
        return 1.0
    odds = log(a * (n - r - c + a) / ((r - a) * (c - a)))
    terms = {k: log(comb(r, k) * comb(n - r, c - k)) + k * odds for k in range(max(0, r + c - n), min(r, c) + 1)}
    most = max(terms.values())
    return sum(exp(terms[k] - most) for k in terms if k >= x) / sum(exp(term - most) for term in terms.values())


# sudden rises -------------------------------------------------------------------------------------------


def negative_binomial_at_least(count: int, mean: float, variance: float) -> float:
    """P(X >= count), summed term by term from the count on."""
    success = mean / variance
    size = mean * success / (1 - success)
    total, k = 0.0, count
    while True:
        term = exp(lgamma(k + size) - lgamma(size) - lgamma(k + 1) + size * log(success) + k * log(1 - success))
        total += term
        k += 1
        if k > mean and term < total * 1e-14:
            return total


def test_daily_rises_are_those_of_the_tickets(query):
    """One platform's categories: baselines, spreads and tails from the daily counts; special days by their kind."""
    series = defaultdict(Counter)
    for row in query(
        "select business_type, category, cast(accepted_at as date) as day, count(*) as n from fct_ticket "
        "where platform_code = '210200' and accepted_at >= '2024-08-01' group by all"
    ):
        series[row["business_type"], row["category"]][row["day"]] = row["n"]
    days = {
        row["date_day"]: row
        for row in query("select * from dim_date where date_day between '2024-08-01' and '2024-09-30'")
    }

    def kind(day):
        facts = days[day]
        return "make-up" if facts["is_make_up_workday"] else "holiday" if facts["is_holiday"] else facts["iso_dow"]

    def comparable(day, other):
        if kind(day) in ("make-up", "holiday"):
            return days[day]["is_working_day"] == days[other]["is_working_day"]
        return kind(day) == kind(other)

    found = query(
        "select * from mart_sudden_rise where platform_code = '210200' and period_kind = 'day' and level = 'category'"
    )
    assert len(found) == sum(n >= 5 for counts in series.values() for n in counts.values()) > 500
    assert {"make_up_workday", "holiday"} < {row["day_kind"] for row in found}
    for row in found:
        day, counts = row["period_start"], series[row["business_type"], row["category"]]
        window = [other for other in days if timedelta(0) < day - other <= timedelta(56)]
        same = [counts[other] for other in window if comparable(day, other)]
        assert (row["tickets"], row["baseline_tickets"], row["baseline_days"]) == (counts[day], sum(same), len(same))
        if len(same) < 4:
            assert (row["rise_status"], row["p_value"]) == ("not_enough_history", None)
            continue
        squares, freedom = 0.0, 0
        for one in {kind(other) for other in window}:
            values = [counts[other] for other in window if kind(other) == one]
            mean = sum(values) / len(values)
            if mean:
                squares += sum((value - mean) ** 2 for value in values) / mean
                freedom += len(values) - 1
        dispersion = max(1.0, squares / freedom) if freedom else 1.0
        assert row["dispersion"] == pytest.approx(dispersion)
        ratio = 1.5 / len(same)  # has it risen by more than half?
        mean = (sum(same) + 1) * ratio
        tail = negative_binomial_at_least(counts[day], mean, dispersion * mean * (1 + ratio))
        assert row["p_value"] == pytest.approx(tail, rel=1e-6)
        assert float(row["expected_tickets"]) == pytest.approx(sum(same) / len(same), abs=1e-4)


def test_rises_are_adjusted_over_all_series(query):
    families = defaultdict(list)
    for row in query("select * from mart_sudden_rise where p_value is not null order by p_value desc"):
        families[row["period_kind"], row["period_start"], row["level"]].append(row)
    assert len(families) > 60
    for (kind, start, level), family in families.items():
        subcategory = ", coalesce(subcategory, '未填写')" if level == "subcategory" else ""
        before = start.replace(year=start.year - 1) if kind == "month" else start.replace(day=1) - timedelta(1)
        (series,) = query(
            f"select count(distinct (platform_code, business_type, category{subcategory})) as n from fct_ticket "
            "where accepted_month in (date_trunc('month', cast(? as date)), date_trunc('month', cast(? as date)))",
            [start, before],
        )
        assert {row["series_tested"] for row in family} == {series["n"]}
        adjusted = 1.0
        for place, row in zip(range(len(family), 0, -1), family, strict=True):
            adjusted = min(adjusted, row["p_value"] * series["n"] / place)
            assert row["p_adjusted"] == pytest.approx(adjusted, rel=TOLERANCE)
            assert row["is_flagged"] == (adjusted < 0.05)
            assert not row["is_flagged"] or row["tickets"] > Decimal("1.5") * row["expected_tickets"]


def is_rise(p_values: list[float], own: int, tests: int) -> bool:
    """Benjamini and Hochberg, step by step: the largest place whose p-value is below its share of the level."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    places = [place for place, index in enumerate(order, 1) if p_values[index] < 0.05 * place / tests]
    return own in order[: max(places, default=0)]


@pytest.mark.parametrize("day", [date(2024, 9, 9), date(2024, 9, 14), date(2024, 9, 20)])
def test_the_limit_is_the_smallest_count_that_would_have_been_a_rise(query, day):
    """The others of the family being what they are; below the number that is looked at nothing is a rise."""
    family = query(
        "select * from mart_sudden_rise where period_kind = 'day' and period_start = ? and level = 'category' "
        "and p_value is not null order by all",
        [day],
    )
    assert len(family) > 20
    for own, row in enumerate(family):
        ratio = 1.5 / row["baseline_days"]
        mean = (row["baseline_tickets"] + 1) * ratio

        def rises(count: int, row=row, own=own, mean=mean, ratio=ratio) -> bool:
            tail = negative_binomial_at_least(count, mean, row["dispersion"] * mean * (1 + ratio))
            p_values = [tail if other == own else one["p_value"] for other, one in enumerate(family)]
            return is_rise(p_values, own, row["series_tested"])

        limit = row["limit_tickets"]
        assert rises(limit) and (limit == 5 or not rises(limit - 1)), row


def test_the_trend_of_a_series_is_the_days_of_its_tickets(query):
    days = defaultdict(Counter)
    for row in query(
        "select platform_code, business_type, category, coalesce(subcategory, '未填写') as subcategory, "
        "cast(accepted_at as date) as day, count(*) as n from fct_ticket where accepted_at >= '2024-08-01' group by all"
    ):
        for subcategory in (None, row["subcategory"]):
            days[row["platform_code"], row["business_type"], row["category"], subcategory][row["day"]] += row["n"]
    shown = defaultdict(list)
    for row in query("select * from mart_rise_trend order by date_day"):
        key = row["platform_code"], row["business_type"], row["category"], row["subcategory"]
        assert row["tickets"] == days[key][row["date_day"]]
        shown[row["month"], key].append(row["date_day"])
    # 56 days to the end of the month, and of August those that were delivered
    assert {(len(line), line[0], line[-1]) for (month, _), line in shown.items() if month == MONTH} == {
        (56, date(2024, 8, 6), date(2024, 9, 30))
    }
    near = query("select * from mart_sudden_rise where p_value < 0.05")
    assert set(shown) == {
        (
            row["period_start"].replace(day=1),
            (row["platform_code"], row["business_type"], row["category"], row["subcategory"]),
        )
        for row in near
    }
    assert len(shown) > 5


def test_the_sample_has_no_sudden_rise(query):
    # none was put in: months follow published totals, days their weekdays
    rows = query("select rise_status, count(*) as n from mart_sudden_rise group by all")
    counted = {row["rise_status"]: row["n"] for row in rows}
    assert counted.get("flagged", 0) == 0
    assert counted["not_flagged"] > 5000
    assert counted["not_enough_history"] > 5000  # the sample's first weeks, and August 2023 is not in it


# what is put in must be found ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def disturbed(warehouse, project, tmp_path_factory):
    """The warehouse with 150 more complaints of one evening in one district, of 150 callers, and of one caller in another
    city; its topics built anew."""
    var = tmp_path_factory.mktemp("disturbed")
    database = var / "build" / "hotline.duckdb"
    database.parent.mkdir()
    shutil.copy(warehouse, database)
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            """
            insert into marts.fct_ticket by name
            select * exclude (n) replace (
                'JT' || platform_code || '20240920' || right('99000000' || more.n, 8) as ticket_no,
                if(platform_code = '210200', 'caller' || more.n, 'one caller') as caller_key,
                platform_code = '210200' or more.n = 0 as opens_incident,
                timestamp '2024-09-20 18:05:00' + to_seconds(more.n * 20) as accepted_at,
                date '2024-09-20' as ticket_day, '示例湾区' as district
            )
            from (
                select * from marts.fct_ticket
                where platform_code in ('210200', '210100') and business_type = 'complaint' and category = '公共汽电车'
                    and subcategory = '到站不停' and accepted_month = '2024-09-01'
                qualify row_number() over (partition by platform_code order by ticket_no) = 1
            ), (select unnest(range(150)) as n) as more
            """
        )
    topics = ("int_ticket_count_monthly", "mart_category_monthly", "int_topic_*", "marts.topics")
    project.run(var, "run", "--full-refresh", "--select", *topics)
    with duckdb.connect(str(database), read_only=True) as connection:
        connection.execute("use marts")
        yield lambda statement: connection.execute(statement).fetchall()


def test_a_rise_that_was_put_in_is_found_and_no_other(disturbed):
    rows = disturbed(
        "select period_kind, cast(period_start as varchar), platform_name, category, coalesce(subcategory, '') "
        "from mart_sudden_rise where is_flagged order by all"
    )
    assert ("day", "2024-09-20", "大连", "公共汽电车", "到站不停") in rows
    assert ("day", "2024-09-20", "大连", "公共汽电车", "") in rows
    assert ("month", "2024-09-01", "大连", "公共汽电车", "到站不停") in rows
    # a category may rise with its sub-category; nothing else does. Rises count tickets, whoever calls
    assert {row[2:4] for row in rows} == {("大连", "公共汽电车"), ("沈阳", "公共汽电车")}
    assert {row[1] for row in rows} == {"2024-09-20", "2024-09-01"}


def test_the_trend_of_what_was_put_in_has_its_day_above_the_limit_and_no_other(disturbed):
    rows = disturbed(
        "select cast(date_day as varchar), tickets >= limit_tickets, is_flagged from mart_rise_trend where platform_name = '大连' "
        "and business_type = 'complaint' and category = '公共汽电车' and subcategory = '到站不停' and limit_tickets is not null"
    )
    assert [row for row in rows if row[1] or row[2]] == [("2024-09-20", True, True)]


def test_a_hot_spot_that_was_put_in_is_found(disturbed):
    rows = disturbed(
        "select spot_kind, category, coalesce(subcategory, ''), district, hour from mart_hot_spot "
        "where is_hot_spot and month = '2024-09-01' and platform_code = '210200'"
    )
    assert ("area", "公共汽电车", "到站不停", "示例湾区", None) in rows
    assert ("hour", "公共汽电车", "到站不停", None, 18) in rows
    assert ("area_hour", "公共汽电车", "", "示例湾区", 18) in rows


def test_one_caller_makes_no_hot_spot(disturbed):
    (row,) = disturbed(
        "select tickets, incidents, is_hot_spot from mart_hot_spot where month = '2024-09-01' and platform_code = '210100' "
        "and spot_kind = 'area' and subcategory = '到站不停' and district = '示例湾区'"
    )
    assert row == (150, 1, False)
