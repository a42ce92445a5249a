"""``make compose-test``: production for real. Prints what it does with seconds; exit code 1 at the first thing that is wrong.

The images are built, everything is brought up, and each role logs in through TLS. The pipeline runs on a month of sample
feeds. Then everything is brought up anew, and the same feeds run while every container is killed in turn, and the
engine once; the marts must be the same, row for row. Ports, secrets and volumes are of this try and go away with it.
"""

from __future__ import annotations

import contextlib
import json
import os
import ssl
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

HOME = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(HOME / "tests" / "support"), str(HOME / "tests" / "superset"), str(Path(__file__).parent)]

import requests  # noqa: E402
from client import Session  # noqa: E402
from engine import Engine, crash, docker, inspect  # noqa: E402
from marts import differing  # noqa: E402

from hotline import demo  # noqa: E402
from hotline.stack.airflow import DAGS  # noqa: E402
from hotline.stack.airflow_client import AirflowClient  # noqa: E402
from hotline.stack.processes import free_port  # noqa: E402

PROJECT = "hotline-try"
MONTH = "2024-09"
FOLDER = HOME / "var" / "compose-test"
SERVICES = (
    "postgres",
    "airflow-api",
    "airflow-scheduler",
    "airflow-dag-processor",
    "airflow-triggerer",
    "superset-web",
    "proxy",
    "exporter",
)
HEALTHY_SECONDS = 400
RUN_SECONDS = 900
KILLED_IN = {
    # while files are taken in: what runs there and what it needs
    "ingest_feeds": ("airflow-scheduler", "airflow-triggerer", "postgres"),
    "build_warehouse": ("airflow-scheduler", "airflow-api", "airflow-dag-processor"),
    "check_quality": ("proxy", "superset-web"),
}
"""Containers to kill while a DAG runs; the engine is killed with all of them, where it was started here, in the last."""

began = time.monotonic()


def say(text: str) -> None:
    print(f"{time.monotonic() - began:6.0f} s  {text}", flush=True)


def compose(*arguments: str, **options) -> subprocess.CompletedProcess:
    run = subprocess.run(
        [HOME / "scripts" / "compose.sh", "--project-name", PROJECT, *arguments],
        capture_output=True, text=True, check=False, **options,
    )  # fmt: skip
    if run.returncode:
        raise SystemExit(
            f"compose {' '.join(arguments)} ended with {run.returncode}:\n{(run.stdout + run.stderr)[-4000:]}"
        )
    return run


def container(service: str) -> str:
    return compose("ps", "-q", service).stdout.split()[0]


def state(service: str) -> str:
    return inspect(container(service))["State"].get("Health", {}).get("Status", "")


def wait_healthy(seconds: float = HEALTHY_SECONDS) -> None:
    begin = time.monotonic()
    while True:
        states = {service: state(service) for service in SERVICES}
        if set(states.values()) == {"healthy"}:
            return
        if time.monotonic() - begin > seconds:
            logs = compose("logs", "--tail", "20", *[s for s, v in states.items() if v != "healthy"]).stdout
            raise SystemExit(f"not healthy after {seconds:.0f} s: {states}\n{logs}")
        time.sleep(2)


class Production:
    """What a try knows of the installation: its addresses, its passwords, its certificate."""

    def __init__(self) -> None:
        self.secrets = FOLDER / "secrets"
        self.ports = {"HOTLINE_HTTPS_PORT": free_port(18443), "HOTLINE_AIRFLOW_PORT": free_port(18643)}
        self.metrics = f"127.0.0.1:{free_port(19105)}"
        self.superset = f"https://localhost:{self.ports['HOTLINE_HTTPS_PORT']}"
        self.airflow = f"https://localhost:{self.ports['HOTLINE_AIRFLOW_PORT']}"
        os.environ |= {name: str(port) for name, port in self.ports.items()}
        os.environ |= {"HOTLINE_METRICS_ADDRESS": self.metrics}
        os.environ |= {"HOTLINE_SECRETS": str(self.secrets), "HOTLINE_HOST": "localhost", "HOTLINE_VERSION": "dev"}

    @property
    def certificate(self) -> str:
        return str(self.secrets / "tls_certificate")

    def passwords(self, service: str) -> dict[str, str]:
        return json.loads((self.secrets / f"{service}_passwords").read_text("utf-8"))

    def client(self, user: str = "engineer") -> AirflowClient:
        os.environ["SSL_CERT_FILE"] = self.certificate  # this try trusts one certificate
        return AirflowClient(self.airflow, user, self.passwords("airflow")[user])

    def up(self) -> None:
        compose("up", "-d")
        wait_healthy()

    def down(self) -> None:
        compose("down", "--volumes", "--timeout", "5")


