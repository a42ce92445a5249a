"""The macro ``working_seconds`` as dbt compiles it, against a walker that counts second by second."""

import datetime
import functools

import chinese_calendar
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

DAY = datetime.timedelta(days=1)
MINUTE = datetime.timedelta(minutes=1)
SECOND = datetime.timedelta(seconds=1)
AT = datetime.datetime.fromisoformat
LAST_DAY = datetime.date(2026, 12, 31)

# The hours of the calendars once more, on purpose: the test must not read the seeds that it judges.
OFFICE_HOURS = ((8 * 60 + 30, 12 * 60), (13 * 60, 17 * 60 + 30))
NEAR = [
    AT("2024-09-14 00:00:00"),  # make-up Saturday before the mid-autumn festival
    AT("2024-09-29 00:00:00"),  # make-up Sunday before the national day
    AT("2023-12-31 00:00:00"),
    AT("2024-02-29 00:00:00"),
    AT("2024-02-04 00:00:00"),  # make-up Sunday before the spring festival
    AT("2020-01-31 00:00:00"),  # spring festival, prolonged afterwards
    AT("2005-01-01 00:00:00"),
    AT("2026-12-20 00:00:00"),
]


is_workday = functools.cache(chinese_calendar.is_workday)


def is_worked(calendar: str, minute: datetime.datetime) -> bool:
    """Whether the minute that begins then is worked, by chinesecalendar."""
    if calendar == "always":
        return True
    if not is_workday(minute.date()):
        return False
    time = minute.hour * 60 + minute.minute
    return calendar == "working_day" or any(begin <= time < end for begin, end in OFFICE_HOURS)


def walk(calendar: str, begin: datetime.datetime, end: datetime.datetime) -> int:
    """Worked seconds from ``begin`` to ``end``: minute by minute, second by second at both ends."""
    if end < begin:
        return -walk(calendar, end, begin)
    seconds, now = 0, begin
    while now < end:
        step = MINUTE if now.second == 0 and now + MINUTE <= end else SECOND
        seconds += int(step.total_seconds()) * is_worked(calendar, now.replace(second=0))
        now += step
    return seconds


def step_on(calendar: str, begin: datetime.datetime, seconds: int) -> datetime.datetime:
    """When ``seconds`` more have been worked after ``begin``: minute by minute, second by second at both ends."""
    now = begin
    while seconds > 0:
        step = MINUTE if now.second == 0 and seconds >= 60 else SECOND
        seconds -= int(step.total_seconds()) * is_worked(calendar, now.replace(second=0))
        now += step
    return now


def day_on(calendar: str, day: datetime.date, days: int) -> datetime.date:
    """The n-th working day after ``day``: day by day."""
    while days > 0 and day <= LAST_DAY:
        day += DAY
        days -= day > LAST_DAY or calendar == "always" or is_workday(day)
    return day


@pytest.fixture(scope="module")
def compiled(database, project, tmp_path_factory):
    """A function of the values ``$1, $2, ...`` of SQL with macros, as dbt compiles it, on the built warehouse."""
    var = tmp_path_factory.mktemp("compiled")  # dbt opens a warehouse file of its own, to compile only

    def compile_inline(source: str):
        run = project.invoke(var, "compile", "--inline", source)
        assert run.success, run.exception
        (compiled,) = run.result.results
        return lambda *values: database.execute(compiled.node.compiled_code, list(values)).fetchone()[0]

    return compile_inline


@pytest.fixture(scope="module")
def working_seconds(compiled):
    """``working_seconds(calendar, begin, end)`` by the compiled macro and the built ``dim_working_day``."""
    return compiled("""
        select {{ working_seconds('opened', 'from_at', 'ended', 'to_at') }}
        from (select $1::varchar as calendar, $2::timestamp as from_at, $3::timestamp as to_at) as spans
        {{ join_working_day('opened', 'from_at', 'spans.calendar') }}
        {{ join_working_day('ended', 'to_at', 'spans.calendar') }}
    """)


