"""Daily builds leave the same warehouse as one build of everything, row for row.

The platforms deliver daily: late rows, corrected rows, the same rows twice, deleted rows; one platform's files arrive six
days late, one day brings no file at all, and its files are taken after those of the next day; a month ends in between.
Ten days hold all of it, and six more changes after it; ``--long`` builds sixty.
"""

import shutil
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb
import pytest
from click.testing import CliRunner
from dbt_project import ONLY_TABLES
from marts import differing

from hotline import news
from hotline.build import record_definitions
from hotline.cli import cli
from hotline.settings import Settings


@dataclass(frozen=True)
class Period:
    """Days of delivery; the first build takes all from ``history`` on, then one build a day begins with ``first``."""

    history: date
    first: date
    days: int
    without_file: int
    """Number of the day whose files are taken only after those of the next."""
    scale: float
    """Of the volumes of the sample: fewer days need more of each to hold as much."""


SHORT = Period(date(2024, 8, 2), date(2024, 8, 27), 10, 3, 0.1)
LONG = Period(date(2024, 8, 2), date(2024, 8, 2), 60, 30, 0.03)
SENDERS = ("210100", "210200", "210600", "LNJT")
"""Four of the platforms: more of them would take more files a day, not other ways."""
LATE_PLATFORM, LATE_DAYS = "210600", 6
LAST_CHANGES = 6
NO_QUALITY = ["--exclude", "tag:quality"]


class Warehouse:
    """Builds in this process, on the parsed project of the session."""

    def __init__(self, project, settings: Settings):
        self.project, self.settings = project, settings

    def build(self, *arguments: str) -> None:
        self.project.run(self.settings.var.resolve(), "run", *arguments)

    def build_of_news(self) -> bool:
        """What `hotline build` makes of news, untested; tells whether it could take less than everything."""
        database, sources = self.settings.build_database, news.of(self.settings)
        if sources is None:
            self.build(*NO_QUALITY)
        elif sources:
            assert news.build(self.project.manifest, sources, database, self._call)
            record_definitions(database, "", is_finished=True)
        return sources is not None

    def _call(self, command: str, names: list[str]) -> bool:
        if command == "run":
            self.build("--select", *names)
        return True

    def value(self, statement: str):
        with duckdb.connect(str(self.settings.build_database), read_only=True) as connection:
            return connection.execute(statement).fetchall()[0][0]


def ingest(first: date, last: date | None = None) -> None:
    result = CliRunner().invoke(cli, ["ingest", "--json", "--from", str(first), "--to", str(last or first)])
    assert result.exit_code == 0, result.output


@pytest.fixture(scope="module")
def period(request) -> Period:
    return LONG if request.config.getoption("--long") else SHORT


@pytest.fixture(scope="module")
def warehouses(project, blank, period, tmp_path_factory):
    """(built day by day, built at once), and the number of tickets that each daily build made anew."""
    folder = tmp_path_factory.mktemp("incremental")
    blank(folder / "var")
    with project.at(folder / "var"):
        settings = Settings.from_environment()
        simulate = ["simulate", "--months", "2024-08,2024-09", "--delivery", "daily"]
        assert CliRunner().invoke(cli, [*simulate, "--scale", str(period.scale), "--json"]).exit_code == 0
        for sender in settings.landing.iterdir():
            if sender.name not in SENDERS:
                shutil.rmtree(sender)
        warehouse = Warehouse(project, settings)
        held = folder / "held"
        (settings.landing / LATE_PLATFORM).rename(held)
        changed, narrow = [], []
        for number in range(period.days):
            day = period.first + timedelta(days=number)
            late_day = day - timedelta(days=LATE_DAYS)
            late = [path for path in held.iterdir() if path.name <= str(late_day)]
            for path in late:
                (settings.landing / LATE_PLATFORM).mkdir(exist_ok=True)
                path.rename(settings.landing / LATE_PLATFORM / path.name)
            if number == 0:
                ingest(period.history, day)
            elif late:
                ingest(late_day)
            if number not in (0, period.without_file):
                ingest(day)
            if number == period.without_file + 1:
                ingest(day - timedelta(days=1))
            if number == 0:
                warehouse.build(*ONLY_TABLES, *NO_QUALITY)
            else:
                narrow.append(warehouse.build_of_news())
            changed.append(warehouse.value("select count(*) from intermediate.int_changed_ticket"))
        grown = folder / "grown.duckdb"
        shutil.copyfile(settings.build_database, grown)
        partial = warehouse.value("select count(*) from staging.builds where is_partial and finished_at is not null")
        assert narrow == [False, *[True] * (period.days - 2)], "views are those of a whole build but once"
        assert partial == period.days - 1
        warehouse.build("--full-refresh", "--vars", "rows_per_part: 5000", *NO_QUALITY)
        logs = [path.read_text(encoding="utf-8") for path in (settings.var / "dbt" / "logs").glob("dbt.log*")]
        assert any("fct_ticket: part 2 of " in log for log in logs), "the whole build is to be made in parts"
        yield grown, settings.build_database, changed


