"""Rules of sources."""

from dbt_score import RuleViolation, Severity, Source, rule

from project_rules.texts import in_both_languages


@rule(severity=Severity.CRITICAL)
def source_is_described(source: Source) -> RuleViolation | None:
    """A source and its group are described in English and Chinese."""
    if not in_both_languages(source.description) or not in_both_languages(source.source_description):
        return RuleViolation("description lacks English or Chinese")


@rule(severity=Severity.CRITICAL)
def source_is_read(source: Source) -> RuleViolation | None:
    """Something reads the source: a feed that nobody uses is taken in for nothing."""
    if not source.children:
        return RuleViolation("no model reads it")