@pytest.fixture(scope="module")
def worked_until(compiled):
    """``worked_until(calendar, begin, n)``: the instant when n more seconds have been worked, by the compiled macro."""
    return compiled("""
        select {{ instant_of_reading('until', 'reading') }}
        from (
            select given.calendar, {{ working_clock('opened', 'from_at') }} + n as reading
            from (select $1::varchar as calendar, $2::timestamp as from_at, $3::bigint as n) as given
            {{ join_working_day('opened', 'from_at', 'given.calendar') }}
        ) as spans
        {{ join_clock_reading('until', 'reading', 'spans.calendar') }}
    """)


@pytest.fixture(scope="module")
def nth_working_day(compiled):
    """``nth_working_day(calendar, begin, n)`` by the compiled macro."""
    return compiled("""
        select last_day.date_day
        from (select $1::varchar as calendar, $2::timestamp as from_at, $3::bigint as n) as given
        {{ join_working_day('opened', 'from_at', 'given.calendar') }}
        {{ join_nth_working_day('last_day', 'opened', 'given.n') }}
    """)


@pytest.fixture(scope="module")
def limit_end(compiled):
    """``limit_end(calendar, begin, unit, ends_at, amount, paused)`` by the compiled macros of time limits."""
    return compiled("""
        select {{ instant_of_reading('hours', 'read.reading') }}
        from (
            select
                started.calendar,
                {{ limit_reading('started', 'last_day', 'started.amount') }} + started.paused as reading
            from (
                select
                    given.*,
                    opened.working_day_number,
                    {{ working_clock('opened', 'given.from_at') }} as working_clock
                from (
                    select
                        $1::varchar as calendar, $2::timestamp as from_at, $3::varchar as unit,
                        $4::varchar as ends_at, $5::integer as amount, $6::bigint as paused
                ) as given
                {{ join_working_day('opened', 'given.from_at', 'given.calendar') }}
            ) as started
            {{ join_nth_working_day('last_day', 'started', 'started.amount') }}
        ) as read
        {{ join_clock_reading('hours', 'read.reading', 'read.calendar') }}
    """)


instants = st.builds(
    lambda day, days, second: day + days * DAY + second * SECOND,
    st.sampled_from(NEAR),
    st.integers(0, 11),
    st.one_of(st.integers(0, 86399), st.sampled_from([0, 30600, 43199, 43200, 43201, 46800, 63000, 86399])),
)
spans = st.one_of(st.just(0), st.integers(-20 * 86400, 20 * 86400), st.integers(-120, 120)).map(lambda n: n * SECOND)


@settings(max_examples=300, deadline=None)
@given(calendar=st.sampled_from(["always", "office", "working_day"]), begin=instants, span=spans)
@example(calendar="office", begin=AT("2024-09-13 17:00:00"), span=3 * DAY)
@example(calendar="office", begin=AT("2024-10-08 09:00:00"), span=-10 * DAY)
def test_macro_counts_as_the_walker_does(working_seconds, calendar, begin, span):
    end = min(begin + span, AT("2026-12-31 23:59:59"))
    assert working_seconds(calendar, begin, end) == walk(calendar, begin, end)


@settings(max_examples=100, deadline=None)
@given(calendar=st.sampled_from(["office", "working_day"]), cuts=st.tuples(instants, instants, instants))
def test_parts_add_up_however_far_apart(working_seconds, calendar, cuts):
    first, second, third = cuts
    whole = working_seconds(calendar, first, third)
    assert whole == working_seconds(calendar, first, second) + working_seconds(calendar, second, third)
    assert whole == -working_seconds(calendar, third, first)


