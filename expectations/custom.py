"""Expectations that Great Expectations lacks: a reported rate held against a spot check.

Every parameter is a required field: GX does not write defaults into its results, and a threshold that is not in the
result is not evidence.
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

from hotline.statistics.rates import p_at_most

SAMPLE_COLUMNS = ["passed", "sampled", "reported_good", "population"]
"""Whole numbers: confirmed and called tickets, tickets the platform reports as good, all tickets of the population."""

_DOMAIN_KEYS = ("batch_id", "table", "column_list", "row_condition", "condition_parser", "ignore_row_if")


def sample_p_values(rows: pd.DataFrame) -> pd.Series:
    """P(at most ``passed`` good among ``sampled`` | ``reported_good`` of ``population`` are good), exact, per row."""
    return pd.Series(
        [
            p_at_most(passed, population, good, sampled)
            for passed, sampled, good, population in rows[SAMPLE_COLUMNS].astype(int).itertuples(index=False)
        ],
        index=rows.index,
        dtype="float64",
    )


class NotContradictedBySample(MulticolumnMapMetricProvider):
    condition_metric_name = "multicolumn_values.not_contradicted_by_sample"
    condition_domain_keys = _DOMAIN_KEYS
    condition_value_keys = ("alpha",)

    @multicolumn_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls, column_list, alpha, **kwargs):
        return sample_p_values(column_list) >= alpha


class PValueReproducible(MulticolumnMapMetricProvider):
    condition_metric_name = "multicolumn_values.p_value_reproducible"
    condition_domain_keys = _DOMAIN_KEYS
    condition_value_keys = ("alpha", "tolerance")

    @multicolumn_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls, column_list, alpha, tolerance, **kwargs):
        recomputed = sample_p_values(column_list)
        same_value = (recomputed - column_list["p_value"].astype("float64")).abs() <= tolerance
        return same_value & ((recomputed < alpha) == column_list["is_contradicted"].astype(bool))


class ExpectReportedRateNotContradictedBySample(MulticolumnMapExpectation):
    """Expect each reported rate to be compatible with its spot check, by the exact hypergeometric test.

    ``column_list`` must be ``SAMPLE_COLUMNS``; a row fails when its p-value is below ``alpha``.
    """

    alpha: float
    map_metric: ClassVar[str] = "multicolumn_values.not_contradicted_by_sample"
    success_keys: ClassVar[tuple[str, ...]] = ("mostly", "alpha")


class ExpectPValueReproducible(MulticolumnMapExpectation):
    """Expect p-value and flag of the mart to be those that follow from the counts.

    ``column_list`` must be ``SAMPLE_COLUMNS`` with ``p_value`` and ``is_contradicted``.
    """

    alpha: float
    tolerance: float
    map_metric: ClassVar[str] = "multicolumn_values.p_value_reproducible"
    success_keys: ClassVar[tuple[str, ...]] = ("mostly", "alpha", "tolerance")
