"""Sockets: topics over one connection, what was missed, and what the server takes from a client."""

import json
import threading
import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from websockets.exceptions import InvalidStatus

from strategy_api.accounts.models import Token
from strategy_api.runs import events, outcomes, topic_types
from strategy_api.runs.models import Run, RunEvent
from strategy_api.runs.sockets import messages
from strategy_api.runs.stored_topics import StoredLog, publish
from strategy_api.runs.topic_types import TopicType
from tests.integration.records import run_of, strategy_of
from tests.sockets import Client, SocketServer, socket_server


@pytest.fixture(scope="module")
def server() -> Iterator[SocketServer]:
    """A web server for all tests of this file."""
    with socket_server() as running:
        yield running


@pytest.fixture
def notes() -> Iterator[str]:
    """A type of topic that everybody may follow, with events and states."""
    notes = TopicType(name="note", readable=lambda user, keys: set(keys), log=StoredLog("note"))
    topic_types.register(notes)
    yield f"note:{uuid.uuid4()}"
    topic_types.unregister(notes)


@pytest.fixture
def token(owner: User) -> str:
    return str(Token.objects.create(user=owner, scope="read")[1])


@pytest.fixture
def client(server: SocketServer, token: str) -> Iterator[Client]:
    """The owner's socket, after its greeting."""
    with server.client(token) as opened:
        opened.until("hello")
        yield opened


@pytest.fixture
def run(owner: User) -> Run:
    """A run that waits, with no events yet."""
    return run_of(strategy_of(owner))


def steps(run: Run, count: int) -> None:
    for number in range(count):
        events.append_event(run.pk, "test.step", number=number)


def numbers(heard: list[dict[str, Any]]) -> list[int]:
    return [message["seq"] for message in heard if message["type"] == "event"]


def kinds(heard: list[dict[str, Any]]) -> list[str]:
    return [message["type"] for message in heard]


class TestProtocol:
    def test_greets_with_its_limits(self, server: SocketServer, token: str) -> None:
        with server.client(token) as client:
            greeting = client.hear()

            assert client.connection.subprotocol == "algoagent.v1"
        assert greeting == {
            "type": "hello",
            "limits": {
                "message_bytes": 65536,
                "topics": 200,
                "messages_per_second": 20,
                "burst": 40,
                "queued_events": 256,
            },
        }

    @pytest.mark.parametrize("path", ["/ws", "/ws/"])
    def test_is_spoken_with_and_without_the_last_slash(self, server: SocketServer, token: str, path: str) -> None:
        with server.client(token, path) as client:
            assert client.hear()["type"] == "hello"

    def test_sends_events_in_the_agreed_shape(self, client: Client, run: Run) -> None:
        client.follow(f"run:{run.pk}", after=0)
        assert client.hear() == {"type": "subscribed", "topic": f"run:{run.pk}", "seq": 0}

        events.append_event(run.pk, "run.started", attempt=1)

        event = client.hear()
        created_at = event.pop("created_at")
        assert event == {
            "type": "event",
            "topic": f"run:{run.pk}",
            "seq": 1,
            "event": "run.started",
            "data": {"attempt": 1},
        }
        assert created_at.endswith("Z")
        assert datetime.fromisoformat(created_at).tzinfo is not None

    def test_says_only_what_its_schema_allows(self, client: Client, run: Run, notes: str) -> None:
        steps(run, 2)
        publish(notes, [("said", {"text": "a"})], states={"BTC": {"price": 1}})
        client.follow(f"run:{run.pk}", notes, "run:unknown", after=0)
        client.follow(notes, after=9)

        for message in client.settled():
            messages.SERVER.validate_json(json.dumps(message))

    def test_follows_what_happens(self, client: Client, run: Run) -> None:
        client.follow(f"run:{run.pk}")
        client.settled()

        steps(run, 5)
        outcomes.finish(run.pk, Run.State.SUCCEEDED, lease_token=None)

        heard = [client.hear() for _ in range(6)]
        assert numbers(heard) == [1, 2, 3, 4, 5, 6]
        assert heard[-1]["event"] == "run.succeeded"

    def test_sends_nothing_of_before_where_no_number_was_named(self, client: Client, run: Run) -> None:
        steps(run, 3)

        client.follow(f"run:{run.pk}")
        heard = client.settled()
        steps(run, 1)

        assert heard == [{"type": "subscribed", "topic": f"run:{run.pk}", "seq": 3}]
        assert client.hear()["seq"] == 4

    def test_does_not_follow_any_more_after_unsubscribe(self, client: Client, run: Run, notes: str) -> None:
        client.follow(f"run:{run.pk}", notes)
        client.say(type="unsubscribe", topics=[{"name": f"run:{run.pk}"}])
        client.say(type="unsubscribe", topics=["run:never"])
        client.settled()

        steps(run, 3)
        publish(notes, [("said", {})])

        assert client.hear()["topic"] == notes
        assert client.settled() == []

    def test_sends_each_event_once_however_often_it_is_asked(self, client: Client, run: Run) -> None:
        steps(run, 3)
        for _ in range(3):
            client.follow(f"run:{run.pk}", after=0)
        heard = client.settled()
        steps(run, 1)
        last = client.hear()

        assert kinds(heard).count("subscribed") == 3
        # Each subscription begins again after its number; what it says is in order and without gaps.
        assert numbers(heard)[-3:] == [1, 2, 3]
        assert last["seq"] == 4
        assert client.settled() == []


