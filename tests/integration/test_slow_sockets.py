"""Clients of sockets that do not read, or come and go: they hold nothing, and others do not notice."""

import asyncio
import gc
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User

from algoagent import server as algoagent_server
from algoagent import socket_server as patience
from strategy_api.accounts.models import Token
from strategy_api.runs import topic_types
from strategy_api.runs.sockets import connection
from strategy_api.runs.sockets.hub import Hub, Subscription
from strategy_api.runs.sockets.messages import ALGOAGENT_V1
from strategy_api.runs.sockets.outbox import Outbox
from strategy_api.runs.stored_topics import StoredLog, publish
from strategy_api.runs.topic_types import TopicType
from tests.sockets import SocketServer, socket_server

LARGE = {"text": "x" * 60_000}


@pytest.fixture(scope="module")
def server() -> Iterator[SocketServer]:
    """A web server that is less patient than the real one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connection, "SEND_SECONDS", 0.5)
        for name in ("HEAD_SECONDS", "BODY_SECONDS"):
            patch.setattr(algoagent_server, name, 1.0)
        with socket_server() as running:
            yield running


@pytest.fixture(scope="module", autouse=True)
def notes() -> Iterator[None]:
    """Topics that everybody may follow."""
    notes = TopicType(name="note", readable=lambda user, keys: set(keys), log=StoredLog("note"))
    topic_types.register(notes)
    yield
    topic_types.unregister(notes)


@pytest.fixture
def token(owner: User) -> str:
    return str(Token.objects.create(user=owner)[1])


class TestMuteClients:
    def test_are_closed_and_nobody_else_loses_anything(self, server: SocketServer, token: str) -> None:
        topic = f"note:{uuid.uuid4()}"
        with server.client(token) as reader, server.client(token, buffer=4096) as mute:
            for client in (reader, mute):
                client.follow(topic)
            reader.until("subscribed")
            mute.until("subscribed")
            heard: list[int] = []
            for _ in range(40):
                publish(topic, [("said", LARGE)] * 4)
                heard += [reader.hear()["seq"] for _ in range(4)]
            time.sleep(0.7)

            # What is in the buffers arrives, then the reason.
            code = mute.closed_with()

        assert heard == list(range(1, 161))
        assert code == 1013

    def test_are_cut_when_they_go_on_not_reading(
        self, server: SocketServer, token: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(patience, "STALL_SECONDS", 1.0)
        topic = f"note:{uuid.uuid4()}"
        with server.client(token, buffer=4096) as mute:
            mute.follow(topic)
            mute.until("subscribed")
            for _ in range(10):
                publish(topic, [("said", LARGE)] * 16)
            time.sleep(3)

            # Without a reason: it would have stood behind what is not read.
            assert mute.closed_with() == 1006

    def test_make_room_for_others_of_their_user(self, server: SocketServer, token: str, settings: Any) -> None:
        settings.SOCKETS_PER_USER = 1
        topic = f"note:{uuid.uuid4()}"
        with server.client(token, buffer=4096) as mute:
            mute.follow(topic)
            mute.until("subscribed")
            for _ in range(10):
                publish(topic, [("said", LARGE)] * 16)
            time.sleep(1.5)
            with server.client(token) as another:
                assert another.hear()["type"] == "hello"


class TestQuietClients:
    def test_are_left_in_peace(self, server: SocketServer, token: str) -> None:
        with server.client(token) as client:
            client.until("hello")
            time.sleep(2.5)

            assert client.settled() == []


class TestTooMuchAtOnce:
    def test_is_a_resync_and_what_follows_has_no_gap(self, server: SocketServer, token: str) -> None:
        topic = f"note:{uuid.uuid4()}"
        with server.client(token) as client:
            client.follow(topic)
            client.until("subscribed")
            publish(topic, [("said", {"number": number}) for number in range(1_000)])
            seen, heard = 0, []
            while seen < 1_000:
                message = client.hear()
                heard.append(message["type"])
                # Each number is sent, or named by the resync before the next.
                assert message["seq"] > seen if message["type"] == "resync" else message["seq"] == seen + 1
                seen = message["seq"]

        assert set(heard) <= {"event", "resync"}


class TestComingAndGoing:
    def test_thousands_of_times_leaves_nothing_behind(self, owner: User) -> None:
        publish("note:1", [("said", {})], states={"BTC": {}})

        async def cycle(hub: Hub, times: int) -> None:
            found = await hub.look(owner, [("note:1", None)])
            for number in range(times):
                if number % 100 == 0:
                    found = await hub.look(owner, [("note:1", 0)])
                outbox = Outbox(ALGOAGENT_V1.resync)
                one = Subscription(name="note:1", topic="note:1", outbox=outbox, encoding=ALGOAGENT_V1)
                await hub.join(one, found["note:1"])
                hub.leave(one)

        async def measure() -> tuple[int, int, Hub]:
            hub = Hub()
            await cycle(hub, 500)
            gc.collect()
            before = len(gc.get_objects())
            await cycle(hub, 3_000)
            await asyncio.sleep(0.1)
            gc.collect()
            return before, len(gc.get_objects()), hub

        before, after, hub = asyncio.run(measure())

        assert (hub.topics, hub.subscriptions) == (0, 0)
        assert after - before < 500

    def test_over_a_socket_leaves_nothing_behind(self, server: SocketServer, token: str, settings: Any) -> None:
        settings.SOCKET_MESSAGES_PER_SECOND = 100_000
        names = [f"note:{number}" for number in range(200)]
        with server.client(token) as client:
            for _ in range(10):
                client.follow(*names)
                client.say(type="unsubscribe", topics=names)
            heard = client.settled()
            client.follow(names[0])
            client.until("subscribed")
            publish(names[0], [("said", {})])
            publish(names[1], [("said", {})])

            assert [message["type"] for message in heard].count("subscribed") == 2_000
            assert client.until("event")[-1]["topic"] == names[0]
            assert client.settled() == []
