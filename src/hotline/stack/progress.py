"""Progress of long work on stderr: one rewritten line on a terminal, few whole lines anywhere else."""

from __future__ import annotations

import sys
import time
from typing import TextIO

QUIET_SECONDS = 20
"""In a log file the same piece of work is mentioned at most this often."""


class Progress:
    """Call it with what is going on now; ``done`` leaves a line that stays."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._rewrites = self._stream.isatty()
        self._work, self._shown_at = "", 0.0

    def __call__(self, text: str) -> None:
        """``text`` is "what: details"; a new "what" is always shown."""
        if self._rewrites:
            self._write(f"\r\033[2K  … {text}")
            return
        work, now = text.partition(":")[0], time.monotonic()
        if work != self._work or now - self._shown_at > QUIET_SECONDS:
            self._write(f"  … {text}\n")
            self._work, self._shown_at = work, now

    def done(self, text: str) -> None:
        self._write(f"\r\033[2K  ✓ {text}\n" if self._rewrites else f"  ✓ {text}\n")
        self._work = ""

    def clear(self) -> None:
        """Take the transient line away, before something else is printed."""
        if self._rewrites:
            self._write("\r\033[2K")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
