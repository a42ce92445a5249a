"""``hotline contract``: what a city must know to send its feeds."""

from __future__ import annotations

import json
from pathlib import Path

import click

from hotline.contracts import Contract, load_contracts
from hotline.contracts.documents import columns_table, dictionary, schedule, write_template
from hotline.errors import HotlineError
from hotline.ingest import rules


def _contract(feed: str) -> Contract:
    contracts = load_contracts()
    if feed not in contracts:
        raise HotlineError(f"no contract for feed {feed!r}", f"one of: {', '.join(contracts)}")
    return contracts[feed]


@click.group()
def command() -> None:
    """Show feed contracts; write templates and the data dictionary from them."""


@command.command("list")
def list_contracts() -> None:
    """One line a feed: name, Chinese title, version, sender, frequency, columns."""
    for contract in load_contracts().values():
        click.echo(
            f"{contract.feed:<22}{contract.title}  v{contract.version}  {contract.delivered_by}, "
            f"{contract.delivery_frequency}, {len(contract.columns)} columns, key {'+'.join(contract.key)}"
        )


@command.command("show")
@click.argument("feed")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON a column.")
def show_contract(feed: str, as_json: bool) -> None:
    """The columns of FEED: header, type, what is required, personal data class."""
    for column in _contract(feed).columns:
        if as_json:
            facts = {
                "name": column.name,
                "header": column.header,
                "type": column.logical_type,
                "required": column.required,
                "key": column.key_position is not None,
                "code_list": column.code_list,
                "pii": column.pii,
            }
            click.echo(json.dumps(facts, ensure_ascii=False))
        else:
            marks = ["required"] if column.required else []
            marks += ["key"] if column.key_position is not None else []
            marks += [f"code list {column.code_list}"] if column.code_list else []
            marks += [f"personal data: {column.pii}"] if column.pii else []
            click.echo(f"{column.header:<14}{column.name:<22}{column.logical_type:<10}{', '.join(marks)}")


@command.command()
@click.argument("feed")
@click.option(
    "--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="Default: <feed>.xlsx in this folder."
)
def template(feed: str, output: Path | None) -> None:
    """Write an empty Excel workbook for FEED, with its headers, drop-down lists and instructions in Chinese."""
    contract = _contract(feed)
    target = output or Path(f"{feed}.xlsx")
    write_template(contract, target)
    click.echo(target)


@command.command("dictionary")
def print_dictionary() -> None:
    """Print the data dictionary of all feeds as Markdown (kept in docs/reference/data-dictionary.md)."""
    click.echo(dictionary(load_contracts().values()), nl=False)


@command.command("schedule")
def print_schedule() -> None:
    """Print who delivers each feed and by when as CSV (kept in dbt/seeds/contracts/feed_schedules.csv)."""
    click.echo(schedule(load_contracts().values()), nl=False)


@command.command("columns")
def print_columns() -> None:
    """Print what each contract calls its columns as CSV (kept in dbt/seeds/contracts/feed_columns.csv)."""
    click.echo(columns_table(load_contracts().values()), nl=False)


@command.command("reasons")
def print_reasons() -> None:
    """Print why rows and files are not taken as CSV (kept in dbt/seeds/contracts/refusal_reasons.csv)."""
    click.echo(rules.as_csv(), nl=False)
