"""One installation of its own, with a month of the sample delivered, bad files among them, and a real scheduler.

With ``--long`` the whole sample, as `make demo` delivers it: the scheduler does the same with three times the rows.
"""

import gzip
import io
import json
import subprocess
import time
import zipfile
from dataclasses import dataclass

import duckdb
import pytest

from hotline import demo
from hotline.settings import Settings
from hotline.simulate.command import DEFAULT_MONTHS
from hotline.stack.airflow import Airflow
from hotline.stack.processes import free_port
from hotline.stack.progress import Progress

BAD_DAY = "2024-10-14"
MONTH = "2024-09"
"""That of the published figures."""


@dataclass
class Installation:
    settings: Settings
    airflow: Airflow
    months: int
    seconds: float
    """What the four DAG runs took."""

    def query(self, sql: str) -> list[tuple]:
        with duckdb.connect(str(self.settings.published_database), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def ledger(self, sender: str, name: str) -> dict:
        """The entry of one delivered file of the bad day."""
        found = [
            entry
            for path in (self.settings.ledger / f"dt={BAD_DAY}" / f"platform={sender}").glob("*.json")
            if (entry := json.loads(path.read_text()))["file_name"] == name
        ]
        assert len(found) == 1, f"{sender}/{name} has {len(found)} ledger entries"
        return found[0]


def plant_bad_files(settings: Settings) -> None:
    """Beside the good deliveries: a folder of nobody, one broken row, a file cut off in a row, a gzip cut off; and what is
    made to end whoever reads it: an archive that unpacks to ten thousand times its size, a workbook whose sheet is no XML
    but for its begin, a table in GB18030 that ends within a character."""
    source = next((settings.landing / "210100").glob("2024-10-*/tickets*.csv"))
    try:
        text = source.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        text = source.read_text(encoding="gb18030")
    header, first, second, third = text.splitlines()[:4]
    fields = second.split(",")
    fields[header.split(",").index("受理时间")] = "昨天上午"
    cut = "\r\n".join([header, first, second, third])[: -len(third) // 2]
    bomb, book = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("tickets.csv", header + "\n" + "0" * (200 << 20))
    with zipfile.ZipFile(book, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", '<workbook><sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets>')
        archive.writestr("xl/worksheets/sheet1.xml", "<worksheet><sheetData>" + "<row><c><v>" * 1000)
    files = {
        "210400/tickets-bomb.zip": bomb.getvalue(),
        "210500/tickets-broken.xlsx": book.getvalue(),
        "210100/tickets-half.csv": "\n".join([header, first, third + "中"]).encode("gb18030")[:-1],
        "999999/tickets.csv": "\n".join([header, first]).encode(),
        "210100/tickets-broken-row.csv": "\n".join([header, first, ",".join(fields), third, ""]).encode("gb18030"),
        "210200/tickets-cut.csv": cut.encode(),
        "210300/tickets-cut.csv.gz": gzip.compress("\n".join([header, first] * 500).encode())[:-200],
    }
    for name, content in files.items():
        sender, _, file = name.partition("/")
        path = settings.landing / sender / BAD_DAY / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


@pytest.fixture(scope="session")
def installation(request, tmp_path_factory):
    months = DEFAULT_MONTHS if request.config.getoption("--long") else MONTH
    settings = Settings(home=Settings.from_environment().home, var=tmp_path_factory.mktemp("e2e") / "var")
    environment = {"HOTLINE_HOME": str(settings.home), "HOTLINE_VAR": str(settings.var)}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        hotline = settings.executable("warehouse", "hotline")
        for command in (["simulate", "--months", months], ["deliver"]):
            subprocess.run([hotline, *command, "--json"], check=True, stdout=subprocess.DEVNULL)
        plant_bad_files(settings)
        airflow = Airflow(settings, free_port(18080))
        try:
            airflow.start(Progress())
            begin = time.monotonic()
            demo.run_pipeline(settings, airflow.client(), Progress())
            yield Installation(settings, airflow, months.count(",") + 1, time.monotonic() - begin)
        finally:
            airflow.stop()
