"""Only what was built, tested and judged is published: the real chain on a small delivery, and what may go wrong with it."""

import fcntl
import json
import os
import resource
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
from in_process import InProcess
from installation import Installation
from ledger_entries import write_entry
from limit_rows import TICKETS

from hotline import approval

SMALL = ("--select", "+fct_feed_delivery", "--select", "+assert_ledger_raw_quarantine_and_warehouse_agree")


class Publisher(InProcess):
    """An installation that has published the small warehouse."""

    @property
    def apart(self) -> Installation:
        """The same, with commands that are processes of their own."""
        return Installation(self.settings)

    def is_refused(self, code: int, *words: str) -> None:
        """``hotline publish`` ends so, with a remedy; what was current stays and nothing is left behind."""
        before = sorted(path for path in self.settings.serving.rglob("*") if path.name != ".lock")
        run = self("publish", "--json")
        assert run.returncode == code, run.stderr
        assert "Traceback" not in run.stderr and "remedy:" in run.stderr
        for word in words:
            assert word in run.stderr, run.stderr
        assert sorted(path for path in self.settings.serving.rglob("*") if path.name != ".lock") == before
        with duckdb.connect(str(self.settings.published_database), read_only=True) as connection:
            assert connection.execute("select count(*) from marts.fct_ticket").fetchone() == (TICKETS,)

    def publishes_anew(self) -> None:
        before = self.current
        assert json.loads(self.done("publish", "--json"))["changed"]
        assert self.current != before
        assert not json.loads(self.done("publish", "--json"))["changed"]


@pytest.fixture
def installed(project, small_chain, tmp_path) -> Iterator[Publisher]:
    var = tmp_path / "var"
    shutil.copytree(small_chain, var, symlinks=True)
    with project.at(var):
        yield Publisher.of(project)


def change(installed: Publisher, statement: str = "create table marts.of_mine as select 1 as n") -> None:
    with duckdb.connect(str(installed.settings.build_database)) as connection:
        connection.execute(statement)


def test_the_chain_publishes_once_what_it_judged(installed):
    assert (installed.state.build.result, installed.state.quality.result) == (approval.PASSED, approval.PASSED)
    assert installed.state.quality.content == approval.content_hash(installed.settings.build_database)
    assert not json.loads(installed.done("publish", "--json"))["changed"]
    text = (installed.settings.build_database.parent / approval.STATE).read_text()
    assert str(installed.settings.var.resolve()) not in text and str(installed.settings.var) not in text


def test_a_build_whose_tests_failed_is_refused_whatever_quality_says(installed):
    # a row that raw does not hold
    write_entry(installed.settings.var, rows_loaded=1, rows_quarantined=0, status="loaded", reasons={})
    assert installed("build", *SMALL).returncode == 3
    installed.is_refused(3, "its tests failed", "hotline build")
    installed("quality", "--json")
    installed.is_refused(3, "its tests failed")


def test_a_part_of_the_models_is_no_build(installed):
    installed.done("build", "--select", "dim_platform")
    installed.is_refused(3, "--select")


def test_a_judgement_that_forbids_publication_is_heeded(installed):
    for file in installed.settings.raw.glob("tickets/dt=2*/*/*.parquet"):
        file.unlink()
    run = installed("quality", "--json")
    assert run.returncode == 3 and json.loads(run.stdout)["blocking"]
    installed.is_refused(3, "feed_rows_in_raw:tickets")


def test_a_file_that_was_changed_after_the_judgement_is_refused_and_cannot_be_judged_right(installed):
    change(installed)
    installed.is_refused(4, "not as the quality run left it", "hotline build")
    assert "cannot be published" in installed("quality", "--json").stderr
    installed.is_refused(3, "not the one whose build passed")


def test_models_run_past_the_command_are_refused(installed):
    """As by somebody who calls dbt himself: the tests have not seen it."""
    change(
        installed, "insert into staging.builds select max(build_no) + 1, true, now(), null, null from staging.builds"
    )
    installed.is_refused(4)
    installed("quality", "--json")
    installed.is_refused(3)


