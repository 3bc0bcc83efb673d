"""`/ws/{client_id}`: a conversation over a plain socket.

    → {"type": "chat", "content": "RSI strategy, buy < 30, sell > 70"}    also {"type": "ping"}
    ← {"type": "message", "message": {…}}, {"type": "state", …}, {"type": "progress", …}, {"type": "error" | "pong", …}

The client's id names a conversation of the user, which is made at the first message. Who converses is no matter of
this module: an app registers its `ChatPort`.
"""

import json
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Literal, Protocol

from django.contrib.auth.models import User
from django.core.serializers.json import DjangoJSONEncoder
from pydantic import Field, StrictStr, TypeAdapter, ValidationError

from strategy_api.accounts.choices import TokenScope
from strategy_api.accounts.socket_access import Refused
from strategy_api.common import problems
from strategy_api.runs.sockets.connection import Rejected, Socket, ask
from strategy_api.runs.sockets.hub import Subscription
from strategy_api.runs.sockets.messages import Encoding, Message, Ping, Pong
from strategy_api.runs.topic_types import Event, State

MOST_CLIENT_ID = 100
POLICY_VIOLATION = 1008


@dataclass(frozen=True, kw_only=True)
class ChatTurn:
    """A turn that was handed in: the topic of its conversation, and the number of the last event before it."""

    topic: str
    after: int


class ChatPort(Protocol):
    """Conversations, as this socket needs them. A refusal is an `APIException`, as it would be over HTTP.

    The topic's events are of the types `message` (data: the message), `node` (data: the state), `progress`, `thought`.
    """

    def topic_of(self, *, user: User, client_id: str) -> str | None:
        """Return the topic of the conversation that the client's id names, None where nothing was said yet."""

    def say(self, *, user: User, client_id: str, content: str, message_id: str | None) -> ChatTurn:
        """Hand in a turn, once for each `message_id`; make the conversation where there is none."""


_port: ChatPort | None = None


def register(port: ChatPort | None) -> None:
    """Say who converses."""
    global _port  # one an installation
    _port = port


class Chat(Message):
    """Something that is said; sent again with the same `client_id`, it is said once."""

    type: Literal["chat"]
    content: Annotated[StrictStr, Field(min_length=1)]
    client_id: Annotated[StrictStr, Field(min_length=1, max_length=100)] | None = None


ASKED: TypeAdapter[Chat | Ping] = TypeAdapter(Annotated[Chat | Ping, Field(discriminator="type")])

# Events of a conversation under the names that they have on this socket.
_TYPES = {"node": "state"}


class ChatEncoding(Encoding):
    """Events in the shapes that a chat shows."""

    def event(self, topic: str, event: Event) -> str:
        """Return a message whole, and everything else flat."""
        kind, head = event["type"], {"seq": event["seq"], "created_at": event["created_at"]}
        if kind == "message":
            return _written({"type": "message", "message": event["data"], **head})
        return _written({**event["data"], "type": _TYPES.get(kind, kind), **head})

    def state(self, topic: str, state: State) -> str:
        """Return a state, as a change of the node is."""
        return _written({**state.data, "type": "state", "key": state.key})

    def resync(self, topic: str, seq: int) -> str:
        """Return the message that says that others are missing."""
        return _written({"type": "resync", "seq": seq})


SEED = ChatEncoding()


class ChatSocket:
    """What somebody who converses says, and is told."""

    encoding: Encoding = SEED

    def __init__(self, socket: Socket, client_id: str) -> None:
        self._socket = socket
        self._client_id = client_id

    async def begin(self) -> None:
        """Listen to the conversation, where there is one."""
        if not self._client_id.isprintable() or len(self._client_id) > MOST_CLIENT_ID:
            raise Refused(POLICY_VIOLATION, f"A client's id has at most {MOST_CLIENT_ID} visible characters.")
        if _port is not None:
            user = self._socket.credential.user
            topic = await ask(partial(_port.topic_of, user=user, client_id=self._client_id))
            if topic is not None:
                await self._follow(topic, None)

    async def handle(self, message: dict[str, Any]) -> None:
        """Hand in a turn, or answer a ping."""
        try:
            asked = ASKED.validate_python(message)
        except ValidationError:
            shape = '{"type": "chat", "content": "…"} or {"type": "ping"}'
            raise Rejected("invalid_message", f"A message is {shape}.") from None
        if isinstance(asked, Ping):
            await self._socket.say(Pong().model_dump_json())
        else:
            await self._say(asked)

    async def _say(self, chat: Chat) -> None:
        if not self._socket.credential.allows(TokenScope.RUN):
            raise Rejected("insufficient_scope", "This needs a token with the scope 'run'.")
        if _port is None:
            raise Rejected("not_found", "Nobody converses here.")
        user = self._socket.credential.user
        say = partial(_port.say, user=user, client_id=self._client_id, content=chat.content, message_id=chat.client_id)
        try:
            turn = await ask(say)
        except Exception as error:
            raise _rejected(error) from error
        await self._follow(turn.topic, turn.after)

    async def _follow(self, topic: str, after: int | None) -> None:
        if topic in self._socket.subscriptions:
            return
        found = await self._socket.hub.look(self._socket.credential.user, [(topic, after)])
        if topic in found:
            subscription = Subscription(
                name=topic, topic=found[topic].topic, outbox=self._socket.outbox, encoding=self.encoding
            )
            self._socket.subscriptions[topic] = subscription
            await self._socket.hub.join(subscription, found[topic])


def _rejected(error: Exception) -> Exception:
    """Return what HTTP would answer, as an error of the socket; what is nobody's fault but ours stays what it is."""
    answer = problems.handle(error, {})
    if answer is None:
        return error
    reasons = [one["detail"] for one in answer.data.get("errors", [])]
    return Rejected(answer.data["code"], " ".join([answer.data["detail"], *reasons]))


def _written(message: dict[str, Any]) -> str:
    return json.dumps(message, cls=DjangoJSONEncoder)
