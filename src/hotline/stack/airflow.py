"""The embedded Airflow: SQLite metadata, LocalExecutor, two accounts, loopback only. Nothing to install beside Python.

It is meant for one machine and one team; the compose file describes the production set-up (PostgreSQL, real users).
All settings stand in one generated ``airflow.cfg`` (mode 600), so that the ``airflow`` command line works as well:
``AIRFLOW_HOME=var/airflow .venv/airflow/bin/airflow dags list``.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hotline.errors import HotlineError
from hotline.settings import TIMEZONE, Settings
from hotline.stack.airflow_client import AirflowClient
from hotline.stack.processes import LOOPBACK, Daemon, wait_until
from hotline.stack.secrets import fernet_key, password, private_folder, secret, write_private
from hotline.variables import handed_over, without_foreign

USER, OFFICER = "admin", "officer"
ROLES = {USER: "admin", OFFICER: "user"}
"""Accounts of the demonstration and their roles: nobody approves the spot checks that he asked for, so there are two."""

DAGS = ("ingest_feeds", "build_warehouse", "check_quality", "publish_warehouse")
START_SECONDS = 240
HEARTBEAT_TIMEOUT = 60
"""Seconds after which a task whose worker was killed is noticed; Airflow's own default is 300."""

FILE_INTERVAL = 600
"""Seconds after which a DAG file that has not changed is read again; Airflow's own default is 30."""

API_SERVER_FAULTS = {
    (False, False): "hung: it does not answer",
    (True, False): "its metadata database does not answer",
    (True, True): None,
}
"""By whether it answers, and whether it calls its database healthy."""


def given_metadata() -> str | None:
    """The address of a metadata database of the operator's own; None for the embedded SQLite."""
    return handed_over("AIRFLOW").get("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN")


