"""dbt-score on a manifest of the project: which rules are on, and what they find."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import chdir, contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path

from dbt_score.config import Config
from dbt_score.evaluation import Evaluation
from dbt_score.lint import lint_dbt_project
from dbt_score.rule_registry import RuleRegistry

DBT = Path(__file__).resolve().parents[2] / "dbt"


@contextmanager
def settings() -> Iterator[Config]:
    """dbt-score finds its settings, the rules and the project's files from the project's folder."""
    with chdir(DBT):
        config = Config()
        config.load()
        yield config


def rules() -> list[str]:
    """All rules that are switched on, as ``project_rules.models.is_described``."""
    with settings() as config:
        registry = RuleRegistry(config)
        registry.load_all()
        return sorted(registry.rules)


def lint(manifest: Path) -> Evaluation:
    with settings() as config, redirect_stdout(StringIO()):  # it prints all that it returns
        return lint_dbt_project(manifest, config, "json")


def findings(evaluation: Evaluation, rule: str) -> dict[str, str]:
    """Item to what the rule says of it; a rule that breaks down finds something too."""
    return {
        item.unique_id: getattr(result, "message", None) or str(result)
        for item, results in evaluation.results.items()
        for kind, result in results.items()
        if kind.source() == rule and result is not None
    }
