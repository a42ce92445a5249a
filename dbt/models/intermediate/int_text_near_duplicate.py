"""Closing texts that many tickets share or nearly share, of the months that this build counts anew."""

import pandas as pd

from hotline.texts.closings import COLUMNS, copied
from hotline.texts.signatures import ALGORITHM

TYPES = {"ticket_month": "date", "ticket_day": "date", "cluster_size": "bigint", "is_template": "boolean"}


def model(dbt, session):
    """Tickets of clusters, month by month, and those with an approved reply."""
    dbt.config(materialized="incremental", incremental_strategy="replace_months")
    approved, closings = dbt.ref("int_approved_reply").df(), dbt.ref("int_closing_text")
    signatures = dbt.ref("int_text_signature").filter(f"algorithm = '{ALGORITHM}'")
    signed = closings.join(signatures.project("text_key as signed_key, signature"), "text_key = signed_key")
    months = closings.aggregate("ticket_month").order("ticket_month").fetchall()
    found = [copied(signed.filter(f"ticket_month = date '{month}'").df(), approved) for (month,) in months]
    rows = pd.concat([pd.DataFrame(columns=COLUMNS), *found])  # noqa: F841, read by name
    return session.sql(
        "select " + ", ".join(f"cast({c} as {TYPES.get(c, 'varchar')}) as {c}" for c in COLUMNS) + " from rows"
    )
