"""Guessing passwords and tokens is limited by name, by address and over all, whatever the headers say."""

import base64
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client, RequestFactory

from strategy_api.accounts import guesses
from strategy_api.accounts.models import Token
from strategy_api.common import proxies

PASSWORD = "a-very-long-passw0rd"


@pytest.fixture(autouse=True)
def _fresh_cache() -> None:
    cache.clear()


@pytest.fixture
def owner(db: None) -> User:
    """Somebody with a password."""
    return User.objects.create_user("owner", password=PASSWORD)


def guess(name: str, word: str, address: str = "192.0.2.1", **headers: str) -> int:
    credentials = base64.b64encode(f"{name}:{word}".encode()).decode()
    answer = Client(REMOTE_ADDR=address).get("/api/tokens/", HTTP_AUTHORIZATION=f"Basic {credentials}", **headers)
    return int(answer.status_code)


def show(token: str, address: str = "192.0.2.1", **headers: str) -> int:
    return int(Client(REMOTE_ADDR=address).get("/api/me/", HTTP_AUTHORIZATION=f"Token {token}", **headers).status_code)


@pytest.mark.django_db
class TestPasswords:
    @pytest.mark.parametrize(
        "header",
        ["HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP", "HTTP_FORWARDED", "HTTP_X_CLIENT_IP", "HTTP_TRUE_CLIENT_IP"],
    )
    def test_of_one_name_are_limited_whatever_a_header_says(self, header: str) -> None:
        answers = [guess("nobody", f"w{number}", **{header: f"10.1.2.{number}"}) for number in range(8)]

        assert answers == [401] * 4 + [429] * 4

    def test_of_one_name_are_limited_from_many_addresses(self, owner: User, settings: Any) -> None:
        settings.LOGIN_FAILURES_LIMIT = 2

        answers = [guess("owner", f"w{number}", f"192.0.2.{number}") for number in range(25)]

        assert answers == [401] * 20 + [429] * 5
        assert guess("owner", PASSWORD, "198.51.100.7") == 429

    def test_of_many_names_are_limited_from_one_address(self, settings: Any) -> None:
        settings.LOGIN_FAILURES_LIMIT = 1

        answers = [guess(f"name{number}", "w") for number in range(25)]

        assert answers == [401] * 20 + [429] * 5

    def test_of_many_names_from_many_addresses_are_limited_together(
        self, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.LOGIN_FAILURES_LIMIT = 1
        monkeypatch.setattr(guesses, "TOTAL_FACTOR", 10)

        answers = [guess(f"name{number}", "w", f"192.0.2.{number}") for number in range(15)]

        assert answers == [401] * 10 + [429] * 5

    def test_from_one_customer_of_ipv6_are_from_one_address(self, settings: Any) -> None:
        settings.LOGIN_FAILURES_LIMIT = 1

        answers = [guess(f"name{number}", "w", f"2001:db8:0:7::{number:x}") for number in range(25)]

        assert answers == [401] * 20 + [429] * 5

    def test_in_capitals_are_of_the_same_name(self) -> None:
        names = ["nobody", "NOBODY", "Nobody", "nObody", "noBody", "nobOdy", "nobodY"]

        assert [guess(name, "w") for name in names] == [401] * 5 + [429] * 2

    def test_of_strangers_do_not_lock_out_who_knows(self, owner: User, settings: Any) -> None:
        settings.LOGIN_FAILURES_LIMIT = 2
        assert guess("owner", PASSWORD, "198.51.100.7") == 200

        for number in range(25):
            guess("owner", f"w{number}", f"192.0.2.{number}")

        assert guess("owner", PASSWORD, "192.0.2.200") == 429
        assert guess("owner", PASSWORD, "198.51.100.7") == 200

    def test_that_are_right_are_not_counted(self, owner: User) -> None:
        assert [guess("owner", PASSWORD) for _ in range(12)] == [200] * 12

    def test_in_the_admin_count_too(self, owner: User) -> None:
        form = {"username": "owner", "password": "wrong"}

        answers = [
            Client(REMOTE_ADDR="192.0.2.1").post("/admin/login/", form, HTTP_X_FORWARDED_FOR=f"10.0.0.{n}").status_code
            for n in range(7)
        ]

        assert answers == [200] * 4 + [429] * 3
        assert guess("owner", PASSWORD) == 429

    @pytest.mark.parametrize("name", ["x" * 5000, "\x00", "a b", "\u202e", "ключ", "", "%", "*"])
    def test_of_strange_names_are_answered(self, name: str) -> None:
        assert guess(name, "w") in (400, 401)

    def test_are_still_looked_at_when_the_cache_is_away(self, owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: Any, **__: Any) -> None:
            raise ConnectionError

        for name in ("get", "add", "incr", "set"):
            monkeypatch.setattr(cache, name, refuse)

        assert guess("owner", PASSWORD) == 200
        assert [guess("owner", "w") for _ in range(7)] == [401] * 4 + [429] * 3


class TestTokens:
    def test_that_nobody_has_are_limited_by_address(self, owner: User) -> None:
        good = Token.objects.create(user=owner, scope="run")[1]

        answers = [show(f"wrong{number}", HTTP_X_FORWARDED_FOR=f"10.0.0.{number}") for number in range(35)]

        assert answers == [401] * 30 + [429] * 5
        assert show(good) == 429
        assert show(good, "198.51.100.7") == 200

    def test_that_were_good_lately_stay_good_beside_wrong_ones(self, owner: User) -> None:
        good = Token.objects.create(user=owner, scope="run")[1]
        assert show(good) == 200

        for number in range(35):
            show(f"wrong{number}")

        assert show(good) == 200


class TestProxies:
    @pytest.mark.parametrize(
        ("sender", "forwarded", "expected"),
        [
            ("203.0.113.9", "10.9.9.9", "203.0.113.9"),
            ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
            ("10.0.0.1", "1.2.3.4, 198.51.100.7", "198.51.100.7"),
            ("10.0.0.1", "1.2.3.4, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
            ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
            ("10.0.0.1", "198.51.100.7, rubbish", "10.0.0.1"),
            ("10.0.0.1", "", "10.0.0.1"),
            ("::ffff:10.0.0.1", "198.51.100.7", "198.51.100.7"),
            ("10.0.0.1", "2001:db8::7", "2001:db8::7"),
            ("10.0.0.1", "," * 5000, "10.0.0.1"),
            ("10.0.0.1", "unknown", "10.0.0.1"),
            ("", "198.51.100.7", ""),
        ],
    )
    def test_are_believed_only_when_they_are_ours(
        self, settings: Any, sender: str, forwarded: str, expected: str
    ) -> None:
        settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
        request = RequestFactory(REMOTE_ADDR=sender).get("/", HTTP_X_FORWARDED_FOR=forwarded)

        proxies.TrustedProxyMiddleware(lambda _: None)(request)

        assert request.META["REMOTE_ADDR"] == expected

    def test_alone_say_that_a_request_came_over_tls(self, settings: Any) -> None:
        settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
        settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

        def secure(sender: str) -> bool:
            request = RequestFactory(REMOTE_ADDR=sender).get("/", HTTP_X_FORWARDED_PROTO="https")
            proxies.TrustedProxyMiddleware(lambda _: None)(request)
            return request.is_secure()

        assert secure("10.0.0.1")
        assert not secure("203.0.113.9")
