"""Suite ``integrity``: reported rates held against the province's spot checks, published figures against the warehouse.

Findings here are about the platforms' figures, not about the warehouse: they never stop publication. The words stay
those of the evidence: a rate is contradicted by a sample; nobody is said to have fabricated it.
"""

from __future__ import annotations

from functools import partial

import great_expectations.expectations as gxe

from expectations.custom import (
    SAMPLE_COLUMNS,
    STATED_COLUMNS,
    ExpectReportedRateNotContradictedBySample,
    ExpectVerdictReproducible,
)
from expectations.scope import Scope
from expectations.shown import percent
from expectations.suites import Batch, Judgement, expect

SAMPLE_CHECKS = ("reported_rate_not_contradicted", "reported_rate_not_refuted", "integrity_reproducible")
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
    """One row a platform that was checked in the month, whatever it reported or withheld: its three rates are the same calls."""
    withheld = scope.withheld_rate(scope.newest_month("mart_platform_verdict"))
    query = f"""
        select
            *,
            left(grade, 1) as severity_grade,
            format(
                '{{}}{{}}年{{}}月，{{}} 件{{}}（{{}}，{{}}）：上报回访率 {{}}、办结率 {{}}、满意率 {{}}；'
                || '抽检 {{}} 件、接通 {{}} 件、不实 {{}} 件，真实比率 95 % 界限 {{}} 至 {{}}；证据等级 {{}} {{}}。{{}}{{}}',
                if(basis = 'simulated', '模拟工单，仅演示，不是对该平台的评定。', ''),
                year(month), month(month), population, population_name, kind_name, design_name,
                coalesce(callback_text || ' %', '未报'), coalesce(close_text || ' %', '未报'),
                coalesce(satisfaction_text || ' %', '未报'), drawn, reached, bad,
                coalesce(format('{{:.2f}} %', {percent("lower95")}), '—'),
                coalesce(format('{{:.2f}} %', {percent("upper95")}), '—'),
                grade, grade_name, says_zh, coalesce('不实工单：' || bad_tickets || '。', '')
            ) as statement
        from marts.mart_platform_verdict
        where
            is_leading and not is_running and month <= $day
            -- of each kind its newest month: weeks come more often
            and month = (
                select max(same.month) from marts.mart_platform_verdict as same
                where same.kind = mart_platform_verdict.kind and not same.is_running and same.month <= $day
            )
        order by platform_code, frame_no
    """
    frame = scope.warehouse.execute(query, {"day": scope.day}).df()
    check = partial(expect, entity_column="platform_code", mostly=1.0)
    return Batch(
        frame,
        [
            check(
                scope.catalogue["reported_rate_not_contradicted"],
                ExpectReportedRateNotContradictedBySample,
                f"抽检发现的不实件数不多于上报值按字面所容许的件数（未报比率按 {withheld} % 计）",
                column_list=SAMPLE_COLUMNS,
                withheld_rate=withheld,
                ignore_row_if="never",
            ),
            check(
                scope.catalogue["reported_rate_not_refuted"],
                gxe.ExpectColumnValuesToNotBeInSet,
                "证据等级不为 A（自相矛盾、抽检否定或累积否定）",
                column="severity_grade",
                value_set=["A"],
            ),
            check(
                scope.catalogue["integrity_reproducible"],
                ExpectVerdictReproducible,
                f"集市的概率与按冻结件数和上报原文的复算值相差不超过 {P_VALUE_TOLERANCE:g}，矛盾标志一致",
                column_list=[*SAMPLE_COLUMNS, *STATED_COLUMNS],
                withheld_rate=withheld,
                tolerance=P_VALUE_TOLERANCE,
                ignore_row_if="never",
            ),
        ],
        LOCATE,
    )


def _platforms(scope: Scope) -> Batch:
    """One row a platform that was spot-checked; the lowest rate that it reported, the smallest sample."""
    month = scope.newest_month("mart_rate_integrity")
    small_sample = scope.small_sample(month)
    query = (
        """
        select
            platform_code,
            platform_name,
            -- a platform that reports nothing reports nothing below 100
            coalesce(min(reported_value), 100)::double as lowest_reported,
            min(sampled)::bigint as sampled,
            string_agg(coalesce(format('{} {:.2f} %', rate_name, """
        + percent("reported_value")
        + """), rate_name || ' 未报'), '，' order by rate)
                || format('，抽检 {} 件', min(sampled)::bigint)
                || if(bool_or(evidence_basis = 'simulated'), '（模拟工单，仅演示）', '') as statement
        from marts.mart_rate_integrity
        where month = $month
        group by platform_code, platform_name
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
                "回访率、办结率、满意率中至少一项上报值低于 100 %",
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
