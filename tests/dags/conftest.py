"""A throw-away Airflow home: importing Airflow must not touch, or read, anybody's own."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

HOME = Path(__file__).resolve().parents[2]

for name in [name for name in os.environ if name.startswith("AIRFLOW")]:
    del os.environ[name]
os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp(prefix="airflow-test-")
os.environ["AIRFLOW__CORE__DAGS_FOLDER"] = str(HOME / "dags")
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"


@pytest.fixture(scope="session")
def bag():
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(str(HOME / "dags"))


@pytest.fixture(scope="session")
def database():
    """A migrated metadata database in the throw-away home."""
    subprocess.run([sys.executable, "-m", "airflow", "db", "migrate"], check=True, capture_output=True)
