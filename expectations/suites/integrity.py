"""Suite ``integrity``: reported rates held against the province's spot checks, published figures against the warehouse.

Findings here are about the platforms' figures, not about the warehouse: they never stop publication. The words stay
those of the evidence: a rate is contradicted by a sample; nobody is said to have fabricated it.
"""

from __future__ import annotations

from functools import partial

import great_expectations.expectations as gxe

from expectations.custom import (
    SAMPLE_COLUMNS,
    ExpectPValueReproducible,
    ExpectReportedRateNotContradictedBySample,
)
from expectations.scope import Scope
from expectations.shown import percent
from expectations.suites import Batch, Judgement, expect

SAMPLE_CHECKS = ("reported_rate_not_contradicted", "integrity_reproducible")
PLATFORM_CHECKS = ("reported_rates_all_hundred", "spot_check_sufficient")
CLAIM_CHECKS = ("published_claims_consistent", "published_claims_explained")
P_VALUE_TOLERANCE = 1e-9
LOCATE = ["platform_name", "statement"]


def judgements(scope: Scope) -> list[Judgement]:
    return [
        Judgement(name, "integrity", title, checks, None, partial(read, scope))
        for name, title, checks, read in (
            ("integrity_samples", "上报率与抽检", SAMPLE_CHECKS, _samples),
            ("integrity_platforms", "上报值区分度与抽检量", PLATFORM_CHECKS, _platforms),
            ("integrity_reported", "平台上报指标", ("reported_rate_in_range",), _reported),
            ("integrity_claims", "公开数据", CLAIM_CHECKS, _claims),
        )
    ]


def _samples(scope: Scope) -> Batch:
    """One row a platform and rate that was both reported and spot-checked in the month."""
    month = scope.newest_month("mart_rate_integrity")
    alpha, _ = scope.integrity_parameters(month)
    query = (
        """
        select
            platform_code,
            platform_name,
            rate,
            passed::bigint as passed,
            sampled::bigint as sampled,
            reported_good::bigint as reported_good,
            population::bigint as population,
            p_value::double as p_value,
            is_contradicted,
            format(
                '{}：上报 {:.2f} %（{} 件中 {} 件），抽检 {} 件、属实 {} 件，p {}',
                rate_name, """
        + percent("reported_value")
        + """, population, reported_good, sampled, passed,
                case when p_value in (0, 1) then format('= {:.0f}', p_value::double) when p_value < 0.0001 then '< 0.0001'
                    else format('= {:.4f}', p_value::double) end
            ) as statement
        from marts.mart_rate_integrity
        where month = $month and sampled > 0 and reported_good is not null
        order by platform_code, rate
    """
    )
    frame = scope.warehouse.execute(query, {"month": month}).df()
    check = partial(expect, entity_column="platform_code", mostly=1.0)
    return Batch(
        frame,
        [
            check(
                scope.catalogue["reported_rate_not_contradicted"],
                ExpectReportedRateNotContradictedBySample,
                f"假定上报率属实，抽检结果出现的概率不低于 {alpha:g}（超几何分布精确检验）",
                column_list=SAMPLE_COLUMNS,
                alpha=alpha,
                ignore_row_if="never",
            ),
            check(
                scope.catalogue["integrity_reproducible"],
                ExpectPValueReproducible,
                f"集市的 p 值与复算值相差不超过 {P_VALUE_TOLERANCE:g}，否定标志一致",
                column_list=[*SAMPLE_COLUMNS, "p_value", "is_contradicted"],
                alpha=alpha,
                tolerance=P_VALUE_TOLERANCE,
                ignore_row_if="never",
            ),
        ],
        LOCATE,
    )


