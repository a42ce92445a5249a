"""No row that ingest loads makes a build, the checks or a publication fail: rows at the limits of every contract, all at once.

One build for all of it. Tickets that one platform hands over to another have a month of their own in it, July, so that whose
rate they count in can be told to the ticket. Claims and figures that contradict each other: test_contract_limits.py.
"""

import csv
import io
import random
from datetime import date, timedelta

import duckdb
import pytest
from click.testing import CliRunner
from contract_rows import Rows
from in_process import InProcess
from ticket_files import deliver, ticket_table

from hotline.cli import cli
from hotline.contracts import load_contracts

pytestmark = pytest.mark.slow

DAY = date(2024, 10, 15)
MIXED_ROWS = 60
"""Rows of each feed whose every column is at one of its limits, whichever."""


FRAMES = 7
"""Frames that lists of tickets and spot checks speak of; each is at a limit of its own."""


def table(names, rows):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([names, *rows])
    return text.getvalue()


def with_key(source, row, n):
    """``row`` under a key of its own, so that no other row of the file replaces it, and about a ticket that is there."""
    own = {}
    for column in source.contract.columns:
        if column.name == "ticket_no":
            own["ticket_no"] = f"JT21010020241001{n:08d}"
        elif column.name == "frame_no":  # frames and draws have one each, lists and checks share a few
            own["frame_no"] = f"F{n if source.contract.key == ('frame_no',) else n % FRAMES}"
        elif column.name == "blind_recheck_of":
            own["blind_recheck_of"] = f"K{n - 1}" if n % 2 else ""
        elif column.key_position and column.logical_type == "string" and not column.code_list:
            own[column.name] = f"{n:018d}" if column.pattern else f"K{n}"
        elif column.key_position and column.logical_type == "integer":
            own[column.name] = str(1 + n)
    return source.completed(row | own)


def limit_rows(source, chance):
    """Rows at the limits as they are, then each under a key of its own, then mixtures."""
    rows, columns = source.at_limits(), source.contract.columns
    mixed = [
        source.completed({column.name: chance.choice(source.legal(column)) for column in columns})
        for _ in range(MIXED_ROWS)
    ]
    return [*rows, *(with_key(source, row, n) for n, row in enumerate([*rows, *mixed]))]


HANDED, DUMPED, SEIZED, FOREIGN, VOIDED = (f"JT21010020240701{n:08d}" for n in range(1, 6))
"""A ticket of 210100 that it hands to 210200, which takes it; one that nobody takes; one that 210200 takes for itself; one
about which 210200 speaks as if it were its own; one that 210100 voids after 210200 has taken it."""
JULY = "2024-07-{day:02d} {hour:02d}:00:00"


def july(day, hour):
    return JULY.format(day=day, hour=hour)


