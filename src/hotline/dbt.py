"""dbt as this project starts it: ``python -m hotline.dbt``, with Python's search for cycles held back.

A build renders a thousand nodes, each in dictionaries of a thousand macros, beside a parsed project of a million objects
that stay to the end. Python looks through them for cycles again and again, which was a fifth of a build's processor time.
What a node leaves behind is still collected, in greater portions.

Nor does it write down what nobody reads: dbt makes a message of every debug event, its line and its time, before it asks
whether any log takes it, which was a tenth of a build.

One command is not dbt's own: ``news <sources>``, the build of what news in these sources reaches (``hotline.news``). It is
several commands of dbt on one parse.
"""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

PORTIONS = (100_000, 50, 100)
"""Objects made before the young ones are looked at; such rounds before older ones are; and before all are."""
NEWS = "news"
RESULTS = "run_results.json"


def main() -> None:
    """The command line of dbt; ends the process."""
    gc.set_threshold(*PORTIONS)
    from dbt.cli.main import cli, dbtRunner  # its import makes the first million

    drop_unread_events()
    if NEWS not in sys.argv:
        cli()
    place = sys.argv.index(NEWS)
    options = [*sys.argv[1:place], "parse", "--quiet", *sys.argv[place + 2 :]]
    parsed = dbtRunner().invoke(options)
    if not parsed.success:
        print(parsed.exception or "the project cannot be parsed")
        sys.exit(2)
    sys.exit(0 if build_of_news(sys.argv[1:], parsed.result) else 1)


def drop_unread_events() -> None:
    """From here on, dbt in this process drops debug events that neither a log nor a callback of ours takes."""
    from dbt.tracking import track_behavior_change_warn
    from dbt_common.events.base_types import BaseEvent, EventLevel
    from dbt_common.events.event_manager import EventManager
    from dbt_common.events.event_manager_client import ctx_set_event_manager

    debug = {EventLevel.DEBUG, EventLevel.TEST}

    class OnlyRead(EventManager):
        def fire_event(self, e: BaseEvent, level: EventLevel | None = None, *args: Any, **options: Any) -> None:
            ours = any(callback is not track_behavior_change_warn for callback in self.callbacks)  # dbt's: of warnings
            read = ours or any(log.level in debug for log in self.loggers)
            if read or (level or e.level_tag()) not in debug:
                super().fire_event(e, level, *args, **options)

    ctx_set_event_manager(OnlyRead())


def build_of_news(arguments: Sequence[str], manifest: Any, callbacks: Sequence[Callable] = ()) -> bool:
    """``… news <sources> …`` on a parsed project; leaves the results of all its commands in one ``run_results.json``."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    from hotline import news
    from hotline.settings import Settings

    place = arguments.index(NEWS)
    before, sources, options = arguments[:place], arguments[place + 1].split(","), arguments[place + 2 :]
    written = Path(options[options.index("--target-path") + 1]) / RESULTS
    results: list[dict] = []

    def call(command: str, names: Sequence[str]) -> bool:
        only_data_tests = ["--exclude-resource-type", "unit_test"] if command == "test" else []
        chosen = ["--select", *names, "--exclude", f"tag:{news.NOT_OF_BUILDS}", *only_data_tests]
        done = dbtRunner(manifest=manifest, callbacks=list(callbacks)).invoke([*before, command, *chosen, *options])
        DuckDBConnectionManager.close_all_connections()
        if done.exception:
            print(done.exception)
            return False
        told = json.loads(written.read_text(encoding="utf-8"))
        results.extend(told["results"])
        written.write_text(json.dumps(told | {"results": results}), encoding="utf-8")
        return done.success

    return news.build(manifest, sources, Settings.from_environment().build_database, call)


if __name__ == "__main__":
    main()
