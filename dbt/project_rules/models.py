"""Rules of models."""

from dbt_score import Model, RuleViolation, Seed, Severity, Source, rule

from project_rules.texts import (
    HAND_DATED,
    code_of,
    folder_and_stem,
    hard_coded_relations,
    has_branch,
    in_both_languages,
    undated_joins,
    unit_tested_models,
    violation_for,
)

PREFIXES = {
    "staging": ("base_", "stg_"),
    "intermediate": ("int_",),
    "marts": ("dim_", "fct_", "mart_", "quality_"),
}
KEY_TESTS = {"unique", "unique_combination"}


def layer(model: Model) -> str:
    """``staging``, ``intermediate`` or ``marts``: the folder below ``models``."""
    return model.original_file_path.split("/")[1]


def has_validity(item: Model | Seed) -> bool:
    return {"valid_from", "valid_to"} <= {column.name for column in item.columns}


def all_tests(item: Model | Seed) -> set[str]:
    """Kinds of the data tests of a model or seed and of its columns."""
    return {test.type for test in item.tests} | {test.type for column in item.columns for test in column.tests}


@rule(severity=Severity.CRITICAL)
def has_yml_of_its_own(model: Model) -> RuleViolation | None:
    """A model is described in the yml beside it that has its name."""
    if folder_and_stem(model.patch_path) != folder_and_stem(model.original_file_path):
        return RuleViolation(f"described in {model.patch_path or 'no yml'}")


@rule(severity=Severity.CRITICAL)
def is_described(model: Model) -> RuleViolation | None:
    """A model is described in English and Chinese."""
    if not in_both_languages(model.description):
        return RuleViolation("description lacks English or Chinese")


@rule(severity=Severity.CRITICAL)
def columns_are_described(model: Model) -> RuleViolation | None:
    """A model lists its columns, each described in English and Chinese."""
    if not model.columns:
        return RuleViolation("no column is described")
    return violation_for(
        (column.name for column in model.columns if not in_both_languages(column.description)),
        "description lacks English or Chinese",
    )


@rule(severity=Severity.CRITICAL)
def is_named_by_its_layer(model: Model) -> RuleViolation | None:
    """A model's prefix tells its layer."""
    if not model.name.startswith(PREFIXES.get(layer(model), ())):
        return RuleViolation(
            f"in {layer(model)}, whose models begin with {' or '.join(PREFIXES.get(layer(model), ()))}"
        )


@rule(severity=Severity.CRITICAL)
def staging_reads_only_what_was_delivered(model: Model) -> RuleViolation | None:
    """Staging models read sources, seeds and one another: never what is built from them."""
    if layer(model) == "staging":
        return violation_for(
            (
                parent.name
                for parent in model.parents
                if not isinstance(parent, Source | Seed) and layer(parent) != "staging"
            ),
            "not of staging",
        )


@rule(severity=Severity.CRITICAL)
def only_staging_reads_sources(model: Model, except_models: tuple[str, ...] = ()) -> RuleViolation | None:
    """Sources are read in staging only, where they get their names and types."""
    if layer(model) != "staging" and model.name not in except_models:
        return violation_for(
            (parent.selector_name for parent in model.parents if isinstance(parent, Source)), "source read past staging"
        )


@rule(severity=Severity.CRITICAL)
def relations_are_referred_to(model: Model) -> RuleViolation | None:
    """Relations are named with ref() and source(): a name in the SQL has no lineage."""
    if model.language == "sql":
        return violation_for(hard_coded_relations(model.raw_code), "hard-coded")


@rule(severity=Severity.CRITICAL)
def validity_is_asked_for(model: Model, except_models: tuple[str, ...] = ()) -> RuleViolation | None:
    """Whoever reads a relation with validity says on which day, with holds_on(): two versions would count twice."""
    if model.language != "sql" or model.name in except_models:
        return None
    if HAND_DATED.search(code_of(model.raw_code)):
        return RuleViolation("validity compared by hand, without holds_on()")
    versioned = {parent.name for parent in model.parents if not isinstance(parent, Source) and has_validity(parent)}
    return violation_for(undated_joins(model.raw_code, versioned, has_validity(model)), "on which day?")


@rule(severity=Severity.CRITICAL)
def mart_has_contract(model: Model) -> RuleViolation | None:
    """A mart's contract is enforced and types every column."""
    if layer(model) == "marts":
        if not model.config.get("contract", {}).get("enforced"):
            return RuleViolation("contract is not enforced")
        return violation_for((column.name for column in model.columns if not column.data_type), "has no data_type")


@rule(severity=Severity.CRITICAL)
def mart_has_tested_key(model: Model, except_models: tuple[str, ...] = ()) -> RuleViolation | None:
    """A mart's rows are told apart by a tested key."""
    if layer(model) == "marts" and model.name not in except_models and not all_tests(model) & KEY_TESTS:
        return RuleViolation("no test of a key: unique or unique_combination")


@rule(severity=Severity.CRITICAL)
def branches_are_unit_tested(model: Model, except_models: tuple[str, ...] = ()) -> RuleViolation | None:
    """A model that decides something (case, filter) has a unit test."""
    if model.language != "sql" or model.name in except_models or not has_branch(model.raw_code):
        return None
    if model.patch_path is None or model.name not in unit_tested_models(model.patch_path):
        return RuleViolation("has a case or a filter and no unit test")
