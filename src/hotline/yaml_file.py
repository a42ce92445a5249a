"""YAML files of the checkout: contracts, roles, accepted variables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml reads the contracts in a tenth of the time, and every command reads them; not every PyYAML is built with it."""


def read(path: Path) -> Any:
    """What a file holds, plain values only.

    Raises
    ------
    OSError: it cannot be read. yaml.YAMLError: it is not YAML.
    """
    return parsed(path.read_text(encoding="utf-8"))


def parsed(text: str) -> Any:
    """What the text of a file holds, plain values only. Raises yaml.YAMLError: it is not YAML."""
    return yaml.load(text, Loader=LOADER)  # noqa: S506 -- both loaders are safe ones
