"""What the checks of each frame say of its platform: SQL has no hypergeometric distribution."""

import pandas as pd

from hotline.statistics.cases import VerdictEvidence, judge

COUNTS = {
    "admitted_bad", "contradicted_rates", "lower_good", "upper_good", "lower_if_unreached_bad",
    "lower_if_unreached_good", "calls_to_meet", "own_rates_compared", "own_rates_below",
}  # fmt: skip
# given explicitly, so that a warehouse without spot checks still makes a table of the right types
TYPES = {"frame_no": "str"} | {name: "Int64" if name in COUNTS else "float64" for name in VerdictEvidence._fields}


def model(dbt, session):
    """A row a frame of ``int_verdict_case``, with the columns of ``VerdictEvidence``."""
    cases = dbt.ref("int_verdict_case").order("frame_no")
    rows = [dict(zip(cases.columns, row, strict=True)) for row in cases.fetchall()]
    found = [
        {"frame_no": row["frame_no"], **evidence._asdict()} for row, evidence in zip(rows, judge(rows), strict=True)
    ]
    return pd.DataFrame(found, columns=list(TYPES)).astype(TYPES)