def deliver_handed_over(settings):
    """Tickets, steps and calls about a ticket that was handed over, and about some that were not."""

    def file(name, sender, content):
        deliver(settings, content, name, sender, DAY)

    due, here = {"应办结时间": july(8, 17)}, {"平台编码": "210200"}
    file("tickets-handed.csv", "210100", ticket_table(
        {"工单编号": HANDED, "受理时间": july(1, 8), "移交至平台": "大连", **due},
        {"工单编号": DUMPED, "受理时间": july(1, 8), "移交至平台": "鞍山", **due},
        {"工单编号": SEIZED, "受理时间": july(1, 8), **due}, {"工单编号": FOREIGN, "受理时间": july(1, 8), **due},
        {"工单编号": VOIDED, "受理时间": july(1, 8), "移交至平台": "大连", **due}))  # fmt: skip
    voided = ticket_table({"工单编号": VOIDED, "受理时间": july(1, 8), "移交至平台": "大连", "记录状态": "作废", **due})
    deliver(settings, voided, "tickets-voided.csv", "210100", DAY + timedelta(days=1))
    file("tickets-handed.csv", "210200", ticket_table(
        *({"工单编号": number, "受理时间": july(2, 9), "移交自平台": "沈阳", **here} for number in (HANDED, SEIZED, VOIDED))))  # fmt: skip
    file("tickets-foreign.csv", "210200", ticket_table({"工单编号": FOREIGN, "受理时间": july(2, 9), **here}))
    names = ("ticket_no", "event_seq", "event_type", "occurred_at", "handed_over_from")
    file("ticket_events-handed.csv", "210100", table(names, [
        (HANDED, 1, "accept", july(1, 8), ""), (HANDED, 2, "dispatch", july(1, 9), ""), (HANDED, 3, "close", july(5, 9), ""),
        (SEIZED, 1, "accept", july(1, 8), ""), (SEIZED, 2, "close", july(20, 8), "")]))  # fmt: skip
    taken = [(HANDED, 1, "accept", july(2, 9)), (HANDED, 2, "close", july(3, 10)), (SEIZED, 1, "close", july(3, 10)),
             (VOIDED, 1, "accept", july(2, 9))]  # fmt: skip
    file("ticket_events-handed.csv", "210200", table(names, [(*step, "210100") for step in taken]))
    file("ticket_events-foreign.csv", "210200", table(names, [(FOREIGN, 1, "close", july(3, 10), "")]))
    names = ("callback_no", "ticket_no", "called_at", "is_connected", "rating", "handed_over_from")
    file("callbacks-handed.csv", "210100", table(names, [
        ("H1", HANDED, july(1, 12), "是", "", ""), ("H2", HANDED, july(6, 12), "是", "dissatisfied", "")]))  # fmt: skip
    file("callbacks-handed.csv", "210200", table(names, [
        ("H1", HANDED, july(4, 12), "是", "satisfied", "210100"), ("H2", SEIZED, july(4, 12), "是", "satisfied", "210100")]))  # fmt: skip
    file("callbacks-foreign.csv", "210200", table(names, [("H3", FOREIGN, july(4, 12), "是", "satisfied", "")]))


DOUBTED, PLAIN = "JT2103002024070200000001", "JT2103002024070200000002"
"""Two complaints of 210300, closed in time; but for one of them before it was accepted."""
RETURNED = "JT2104002024070200000001"
"""A complaint of 210400 that a unit returned, and of which no dispatch was sent."""


def deliver_doubted(settings):
    same = {"平台编码": "210300", "受理时间": july(2, 10), "应办结时间": july(8, 17), "满意度评价": "满意"}
    content = ticket_table(
        {"工单编号": DOUBTED, "问题类别": "出租车", "问题子类": "绕道行驶", **same}, {"工单编号": PLAIN, **same}
    )
    deliver(settings, content, "tickets-doubted.csv", "210300", DAY)
    steps = [(number, seq, kind, moment) for number, closed in ((DOUBTED, july(1, 9)), (PLAIN, july(3, 10)))
             for seq, kind, moment in ((1, "accept", july(2, 10)), (2, "dispatch", july(2, 11)), (3, "first_contact", july(2, 12)),
                                       (4, "close", closed))]  # fmt: skip
    names = ("ticket_no", "event_seq", "event_type", "occurred_at")
    deliver(settings, table(names, steps), "ticket_events-doubted.csv", "210300", DAY)
    content = ticket_table({"工单编号": RETURNED, **same, "平台编码": "210400"})
    deliver(settings, content, "tickets-returned.csv", "210400", DAY)
    steps = [(RETURNED, 1, "accept", july(2, 10)), (RETURNED, 2, "return", july(2, 11))]
    deliver(settings, table(names, steps), "ticket_events-returned.csv", "210400", DAY)


@pytest.fixture(scope="module")
def settings(project, tmp_path_factory):
    """A warehouse of rows at the limits, taken in, built, judged and published; every step must end well."""
    with project.at(tmp_path_factory.mktemp("limits") / "var"):
        installed, chance = InProcess.of(project), random.Random(12328)  # noqa: S311 - the same rows in every run
        settings = installed.settings
        deliver_handed_over(settings)
        deliver_doubted(settings)
        for contract in load_contracts().values():
            source = Rows(settings, contract, DAY)
            rows = [row.values() for row in limit_rows(source, chance)]
            content = table([column.name for column in contract.columns], rows)
            deliver(settings, content, f"{contract.feed}-limits.csv", source.sender, DAY)
        for step in ("ingest", "build", "quality", "publish"):
            installed.done(step, "--json")
        yield settings


@pytest.fixture(scope="module")
def published(settings):
    with duckdb.connect(str(settings.published_database), read_only=True) as connection:
        yield connection


