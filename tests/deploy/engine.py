"""The engine of containers that a try runs on: this machine's, where it answers, or one of its own for as long as it lasts."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from pathlib import Path

HOME = Path(__file__).resolve().parents[2]
START_SECONDS = 60


class Engine:
    """``owned`` when it was started here: only such a one is ever killed."""

    def __init__(self) -> None:
        self.process: subprocess.Popen | None = None
        self.starts = 0
        self.folder = Path(os.environ.get("HOTLINE_ENGINE", HOME / "var" / "engine"))

    @property
    def owned(self) -> bool:
        return self.process is not None

    def start(self) -> None:
        """Raises RuntimeError, with the end of its log, when no engine can be had."""
        if answers():
            return
        if os.geteuid() != 0:
            raise RuntimeError("no engine answers, and only root can start one: sudo make compose-test")
        self.folder.mkdir(parents=True, exist_ok=True)
        self._start()

    def _start(self) -> None:
        self.starts += 1
        self.run = Path("/run") / f"hotline-engine-{os.getpid()}-{self.starts}"  # a boot begins with an empty /run
        os.environ["DOCKER_HOST"] = f"unix://{self.run}.sock"
        self.command = ["dockerd", "--data-root", str(self.folder / "data"), "--exec-root", str(self.run),
                        "--pidfile", f"{self.run}.pid", "--host", os.environ["DOCKER_HOST"]]  # fmt: skip
        with (self.folder / "engine.log").open("ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log, start_new_session=True)
        begin = time.monotonic()
        while not answers():
            if self.process.poll() is not None or time.monotonic() - begin > START_SECONDS:
                tail = (self.folder / "engine.log").read_text(errors="replace")[-2000:]
                raise RuntimeError(f"the engine does not start:\n{tail}")
            time.sleep(0.5)

    def kill(self) -> None:
        """As a crash of the machine would: engine and containers end at once, and the engine comes up again."""
        running = docker("ps", "--quiet").split()
        pids = [inspect(name)["State"]["Pid"] for name in running]
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        for pid in [*pids, *self.helpers()]:
            crash(pid)
        # a machine that crashes takes them with it; here they would go on answering at the addresses of the containers
        for namespace in Path(f"{self.run}/netns").glob("*"):
            subprocess.run(["umount", namespace], stderr=subprocess.DEVNULL, check=False)  # some have ended
        self._start()

    def helpers(self) -> list[int]:
        """What the engine has started beside the containers: each names the folder of this very engine."""
        found = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                if f"{self.run}/".encode() in path.read_bytes():
                    found.append(int(path.parent.name))
        return found

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(60)
            self.process = None


def answers() -> bool:
    return subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0


def docker(*arguments: str) -> str:
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=True).stdout


def inspect(name: str) -> dict:
    return json.loads(docker("inspect", name))[0]


def crash(pid: int) -> None:
    """End a container's first process as the kernel would; the engine's own kill counts as a wish to have it stopped."""
    if pid > 1:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return
