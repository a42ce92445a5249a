"""Feed contracts: the one definition of what a city may send.

Each ``contracts/<feed>.odcs.yaml`` follows the Open Data Contract Standard 3.0 (https://bitol.io). Beside the standard's
own fields these custom properties are used, all documented in ``docs/reference/contracts.md``:

* of a contract: ``deliveredBy`` (``platform`` or ``province``), ``deliveryFrequency``
  (``daily``, ``monthly``, ``as_needed``), ``deliveryDay`` (of the next month), ``deliveryTime`` (local time of day),
  ``senderInKey``, ``holds`` (``documents``: what an authority or a platform stated, which is so whatever the tickets are);
* of a column: ``aliases`` (other headers), ``codeList`` (a seed in ``dbt/seeds/code_lists``), ``foldedBy`` (the list that
  the warehouse folds the text by; unknown texts load), ``equalsSender``, ``ownedBy`` and ``handedOverBy`` (whose number
  it may be), ``requiredWith`` (the column that makes it required in the rows that give it), ``notBefore``, ``notAfter``,
  ``notAfterDelivery``, ``identifier`` (a code that is no key of this feed),
  ``published`` (a code that was made public, as dice or a hash, in which digits mean nobody),
  ``pii`` (``phone``, ``id_card``, ``name``, ``operator``, ``free_text``) and ``storedAs`` (the column that replaces it).
"""

from __future__ import annotations

import csv
import unicodedata
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import yaml

from hotline import personal, yaml_file
from hotline.errors import HotlineError
from hotline.settings import Settings
from hotline.text import WIDTHLESS

DROPPED_PII = {"name", "id_card"}
KEYED_PII = {"phone", "operator"}
_UNSEEN = str.maketrans("", "", WIDTHLESS)


def normalise(text: str) -> str:
    """Fold full-width forms, drop white space and what nobody sees, lower the case: headers and code texts compare equal."""
    return "".join(unicodedata.normalize("NFKC", text).translate(_UNSEEN).split()).lower()


@dataclass(frozen=True)
class Column:
    """One column of a feed as its contract describes it."""

    name: str
    header: str
    logical_type: str
    required: bool
    required_with: str | None
    """Column that makes this one required in the rows that give it."""
    key_position: int | None
    pattern: str | None
    minimum: int | None
    maximum: int | None
    max_length: int | None
    """Characters of a text, once white space at its ends is gone."""
    format: str | None
    code_list: str | None
    folded_by: str | None
    """List whose aliases the warehouse folds the text by. Unlike with ``code_list`` an unknown text is loaded."""
    equals_sender: bool
    owned_by: str | None
    """``sender``: the number must bear the ticket prefix of the sender, where the sender has one."""
    handed_over_by: str | None
    """Column that may name the platform whose prefix the number bears instead: of a ticket that was handed over."""
    not_before: date | None
    """First day that a time may lie on."""
    not_after: date | None
    """First day that is too late, for times that may lie in the future."""
    not_after_delivery: bool
    identifier: bool
    published: bool
    """A code that was made public: whatever its digits look like, they are nobody's number."""
    pii: str | None
    stored_as: str
    aliases: tuple[str, ...]
    description: str

    @property
    def is_stored(self) -> bool:
        """False for what never passes the ingest boundary."""
        return self.pii not in DROPPED_PII

    @property
    def _is_plain_text(self) -> bool:
        """What is stored as it was sent, neither replaced by a code or a key nor of a type of its own."""
        return self.is_stored and self.logical_type == "string" and not self.code_list and self.pii not in KEYED_PII

    @property
    def is_identifier(self) -> bool:
        """A key or code: never masked, for two masked keys are one. One that looks like a person's number is refused."""
        return self._is_plain_text and bool(self.key_position or self.pattern or self.identifier)

    @property
    def is_masked(self) -> bool:
        """Words, whoever wrote them and for whatever they were meant: all that is stored as text and is no identifier."""
        return self._is_plain_text and not self.is_identifier

    @property
    def may_be_personal(self) -> bool:
        """Whether a value can look like a person's number: any identifier but the ticket number, whose form is its own, and
        what was made public."""
        return self.is_identifier and not self.published and self.pattern != f"^{personal.TICKET_NUMBER}$"

    @property
    def is_unbounded_count(self) -> bool:
        """A whole number to which the contract sets no upper limit."""
        return self.logical_type == "integer" and self.maximum is None

    @cached_property
    def accepted_headers(self) -> frozenset[str]:
        return frozenset(normalise(text) for text in (self.name, self.header, *self.aliases))


@dataclass(frozen=True)
class Contract:
    """A feed: its columns in order, who delivers it and when."""

    feed: str
    title: str
    version: str
    delivered_by: str
    delivery_frequency: str
    """``daily`` (every day, for the day before), ``monthly`` (by ``delivery_day`` of the next month) or ``as_needed``."""
    delivery_day: int | None
    delivery_time: str
    """Local time of day, ``HH:MM``, by which a delivery is on time."""
    sender_in_key: bool
    """The senders number these records each for themselves, or two may speak of one: the sender belongs to the key."""
    is_document: bool
    """It holds what an authority or a platform stated, and no records of a ticket system."""
    purpose: str
    columns: tuple[Column, ...]
    path: Path

    @property
    def key(self) -> tuple[str, ...]:
        """Stored names of the key columns, in key order."""
        keyed = [column for column in self.columns if column.key_position is not None]
        return tuple(column.stored_as for column in sorted(keyed, key=lambda column: column.key_position or 0))


