"""Sockets on our server: uvicorn's protocol, with an end to patience for a client that does not read."""

import asyncio

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

STALL_SECONDS = 20.0


class PatientSocket(WebSocketsSansIOProtocol):
    """A socket that is closed although its client does not read, and cut when it still does not."""

    _stall_timer: asyncio.TimerHandle | None = None

    async def send(self, message: ASGISendEvent) -> None:
        """Write; a close is written behind what waits in the buffer instead of waiting for the buffer to empty."""
        if message["type"] == "websocket.close":
            self.writable.set()
        await super().send(message)

    def pause_writing(self) -> None:
        """Note that the client does not read; give up on one who goes on not reading."""
        super().pause_writing()
        self._stall_timer = self._stall_timer or self.loop.call_later(STALL_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Note that the client reads again."""
        self._forget_stall()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timer."""
        self._forget_stall()
        super().connection_lost(exc)

    def _forget_stall(self) -> None:
        if self._stall_timer is not None:
            self._stall_timer.cancel()
            self._stall_timer = None