def _platforms(scope: Scope) -> Batch:
    """One row a platform that reported all three rates and was spot-checked; the lowest rate, the smallest sample."""
    month = scope.newest_month("mart_rate_integrity")
    _, small_sample = scope.integrity_parameters(month)
    query = (
        """
        select
            platform_code,
            platform_name,
            min(reported_value)::double as lowest_reported,
            min(sampled)::bigint as sampled,
            string_agg(format('{} {:.2f} %', rate_name, """
        + percent("reported_value")
        + """), '，' order by rate)
                || format('，抽检 {} 件', min(sampled)::bigint) as statement
        from marts.mart_rate_integrity
        where month = $month and reported_value is not null
        group by platform_code, platform_name
        having count(*) = 3
        order by platform_code
    """
    )
    frame = scope.warehouse.execute(query, {"month": month}).df()
    check = partial(expect, entity_column="platform_code", mostly=1.0)
    return Batch(
        frame,
        [
            check(
                scope.catalogue["reported_rates_all_hundred"],
                gxe.ExpectColumnValuesToBeBetween,
                "回访率、办结率、满意率中至少一项低于 100 %",
                column="lowest_reported",
                min_value=None,
                max_value=100.0,
                strict_min=False,
                strict_max=True,
            ),
            check(
                scope.catalogue["spot_check_sufficient"],
                gxe.ExpectColumnValuesToBeBetween,
                f"抽检不少于 {small_sample} 件",
                column="sampled",
                min_value=small_sample,
                max_value=None,
                strict_min=False,
                strict_max=False,
            ),
        ],
        LOCATE,
    )


def _reported(scope: Scope) -> Batch:
    """One row a platform and figure that it reported for the month."""
    query = """
        select
            platform_code,
            figures.platform_name,
            reported.is_possible,
            format('{}上报 {} {}', figures.indicator_name, reported.reported_text, units.name_zh) as statement
        from marts.fct_reported_indicator as reported
        inner join marts.mart_indicator_monthly as figures using (month, platform_code, indicator_code)
        inner join seeds.indicator_units as units on units.code = figures.unit
        where month = $month and figures.source = 'reported'
        order by platform_code, indicator_code
    """
    frame = scope.warehouse.execute(query, {"month": scope.newest_month("fct_reported_indicator")}).df()
    return Batch(
        frame,
        [
            expect(
                scope.catalogue["reported_rate_in_range"],
                gxe.ExpectColumnValuesToBeInSet,
                "上报值在其单位的可能范围内",
                entity_column="platform_code",
                column="is_possible",
                value_set=[True],
                mostly=1.0,
            )
        ],
        LOCATE,
    )


def _claims(scope: Scope) -> Batch:
    """One row a published figure of the month that can be judged: simulated tickets judge nothing."""
    query = """
        select
            claim_code,
            status,
            -- an impossible percentage is impossible of the population that it is assumed to be of: the reader must know it
            "check" <> 'grim' or measure <> 'rate_pct' or (assumption_zh is not null and assumption_en is not null)
                as is_explained,
            coalesce(claim || '：' || explanation_zh, claim) as statement
        from marts.mart_published_claim
        where month = $month and status not in ('not_checkable', 'simulated')
        order by document, claim_code
    """
    frame = scope.warehouse.execute(query, {"month": scope.newest_month("mart_published_claim")}).df()
    return Batch(
        frame,
        [
            expect(
                scope.catalogue["published_claims_consistent"],
                gxe.ExpectColumnValuesToBeInSet,
                "每个可核对的公布数字与文件自身和工单一致",
                entity="warehouse",
                column="status",
                # what holds only if the base is as assumed is no contradiction
                value_set=["consistent", "within_rounding", "conditional"],
                mostly=1.0,
            ),
            expect(
                scope.catalogue["published_claims_explained"],
                gxe.ExpectColumnValuesToBeInSet,
                "百分比的核对条目写明分母口径（中英文）",
                entity="warehouse",
                column="is_explained",
                value_set=[True],
                mostly=1.0,
            ),
        ],
        ["claim_code", "statement"],
    )
