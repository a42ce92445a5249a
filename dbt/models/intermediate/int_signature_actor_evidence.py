"""How unlikely the hits of operators and units are, if they were like the others of their platform."""

from hotline.statistics.signatures import group_tail

KEY = {"month": "datetime64[s]"} | dict.fromkeys(["platform_code", "signature", "actor_kind", "actor"], "str")
EVIDENCE = {"p_value": "float64", "p_adjusted": "float64"}


def model(dbt, session):
    """Cases of ``int_signature_actor_case`` with their tail, and with Bonferroni's correction over all of the platform."""
    cases = dbt.ref("int_signature_actor_case").order("all").df()
    cases["p_value"] = group_tail(
        cases["hits"], cases["eligible"], cases["other_hits"], cases["other_eligible"], cases["other_groups"],
        cases["actor_variation"],
    )  # fmt: skip
    cases["p_adjusted"] = (cases["p_value"] * cases["tests"]).clip(upper=1)
    return cases[[*KEY, *EVIDENCE]].astype(KEY | EVIDENCE)
