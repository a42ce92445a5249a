"""Publication: readers see the old file or the new one, never a half of either."""

import os
import time

import duckdb
import pytest

from hotline import approval
from hotline.errors import HotlineError, InfrastructureError
from hotline.housekeep.sweep import Outcome
from hotline.publish import prune, publish


@pytest.fixture
def built(tmp_path):
    path = tmp_path / "build" / "hotline.duckdb"
    path.parent.mkdir()

    def build(value):
        path.unlink(missing_ok=True)
        with duckdb.connect(str(path)) as connection:
            connection.execute(f"create table t as select {value} as v")
        return path

    return build


def value(serving):
    with duckdb.connect(str(serving / "current" / "hotline.duckdb"), read_only=True) as connection:
        return connection.execute("select v from t").fetchone()[0]


def test_a_reader_of_the_old_release_is_not_disturbed(built, tmp_path):
    serving = tmp_path / "serving"
    publish(built(1), serving)
    reader = duckdb.connect(str(serving / "current" / "hotline.duckdb"), read_only=True)
    release, changed = publish(built(2), serving)
    assert changed
    assert release == (serving / "current").resolve()
    assert reader.execute("select v from t").fetchone() == (1,)
    assert value(serving) == 2


def test_the_same_bytes_are_published_once(built, tmp_path):
    path = built(1)
    first, _ = publish(path, tmp_path / "serving")
    again, changed = publish(path, tmp_path / "serving")
    assert (again, changed) == (first.resolve(), False)
    assert len(list((tmp_path / "serving" / "releases").iterdir())) == 1


def test_an_open_writer_is_an_error(built, tmp_path):
    path = built(1)
    path.with_name(path.name + ".wal").touch()
    with pytest.raises(HotlineError, match="write-ahead log"):
        publish(path, tmp_path / "serving")


def test_nothing_built_is_an_error(tmp_path):
    with pytest.raises(HotlineError, match="hotline build"):
        publish(tmp_path / "hotline.duckdb", tmp_path / "serving")


def test_old_releases_go_by_age(built, tmp_path):
    serving = tmp_path / "serving"
    for number in range(6):
        release, _ = publish(built(number), serving)
        prune(serving, 3, Outcome("releases", "3 newest"))
        hours_ago = time.time() - 7200 * (6 - number)
        os.utime(release, (hours_ago, hours_ago))
    kept = sorted(path.name for path in (serving / "releases").iterdir())
    assert len(kept) == 3
    assert value(serving) == 5


@pytest.fixture
def serving(built, tmp_path):
    """Six releases, two hours apart; the newest is served."""
    serving = tmp_path / "serving"
    for number in range(6):
        release, _ = publish(built(number), serving)
        hours_ago = time.time() - 7200 * (6 - number)
        os.utime(release, (hours_ago, hours_ago))
    return serving


def pruned(serving, newest=3, **options):
    outcome = Outcome("releases", "")
    prune(serving, newest, outcome, **options)
    return outcome


def releases(serving):
    return sorted(path.name for path in (serving / "releases").iterdir())


def test_a_dry_run_counts_the_releases_that_would_go(serving):
    would, before = pruned(serving, dry_run=True), releases(serving)
    assert (would.seen, would.gone, len(before)) == (6, 3, 6)
    assert would.bytes == pruned(serving).bytes > 0
    assert releases(serving) == before[3:]
    assert pruned(serving).gone == 0


def test_the_served_release_stays_however_old_it_is(serving):
    first = releases(serving)[0]
    (serving / "current").unlink()
    (serving / "current").symlink_to(f"releases/{first}")
    assert pruned(serving, 1).gone == 5
    assert releases(serving) == [first] and value(serving) == 0


def test_all_releases_stay_while_none_is_served(serving):
    (serving / "current").unlink()
    assert pruned(serving).gone == 0 and len(releases(serving)) == 6
    (serving / "current").symlink_to("releases/lost")
    assert "all of them stay" in pruned(serving).note and len(releases(serving)) == 6


def test_a_young_release_stays_and_so_do_all_when_the_clock_goes_back(serving):
    for age in (3000, -3600):
        for release in (serving / "releases").iterdir():
            os.utime(release, (time.time() - age,) * 2)
        assert pruned(serving).gone == 0


def test_a_link_among_the_releases_is_left_alone(serving, tmp_path):
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").touch()
    os.utime(precious, (0, 0))
    (serving / "releases" / "20200101").symlink_to(precious)
    found = pruned(serving, 1)
    assert (found.gone, found.failed) == (5, [])
    assert (precious / "file").exists() and (serving / "releases" / "20200101").is_symlink()


def test_what_an_interrupted_removal_has_left_goes_with_the_next(serving):
    half = serving / "releases" / releases(serving)[0]
    half.rename(half.with_name(f".{half.name}.tmp"))
    assert pruned(serving).gone == 2
    assert len(releases(serving)) == 3


def test_no_release_is_removed_while_another_is_published(serving):
    with approval.alone(serving, "a publication"), pytest.raises(InfrastructureError, match="a publication"):
        pruned(serving)
    assert len(releases(serving)) == 6


def test_only_the_marts_are_published(tmp_path):
    built = tmp_path / "hotline.duckdb"
    with duckdb.connect(str(built)) as connection:
        connection.execute("create schema staging; create schema marts; create table marts.t as select 1 as v")
        connection.execute("create view staging.s as select 'a path of this machine' as place")
    publish(built, tmp_path / "serving")
    with duckdb.connect(str(tmp_path / "serving" / "current" / "hotline.duckdb"), read_only=True) as connection:
        found = connection.execute("select table_schema, table_name from information_schema.tables").fetchall()
    assert found == [("marts", "t")]
