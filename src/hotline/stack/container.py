"""What runs in the containers of ``docker-compose.yml``: the servers of ``hotline.stack`` with PostgreSQL, FAB and TLS.

``python -m hotline.stack.container COMMAND``, in the environment that the command belongs to:

airflow-config      print ``airflow.cfg``; the build of the image keeps it. It holds no secret, only how to read them
superset-init       bring Superset to the state that ``superset/`` describes
superset-web        become Superset's server
airflow COMMAND...  become this part of Airflow
secrets FOLDER HOST make the secrets that are not there yet, and a certificate for HOST; see ``make secrets``

Secrets are files below ``/run/secrets``, never variables of a container: whoever may look at a container would read them.
"""

from __future__ import annotations

import json
import os
import secrets as random
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from hotline import yaml_file
from hotline.errors import HotlineError
from hotline.settings import Settings, close_to_others
from hotline.stack.airflow import shared_sections, written
from hotline.stack.secrets import fernet_key, password, token, write_private
from hotline.stack.superset import Superset

GIVEN = Path("/run/secrets")
SERVICE_GROUP = 10001
"""Number of the group that all service users share; ``deploy/layout.sh`` makes it."""
DAYS = "825"
"""How long a generated certificate holds: browsers take no longer one."""
DATABASE_SECONDS = 300
"""How long a server waits for its database before it ends, and is started again."""
EVERY_ADDRESS = "0.0.0.0"  # noqa: S104 -- of a container whose network only the proxy shares with anybody


# the database ----------------------------------------------------------------------------------------


def wait_for_database(address: str, seconds: float = DATABASE_SECONDS) -> None:
    """Return once it takes connections. ``address``: of SQLAlchemy, with psycopg2.

    ``depends_on`` holds for `docker compose up` alone: after a crash of the host all containers start at once, while the
    database still recovers. A server that tries in vain costs half a minute of processor time each time.

    Raises HotlineError after ``seconds``.
    """
    import psycopg2  # of the servers' environments, not of the warehouse's

    begin, said = time.monotonic(), False
    while True:
        try:
            psycopg2.connect(address.replace("+psycopg2", ""), connect_timeout=5).close()
        except psycopg2.OperationalError as error:
            if time.monotonic() - begin > seconds:
                raise HotlineError(
                    f"the database takes no connection after {seconds:.0f} s: {error}".strip(),
                    "docker-compose ps postgres; docker-compose logs postgres",
                ) from error
            if not said:
                print("waiting for the database", flush=True)
                said = True
            time.sleep(0.5)
        else:
            return


# Airflow ---------------------------------------------------------------------------------------------


def airflow(arguments: list[str]) -> None:
    wait_for_database(given("airflow_metadata_uri"))
    os.execvp("airflow", ["airflow", *arguments])  # noqa: S606


def airflow_config(settings: Settings) -> str:
    """Production's ``airflow.cfg``: the demonstration's, with PostgreSQL, accounts with roles and secrets from files."""
    sections = shared_sections(settings, settings.var / "airflow")
    sections["core"] |= {
        "parallelism": 4,
        "auth_manager": "hotline.stack.airflow_accounts.LimitedFabAuthManager",
        "fernet_key_cmd": f"cat {GIVEN}/airflow_fernet_key",
        "execution_api_server_url": "http://airflow-api:8080/execution/",
    }
    sections["database"] = {"sql_alchemy_conn_cmd": f"cat {GIVEN}/airflow_metadata_uri"}
    sections["api"] |= {
        "host": EVERY_ADDRESS,
        "port": 8080,
        "secret_key_cmd": f"cat {GIVEN}/airflow_api_secret_key",
    }
    sections["api_auth"] = {"jwt_secret_cmd": f"cat {GIVEN}/airflow_jwt_secret"}
    sections["scheduler"] |= {"enable_health_check": True, "scheduler_health_check_server_host": "127.0.0.1"}
    hours = security(settings)["sessions"]["hours"]
    sections["fab"] = {
        "config_file": settings.home / "deploy" / "airflow" / "webserver_config.py",
        "cookie_secure": True,
        "session_max_lifetime_minutes": hours * 60,
        "auth_rate_limited": False,  # the accounts' own count outlives a restart, see airflow_accounts
    }
    return written(sections, "`python -m hotline.stack.container airflow-config` when the image was built")


def airflow_accounts(settings: Settings) -> dict:
    """Roles and accounts of production's Airflow."""
    return yaml_file.read(settings.home / "deploy" / "airflow" / "accounts.yaml")


# Superset --------------------------------------------------------------------------------------------


