"""``hotline result`` over the sample: what it says of a month, of one that nobody checked, and of one that is not there."""

import shutil

import duckdb
import pytest
from click.testing import CliRunner

from hotline import result
from hotline.settings import Settings


@pytest.fixture(scope="module")
def published(warehouse, tmp_path_factory):
    """The sample as readers find it; with a quality run on its newest day, of which only the head is told."""
    var = tmp_path_factory.mktemp("result")
    settings = Settings(home=Settings.from_environment().home, var=var)
    settings.published_database.parent.mkdir(parents=True)
    shutil.copyfile(warehouse, settings.published_database)
    with duckdb.connect(str(settings.published_database)) as connection:
        connection.execute("drop schema seeds cascade")  # which is not published
        connection.execute(
            "create or replace table marts.quality_check as "
            "select 'run' as run_id, timestamp '2024-10-14 08:00:00' as checked_at, date '2024-10-14' as day, "
            "true as is_latest, unnest(['pass', 'pass', 'fail']) as status"
        )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOTLINE_VAR", str(var))
        yield lambda *arguments: CliRunner().invoke(result.command, arguments)


def test_an_unknown_month_is_wrong_use_and_the_months_are_named(published):
    done = published("--month", "2020-01")
    assert done.exit_code == 2
    assert "2023-09, 2024-08, 2024-09" in done.output


def test_the_checked_month_says_what_was_found(published):
    done = published("--month", "2024-09")
    assert done.exit_code == 0, done.output
    assert "通过 2，未通过 1" in done.output
    assert "矛盾的平台 6 个" in done.output
    assert "可查月份：2023-09、2024-08、2024-09" in done.output
    assert "未核对" not in done.output


def test_what_nobody_checked_is_not_passed(published):
    done = published("--month", "2024-08")
    assert done.exit_code == 0, done.output
    assert "报送办结率与抽检：未核对" in done.output and "矛盾的平台" not in done.output
    assert "数据质量检查：未核对" in done.output and "通过" not in done.output