def test_all_rows_were_loaded(published, settings):
    assert (
        published.execute("""
        select feed, platform_code, reasons from marts.fct_feed_delivery
        where (rows_quarantined > 0 or rows_loaded = 0) and not contains(file_name, '-foreign')
    """).fetchall()
        == []
    )
    # most rows at the limits stand under a key of their own: they reached the models, and did not fall together
    for table_name in ("stg_tickets", "stg_ticket_events", "stg_callbacks", "stg_spot_checks", "stg_published_claims",
                       "stg_dial_tests", "stg_platform_outages", "stg_report_inspections", "stg_handling_units",
                       "stg_enterprises", "stg_spot_check_frames", "stg_spot_check_frame_tickets",
                       "stg_spot_check_draws"):  # fmt: skip
        with duckdb.connect(str(settings.build_database), read_only=True) as built:
            (count,) = built.execute(f"select count(*) from staging.{table_name}").fetchone()
        assert count > MIXED_ROWS, table_name


def test_spot_checks_at_the_limits_are_judged_by_the_frames_they_were_drawn_from(published):
    """Not beside them: frame, list, draw and checks meet, so that no combination of them makes a verdict fail."""
    judged = published.execute("""
        select frame_no from marts.mart_platform_verdict
        where regexp_full_match(frame_no, 'F[0-6]') group by frame_no having max(drawn) > 0 order by 1
    """).fetchall()
    assert judged == [(f"F{n}",) for n in range(FRAMES)]


def test_the_report_of_a_month_reads_what_is_published(settings):
    done = CliRunner().invoke(cli, ["result"], env={"HOTLINE_VAR": str(settings.var)})
    assert done.exit_code == 0, (done.output, done.exception)
    assert "12328 热线数据核对" in done.output and "得分按“" in done.output


def test_aliases_of_categories_and_sub_categories_fold(published):
    kinds = "select category, subcategory from marts.fct_ticket where ticket_no = $1"
    assert published.execute(kinds, [DOUBTED]).fetchall() == [("巡游出租汽车", "绕路")]


def test_a_ticket_whose_times_cannot_be_true_is_in_no_time_and_no_good_numerator(published):
    doubted = published.execute(
        "select ticket_no, implausible_reasons from marts.fct_ticket where platform_code = '210300'"
    )
    assert dict(doubted.fetchall()) == {
        DOUBTED: "closed_before_accepted|step_before_accepted|steps_out_of_order",
        PLAIN: None,
    }
    metrics = """
        select is_sla_breached, sla_breach_seconds, sla_elapsed_seconds, is_first_contact_in_time, first_contact_seconds
        from marts.fct_ticket_metric where ticket_no = $1
    """
    assert published.execute(metrics, [DOUBTED]).fetchall() == [(True, None, None, False, None)]
    assert published.execute(metrics, [PLAIN]).fetchall() == [(False, None, 86_400, True, 3_600)]
    rates = """
        select indicator_code, numerator::int, denominator::int from marts.mart_indicator_monthly
        where month = '2024-07-01' and platform_code = '210300' and source = 'computed'
    """
    found = {code: parts for code, *parts in published.execute(rates).fetchall()}
    assert found["complaint_on_time_close"] == found["first_contact"] == found["satisfaction"] == [1, 2]
    assert found["complaint_avg_close_minutes"] == [1440, 1]


def test_a_ticket_that_came_back_had_been_dispatched(published):
    """A return without a dispatch once stood in a numerator of no denominator, and the build failed."""
    rate = """
        select numerator::int, denominator::int from marts.mart_indicator_monthly
        where month = '2024-07-01' and platform_code = '210400' and indicator_code = 'return_rate' and source = 'computed'
    """
    assert published.execute(rate).fetchall() == [(1, 1)]


# whose ticket it is ------------------------------------------------------------------------------------


def test_ingest_bars_what_a_platform_says_of_anothers_ticket(published):
    barred = published.execute("""
        select feed, rows_in, rows_loaded, reasons from marts.fct_feed_delivery where contains(file_name, '-foreign')
    """).fetchall()
    assert sorted(barred) == [
        (feed, 1, 0, '{"ticket_no:sender":1}') for feed in ("callbacks", "ticket_events", "tickets")
    ]


