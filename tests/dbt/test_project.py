"""Rules of the dbt project itself: each of ours sees what breaks it. That the project keeps them all: ``make lint``."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest
from dbt_rules import findings, lint, rules
from dbt_score.evaluation import Evaluation

HOME = Path(__file__).resolve().parents[2]
DBT = HOME / "dbt"
MODELS = sorted(path for path in (DBT / "models").rglob("*") if path.suffix in (".sql", ".py"))


@pytest.fixture(scope="module")
def evaluation(dbt) -> Evaluation:
    """Of the project as it is: a rule must find more in a broken one."""
    return lint(dbt.target / "manifest.json")


# every rule is broken once, each on an item of its own --------------------------------------------------

BREAKS: dict[str, tuple[str, Callable[[dict], object]]] = {
    "models.has_yml_of_its_own": (
        "model.hotline.stg_dial_tests",
        lambda node: node.update(patch_path="hotline://models/staging/stg_tickets.yml"),
    ),
    "models.is_described": ("model.hotline.stg_tickets", lambda node: node.update(description="Newest version.")),
    "models.columns_are_described": (
        "model.hotline.stg_callbacks",
        lambda node: node["columns"]["called_at"].update(description="回访时间"),
    ),
    "models.is_named_by_its_layer": ("model.hotline.int_unit_tree", lambda node: node.update(name="stg_unit_tree")),
    "models.staging_reads_only_what_was_delivered": (
        "model.hotline.stg_spot_checks",
        lambda node: node["depends_on"]["nodes"].append("model.hotline.fct_ticket"),
    ),
    "models.only_staging_reads_sources": (
        "model.hotline.fct_outage",
        lambda node: node["depends_on"]["nodes"].append("source.hotline.raw.platform_outages"),
    ),
    "models.relations_are_referred_to": (
        "model.hotline.fct_dial_test",
        lambda node: node.update(raw_code=node["raw_code"] + "\nleft join marts.dim_platform using (platform_code)"),
    ),
    "models.validity_is_asked_for": (
        "model.hotline.int_rate_claim",
        lambda node: node.update(raw_code=node["raw_code"].replace("holds_on('parameters', ", "is_true(")),
    ),
    "models.mart_has_contract": (
        "model.hotline.mart_score_monthly",
        lambda node: node["config"]["contract"].update(enforced=False),
    ),
    "models.mart_has_tested_key": ("model.hotline.dim_channel", lambda node: node.update(_without_tests=True)),
    "models.branches_are_unit_tested": (
        "model.hotline.stg_enterprises",
        lambda node: node.update(raw_code=node["raw_code"] + "\nwhere case when vehicles > 0 then true end"),
    ),
    "seeds.seed_has_yml_of_its_own": ("seed.hotline.ratings", lambda node: node.update(patch_path=None)),
    "seeds.seed_is_described": ("seed.hotline.channels", lambda node: node.update(description="受理渠道。")),
    "seeds.seed_columns_are_described": ("seed.hotline.domains", lambda node: node["columns"].pop("domain_group")),
    "seeds.seed_has_tested_key": ("seed.hotline.platforms", lambda node: node.update(_without_tests=True)),
    "sources.source_is_described": (
        "source.hotline.raw.tickets",
        lambda node: node.update(source_description="Delivered rows."),
    ),
    "sources.source_is_read": ("source.hotline.raw.enterprises", lambda node: node.update(_without_children=True)),
    "exposures.exposure_is_described": (
        "exposure.hotline.exploration",
        lambda node: node.update(label="Data sets"),
    ),
    "exposures.exposure_reads_marts": (
        "exposure.hotline.monthly_result",
        lambda node: node["depends_on"]["nodes"].append("model.hotline.int_unit_tree"),
    ),
}


@pytest.fixture(scope="module")
def broken(dbt, tmp_path_factory) -> Evaluation:
    manifest = dbt.artifact("manifest")
    items = manifest["nodes"] | manifest["sources"] | manifest["exposures"]
    for item, damage in BREAKS.values():
        damage(items[item])
    untested = {item for item, node in items.items() if node.pop("_without_tests", False)}
    childless = {item for item, node in items.items() if node.pop("_without_children", False)}
    for name in [name for name, node in manifest["nodes"].items() if node.get("attached_node") in untested]:
        del manifest["nodes"][name]
    for node in manifest["nodes"].values():
        if "nodes" in node.get("depends_on", {}):
            node["depends_on"]["nodes"] = [name for name in node["depends_on"]["nodes"] if name not in childless]
    path = tmp_path_factory.mktemp("broken") / "manifest.json"
    path.write_text(json.dumps(manifest), encoding="utf-8")
    return lint(path)


@pytest.mark.parametrize("rule", BREAKS)
def test_every_rule_sees_what_breaks_it(rule, broken, evaluation):
    source = f"project_rules.{rule}"
    assert set(findings(broken, source)) - set(findings(evaluation, source)) == {BREAKS[rule][0]}


def test_every_rule_of_ours_was_broken_once():
    assert {rule.removeprefix("project_rules.") for rule in rules() if rule.startswith("project_rules.")} == set(BREAKS)


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("select * from {{ ref('fct_ticket') }} as t join u on t.a = u.a", []),
        ("select * from marts.fct_ticket", ["marts.fct_ticket"]),
        ('select * from a join "hotline"."marts"."dim_date" on true', ['"hotline"."marts"']),
        ("select * from read_parquet('x.parquet')", ["read_parquet("]),
        ("select * from 'x.parquet'", ["'x.parquet'"]),
        ("-- from marts.fct_ticket\n{# join marts.dim_date #}\nselect 1", []),
        ("select extract(day from days.date_day) from days where days.a is distinct from days.b", []),
    ],
)
def test_hard_coded_relations_are_told_from_what_only_looks_like_them(code, found):
    from project_rules.texts import hard_coded_relations

    assert hard_coded_relations(code) == found


# what dbt-score cannot see ------------------------------------------------------------------------------


def test_every_column_of_the_warehouse_is_described_and_no_other(dbt, database):
    built: dict[tuple[str, str], list[str]] = {}
    for schema, table, column in database.execute(
        "select table_schema, table_name, column_name from information_schema.columns"
    ).fetchall():
        built.setdefault((schema, table), []).append(column)
    wrong = {}
    for node in dbt.artifact("manifest")["nodes"].values():
        if node["resource_type"] not in ("model", "seed"):
            continue
        if differing := set(built[node["schema"], node["alias"]]) ^ set(node["columns"]):
            wrong[node["name"]] = sorted(differing)
    assert wrong == {}


def test_singular_tests_are_named_as_statements_and_unit_tests_say_what_they_try(dbt):
    manifest = dbt.artifact("manifest")
    for path in (DBT / "tests").glob("*.sql"):
        assert re.fullmatch(r"assert(_[a-z0-9]+){3,}", path.stem), path.stem
    for test in manifest["unit_tests"].values():
        assert len(test["name"].split("_")) >= 3, test["name"]
        assert test["description"], test["name"]


def test_columns_that_are_never_null_are_held_by_one_test(dbt):
    """One of each costs a build more than all that it looks at."""
    held = defaultdict(list)
    for node in dbt.artifact("manifest")["nodes"].values():
        kind = (node.get("test_metadata") or {}).get("name")
        if kind in ("not_null", "never_null") and node["attached_node"] and not node["config"]["where"]:
            held[node["attached_node"]].append(node["name"])
    assert len(held) > 100
    assert {item: tests for item, tests in held.items() if len(tests) > 1} == {}


def test_models_are_short(dbt):
    lengths = sorted(len(path.read_text(encoding="utf-8").splitlines()) for path in MODELS)
    assert len(lengths) == sum(node["resource_type"] == "model" for node in dbt.artifact("manifest")["nodes"].values())
    assert lengths[len(lengths) // 2] <= 45
