"""Upper tails of new counts over their baselines: SQL has no negative binomial distribution."""

from hotline.statistics.counts import rise_tail, series_dispersion
from hotline.statistics.multiplicity import false_discovery

FAMILY = ["period_kind", "period_start", "level"]
KEY = {
    "period_kind": "str", "period_start": "datetime64[s]", "platform_code": "str", "business_type": "str",
    "level": "str", "category": "str", "subcategory": "string",
}  # fmt: skip
EVIDENCE = dict.fromkeys(("expected_tickets", "dispersion", "p_value", "p_adjusted"), "float64")


def model(dbt, session):
    """Candidates of ``int_topic_rise_case`` that have history, with what was expected, the spread and p-values.

    Days bring the dispersion of their window. A month has one baseline only, so its dispersion is that of all series of
    the platform about their own baselines. Benjamini and Hochberg: platforms are independent, and a category and its
    sub-categories (tested apart) rise together.
    """
    cases = dbt.ref("int_topic_rise_case").filter("has_history").order("all").df()
    ratio = cases["exposure_ratio"].astype("float64").fillna(1.0)
    month = cases["period_kind"] == "month"
    for _, series in cases[month].groupby([*FAMILY, "platform_code"], sort=False):
        cases.loc[series.index, "dispersion"] = series_dispersion(
            series["tickets"], series["baseline_tickets"], ratio[series.index]
        )
    # where the other tickets became fewer, a matter that stayed as it was has not risen
    ratio = ratio.where(~month, ratio.clip(lower=1.0))
    cases["dispersion"] = cases["dispersion"].astype("float64").clip(lower=1.0).fillna(1.0)
    cases["expected_tickets"] = cases["baseline_tickets"] * ratio
    cases["p_value"] = rise_tail(cases["tickets"], cases["baseline_tickets"], ratio, cases["dispersion"])
    cases = cases[cases["is_candidate"].astype(bool)].copy()
    cases["p_adjusted"] = 1.0
    for _, family in cases.groupby(FAMILY, sort=False):
        cases.loc[family.index, "p_adjusted"] = false_discovery(family["p_value"].tolist(), int(family["tests"].max()))
    return cases[[*KEY, *EVIDENCE]].astype(KEY | EVIDENCE)