@pytest.fixture(scope="module")
def both(warehouses):
    with duckdb.connect() as connection:
        connection.execute(f"attach '{warehouses[0]}' as grown (read_only)")
        connection.execute(f"attach '{warehouses[1]}' as whole (read_only)")
        yield connection


def test_the_feeds_held_every_kind_of_trouble(period, warehouses, both):
    def count(statement):
        return both.execute(f"select count(*) from ({statement})").fetchall()[0][0]

    last = period.first + timedelta(days=period.days - 1)
    newest = (
        "select platform_code, max(delivery_day) from whole.marts.fct_feed_delivery where feed = 'tickets' group by all"
    )
    expected = dict.fromkeys(SENDERS, last) | {LATE_PLATFORM: last - timedelta(days=LATE_DAYS)}
    assert dict(both.execute(newest).fetchall()) == expected
    assert count("select distinct date_trunc('month', delivery_day) from whole.marts.fct_ticket") >= 2, "a month's end"
    assert len(warehouses[2]) > LAST_CHANGES

    assert count("from whole.staging.base_tickets where is_deleted") > 0
    assert count("from whole.marts.fct_ticket where delivery_day > ticket_day + 5") > 0


def test_every_mart_is_the_same_row_for_row(project, warehouses, both):
    ((marts,),) = both.execute(
        "select count(distinct table_name) from duckdb_columns() where database_name = 'whole' and schema_name = 'marts'"
    ).fetchall()
    built = [n for n in project.manifest.nodes.values() if n.schema == "marts" and "quality" not in n.tags]
    assert marts == len(built)
    assert differing(warehouses[0], warehouses[1]) == {}


@pytest.mark.parametrize("table", ["int_text_near_duplicate", "int_ticket_link", "int_ticket_cluster"])
def test_what_tickets_share_is_the_same_row_for_row(both, table):
    grown, whole = (f"select * from {side}.intermediate.{table}" for side in ("grown", "whole"))
    for one, other in ((grown, whole), (whole, grown)):
        assert both.execute(f"{one} except all {other} limit 3").fetchall() == []
    assert both.execute(whole).fetchall()


def test_a_days_build_hashes_its_own_texts_alone(both):
    """Texts that were replaced since stay known, as numbers; none is there twice."""
    keys = [f"select text_key from {side}.intermediate.int_text_signature" for side in ("grown", "whole")]
    assert both.execute(f"{keys[1]} except {keys[0]}").fetchall() == []
    assert both.execute(f"{keys[0]} group by all having count(*) > 1").fetchall() == []


def test_the_ticket_marts_hold_rows(period, both):
    least = dict.fromkeys(("fct_ticket", "fct_ticket_event", "fct_callback", "fct_ticket_metric"), 500)
    least["fct_backlog_daily"] = 500 * period.days // LONG.days  # a row a day, however many tickets
    for mart, rows in least.items():
        assert both.execute(f"select count(*) from whole.marts.{mart}").fetchall()[0][0] > rows, mart


def test_a_day_makes_a_days_tickets_anew_and_not_the_history(warehouses, both):
    tickets = both.execute("select count(*) from whole.marts.fct_ticket").fetchall()[0][0]
    assert max(warehouses[2][-LAST_CHANGES:]) < tickets / 4
    assert sum(changed == 0 for changed in warehouses[2][1:]) <= 1, "only the day without a file changes nothing"
