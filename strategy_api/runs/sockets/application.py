"""The addresses of sockets, as Starlette routes, and what lives as long as the web process does."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from functools import partial
from typing import TypedDict

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from strategy_api.runs.sockets.chat_socket import ChatSocket
from strategy_api.runs.sockets.connection import Sockets
from strategy_api.runs.sockets.protocol import Protocol
from strategy_api.runs.sockets.scanner_socket import ScannerSocket


class SocketsState(TypedDict):
    """What the lifespan gives to each connection."""

    sockets: Sockets


@contextlib.asynccontextmanager
async def open_sockets() -> AsyncIterator[SocketsState]:
    """Keep the hub and look again at who holds sockets, until the process ends."""
    sockets = Sockets()
    rechecks = asyncio.create_task(sockets.recheck_forever())
    try:
        yield {"sockets": sockets}
    finally:
        rechecks.cancel()
        await asyncio.gather(rechecks, return_exceptions=True)
        sockets.hub.close()


async def _topics(websocket: WebSocket) -> None:
    await websocket.state.sockets.serve(websocket, Protocol, Protocol.encoding)


async def _scanner(websocket: WebSocket) -> None:
    await websocket.state.sockets.serve(websocket, ScannerSocket, ScannerSocket.encoding)


async def _chat(websocket: WebSocket) -> None:
    speak = partial(ChatSocket, client_id=websocket.path_params["client_id"])
    await websocket.state.sockets.serve(websocket, speak, ChatSocket.encoding)


# Each is accepted with and without its last slash, as everywhere.
ROUTES = [
    WebSocketRoute(path + slash, endpoint)
    for path, endpoint in (("/ws", _topics), ("/ws/realtime", _scanner), ("/ws/{client_id}", _chat))
    for slash in ("", "/")
]