# what is tried ---------------------------------------------------------------------------------------


def try_images() -> None:
    """No image holds a secret, nor a file of the product that its user could change."""
    for image in ("airflow", "superset", "postgres", "proxy"):
        name = f"hotline/{image}:dev"
        facts = inspect(name)["Config"]
        assert facts["User"] and not facts["User"].startswith(("0", "root")), f"{name} runs as {facts['User']!r}"
        assert not [pair for pair in facts["Env"] if "PASSWORD" in pair or "SECRET" in pair], f"{name}: a secret in Env"
        look = (
            "find / -xdev \\( -path /proc -o -path /sys -o -path /dev \\) -prune -o -type f -writable -print;"
            "find / -xdev \\( -path /proc -o -path /sys \\) -prune -o -type f -perm /6000 -print;"
            "find /opt /etc /run /tmp /var -xdev -type f \\( -name '*.key' -o -name 'id_*' -o -name '*password*.txt' \\)"
            " ! -path '*/site-packages/*' -print 2>/dev/null || true"
        )
        found = docker("run", "--rm", "--network", "none", "--entrypoint", "sh", name, "-c", look).split()
        assert not found, f"{name}: {found[:5]}"
        say(
            f"  {name}: user {facts['User']}, {inspect(name)['Size'] / 1e6:.0f} MB, nothing writable, no key, no set-id file"
        )


def try_containers() -> None:
    """What the engine says of the running containers: the barriers stand, and no secret can be read off them."""
    words = [word for file in (FOLDER / "secrets").iterdir() for word in words_of(file)]
    for service in SERVICES:
        text = docker("inspect", container(service))
        facts = json.loads(text)[0]
        host = facts["HostConfig"]
        assert host["ReadonlyRootfs"] and host["CapDrop"] == ["ALL"] and not host["Privileged"], service
        assert any("no-new-privileges" in option for option in host["SecurityOpt"]), service
        assert host["Memory"] and host["NanoCpus"] and host["PidsLimit"], service
        assert host["LogConfig"]["Config"]["max-size"], service
        assert bool(host["PortBindings"]) == (service == "proxy"), service
        assert not [word for word in words if word in text], f"{service}: a secret can be read by docker inspect"
    say("  barriers, limits and log rotation as written; no secret in docker inspect")


def words_of(file: Path) -> list[str]:
    text = file.read_text("utf-8")
    if file.name.endswith("_passwords"):
        return list(json.loads(text).values())
    return (
        []
        if file.name in ("passwords.txt", "tls_certificate")
        else [line for line in text.split() if len(line) > 15][:3]
    )


def status(client: AirflowClient, method: str, path: str, body: object = None) -> int:
    from hotline.stack.processes import http

    token = {"Authorization": f"Bearer {client._bearer(renew=False)}"}
    return http(method, f"{client.address}/api/v2{path}", headers=token, body=body)[0]