class ContainedSuperset(Superset):
    """Superset whose passwords and keys were made by ``make secrets``."""

    def passwords(self) -> dict[str, str]:
        return json.loads(given("superset_passwords"))

    def _forget_passwords(self) -> None:
        """They are not kept here."""


def superset(settings: Settings) -> ContainedSuperset:
    os.environ["SUPERSET_SECRET_KEY"] = given("superset_secret_key")
    os.environ["SUPERSET_METADATA_URI"] = given("superset_metadata_uri")
    return ContainedSuperset(settings, 8088)


def superset_init(settings: Settings) -> None:
    # what was done before is told by the database, which may be another one now, and not by the stamp of a volume
    (settings.var / "superset" / "provisioned.txt").unlink(missing_ok=True)
    superset(settings).provision(print)


def superset_web(settings: Settings) -> None:
    service = superset(settings)
    wait_for_database(given("superset_metadata_uri"))
    command = [*map(str, service.command(f"{EVERY_ADDRESS}:{service.port}"))]
    os.chdir(service.home)
    os.execve(command[0], command, service.environment())  # noqa: S606


def given(name: str) -> str:
    """The secret ``name`` of this container."""
    try:
        return (GIVEN / name).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise HotlineError(f"{GIVEN / name} cannot be read: {error.strerror}", "make secrets") from error


# secrets ---------------------------------------------------------------------------------------------


def make_secrets(settings: Settings, folder: Path, host: str) -> list[str]:
    """Make the secrets that are not there yet; returns their names. Files 640 of the service group, the folder 700.

    ``passwords.txt`` is for who sets the accounts up, and no container gets it.
    """
    folder.mkdir(exist_ok=True)
    folder.chmod(0o700)
    keep = _Keeper(folder)
    for service in ("airflow", "superset"):
        word = keep(f"{service}_database_password", password)
        keep(f"{service}_metadata_uri", lambda s=service, w=word: f"postgresql+psycopg2://{s}:{w}@postgres/{s}")
    keep("airflow_fernet_key", fernet_key)
    for name in ("airflow_api_secret_key", "airflow_jwt_secret", "superset_secret_key"):
        keep(name, token)
    keep("hash_key", lambda: random.token_hex(32))
    accounts = {"airflow": airflow_accounts(settings)["users"], "superset": security(settings)["users"]}
    lines = []
    for service, users in accounts.items():
        words = keep.passwords(f"{service}_passwords", [user["username"] for user in users])
        lines += [
            service,
            *(f"  {user['username']:<16}{words[user['username']]}  {user['name']}" for user in users),
            "",
        ]
    if not (folder / "tls_certificate").exists():
        certificate(folder, host)
        keep.made.append("tls_certificate")
    for path in folder.iterdir():
        path.chmod(0o640)
        os.chown(path, 0, SERVICE_GROUP)
    write_private(folder / "passwords.txt", "\n".join(lines))
    return keep.made


class _Keeper:
    """Writes what is not there yet."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.made = folder, []

    def __call__(self, name: str, make: Callable[[], str]) -> str:
        path = self.folder / name
        if not path.exists():
            write_private(path, make())  # no end of line: Airflow would take it as part of the secret
            self.made.append(name)
        return path.read_text(encoding="utf-8").strip()

    def passwords(self, name: str, usernames: list[str]) -> dict[str, str]:
        """A password for each account of now; that of an account which is no more is forgotten."""
        path = self.folder / name
        known: Mapping[str, str] = json.loads(path.read_text("utf-8")) if path.exists() else {}
        words = {username: known.get(username) or password() for username in usernames}
        if words != known:
            write_private(path, json.dumps(words, indent=1) + "\n")
            self.made.append(name)
        return words


def certificate(folder: Path, host: str) -> None:
    """A key and a certificate that it signs itself, until the authority's own are put in their place."""
    kind = "IP" if host.replace(".", "").isdigit() else "DNS"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", DAYS,
         "-subj", f"/CN={host}", "-addext", f"subjectAltName={kind}:{host}",
         "-keyout", folder / "tls_key", "-out", folder / "tls_certificate"],
        check=True, capture_output=True,
    )  # fmt: skip


@cache
def security(settings: Settings) -> dict:
    return yaml_file.read(settings.security)


def main(argv: list[str]) -> None:
    close_to_others()
    settings = Settings.from_environment()
    match argv:
        case ["airflow-config"]:
            print(airflow_config(settings), end="")
        case ["superset-init"]:
            superset_init(settings)
        case ["airflow", *arguments]:
            airflow(arguments)
        case ["superset-web"]:
            superset_web(settings)
        case ["secrets", folder, host]:
            made = make_secrets(settings, Path(folder), host)
            print(f"made: {', '.join(made)}" if made else "all secrets are there")
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except HotlineError as error:
        sys.exit(f"error: {error}")
