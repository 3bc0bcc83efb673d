"""The two sockets that front ends knew before: signals of symbols, and a chat."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework import exceptions

from strategy_api.accounts.models import Token
from strategy_api.runs import topic_types
from strategy_api.runs.sockets import chat_socket
from strategy_api.runs.sockets.chat_socket import ChatTurn
from strategy_api.runs.stored_topics import StoredLog, publish
from strategy_api.runs.topic_types import TopicType
from tests.sockets import Client, SocketServer, socket_server


@pytest.fixture(scope="module")
def server() -> Iterator[SocketServer]:
    """A web server for all tests of this file."""
    with socket_server() as running:
        yield running


@pytest.fixture
def token(owner: User) -> str:
    return str(Token.objects.create(user=owner)[1])


class TestSignals:
    @pytest.fixture
    def client(self, server: SocketServer, token: str) -> Iterator[Client]:
        with server.client(token, "/ws/realtime", protocols=()) as opened:
            assert opened.hear() == {"type": "status", "event": "connected", "symbols": []}
            yield opened

    def test_are_those_of_the_symbols(self, client: Client, owner: User) -> None:
        client.say(action="subscribe", symbols=["BTCUSDT", "ETHUSDT"])
        status = client.hear()

        publish(
            f"scanner:{owner.pk}",
            [("signal", {"symbol": name, "score": 0.7}) for name in ("BTCUSDT", "GOOG", "ETHUSDT")],
        )

        assert status == {"type": "status", "event": "subscribed", "symbols": ["BTCUSDT", "ETHUSDT"]}
        heard = [client.hear(), client.hear()]
        assert [message["type"] for message in heard] == ["signal"] * 2
        assert [message["signal"]["symbol"] for message in heard] == ["BTCUSDT", "ETHUSDT"]
        assert [message["seq"] for message in heard] == [1, 3]

    def test_of_a_symbol_end_with_its_subscription(self, client: Client, owner: User) -> None:
        client.say(action="subscribe", symbols=["BTCUSDT", "GOOG"])
        client.say(action="unsubscribe", symbols=["BTCUSDT"])
        client.hear()
        status = client.hear()

        publish(f"scanner:{owner.pk}", [("signal", {"symbol": name}) for name in ("BTCUSDT", "GOOG")])

        assert status == {"type": "status", "event": "unsubscribed", "symbols": ["GOOG"]}
        assert client.hear()["signal"] == {"symbol": "GOOG"}

    def test_come_beside_what_the_scanner_says_of_itself(self, client: Client, owner: User) -> None:
        client.say(action="ping")
        client.until("pong")

        publish(f"scanner:{owner.pk}", [("agent.enabled", {"by": "owner"})])

        status = client.hear()
        assert (status["type"], status["event"], status["data"]) == ("status", "agent.enabled", {"by": "owner"})

    def test_of_others_are_not_sent(self, client: Client) -> None:
        client.say(action="subscribe", symbols=["BTCUSDT"])
        client.hear()

        publish(f"scanner:{User.objects.create_user('other').pk}", [("signal", {"symbol": "BTCUSDT"})])

        client.say(action="ping")
        assert client.until("pong") == [{"type": "pong"}]

    @pytest.mark.parametrize(
        "message",
        [
            {},
            {"action": "shout"},
            {"action": "subscribe"},
            {"action": "subscribe", "symbols": "BTCUSDT"},
            {"action": "subscribe", "symbols": []},
            {"action": "subscribe", "symbols": [1]},
            {"type": "ping"},
        ],
    )
    def test_asked_for_wrongly_are_an_error(self, client: Client, message: dict[str, Any]) -> None:
        client.say(**message)

        error = client.hear()
        assert (error["type"], error["code"]) == ("error", "invalid_message")
        client.say(action="ping")
        assert client.hear() == {"type": "pong"}

    def test_are_of_a_limited_number_of_symbols(self, client: Client) -> None:
        client.say(action="subscribe", symbols=[f"S{number}" for number in range(201)])

        assert client.hear()["code"] == "too_many_topics"


class Echo:
    """Conversations that answer with what was said; each user and client id has one."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str, str, str | None]] = []

    def topic_of(self, *, user: User, client_id: str) -> str | None:
        topic = f"echo:{user.username}/{client_id}"
        return topic if topic_types.positions([topic])[topic].seq else None

    def say(self, *, user: User, client_id: str, content: str, message_id: str | None) -> ChatTurn:
        if content == "too much":
            raise exceptions.Throttled(1, "Say less.")
        if content == "broken":
            raise ZeroDivisionError
        self.said.append((user.username, client_id, content, message_id))
        topic = f"echo:{user.username}/{client_id}"
        after = topic_types.positions([topic])[topic].seq
        publish(
            topic,
            [
                ("node", {"node": "respond"}),
                ("progress", {"done": 1, "total": 2}),
                ("message", {"message_type": "text", "content": content.upper()}),
            ],
        )
        return ChatTurn(topic=topic, after=after)