@dataclass(frozen=True)
class Airflow:
    """One local Airflow; nothing runs and nothing is written before ``start``."""

    settings: Settings
    port: int

    @property
    def home(self) -> Path:
        return self.settings.var / "airflow"

    @property
    def address(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def start(self, progress: Callable[[str], None]) -> None:
        """Bring up what is not up yet; returns when all components are healthy and the DAGs are known."""
        if self.is_healthy():
            return
        self.configure()
        self.migrate(progress)
        daemons = self.daemons()
        for daemon in daemons:
            daemon.start()
        client = self.client()
        wait_until(
            lambda: healthy(client.health()),
            what="Airflow",
            seconds=START_SECONDS,
            daemons=daemons,
            progress=progress,
        )
        client.ensure_pool("duckdb", 1, "the one writer of the warehouse file")
        wait_until(
            lambda: client.dag_ids() >= set(DAGS) or bool(client.import_errors()),
            what="Airflow, reading the DAGs",
            seconds=START_SECONDS,
            daemons=daemons,
            progress=progress,
        )
        if errors := client.import_errors():
            raise HotlineError("Airflow cannot read a DAG file:\n  " + "\n  ".join(errors), "mend the file")

    def stop(self) -> bool:
        """End the daemons, the scheduler first so that nothing new is started; true when any was running."""
        order = ("scheduler", "triggerer", "dag-processor", "api-server")
        daemons = {daemon.name.removeprefix("airflow-"): daemon for daemon in self.daemons()}
        return any([daemons[name].stop() for name in order])

    def states(self) -> dict[str, int | None]:
        """Pid of each daemon, None when it does not run."""
        return {daemon.name: daemon.pid() for daemon in self.daemons()}

    def faults(self) -> dict[str, str | None]:
        """What is wrong with each daemon, None when it runs and Airflow calls it healthy. At most 5 s."""
        states = self.states()
        health = self.client().health() if states["airflow-api-server"] else {}
        found = {}
        for name, pid in states.items():
            if not pid:
                found[name] = "not running"
            elif name == "airflow-api-server":
                found[name] = API_SERVER_FAULTS[bool(health), health.get("metadatabase") == "healthy"]
            elif not health:
                found[name] = "unknown: the api-server does not answer"
            else:
                component = name.removeprefix("airflow-").replace("-", "_")
                found[name] = None if health.get(component) == "healthy" else "hung: it gives no sign of life"
        return found

    def is_healthy(self) -> bool:
        return all(self.states().values()) and healthy(self.client().health())

    def client(self, user: str = USER) -> AirflowClient:
        return AirflowClient(self.address, user, self.password(user))

    def password(self, user: str = USER) -> str:
        return secret(self.settings.secrets, f"airflow_{user}_password", password)

    # ---------- set-up

    def configure(self) -> None:
        """Write ``airflow.cfg`` and the password file; both hold secrets and are for their owner's eyes only."""
        private_folder(self.home)
        folder = self.settings.secrets
        passwords = folder / "airflow_passwords.json"
        write_private(passwords, json.dumps({user: self.password(user) for user in ROLES}) + "\n")
        sections = shared_sections(self.settings, self.home)
        sections["core"] |= {
            "parallelism": 4,
            "auth_manager": "hotline.stack.airflow_logins.LimitedSimpleAuthManager",
            "simple_auth_manager_users": ",".join(f"{user}:{role}" for user, role in ROLES.items()),
            "simple_auth_manager_passwords_file": passwords,
            "fernet_key": secret(folder, "airflow_fernet_key", fernet_key),
            "execution_api_server_url": f"{self.address}/execution/",
        }
        sections["database"] = {"sql_alchemy_conn": f"sqlite:///{self.home / 'airflow.db'}"}
        if not given_metadata():  # what another database understands of these is not known
            patient = "hotline.stack.airflow_metadata.PATIENT"
            sections["database"] |= {"sql_alchemy_connect_args": patient, "sql_alchemy_connect_args_async": patient}
        sections["api"] |= {
            "base_url": self.address,
            "host": LOOPBACK,
            "port": self.port,
            "secret_key": secret(folder, "airflow_api_secret_key"),
        }
        # one key for all four daemons: without it each makes its own and tasks cannot report back
        sections["api_auth"] = {"jwt_secret": secret(folder, "airflow_jwt_secret")}
        text = written(sections, "`hotline stack up`; changes are overwritten")
        write_private(self.home / "airflow.cfg", text)

    def migrate(self, progress: Callable[[str], None]) -> None:
        """Make or upgrade the metadata database; a stamp of Airflow's version and its address lets a start skip it."""
        stamp = self.home / "migrated.txt"
        given = given_metadata()
        # the address may hold a password, so its hash is what is kept
        version = self._version() + (f" {hashlib.sha256(given.encode()).hexdigest()}" if given else "")
        database = self.home / "airflow.db"
        done = stamp.is_file() and stamp.read_text(encoding="utf-8") == version
        if done and (given or database.is_file()):
            return
        progress("Airflow: preparing its metadata database")
        run = subprocess.run(
            [self.settings.executable("airflow", "airflow"), "db", "migrate"],
            env=self.environment(),
            cwd=self.home,
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode != 0:
            tail = "\n".join((run.stdout + run.stderr).splitlines()[-12:])
            remedy = "see AIRFLOW__DATABASE__SQL_ALCHEMY_CONN" if given else f"remove {self.home} to start afresh"
            raise HotlineError(f"`airflow db migrate` failed:\n{tail}", remedy)
        if not given:
            database.chmod(0o600)
        stamp.write_text(version, encoding="utf-8")

    def _version(self) -> str:
        site = self.settings.executable("airflow", "python").parents[1] / "lib"
        found = sorted(site.glob("python3*/site-packages/apache_airflow_core-*.dist-info"))
        if not found:
            raise HotlineError("the Airflow environment is missing", "run: make env/airflow")
        return found[0].name

    def environment(self) -> dict[str, str]:
        """The caller's environment with the accepted settings alone: others are meant for another Airflow."""
        return (
            without_foreign()
            | handed_over("AIRFLOW")
            | {
                "AIRFLOW_HOME": str(self.home),
                "HOTLINE_HOME": str(self.settings.home),
                "HOTLINE_VAR": str(self.settings.var),
                "NO_PROXY": f"{LOOPBACK},localhost",
                "no_proxy": f"{LOOPBACK},localhost",
            }
        )

    def daemons(self) -> list[Daemon]:
        """In starting order. Logs are served by the api-server from the folder: no log server listens on a port."""
        commands = {
            "api-server": ["api-server"],
            "scheduler": ["scheduler", "--skip-serve-logs"],
            "dag-processor": ["dag-processor"],
            "triggerer": ["triggerer", "--skip-serve-logs"],
        }
        program = self.settings.executable("airflow", "airflow")
        return [
            Daemon(f"airflow-{name}", self.settings.var / "run", [program, *argv], self.environment(), self.home)
            for name, argv in commands.items()
        ]


def shared_sections(settings: Settings, home: Path) -> dict[str, dict[str, object]]:
    """What the demonstration's ``airflow.cfg`` and production's have in common, by section and option."""
    return {
        "core": {
            "executor": "LocalExecutor",
            "dags_folder": settings.home / "dags",
            "dags_are_paused_at_creation": False,
            "load_examples": False,
            "default_timezone": TIMEZONE,
        },
        # Airflow sets these modes itself, whatever the umask
        "logging": {
            "base_log_folder": home / "logs",
            "file_task_handler_new_folder_permissions": "0o750",
            "file_task_handler_new_file_permissions": "0o640",
        },
        "api": {"workers": 1},
        "scheduler": {
            "task_instance_heartbeat_timeout": HEARTBEAT_TIMEOUT,
            "task_instance_heartbeat_sec": HEARTBEAT_TIMEOUT // 4,
            # the tasks of a scheduler that was killed are looked for at its start, when it may not count as dead yet, and
            # then so often; Airflow's own 300 s leave a build lying that long
            "orphaned_tasks_check_interval": HEARTBEAT_TIMEOUT,
        },
        # an unchanged file need not be read twice a minute; a changed one is read at once all the same
        "dag_processor": {"parsing_processes": 1, "min_file_process_interval": FILE_INTERVAL},
        "openlineage": {"disabled": True},
    }


def written(sections: dict[str, dict[str, object]], by: str) -> str:
    """The text of an ``airflow.cfg``."""
    lines = [f"# Written by {by}."]
    for section, options in sections.items():
        lines.append(f"\n[{section}]")
        lines += [f"{key} = {str(value).replace('%', '%%')}" for key, value in options.items()]
    return "\n".join(lines) + "\n"


def healthy(health: dict[str, str]) -> bool:
    """Whether every component that can be asked for says so."""
    parts = ("metadatabase", "scheduler", "triggerer", "dag_processor")
    return all(health.get(part) == "healthy" for part in parts)
