"""Steps run as children that report, fail in words, and never outlive the task that started them."""

import os
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import pytest

from hotline import orchestration
from hotline.orchestration import DataTestFailure, InfrastructureError, StepError, UsageError, run_step
from hotline.settings import Settings

SOURCE = Path(orchestration.__file__).parents[1]


def step(script: str, **options) -> dict:
    return run_step(["build"], program=["/bin/sh", "-c", script, "sh"], **options)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def gone(pid: int, seconds: float = 5) -> bool:
    deadline = time.monotonic() + seconds
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not alive(pid)


def read_pid(path: Path, seconds: float = 10) -> int:
    deadline = time.monotonic() + seconds
    while not (path.exists() and path.read_text().strip()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return int(path.read_text())


def test_the_last_line_of_output_is_the_result_and_progress_is_reported():
    lines = []
    result = step("echo one >&2; echo noise; echo '{\"rows_in\": 3}'; echo two >&2", report=lines.append)
    assert result == {"rows_in": 3}
    assert lines == ["one", "two"]


def test_progress_comes_while_the_step_runs():
    times = []
    step("echo a >&2; sleep 0.6; echo b >&2; echo '{}'", report=lambda line: times.append(time.monotonic()))
    assert times[1] - times[0] > 0.4


def test_progress_is_free_of_colours_and_empty_lines():
    lines = []
    step(r"""printf '\033[31mred\033[0m\n10%%\r100%%\n\n' >&2; echo '{}'""", report=lines.append)
    assert lines == ["red", "10%", "100%"]


def test_much_output_on_both_streams_does_not_block():
    noise = (
        "i=0; while [ $i -lt 20000 ]; do echo 0123456789 ; echo 0123456789 >&2; i=$((i+1)); done; echo '{\"ok\": 1}'"
    )
    assert step(noise, report=lambda line: None) == {"ok": 1}


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (1, StepError),
        (2, UsageError),
        (3, DataTestFailure),
        (4, InfrastructureError),
        (5, DataTestFailure),
        (137, InfrastructureError),
    ],
)
def test_exit_codes_become_exceptions_that_carry_the_last_lines(code, kind):
    with pytest.raises(StepError) as caught:
        step(f"echo the reason >&2; exit {code}", report=lambda line: None)
    assert type(caught.value) is kind
    assert caught.value.exit_code == code
    assert "the reason" in str(caught.value)


def test_a_step_killed_by_a_signal_is_an_infrastructure_error():
    with pytest.raises(InfrastructureError) as caught:
        step("kill -9 $$")
    assert caught.value.exit_code == -9


@pytest.mark.parametrize("output", ["", "not json", "[1]"])
def test_a_step_without_a_closing_object_is_an_error(output):
    with pytest.raises(StepError, match="its last line of output is not"):
        step(f"echo '{output}'")


def test_the_schedulers_own_settings_stay_out_of_the_step(monkeypatch):
    monkeypatch.setenv("AIRFLOW__API_AUTH__JWT_SECRET", "x")
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    seen = orchestration.child_environment(Settings(Path("/home"), Path("/var-of-run")), dict(os.environ))
    assert not [name for name in seen if name.startswith(("AIRFLOW", "PYTHONPATH"))]
    assert seen["HOTLINE_VAR"] == "/var-of-run"
    assert seen["PATH"] == os.environ["PATH"]


CALLER = """
import sys; sys.path.insert(0, {source!r})
from hotline.orchestration import run_step
run_step(["build"], program=["/bin/sh", "-c", "echo $$ > {pid}; /bin/sleep 60", "sh"])
"""


@pytest.mark.parametrize("path", [os.environ["PATH"], "/nowhere"], ids=["setpriv", "prctl"])
def test_the_step_dies_when_its_task_is_killed(tmp_path, path):
    """kill -9 gives the task no chance to clean up: without the kernel's help dbt would go on and hold the lock."""
    pid_file = tmp_path / "pid"
    code = CALLER.format(source=str(SOURCE), pid=pid_file)
    caller = subprocess.Popen([sys.executable, "-c", code], env=os.environ | {"PATH": path})
    step_pid = read_pid(pid_file)
    assert alive(step_pid)
    caller.kill()
    caller.wait()
    assert gone(step_pid)


def test_the_step_and_its_children_end_when_the_call_is_left(tmp_path):
    """A time-out or Ctrl-C in the task ends the grandchildren too."""

    class TimeOut(BaseException):
        pass

    def report(line):
        raise TimeOut

    pid_file = tmp_path / "pid"
    begin = time.monotonic()
    with pytest.raises(TimeOut):
        step(f"sleep 60 & echo $! > {pid_file}; echo started >&2; wait", report=report)
    assert gone(read_pid(pid_file))
    assert time.monotonic() - begin < 30, "ended, not waited for"


