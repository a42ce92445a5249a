"""MinHash signatures of texts, each made once: a new day's build hashes the texts that no build has seen."""

import pandas as pd

from hotline.texts.signatures import ALGORITHM, bands

EMPTY = "select cast(null as varchar) as text_key, cast(null as varchar) as algorithm, cast(null as blob) as signature"


def model(dbt, session):
    """The new texts with their signatures, a month at a time: of a whole build, no more texts are held at once."""
    dbt.config(materialized="incremental", incremental_strategy="append")
    session.execute(f"create or replace temp table signatures_made as {EMPTY} limit 0")
    for texts in (dbt.ref("int_closing_text"), dbt.ref("int_request_text")):
        if dbt.is_incremental:
            texts = texts.filter(f"text_key not in (select text_key from {dbt.this} where algorithm = '{ALGORITHM}')")
        # read once: the view of all months costs as much for one of them
        new = texts.aggregate("ticket_month, text_key, letters")
        session.execute(f"create or replace temp table texts_read as {new.sql_query()}")
        months = session.sql("select distinct ticket_month from texts_read order by all").fetchall()
        for month in months:
            found = session.execute(
                "select text_key, letters from texts_read "
                "where ticket_month = ? and text_key not in (select text_key from signatures_made) order by text_key",
                month,
            ).df()
            signatures = [row.tobytes() for row in bands(found["letters"].tolist())]
            made = pd.DataFrame({"text_key": found["text_key"], "algorithm": ALGORITHM, "signature": signatures})
            session.register("made", made)
            session.execute("insert into signatures_made from made")
    session.execute("drop table texts_read")
    return session.table("signatures_made")
