"""`/ws/`: the protocol `algoagent.v1`, for everything that can be followed."""

from typing import Any

from django.conf import settings
from pydantic import ValidationError

from strategy_api.runs.sockets.connection import BURST_FACTOR, Rejected, Socket
from strategy_api.runs.sockets.hub import Subscription
from strategy_api.runs.sockets.messages import (
    ALGOAGENT_V1,
    CLIENT,
    Hello,
    Limits,
    Pong,
    Subscribe,
    Subscribed,
    TopicAsked,
    Unsubscribe,
)
from strategy_api.runs.sockets.outbox import MOST_EVENTS


class Protocol:
    """What a client of `/ws/` says, and is told."""

    encoding = ALGOAGENT_V1

    def __init__(self, socket: Socket) -> None:
        self._socket = socket

    async def begin(self) -> None:
        """Say what may be sent."""
        limits = Limits(
            message_bytes=settings.SOCKET_MESSAGE_BYTES,
            topics=settings.TOPICS_PER_SOCKET,
            messages_per_second=settings.SOCKET_MESSAGES_PER_SECOND,
            burst=BURST_FACTOR * settings.SOCKET_MESSAGES_PER_SECOND,
            queued_events=MOST_EVENTS,
        )
        await self._socket.say(Hello(limits=limits).model_dump_json())

    async def handle(self, message: dict[str, Any]) -> None:
        """Subscribe, unsubscribe or answer a ping."""
        try:
            asked = CLIENT.validate_python(message)
        except ValidationError as error:
            raise Rejected("invalid_message", _sentence(error)) from None
        if isinstance(asked, Subscribe):
            await self._subscribe(asked.topics)
        elif isinstance(asked, Unsubscribe):
            for one in asked.topics:
                self._socket.leave(one if isinstance(one, str) else one.name)
        else:
            await self._socket.say(Pong().model_dump_json())

    async def _subscribe(self, topics: list[TopicAsked]) -> None:
        asked = {one.name: one.after for one in topics}
        found = await self._socket.hub.look(self._socket.credential.user, list(asked.items()))
        for name in asked:
            if name not in found:
                await self._reject("not_found", "There is no such topic, or it is not yours.", name)
                continue
            self._socket.leave(name)
            if len(self._socket.subscriptions) >= settings.TOPICS_PER_SOCKET:
                await self._reject("too_many_topics", "The socket follows as many topics as it may.", name)
                continue
            subscribed = Subscribed(topic=name, seq=found[name].position.seq)
            await self._socket.say(subscribed.model_dump_json())
            subscription = Subscription(
                name=name, topic=found[name].topic, outbox=self._socket.outbox, encoding=self.encoding
            )
            self._socket.subscriptions[name] = subscription
            await self._socket.hub.join(subscription, found[name])

    async def _reject(self, code: str, message: str, name: str) -> None:
        await self._socket.say(Rejected(code, message, name).error.model_dump_json())


def _sentence(error: ValidationError) -> str:
    """Return what is wrong with a message, without repeating what was in it."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}"[:300] if place else first["msg"][:300]
