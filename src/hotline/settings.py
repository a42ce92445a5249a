"""Where everything is: one place for the paths that a run reads and writes.

Only the standard library is used, so that the Airflow environment can import it too.
``HOTLINE_HOME`` (default: the checkout) holds code and definitions, ``HOTLINE_VAR`` (default: ``$HOTLINE_HOME/var``)
holds all that runs write.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

TIMEZONE = "Asia/Shanghai"
"""All feeds, schedules and marts are in local time of this zone; no time stamp carries an offset."""

UMASK = 0o027
"""Files 640, folders 750: the group may read (who delivers, who serves), nobody else may even look."""


def close_to_others() -> None:
    """Whatever this process and its children write from now on is closed to other accounts; a stricter umask stays."""
    os.umask(os.umask(0o077) | UMASK)


@dataclass(frozen=True)
class Settings:
    """Resolved folders of one installation; nothing is created until it is written to."""

    home: Path
    var: Path

    @classmethod
    def from_environment(cls) -> Settings:
        home = Path(os.environ.get("HOTLINE_HOME") or Path(__file__).resolve().parents[2])
        return cls(home=home, var=Path(os.environ.get("HOTLINE_VAR") or home / "var").absolute())

    def close(self) -> None:
        """Close ``var`` itself to other accounts, as one made by an earlier version is open; all that lies in it is then.

        A shared folder that ``HOTLINE_VAR`` names by mistake (one with a sticky bit, one of somebody else) is left alone.
        """
        with suppress(OSError):  # not there yet
            found = self.var.stat()
            mode = found.st_mode
            is_ours = found.st_uid == os.geteuid() and (self.raw.is_dir() or self.secrets.is_dir())
            if is_ours and not mode & stat.S_ISVTX and stat.S_IMODE(mode) & UMASK:
                self.var.chmod(stat.S_IMODE(mode) & ~UMASK)

    # definitions ------------------------------------------------------------------------------------
    @property
    def contracts(self) -> Path:
        return self.home / "contracts"

    @property
    def reference(self) -> Path:
        return self.home / "reference"

    @property
    def dbt_project(self) -> Path:
        return self.home / "dbt"

    @property
    def seeds(self) -> Path:
        return self.home / "dbt" / "seeds"

    @property
    def security(self) -> Path:
        """Who may see what: roles, accounts, and what the files of platforms hold."""
        return self.home / "superset" / "security.yaml"

    @property
    def retention(self) -> Path:
        """How long what runs write is kept."""
        return self.home / "deploy" / "retention.yaml"

    # what runs write --------------------------------------------------------------------------------
    @property
    def landing(self) -> Path:
        return self.var / "landing"

    @property
    def raw(self) -> Path:
        return self.var / "raw"

    @property
    def quarantine(self) -> Path:
        return self.var / "quarantine"

    @property
    def ledger(self) -> Path:
        return self.var / "ledger"

    @property
    def build_database(self) -> Path:
        return self.var / "build" / "hotline.duckdb"

    @property
    def serving(self) -> Path:
        return self.var / "serving"

    @property
    def published_database(self) -> Path:
        return self.serving / "current" / "hotline.duckdb"

    @property
    def quality(self) -> Path:
        return self.var / "quality"

    @property
    def reports(self) -> Path:
        return self.var / "reports"

    @property
    def docs(self) -> Path:
        return self.var / "docs"

    @property
    def access_log(self) -> Path:
        return self.var / "log" / "access"

    @property
    def audit(self) -> Path:
        """Lists of what may be drawn: of the province alone, closed even to the group that serves."""
        return self.var / "audit"

    @property
    def secrets(self) -> Path:
        return self.var / "secrets"

    # environments -----------------------------------------------------------------------------------
    def executable(self, environment: str, name: str) -> Path:
        """Path of a program in one of the three environments (``airflow``, ``warehouse``, ``superset``)."""
        return self.home / ".venv" / environment / "bin" / name
