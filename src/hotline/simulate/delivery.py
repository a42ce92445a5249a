"""Which rows of a block lie in the files of which day."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hotline.simulate.corrections import Rows, correct
from hotline.simulate.lives import Lives
from hotline.simulate.render import Renderer
from hotline.simulate.steps import RATINGS
from hotline.simulate.timing import DAY
from hotline.simulate.versions import ticket_versions


def deliveries(
    renderer: Renderer, lives: Lives, day: int | None, corrections: bool, rng: np.random.Generator
) -> dict[str, Rows]:
    """The three feeds of a block.

    All rows on one ``day`` (since 1970); or (None) each row on the day after it was recorded, and a ticket again on
    the day after every day on which something happened to it. With ``corrections`` some come late, are corrected,
    repeated or deleted afterwards.
    """
    tickets = renderer.tickets(lives, rng)
    frames = {"ticket_events": renderer.events(lives), "callbacks": renderer.callbacks(lives)}
    feeds = {"tickets": _daily(renderer, lives, tickets) if day is None else _on(day, tickets)}
    for feed, frame in frames.items():
        ticket = frame.pop("ticket").to_numpy()
        feeds[feed] = Rows(frame, frame.pop("recorded").to_numpy() // DAY + 1, ticket)
        if day is not None:
            feeds[feed] = Rows(frame, np.full(len(frame), day), ticket)
    return correct(feeds, lives, rng) if corrections else feeds


def _on(day: int, tickets: pd.DataFrame) -> Rows:
    return Rows(tickets, np.full(len(tickets), day), np.arange(len(tickets)))


def _daily(renderer: Renderer, lives: Lives, tickets: pd.DataFrame) -> Rows:
    versions = ticket_versions(lives)
    frame = tickets.take(versions.ticket).assign(
        is_open=versions.is_open,
        rating=pd.Categorical.from_codes(versions.rating, RATINGS),
        due_at=versions.due.astype("datetime64[s]"),
        unit=renderer.unit_column(versions.unit),
    )
    return Rows(frame, versions.day + 1, versions.ticket)