class TestMissedEvents:
    @pytest.mark.parametrize(("after", "expected"), [(0, [1, 2, 3, 4, 5]), (3, [4, 5]), (5, [])])
    def test_are_sent_again(self, client: Client, run: Run, after: int, expected: list[int]) -> None:
        steps(run, 5)

        client.follow(f"run:{run.pk}", after=after)

        heard = client.settled()
        assert heard[0] == {"type": "subscribed", "topic": f"run:{run.pk}", "seq": 5}
        assert numbers(heard) == expected

    def test_above_the_last_are_a_resync(self, client: Client, run: Run) -> None:
        steps(run, 5)

        client.follow(f"run:{run.pk}", after=6)
        heard = client.settled()
        steps(run, 1)

        assert heard[1:] == [{"type": "resync", "topic": f"run:{run.pk}", "seq": 5}]
        assert client.hear()["seq"] == 6

    def test_that_were_removed_are_a_resync(self, client: Client, run: Run) -> None:
        steps(run, 5)
        RunEvent.objects.filter(run=run, seq__lt=5).delete()

        client.follow(f"run:{run.pk}", after=2)

        assert client.settled()[1:] == [{"type": "resync", "topic": f"run:{run.pk}", "seq": 5}]

    def test_that_are_too_many_are_a_resync(self, client: Client, notes: str) -> None:
        publish(notes, [("said", {"number": number}) for number in range(300)])

        client.follow(notes, after=43)
        far = client.settled()
        client.follow(notes, after=44)
        near = client.settled()

        assert far[1:] == [{"type": "resync", "topic": notes, "seq": 300}]
        assert numbers(near) == list(range(45, 301))

    def test_of_many_topics_are_all_sent(self, client: Client, notes: str) -> None:
        names = [f"note:{uuid.uuid4()}" for _ in range(8)]
        for name in names:
            publish(name, [("said", {})] * 200)

        client.follow(*names, after=0)

        heard = client.settled()
        for name in names:
            assert [message["seq"] for message in heard if message.get("topic") == name][1:] == list(range(1, 201))

    def test_leave_no_gap_before_what_happens_meanwhile(self, server: SocketServer, token: str, notes: str) -> None:
        def write() -> None:
            for _ in range(60):
                publish(notes, [("said", {})] * 3)
            connection.close()

        writer = threading.Thread(target=write)
        writer.start()
        heard: list[int] = []
        while len(heard) < 180:
            with server.client(token) as client:
                client.follow(notes, after=len(heard))
                client.until("subscribed")
                heard += [client.hear()["seq"] for _ in range(min(18, 180 - len(heard)))]
        writer.join()

        assert heard == list(range(1, 181))


class TestStates:
    def test_are_sent_at_once_and_when_they_change(self, client: Client, notes: str) -> None:
        publish(notes, states={"BTC": {"price": 1}, "ETH": {"price": 2}})
        client.follow(notes)
        first = client.settled()

        publish(notes, states={"BTC": {"price": 3}})

        assert [message["key"] for message in first[1:]] == ["BTC", "ETH"]
        assert client.hear() == {"type": "state", "topic": notes, "key": "BTC", "data": {"price": 3}}

    def test_come_beside_events(self, client: Client, notes: str) -> None:
        client.follow(notes)
        client.settled()

        publish(notes, [("said", {})], states={"BTC": {"price": 3}})

        assert kinds([client.hear(), client.hear()]) == ["event", "state"]


