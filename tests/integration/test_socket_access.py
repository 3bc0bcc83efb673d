"""Who may open a socket, by what, and for how long."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection as database
from django.test import Client as Browser
from django.utils import timezone
from rest_framework.test import APIClient

from strategy_api.accounts import socket_access, tickets
from strategy_api.accounts.models import Ticket, Token
from strategy_api.accounts.socket_access import Refused
from strategy_api.runs import topic_types
from strategy_api.runs.models import Run
from strategy_api.runs.sockets import connection
from strategy_api.runs.stored_topics import StoredLog, publish
from strategy_api.runs.topic_types import TopicType
from tests.integration.conftest import client_of
from tests.integration.records import run_of, strategy_of
from tests.sockets import PROTOCOL, SocketServer, socket_server

PASSWORD = "a long enough one"


@pytest.fixture(scope="module")
def server() -> Iterator[SocketServer]:
    """A web server for all tests of this file, that looks again at who is there ten times a second."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connection, "RECHECK_SECONDS", 0.1)
        with socket_server() as running:
            yield running


@pytest.fixture(autouse=True)
def nothing_was_guessed() -> None:
    """What one test guesses is not held against the next."""
    cache.clear()


def token_of(user: User, **values: Any) -> str:
    return str(Token.objects.create(user=user, **values)[1])