@pytest.mark.parametrize("damage", ["truncated", "lost"])
def test_a_damaged_build_is_refused(installed, damage):
    database = installed.settings.build_database
    if damage == "lost":
        database.unlink()
    else:
        os.truncate(database, database.stat().st_size // 2)
    installed.is_refused(4, "hotline build")


def test_before_anything_is_built_the_remedy_is_named(tmp_path):
    run = Installation.at(tmp_path)("publish")
    assert run.returncode == 4 and "`hotline build`" in run.stderr


def lose(release: Path) -> None:
    (release / "hotline.duckdb").unlink()


def cut(release: Path) -> None:
    file = next(release.glob("platforms/*.duckdb"))
    file.chmod(0o600)
    os.truncate(file, file.stat().st_size - 1)


def spoil(release: Path) -> None:
    file = release / "hotline.duckdb"
    file.chmod(0o600)
    with file.open("r+b") as handle:
        handle.seek(file.stat().st_size // 2)
        byte = handle.read(1)
        handle.seek(-1, os.SEEK_CUR)
        handle.write(bytes([byte[0] ^ 1]))


def forget(release: Path) -> None:
    (release / "release.json").unlink()


def garble(release: Path) -> None:
    (release / "release.json").write_text('["no"')


@pytest.mark.parametrize("harm", [lose, cut, spoil, forget, garble, shutil.rmtree])
def test_what_is_served_is_looked_at_and_not_a_note_about_it(installed, harm: Callable[[Path], None]):
    harm(installed.current)
    installed.publishes_anew()


def test_a_full_disk_leaves_nothing_behind(installed):
    change(installed, "checkpoint")  # nothing
    (installed.current / "release.json").unlink()  # so that there is something to publish
    size = installed.settings.build_database.stat().st_size
    before = sorted(path.name for path in (installed.settings.serving / "releases").iterdir())
    for limit in (size // 3, size + 1):  # in the copy; behind it, in the files of platforms or in none
        run = installed.apart(
            "publish", preexec_fn=lambda limit=limit: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        )
        if run.returncode == 0:
            continue
        assert run.returncode == 4 and "Traceback" not in run.stderr, run.stderr
        assert "remedy: free the disk" in run.stderr and "still served" in run.stderr
        assert sorted(path.name for path in (installed.settings.serving / "releases").iterdir()) == before
        assert limit < size or run.returncode == 0


def test_what_a_killed_publication_left_is_swept(installed):
    leftover = installed.settings.serving / "releases" / ".20240101T000000000000-00000000.tmp"
    leftover.mkdir()
    (leftover / "hotline.duckdb").write_bytes(b"half of it")
    installed.done("publish")
    assert not leftover.exists()


@pytest.mark.parametrize("step", ["build", "quality", "publish"])
def test_two_at_once_are_refused(installed, step):
    before = installed.state
    with (installed.settings.build_database.parent / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        run = installed.apart(step)
    assert run.returncode == 4 and "another process is at work" in run.stderr
    assert installed.state == before


def test_reading_the_build_takes_nothing_from_it(installed):
    """``hotline docs`` opens the file as a writer, as dbt does."""
    installed.apart.done("docs", "--json")
    assert not json.loads(installed.done("publish", "--json"))["changed"]


def test_documentation_that_cannot_be_written_says_so_in_one_line(installed):
    os.truncate(installed.settings.build_database, 8192)
    run = installed.apart("docs")
    assert run.returncode == 4
    assert len(run.stderr.strip().splitlines()) == 1 and "the documentation was not written" in run.stderr, run.stderr


def test_a_quality_run_that_was_broken_off_can_be_repeated(installed):
    state = installed.state
    broken = {"build": state.build.__dict__, "quality": approval.Word(approval.BROKEN_OFF).__dict__}
    (installed.settings.build_database.parent / approval.STATE).write_text(json.dumps(broken))
    change(installed, "delete from marts.quality_check")  # as far as it had come
    installed.is_refused(3, "broken off")
    installed.done("quality", "--json")
    assert json.loads(installed.done("publish", "--json"))["changed"] in (True, False)
    assert installed.state.quality.result == approval.PASSED
