"""dbt as this project starts it: ``python -m hotline.dbt``, with Python's search for cycles held back.

A build renders a thousand nodes, each in dictionaries of a thousand macros, beside a parsed project of a million objects
that stay to the end. Python looks through them for cycles again and again, which was a fifth of a build's processor time.
What a node leaves behind is still collected, in greater portions.
"""

from __future__ import annotations

import gc

PORTIONS = (100_000, 50, 100)
"""Objects made before the young ones are looked at; such rounds before older ones are; and before all are."""


def main() -> None:
    """The command line of dbt; ends the process."""
    gc.set_threshold(*PORTIONS)
    from dbt.cli.main import cli  # its import makes the first million

    cli()


if __name__ == "__main__":
    main()
