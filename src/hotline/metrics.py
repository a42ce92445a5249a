"""``hotline metrics``: how the warehouse is, in the text form of Prometheus, printed once or served.

Read from the published file, from what the steps said of the build, and from the disk. What cannot be looked at is left out:
a missing figure is seen by ``absent()``, a nought would look like good news. No platform is named: counts only.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import click
import duckdb

from hotline import approval
from hotline.backup.command import backups
from hotline.errors import InfrastructureError
from hotline.settings import Settings

FORMAT = "text/plain; version=0.0.4; charset=utf-8"
LOOPBACK = "127.0.0.1"
Labels = dict[str, str]


@dataclass(frozen=True)
class Metric:
    """One gauge: what it means, and its samples."""

    name: str
    meaning: str
    samples: list[tuple[Labels, float]]

    def lines(self) -> Iterator[str]:
        yield f"# HELP {self.name} {self.meaning}"
        yield f"# TYPE {self.name} gauge"
        for labels, value in self.samples:
            inside = ",".join(f'{key}="{escaped(text)}"' for key, text in labels.items())
            yield f"{self.name}{{{inside}}} {value:.17g}" if inside else f"{self.name} {value:.17g}"


NEWEST_DAY = "select max(least(delivery_day, cast(ingested_at as date))) from marts.fct_feed_delivery"
"""The newest delivery day that had begun when its files were taken: one clean file in the folder of tomorrow hides nothing."""
QUERIES = {
    "hotline_obligations": (
        "Deliveries that fell due in the newest 31 days that the warehouse can judge, by what became of them.",
        "with due as (select * from marts.mart_feed_obligation where status <> 'pending') "
        "select status, count(*) from due where due_at > (select max(due_at) from due) - interval 31 day "
        "group by all order by all",
        ("status",),
    ),
    "hotline_deliveries": (
        "Delivered files of the newest delivery day, by what became of them.",
        f"select status, count(*) from marts.fct_feed_delivery where delivery_day = ({NEWEST_DAY}) group by all order by all",
        ("status",),
    ),
    "hotline_rows": (
        "Rows of the newest delivery day: read, taken in, put into quarantine.",
        "unpivot (select sum(rows_in) as read, sum(rows_loaded) as loaded, sum(rows_quarantined) as quarantined "
        f"from marts.fct_feed_delivery where delivery_day = ({NEWEST_DAY})) "
        "on read, loaded, quarantined into name result value rows",
        ("result",),
    ),
    "hotline_checks": (
        "Checks of the newest quality run, by severity and result.",
        "select severity, status, count(*) from marts.quality_check where is_latest group by all order by all",
        ("severity", "status"),
    ),
    "hotline_tickets": ("Tickets in the published warehouse.", "select count(*) from marts.fct_ticket", ()),
}
"""By name: what it means, a query over the published file whose last column is the value, names of the others."""


def collect(settings: Settings, backup_folder: Path | None = None) -> list[Metric]:
    """All metrics that can be told now."""
    found = [*of_published(settings), *of_steps(settings), *of_disk(settings, backup_folder)]
    if backup_folder and (made := backups(backup_folder)):
        when = (max(made) / "manifest.json").stat().st_mtime
        found.append(Metric("hotline_backup_timestamp_seconds", "When the newest backup was made.", [({}, when)]))
    return found


def of_published(settings: Settings) -> Iterator[Metric]:
    release = (settings.serving / "current").resolve()
    if not (release / "hotline.duckdb").is_file():
        return
    when = release.stat().st_mtime
    yield Metric("hotline_published_timestamp_seconds", "When what is served was published.", [({}, when)])
    with duckdb.connect(str(release / "hotline.duckdb"), read_only=True) as connection:
        for name, (meaning, sql, labels) in QUERIES.items():
            rows = connection.execute(sql).fetchall()
            samples = [(dict(zip(labels, map(str, row[:-1]), strict=True)), float(row[-1])) for row in rows]
            yield Metric(name, meaning, samples)


def of_steps(settings: Settings) -> Iterator[Metric]:
    state = approval.read(settings)
    words = {"build": state.build, "quality": state.quality}
    samples = [({"step": step}, float(word.result == approval.PASSED)) for step, word in words.items() if word]
    if samples:
        yield Metric("hotline_step_passed", "1 when the last run of a step passed, 0 when not or broken off.", samples)


def of_disk(settings: Settings, backup_folder: Path | None) -> Iterator[Metric]:
    folders = {"build": settings.build_database.parent, "serving": settings.serving, "landing": settings.landing}
    if backup_folder:
        folders["backup"] = backup_folder
    usage = {name: shutil.disk_usage(folder) for name, folder in folders.items() if folder.is_dir()}
    if usage:
        free = [({"folder": name}, float(found.free)) for name, found in usage.items()]
        size = [({"folder": name}, float(found.total)) for name, found in usage.items()]
        yield Metric("hotline_disk_free_bytes", "Free space where a folder lies.", free)
        yield Metric("hotline_disk_size_bytes", "Size of the disk where a folder lies.", size)


def written(metrics: Iterable[Metric]) -> str:
    return "".join(f"{line}\n" for metric in metrics for line in metric.lines())


def escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def server(settings: Settings, address: tuple[str, int], backup_folder: Path | None) -> ThreadingHTTPServer:
    """A server of ``/metrics``; every question looks anew. What cannot be read answers 503 and says why in the log."""

    class Handler(BaseHTTPRequestHandler):
        server_version, sys_version = "hotline", ""

        def do_GET(self) -> None:
            status, body = 404, b""
            if self.path == "/metrics":
                try:
                    status, body = 200, written(collect(settings, backup_folder)).encode()
                except (duckdb.Error, OSError) as error:
                    self.log_error("%s", error)
                    status = 503
            self.send_response(status)
            self.send_header("Content-Type", FORMAT)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_request(self, *_: object) -> None:
            """One line a question would be all there is in the log."""

    return ThreadingHTTPServer(address, Handler)


def address_of(text: str) -> tuple[str, int]:
    """``ADDRESS:PORT`` or a port alone, which is one of this machine.

    >>> address_of("9105"), address_of(":9105"), address_of("0.0.0.0:9105")
    (('127.0.0.1', 9105), ('127.0.0.1', 9105), ('0.0.0.0', 9105))
    """
    host, _, port = text.rpartition(":")
    if not (port.isascii() and port.isdigit() and int(port) < 1 << 16):
        raise click.BadParameter(f"{text} is no ADDRESS:PORT", param_hint="--serve")
    return host or LOOPBACK, int(port)


@click.command()
@click.option("--serve", metavar="[ADDRESS:]PORT",
              help="Answer there until ended, instead of printing once; without an address to this machine alone.")  # fmt: skip
@click.option("--backups", "backup_folder", type=click.Path(file_okay=False, path_type=Path), help="Folder of backups.")
def command(serve: str | None, backup_folder: Path | None) -> None:
    """Print how the warehouse is, for Prometheus."""
    settings = Settings.from_environment()
    if serve is None:
        try:
            click.echo(written(collect(settings, backup_folder)), nl=False)
        except (duckdb.Error, OSError) as error:
            raise InfrastructureError(
                f"what is served cannot be read: {str(error).splitlines()[0]}", "hotline publish writes it anew"
            ) from error
        return
    address = address_of(serve)
    try:
        answering = server(settings, address, backup_folder)
    except OSError as error:
        raise InfrastructureError(
            f"nothing can be served at {serve}: {error.strerror or error}", "name another address or port"
        ) from error
    answering.serve_forever()
