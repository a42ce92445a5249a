"""``hotline`` as a process on a ``HOTLINE_VAR`` of its own."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from hotline import approval
from hotline.settings import Settings

HOME = Path(__file__).resolve().parents[2]
HOTLINE = HOME / ".venv" / "warehouse" / "bin" / "hotline"


@dataclass(frozen=True)
class Installation:
    """An installation that a test may change; ``settings.var`` may be a link."""

    settings: Settings

    @classmethod
    def at(cls, var: Path) -> Installation:
        return cls(Settings(home=HOME, var=var))

    def environment(self) -> dict[str, str]:
        return os.environ | {"HOTLINE_VAR": str(self.settings.var), "DO_NOT_TRACK": "1"}

    def __call__(self, *arguments: str, **options) -> subprocess.CompletedProcess:
        return subprocess.run(
            [HOTLINE, *arguments], env=self.environment(), capture_output=True, text=True, check=False, **options
        )

    def done(self, *arguments: str) -> str:
        run = self(*arguments)
        assert run.returncode == 0, run.stderr[-3000:]
        return run.stdout

    @property
    def current(self) -> Path:
        return (self.settings.serving / "current").resolve()

    @property
    def state(self) -> approval.State:
        return approval.read(self.settings)
