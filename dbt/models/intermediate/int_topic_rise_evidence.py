"""Upper tails of new counts over their baselines: SQL has no negative binomial distribution."""

from hotline.statistics.counts import series_dispersion
from hotline.statistics.topics import rise_tests

FAMILY = ["period_kind", "period_start", "level"]
KEY = {
    "period_kind": "str", "period_start": "datetime64[s]", "platform_code": "str", "business_type": "str",
    "level": "str", "category": "str", "subcategory": "string",
}  # fmt: skip
EVIDENCE = dict.fromkeys(("expected_tickets", "dispersion", "p_value", "p_adjusted", "limit_tickets"), "float64")


def model(dbt, session):
    """Candidates of ``int_topic_rise_case`` that have history, with what was expected, the spread and p-values.

    Days bring the dispersion of their window. A month has one baseline only, so its dispersion is that of all series of
    the platform about their own baselines.
    """
    cases = dbt.ref("int_topic_rise_case").filter("has_history").order("all").df()
    ratio = cases["exposure_ratio"].astype("float64").fillna(1.0)
    month = cases["period_kind"] == "month"
    for _, series in cases[month].groupby([*FAMILY, "platform_code"], sort=False):
        cases.loc[series.index, "dispersion"] = series_dispersion(
            series["tickets"], series["baseline_tickets"], ratio[series.index]
        )
    # where the other tickets became fewer, a matter that stayed as it was has not risen
    cases["exposure_ratio"] = ratio.where(~month, ratio.clip(lower=1.0))
    cases["dispersion"] = cases["dispersion"].astype("float64").clip(lower=1.0).fillna(1.0)
    cases["expected_tickets"] = cases["baseline_tickets"] * cases["exposure_ratio"]
    cases = cases[cases["is_candidate"].astype(bool)].copy()
    cases[["p_value", "p_adjusted", "limit_tickets"]] = rise_tests(cases, FAMILY)
    return cases[[*KEY, *EVIDENCE]].astype(KEY | EVIDENCE)