def logged_in(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


def ticket_of(client: APIClient | Browser) -> str:
    answer = client.generic("POST", "/api/tickets/", "{}", "application/json")
    assert answer.status_code == 201, answer.content
    return str(answer.json()["ticket"])


def cookie_of(browser: Browser) -> str:
    return f"sessionid={browser.cookies['sessionid'].value}"


class TestToken:
    @pytest.mark.parametrize("scope", ["read", "run", "admin"])
    @pytest.mark.parametrize("path", ["/ws/", "/ws/realtime", "/ws/somebody"])
    def test_opens_every_socket(self, server: SocketServer, owner: User, scope: str, path: str) -> None:
        with server.client(token_of(owner, scope=scope), path) as client:
            client.say(**({"action": "ping"} if path == "/ws/realtime" else {"type": "ping"}))
            assert client.until("pong")

    @pytest.mark.usefixtures("owner")
    @pytest.mark.parametrize("path", ["/ws/", "/ws/realtime", "/ws/somebody"])
    @pytest.mark.parametrize("header", ["", "Token wrong", "Token", "Bearer a b", "Basic b3duZXI6eA==", "nonsense"])
    def test_that_is_none_is_refused_after_accept(self, server: SocketServer, path: str, header: str) -> None:
        with server.client("", path, **({"Authorization": header} if header else {})) as client:
            assert client.connection.subprotocol == PROTOCOL
            assert client.closed_with() == 4401

    def test_that_has_expired_is_refused(self, server: SocketServer, owner: User) -> None:
        with server.client(token_of(owner, expiry=timedelta(seconds=-1))) as client:
            assert client.closed_with() == 4401

    def test_of_a_disabled_user_is_refused(self, server: SocketServer, owner: User) -> None:
        token = token_of(owner)
        User.objects.update(is_active=False)
        with server.client(token) as client:
            assert client.closed_with() == 4401

    def test_in_the_address_is_not_looked_at(self, server: SocketServer, owner: User) -> None:
        token = token_of(owner)
        with server.client("", f"/ws/?token={token}&ticket={token}") as client:
            assert client.closed_with() == 4401

    def test_needs_no_subprotocol(self, server: SocketServer, owner: User) -> None:
        with server.client(token_of(owner), protocols=()) as client:
            assert client.hear()["type"] == "hello"
            assert client.connection.subprotocol is None

    @pytest.mark.usefixtures("many_requests", "owner")
    def test_guessed_too_often_is_too_many(self, server: SocketServer) -> None:
        codes = []
        for _ in range(32):
            with server.client("wrong") as client:
                codes.append(client.closed_with())

        assert codes == [4401] * 30 + [4429] * 2


class TestTicket:
    def test_opens_one_socket(self, server: SocketServer, api: APIClient) -> None:
        ticket = ticket_of(api)

        with server.client(protocols=(PROTOCOL, f"ticket.{ticket}")) as client:
            assert client.hear()["type"] == "hello"
            assert client.connection.subprotocol == PROTOCOL
        with server.client(protocols=(PROTOCOL, f"ticket.{ticket}")) as client:
            assert client.closed_with() == 4401

    def test_comes_with_a_session_and_its_csrf_token(self, server: SocketServer, owner: User) -> None:
        strict = Browser(enforce_csrf_checks=True)
        strict.force_login(owner)
        strict.cookies["csrftoken"] = secret = "s" * 32

        refused = strict.post("/api/tickets/", {}, content_type="application/json")
        made = strict.post("/api/tickets/", {}, "application/json", headers={"X-CSRFToken": secret})

        assert (refused.status_code, made.status_code) == (403, 201)
        protocols = (PROTOCOL, f"ticket.{made.json()['ticket']}")
        with server.client(protocols=protocols, Cookie=cookie_of(strict)) as client:
            assert client.hear()["type"] == "hello"

    def test_is_needed_beside_a_session(self, server: SocketServer, owner: User) -> None:
        with server.client(Cookie=cookie_of(logged_in(owner))) as client:
            assert client.closed_with() == 4401

    def test_is_good_for_half_a_minute(self, server: SocketServer, api: APIClient) -> None:
        answer = api.post("/api/tickets/").json()
        kept = Ticket.objects.get()
        assert timedelta(seconds=25) < kept.expires_at - timezone.now() <= timedelta(seconds=30)
        Ticket.objects.update(expires_at=timezone.now() - timedelta(milliseconds=1))

        with server.client(protocols=(PROTOCOL, f"ticket.{answer['ticket']}")) as client:
            assert client.closed_with() == 4401

    def test_is_kept_as_a_hash_alone(self, api: APIClient) -> None:
        ticket = ticket_of(api)

        assert ticket not in str(Ticket.objects.values())

    def test_is_not_shown_again_to_a_repeated_request(self, api: APIClient) -> None:
        first, second = (api.post("/api/tickets/", headers={"Idempotency-Key": "k"}) for _ in range(2))

        assert first.json()["ticket"]
        assert second.json() == {"ticket": None, "expires_at": first.json()["expires_at"]}
        assert Ticket.objects.count() == 1

    @pytest.mark.parametrize(
        "headers",
        [
            lambda other: {"Authorization": f"Token {token_of(other)}"},
            lambda other: {"Cookie": cookie_of(logged_in(other))},
        ],
        ids=["token", "session"],
    )
    def test_beside_another_users_token_or_session_is_refused(
        self, server: SocketServer, api: APIClient, headers: Callable[[User], dict[str, str]]
    ) -> None:
        other = User.objects.create_user("other")
        protocols = (PROTOCOL, f"ticket.{ticket_of(api)}")

        with server.client(protocols=protocols, **headers(other)) as client:
            assert client.closed_with() == 4401
        # And it is used up.
        with server.client(protocols=protocols) as client:
            assert client.closed_with() == 4401

    def test_is_refused_beside_a_second_one(self, server: SocketServer, api: APIClient) -> None:
        protocols = (PROTOCOL, *(f"ticket.{ticket_of(api)}" for _ in range(2)))

        with server.client(protocols=protocols) as client:
            assert client.closed_with() == 4401

    def test_ends_with_the_token_that_asked_for_it(self, server: SocketServer, api: APIClient) -> None:
        ticket = ticket_of(api)
        Token.objects.all().delete()

        with server.client(protocols=(PROTOCOL, f"ticket.{ticket}")) as client:
            assert client.closed_with() == 4401

    def test_ends_with_the_session_that_asked_for_it(self, server: SocketServer, owner: User) -> None:
        browser = logged_in(owner)
        ticket = ticket_of(browser)
        browser.logout()

        with server.client(protocols=(PROTOCOL, f"ticket.{ticket}")) as client:
            assert client.closed_with() == 4401

    def test_may_do_what_its_token_may(self, server: SocketServer, owner: User) -> None:
        ticket = ticket_of(client_of(owner, scope="read"))

        with server.client(path="/ws/me", protocols=(PROTOCOL, f"ticket.{ticket}")) as client:
            client.say(type="chat", content="hello")
            assert client.hear()["code"] == "insufficient_scope"

    @pytest.mark.django_db(transaction=True)
    def test_shown_by_many_at_once_is_used_by_one(self, owner: User) -> None:
        made = tickets.make_ticket(user=owner, token=None, session_key="")
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda _: _used(made.ticket), range(32)))

        assert found.count(True) == 1

    @pytest.mark.usefixtures("many_requests")
    def test_is_never_accepted_where_it_should_not_be(self, owner: User) -> None:
        """A thousand misuses: used, foreign, expired, changed, of a user who is gone."""
        other = User.objects.create_user("other")
        foreign = logged_in(other).cookies["sessionid"].value
        codes = []
        for number in range(1_000):
            made = tickets.make_ticket(user=owner, token=None, session_key="")
            scope = scope_of(made.ticket)
            match number % 5:
                case 0:
                    assert socket_access.admit(scope).user == owner
                case 1:
                    scope["headers"].append((b"cookie", f"sessionid={foreign}".encode()))
                case 2:
                    Ticket.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
                case 3:
                    scope["subprotocols"] = [PROTOCOL, f"ticket.{made.ticket[:-1]}"]
                case 4:
                    scope["subprotocols"] = [PROTOCOL, f"ticket.{made.ticket}", f"ticket.{made.ticket}"]
            with pytest.raises(Refused) as refused:
                socket_access.admit(scope)
            codes.append(refused.value.code)

        assert codes == [4401] * 1_000


def _used(ticket: str) -> bool:
    try:
        return tickets.use_ticket(ticket) is not None
    finally:
        database.close()