@pytest.mark.parametrize(
    ("calendar", "begin", "end", "seconds"),
    [
        ("office", "2024-09-13 17:00:00", "2024-09-14 09:00:00", 3600),  # over to a make-up Saturday
        ("office", "2024-09-14 00:00:00", "2024-09-18 00:00:00", 28800),  # that Saturday and three days off
        ("office", "2024-09-28 09:00:00", "2024-09-29 09:00:00", 1800),  # Saturday off, Sunday worked
        ("office", "2024-10-01 00:00:00", "2024-10-08 00:00:00", 0),
        ("office", "2024-09-18 12:00:00", "2024-09-18 13:00:00", 0),  # lunch
        ("office", "2024-09-18 09:00:00", "2024-09-18 09:00:00", 0),
        ("office", "2024-09-18 10:00:00", "2024-09-18 09:00:00", -3600),  # backwards: minus the same span forwards
        ("office", "2023-12-29 17:00:00", "2024-01-02 08:30:01", 1801),  # over the year's end
        ("office", "2024-09-18 09:00:00.9", "2024-09-18 09:00:01.1", 1),  # fractions are cut off at each end
        ("always", "2024-09-14 23:59:59", "2024-09-15 00:00:01", 2),
        ("working_day", "2024-09-14 12:00:00", "2024-09-18 12:00:00", 86400),
        ("office", "2024-09-18 09:00:00", None, None),
        ("office", None, "2024-09-18 09:00:00", None),
        ("office", "2026-12-31 09:00:00", "2027-01-04 09:00:00", None),  # no notice for 2027 yet
        ("nowhere", "2024-09-18 09:00:00", "2024-09-18 10:00:00", None),
    ],
)
def test_known_spans(working_seconds, calendar, begin, end, seconds):
    assert working_seconds(calendar, begin, end) == seconds


@settings(max_examples=150, deadline=None)
@given(
    calendar=st.sampled_from(["always", "office", "working_day"]),
    begin=instants,
    seconds=st.one_of(st.integers(1, 120), st.integers(1, 2 * 86400), st.integers(1, 6).map(lambda n: n * 28800)),
)
@example(calendar="office", begin=AT("2024-09-13 17:30:00"), seconds=28800)  # over to a make-up Saturday
@example(calendar="office", begin=AT("2024-09-28 09:00:00"), seconds=1)  # Saturday off, Sunday worked
@example(calendar="working_day", begin=AT("2023-12-29 23:59:59"), seconds=2)  # over the year's end
@example(calendar="always", begin=AT("2024-02-28 00:00:00"), seconds=86400)
def test_clock_read_backwards_stops_where_the_walker_does(worked_until, working_seconds, calendar, begin, seconds):
    ended = worked_until(calendar, begin, seconds)
    if ended is None:  # beyond the last notice
        assert begin >= AT("2026-12-20 00:00:00")
        return
    assert ended == step_on(calendar, begin, seconds)
    assert working_seconds(calendar, begin, ended) == seconds
    assert working_seconds(calendar, begin, ended - SECOND) == seconds - 1


@settings(max_examples=100, deadline=None)
@given(calendar=st.sampled_from(["always", "office", "working_day"]), begin=instants, span=spans)
def test_there_and_back_is_the_same_instant_but_for_time_off(worked_until, working_seconds, calendar, begin, span):
    end = min(begin + abs(span), AT("2026-12-31 23:59:59"))
    seconds = working_seconds(calendar, begin, end)
    back = worked_until(calendar, begin, seconds)
    assert back <= end
    assert working_seconds(calendar, back, end) == 0


@settings(max_examples=200, deadline=None)
@given(calendar=st.sampled_from(["always", "office", "working_day"]), begin=instants, days=st.integers(0, 25))
@example(calendar="office", begin=AT("2024-09-13 23:00:00"), days=1)
@example(calendar="office", begin=AT("2024-09-28 10:00:00"), days=1)
def test_nth_working_day_is_the_one_that_counting_finds(nth_working_day, calendar, begin, days):
    last = day_on(calendar, begin.date(), days)
    if last > LAST_DAY:
        assert nth_working_day(calendar, begin, days) is None
    elif days:
        assert nth_working_day(calendar, begin, days) == last
    else:  # none after: the day itself, or the last one worked before
        assert day_on(calendar, nth_working_day(calendar, begin, 0), 1) == day_on(calendar, begin.date(), 1)


