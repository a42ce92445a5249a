"""``hotline stack``: the local Airflow and Superset, on loopback, started and stopped as one."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass

import click

from hotline.attempts import attempts_of
from hotline.settings import Settings
from hotline.stack.airflow import ROLES, Airflow
from hotline.stack.processes import free_port, live_pid
from hotline.stack.progress import Progress
from hotline.stack.secrets import PASSWORDS, private_folder, write_private
from hotline.stack.superset import Superset
from hotline.variables import dropped

DEFAULT_PORTS = {"airflow": 8080, "superset": 8088}
STOPPED = 3
"""Exit code of ``status`` when nothing runs: nothing is broken, as with service managers."""


@dataclass(frozen=True)
class Stack:
    """The services of one installation, at the ports it was given when it was first started."""

    settings: Settings
    airflow: Airflow
    superset: Superset

    @classmethod
    def of(cls, settings: Settings, *, starting: bool = False) -> Stack:
        port = choose_ports(settings) if starting else known_ports(settings)
        return cls(settings, Airflow(settings, port["airflow"]), Superset(settings, port["superset"]))

    def up(self, progress: Progress) -> None:
        """Start what is not running. Raises HotlineError, with the end of a log, when a service does not start."""
        for name, service in (("Airflow", self.airflow), ("Superset", self.superset)):
            begin = time.monotonic()
            service.start(progress)
            progress.done(f"{name} is healthy at {service.address} ({time.monotonic() - begin:.0f} s)")
        self.write_passwords()

    def down(self, progress: Callable[[str], None]) -> bool:
        """Stop everything that was started; true when anything ran."""
        progress("stopping Airflow and Superset")
        return any([self.superset.stop(), self.airflow.stop()])

    def states(self) -> dict[str, int | None]:
        """Pid of every daemon, None when it does not run."""
        return self.airflow.states() | self.superset.states()

    def faults(self) -> dict[str, str | None]:
        """What is wrong with each daemon, None when its service says that it is well. At most 10 s."""
        return self.airflow.faults() | self.superset.faults()

    def addresses(self) -> dict[str, str]:
        return {
            "Airflow": self.airflow.address,
            "Superset": self.superset.address,
            "dashboard": self.superset.dashboard,
        }

    def write_passwords(self) -> None:
        """The one file that a person opens to log in."""
        names = self.superset.account_names()
        accounts = [("Airflow", self.airflow.address, {user: self.airflow.password(user) for user in ROLES})]
        accounts.append(("Superset", self.superset.address, self.superset.passwords()))
        lines = []
        for service, address, passwords in accounts:
            lines.append(f"{service}  {address}")
            for user, word in passwords.items():
                lines.append(f"  {user:<16}{word}  {names.get(user, '') if service == 'Superset' else ''}".rstrip())
            lines.append("")
        write_private(private_folder(self.settings.secrets) / PASSWORDS, "\n".join(lines))


def known_ports(settings: Settings) -> dict[str, int]:
    """The ports that this installation uses, or would use if they are free."""
    path = settings.var / "stack.json"
    return DEFAULT_PORTS | (json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {})


def choose_ports(settings: Settings) -> dict[str, int]:
    """Keep the known ports, take the next free one where somebody else listens; remembered in ``stack.json``."""
    known = known_ports(settings)
    chosen: dict[str, int] = {}
    for service, port in known.items():
        ours = any(live_pid(file) for file in (settings.var / "run").glob(f"{service}*.json"))
        chosen[service] = port if ours else free_port(port, taken=list(chosen.values()))
    settings.var.mkdir(parents=True, exist_ok=True)
    (settings.var / "stack.json").write_text(json.dumps(chosen, indent=1) + "\n", encoding="utf-8")
    return chosen


@click.group()
def command() -> None:
    """Start, stop or show the local Airflow and Superset."""


@command.command()
def up() -> None:
    """Start what is not running; returns when all is healthy."""
    settings = Settings.from_environment()
    if names := dropped():
        click.secho(
            f"not handed to Airflow and Superset, because no setting of this project: {', '.join(names)}\n"
            "  accepted are the variables in docs/operations/index.md, Settings",
            fg="yellow",
            err=True,
        )
    stack = Stack.of(settings, starting=True)
    stack.up(Progress())
    for name, address in stack.addresses().items():
        click.echo(f"{name:<10}{address}")
    click.echo(f"passwords {settings.secrets / PASSWORDS}")


@command.command()
def down() -> None:
    """Stop everything that was started here."""
    progress = Progress()
    ran = Stack.of(Settings.from_environment()).down(progress)
    progress.clear()
    click.echo("stopped" if ran else "nothing was running")


@command.command()
def status() -> None:
    """Ask every service whether it is well, and show where it is.

    Exit code 0 when all are well, 1 when one is hung or missing, 3 when nothing runs at all.
    """
    stack = Stack.of(Settings.from_environment())
    states, faults = stack.states(), stack.faults()
    for name, pid in states.items():
        click.echo(f"{name:<24}{f'pid {pid}' if pid else '':<14}{faults[name] or 'healthy'}".rstrip())
    if not any(states.values()):
        click.echo("nothing runs; to start: hotline stack up")
        raise SystemExit(STOPPED)
    for name, address in stack.addresses().items():
        click.echo(f"{name:<24}{address}")
    wrong = [name for name, fault in faults.items() if fault]
    if wrong:
        logs = stack.settings.var / "run"
        click.echo(
            f"not well: {', '.join(wrong)}; see {logs}/<name>.log, then: hotline stack down, hotline stack up", err=True
        )
    raise SystemExit(1 if wrong else 0)


@command.command()
def unlock() -> None:
    """Forget all wrong passwords: whoever has to wait for a login may try again at once."""
    stack = Stack.of(Settings.from_environment())
    for name, home in (("Airflow", stack.airflow.home), ("Superset", stack.superset.home)):
        waits = attempts_of(home, stack.settings.home).clear()
        click.echo(f"{name:<10}{waits} waits ended")


@command.command("clear-cache")
@click.option("--json", "as_json", is_flag=True, help="End with one line of JSON.")
def clear_cache(as_json: bool) -> None:
    """Make the dashboards read the published warehouse anew."""
    Stack.of(Settings.from_environment()).superset.clear_cache()
    click.echo(json.dumps({"cleared": True}) if as_json else "the dashboards' data cache is empty")
