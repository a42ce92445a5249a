"""``hotline report``: reports of the published warehouse as files."""

from __future__ import annotations

from pathlib import Path

import click

from hotline.errors import HotlineError
from hotline.settings import Settings

REPLIES = "spot_check_replies"
ASKED = ("frame_no", "ticket_no", "handed_over_from")
"""What the form holds; the statement is the platform's to write."""


@click.group()
def command() -> None:
    """Write reports of the published warehouse as files."""


@command.command()
@click.option("--month", metavar="YYYY-MM", help="Checks of a month, e.g. 2024-09.")
@click.option("--week", metavar="YYYY-Www", help="Checks of a week, e.g. 2024-W42.")
@click.option(
    "--output", "-o", type=click.Path(file_okay=False, path_type=Path), help="Default: var/reports/audit/PERIOD."
)
def audit(month: str | None, week: str | None, output: Path | None) -> None:
    """What spot checks found, for the director, the auditor and each platform: HTML, PDF and DOCX, in Chinese.

    One page of summary, a page for each platform that is flagged, the methods; and in platforms/ an extract for each platform to
    hand over, with no row of another, and where tickets were found bad a form to reply on: filled, it is dropped into the platform's
    own folder of landing. The same data give the same bytes.
    """
    if (month is None) == (week is None):
        raise click.UsageError("name one period: --month 2024-09, or --week 2024-W42")
    from hotline.reports.facts import audit as facts_of

    settings = Settings.from_environment()
    name = month or week
    if ("W" in name) != (week is not None):
        raise click.UsageError("--month takes 2024-09, --week takes 2024-W42")
    facts = facts_of(settings, name)
    target = output or settings.reports / "audit" / name
    for path in write(facts, target, settings.contracts):
        click.echo(path)


def write(facts, target: Path, contracts: Path):
    """Write all files of a report below ``target``; yields each as it is done."""
    from hotline.contracts import feed_file
    from hotline.reports.document import docx
    from hotline.reports.page import html, pdf

    whole = html(facts)
    yield put(target / "report.html", whole.encode())
    yield put(target / "report.pdf", converted(pdf, whole))
    yield put(target / "report.docx", docx(facts))
    for platform in facts.platforms:
        extract = html(facts, only=platform)
        # by the frame: a second round of the month stands beside the first
        frame = platform.verdict["frame_no"].replace("/", "-")
        stem = target / "platforms" / f"{frame}-{platform.verdict['platform_name']}".replace("/", "-")
        yield put(stem.with_name(f"{stem.name}.html"), extract.encode())
        yield put(stem.with_name(f"{stem.name}.pdf"), converted(pdf, extract))
        form = stem.with_name(f"{REPLIES}-{frame}.csv")  # begins with the feed's name, as landing wants it
        if asked := [{name: row[name] or "" for name in ASKED} for row in platform.unanswered]:
            # with a mark, so that a spreadsheet reads the Chinese
            yield put(form, feed_file.as_csv(contracts, REPLIES, asked).encode("utf-8-sig"))
        else:
            form.unlink(missing_ok=True)


def put(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_bytes(data)
    temporary.replace(path)
    return path


def converted(pdf, page: str) -> bytes:
    try:
        return pdf(page)
    except OSError as error:  # its drawing libraries come from the distribution
        raise HotlineError(
            f"PDF cannot be made: {error}", "sudo apt-get install libpango-1.0-0 libpangoft2-1.0-0 fonts-noto-cjk"
        ) from error
