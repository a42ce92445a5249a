"""``hotline``: the command line of the warehouse.

Commands are imported when they are called: ``hotline --help`` stays quick and a command costs only what it uses.
"""

from __future__ import annotations

import sys
from importlib import import_module

import click

from hotline.errors import HotlineError
from hotline.settings import Settings, close_to_others
from hotline.text import printable
from hotline.variables import unknown

COMMANDS = {
    "simulate": ("hotline.simulate.command", "Write simulated ticket feeds into the landing folder."),
    "deliver": ("hotline.published", "Write the published documents as feeds into the landing folder."),
    "ingest": ("hotline.ingest.command:ingest", "Take delivered files into the raw layer."),
    "check": ("hotline.ingest.check:check", "Try a file or folder as ingest would; nothing is taken in."),
    "ledger": ("hotline.ingest.command:ledger", "List delivered files and what became of their rows."),
    "contract": ("hotline.contracts.command", "Show feed contracts."),
    "doctor": ("hotline.doctor", "Hold registers and parameters against each other; name what is missing."),
    "build": ("hotline.build", "Build the warehouse file with dbt."),
    "quality": ("hotline.quality", "Run the Great Expectations checkpoints and record their results."),
    "docs": ("hotline.docs_site", "Write the documentation of models, columns and lineage as one page."),
    "publish": ("hotline.publish", "Publish the built warehouse by an atomic swap."),
    "result": ("hotline.result", "Print what the published warehouse says about a month."),
    "audit": ("hotline.audit.command", "Plan, freeze and draw spot checks; prove what they found."),
    "report": ("hotline.reports.command", "Write reports as HTML, PDF and DOCX."),
    "access": ("hotline.access", "List who logged in, read or exported what."),
    "backup": ("hotline.backup.command:backup", "Copy what a new host would need, while all runs."),
    "verify-backup": ("hotline.backup.command:verify", "Prove that a backup is whole and would do."),
    "restore": ("hotline.backup.command:restore", "Put a backup into an installation without data."),
    "housekeep": ("hotline.housekeep.command", "Remove what need not be kept any longer, or say what would go."),
    "metrics": ("hotline.metrics", "Print how the warehouse is, for Prometheus."),
    "stack": ("hotline.stack", "Start, stop or show the local Airflow and Superset."),
    "demo": ("hotline.demo", "Deliver the sample feeds and run the pipeline through Airflow."),
}


class LazyGroup(click.Group):
    """A group that imports the module of a command only when that command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[name][0].partition(":")
        return getattr(import_module(module), attribute or "command")

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="hotline")
def cli() -> None:
    """The warehouse of public transport hotlines (12328, 12345)."""
    for name, meant in unknown().items():
        hint = f"did you mean {meant}?" if meant else "the accepted names are in docs/operations/index.md, Settings"
        click.secho(f"warning: {name} is set, but nothing reads it; {hint}", fg="yellow", err=True)


def main() -> None:
    """Entry point: an expected error prints its remedy and sets the exit code, without a traceback."""
    close_to_others()
    Settings.from_environment().close()
    try:
        cli()
    except HotlineError as error:
        # a message may quote what a sender wrote
        click.secho(f"error: {printable(error, keep=chr(10))}", fg="red", err=True)
        sys.exit(error.exit_code)
