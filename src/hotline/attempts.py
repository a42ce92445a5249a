"""Wrong passwords are counted, and the counts make the next try wait: per account and address, account, and address.

A try is booked as wrong **before** its password is looked at and taken back when it was right: a hundred tries at the
same instant are a hundred tries. While a wait lasts nothing is tried, a correct password neither, so that a guess
cannot be told from a wrong one. A try that was refused does not lengthen the wait.

* account and address together: the strict rule, which stops one guesser.
* an account from everywhere: stops many guessers of one account. Its wait is short, and it does not hold for an address
  from which that account has lately logged in: whoever guesses elsewhere cannot keep the owner out.
* an address, whatever the account: stops who tries one password on many accounts. A success takes nothing off it
  but its own try, or a guesser with one account of his own would be free.

Names that nobody has are counted like any other. What is stored is a hash of the name as typed, folded further than
any database compares (``Admin``, `` admin``, full-width letters): two spellings that find one account share one
count, and people who type their password in the wrong field leave no trace of it. The rules are data: section
``logins`` of ``superset/security.yaml``.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
import time
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hotline import yaml_file
from hotline.private_store import PrivateStore

SCHEMA = """
create table if not exists counted (
    key text primary key, wrong integer not null, refused integer not null, locked_until real not null,
    forgotten_at real not null);
create index if not exists counted_forgotten_at on counted (forgotten_at);
create table if not exists known (key text primary key, forgotten_at real not null)
"""
IPV6_NETWORK = 64
"""Bits of an IPv6 address that name a customer: the rest is his to choose, so it is no other address."""


@dataclass(frozen=True)
class Rule:
    """``free`` wrong tries, then waits of ``first_wait`` seconds times ``factor`` for every further wrong one.

    The wait is never longer than ``longest_wait``; after ``forget`` seconds without a wrong try all is forgotten.
    """

    free: int
    first_wait: float
    factor: float
    longest_wait: float
    forget: float

    def wait(self, wrong: int) -> float:
        """Seconds to wait after so many wrong tries."""
        if wrong < self.free:
            return 0
        # the exponent is bounded: a count can grow for ever, a float cannot
        return min(self.longest_wait, self.first_wait * self.factor ** min(wrong - self.free, 64))


@dataclass(frozen=True)
class Rules:
    """The three rules, and for how many days an address that an account logged in from counts as its own."""

    account_and_address: Rule
    account: Rule
    address: Rule
    known_days: float

    @classmethod
    def of(cls, data: dict) -> Rules:
        """From the ``logins`` section. Raises ValueError when a number is missing, negative or no number."""
        names = ("account_and_address", "account", "address")
        if unknown := set(data) ^ {*names, "known_days"}:
            raise ValueError(f"logins: missing or unknown: {', '.join(sorted(unknown))}")
        rules = {}
        for name in names:
            fields = {"free", "first_wait", "factor", "longest_wait", "forget"}
            if set(data[name]) != fields:
                raise ValueError(f"logins: {name} needs exactly {', '.join(sorted(fields))}")
            for field, value in data[name].items():
                least = 0 if field == "first_wait" else 1
                if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value < math.inf:
                    raise ValueError(f"logins: {name}.{field} is {value!r}, not a number of {least} or more")
            rules[name] = Rule(**data[name])
        if isinstance(data["known_days"], bool) or not isinstance(data["known_days"], int | float):
            raise ValueError(f"logins: known_days is {data['known_days']!r}, not a number")
        return cls(**rules, known_days=data["known_days"])


@dataclass(frozen=True)
class Booked:
    """What became of a try.

    ``wait`` is 0 when the password may be looked at, else the seconds to wait. ``locked`` is the new wait, if
    this try, booked as a wrong one, begins one. ``refused`` counts the tries turned away since the last one booked.
    """

    wait: int
    locked: int = 0
    refused: int = 0


class Attempts:
    """The counts of one service in one file. Times are seconds since the epoch; ``clock`` is replaced in tests."""

    def __init__(self, path: Path, rules: Rules, clock: Callable[[], float] = time.time) -> None:
        self.store, self.rules, self.clock = PrivateStore(path, SCHEMA), rules, clock

    def book(self, account: str, address: str) -> Booked:
        """Book a try as wrong, or refuse it. Call ``right`` when the password was right after all."""
        now = self.clock()
        pair, name, network = keys(account, address)
        with self.store.transaction() as connection:
            connection.execute("delete from counted where forgotten_at < ?", (now,))
            connection.execute("delete from known where forgotten_at < ?", (now,))
            is_known = connection.execute("select 1 from known where key = ?", (pair,)).fetchone()
            ruled = [(pair, self.rules.account_and_address), (network, self.rules.address)]
            if not is_known:
                ruled.append((name, self.rules.account))
            stored = {
                key: connection.execute(
                    "select wrong, locked_until, refused from counted where key = ?", (key,)
                ).fetchone()
                or (0, 0, 0)
                for key, _ in ruled
            }
            wait = max(until - now for _, until, _ in stored.values())
            if wait > 0:
                connection.executemany("update counted set refused = refused + 1 where key = ?", [*zip(stored)])
                return Booked(math.ceil(wait))
            locked = 0.0
            for key, rule in ruled:
                wrong = stored[key][0] + 1
                locked = max(locked, rule.wait(wrong))
                connection.execute(
                    "insert or replace into counted values (?, ?, 0, ?, ?)",
                    (key, wrong, now + rule.wait(wrong), now + rule.wait(wrong) + rule.forget),
                )
        return Booked(0, math.ceil(locked), stored[pair][2])

    def right(self, account: str, address: str) -> None:
        """The booked try had the right password: the account's counts are reset, the address is known as its own."""
        now = self.clock()
        pair, name, network = keys(account, address)
        with self.store.transaction() as connection:
            connection.execute("delete from counted where key in (?, ?)", (pair, name))
            found = connection.execute("select wrong from counted where key = ?", (network,)).fetchone()
            if found and found[0] > 1:
                # the wait that this try began goes with it; one that another began meanwhile begins anew with the next
                connection.execute("update counted set wrong = wrong - 1, locked_until = 0 where key = ?", (network,))
            else:
                connection.execute("delete from counted where key = ?", (network,))
            forgotten_at = now + self.rules.known_days * 86_400
            connection.execute("insert or replace into known values (?, ?)", (pair, forgotten_at))

    def clear(self) -> int:
        """Forget all counts and waits, as an operator may; the addresses known stay. Returns how many waits ended."""
        with self.store.transaction() as connection:
            (waits,) = connection.execute(
                "select count(*) from counted where locked_until > ?", (self.clock(),)
            ).fetchone()
            connection.execute("delete from counted")
        return waits


def attempts_of(service_home: Path, home: Path) -> Attempts:
    """The counts of the service that keeps its files in ``service_home``, with the rules of this installation."""
    security = yaml_file.read(home / "superset" / "security.yaml")
    return Attempts(service_home / "state" / "logins.db", Rules.of(security["logins"]))


def keys(account: str, address: str) -> tuple[str, str, str]:
    """Keys of the pair, the account and the address."""
    folded = unicodedata.normalize("NFKC", account).casefold().strip()
    name = hashlib.sha256(folded.encode("utf-8", "surrogatepass")).hexdigest()
    place = network_of(address)
    return f"{name}@{place}", f"{name}@", f"@{place}"


def network_of(address: str) -> str:
    """An address as one somebody: IPv4 as it is, IPv6 without the part that its owner chooses."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if parsed.version == 4:
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, IPV6_NETWORK), strict=False))
