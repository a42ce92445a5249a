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
    # read once: the view of all months costs as much for one of them
    session.execute(f"create or replace temp table closings_read as {signed.sql_query()}")
    months = session.sql("select distinct ticket_month from closings_read order by all").fetchall()
    found = [
        copied(session.execute("from closings_read where ticket_month = ?", month).df(), approved) for month in months
    ]
    session.execute("drop table closings_read")
    rows = pd.concat([pd.DataFrame(columns=COLUMNS), *found])  # noqa: F841, read by name
    return session.sql(
        "select " + ", ".join(f"cast({c} as {TYPES.get(c, 'varchar')}) as {c}" for c in COLUMNS) + " from rows"
    )
