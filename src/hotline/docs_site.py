"""``hotline docs``: models, columns, tests and lineage as one page that needs no network and no server.

The page is dbt's own (``dbt docs generate --static``): everything it shows lies in the file itself.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import click

from hotline.build import run_dbt
from hotline.errors import HotlineError, InfrastructureError
from hotline.settings import Settings

PAGE = "index.html"


def write_docs(settings: Settings, folder: Path) -> Path:
    """Write the page into ``folder``; a page that is there stays readable until the new one takes its place.

    Raises
    ------
    HotlineError: there is no warehouse file whose columns could be shown.
    InfrastructureError: dbt could not work, for instance because a build holds the warehouse file.
    """
    if not settings.build_database.is_file():
        raise HotlineError(f"nothing has been built yet: {settings.build_database} does not exist", "hotline build")
    said: list[str] = []
    try:
        run_dbt(["docs", "generate", "--static"], settings, report=said.append)
    except InfrastructureError as error:  # dbt says the same over fifty lines, which its log keeps
        reason = next((line.strip() for line in said if "Error" in line and ":" in line), str(error).splitlines()[0])
        raise InfrastructureError(f"the documentation was not written: {reason}; see var/dbt/logs/dbt.log") from error
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f".{PAGE}"
    shutil.copyfile(settings.var / "dbt" / "target" / "static_index.html", unfinished)
    return unfinished.replace(folder / PAGE)


@click.command()
@click.option("--output", "-o", type=click.Path(file_okay=False, path_type=Path), help="Folder. Default: var/docs.")
@click.option("--json", "as_json", is_flag=True, help="End with one line of JSON.")
def command(output: Path | None, as_json: bool) -> None:
    """Write the documentation of the warehouse as one page that works offline.

    Models with their columns in English and Chinese, tests, lineage and the dashboards that read them; of the
    warehouse as it was built last.
    """
    settings = Settings.from_environment()
    page = write_docs(settings, (output or settings.docs).absolute())
    if as_json:
        click.echo(json.dumps({"page": str(page), "bytes": page.stat().st_size}))
    else:
        click.echo(f"{page} ({page.stat().st_size / 1e6:.1f} MB): open it in a browser, or put it on any web server")