def _custom(node: dict[str, Any]) -> dict[str, Any]:
    return {item["property"]: item["value"] for item in node.get("customProperties", [])}


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _column(node: dict[str, Any]) -> Column:
    options, custom = node.get("logicalTypeOptions", {}), _custom(node)
    return Column(
        name=node["name"],
        header=node["businessName"],
        logical_type=node["logicalType"],
        required=bool(node.get("required", False)),
        required_with=custom.get("requiredWith"),
        key_position=node.get("primaryKeyPosition", 1) if node.get("primaryKey") else None,
        pattern=options.get("pattern"),
        minimum=options.get("minimum"),
        maximum=options.get("maximum"),
        max_length=options.get("maxLength"),
        format=options.get("format"),
        code_list=custom.get("codeList"),
        folded_by=custom.get("foldedBy"),
        equals_sender=bool(custom.get("equalsSender", False)),
        owned_by=custom.get("ownedBy"),
        handed_over_by=custom.get("handedOverBy"),
        not_before=_day(custom.get("notBefore")),
        not_after=_day(custom.get("notAfter")),
        not_after_delivery=bool(custom.get("notAfterDelivery", False)),
        identifier=bool(custom.get("identifier", False)),
        published=bool(custom.get("published", False)),
        pii=custom.get("pii"),
        stored_as=custom.get("storedAs", node["name"]),
        aliases=tuple(custom.get("aliases", ())),
        description=node.get("description", ""),
    )


def load_contract(path: Path) -> Contract:
    """Read one contract file.

    Raises
    ------
    HotlineError: the file is not a contract that ingest can work from; names the file and the missing part.
    """
    try:
        return _contract(path, path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, KeyError, TypeError, IndexError, ValueError) as error:
        raise HotlineError(
            f"contract {path.name} cannot be read: {error!r}",
            "see docs/reference/contracts.md for the fields a contract needs",
        ) from error


@lru_cache(maxsize=64)
def _contract(path: Path, text: str) -> Contract:
    """One reading a text: a command asks for its contracts several times, and reading them costs more than a small file."""
    document = yaml_file.parsed(text)
    table, custom = document["schema"][0], _custom(document)
    return Contract(
        feed=table["name"],
        title=document["name"],
        version=document["version"],
        delivered_by=custom["deliveredBy"],
        delivery_frequency=custom["deliveryFrequency"],
        delivery_day=custom.get("deliveryDay"),
        delivery_time=custom["deliveryTime"],
        sender_in_key=bool(custom.get("senderInKey", False)),
        is_document=custom.get("holds") == "documents",
        purpose=document["description"]["purpose"],
        columns=tuple(_column(node) for node in table["properties"]),
        path=path,
    )


def load_contracts(folder: Path | None = None) -> dict[str, Contract]:
    """All contracts of ``folder`` (default: the installation's), by feed name."""
    folder = folder or Settings.from_environment().contracts
    contracts = [load_contract(path) for path in sorted(folder.glob("*.odcs.yaml"))]
    if not contracts:
        raise HotlineError(f"no contracts (*.odcs.yaml) in {folder}", "set HOTLINE_HOME to the checkout of the project")
    return {contract.feed: contract for contract in contracts}


@dataclass(frozen=True)
class CodeList:
    """The codes of one list and every text that stands for each."""

    name: str
    names: dict[str, str]
    """Code to Chinese name, in the list's order."""
    accepted: dict[str, str]
    """Normalised text (code, Chinese or English name, alias) to code."""
    notes: dict[str, str]
    """Chinese name to what the list says of it to whoever fills in a template (column ``note_zh``, if it has one)."""

    @property
    def exact(self) -> dict[str, str]:
        """``accepted`` and the codes and names as they are written, which is how nearly every row has them."""
        written = {text: code for code, name in self.names.items() for text in (code, name)}
        return {
            text: code for text, code in written.items() if self.accepted.get(normalise(text)) == code
        } | self.accepted


def load_code_list(name: str, seeds: Path | None = None) -> CodeList:
    """Read ``dbt/seeds/code_lists/<name>.csv`` (columns ``code,name_zh,name_en,aliases,…``)."""
    path = (seeds or Settings.from_environment().seeds) / "code_lists" / f"{name}.csv"
    names: dict[str, str] = {}
    accepted: dict[str, str] = {}
    notes: dict[str, str] = {}
    with path.open(encoding="utf-8", newline="") as handle:
        # of several versions the newest gives the name; texts of all are understood
        for row in sorted(csv.DictReader(handle), key=lambda row: row.get("valid_from") or ""):
            names[row["code"]] = row["name_zh"]
            if note := row.get("note_zh"):
                notes[row["name_zh"]] = note
            for text in (row["code"], row["name_zh"], row["name_en"], *row["aliases"].split("|")):
                if text:
                    accepted[normalise(text)] = row["code"]
    return CodeList(name, names, accepted, notes)


@dataclass(frozen=True)
class Province:
    """The province whose warehouse this is (``dbt/seeds/parameters/provinces.csv``, one row)."""

    code: str
    """Sender code of the province's own hotline centre: it sends spot checks and bulletins, and is no platform."""
    name_zh: str
    """Name of that centre."""


def province(seeds: Path | None = None) -> Province:
    """The province of this installation.

    Raises
    ------
    HotlineError: the seed has not exactly one row.
    """
    path = (seeds or Settings.from_environment().seeds) / "parameters" / "provinces.csv"
    with path.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    if len(rows) != 1:
        raise HotlineError(f"{path} has {len(rows)} rows", "it must name the one province whose warehouse this is")
    return Province(rows[0]["code"], rows[0]["name_zh"])


def senders(seeds: Path | None = None) -> dict[str, str]:
    """Every sender that may have a landing folder, code to Chinese name: the platforms and the province."""
    centre = province(seeds)
    return {**load_code_list("platforms", seeds).names, centre.code: centre.name_zh}
