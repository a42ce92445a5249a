"""Batches and the expectations that judge them.

A *judgement* is one batch (a pandas DataFrame), what must hold of it, and which planned checks that answers. Its
frame is read only when it is run, so that one unreadable table costs its own checks and no others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module

import pandas as pd
from great_expectations.expectations.expectation import Expectation

from expectations.catalogue import SUITES, PlannedCheck
from expectations.scope import Scope


@dataclass(frozen=True)
class Batch:
    """Rows to judge.

    Attributes
    ----------
    locate: columns that point an auditor to a row that failed.
    not_applicable: checks of the judgement that ask nothing of these rows; any other without an expectation is an error.
    """

    frame: pd.DataFrame
    expectations: list[Expectation]
    locate: list[str]
    not_applicable: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Judgement:
    """One batch to come, the checks it answers and the entities it answers them for (``None``: all of the kind)."""

    name: str
    suite: str
    title: str
    checks: tuple[str, ...]
    covers: tuple[str, ...] | None
    read: Callable[[], Batch]


def expect(
    check: PlannedCheck,
    expectation: type[Expectation],
    description: str,
    *,
    entity: str | None = None,
    entity_column: str | None = None,
    **parameters: object,
) -> Expectation:
    """An expectation that answers ``check``, with the catalogue's severity and names.

    Parameters
    ----------
    description: what is expected of this batch, in Chinese, with its threshold.
    entity: the entity the whole batch is about; or
    entity_column: the column of the batch that says which entity a row is about.
    """
    return expectation(
        **parameters,
        severity=check.severity,
        description=description,
        meta={
            "check_code": check.check_code,
            "entity_kind": check.entity_kind,
            "entity": entity,
            "entity_column": entity_column,
            "name_zh": check.name_zh,
            "name_en": check.name_en,
            "description_zh": check.description_zh,
            "description_en": check.description_en,
        },
    )


def all_judgements(scope: Scope) -> list[Judgement]:
    """Every judgement of a run. A suite that cannot be imported stands in with one that fails for all its checks."""
    judgements = []
    for suite in SUITES:
        try:
            judgements += import_module(f"expectations.suites.{suite}").judgements(scope)
        except Exception as error:
            checks = tuple(check.check_code for check in scope.catalogue.values() if check.suite == suite)
            judgements.append(Judgement(suite, suite, SUITES[suite], checks, None, partial(_fail, error)))
    return judgements


def _fail(error: Exception) -> Batch:
    raise error
