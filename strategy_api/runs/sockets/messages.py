"""The messages of `algoagent.v1`: JSON objects whose kind stands in `type`; an event's own kind stands in `event`."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt, TypeAdapter

from strategy_api.runs.topic_types import Event, State

PROTOCOL = "algoagent.v1"
MOST_TOPICS_A_MESSAGE = 1_000

TopicName = Annotated[str, Field(min_length=1, max_length=200)]


class Message(BaseModel):
    """Strict: what is misspelt is an error, not ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class TopicAsked(Message):
    """A topic to follow; `after` is the number of the last event that the client has, null for what comes from now."""

    name: TopicName
    after: Annotated[StrictInt, Field(ge=0)] | None = None


class TopicNamed(Message):
    """A topic to follow no more."""

    name: TopicName


class Subscribe(Message):
    """Follow topics; one that is followed already begins again after the number."""

    type: Literal["subscribe"]
    topics: Annotated[list[TopicAsked], Field(min_length=1, max_length=MOST_TOPICS_A_MESSAGE)]


class Unsubscribe(Message):
    """Follow topics no more; there is no answer."""

    type: Literal["unsubscribe"]
    topics: Annotated[list[TopicNamed | TopicName], Field(min_length=1, max_length=MOST_TOPICS_A_MESSAGE)]


class Ping(Message):
    """Ask for a `pong`: everything that was asked before it is answered before it."""

    type: Literal["ping"]


ClientMessage = Annotated[Subscribe | Unsubscribe | Ping, Field(discriminator="type")]


class Limits(Message):
    """What the server takes from one socket. `queued_events` is also how many missed events are sent again."""

    message_bytes: int
    topics: int
    messages_per_second: int
    burst: int
    queued_events: int


class Hello(Message):
    """The first message."""

    type: Literal["hello"] = "hello"
    limits: Limits


class Subscribed(Message):
    """The topic is followed; `seq` is the number of its last event."""

    type: Literal["subscribed"] = "subscribed"
    topic: str
    seq: int


class EventMessage(Message):
    """Something that happened. Numbers of a topic have no gaps, but for those that a `resync` names."""

    type: Literal["event"] = "event"
    topic: str
    seq: int
    event: str
    data: dict[str, Any]
    created_at: datetime


class StateMessage(Message):
    """The latest that is known under a key of a topic; what was before it does not matter any more."""

    type: Literal["state"] = "state"
    topic: str
    key: str
    data: dict[str, Any]


class Resync(Message):
    """Events and states of the topic are missing: read its subject anew. What follows comes after `seq`."""

    type: Literal["resync"] = "resync"
    topic: str
    seq: int


class ErrorMessage(Message):
    """What was asked is not done; the socket stays. `topic` names whose fault it is, where it is one's."""

    type: Literal["error"] = "error"
    code: str
    message: str
    topic: str | None = None


class Pong(Message):
    """The answer to a ping."""

    type: Literal["pong"] = "pong"


ServerMessage = Annotated[
    Hello | Subscribed | EventMessage | StateMessage | Resync | ErrorMessage | Pong, Field(discriminator="type")
]

CLIENT: TypeAdapter[Subscribe | Unsubscribe | Ping] = TypeAdapter(ClientMessage)
SERVER: TypeAdapter[BaseModel] = TypeAdapter(ServerMessage)


class Encoding:
    """How events and states are written; one object for all sockets of a kind, so that each is written once."""

    def event(self, topic: str, event: Event) -> str:
        """Return an event as a message."""
        message = EventMessage(
            topic=topic, seq=event["seq"], event=event["type"], data=event["data"], created_at=event["created_at"]
        )
        return message.model_dump_json()

    def state(self, topic: str, state: State) -> str:
        """Return a state as a message."""
        return StateMessage(topic=topic, key=state.key, data=state.data).model_dump_json()

    def resync(self, topic: str, seq: int) -> str:
        """Return the message that says what is missing."""
        return Resync(topic=topic, seq=seq).model_dump_json()


ALGOAGENT_V1 = Encoding()
