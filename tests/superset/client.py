"""One person's session with Superset over HTTP, logged in as through the login page."""

from __future__ import annotations

import json
import re
import time
import uuid

import requests


class Patient(requests.Session):
    """Asks again where the server says only that this address sent too many requests within a second: a test that went on
    with that answer would look at nothing. Refusals of ours state how long to wait, and are answers."""

    def request(self, method: str, url: str, **options: object) -> requests.Response:
        while True:
            answer = super().request(method, url, **options)
            if answer.status_code != requests.codes.too_many_requests or "Retry-After" in answer.headers:
                return answer
            time.sleep(1)


class Session:
    """Cookies and CSRF token of one account; without a username, of somebody who has not logged in."""

    def __init__(self, address: str, username: str | None = None, password: str = "") -> None:
        self.address = address
        self.http = Patient()
        self.http.trust_env = False  # a proxy of the environment cannot reach our loopback
        # the server closes a kept connection after two seconds, maybe just when the next request is on its way
        self.http.headers["Connection"] = "close"
        if username:
            page = self.http.get(f"{address}/login/", timeout=60).text
            token = re.search(r'id="csrf_token"\s+value="([^"]+)"', page)
            answer = self.http.post(
                f"{address}/login/",
                data={"username": username, "password": password, "csrf_token": token.group(1)},
                allow_redirects=False,
                timeout=60,
            )
            assert answer.status_code == 302 and "login" not in answer.headers["Location"], "login failed"
            token = self.get("/api/v1/security/csrf_token/").json()["result"]
            self.http.headers.update({"X-CSRFToken": token, "Referer": address})

    def get(self, path: str) -> requests.Response:
        return self.http.get(self.address + path, timeout=60, allow_redirects=False)

    def post(self, path: str, body: dict) -> requests.Response:
        return self.http.post(self.address + path, json=body, timeout=60, allow_redirects=False)

    def put(self, path: str, body: dict) -> requests.Response:
        return self.http.put(self.address + path, json=body, timeout=60, allow_redirects=False)

    def ids(self, kind: str, name: str) -> dict[str, int]:
        """Ids by name of what this account may see, e.g. ``ids("dataset", "table_name")``."""
        answer = self.get(f"/api/v1/{kind}/?q=(page_size:100)")
        return {item[name]: item["id"] for item in answer.json()["result"]} if answer.ok else {}

    def sql(self, text: str) -> requests.Response:
        """Run a statement in SQL Lab."""
        body = {"database_id": 1, "sql": text, "schema": "marts", "runAsync": False, "client_id": uuid.uuid4().hex[:11]}
        return self.post("/api/v1/sqllab/execute/", body)

    def rows(self, dataset: int, columns: list[str], metrics: list[str] = ()) -> list[dict]:
        """Query a dataset as a chart does. Raises AssertionError with the server's words when it refuses."""
        query = {"columns": columns, "metrics": list(metrics), "row_limit": 1000, "filters": []}
        body = {
            "datasource": {"id": dataset, "type": "table"},
            "queries": [query],
            "result_format": "json",
            "result_type": "full",
        }
        answer = self.post("/api/v1/chart/data", body)
        assert answer.ok, json.dumps(answer.json(), ensure_ascii=False)[:500]
        return answer.json()["result"][0]["data"]