def try_airflow_roles(production: Production) -> None:
    """Each role may do what its line says and no more; nobody learns anything without a login."""
    run = {"logical_date": None, "partition_key": "2020-01-01", "conf": {"wait_minutes": 0}}
    answer_to_nobody = "/dags/plan_spot_checks/dagRuns/none/taskInstances/none/-1/hitlDetails"
    may = [
        ("GET", "/dags", None, {"admin", "engineer", "officer", "duty"}),
        ("GET", "/connections", None, {"admin", "engineer"}),
        ("POST", "/dags/ingest_feeds/dagRuns", run, {"admin", "engineer"}),
        ("GET", "/dags/~/dagRuns/~/hitlDetails", None, {"admin", "engineer", "officer", "duty"}),
        ("PATCH", answer_to_nobody, {"chosen_options": ["x"]}, {"admin", "officer"}),
    ]
    for number, account in enumerate(production.passwords("airflow"), start=1):
        client = production.client(account)
        run["partition_key"] = f"2020-01-0{number}"  # each starts a run of its own
        for method, path, body, accounts in may:
            answer = status(client, method, path, body)
            allowed = answer not in (401, 403)
            assert allowed == (account in accounts), f"{account} {method} {path}: {answer}"

    def get(path: str) -> requests.Response:
        return requests.get(production.airflow + path, verify=production.certificate, timeout=30)

    assert get("/api/v2/dags").status_code == 401
    assert get("/api/v2/version").status_code == 401 and get("/openapi.json").status_code == 401
    assert get("/execution/health").status_code == 404
    wrong = [
        requests.post(f"{production.airflow}/auth/token", json={"username": "duty", "password": "wrong"},
                      verify=production.certificate, timeout=30).status_code
        for _ in range(7)
    ]  # fmt: skip
    assert wrong[:5] == [401] * 5 and wrong[-1] == 429, wrong
    say("  Airflow: admin, engineer, officer and duty may what their roles say; guessing is answered with 429")


def try_airflow_page(production: Production) -> None:
    """The login page of the browser, as the engineer."""
    import re

    with requests.Session() as browser:
        browser.verify = production.certificate
        browser.trust_env = False
        browser.headers["Referer"] = (
            production.airflow
        )  # as a browser says it; over TLS forms are taken from nowhere else
        page = browser.get(f"{production.airflow}/auth/login/", timeout=30)
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
        data = {
            "username": "engineer",
            "password": production.passwords("airflow")["engineer"],
            "csrf_token": token.group(1),
        }
        answer = browser.post(f"{production.airflow}/auth/login/", data=data, timeout=30, allow_redirects=False)
        assert answer.status_code == 302 and "login" not in answer.headers["Location"], answer.status_code
        page = browser.get(f"{production.airflow}/", timeout=30)
        assert page.ok and all(cookie.secure for cookie in browser.cookies), list(browser.cookies)
    say("  Airflow: login page, and cookies for TLS alone")


def try_superset_accounts(production: Production) -> None:
    """Every account of security.yaml logs in and reads; a city sees its own rows, and SQL of anybody finds no file."""
    os.environ["REQUESTS_CA_BUNDLE"] = production.certificate
    datasets: dict[str, int] = {}
    for account, word in production.passwords("superset").items():
        session = trusting(production, account, word)
        datasets = datasets or session.ids("dataset", "table_name")  # the administrator's: a city gets no list of them
        codes = {row["platform_code"] for row in session.rows(datasets["mart_volume_monthly"], ["platform_code"])}
        own = {"shenyang": {"210100"}, "dalian": {"210200"}}.get(account)
        assert codes == own if own else len(codes) > 10, f"{account} sees {sorted(codes)}"
        if account == "analyst":
            answer = session.sql("select * from read_text('/run/secrets/superset_secret_key')")
            assert not answer.ok, answer.text[:200]
        assert all(cookie.secure for cookie in session.http.cookies), account
        say(f"  Superset: {account} reads rows of {len(codes)} platforms")


def try_metrics(production: Production) -> None:
    # the certificate is for the name in the browser, this address is another
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        answer = requests.get(f"https://{production.metrics}/metrics", verify=False, timeout=30)  # noqa: S501
    found = dict(line.rsplit(" ", 1) for line in answer.text.splitlines() if line[:1] != "#")
    assert float(found["hotline_tickets"]) > 0 and found['hotline_step_passed{step="quality"}'] == "1", found
    say(f"  exporter: {len(found)} figures, {float(found['hotline_tickets']):.0f} tickets published")


def trusting(production: Production, account: str, word: str) -> Session:
    """The session of the Superset tests, trusting the certificate of this try."""
    plain = requests.Session.__init__

    def trust(self, *arguments, **options) -> None:
        plain(self, *arguments, **options)
        self.verify = production.certificate
        self.headers["Referer"] = (
            production.superset
        )  # as a browser says it; over TLS forms are taken from nowhere else

    requests.Session.__init__ = trust
    try:
        return Session(production.superset, account, word)
    finally:
        requests.Session.__init__ = plain


