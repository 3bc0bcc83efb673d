"""`/ws/realtime`: signals of the symbols that a page shows, from the topic `scanner` of its user.

→ {"action": "subscribe", "symbols": ["BTCUSDT"]}    also "unsubscribe", and {"action": "ping"}
← {"type": "status" | "signal" | "error" | "pong", …}
"""

import json
from typing import Annotated, Any, Literal

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from pydantic import Field, TypeAdapter, ValidationError

from strategy_api.runs.sockets.connection import Rejected, Socket
from strategy_api.runs.sockets.hub import Subscription
from strategy_api.runs.sockets.messages import Encoding, Message, Pong
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


class SeedEncoding(Encoding):
    """Signals as `signal`, everything else that the scanner says as `status`."""

    def event(self, topic: str, event: Event) -> str:
        """Return a signal, or another event under its name."""
        body = {"seq": event["seq"], "created_at": event["created_at"]}
        if event["type"] == SIGNAL:
            return _written({"type": "signal", "signal": event["data"], **body})
        return _written({"type": "status", "event": event["type"], "data": event["data"], **body})

    def state(self, topic: str, state: State) -> str:
        """Return a state as a status."""
        return _written({"type": "status", "event": "state", "key": state.key, "data": state.data})

    def resync(self, topic: str, seq: int) -> str:
        """Return the status that says that messages are missing."""
        return _written({"type": "status", "event": "resync", "seq": seq})


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
        await self._socket.say(_written({"type": "status", "event": event, "symbols": list(self._symbols)}))


def _written(message: dict[str, Any]) -> str:
    return json.dumps(message, cls=DjangoJSONEncoder)
