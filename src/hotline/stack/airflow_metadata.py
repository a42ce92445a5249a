"""How Airflow's processes open the embedded SQLite metadata: named in ``airflow.cfg``, imported by each of them."""

PATIENT = {"timeout": 20}
"""Seconds to wait for another process's write; SQLite's own 5 end in "database is locked" on a busy machine, and the
request of a person in an error 500. Less than the 30 s that `AirflowClient` waits for an answer."""
