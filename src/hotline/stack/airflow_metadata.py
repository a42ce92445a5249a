"""How Airflow's processes open the embedded SQLite metadata: named in ``airflow.cfg``, imported by each of them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

PATIENT = {"timeout": 20}
"""Seconds to wait for another process's write; SQLite's own 5 end in "database is locked" on a busy machine, and the
request of a person in an error 500. Less than the 30 s that `AirflowClient` waits for an answer."""

READING = {"GET", "HEAD", "OPTIONS"}


class OneWriter:
    """Lets the api-server answer one writing request after the other.

    Airflow notes who asked for what within its event loop and waits there for the lock of SQLite. Where another request of
    the same process holds that lock, its commit needs the very loop that waits: both stood still until the wait was over,
    and the person was answered with an error 500 (6 of 39 requests on a busy machine).
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.turn = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in READING:
            await self.app(scope, receive, send)
            return
        body = await whole_body(receive)  # before the turn: who sends slowly keeps nobody waiting

        async def received() -> Message:
            return body.pop(0) if body else await receive()

        async with self.turn:
            await self.app(scope, received, send)


async def whole_body(receive: Receive) -> list[Message]:
    messages = [await receive()]
    while messages[-1].get("more_body"):
        messages.append(await receive())
    return messages