def test_a_ticket_handed_over_is_the_receivers_with_what_the_first_platform_did_before(published):
    assert published.execute(
        "select platform_code, handed_over_by, accepted_at::varchar from marts.fct_ticket where ticket_no = $1",
        [HANDED],
    ).fetchall() == [("210200", "210100", july(1, 8))]
    assert published.execute("""
        select event_seq, event_type, platform_code, occurred_at::varchar
        from marts.fct_ticket_event where ticket_no = $1 order by 1
    """, [HANDED]).fetchall() == [
        (1, "accept", "210200", july(1, 8)), (2, "dispatch", "210200", july(1, 9)), (3, "accept", "210200", july(2, 9)),
        (4, "close", "210200", july(3, 10)),
    ]  # fmt: skip
    calls = (
        "select callback_no, platform_code, called_at::varchar from marts.fct_callback where ticket_no = $1 order by 3"
    )
    assert published.execute(calls, [HANDED]).fetchall() == [
        ("H1", "210200", july(1, 12)),
        ("H1", "210200", july(4, 12)),
    ]


def test_a_ticket_that_one_side_alone_hands_over_stays_where_it_was(published):
    """The second barrier: naming the platform that is said to have handed it over takes these rows past ingest."""
    owners = "select ticket_no, platform_code, handed_over_by from marts.fct_ticket where ticket_no in ($1, $2, $3) order by 1"
    assert published.execute(owners, [DUMPED, SEIZED, FOREIGN]).fetchall() == [
        (number, "210100", None) for number in (DUMPED, SEIZED, FOREIGN)
    ]
    steps = "select event_type, sender_code, occurred_at::varchar from marts.fct_ticket_event where ticket_no = $1 order by 3"
    assert published.execute(steps, [SEIZED]).fetchall() == [
        ("accept", "210100", july(1, 8)), ("close", "210100", july(20, 8)),
    ]  # fmt: skip
    assert published.execute("select count(*) from marts.fct_callback where ticket_no = $1", [SEIZED]).fetchone() == (
        0,
    )
    told = published.execute("""
        select feed, foreign_rows from marts.mart_foreign_row where platform_code = '210200' and example_ticket_no = $1
    """, [SEIZED]).fetchall()  # fmt: skip
    assert sorted(told) == [("callbacks", 1), ("ticket_events", 1), ("tickets", 1)]
    assert published.execute("""
        select status from marts.quality_check
        where is_latest and check_code = 'rows_about_own_tickets' and entity_code = '210200'
    """).fetchall() == [("fail",)]


def test_who_has_handed_a_ticket_over_cannot_void_it(published):
    """It was open at the receiver, and gone from its rate with its steps once the first platform voided its own row."""
    owners = "select platform_code, handed_over_by, is_closed from marts.fct_ticket where ticket_no = $1"
    assert published.execute(owners, [VOIDED]).fetchall() == [("210200", "210100", False)]
    steps = "select event_type, sender_code from marts.fct_ticket_event where ticket_no = $1"
    assert published.execute(steps, [VOIDED]).fetchall() == [("accept", "210200")]


def test_a_ticket_handed_over_counts_in_the_receivers_rates_alone(published):
    rates = """
        select platform_code, numerator::int, denominator::int from marts.mart_indicator_monthly
        where month = '2024-07-01' and source = 'computed' and indicator_code = 'complaint_on_time_close' order by 1
    """
    # 210100 is left with three, of which it closed one too late and two never; 210200 has closed one of two, in time
    assert published.execute(rates).fetchall() == [
        ("210100", 0, 3), ("210200", 1, 2), ("210300", 1, 2), ("210400", 0, 1),
    ]  # fmt: skip


def test_a_ticket_handed_over_lies_in_the_receivers_file_alone(settings):
    tables = ("fct_ticket", "fct_ticket_event", "fct_callback", "fct_ticket_metric")
    found = {}
    for platform in ("210100", "210200"):
        with duckdb.connect(
            str(settings.published_database.parent / "platforms" / f"{platform}.duckdb"), read_only=True
        ) as file:
            count = "select count(*) from marts.{} where ticket_no = $1"
            found[platform] = [file.execute(count.format(name), [HANDED]).fetchone()[0] for name in tables]
    assert found == {"210100": [0, 0, 0, 0], "210200": [1, 4, 2, 1]}
