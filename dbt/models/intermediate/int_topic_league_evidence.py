"""Exact intervals and tests of the companies' complaints: SQL has no gamma or beta distribution."""

import pandas as pd

from hotline.statistics.counts import poisson_interval, share_interval
from hotline.statistics.topics import league_tests

LEAGUE = ["period_kind", "period_start", "platform_code"]
KEY = {"period_kind": "str", "period_start": "datetime64[s]", "platform_code": "str", "enterprise_key": "str"}
# given explicitly, so that a warehouse without companies still makes a table of the right types
EVIDENCE = dict.fromkeys(
    ("complaints_lower", "complaints_upper", "satisfied_lower", "satisfied_upper", "resolved_lower", "resolved_upper",
     "p_value", "p_poisson", "p_adjusted"),
    "float64",
)  # fmt: skip


def model(dbt, session):
    """Rows of ``int_topic_league_case`` with two-sided intervals (of the count, of shares as fractions) and p-values.

    A company is tested when its vehicles are known and its group has another one; the family is one platform's league.
    """
    cases = dbt.ref("int_topic_league_case").order("period_kind, period_start, platform_code, enterprise_key").df()
    for column in ("vehicle_months", "group_vehicle_months", "group_incidents"):
        cases[column] = cases[column].astype("float64")  # null where unknown
    cases["complaints_lower"], cases["complaints_upper"] = poisson_interval(cases["complaints"], cases["confidence"])
    for good, total in (("satisfied", "rated"), ("resolved", "judged")):
        ends = share_interval(cases[good], cases[total], cases["confidence"])
        for end, values in zip(("lower", "upper"), ends, strict=True):
            cases[f"{good}_{end}"] = pd.Series(values, cases.index).where(cases[total] > 0)
    cases = cases.join(league_tests(cases, LEAGUE))
    return cases[[*KEY, *EVIDENCE]].astype(KEY | EVIDENCE)
