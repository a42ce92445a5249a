"""The embedded Superset: SQLite metadata, file caches, gunicorn on loopback. Nothing to install beside Python.

``superset/`` holds everything it shows and allows, as text; ``superset/provision.py`` brings an installation to that
state. Provisioning is skipped while neither the text nor the passwords nor the version have changed.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hotline import yaml_file
from hotline.errors import HotlineError
from hotline.settings import Settings
from hotline.stack.processes import LOOPBACK, Daemon, http, wait_until
from hotline.stack.secrets import password, private_folder, secret
from hotline.variables import handed_over, without_foreign

DASHBOARD = "hotline-overview"
START_SECONDS = 180
HEALTH_SECONDS = 5
ACCOUNT_FILE = "superset_{}_password"
OWN_VARIABLES = ("SUPERSET_", "HOTLINE_PUBLISHED", "HOTLINE_ORIGIN")


@dataclass(frozen=True)
class Superset:
    """One local Superset; nothing runs and nothing is written before ``start``."""

    settings: Settings
    port: int

    @property
    def home(self) -> Path:
        return self.settings.var / "superset"

    @property
    def definitions(self) -> Path:
        return self.settings.home / "superset"

    @property
    def address(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def dashboard(self) -> str:
        return f"{self.address}/superset/dashboard/{DASHBOARD}/"

    def start(self, progress: Callable[[str], None]) -> None:
        """Provision what has changed, then bring the server up; returns when it answers.

        Raises HotlineError, with the end of a log, when provisioning fails or the server does not start.
        """
        if self.provision(progress):
            self.stop()  # a running server has read the settings of before
        daemon = self.daemon()
        daemon.start()
        wait_until(self.is_healthy, what="Superset", seconds=START_SECONDS, daemons=[daemon], progress=progress)

    def stop(self) -> bool:
        """End the server; true when it was running."""
        return self.daemon().stop()

    def states(self) -> dict[str, int | None]:
        """Pid of the server, None when it does not run."""
        daemon = self.daemon()
        return {daemon.name: daemon.pid()}

    def faults(self) -> dict[str, str | None]:
        """What is wrong with the server, None when it answers. At most 5 s."""
        daemon = self.daemon()
        if daemon.pid() is None:
            return {daemon.name: "not running"}
        status, _ = http("GET", f"{self.address}/health", seconds=HEALTH_SECONDS)
        fault = {200: None, 0: f"hung: no answer in {HEALTH_SECONDS} s"}.get(status, f"answers {status} to /health")
        return {daemon.name: fault}

    def is_healthy(self) -> bool:
        return self.daemon().pid() is not None and http("GET", f"{self.address}/health")[0] == 200

    def passwords(self) -> dict[str, str]:
        """Password of each account in ``security.yaml``, generated at the first call."""
        folder = self.settings.secrets
        return {
            user["username"]: secret(folder, ACCOUNT_FILE.format(user["username"]), password)
            for user in self._security()["users"]
        }

    def account_names(self) -> dict[str, str]:
        """Chinese name of each account, in the order of ``security.yaml``."""
        return {user["username"]: user["name"] for user in self._security()["users"]}

    # ---------- set-up

    def provision(self, progress: Callable[[str], None]) -> bool:
        """Migrate, create roles and accounts, import assets, apply row rules; false when nothing had changed."""
        stamp = self.home / "provisioned.txt"
        state = self._state()
        if stamp.is_file() and stamp.read_text(encoding="ascii") == state:
            return False
        progress("Superset: preparing accounts, roles and the dashboard")
        private_folder(self.home)
        # passwords go through a pipe: other users of the machine can read command lines
        run = subprocess.run(
            [self.settings.executable("superset", "python"), self.definitions / "provision.py"],
            env=self.environment(),
            cwd=self.home,
            input=json.dumps(self.passwords()),
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode != 0:
            tail = "\n".join(f"    {line}" for line in run.stderr.splitlines()[-12:])
            raise HotlineError(
                f"Superset could not be prepared:\n{tail}", f"mend it, or remove {self.home} to start afresh"
            )
        if (database := self.home / "superset.db").is_file():
            database.chmod(0o600)
        self._forget_passwords()
        self.clear_cache()
        stamp.write_text(state, encoding="ascii")
        return True

    def _forget_passwords(self) -> None:
        """Whoever gets the name of a closed account some day gets a password that nobody knows yet."""
        current = {ACCOUNT_FILE.format(username) for username in self.passwords()}
        for file in self.settings.secrets.glob(ACCOUNT_FILE.format("*")):
            if file.name not in current:
                file.unlink()

    def clear_cache(self) -> None:
        """Forget query results; call it after a publication, or readers see yesterday's figures for a day."""
        for file in (self.home / "cache" / "data").glob("*"):
            file.unlink(missing_ok=True)

    def environment(self) -> dict[str, str]:
        """The caller's environment with the accepted settings alone: others are meant for another Superset."""
        given = handed_over("SUPERSET")
        if "SUPERSET_SECRET_KEY" not in given:
            given["SUPERSET_SECRET_KEY"] = secret(self.settings.secrets, "superset_secret_key")
        return (
            without_foreign()
            | given
            | {
                "SUPERSET_HOME": str(self.home),
                "HOTLINE_HOME": str(self.settings.home),
                "HOTLINE_VAR": str(self.settings.var),
                "HOTLINE_PUBLISHED_DATABASE": str(self.settings.published_database),
                # the settings module, and the parts of the hotline package that need the standard library only
                "PYTHONPATH": f"{self.definitions}:{self.settings.home / 'src'}",
                "NO_PROXY": f"{LOOPBACK},localhost",
                "no_proxy": f"{LOOPBACK},localhost",
            }
        )

    def daemon(self) -> Daemon:
        command = self.command(f"{LOOPBACK}:{self.port}")
        return Daemon("superset", self.settings.var / "run", command, self.environment(), self.home)

    def command(self, bind: str) -> list[str | Path]:
        """The server that listens at the address ``bind``."""
        return [
            self.settings.executable("superset", "gunicorn"),
            *("--bind", bind, "--workers", "1"),
            # one process with threads: a second one would cost 400 MB, and queries run in processes of their own
            *("--worker-class", "gthread", "--threads", str(self._security()["limits"]["threads"])),
            *("--timeout", "120"),
            "superset.app:create_app()",
        ]

    def _security(self) -> dict:
        return yaml_file.read(self.definitions / "security.yaml")

    def _state(self) -> str:
        """Hash of all that provisioning depends on: definitions, version, database path and secrets."""
        site = self.settings.executable("superset", "python").parents[1] / "lib"
        versions = sorted(path.name for path in site.glob("python3*/site-packages/apache_superset-*.dist-info"))
        if not versions:
            raise HotlineError("the Superset environment is missing", "run: make env/superset")
        digest = hashlib.sha256()
        for path in sorted(self.definitions.rglob("*")):
            if path.suffix in {".yaml", ".py"}:
                digest.update(str(path.relative_to(self.definitions)).encode() + path.read_bytes())
        own = {name: value for name, value in self.environment().items() if name.startswith(OWN_VARIABLES)}
        depends = [versions, sorted(self.passwords().items()), sorted(own.items())]
        digest.update(json.dumps(depends).encode())
        return digest.hexdigest()
