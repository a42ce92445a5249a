"""The few calls of Airflow's REST API (v2) that starting the stack and running the demo need."""

from __future__ import annotations

import time
from urllib.parse import quote, urlencode

from hotline.errors import HotlineError
from hotline.stack.processes import http

TOKEN_SECONDS = 1800
"""Ask for a new token after this long; they are good for a day, but a restart with a new key voids them."""


class AirflowClient:
    """Talks to one Airflow as one user. A token is fetched when first needed, and again when it gets old."""

    def __init__(self, address: str, user: str, password: str) -> None:
        self.address, self._user, self._password = address.rstrip("/"), user, password
        self._token, self._token_time = "", 0.0

    def health(self) -> dict[str, str]:
        """State per component (``healthy``, ``unhealthy`` or None); empty while nobody answers. No log-in."""
        status, body = http("GET", f"{self.address}/api/v2/monitor/health", seconds=5)
        if status != 200 or not isinstance(body, dict):  # somebody else's server may stand at this port
            return {}
        return {name: part.get("status") for name, part in body.items() if isinstance(part, dict)}

    def call(self, method: str, path: str, body: object = None, **query: object) -> dict:
        """One authenticated call under ``/api/v2``; raises HotlineError for any status but 2xx."""
        url = f"{self.address}/api/v2{quote(path, safe='/~')}" + (f"?{urlencode(query)}" if query else "")
        for attempt in (1, 2):
            headers = {"Authorization": f"Bearer {self._bearer(renew=attempt == 2)}"}
            status, answer = http(method, url, headers=headers, body=body, seconds=30)
            if status not in (0, 401):
                break
        if not 200 <= status < 300:
            detail = answer.get("detail") if isinstance(answer, dict) else answer
            raise HotlineError(f"Airflow answered {status} to {method} {path}: {detail}", "see `hotline stack status`")
        return answer or {}

    def _bearer(self, renew: bool) -> str:
        if renew or time.monotonic() - self._token_time > TOKEN_SECONDS or not self._token:
            body = {"username": self._user, "password": self._password}
            status, answer = http("POST", f"{self.address}/auth/token", body=body)
            if status == 429:
                raise HotlineError(
                    f"Airflow at {self.address} lets {self._user} wait after wrong passwords",
                    "wait as long as its log says, or run: hotline stack unlock",
                )
            if status != 201:
                raise HotlineError(
                    f"Airflow at {self.address} does not take the log-in of {self._user} ({status})",
                    "restart it: hotline stack down, then hotline stack up",
                )
            self._token, self._token_time = answer["access_token"], time.monotonic()
        return self._token

    # ---------- what the stack needs

    def ensure_pool(self, name: str, slots: int, description: str) -> None:
        pools = self.call("GET", "/pools", limit=100)["pools"]
        if name not in {pool["name"] for pool in pools}:
            new = {"name": name, "slots": slots, "description": description, "include_deferred": False}
            self.call("POST", "/pools", new)

    def dag_ids(self) -> set[str]:
        return {dag["dag_id"] for dag in self.call("GET", "/dags", limit=100)["dags"]}

    def import_errors(self) -> list[str]:
        found = self.call("GET", "/importErrors")["import_errors"]
        return [f"{error['filename']}: {error['stack_trace'].strip().splitlines()[-1]}" for error in found]

    # ---------- runs

    def trigger(self, dag_id: str, partition_key: str, conf: dict) -> str:
        """Start a run for one partition; returns its run id."""
        body = {"logical_date": None, "partition_key": partition_key, "conf": conf}
        return self.call("POST", f"/dags/{dag_id}/dagRuns", body)["dag_run_id"]

    def runs(self, dag_id: str, partition_key: str) -> list[dict]:
        """Runs of a partition, newest first."""
        answer = self.call("GET", f"/dags/{dag_id}/dagRuns", order_by="-run_after", limit=50)
        return [run for run in answer["dag_runs"] if run.get("partition_key") == partition_key]

    def task_instances(self, dag_id: str, run_id: str) -> list[dict]:
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances"
        return self.call("GET", path, limit=200)["task_instances"]