class TestBadMessages:
    @pytest.mark.parametrize(
        "text",
        [
            "",
            "hello",
            "[]",
            "1",
            "null",
            "{}",
            '{"type":"shout"}',
            '{"type":"subscribe"}',
            '{"type":"subscribe","topics":[]}',
            '{"type":"subscribe","topics":["run:1"]}',
            '{"type":"subscribe","topics":[{"name":"run:1","after":-1}]}',
            '{"type":"subscribe","topics":[{"name":"run:1","after":"1"}]}',
            '{"type":"subscribe","topics":[{"name":"run:1","after":1.5}]}',
            '{"type":"subscribe","topics":[{"name":"run:1","after":true}]}',
            '{"type":"subscribe","topics":[{"name":"run:1","afterwards":1}]}',
            '{"type":"subscribe","topics":[{"name":""}]}',
            '{"type":"subscribe","topics":[{"name":NaN}]}',
            '{"type":"ping","more":1}',
            "[" * 30_000,
        ],
    )
    def test_are_answered_and_the_socket_stays(self, client: Client, text: str) -> None:
        client.connection.send(text)

        error = client.hear()
        assert (error["type"], error["code"]) == ("error", "invalid_message")
        assert client.settled() == []

    def test_of_bytes_are_answered_too(self, client: Client) -> None:
        client.connection.send(b'{"type":"ping"}')

        assert client.hear()["code"] == "invalid_message"

    def test_that_are_too_large_close_it(self, client: Client) -> None:
        client.connection.send("x" * 65_537)

        assert client.closed_with() == 1009

    @pytest.mark.parametrize("after", [2**31, 2**63, 10**30])
    def test_with_enormous_numbers_are_a_resync(self, client: Client, run: Run, after: int) -> None:
        client.follow(f"run:{run.pk}", after=after)

        assert kinds(client.settled()) == ["subscribed", "resync"]

    @pytest.mark.parametrize("name", ["run", "run:", "run:x", "nothing", "scanner:1", "\x00", "run:\x00", "a:b:c"])
    def test_of_unknown_topics_are_not_found(self, client: Client, name: str) -> None:
        client.follow(name)

        error = client.hear()
        assert (error["type"], error["code"], error["topic"]) == ("error", "not_found", name)
        assert client.settled() == []


class TestLimits:
    def test_too_many_messages_are_not_looked_at(self, client: Client) -> None:
        for _ in range(30):
            client.say(type="ping")

        heard = [client.hear() for _ in range(30)]
        assert kinds(heard[:20]) == ["pong"] * 20
        assert "rate_limited" in {message.get("code") for message in heard[20:]}

    def test_beyond_the_burst_the_socket_is_closed(self, client: Client) -> None:
        for _ in range(100):
            client.say(type="ping")

        assert client.closed_with() == 4429

    def test_of_topics_on_a_socket(self, client: Client, notes: str, settings: Any) -> None:
        settings.TOPICS_PER_SOCKET = 3
        names = [f"note:{number}" for number in range(5)]

        client.follow(*names)
        heard = client.settled()
        client.say(type="unsubscribe", topics=names[:1])
        client.follow(names[4])

        assert kinds(heard) == ["subscribed"] * 3 + ["error"] * 2
        assert {message.get("code") for message in heard[3:]} == {"too_many_topics"}
        assert kinds(client.settled()) == ["subscribed"]

    def test_of_sockets_of_a_user(self, server: SocketServer, token: str, settings: Any) -> None:
        settings.SOCKETS_PER_USER = 2
        with server.client(token) as first, server.client(token) as second:
            first.until("hello")
            second.until("hello")
            with server.client(token) as third:
                assert third.closed_with() == 4429
        with server.client(token) as fourth:
            assert fourth.hear()["type"] == "hello"


class TestUnknownAddresses:
    def test_are_refused_in_the_handshake(self, server: SocketServer, token: str) -> None:
        with pytest.raises(InvalidStatus) as refused, server.client(token, "/nothing/here"):
            pass

        assert refused.value.response.status_code == 403
