"""The order of a public draw: anybody who has the list and the value gets the same one.

Standard library only: ``verify`` says the same once more, in a file that the audited party runs without this package.

Source
------
J. Calandrino, J. Halderman, E. Felten, *In Defense of Pseudorandom Sample Selection*, EVT 2008.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

ALGORITHM = "sha256"
VALUE = re.compile(r"([0-9]{8})-[0-9A-Za-z,.]{8,190}", re.ASCII)
"""Day of the draw, a hyphen, what was drawn: as the contract of the draws takes it."""


def list_bytes(numbers: Iterable[str]) -> bytes:
    """The list as it is frozen: ascending, one number a line, each line ended by LF."""
    return "".join(f"{number}\n" for number in sorted(numbers)).encode("ascii")


def fingerprint(numbers: Iterable[str]) -> str:
    """SHA-256 of the frozen list.

    >>> fingerprint(f"JT210300202409{tail}" for tail in VECTOR)[:16]
    '8d05c0fd38eab80b'
    """
    return hashlib.sha256(list_bytes(numbers)).hexdigest()


def in_order(value: str, numbers: Iterable[str]) -> list[str]:
    """The numbers in the order of the draw: the first are called, the rest are the reserves.

    >>> [number[-10:-8] for number in in_order("20241015-8842190357", (f"JT210300202409{tail}" for tail in VECTOR))]
    ['09', '18', '04', '12', '27']
    """
    return sorted(numbers, key=lambda number: (hashlib.sha256(f"{value},{number}".encode()).hexdigest(), number))


VECTOR = ("0400000001", "0900000002", "1200000003", "1800000004", "2700000005")
"""Ends of five ticket numbers whose order is published with the algorithm."""
