"""MinHash signatures of texts, each made once: a new day's build hashes the texts that no build has seen."""

import pandas as pd

from hotline.texts.signatures import ALGORITHM, bands

EMPTY = "select cast(null as varchar) as text_key, cast(null as varchar) as algorithm, cast(null as blob) as signature"


def model(dbt, session):
    """The new texts with their signatures, a month at a time: of a whole build, no more texts are held at once."""
    dbt.config(materialized="incremental", incremental_strategy="append")
    sources = [dbt.ref("int_closing_text"), dbt.ref("int_request_text")]
    session.execute(f"create or replace temp table signatures_made as {EMPTY} limit 0")
    known = "select text_key from signatures_made"
    if dbt.is_incremental:
        known += f" union all select text_key from {dbt.this} where algorithm = '{ALGORITHM}'"
    for texts in sources:
        for (month,) in texts.aggregate("ticket_month").order("ticket_month").fetchall():
            new = texts.filter(f"ticket_month = date '{month}' and text_key not in ({known})")
            found = new.aggregate("text_key, letters").order("text_key").df()
            signatures = [row.tobytes() for row in bands(found["letters"].tolist())]
            made = pd.DataFrame({"text_key": found["text_key"], "algorithm": ALGORITHM, "signature": signatures})
            session.register("made", made)
            session.execute("insert into signatures_made from made")
    return session.table("signatures_made")
