"""Exact statistics of every reported rate: SQL has no hypergeometric distribution."""

import pandas as pd

from hotline.statistics.rates import RateEvidence, family_evidence

KEY = {"month": "datetime64[s]", "platform_code": "str", "rate": "str"}
COUNTS = {"reported_good", "reported_good_rounded", "lower95_good", "upper95_good"}
# given explicitly, so that a month without spot checks still makes a table of the right types
EVIDENCE = {name: "int64" if name in COUNTS else "float64" for name in RateEvidence._fields}


def model(dbt, session):
    """Rows of ``int_rate_claim`` with the columns of ``RateEvidence``. One family of tests a month; of what still goes on one of
    its own, for a corrected p tells of the others."""
    claims = dbt.ref("int_rate_claim").order("month, platform_code, rate")
    families: dict = {}
    for row in claims.fetchall():
        claim = dict(zip(claims.columns, row, strict=True))
        families.setdefault((claim["month"], claim["is_running"]), []).append(claim)
    rows = [
        {**{key: claim[key] for key in KEY}, **evidence._asdict()}
        for family in families.values()
        for claim, evidence in zip(family, family_evidence(family), strict=True)
    ]
    return pd.DataFrame(rows, columns=[*KEY, *EVIDENCE]).astype(KEY | EVIDENCE)