def scope_of(ticket: str) -> dict[str, Any]:
    """Return the scope of a handshake with a ticket."""
    return {
        "type": "websocket",
        "scheme": "ws",
        "path": "/ws/",
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
        "subprotocols": [PROTOCOL, f"ticket.{ticket}"],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }


class TestOrigin:
    @pytest.mark.parametrize(
        "origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://localhost", "file://", ""]
    )
    def test_of_others_is_refused(self, server: SocketServer, owner: User, origin: str) -> None:
        with server.client(token_of(owner), Origin=origin) as client:
            assert client.closed_with() == 4403

    def test_of_our_own_is_allowed(self, server: SocketServer, owner: User) -> None:
        with server.client(token_of(owner), Origin=server.origin) as client:
            assert client.hear()["type"] == "hello"

    @pytest.mark.parametrize("setting", ["CORS_ALLOWED_ORIGINS", "CSRF_TRUSTED_ORIGINS"])
    def test_that_is_named_in_the_settings_is_allowed(
        self, server: SocketServer, owner: User, settings: Any, setting: str
    ) -> None:
        setattr(settings, setting, ["https://app.example.org"])

        with server.client(token_of(owner), Origin="https://app.example.org") as client:
            assert client.hear()["type"] == "hello"


class TestLookingAgain:
    def test_closes_the_socket_of_a_revoked_token(self, server: SocketServer, owner: User) -> None:
        with server.client(token_of(owner)) as client:
            client.until("hello")
            Token.objects.all().delete()
            assert client.closed_with() == 4401

    def test_closes_the_socket_of_a_disabled_user(self, server: SocketServer, owner: User) -> None:
        with server.client(token_of(owner)) as client:
            client.until("hello")
            User.objects.update(is_active=False)
            assert client.closed_with() == 4401

    @pytest.mark.parametrize("end", ["logout", "password"])
    def test_closes_the_socket_of_a_session_that_ended(self, server: SocketServer, owner: User, end: str) -> None:
        browser = logged_in(owner)
        with server.client(protocols=(PROTOCOL, f"ticket.{ticket_of(browser)}")) as client:
            client.until("hello")
            if end == "logout":
                browser.logout()
            else:
                owner.set_password(PASSWORD)
                owner.save()
            assert client.closed_with() == 4401

    def test_ends_a_topic_that_is_gone(self, server: SocketServer, owner: User) -> None:
        run = run_of(strategy_of(owner))
        with server.client(token_of(owner)) as client:
            client.follow(f"run:{run.pk}")
            client.until("subscribed")
            Run.objects.all().delete()
            error = client.hear()

            assert (error["code"], error["topic"]) == ("not_found", f"run:{run.pk}")
            assert client.settled() == []

    def test_lets_everybody_else_stay(self, server: SocketServer, owner: User) -> None:
        with server.client(token_of(owner)) as client, server.client(token_of(User.objects.create_user("b"))) as gone:
            gone.until("hello")
            client.until("hello")
            User.objects.filter(username="b").update(is_active=False)

            assert gone.closed_with() == 4401
            assert client.settled() == []


@pytest.mark.usefixtures("notes")
class TestTopics:
    """Every type of topic × everybody who may knock."""

    @pytest.fixture
    def notes(self) -> Iterator[None]:
        """A type of topic that only its owner may follow, named by the user's name."""
        notes = TopicType(name="note", readable=lambda user, keys: {user.username} & set(keys), log=StoredLog("note"))
        topic_types.register(notes)
        yield
        topic_types.unregister(notes)

    def test_are_ruled_for_every_type(self) -> None:
        assert set(topic_types.names()) == {"conversation", "run", "scanner", "note"}

    @pytest.mark.parametrize(
        ("who", "seen"),
        [
            ("owner", {"run", "scanner", "note"}),
            ("other", {"scanner"}),
            ("staff", {"run", "scanner"}),
        ],
    )
    def test_are_found_by_those_who_may_read_them(
        self, server: SocketServer, owner: User, who: str, seen: set[str]
    ) -> None:
        run = run_of(strategy_of(owner))
        user, _ = User.objects.get_or_create(username=who, defaults={"is_staff": who == "staff"})
        with server.client(token_of(user)) as client:
            client.until("hello")
            client.follow(f"run:{run.pk}", "scanner", "note:owner", f"scanner:{owner.pk}")
            heard = client.settled()

        assert {message["topic"].partition(":")[0] for message in heard if message["type"] == "subscribed"} == seen
        assert all(message["code"] == "not_found" for message in heard if message["type"] == "error")
        assert len(heard) == 4

    def test_that_everybody_has_are_their_own(self, server: SocketServer, owner: User) -> None:
        other = User.objects.create_user("other")
        with server.client(token_of(owner)) as mine, server.client(token_of(other)) as theirs:
            for client in (mine, theirs):
                client.follow("scanner")
                client.until("subscribed")
            publish(f"scanner:{owner.pk}", [("signal", {"symbol": "BTCUSDT"})])

            assert mine.hear()["topic"] == "scanner"
            assert theirs.settled() == []
