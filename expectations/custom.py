"""Expectations that Great Expectations lacks: what a platform reported held against its spot check.

Every parameter is a required field: GX does not write defaults into its results, and a threshold that is not in the
result is not evidence. Nothing is taken from the mart but what was frozen with the draw and printed: the counts that follow
from a printed rate, the chances and the contradiction are computed here once more.
"""

from __future__ import annotations

from typing import ClassVar

import pandas as pd
from great_expectations.execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import MulticolumnMapExpectation
from great_expectations.expectations.metrics.map_metric_provider import MulticolumnMapMetricProvider
from great_expectations.expectations.metrics.map_metric_provider.multicolumn_condition_partial import (
    multicolumn_condition_partial,
)

from hotline.statistics.verdicts import Claim, admitted_bad, p_at_least, plainly_admitted

RATES = ("callback", "close", "satisfaction")
PLATFORM_COLUMNS = ["population", "drawn", "bad"]
RATE_COLUMNS = [f"{rate}_{part}" for rate in RATES for part in ("text", "population", "bad")]
SAMPLE_COLUMNS = [*PLATFORM_COLUMNS, *RATE_COLUMNS]
"""Of a platform: tickets of the frame, drawn, found bad; of each rate: as printed (None when withheld), tickets that it speaks
of, and those found bad."""
STATED_COLUMNS = ["call_error", "p_literal", "p_decide", "is_contradicted"]

_DOMAIN_KEYS = ("batch_id", "table", "column_list", "row_condition", "condition_parser", "ignore_row_if")


def claims(row: pd.Series) -> list[Claim]:
    return [
        Claim(None if pd.isna(row[f"{rate}_text"]) else str(row[f"{rate}_text"]), int(row[f"{rate}_population"]))
        for rate in RATES
    ]


def is_contradicted(row: pd.Series, withheld_rate: str) -> bool:
    """Whether of any rate more bad tickets were found than it, read plainly, admits to exist."""
    return any(
        int(row[f"{rate}_bad"]) > plainly_admitted(claim, withheld_rate)
        for rate, claim in zip(RATES, claims(row), strict=True)
    )


def chance(row: pd.Series, error: float, withheld_rate: str) -> float:
    """Chance of so many bad tickets if the report is true and a call is wrong with ``error``."""
    population, drawn, bad = (int(row[name]) for name in PLATFORM_COLUMNS)
    return p_at_least(bad, population, min(population, admitted_bad(claims(row), withheld_rate)), drawn, error)


class NotContradictedBySample(MulticolumnMapMetricProvider):
    condition_metric_name = "multicolumn_values.not_contradicted_by_sample"
    condition_domain_keys = _DOMAIN_KEYS
    condition_value_keys = ("withheld_rate",)

    @multicolumn_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls, column_list, withheld_rate, **kwargs):
        return ~column_list.apply(is_contradicted, axis=1, withheld_rate=withheld_rate).astype(bool)


class VerdictReproducible(MulticolumnMapMetricProvider):
    condition_metric_name = "multicolumn_values.verdict_reproducible"
    condition_domain_keys = _DOMAIN_KEYS
    condition_value_keys = ("withheld_rate", "tolerance")

    @multicolumn_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls, column_list, withheld_rate, tolerance, **kwargs):
        def is_reproduced(row: pd.Series) -> bool:
            return (
                abs(chance(row, 0.0, withheld_rate) - row["p_literal"]) <= tolerance
                and abs(chance(row, float(row["call_error"]), withheld_rate) - row["p_decide"]) <= tolerance
                and is_contradicted(row, withheld_rate) == bool(row["is_contradicted"])
            )

        return column_list.apply(is_reproduced, axis=1).astype(bool)


class ExpectReportedRateNotContradictedBySample(MulticolumnMapExpectation):
    """Expect that no more bad tickets were found than each reported rate, read plainly, admits to exist.

    ``column_list`` must be ``SAMPLE_COLUMNS``; a withheld rate is read as ``withheld_rate`` percent.
    """

    withheld_rate: str
    map_metric: ClassVar[str] = "multicolumn_values.not_contradicted_by_sample"
    success_keys: ClassVar[tuple[str, ...]] = ("mostly", "withheld_rate")


class ExpectVerdictReproducible(MulticolumnMapExpectation):
    """Expect chances and contradiction of the mart to be those that follow from the frozen counts and the printed texts.

    ``column_list`` must be ``SAMPLE_COLUMNS`` and ``STATED_COLUMNS``.
    """

    withheld_rate: str
    tolerance: float
    map_metric: ClassVar[str] = "multicolumn_values.verdict_reproducible"
    success_keys: ClassVar[tuple[str, ...]] = ("mostly", "withheld_rate", "tolerance")
