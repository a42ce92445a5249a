"""Rules of exposures."""

from dbt_score import Exposure, Model, RuleViolation, Severity, rule

from project_rules.models import layer
from project_rules.texts import CHINESE, in_both_languages, violation_for


@rule(severity=Severity.CRITICAL)
def exposure_is_described(exposure: Exposure) -> RuleViolation | None:
    """An exposure has a Chinese label, a description in English and Chinese, and an owner."""
    if not CHINESE.search(exposure.label or ""):
        return RuleViolation("no Chinese label")
    if not in_both_languages(exposure.description):
        return RuleViolation("description lacks English or Chinese")
    if not exposure.owner.get("name"):
        return RuleViolation("no owner")


@rule(severity=Severity.CRITICAL)
def exposure_reads_marts(exposure: Exposure) -> RuleViolation | None:
    """What people see comes from marts and seeds, which have contracts: never from inner models."""
    if not exposure.parents:
        return RuleViolation("depends on nothing")
    return violation_for(
        (parent.name for parent in exposure.parents if isinstance(parent, Model) and layer(parent) != "marts"),
        "no mart",
    )
