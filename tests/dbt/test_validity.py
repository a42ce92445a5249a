"""Definitions with validity: whoever joins them says the day, and two versions that say the same give the same marts."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner
from marts import differing

from hotline.cli import cli

DBT = Path(__file__).resolve().parents[2] / "dbt"
CUT = date(2024, 9, 10)
"""A day within the months of the small history."""
VERSIONS = {"dim_category": "category", "dim_indicator": "indicator_code", "dim_platform": "platform_code"}
"""Marts that show the versions themselves, and whose they are: they are compared by what they say on a day."""
OF_A_VERSION = {"valid_from", "valid_to", "version", "category_key", "is_current"}


# whoever joins them says the day ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("from t join {{ ref('rules') }} as r on {{ holds_on('r', 't.day') }}", []),
        ("from t\ninner join {{ ref('rules') }} as r\n    on t.a = r.a and {{ holds_on('r', 't.day') }}", []),
        ("from t join {{ ref('rules') }} as r on t.a = r.a", ["rules"]),
        ("from t join {{ ref('rules') }} as r on t.a = r.a join {{ ref('rules') }} as s on {{ holds_on('s', 'd') }}", ["rules"]),
        ("from t join {{ ref('other') }} as r on t.a = r.a", []),
        ("from {{ ref('rules') }}", ["rules"]),
        ("from {{ ref('rules') }} as r cross join {{ ref('days') }} as d where {{ holds_on('r', 'd.day') }}", []),
        ("from t join {{ rows_of_part(ref('rules')) }} as r on t.a = r.a", ["rules"]),
        ("-- join {{ ref('rules') }} as r on true\nselect 1", []),
    ],
)  # fmt: skip
def test_joins_without_a_day_are_told(code, found):
    from project_rules.texts import undated_joins

    assert undated_joins(code, {"rules"}) == found


@pytest.mark.parametrize(
    ("code", "is_by_hand"),
    [
        ("on t.day >= r.valid_from and t.day < r.valid_to", True),
        ("where t.day < coalesce(r.valid_to, date '9999-12-31')", True),
        ("where valid_from <= t.day", True),
        ("where r.valid_to is null and r.valid_from = t.day", False),
        ("lead(valid_from) over (partition by code order by valid_from) as valid_to", False),
    ],
)
def test_validity_compared_by_hand_is_told(code, is_by_hand):
    from project_rules.texts import HAND_DATED

    assert bool(HAND_DATED.search(code)) == is_by_hand


def test_data_tests_say_the_day_too(dbt):
    from project_rules.texts import undated_joins

    nodes = dbt.artifact("manifest")["nodes"].values()
    versioned = {n["name"] for n in nodes if {"valid_from", "valid_to"} <= n.get("columns", {}).keys()}
    assert {"time_limits", "platforms", "dim_indicator"} <= versioned
    tests = {path.stem: path.read_text(encoding="utf-8") for path in (DBT / "tests").glob("*.sql")}
    undated = {name: found for name, code in tests.items() if (found := undated_joins(code, versioned))}
    assert undated == {  # these look at the versions themselves, or at codes alone
        "assert_a_category_has_one_version_at_a_time": ["category_versions"],
        "assert_a_platform_owes_a_feed_in_one_way_at_a_time": ["platform_obligations"],
        "assert_every_planned_check_has_exactly_one_row": ["dim_platform"],
        "assert_never_two_rules_of_equal_specificity_hold_at_once": ["int_time_limit_rule", "int_time_limit_rule"],
    }


# two versions that say the same -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def history(project, tmp_path_factory) -> Path:
    """``HOTLINE_VAR`` of a small sample with all feeds, built."""
    var = tmp_path_factory.mktemp("history")
    months = "2023-09,2024-08,2024-09"
    with project.at(var):
        for step in (["simulate", "--months", months, "--scale", "0.01"], ["deliver"], ["ingest"]):
            done = CliRunner().invoke(cli, [*step, "--json"])
            assert done.exit_code == 0, done.output
    project.run(var, "build", "--exclude", "tag:quality", "resource_type:test", "resource_type:unit_test")
    return var


@contextmanager
def changed(var: Path, folder: Path) -> Iterator[tuple[Path, duckdb.DuckDBPyConnection]]:
    """A copy of an installation, and its warehouse file to change."""
    copy = folder / "var"
    shutil.copytree(var, copy)
    with duckdb.connect(str(copy / "build" / "hotline.duckdb")) as connection:
        yield copy, connection


def cut_in_two(connection: duckdb.DuckDBPyConnection, day: date) -> list[str]:
    """Make of each row of a seed that holds on ``day`` and before two, the second from that day on; the seeds' names."""
    seeds = connection.execute(
        "select table_name from duckdb_columns() where schema_name = 'seeds' and column_name in ('valid_from', 'valid_to') "
        "group by table_name having count(*) = 2 order by table_name"
    ).fetchall()
    for (seed,) in seeds:
        columns = {name for name, *_ in connection.execute(f"describe seeds.{seed}").fetchall()}
        numbered = ", version + 1 as version" if "version" in columns else ""
        holds = f"valid_from < date '{day}' and coalesce(valid_to, date '9999-12-31') > date '{day}'"
        connection.execute(f"create temp table later as select * replace (date '{day}' as valid_from{numbered}) "
                           f"from seeds.{seed} where {holds}")  # fmt: skip
        assert connection.execute("select count(*) from later").fetchone()[0], seed
        connection.execute(f"update seeds.{seed} set valid_to = date '{day}' where {holds}")
        connection.execute(f"insert into seeds.{seed} by name from later")
        connection.execute("drop table later")
    return [seed for (seed,) in seeds]


@pytest.mark.slow
def test_a_row_of_every_seed_cut_in_two_gives_the_same_marts(project, history, tmp_path):
    with changed(history, tmp_path) as (var, connection):
        seeds = cut_in_two(connection, CUT)
    assert {"platforms", "indicators", "time_limits", "working_periods", "category_versions"} <= set(seeds)
    project.run(
        var, "build", "--full-refresh", "--exclude", "tag:quality", "resource_type:seed", "resource_type:unit_test"
    )
    before, after = (folder / "build" / "hotline.duckdb" for folder in (history, var))
    assert differing(before, after, frozenset(VERSIONS)) == {}
    with duckdb.connect() as connection:
        connection.execute(f"attach '{before}' as before (read_only); attach '{after}' as after (read_only)")
        for mart, key in VERSIONS.items():
            columns = {name for name, *_ in connection.execute(f"describe before.marts.{mart}").fetchall()}
            said = ", ".join(sorted(columns - OF_A_VERSION))
            sides = [
                f"select day, {said} from {side}.marts.{mart}, (values (date '2024-09-09'), (date '{CUT}')) as days (day) "
                "where coalesce(valid_from, day) <= day and coalesce(valid_to, day + 1) > day"
                for side in ("before", "after")
            ]
            assert connection.execute(f"select count(distinct {key}) from ({sides[0]})").fetchone()[0] > 0
            for one, other in (sides, sides[::-1]):
                assert connection.execute(f"{one} except all {other}").fetchall() == [], mart
