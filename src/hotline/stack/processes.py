"""Daemons of the local stack: started in a session of their own, found again by pid **and** start time.

A pid alone may by now belong to somebody else's process; with the start time (clock ticks since boot, from
``/proc/<pid>/stat``) it cannot. Nothing is ever searched for or ended by name.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hotline.errors import HotlineError
from hotline.settings import close_to_others

LOOPBACK = "127.0.0.1"
STOP_SECONDS = 20
POLL_SECONDS = 0.5


@dataclass(frozen=True)
class Daemon:
    """One background process, with a pid file ``<folder>/<name>.json`` and a log ``<folder>/<name>.log``."""

    name: str
    folder: Path
    command: Sequence[str]
    environment: Mapping[str, str]
    working_folder: Path

    @property
    def pid_file(self) -> Path:
        return self.folder / f"{self.name}.json"

    @property
    def log_file(self) -> Path:
        return self.folder / f"{self.name}.log"

    def pid(self) -> int | None:
        """Pid of the running daemon, or None."""
        return live_pid(self.pid_file)

    def start(self) -> bool:
        """Start it unless it runs already; returns whether it was started now."""
        if self.pid():
            return False
        self.stop()  # what a killed daemon left behind would hold the port
        close_to_others()  # the daemon inherits it, and so do the tasks that it starts
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.log_file.open("ab") as log:
            child = subprocess.Popen(
                [*map(str, self.command)],
                env=dict(self.environment),
                cwd=self.working_folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        record = {"pid": child.pid, "started_at": started_at(child.pid), "command": [*map(str, self.command)]}
        self.pid_file.write_text(json.dumps(record), encoding="utf-8")
        return True

    def stop(self) -> bool:
        """End the daemon and its workers; returns whether there was anything to end."""
        try:
            record = json.loads(self.pid_file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        members = session_members(record["pid"], record["started_at"])
        for sign, seconds in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, 5)):
            signal_all([record["pid"]] if sign == signal.SIGTERM and record["pid"] in members else members, sign)
            deadline = time.monotonic() + seconds
            while (left := session_members(record["pid"], record["started_at"])) and time.monotonic() < deadline:
                reap(record["pid"])
                if record["pid"] not in left:  # the head has gone without its workers
                    signal_all(left, signal.SIGTERM)
                time.sleep(0.1)
        self.pid_file.unlink(missing_ok=True)
        return bool(members)

    def last_words(self, lines: int = 12) -> str:
        """The end of its log, for error messages."""
        try:
            text = self.log_file.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return "(no log)"
        return "\n".join(f"    {line}" for line in text.splitlines()[-lines:])


def live_pid(pid_file: Path) -> int | None:
    """The pid on record, if that very process still lives."""
    try:
        record = json.loads(pid_file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    # a process that ended before its start could be read has None on record, as any dead one has now
    alive = record["started_at"] is not None and started_at(record["pid"]) == record["started_at"]
    return record["pid"] if alive else None


def started_at(pid: int) -> int | None:
    """Start time of a live process in clock ticks since boot; None when there is none, or only a zombie."""
    fields = _stat(pid)
    return int(fields[19]) if fields and fields[0] not in "ZX" else None


def session_members(session: int, not_before: int | None) -> list[int]:
    """Live pids of a session, leader first.

    A session id is not given away while a member lives; ``not_before``, the start time on record, excludes
    a later session that got the same number.
    """
    leader = started_at(session)
    if not_before is None or (leader is not None and leader != not_before):
        return []
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            in_session = int(fields[3]) == session and int(fields[19]) >= not_before
            if in_session and fields[0] not in "ZX":
                found.append(int(entry.name))
    return sorted(found, key=lambda pid: (pid != session, pid))


def _stat(pid: int) -> list[str] | None:
    """Fields of ``/proc/<pid>/stat`` from the third (state) on; the second, the name, may hold spaces."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None


def signal_all(pids: Sequence[int], sign: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, sign)
        except ProcessLookupError:
            continue


def reap(pid: int) -> None:
    """Collect an ended child of this very process: else it stays a zombie. Others are not ours to collect."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return


def wait_until(
    ready: Callable[[], bool],
    *,
    what: str,
    seconds: float,
    daemons: Sequence[Daemon] = (),
    progress: Callable[[str], None] = lambda text: None,
) -> float:
    """Wait until ``ready()``; returns the seconds it took.

    Raises HotlineError, with the end of the log, when a daemon ends while we wait or when the time is over.
    """
    begin = time.monotonic()
    while not ready():
        waited = time.monotonic() - begin
        for daemon in daemons:
            reap_record(daemon)
            if daemon.pid() is None:
                raise HotlineError(
                    f"{daemon.name} ended while it was starting; its log ends with:\n{daemon.last_words()}",
                    f"read {daemon.log_file}",
                )
        if waited > seconds:
            ends = "\n".join(f"  {daemon.log_file} ends with:\n{daemon.last_words()}" for daemon in daemons)
            raise HotlineError(f"{what} is not ready after {seconds:.0f} s\n{ends}", "read the log, then try again")
        progress(f"{what}: {waited:.0f} s")
        time.sleep(POLL_SECONDS)
    return time.monotonic() - begin


def reap_record(daemon: Daemon) -> None:
    try:
        reap(json.loads(daemon.pid_file.read_text(encoding="utf-8"))["pid"])
    except (OSError, ValueError):
        return


def free_port(wanted: int, taken: Sequence[int] = ()) -> int:
    """The first port from ``wanted`` on that nothing on loopback listens to."""
    for port in range(wanted, wanted + 200):
        if port in taken:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return port
    raise HotlineError(f"no free port between {wanted} and {wanted + 199}", "end a program that listens there")


def http(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: object = None,
    seconds: float = 10,
) -> tuple[int, object]:
    """One JSON request to a service of this machine: (status, decoded body); status 0 when nobody answers.

    A proxy named in the environment is passed by: it could not reach our loopback.
    """
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(  # noqa: S310 -- our own loopback address
        url, data=data, method=method, headers={"Content-Type": "application/json", **(headers or {})}
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=seconds) as response:
            status, text = response.status, response.read()
    except urllib.error.HTTPError as error:
        status, text = error.code, error.read()
    except (OSError, TimeoutError):
        return 0, None
    try:
        return status, json.loads(text)
    except ValueError:
        return status, text.decode(errors="replace")
