"""Fixtures and options that several suites share. Only the standard library and pytest: the suites run in different
environments."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import sample_warehouse

SLOW_FIXTURES = {
    "warehouse": "the three sample months, built",
    "installation": "a scheduler over the whole sample",
    "superset": "a running Superset",
    "full": "the sample at full size",
    "feeds": "the sample at full size",
    "chain": "a small sample through the whole chain",
    "small_chain": "a few rows through the whole chain",
    "warehouses": "a warehouse built day by day",
}
"""What costs tens of seconds: tests that ask for it are left out with ``--quick``."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("hotline")
    group.addoption("--quick", action="store_true", help="leave out what needs a big fixture or is marked slow")
    group.addoption(
        "--long", action="store_true", help="sixty daily builds instead of fourteen, and the tests marked long"
    )
    group.addoption("--whole-matrix", action="store_true", help="every page x account x state in the browser")
    group.addoption(
        "--existing-warehouse", action="store_true", help="use the sample warehouse built last, whatever has changed"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    left_out = {item for item in items if item.get_closest_marker("long") and not config.getoption("--long")}
    if config.getoption("--quick"):
        left_out |= {
            item for item in items if SLOW_FIXTURES.keys() & set(item.fixturenames) or item.get_closest_marker("slow")
        }
    config.hook.pytest_deselected(items=list(left_out))
    items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session")
def warehouse(request: pytest.FixtureRequest) -> Path:
    """A warehouse file of the three sample months, built by the real chain. Read only: copy it before you write.

    ``HOTLINE_TEST_DATABASE`` names a file to use instead. Its ``HOTLINE_VAR`` is two folders up.
    """
    if given := os.environ.get("HOTLINE_TEST_DATABASE"):
        if not Path(given).is_file():
            pytest.fail(f"no warehouse: {given} does not exist, see var/test/warehouse.log", pytrace=False)
        return Path(given)
    if request.config.getoption("--existing-warehouse") and (found := sample_warehouse.existing()):
        request.config.stash[CHANGED] = found.changed
        return found.database
    try:
        return sample_warehouse.current().database
    except sample_warehouse.NotBuilt as error:
        pytest.fail(str(error), pytrace=False)


CHANGED = pytest.StashKey[tuple[str, ...]]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say so when the tests looked at a warehouse of older sources: a green test proves little about them then."""
    if changed := config.stash.get(CHANGED, ()):
        shown = ", ".join(changed[: sample_warehouse.SHOWN_CHANGES])
        more = f" and {len(changed) - sample_warehouse.SHOWN_CHANGES} more" * (
            len(changed) > sample_warehouse.SHOWN_CHANGES
        )
        terminalreporter.write_line(
            f"The warehouse was built before {shown}{more} changed. Build it anew: make test-warehouse", yellow=True
        )
