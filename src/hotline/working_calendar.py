"""The State Council's holidays and make-up workdays, written out as the seed that ``dim_date`` is built from.

Run once a year, when the next year's notice is out and ``chinesecalendar`` has been updated::

    python -m hotline.working_calendar > dbt/seeds/calendar/state_council_days.csv

Only days that the notices name are listed: every other day is working from Monday to Friday.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from typing import TextIO

from chinese_calendar.constants import Holiday, holidays, workdays

HEADER = ("date_day", "day_kind", "holiday_name", "holiday_name_en")


def state_council_days() -> Iterator[tuple[str, str, str, str]]:
    """Yield (ISO date, ``holiday`` or ``make_up_workday``, Chinese and English name of the holiday), by date."""
    chinese_names = {holiday.value: holiday.chinese for holiday in Holiday}
    days = [(day, "holiday", name) for day, name in holidays.items()]
    days += [(day, "make_up_workday", name) for day, name in workdays.items()]
    for day, kind, name in sorted(days):
        yield day.isoformat(), kind, chinese_names[name], name


def write_seed(target: TextIO) -> None:
    """Write the seed as CSV with a header row."""
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(state_council_days())


if __name__ == "__main__":
    write_seed(sys.stdout)
