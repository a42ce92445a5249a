"""The section ``limits`` of ``security.yaml``: what one query, one user and all of them together may use."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path

from hotline import yaml_file

CHARTS, SQL_LAB = "charts", "sql_lab"
KINDS = (CHARTS, SQL_LAB)


@dataclass(frozen=True)
class Limits:
    """Counts, megabytes (2**20 bytes) and seconds; each is explained beside its value in ``security.yaml``."""

    threads: int
    spare_threads: int
    processes: int
    running_per_user: int
    waiting_per_user: int
    patience_seconds: float
    memory_mb: int
    spill_mb: int
    result_mb: int
    seconds: dict[str, dict[str, float]]

    @classmethod
    def read(cls, path: Path) -> Limits:
        """Raises ValueError, naming file and key, when a limit is missing, unknown, or not a number above zero."""
        section = yaml_file.read(path).get("limits") or {}
        names = {field.name for field in fields(cls)}
        if wrong := names ^ section.keys():
            raise ValueError(f"{path}: limits: missing or unknown: {', '.join(sorted(wrong))}")
        seconds = section["seconds"]
        if "default" not in seconds:
            raise ValueError(f"{path}: limits.seconds: a role that is not listed needs `default`")
        for role, by_kind in seconds.items():
            if set(by_kind) != set(KINDS):
                raise ValueError(f"{path}: limits.seconds.{role}: needs {' and '.join(KINDS)}")
        values = {name: section[name] for name in names - {"seconds"}}
        values |= {f"seconds.{role}.{kind}": value for role, kinds in seconds.items() for kind, value in kinds.items()}
        for name, value in values.items():
            if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
                raise ValueError(f"{path}: limits.{name}: a number above zero is needed, not {value!r}")
        if section["spare_threads"] >= section["threads"]:
            raise ValueError(f"{path}: limits.spare_threads: must be less than limits.threads")
        return cls(**section)

    def seconds_of(self, roles: Iterable[str], kind: str) -> float:
        """Running time of one request; with several listed roles the longest counts, with none ``default``."""
        listed = [self.seconds[role][kind] for role in roles if role in self.seconds]
        return max(listed, default=self.seconds["default"][kind])

    @property
    def longest_answer(self) -> float:
        """Seconds after which every request has been answered, waiting included: what a browser should wait for."""
        return self.patience_seconds + max(by_kind[kind] for by_kind in self.seconds.values() for kind in KINDS) + 10
