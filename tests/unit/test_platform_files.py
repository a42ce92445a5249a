"""Files of platforms: the own rows and nobody else's, taken over where nothing changed, swapped all together."""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest
import yaml

from hotline import platform_files
from hotline.errors import HotlineError, InfrastructureError
from hotline.platform_files import Definition, Table, history, write_all
from hotline.publish import publish

PLATFORMS = ("210100", "210200", "210300")
TODAY = date.today()
THIS_MONTH = TODAY.replace(day=1)


def month(ago: int) -> date:
    """First day of the month ``ago`` months before this one."""
    total = THIS_MONTH.year * 12 + THIS_MONTH.month - 1 - ago
    return date(total // 12, total % 12 + 1, 1)


DEFINITION = Definition(
    platforms=PLATFORMS[:2],
    tables=(
        Table("dim_day"),
        Table("fct_feed_delivery", own="platform_code"),
        Table("fct_ticket", own="platform_code", tickets=True),
        Table(
            "mart_rate",
            own="platform_code",
            comparison="platform_code is null and unit = 'percent'",
            comparison_columns=("unit", "value"),
        ),
        Table("mart_check", own="platform_code", only="not is_running"),
        Table("mart_view", own="platform_code"),
    ),
    not_given=("dim_staff",),
    withheld_columns=frozenset({"caller_key"}),
    ticket_months=3,
)

SOURCE = """
create schema marts; create schema staging;
create table staging.builds as select 1 as build_no, timestamp '2024-01-01' as began_at;
create table marts.dim_day as select 'x' as day_name;
create table marts.dim_staff as select 'somebody' as name;
create table marts.fct_feed_delivery (platform_code varchar, delivery_day date);
create table marts.fct_ticket (
    ticket_no varchar, platform_code varchar, caller_key varchar, rating varchar, ticket_day date, built_in integer
);
create table marts.mart_check as
    select unnest(['210100', '210100', '210200', null]) as platform_code, unnest([true, false, true, false]) as is_running;
create table marts.mart_rate (platform_code varchar, unit varchar, value integer, counted integer);
insert into marts.mart_rate values
    ('210100', 'percent', 1, 10), ('210200', 'percent', 2, 20), (null, 'percent', 3, 30), (null, 'tickets', 4, 40);
create view marts.mart_view as
    select platform_code, count(*) as n from marts.fct_ticket group by 1 union all select null, count(*) from marts.fct_ticket;
"""


def ticket(platform: str, ago: int, number: int, build: int = 1) -> str:
    """The statement that adds a ticket."""
    day = month(ago)
    number_of = f"JT{platform}{day:%Y%m%d}{number:04}"
    return f"insert into marts.fct_ticket values ('{number_of}', '{platform}', 'key', 'good', date '{day}', {build})"


class Source:
    """A published file that a test changes, and what is written from it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.file, self.releases = folder, folder / "hotline.duckdb", 0
        deliveries = [f"insert into marts.fct_feed_delivery values ('{name}', date '{TODAY}')" for name in PLATFORMS]
        tickets = [ticket(platform, ago, number) for platform in PLATFORMS for ago in range(5) for number in range(4)]
        self.run(";".join([SOURCE, *deliveries, *tickets]))

    def run(self, text: str) -> list:
        with duckdb.connect(str(self.file)) as connection:
            return connection.execute(text).fetchall()

    def ticket(self, platform: str, ago: int, number: int, build: int = 1) -> None:
        self.run(ticket(platform, ago, number, build))

    def build(self, number: int) -> None:
        self.run(f"insert into staging.builds values ({number}, timestamp '2024-01-01' + interval {number} hour)")

    def write(self, definition: Definition = DEFINITION, before: Path | None = None) -> Path:
        self.releases += 1
        target = self.folder / f"release-{self.releases}"
        with duckdb.connect(str(self.file)) as connection:
            builds = history(connection)
        write_all(self.file, target, definition, builds, before)
        return target


@pytest.fixture
def source(tmp_path: Path) -> Source:
    return Source(tmp_path)


def ask(folder: Path, text: str, platform: str = "210100") -> list:
    with duckdb.connect(str(folder / f"{platform}.duckdb"), read_only=True) as connection:
        return connection.execute(text).fetchall()


def test_what_a_platform_may_not_see_yet_is_not_in_its_file(source: Source) -> None:
    folder = source.write()
    assert ask(folder, "select platform_code, is_running from marts.mart_check") == [("210100", False)]
    assert ask(folder, "select * from marts.mart_check", "210200") == []


def contents(folder: Path, platform: str = "210100") -> dict[str, list]:
    """Rows of every table, sorted."""
    tables = [
        name
        for (name,) in ask(
            folder, "select table_name from information_schema.tables where table_schema = 'marts'", platform
        )
    ]
    return {table: sorted(ask(folder, f"from marts.{table}", platform), key=repr) for table in sorted(tables)}


def marks(folder: Path) -> dict:
    return dict(ask(folder, "select month, mark from main.months"))


def test_a_file_holds_the_own_rows_only(source: Source) -> None:
    folder = source.write()
    assert sorted(path.name for path in folder.iterdir()) == ["210100.duckdb", "210200.duckdb"]
    for platform in PLATFORMS[:2]:
        found = contents(folder, platform)
        assert set(found) == {table.name for table in DEFINITION.tables}
        assert {row[1] for row in found["fct_ticket"]} == {platform}
        assert found["fct_feed_delivery"] == [(platform, TODAY)]
        assert found["dim_day"] == [("x",)]
        text = (folder / f"{platform}.duckdb").read_bytes()
        for other in set(PLATFORMS) - {platform}:
            assert f"JT{other}".encode() not in text
        assert b"somebody" not in text


def test_withheld_columns_are_not_in_it(source: Source) -> None:
    columns = [
        name
        for (name,) in ask(source.write(), "select column_name from duckdb_columns() where table_name = 'fct_ticket'")
    ]
    assert columns == ["ticket_no", "platform_code", "rating", "ticket_day", "built_in"]


def test_rows_to_compare_with_are_given_and_others_of_the_province_are_not(source: Source) -> None:
    assert contents(source.write())["mart_rate"] == [("210100", "percent", 1, 10), (None, "percent", 3, None)]


def test_a_view_counts_the_own_rows_and_shows_no_province(source: Source) -> None:
    assert contents(source.write())["mart_view"] == [("210100", 12)]


def test_the_last_months_are_counted_from_the_delivery_not_from_a_number_that_lies(source: Source) -> None:
    source.run(
        "insert into marts.fct_ticket values ('JT2101002999010100000001', '210100', 'key', 'good', date '2999-01-01', 1)"
    )
    source.run("insert into marts.fct_feed_delivery values ('210300', date '2999-01-01')")
    days = {row[0] for row in ask(source.write(), "select distinct ticket_day from marts.fct_ticket")}
    assert {month(0), month(1), month(2)} <= days
    assert month(3) not in days


def test_tickets_stay_when_the_newest_delivery_is_old(source: Source) -> None:
    source.run(f"update marts.fct_feed_delivery set delivery_day = date '{month(2) + timedelta(days=5)}'")
    days = {row[0] for row in ask(source.write(), "select distinct ticket_day from marts.fct_ticket")}
    assert days == {month(ago) for ago in range(5)}


def change(source: Source) -> None:
    source.run(
        f"update marts.fct_ticket set rating = 'bad', built_in = 2 where ticket_day = date '{month(1)}' and ticket_no like '%0001'"
    )


def delete(source: Source) -> None:
    source.run(f"delete from marts.fct_ticket where ticket_day = date '{month(1)}' and ticket_no like '%0001'")


def add(source: Source) -> None:
    source.ticket("210100", 1, 99, build=2)


def empty(source: Source) -> None:
    source.run(f"delete from marts.fct_ticket where ticket_day = date '{month(1)}'")


@pytest.mark.parametrize("happens", [change, delete, add, empty])
def test_a_file_is_taken_over_and_the_changed_month_written(
    source: Source, happens, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = source.write()
    source.build(2)
    happens(source)
    written: list = []
    differing = platform_files._differing
    monkeypatch.setattr(
        platform_files, "_differing", lambda old, new: [written.append(m) or m for m in differing(old, new)]
    )
    for file in first.iterdir():
        file.chmod(0o440)  # as it was published
    second = source.write(before=first)
    assert {file.stat().st_mode & 0o777 for file in second.iterdir()} == {0o640}
    assert set(written) == {month(1)}
    assert contents(second) == contents(source.write())
    assert contents(second) != contents(first)


def test_a_month_that_is_past_leaves_a_file_that_is_taken_over(source: Source) -> None:
    first = source.write()
    source.build(2)
    wider = dataclasses.replace(DEFINITION, ticket_months=5)
    assert month(4) in marks(source.write(wider))
    source.run(f"update marts.fct_feed_delivery set delivery_day = date '{month(1)}'")
    older = source.write()
    source.run(f"update marts.fct_feed_delivery set delivery_day = date '{TODAY}'")
    second = source.write(before=older)
    assert contents(second)["fct_ticket"] == contents(first)["fct_ticket"]
    assert month(3) in marks(older) and month(3) not in marks(second)


def other_lineage(source: Source, folder: Path) -> Definition:
    source.run("delete from staging.builds; insert into staging.builds values (1, timestamp '2025-05-05')")
    return DEFINITION


def other_columns(source: Source, folder: Path) -> Definition:
    source.run("alter table marts.mart_rate add column note varchar")
    return DEFINITION


def other_definition(source: Source, folder: Path) -> Definition:
    return dataclasses.replace(DEFINITION, withheld_columns=frozenset({"caller_key", "rating"}))


def damaged(source: Source, folder: Path) -> Definition:
    for platform in DEFINITION.platforms:
        file = folder / f"{platform}.duckdb"
        file.write_bytes(b"\0" * 5000)
    return DEFINITION


def emptied(source: Source, folder: Path) -> Definition:
    for platform in DEFINITION.platforms:
        (folder / f"{platform}.duckdb").write_bytes(b"")
    return DEFINITION


def grown(source: Source, folder: Path) -> Definition:
    """Deleted rows of years would else lie in a file for ever."""
    for platform in DEFINITION.platforms:
        with (folder / f"{platform}.duckdb").open("ab") as file:
            file.truncate(2 * file.tell())
    return DEFINITION


def missing(source: Source, folder: Path) -> Definition:
    shutil.rmtree(folder)
    return DEFINITION


@pytest.mark.parametrize("happens", [other_lineage, other_columns, other_definition, damaged, emptied, grown, missing])
def test_a_file_that_does_not_fit_is_written_whole(source: Source, happens) -> None:
    first = source.write()
    # what only a file that was taken over would still hold: same number, same build, other content
    source.run("update marts.fct_ticket set rating = 'changed without a build'")
    assert "changed without a build" not in str(contents(source.write(before=first))), "else this test shows nothing"
    definition = happens(source, first)
    second = source.write(definition, before=first)
    assert contents(second) == contents(source.write(definition))


def test_platforms_read_together_are_as_platforms_read_one_by_one(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform_files, "GATHERED_SHARE", 1.0)
    together = source.write()
    monkeypatch.setattr(platform_files, "GATHERED_SHARE", 0.0)
    alone = source.write()
    for platform in DEFINITION.platforms:
        assert contents(together, platform) == contents(alone, platform)
        assert len(contents(together, platform)["fct_ticket"]) == 12


def test_a_table_that_nobody_decided_about_stops_the_publication(source: Source) -> None:
    source.run("create table marts.mart_new as select 1 as v")
    with pytest.raises(HotlineError, match="mart_new"):
        source.write()


def test_a_table_that_is_not_published_is_named(source: Source) -> None:
    source.run("drop table marts.dim_staff")
    with pytest.raises(HotlineError, match="dim_staff"):
        source.write()


def security(path: Path, **changes: object) -> Path:
    part = {"ticket_months": 3, "withheld_columns": [], "not_given": [], "tables": {"t": "all"}}
    file = path / "security.yaml"
    file.write_text(yaml.safe_dump({"users": [], "platform_files": part} | changes), encoding="utf-8")
    return file


def test_a_user_of_two_platforms_is_refused(tmp_path: Path) -> None:
    users = [{"username": "both", "roles": [], "platforms": ["210100", "210200"]}]
    with pytest.raises(HotlineError, match="both is mapped to 2 platforms"):
        Definition.read(security(tmp_path, users=users))


@pytest.mark.parametrize("entry", ["some", {"tickets": True}, None, {"own": 1}])
def test_an_entry_that_says_nothing_is_refused(tmp_path: Path, entry: object) -> None:
    part = {"ticket_months": 3, "withheld_columns": [], "not_given": [], "tables": {"mart_x": entry}}
    with pytest.raises(HotlineError, match="mart_x"):
        Definition.read(security(tmp_path, platform_files=part))


def test_every_detail_of_the_definition_is_in_its_digest() -> None:
    others = [
        dataclasses.replace(DEFINITION, ticket_months=4),
        dataclasses.replace(DEFINITION, platforms=PLATFORMS),
        dataclasses.replace(DEFINITION, withheld_columns=frozenset()),
        dataclasses.replace(DEFINITION, not_given=()),
        dataclasses.replace(DEFINITION, tables=DEFINITION.tables[1:]),
    ]
    assert len({definition.digest for definition in [DEFINITION, *others]}) == 6


def test_all_files_are_swapped_together_or_none(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serving = tmp_path / "serving"
    first, _ = publish(source.file, serving, DEFINITION)
    assert {path.stat().st_mode & 0o777 for path in first.rglob("*.duckdb")} == {0o440}
    source.build(2)
    add(source)
    write = platform_files._Source.write

    def fails_at_the_second(self, platform: str, target: Path) -> None:
        if platform == "210200":
            raise OSError("no space left on device")
        write(self, platform, target)

    with monkeypatch.context() as patched:
        patched.setattr(platform_files._Source, "write", fails_at_the_second)
        with pytest.raises(InfrastructureError, match="no space"):
            publish(source.file, serving, DEFINITION)
    assert (serving / "current").resolve() == first.resolve()
    assert [path.name for path in (serving / "releases").iterdir()] == [first.name]
    second, changed = publish(source.file, serving, DEFINITION)
    assert changed and len(contents(second / "platforms")["fct_ticket"]) == 13
    assert publish(source.file, serving, DEFINITION) == (second.resolve(), False)
    third, changed = publish(source.file, serving, dataclasses.replace(DEFINITION, platforms=PLATFORMS))
    assert changed and (third / "platforms" / "210300.duckdb").is_file()


def test_the_file_of_a_platform_goes_with_its_last_user(source: Source, tmp_path: Path) -> None:
    serving = tmp_path / "serving"
    publish(source.file, serving, DEFINITION)
    assert sorted(path.stem for path in (serving / "current" / "platforms").iterdir()) == ["210100", "210200"]
    _, changed = publish(source.file, serving, dataclasses.replace(DEFINITION, platforms=("210200",)))
    assert changed and [path.stem for path in (serving / "current" / "platforms").iterdir()] == ["210200"]


def test_every_process_gives_a_definition_the_same_digest():
    """Strings hash differently in each: a digest that follows them would publish everything anew every day."""
    code = (
        "from hotline.platform_files import Definition; from hotline.settings import Settings; "
        "print(Definition.read(Settings.from_environment().security).digest)"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", code], env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2", "3", "4")
    }
    assert len(digests) == 1
