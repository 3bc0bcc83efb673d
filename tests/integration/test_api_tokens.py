"""Tokens: made once, shown once, expiring, revocable, and no stronger than they say."""

import base64
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone
from rest_framework.test import APIClient

from strategy_api.accounts.local_token import local_token
from strategy_api.accounts.models import Token
from strategy_api.strategies.models import Strategy
from tests.integration.conftest import client_of
from tests.integration.records import run_of, strategy_of

PASSWORD = "correct horse battery staple"


@pytest.fixture
def owner(db: None) -> User:
    """Somebody with a password."""
    return User.objects.create_user("owner", password=PASSWORD)


def with_token(token: str) -> APIClient:
    """Return a client that sends a token."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    return client


def with_password(password: str) -> APIClient:
    """Return a client that sends a name and a password."""
    client = APIClient()
    pair = base64.b64encode(f"owner:{password}".encode()).decode()
    client.credentials(HTTP_AUTHORIZATION=f"Basic {pair}")
    return client


class TestTokens:
    def test_are_shown_once_and_kept_as_a_hash(self, owner: User) -> None:
        made = client_of(owner).post("/api/tokens/", {"name": "laptop", "scopes": ["run"], "expires_in_days": 7}).json()

        row = Token.objects.get(pk=made["id"])
        assert made["scopes"] == ["read", "run"]
        assert made["token"].startswith(made["prefix"])
        assert made["token"] not in {row.digest, row.token_key}
        assert row.expiry - timezone.now() < timedelta(days=7)
        assert made["token"] not in client_of(owner).get("/api/tokens/").content.decode()
        assert with_token(made["token"]).get("/api/me/").json()["token"]["name"] == "laptop"

    def test_come_for_a_password_too(self, owner: User) -> None:
        made = with_password(PASSWORD).post("/api/tokens/", {"name": "browser"})

        assert made.status_code == 201
        assert with_token(made.json()["token"]).get("/api/strategies/").status_code == 200

    def test_are_all_that_a_password_is_good_for(self, owner: User) -> None:
        assert with_password(PASSWORD).get("/api/strategies/").status_code == 401

    def test_expire(self, owner: User) -> None:
        client = client_of(owner)
        Token.objects.update(expiry=timezone.now() - timedelta(seconds=1))

        answer = client.get("/api/me/")

        assert (answer.status_code, answer.json()["code"]) == (401, "token_expired")

    def test_are_revoked_at_once(self, owner: User) -> None:
        client = client_of(owner)
        other = client.post("/api/tokens/", {"name": "lost"}).json()

        client.delete(f"/api/tokens/{other['id']}/")

        assert with_token(other["token"]).get("/api/me/").json()["code"] == "invalid_token"

    def test_of_a_disabled_user_are_worth_nothing(self, owner: User) -> None:
        client = client_of(owner)
        User.objects.update(is_active=False)

        assert client.get("/api/me/").json()["code"] == "user_inactive"

    @pytest.mark.parametrize("header", ["Token", "Token a b", "Token \xff\xfe", "Token " + "0" * 5000, "Token \u2603"])
    def test_that_are_none_are_refused(self, owner: User, header: str) -> None:
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=header.encode("utf-8").decode("latin-1"))

        assert client.get("/api/me/").status_code == 401

    def test_say_when_they_were_used(self, owner: User) -> None:
        client = client_of(owner)

        client.get("/api/me/")

        assert timezone.now() - Token.objects.get().last_used_at < timedelta(seconds=10)

    def test_are_made_once_for_one_key_and_shown_once(self, owner: User) -> None:
        client = client_of(owner)

        first = client.post("/api/tokens/", {"name": "one"}, headers={"Idempotency-Key": "k"})
        again = client.post("/api/tokens/", {"name": "one"}, headers={"Idempotency-Key": "k"})

        assert Token.objects.filter(name="one").count() == 1
        assert first.json()["token"]
        assert (again.json()["token"], again["Idempotent-Replayed"]) == (None, "true")

    def test_have_no_more_scope_than_what_they_say(self, owner: User) -> None:
        reader, runner = client_of(owner, "read"), client_of(owner, "run")
        body = {"name": "x", "code": "x = 1"}

        assert reader.get("/api/strategies/").status_code == 200
        assert reader.post("/api/strategies/", body).json()["code"] == "insufficient_scope"
        assert runner.post("/api/strategies/", body).status_code == 201
        assert runner.post("/api/tokens/", {"name": "more"}).json()["code"] == "insufficient_scope"

    def test_are_limited_in_number(self, owner: User, settings: object) -> None:
        settings.TOKENS_LIMIT = 2
        client = client_of(owner)

        answers = [client.post("/api/tokens/", {"name": str(n)}) for n in range(2)]

        assert [answer.status_code for answer in answers] == [201, 409]


class TestPasswords:
    def test_cannot_be_guessed_for_long(self, owner: User, settings: object) -> None:
        settings.AXES_FAILURE_LIMIT = 3
        for _ in range(3):
            assert with_password("wrong").post("/api/tokens/", {"name": "x"}).status_code in (401, 429)

        answer = with_password(PASSWORD).post("/api/tokens/", {"name": "x"})

        assert (answer.status_code, answer.json()["code"]) == (429, "login_throttled")
        assert answer["Retry-After"] == "900"

    def test_cannot_be_guessed_in_the_admin_either(self, owner: User, settings: object) -> None:
        settings.AXES_FAILURE_LIMIT = 3
        browser = APIClient()
        form = {"username": "owner", "password": "wrong"}

        codes = [browser.post("/admin/login/", form, format="multipart").status_code for _ in range(4)]
        answer = browser.post("/admin/login/", {**form, "password": PASSWORD}, format="multipart")

        assert codes[-1] == answer.status_code == 429
        assert b"Wait a while" in answer.content


class TestStaff:
    def test_leave_a_trace_on_what_is_not_theirs(self, owner: User) -> None:
        strategy = strategy_of(owner)
        boss = User.objects.create_user("boss", is_staff=True)

        client_of(boss).patch(f"/api/strategies/{strategy.pk}/", {"name": "Renamed"})
        client_of(boss).post(f"/api/runs/{run_of(strategy).pk}/cancel/")
        client_of(owner).patch(f"/api/strategies/{strategy.pk}/", {"name": "Mine again"})

        traces = LogEntry.objects.order_by("pk").values_list("user__username", "object_id", "change_message")
        assert [row[0] for row in traces] == ["boss", "boss"]
        assert traces[0][1] == str(strategy.pk)
        assert "PATCH" in traces[0][2]

    def test_need_the_scope_for_it(self, owner: User) -> None:
        strategy = strategy_of(owner)
        boss = client_of(User.objects.create_user("boss", is_staff=True), "run")

        seen = boss.get(f"/api/strategies/{strategy.pk}/")
        changed = boss.patch(f"/api/strategies/{strategy.pk}/", {"name": "Renamed"})

        assert seen.status_code == 200
        assert (changed.status_code, changed.json()["code"]) == (403, "insufficient_scope")
        assert Strategy.objects.get().name == "One"

    def test_do_not_see_the_tokens_of_others(self, owner: User) -> None:
        Token.objects.create(user=owner, name="secret plan")
        boss = client_of(User.objects.create_user("boss", is_staff=True))

        assert "secret plan" not in boss.get("/api/tokens/").content.decode()


@pytest.mark.django_db
class TestCommand:
    def test_makes_the_first_user_and_token(self) -> None:
        said = StringIO()

        call_command(
            "create_token", "quinn", "--staff", "--scope", "admin", "--days", "1", stdout=said, stderr=StringIO()
        )

        who = with_token(said.getvalue().strip()).get("/api/me/").json()
        assert (who["username"], who["is_staff"], who["token"]["scopes"]) == ("quinn", True, ["read", "run", "admin"])
        assert not User.objects.get().has_usable_password()

    def test_refuses_tokens_that_last_for_ever(self) -> None:
        with pytest.raises(CommandError, match="1 to 365"):
            call_command("create_token", "quinn", "--days", "9999")

    def test_keeps_the_token_of_this_machine(self, tmp_path: object) -> None:
        file = tmp_path / "token"

        first, second = local_token(file), local_token(file)

        assert first == second
        assert file.stat().st_mode & 0o777 == 0o600


@pytest.fixture(autouse=True)
def _fresh_cache() -> None:
    cache.clear()
