"""Where the records of an installation come from: it says so itself, no sender does.

An installation is one of simulated records unless it says ``HOTLINE_ORIGIN=real``; then what bears the mark of the
simulator is refused. The mark stands in the name of a file and in its check file, so that either may get lost. It can only
take away: no mark makes anything real. Only the standard library is used: the Airflow environment imports it too.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from hotline.errors import HotlineError

VARIABLE = "HOTLINE_ORIGIN"
REAL, SIMULATED = ORIGINS = "real", "simulated"
MARK = re.compile("simulated|模拟", re.IGNORECASE)
"""In the name of a file; case and what stands around it mean nothing."""


def of_installation(environment: Mapping[str, str] = os.environ) -> str:
    """``real`` or ``simulated``; raises HotlineError for anything else that the installation says."""
    said = environment.get(VARIABLE) or SIMULATED
    if said not in ORIGINS:
        raise HotlineError(f"{VARIABLE} is neither {REAL} nor {SIMULATED}", "see docs/operations/index.md, Settings")
    return said


def is_marked(file_name: str, stated: Mapping[str, object] | None) -> bool:
    """Whether the name of a file or its check file, if there is one, says that its records are simulated."""
    return bool(MARK.search(file_name)) or bool(stated and MARK.search(str(stated.get("origin") or "")))


def of_delivery(is_marked: bool, is_document: bool, installation: str) -> str:
    """Origin of the rows of a file that is taken.

    Parameters
    ----------
    is_document: it tells what an authority or a platform stated, which is so whatever the tickets are.
    """
    return REAL if not is_marked and (is_document or installation == REAL) else SIMULATED