@pytest.fixture
def echo() -> Iterator[Echo]:
    """An installation where somebody converses."""
    port = Echo()
    type_of_topic = TopicType(
        name="echo",
        readable=lambda user, keys: {key for key in keys if key.startswith(f"{user.username}/")},
        log=StoredLog("echo"),
    )
    topic_types.register(type_of_topic)
    chat_socket.register(port)
    yield port
    chat_socket.register(None)
    topic_types.unregister(type_of_topic)


def plain(message: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in message.items() if name not in ("seq", "created_at")}


class TestChat:
    def test_answers_in_the_shapes_of_a_chat(self, server: SocketServer, token: str, echo: Echo) -> None:
        with server.client(token, "/ws/laptop", protocols=()) as client:
            client.say(type="chat", content="hello")

            heard = client.until("message")

        assert [plain(message) for message in heard] == [
            {"type": "state", "node": "respond"},
            {"type": "progress", "done": 1, "total": 2},
            {"type": "message", "message": {"message_type": "text", "content": "HELLO"}},
        ]
        assert echo.said == [("owner", "laptop", "hello", None)]

    def test_goes_on_with_the_conversation_of_the_clients_id(
        self, server: SocketServer, token: str, echo: Echo
    ) -> None:
        with server.client(token, "/ws/laptop") as first:
            first.say(type="chat", content="one", client_id="m1")
            first.until("message")
        with server.client(token, "/ws/laptop/") as second, server.client(token, "/ws/phone") as other:
            other.settled()
            second.settled()
            echo.say(user=User.objects.get(username="owner"), client_id="laptop", content="two", message_id=None)

            assert second.until("message")[-1]["message"]["content"] == "TWO"
            assert other.settled() == []
        assert echo.said[0] == ("owner", "laptop", "one", "m1")

    def test_hears_each_message_once(self, server: SocketServer, token: str, echo: Echo) -> None:
        with server.client(token, "/ws/laptop") as client:
            heard = []
            for number in range(5):
                client.say(type="chat", content=f"turn {number}")
                heard += client.until("message")
            heard += client.settled()

        assert [message["seq"] for message in heard] == list(range(1, 16))

    def test_is_each_users_own(self, server: SocketServer, token: str, echo: Echo) -> None:
        other = str(Token.objects.create(user=User.objects.create_user("other"))[1])
        with server.client(token, "/ws/laptop") as mine, server.client(other, "/ws/laptop") as theirs:
            mine.say(type="chat", content="secret")
            mine.until("message")

            assert theirs.settled() == []
        assert len(echo.said) == 1

    @pytest.mark.parametrize(
        "message",
        [
            {},
            {"type": "chat"},
            {"type": "chat", "content": ""},
            {"type": "chat", "content": 1},
            {"type": "shout", "content": "x"},
            {"content": "x"},
        ],
    )
    def test_asked_for_wrongly_is_an_error(
        self, server: SocketServer, token: str, echo: Echo, message: dict[str, Any]
    ) -> None:
        with server.client(token, "/ws/laptop") as client:
            client.say(**message)

            assert client.hear()["code"] == "invalid_message"
            assert client.settled() == []
        assert echo.said == []

    @pytest.mark.usefixtures("echo")
    def test_says_why_a_turn_is_refused(self, server: SocketServer, token: str) -> None:
        with server.client(token, "/ws/laptop") as client:
            client.say(type="chat", content="too much")
            error = client.hear()

            assert (error["type"], error["code"]) == ("error", "throttled")
            assert "Say less" in error["message"]
            assert client.settled() == []

    @pytest.mark.usefixtures("echo")
    def test_ends_where_the_fault_is_ours(self, server: SocketServer, token: str) -> None:
        with server.client(token, "/ws/laptop") as client:
            client.say(type="chat", content="broken")

            assert client.closed_with() == 1011

    def test_needs_a_token_that_may_change_things(self, server: SocketServer, owner: User, echo: Echo) -> None:
        with server.client(str(Token.objects.create(user=owner, scope="read")[1]), "/ws/laptop") as client:
            client.say(type="chat", content="hello")

            assert client.hear()["code"] == "insufficient_scope"
        assert echo.said == []

    @pytest.mark.usefixtures("echo")
    @pytest.mark.parametrize("client_id", ["x" * 101, "%00", "a%0ab"])
    def test_refuses_an_id_that_nobody_could_see(self, server: SocketServer, token: str, client_id: str) -> None:
        with server.client(token, f"/ws/{client_id}") as client:
            assert client.closed_with() == 1008

    def test_says_so_where_nobody_converses(self, server: SocketServer, token: str) -> None:
        with server.client(token, "/ws/laptop") as client:
            client.say(type="chat", content="hello")

            assert client.hear()["code"] == "not_found"
