"""How unlikely the signatures of each platform and month are: SQL has no binomial distribution."""

from hotline.statistics.signatures import group_tail, limit_tail

KEY = {"month": "datetime64[s]", "platform_code": "str", "signature": "str"}
EVIDENCE = {"p_limit": "float64", "p_other": "float64"}


def model(dbt, session):
    """Cases of ``int_signature_tested``, with the tails against the absolute limit and against the other groups."""
    cases = dbt.ref("int_signature_tested").order("all").df()
    cases["p_limit"] = limit_tail(cases["hits"], cases["eligible"], cases["limit_share"])
    cases["p_other"] = group_tail(
        cases["hits"], cases["eligible"], cases["other_hits"], cases["other_eligible"], cases["other_groups"],
        cases["month_variation"],
    )  # fmt: skip
    return cases[[*KEY, *EVIDENCE]].astype(KEY | EVIDENCE)
