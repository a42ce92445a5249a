"""What a frame is made of, read from the published warehouse: complaints of a period, and what their platforms claim."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import duckdb

from hotline.errors import HotlineError, WrongRequest
from hotline.ingest.files import literal
from hotline.settings import Settings

RATES = ("callback", "close", "satisfaction")


@contextmanager
def published(settings: Settings, otherwise: str = "") -> Iterator[duckdb.DuckDBPyConnection]:
    """The published warehouse, read-only. Raises HotlineError when there is none; ``otherwise`` is what may be done without."""
    path = settings.published_database
    if not path.exists():
        raise HotlineError(f"nothing is published at {path}", f"run the pipeline first: `hotline publish`{otherwise}")
    with duckdb.connect() as connection:
        connection.execute(f"attach {literal(str(path))} as published (read_only)")
        connection.execute("use published")
        yield connection


def complaints(settings: Settings, month: date | None) -> tuple[date, dict[str, int]]:
    """Complaints of a month a platform, and the month (default: the newest that has some).

    Raises HotlineError for a month without complaints; names those that there are.
    """
    with published(settings, ", or name a --population") as connection:
        rows = connection.execute("""
            select month, platform_code, cast(sum(tickets) as bigint) from marts.mart_volume_monthly
            where business_type = 'complaint' group by all order by all
        """).fetchall()
    months = sorted({row[0] for row in rows if row[2]})
    if not months:
        raise WrongRequest("the published warehouse has no complaints", "deliver tickets first, or name a --population")
    month = month or months[-1]
    if month not in months:
        raise WrongRequest(
            f"there are no complaints of {month:%Y-%m}", f"there are: {', '.join(f'{known:%Y-%m}' for known in months)}"
        )
    return month, {code: number for found, code, number in rows if found == month}


def complaint_numbers(connection: duckdb.DuckDBPyConnection, first: date, after: date) -> dict[str, list[str]]:
    """Ticket numbers of complaints accepted from ``first`` on and before ``after``, ascending, by platform."""
    rows = connection.execute(
        """
        select platform_code, ticket_no from marts.fct_ticket
        where business_type = 'complaint' and accepted_at >= $first and accepted_at < $after
        order by platform_code, ticket_no
        """,
        {"first": first, "after": after},
    ).fetchall()
    found: dict[str, list[str]] = {}
    for platform, number in rows:
        found.setdefault(platform, []).append(number)
    return found


def no_longer_complaints(connection: duckdb.DuckDBPyConnection, numbers: list[str]) -> set[str]:
    """Those of ``numbers`` that no platform has as a complaint any more: voided, or of another type since."""
    rows = connection.execute(
        """
        select unnest($numbers) except select ticket_no from marts.fct_ticket
        where business_type = 'complaint' and list_contains($numbers, ticket_no)
        """,
        {"numbers": numbers},
    ).fetchall()
    return {number for (number,) in rows}


def undelivered(settings: Settings, first: date, after: date) -> dict[str, list[date]]:
    """Days of ``first`` to before ``after`` whose tickets a platform owed and did not deliver, by name of the platform;
    of all platforms, for one that delivered nothing has no frame and would be heard of nowhere."""
    with published(settings) as connection:
        rows = connection.execute(
            """
            select platform_name, list(period_from order by period_from) from marts.mart_feed_obligation
            where feed = 'tickets' and status in ('missing', 'rejected') and period_to >= $first and period_from < $after
            group by platform_name, platform_code order by platform_code
            """,
            {"first": first, "after": after},
        ).fetchall()
    return dict(rows)


def unreached(settings: Settings, frames: list[str]) -> dict[str, int]:
    """Tickets of each frame that were called and that nobody reached, as far as it is published for the province."""
    with published(settings) as connection:
        rows = connection.execute(
            """
            select frame_no, count(*) from marts.mart_spot_check_result
            where list_contains($frames, frame_no) and not is_reached and not is_outside group by frame_no
            """,
            {"frames": frames},
        ).fetchall()
    return dict(rows)


def reported(connection: duckdb.DuckDBPyConnection, month: date) -> dict[tuple[str, str], str]:
    """The rates of a month as printed, by platform and rate; what was not reported is not there."""
    rows = connection.execute(
        """
        select platform_code, indicator_code, reported_text from marts.fct_reported_indicator
        where month = $month and indicator_code in ('callback', 'close', 'satisfaction') and reported_text is not null
        """,
        {"month": month},
    ).fetchall()
    return {(platform, rate): text for platform, rate, text in rows}
