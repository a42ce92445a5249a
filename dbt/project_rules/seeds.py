"""Rules of seeds."""

import csv
from pathlib import Path

from dbt_score import RuleViolation, Seed, Severity, rule

from project_rules.models import KEY_TESTS, all_tests
from project_rules.texts import folder_and_stem, in_both_languages, violation_for


@rule(severity=Severity.CRITICAL)
def seed_has_yml_of_its_own(seed: Seed) -> RuleViolation | None:
    """A seed is described in the yml beside it that has its name."""
    if folder_and_stem(seed.patch_path) != folder_and_stem(seed.original_file_path):
        return RuleViolation(f"described in {seed.patch_path or 'no yml'}")


@rule(severity=Severity.CRITICAL)
def seed_is_described(seed: Seed) -> RuleViolation | None:
    """A seed is described in English and Chinese."""
    if not in_both_languages(seed.description):
        return RuleViolation("description lacks English or Chinese")


@rule(severity=Severity.CRITICAL)
def seed_columns_are_described(seed: Seed) -> RuleViolation | None:
    """All columns of a seed's file, and no others, are described in English and Chinese."""
    with Path(seed.original_file_path).open(encoding="utf-8", newline="") as file:
        header = next(csv.reader(file))
    described = {column.name for column in seed.columns if in_both_languages(column.description)}
    return violation_for(
        [name for name in header if name not in described], "description lacks English or Chinese"
    ) or violation_for([column.name for column in seed.columns if column.name not in header], "not in the file")


@rule(severity=Severity.CRITICAL)
def seed_has_tested_key(seed: Seed) -> RuleViolation | None:
    """A seed's rows are told apart by a tested key without gaps."""
    tests = all_tests(seed)
    missing = ["unique"] * (not tests & KEY_TESTS) + ["never_null"] * (not tests & {"not_null", "never_null"})
    return violation_for(missing, "no such test")
