"""The State Council's holidays and make-up workdays, written out as the seed that ``dim_date`` is built from.

Run once a year, when the next year's notice is out and ``chinesecalendar`` has been updated: ``make calendar``
(docs/how-to/renew-the-calendar.md).

Only days that the notices name are listed: every other day is working from Monday to Friday.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from chinese_calendar.constants import Holiday, holidays, workdays

from hotline.settings import Settings

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


def renew(seed: Path) -> tuple[str, str]:
    """Write ``seed`` anew as a whole; the last days that a notice names, before and after."""
    before = seed.read_text(encoding="utf-8").splitlines()[-1].partition(",")[0]
    with seed.with_suffix(".tmp").open("w", encoding="utf-8", newline="") as target:
        write_seed(target)
    seed.with_suffix(".tmp").replace(seed)
    return before, list(state_council_days())[-1][0]


if __name__ == "__main__":
    path = Settings.from_environment().seeds / "calendar" / "state_council_days.csv"
    last_before, last_now = renew(path)
    print(f"{path.name}: notices reach {last_now}, before {last_before}")
    if last_now[:4] <= last_before[:4]:
        sys.exit("no new year: a newer chinesecalendar is needed, see docs/how-to/renew-the-calendar.md")
