"""Ask one part of Airflow whether it is well; exit code 0 when it says so. Standard library and PostgreSQL's driver alone.

health.py api|scheduler            asks its web server
health.py dag-processor|triggerer  asks when it gave the last sign of life, which it writes to the metadata database
"""

import json
import sys
import urllib.request
from pathlib import Path

ADDRESS = {"api": "http://127.0.0.1:8080/api/v2/monitor/health", "scheduler": "http://127.0.0.1:8974/health"}
JOB = {"dag-processor": "DagProcessorJob", "triggerer": "TriggererJob"}
SILENT_SECONDS = 60
"""A part that gave no sign of life for so long is hung: they give one every few seconds."""


def answers(part: str) -> bool:
    with urllib.request.urlopen(ADDRESS[part], timeout=8) as response:  # noqa: S310 -- our own loopback
        # the scheduler answers 200 or 503, without words
        return part == "scheduler" or json.load(response)["metadatabase"]["status"] == "healthy"


def gave_sign(part: str) -> bool:
    import psycopg2

    address = Path("/run/secrets/airflow_metadata_uri").read_text("utf-8").strip().replace("+psycopg2", "")
    sql = (
        "select count(*) from job where job_type = %s and state = 'running'"
        " and latest_heartbeat > now() - make_interval(secs => %s)"
    )
    with psycopg2.connect(address, connect_timeout=5) as connection, connection.cursor() as cursor:
        cursor.execute(sql, (JOB[part], SILENT_SECONDS))
        return cursor.fetchone()[0] > 0


part = sys.argv[1]
sys.exit(0 if (answers(part) if part in ADDRESS else gave_sign(part)) else 1)
