"""`/ws/{client_id}`: a conversation over a plain socket.

    → {"type": "chat", "content": "RSI strategy, buy < 30, sell > 70"}    also {"type": "ping"}
    ← {"type": "message", "message": {…}}, {"type": "state", …}, {"type": "progress", …}, {"type": "error" | "pong", …}

The client's id names a conversation of the user, which is made at the first message. Who converses is no matter of
this module: an app registers its `ChatPort`.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Literal, Protocol

from django.contrib.auth.models import User
from pydantic import ConfigDict, Field, StrictStr, TypeAdapter, ValidationError

from strategy_api.accounts.choices import TokenScope
from strategy_api.accounts.socket_access import Refused
from strategy_api.common import problems
from strategy_api.runs.sockets.connection import Rejected, Socket, ask
from strategy_api.runs.sockets.hub import Subscription
from strategy_api.runs.sockets.messages import Encoding, ErrorMessage, Message, Ping, Pong
from strategy_api.runs.topic_types import Event, State

MESSAGE = "message"
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


class Said(Message):
    """A message of the conversation."""

    type: Literal["message"] = "message"
    message: dict[str, Any]
    seq: int
    created_at: datetime


class Happened(Message):
    """Another event of the conversation, with its data beside its number; a state that is no event has none."""

    model_config = ConfigDict(extra="allow", frozen=True)

    type: Literal["state", "progress", "thought"]
    seq: int | None = None
    created_at: datetime | None = None


class Missing(Message):
    """Events up to `seq` are missing: read the messages over HTTP."""

    type: Literal["resync"] = "resync"
    seq: int


ANSWERS: TypeAdapter[Message] = TypeAdapter(
    Annotated[Said | Happened | Missing | ErrorMessage | Pong, Field(discriminator="type")]
)

# Events of a conversation under the names that they have on this socket; others are not for a chat.
_TYPES = {"node": "state", "progress": "progress", "thought": "thought"}


class ChatEncoding(Encoding):
    """Events in the shapes that a chat shows."""

    def event(self, topic: str, event: Event) -> str:
        """Return a message whole, and everything else flat."""
        seq, created_at = event["seq"], event["created_at"]
        if event["type"] == MESSAGE:
            return Said(message=event["data"], seq=seq, created_at=created_at).model_dump_json()
        head = {"type": _TYPES[event["type"]], "seq": seq, "created_at": created_at}
        return Happened.model_validate({**event["data"], **head}).model_dump_json()

    def state(self, topic: str, state: State) -> str:
        """Return a state, as a change of the node is."""
        said = Happened.model_validate({**state.data, "type": "state", "key": state.key})
        return said.model_dump_json(exclude_none=True)

    def resync(self, topic: str, seq: int) -> str:
        """Return the message that says that others are missing."""
        return Missing(seq=seq).model_dump_json()


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
                name=topic,
                topic=found[topic].topic,
                outbox=self._socket.outbox,
                encoding=self.encoding,
                wanted=lambda event: event["type"] == MESSAGE or event["type"] in _TYPES,
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
