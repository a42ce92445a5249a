"""What hangs together by links: SQL would follow a chain of tickets step by step."""

import numpy as np
import pandas as pd

from hotline.texts.clusters import labels

KEY = ["platform_code", "category", "place"]
COLUMNS = ["cluster_no", "ticket_day", "ticket_no", *KEY]


def model(dbt, session):
    """Tickets of ``int_ticket_link`` with the first ticket number of all that they hang together with."""
    links = dbt.ref("int_ticket_link").df()
    ends = [
        links[[day, ticket, *KEY]].set_axis(["ticket_day", "ticket_no", *KEY], axis=1)
        for day, ticket in (("ticket_day", "ticket_no"), ("earlier_day", "earlier_ticket_no"))
    ]
    tickets = pd.concat(ends).drop_duplicates("ticket_no").sort_values("ticket_no", ignore_index=True)
    place = pd.Series(np.arange(len(tickets)), tickets["ticket_no"])
    tickets["label"] = labels(
        len(tickets), place[links["earlier_ticket_no"]].to_numpy(), place[links["ticket_no"]].to_numpy()
    )
    tickets["cluster_no"] = tickets.groupby("label")["ticket_no"].transform("first")
    session.register("tickets_clustered", tickets)
    columns = [f"cast({name} as {'date' if name == 'ticket_day' else 'varchar'}) as {name}" for name in COLUMNS]
    return session.sql(f"select {', '.join(columns)} from tickets_clustered")
