"""Who may run a query now, counted over all server processes; who waits, counted in this one.

A running query holds two locks on files (``flock``) in a folder that all server processes share: one of its user, one
of the machine. The kernel frees a lock when its process ends, however it ends: nothing has to be tidied up.

Waiting costs a thread of this very process, so the waiting room is the process's own.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Held:
    """Locks that belong together; ``place`` is the number of the machine's slot among them."""

    place: int
    descriptors: list[int]

    def release(self) -> None:
        """Give them back; a second call does nothing."""
        while self.descriptors:
            descriptor = self.descriptors.pop()
            fcntl.flock(descriptor, fcntl.LOCK_UN)  # a child between fork and exec still has a copy of it
            os.close(descriptor)


class Slots:
    """``places`` for all queries of the machine, ``per_user`` of them for one user.

    The lower half of the places is all that second queries of a user, and queries that may run long, can get: a few
    users with slow queries never leave the others without a place.
    """

    def __init__(self, folder: Path, places: int, per_user: int) -> None:
        self.folder, self.places, self.per_user = folder, places, per_user
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def take(self, user: str, *, long: bool = False) -> Held | None:
        """A slot for a query of ``user``, or None when all that it may have are taken. Never waits."""
        name = hashlib.sha256(user.encode()).hexdigest()[:24]  # a name may hold what a file name cannot
        for number in range(self.per_user):
            own = self._lock(f"user-{name}-{number}")
            if own is None:
                continue
            half = max(1, self.places // 2)
            for place in reversed(range(half if number or long else self.places)):
                shared = self._lock(f"place-{place}")
                if shared is not None:
                    return Held(place, [own, shared])
            Held(-1, [own]).release()
            return None
        return None

    def _lock(self, name: str) -> int | None:
        descriptor = os.open(self.folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            return None
        return descriptor


class Full(Exception):
    """No seat: ``own`` when the user's own requests fill the user's share, else all users together are too many."""

    def __init__(self, *, own: bool) -> None:
        super().__init__("too many of one user" if own else "too many of all users")
        self.own = own


@dataclass(eq=False)
class Seat:
    """A request in this process that waits for its turn or has it."""

    user: str
    long: bool
    waiting: bool = True
    evicted: bool = field(default=False)


class Room:
    """``seats`` for the requests of this process; of one user's at most ``waiting_per_user`` may be waiting.

    In a full room a newcomer takes the seat of the request that came last of the user with most requests, provided
    that this user keeps at least as many as the newcomer's: nobody can occupy the room alone.
    """

    def __init__(self, seats: int, waiting_per_user: int) -> None:
        self.seats, self.waiting_per_user = seats, waiting_per_user
        self._taken: list[Seat] = []  # in order of arrival
        self._change = threading.Condition()

    def enter(self, user: str, *, long: bool = False) -> Seat:
        """Raises Full when there is no seat to be had."""
        with self._change:
            mine = [seat for seat in self._taken if seat.user == user]
            if sum(seat.waiting for seat in mine) >= self.waiting_per_user:
                raise Full(own=True)
            if len(self._taken) >= self.seats:
                self._evict_for(len(mine) + 1)
            seat = Seat(user, long)
            self._taken.append(seat)
            return seat

    def leave(self, seat: Seat) -> None:
        with self._change:
            with suppress(ValueError):
                self._taken.remove(seat)
            self._change.notify_all()

    def is_next(self, seat: Seat) -> bool:
        """Whether no earlier request of the same user and kind waits: turns come in order of arrival."""
        with self._change:
            same = (other for other in self._taken if (other.user, other.long) == (seat.user, seat.long))
            return next((other for other in same if other.waiting), None) is seat

    def pause(self, seconds: float) -> None:
        """Wait until somebody of this process leaves, at most ``seconds``."""
        with self._change:
            self._change.wait(seconds)

    def _evict_for(self, newcomers: int) -> None:
        by_user: dict[str, list[Seat]] = {}
        for seat in self._taken:
            by_user.setdefault(seat.user, []).append(seat)
        for seats in sorted(by_user.values(), key=len, reverse=True):
            waiting = [seat for seat in seats if seat.waiting]
            if waiting and len(seats) > newcomers:
                waiting[-1].evicted = True
                self._taken.remove(waiting[-1])
                self._change.notify_all()
                return
        raise Full(own=False)
