"""Runs the judgements of a run through Great Expectations and turns what came back into one row per check and entity.

What GX says is not trusted to be complete: a suite whose classes were not imported comes back "successful" with
nothing evaluated. So every expectation that was sent in must come back, and every planned check must be answered for
every entity; what is missing, or raised, is an error and never a pass.
"""

from __future__ import annotations

import logging
import warnings
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

import great_expectations as gx
import pandas as pd
from great_expectations.core.run_identifier import RunIdentifier
from great_expectations.data_context import EphemeralDataContext
from great_expectations.data_context.types.base import DataContextConfig, InMemoryStoreBackendDefaults
from great_expectations.data_context.types.resource_identifiers import ValidationResultIdentifier

from expectations.catalogue import PlannedCheck
from expectations.suites import Batch, Judgement

STATUSES = ("not_applicable", "pass", "fail", "error")
"""In the order in which one outranks another, when several expectations answer the same check."""

SHOWN_ROWS = 5
"""Failed rows named in ``evidence``; the Data Docs show more."""

LOCATION_NAMES = {
    "platform": "报送单位",
    "platform_code": "报送单位",
    "platform_name": "平台",
    "_file_name": "文件",
    "file_name": "文件",
    "_row_number": "行",
    "column_name": "列",
    "claim_code": "条目",
    "statement": "情况",
}

log = logging.getLogger(__name__)


@dataclass
class Finding:
    """What is known about one check of one entity; texts are Chinese."""

    status: str = "not_applicable"
    observed: str = "本次没有需要判断的内容"
    expected: list[str] = field(default_factory=list)
    evidence: list[str] = field(default_factory=list)
    rows: int = 0
    failed: int = 0


class Findings(dict[tuple[str, str], Finding]):
    """Findings by check code and entity code."""

    def add(
        self, check: str, entity: str, status: str, *, expected: str, rows: int, failed: int, evidence: Iterable[str]
    ):
        finding = self.setdefault((check, entity), Finding())
        finding.status = max(finding.status, status, key=STATUSES.index)
        finding.rows = max(finding.rows, rows)
        finding.failed += failed
        finding.evidence += islice(evidence, SHOWN_ROWS)
        if expected not in finding.expected:
            finding.expected.append(expected)
        finding.observed = (
            f"{finding.failed} 项不符，共 {finding.rows} 行" if finding.failed else f"{finding.rows} 行全部符合"
        )

    def fail_to_judge(self, checks: Iterable[str], entities: dict[str, list[str]], catalogue, reason: str) -> None:
        """Record an error for every entity that ``checks`` are planned for."""
        for check in checks:
            for entity in entities[catalogue[check].entity_kind]:
                finding = self.setdefault((check, entity), Finding())
                finding.status, finding.observed = "error", "未能判断"
                finding.evidence = [reason]

    def rows_of(self, run_id: str) -> list[tuple[str, str, str, str, str, str, str]]:
        """``run_id, check_code, entity_code, status, observed, expected, evidence``."""
        return [
            (
                run_id,
                check,
                entity,
                finding.status,
                finding.observed,
                "；".join(finding.expected),
                "；".join(finding.evidence[:SHOWN_ROWS])
                + (f"；等共 {finding.failed} 项" if finding.failed > SHOWN_ROWS else ""),
            )
            for (check, entity), finding in sorted(self.items())
        ]


def context(validations: Path, sites: dict) -> EphemeralDataContext:
    """A GX context in memory, but for its results (folder ``validations``), from which the Data Docs are drawn."""
    defaults = InMemoryStoreBackendDefaults()
    defaults.stores[defaults.validation_results_store_name]["store_backend"] = {
        "class_name": "TupleFilesystemStoreBackend",
        "base_directory": str(validations),
    }
    return gx.get_context(
        mode="ephemeral",
        project_config=DataContextConfig(
            store_backend_defaults=defaults, data_docs_sites=sites, progress_bars={"globally": False}
        ),
    )


def run(
    judgements: list[Judgement],
    catalogue: dict[str, PlannedCheck],
    entities: dict[str, dict[str, str]],
    context: EphemeralDataContext,
    run_id: str,
    checked_at: datetime,
) -> tuple[Findings, list[ValidationResultIdentifier]]:
    """Judge every batch.

    Returns
    -------
    What was found, without an entry for a check that no judgement answers; and the keys of the stored results.
    """
    findings, stored = Findings(), []
    # the same run has the same keys, so that judging it again replaces its results; ``checked_at`` is in their meta
    gx_run = RunIdentifier(run_name=run_id, run_time=datetime.fromisoformat(f"{run_id[:10]}T00:00:00+08:00"))
    frames = context.data_sources.add_pandas("warehouse")
    for judgement in judgements:
        scope = {
            kind: [code for code in names if judgement.covers is None or code in judgement.covers]
            for kind, names in entities.items()
        }
        try:
            batch = judgement.read()
            for check in judgement.checks:
                for entity in scope[catalogue[check].entity_kind]:
                    findings.setdefault((check, entity), Finding())
            if batch.frame.empty:
                continue
            answered = {expectation.meta["check_code"] for expectation in batch.expectations} | batch.not_applicable
            if answered != set(judgement.checks):
                raise LookupError(f"no expectation, or no plan, for {sorted(answered ^ set(judgement.checks))}")
            for expectation in batch.expectations:
                expectation.meta |= {"title": judgement.title, "suite": judgement.suite, "checked_at": str(checked_at)}
            key, result = _validate(context, frames, judgement, batch, gx_run)
            stored.append(key)
            _collect(findings, result, batch, scope, catalogue)
        except Exception as error:
            # one broken batch must not hide the others; it is reported as an error of its own checks
            log.exception("judgement %s failed", judgement.name)
            reason = f"{type(error).__name__}: {error}".strip().splitlines()[0][:300]
            findings.fail_to_judge(judgement.checks, scope, catalogue, reason)
    return findings, stored


