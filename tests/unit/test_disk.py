"""When a disk will be full: whole days at the pace of what was delivered, and not known where too little is."""

import json
import os
import shutil
from datetime import date, timedelta

import pytest
from click.testing import CliRunner

from hotline.arrivals import now
from hotline.cli import cli
from hotline.doctor.disk import disks
from hotline.housekeep.retention import Forecast
from hotline.settings import Settings

LIMITS = Forecast(window_days=28, known_days=7, warn_below_days=90)
TODAY = date(2026, 12, 1)


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("HOTLINE_VAR", str(tmp_path / "var"))
    return Settings.from_environment()


def brought(settings, days_ago, size=1000, today=TODAY):
    """What a delivery day has left: a file in each layer."""
    day = today - timedelta(days=days_ago)
    for place in (f"landing/210100/{day}", f"raw/tickets/dt={day}/platform=210100", f"ledger/dt={day}/platform=210100"):
        folder = settings.var / place
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "file").write_bytes(b"x" * size)


def forecast(settings):
    (disk,) = disks(settings, LIMITS, TODAY)
    return disk


def test_the_pace_is_that_of_the_last_days_and_the_rest_of_history_has_none(settings):
    for days_ago in (*range(1, 29), 29, 300):
        brought(settings, days_ago)
    disk = forecast(settings)
    assert (disk.grown_bytes, disk.days, disk.known_days) == (28 * 3000, 28, 28)
    assert disk.days_left == disk.free_bytes * 28 // (28 * 3000)
    assert disk.folders == ["landing", "raw", "ledger"]


def test_build_and_releases_grow_as_raw_does(settings):
    for days_ago in (*range(1, 29), *range(100, 128)):
        brought(settings, days_ago)
    for name, size in (("build", 10_000), ("serving/releases/a", 30_001)):
        (settings.var / name).mkdir(parents=True)
        (settings.var / name / "hotline.duckdb").write_bytes(b"x" * size)
    assert forecast(settings).grown_bytes == 28 * 3000 + 5000 + 15_000, "half of raw is of these days"


def test_of_a_young_installation_the_days_count_that_it_has(settings):
    for days_ago in range(1, 11):
        brought(settings, days_ago)
    disk = forecast(settings)
    assert (disk.days, disk.known_days, disk.days_left) == (10, 10, disk.free_bytes * 10 // 30_000)


def test_fewer_than_seven_days_are_not_known(settings):
    for days_ago in range(0, 7):
        brought(settings, days_ago)  # today is not over: it counts for nothing
    disk = forecast(settings)
    assert (disk.known_days, disk.days_left) == (6, None)
    assert "not known when it is full, deliveries of 6 of the last 28 days are there and 7 are needed" in disk.told(
        LIMITS
    )
    brought(settings, 28)
    assert forecast(settings).days_left is not None


def test_a_backfill_of_old_days_is_no_pace(settings):
    for days_ago in range(40, 400):
        brought(settings, days_ago)
    assert forecast(settings).days_left is None


def test_links_count_nothing(settings, tmp_path):
    for days_ago in range(1, 29):
        brought(settings, days_ago)
    (tmp_path / "big").mkdir()
    (tmp_path / "big" / "file").write_bytes(b"x" * 100_000)
    (settings.landing / "210100" / str(TODAY - timedelta(days=1)) / "link").symlink_to(tmp_path / "big" / "file")
    (settings.landing / "210200").mkdir()
    (settings.landing / "210200" / str(TODAY - timedelta(days=1))).symlink_to(tmp_path / "big")
    assert forecast(settings).grown_bytes == 28 * 3000


def test_nothing_delivered_is_no_disk(settings):
    assert disks(settings, LIMITS, TODAY) == []


def test_the_doctor_warns_of_a_disk_that_is_full_soon(settings):
    """Sparse files of so many bytes that the disk of this machine is full within days."""
    today = now().date()
    for days_ago in range(1, 29):
        brought(settings, days_ago, today=today)
    (settings.landing / "210100" / str(today - timedelta(days=1)) / "big").touch()
    done = CliRunner().invoke(cli, ["doctor"])
    assert "full in" in done.stdout and "warning" not in done.stderr
    os.truncate(
        settings.landing / "210100" / str(today - timedelta(days=1)) / "big", shutil.disk_usage(settings.landing).free
    )
    done = CliRunner().invoke(cli, ["doctor"])
    assert done.exit_code == 0 and "full in 2" in done.stdout
    assert "warning: the disk of landing, raw, ledger is full in 2" in done.stderr and "remedy: " in done.stderr
    told = json.loads(CliRunner().invoke(cli, ["doctor", "--json"]).stdout.splitlines()[-1])
    assert told["disk"]["days_left"] in (27, 28)