def deliver() -> None:
    """A month of the sample, put into the landing area as the group of the services may."""
    for command in (["simulate", "--months", MONTH], ["deliver"]):
        compose("run", "--rm", "-T", "hotline", *command, "--json")


def trigger(production: Production) -> str:
    return production.client().trigger(DAGS[0], demo.LAST_DELIVERY, {"from_day": demo.FIRST_DELIVERY})


def runs(production: Production) -> dict[str, str]:
    """State of the newest run of each DAG; of nothing while the servers are away."""
    with contextlib.suppress(Exception):
        client = production.client()
        found = {dag: client.runs(dag, demo.LAST_DELIVERY) for dag in DAGS}
        return {dag: states[0]["state"] for dag, states in found.items() if states}
    return {}


def finish(production: Production) -> None:
    begin = time.monotonic()
    while (states := runs(production)).get(DAGS[-1]) != "success":
        if "failed" in states.values() or time.monotonic() - begin > RUN_SECONDS:
            raise SystemExit(
                f"the pipeline did not end well: {states}\n{compose('logs', '--tail', '60', 'airflow-scheduler').stdout}"
            )
        time.sleep(2)


def marts(name: str) -> Path:
    """The published file, copied out."""
    target = FOLDER / name
    with target.open("wb") as file:
        subprocess.run(
            [HOME / "scripts" / "compose.sh", "--project-name", PROJECT, "run", "--rm", "-T", "--entrypoint", "cat",
             "hotline", "/var/lib/hotline/serving/current/hotline.duckdb"], stdout=file, check=True, stderr=subprocess.DEVNULL)  # fmt: skip
    return target


def killing(production: Production, engine: Engine) -> None:
    """Kill as ``KILLED_IN`` says, each after the one before is healthy again."""
    for dag, services in KILLED_IN.items():
        wait_running(production, dag)
        for service in services:
            name = container(service)
            before = inspect(name)["RestartCount"]
            crash(inspect(name)["State"]["Pid"])
            while inspect(name)["RestartCount"] == before or not inspect(name)["State"]["Running"]:
                time.sleep(0.5)
            say(f"  {service} killed while {dag} ran ({runs(production).get(dag) or 'unknown'}), started again")
            wait_healthy()
    if engine.owned:
        before = runs(production)
        engine.kill()
        say(f"  engine and all containers killed ({before}), started again")
        wait_healthy()
        say("  all healthy")
    else:
        say("  the engine is this machine's: not killed")


def wait_running(production: Production, dag: str) -> None:
    begin = time.monotonic()
    while runs(production).get(dag) not in ("running", "success"):
        if time.monotonic() - begin > RUN_SECONDS:
            raise SystemExit(f"{dag} does not run: {runs(production)}")
        time.sleep(1)


@contextlib.contextmanager
def installation() -> Iterator[Production]:
    FOLDER.mkdir(parents=True, exist_ok=True)
    production = Production()
    production.down()
    try:
        yield production
    finally:
        production.down()


def main() -> None:
    engine = Engine()
    engine.start()
    say("an engine of its own" if engine.owned else "this machine's engine")
    try:
        subprocess.run(["make", "images"], cwd=HOME, check=True, stdout=subprocess.DEVNULL)
        say("images built")
        try_images()
        with installation() as production:
            subprocess.run([HOME / "scripts" / "make_secrets.sh"], check=True, stdout=subprocess.DEVNULL)
            production.up()
            say("all services healthy")
            try_containers()
            try_airflow_page(production)
            deliver()
            trigger(production)
            finish(production)
            say("undisturbed run published")
            undisturbed = marts("undisturbed.duckdb")
            try_metrics(production)
            try_superset_accounts(production)
            try_airflow_roles(production)
            production.down()
            production.up()
            deliver()
            say("everything anew")
            trigger(production)
            killing(production, engine)
            finish(production)
            say("disturbed run published")
            found = differing(undisturbed, marts("disturbed.duckdb"))
            assert not found, f"the marts differ: {json.dumps(found, default=str, ensure_ascii=False)[:2000]}"
            say("the marts are the same, row for row")
    finally:
        engine.stop()
    print("all well")


if __name__ == "__main__":
    ssl.create_default_context()
    main()
