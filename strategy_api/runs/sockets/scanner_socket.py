"""`/ws/realtime`: signals of the symbols that a page shows, from the topic `scanner` of its user.

→ {"action": "subscribe", "symbols": ["BTCUSDT"]}    also "unsubscribe", and {"action": "ping"}
← {"type": "status" | "signal" | "error" | "pong", …}
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from django.conf import settings
from pydantic import Field, TypeAdapter, ValidationError

from strategy_api.runs.sockets.connection import Rejected, Socket
from strategy_api.runs.sockets.hub import Subscription
from strategy_api.runs.sockets.messages import Encoding, ErrorMessage, Message, Pong
from strategy_api.runs.topic_types import Event, State

TOPIC = "scanner"
SIGNAL = "signal"

Symbol = Annotated[str, Field(min_length=1, max_length=50)]


class SymbolsAsked(Message):
    """Show signals of symbols, or show them no more."""

    action: Literal["subscribe", "unsubscribe"]
    symbols: Annotated[list[Symbol], Field(min_length=1, max_length=1_000)]


class PingAsked(Message):
    """Ask for a `pong`."""

    action: Literal["ping"]


ASKED: TypeAdapter[SymbolsAsked | PingAsked] = TypeAdapter(
    Annotated[SymbolsAsked | PingAsked, Field(discriminator="action")]
)


class SignalMessage(Message):
    """A signal of one of the symbols."""

    type: Literal["signal"] = "signal"
    signal: dict[str, Any]
    seq: int
    created_at: datetime


class StatusMessage(Message):
    """How it stands: what was asked is done (`event`: connected, subscribed, unsubscribed, with all `symbols`), or what
    the scanner says of itself, or `resync`, which says that signals before `seq` are missing.
    """

    type: Literal["status"] = "status"
    event: str
    symbols: list[str] | None = None
    key: str | None = None
    data: dict[str, Any] | None = None
    seq: int | None = None
    created_at: datetime | None = None

    def written(self) -> str:
        """Return it without what it does not say."""
        return self.model_dump_json(exclude_none=True)


SAID: TypeAdapter[Message] = TypeAdapter(
    Annotated[SignalMessage | StatusMessage | ErrorMessage | Pong, Field(discriminator="type")]
)


class SeedEncoding(Encoding):
    """Signals as `signal`, everything else that the scanner says as `status`."""

    def event(self, topic: str, event: Event) -> str:
        """Return a signal, or another event under its name."""
        seq, data, created_at = event["seq"], event["data"], event["created_at"]
        if event["type"] == SIGNAL:
            return SignalMessage(signal=data, seq=seq, created_at=created_at).model_dump_json()
        return StatusMessage(event=event["type"], data=data, seq=seq, created_at=created_at).written()

    def state(self, topic: str, state: State) -> str:
        """Return a state as a status."""
        return StatusMessage(event="state", key=state.key, data=state.data).written()

    def resync(self, topic: str, seq: int) -> str:
        """Return the status that says that messages are missing."""
        return StatusMessage(event="resync", seq=seq).written()


SEED = SeedEncoding()


class ScannerSocket:
    """What a page with signals says, and is told."""

    encoding: Encoding = SEED

    def __init__(self, socket: Socket) -> None:
        self._socket = socket
        self._symbols: dict[str, None] = {}

    async def begin(self) -> None:
        """Say that it is connected, and listen."""
        await self._status("connected")
        found = await self._socket.hub.look(self._socket.credential.user, [(TOPIC, None)])
        subscription = Subscription(
            name=TOPIC,
            topic=found[TOPIC].topic,
            outbox=self._socket.outbox,
            encoding=self.encoding,
            wanted=lambda event: event["type"] != SIGNAL or event["data"].get("symbol") in self._symbols,
        )
        self._socket.subscriptions[TOPIC] = subscription
        await self._socket.hub.join(subscription, found[TOPIC])

    async def handle(self, message: dict[str, Any]) -> None:
        """Change the symbols, or answer a ping."""
        try:
            asked = ASKED.validate_python(message)
        except ValidationError:
            shape = '{"action": "subscribe", "symbols": ["BTCUSDT"]}, unsubscribe, or {"action": "ping"}'
            raise Rejected("invalid_message", f"A message is one of {shape}.") from None
        if isinstance(asked, PingAsked):
            await self._socket.say(Pong().model_dump_json())
        elif asked.action == "subscribe":
            wanted = {**self._symbols, **dict.fromkeys(asked.symbols)}
            if len(wanted) > settings.TOPICS_PER_SOCKET:
                raise Rejected("too_many_topics", "The socket follows as many symbols as it may.")
            self._symbols = wanted
            await self._status("subscribed")
        else:
            self._symbols = {one: None for one in self._symbols if one not in asked.symbols}
            await self._status("unsubscribed")

    async def _status(self, event: str) -> None:
        await self._socket.say(StatusMessage(event=event, symbols=list(self._symbols)).written())