@settings(max_examples=150, deadline=None)
@given(
    rule=st.sampled_from(
        [
            ("office", "working_days", "end_of_working_day"),
            ("working_day", "working_days", "end_of_working_day"),
            ("working_day", "working_days", "end_of_day"),
            ("working_day", "working_days", "to_the_second"),
            ("always", "days", "end_of_day"),
            ("always", "days", "to_the_second"),
            ("always", "hours", "to_the_second"),
            ("office", "working_hours", "to_the_second"),
            ("working_day", "working_hours", "to_the_second"),
        ]
    ),
    begin=instants,
    amount=st.integers(1, 12),
    paused=st.one_of(st.just(0), st.integers(1, 100_000)),
)
@example(rule=("office", "working_days", "end_of_working_day"), begin=AT("2024-09-27 18:00:00"), amount=1, paused=1)
@example(rule=("always", "days", "end_of_day"), begin=AT("2023-12-30 00:00:00"), amount=1, paused=0)
def test_limits_end_where_counting_ends(limit_end, rule, begin, amount, paused):
    calendar, unit, ends_at = rule
    found = limit_end(calendar, begin, unit, ends_at, amount, paused)
    if found is None:
        assert begin >= AT("2026-12-14 00:00:00")
        return
    if ends_at == "to_the_second":
        ended = step_on(calendar, begin, amount * (86400 if unit.endswith("days") else 3600))
    else:
        last = datetime.datetime.combine(day_on(calendar, begin.date(), amount), datetime.time())
        ended = last + (63000 * SECOND if calendar == "office" else DAY - SECOND)
    assert found == step_on(calendar, ended, paused)


@pytest.mark.parametrize(
    ("calendar", "begin", "seconds", "ended"),
    [
        ("office", "2024-09-13 09:00:00", 27000, "2024-09-13 17:30:00"),  # its end, not the next morning
        ("office", "2024-09-13 09:00:00", 27001, "2024-09-14 08:30:01"),
        ("office", "2024-09-18 09:00:00", 10800, "2024-09-18 12:00:00"),  # before lunch
        ("office", "2024-09-30 17:30:00", 1, "2024-10-08 08:30:01"),
        ("office", "2024-09-18 20:00:00", 0, "2024-09-18 17:30:00"),  # the last that was worked
        ("always", "2024-09-18 09:00:00", 0, "2024-09-18 09:00:00"),
        ("always", "2024-09-18 00:00:00", 86400, "2024-09-19 00:00:00"),
        ("working_day", "2024-09-14 12:00:00", 86400, "2024-09-18 12:00:00"),  # the same time of the next working day
        ("working_day", "2024-09-15 12:00:00", 86400, "2024-09-19 00:00:00"),  # a day off begins with the next one
        ("office", "2026-12-31 17:00:00", 3600, None),  # no notice for 2027 yet
        ("office", None, 3600, None),
        ("nowhere", "2024-09-18 09:00:00", 3600, None),
    ],
)
def test_known_ends(worked_until, calendar, begin, seconds, ended):
    found = worked_until(calendar, begin, seconds)
    assert (found and str(found)) == ended


def test_every_day_has_the_seconds_that_chinesecalendar_gives_it(query):
    days = query("select calendar, date_day, seconds from dim_working_day where date_day >= date '2004-01-02'")
    assert len(days) == 3 * 8400
    whole = {"always": (86400, 86400), "office": (0, 28800), "working_day": (0, 86400)}
    assert all(day["seconds"] == whole[day["calendar"]][chinese_calendar.is_workday(day["date_day"])] for day in days)


def test_make_up_workdays_of_september_2024_are_weekend_days_that_are_worked(query):
    rows = query(
        """
        select date_day, iso_dow from dim_date
        where is_make_up_workday and is_weekend and is_working_day and year = 2024 and month = 9 order by date_day
        """
    )
    assert [(str(row["date_day"]), row["iso_dow"]) for row in rows] == [("2024-09-14", 6), ("2024-09-29", 7)]