def _validate(context, frames, judgement: Judgement, batch: Batch, run_id: RunIdentifier):
    """The checkpoint of one batch: GX takes one DataFrame a run, so each judgement is a checkpoint of its own."""
    asset = frames.add_dataframe_asset(judgement.name)
    suite = context.suites.add(gx.ExpectationSuite(name=judgement.name, expectations=batch.expectations))
    definition = context.validation_definitions.add(
        gx.ValidationDefinition(
            name=judgement.name, data=asset.add_batch_definition_whole_dataframe("batch"), suite=suite
        )
    )
    columns = {e.meta["entity_column"] for e in batch.expectations if e.meta["entity_column"]}
    checkpoint = context.checkpoints.add(
        gx.Checkpoint(
            name=judgement.name,
            validation_definitions=[definition],
            result_format={
                # every failed row is needed to tell the entities apart; of a batch about one entity, 20 are enough
                "result_format": "COMPLETE" if columns else "SUMMARY",
                "unexpected_index_column_names": [*sorted(columns), *batch.locate],
                "return_unexpected_index_query": False,
            },
        )
    )
    with warnings.catch_warnings():
        # pandas' advice on groups in patterns: a contract may use them
        warnings.filterwarnings("ignore", message="This pattern is interpreted as a regular expression")
        result = checkpoint.run(batch_parameters={"dataframe": batch.frame}, run_id=run_id)
    ((key, validation),) = result.run_results.items()
    evaluated = len(validation.results)
    if evaluated != len(batch.expectations):
        raise RuntimeError(f"{evaluated} of {len(batch.expectations)} expectations were evaluated")
    return key, validation


def _collect(findings: Findings, validation, batch: Batch, scope: dict[str, list[str]], catalogue) -> None:
    shared = Counter(expectation.meta["check_code"] for expectation in batch.expectations)
    for result in validation.results:
        config = result.expectation_config
        check, expected = config.meta["check_code"], config.description
        if raised(result.exception_info):
            reason = f"{config.type}: {_message(result.exception_info)}"
            findings.fail_to_judge([check], scope, catalogue, reason)
            continue
        column = config.meta["entity_column"]
        if column is None:
            failed = 0 if result.success else max(int(result.result.get("unexpected_count") or 0), 1)
            findings.add(
                check,
                config.meta["entity"],
                "pass" if result.success else "fail",
                expected=expected,
                rows=len(batch.frame),
                failed=failed,
                evidence=[f"{expected}：{text}" if shared[check] > 1 else text for text in _where(result, batch)],
            )
            continue
        wrong = pd.DataFrame(result.result.get("unexpected_index_list") or [], columns=[column, *batch.locate])
        for entity, rows in batch.frame.groupby(column, dropna=True).size().items():
            if entity not in scope[catalogue[check].entity_kind]:
                raise ValueError(f"{check}: {entity} is no planned {catalogue[check].entity_kind}")
            rows_wrong = wrong[wrong[column] == entity]
            findings.add(
                check,
                entity,
                "pass" if rows_wrong.empty else "fail",
                expected=expected,
                rows=rows,
                failed=len(rows_wrong),
                evidence=[_sentence(row, batch.locate) for row in rows_wrong.to_dict("records")],
            )


def _where(result, batch: Batch) -> list[str]:
    """Where a batch about one entity fails: its rows, or what is missing from a set."""
    rows = result.result.get("unexpected_index_list") or result.result.get("partial_unexpected_index_list") or []
    if rows:
        return [_sentence(row, batch.locate) for row in rows]
    if result.success:
        return []
    parts = (("缺少", "partial_missing_list"), ("多出", "partial_unexpected_list"))
    return [f"{word} {'、'.join(map(str, found))}" for word, key in parts if (found := result.result.get(key))]


def _sentence(row: dict, columns: list[str]) -> str:
    """How ``evidence`` names a row: by its own statement, else by where it stands."""
    if "statement" in columns:
        return str(row["statement"])
    return "，".join(f"{LOCATION_NAMES[name]} {row[name]}" for name in columns)


def raised(exception_info: dict) -> bool:
    return bool(exception_info.get("raised_exception")) or any(
        isinstance(value, dict) and value.get("raised_exception") for value in exception_info.values()
    )


def _message(exception_info: dict) -> str:
    for value in (exception_info, *exception_info.values()):
        if isinstance(value, dict) and value.get("exception_message"):
            return str(value["exception_message"]).strip().splitlines()[0][:300]
    return "raised an exception"