def test_only_the_standard_library_is_imported():
    code = (
        "import sys; before = set(sys.modules); sys.path.insert(0, sys.argv[1]); import hotline.orchestration;"
        "names = {name.split('.')[0] for name in set(sys.modules) - before} - sys.stdlib_module_names;"
        "print(sorted(name for name in names if not name.startswith('_sysconfigdata')))"
    )
    out = subprocess.run([sys.executable, "-I", "-c", code, str(SOURCE)], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "['hotline']"


# senders and days


def test_senders_are_the_fifteen_platforms_and_the_province():
    codes = orchestration.senders()
    assert len(codes) == len(set(codes)) == 16
    assert codes[-2:] == ["LNJT", "LN"]


def landing(tmp_path, *folders: str) -> Settings:
    for folder in folders:
        (tmp_path / "landing" / folder).mkdir(parents=True)
        (tmp_path / "landing" / folder / "tickets.csv").write_text("x")
    return Settings(home=Settings.from_environment().home, var=tmp_path)


def planned(settings, day="2024-10-14", from_day=None, wait_minutes=90, lookback_days=7) -> list[dict]:
    return orchestration.plan(day, from_day, wait_minutes, lookback_days, settings)


def test_a_folder_of_nobody_is_ingested_after_the_registered_senders(tmp_path):
    tasks = planned(landing(tmp_path, "210100/2024-10-14", "999999/2024-10-14"))
    assert [task["sender"] for task in tasks] == [*orchestration.senders(), "999999"]
    assert tasks[0] == {
        "sender": "210100",
        "first_day": "2024-10-14",
        "last_day": "2024-10-14",
        "lookback_days": 7,
        "wait_until": None,
    }


@pytest.mark.parametrize(("lookback_days", "asked"), [(0, 0), (1, 16)])
def test_nobody_is_asked_when_nothing_was_delivered_for_the_day_or_late(tmp_path, lookback_days, asked):
    assert len(planned(landing(tmp_path, "210100/2024-10-13"), lookback_days=lookback_days)) == asked


def test_a_range_covers_all_its_days_and_looks_back_no_further(tmp_path):
    settings = landing(tmp_path, "210100/2024-10-02", "999999/2024-09-30")
    tasks = planned(settings, from_day="2024-10-01")
    assert {(task["first_day"], task["last_day"], task["lookback_days"]) for task in tasks} == {
        ("2024-10-01", "2024-10-14", 0)
    }
    assert [task["sender"] for task in tasks] == orchestration.senders()
    assert planned(settings, from_day="2024-10-03") == []


def test_all_senders_are_asked_while_their_files_may_still_come(tmp_path, monkeypatch):
    monkeypatch.setattr(orchestration.arrivals, "now", lambda: datetime(2024, 10, 14, 6, 30))
    assert {task["wait_until"] for task in planned(landing(tmp_path))} == {"2024-10-14T07:30:00"}
    assert planned(landing(tmp_path), wait_minutes=0) == []


def test_a_range_runs_from_from_day_to_the_partition():
    assert orchestration.delivery_days("2024-10-14", "2023-09-01") == ("2023-09-01", "2024-10-14")
    assert orchestration.delivery_days("2024-10-14", None) == ("2024-10-14", "2024-10-14")


@pytest.mark.parametrize("from_day", ["2024-10-15", "yesterday"])
def test_an_impossible_range_is_refused(from_day):
    with pytest.raises(ValueError):
        orchestration.delivery_days("2024-10-14", from_day)


def test_the_report_tells_missing_from_failed_and_adds_up():
    counts = {"files": 2, "unchanged": 0, "rows_in": 10, "rows_loaded": 9, "rows_quarantined": 1, "rejected": []}
    results = [
        {"sender": "a", "delivered": 2} | counts,
        {"sender": "b", "delivered": 0, "overdue": ["tickets"], "late": ["b/2024-10-13/t.csv"]} | counts,
        {"sender": "zz", "delivered": 2}
        | counts
        | {"rows_loaded": 0, "rows_quarantined": 10, "rejected": ["zz/2024-10-14/t.csv"]},
    ]
    assert orchestration.summarise_deliveries(["a", "b", "c", "zz"], results, registered=["a", "b", "c"]) == {
        "files": 6,
        "unchanged": 0,
        "rows_in": 30,
        "rows_loaded": 18,
        "rows_quarantined": 12,
        "missing": ["b"],
        "failed": ["c"],
        "overdue": {"b": ["tickets"]},
        "late": ["b/2024-10-13/t.csv"],
        "rejected": ["zz/2024-10-14/t.csv"],
    }


@pytest.mark.parametrize("result", [{"checks": 40, "incomplete": True}, {"checks": 0, "incomplete": False}, {}])
def test_a_checkpoint_that_evaluated_too_little_stops_publication(result):
    with pytest.raises(DataTestFailure):
        orchestration.require_complete(result)


def test_findings_do_not_stop_publication():
    orchestration.require_complete({"checks": 40, "incomplete": False, "failed": {"critical": 6}})
