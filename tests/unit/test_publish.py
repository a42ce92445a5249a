"""Publication: readers see the old file or the new one, never a half of either."""

import os
import time

import duckdb
import pytest

from hotline.errors import HotlineError
from hotline.publish import publish


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
        hours_ago = time.time() - 7200 * (6 - number)
        os.utime(release, (hours_ago, hours_ago))
    kept = sorted(path.name for path in (serving / "releases").iterdir())
    assert len(kept) == 3
    assert value(serving) == 5


def test_only_the_marts_are_published(tmp_path):
    built = tmp_path / "hotline.duckdb"
    with duckdb.connect(str(built)) as connection:
        connection.execute("create schema staging; create schema marts; create table marts.t as select 1 as v")
        connection.execute("create view staging.s as select 'a path of this machine' as place")
    publish(built, tmp_path / "serving")
    with duckdb.connect(str(tmp_path / "serving" / "current" / "hotline.duckdb"), read_only=True) as connection:
        found = connection.execute("select table_schema, table_name from information_schema.tables").fetchall()
    assert found == [("marts", "t")]
