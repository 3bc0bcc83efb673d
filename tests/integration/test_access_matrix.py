"""Every route × everybody who may knock. The routes come from the URL configuration: one without a rule fails."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from rest_framework.test import APIClient

from strategy_api.accounts.models import Token
from strategy_api.agents.services import begin_conversation
from tests.integration.conftest import client_of
from tests.integration.records import CODE, execution_of, run_of, strategy_of

SAFE = ("get",)
CSV = b"date,open,high,low,close,volume\n2024-01-02,10,11,9,10.5,1000\n2024-01-03,10.5,12,10,11.5,1200\n"


@dataclass(frozen=True)
class World:
    """Somebody's things, and everybody who might want to see them."""

    strategy: str
    run: str
    execution: str
    token: str
    conversation: str
    clients: dict[str, APIClient]

    def address(self, name: str) -> str:
        """Return the address of a route for these things."""
        kind = name.partition("-")[0]
        keys = {
            "strategy": self.strategy,
            "run": self.run,
            "execution": self.execution,
            "conversation": self.conversation,
            "token": self.token,
            "submit": self.strategy,
        }
        for arguments in ([], [keys.get(kind, "")], [keys.get(kind, ""), 2]):
            try:
                return reverse(name, args=arguments)
            except Exception:  # noqa: S112  # the next number of arguments fits
                continue
        raise AssertionError(f"no address for {name}")


@pytest.fixture
def world(db: None, settings: Any, tmp_path: Any) -> World:
    """One owner with one of everything."""
    settings.IMPORTS_DIR = tmp_path
    owner, other = User.objects.create_user("owner"), User.objects.create_user("other")
    staff = User.objects.create_user("staff", is_staff=True)
    strategy = strategy_of(owner)
    run = run_of(strategy)
    token, _ = Token.objects.create(user=owner, name="mine")
    return World(
        strategy=str(strategy.pk),
        run=str(run.pk),
        execution=str(execution_of(strategy).pk),
        token=str(token.pk),
        conversation=str(begin_conversation(owner=owner, title="mine").pk),
        clients={
            "nobody": APIClient(),
            "other": client_of(other),
            "read token": client_of(owner, scope="read"),
            "owner": client_of(owner),
            "staff": client_of(staff),
        },
    )


Expected = dict[str, set[int]]
# Work on what belongs to somebody: to others it does not exist.
OWNED: Expected = {"nobody": {401}, "other": {404}, "read token": {200}, "owner": {200}, "staff": {200}}
OWNED_WRITE = OWNED | {"read token": {403}, "owner": {200, 201, 202, 204}, "staff": {200, 201, 202, 204}}
# Lists and makers: everybody has their own.
OPEN_TO_USERS: Expected = {who: {200} for who in OWNED} | {"nobody": {401}}
MAKES: Expected = {who: {201, 202} for who in OWNED} | {"nobody": {401}, "read token": {403}}
# Tokens are their user's alone, and a token that manages tokens must say so.
TOKENS = OPEN_TO_USERS | {"read token": {403}}
ONE_TOKEN = OWNED_WRITE | {"staff": {404}}
STAFF: Expected = {who: {403} for who in OWNED} | {"nobody": {401}, "staff": {200}}
PUBLIC: Expected = {who: {200} for who in OWNED}

RULES: dict[str, Expected] = {
    "strategy-list GET": OPEN_TO_USERS,
    "strategy-list POST": MAKES,
    "strategy-detail GET": OWNED,
    "strategy-detail PATCH": OWNED_WRITE,
    "strategy-detail DELETE": OWNED_WRITE,
    "strategy-clone POST": OWNED_WRITE,
    "strategy-tags GET": OPEN_TO_USERS,
    "submit-generate POST": MAKES,
    "submit-execute POST": OWNED_WRITE,
    "submit-fix POST": OWNED_WRITE,
    "strategy-available-indicators GET": OPEN_TO_USERS,
    "strategy-execution-history GET": OWNED,
    "strategy-versions GET": OWNED,
    "strategy-version GET": OWNED,
    "strategy-diff GET": OWNED,
    "strategy-reviews GET": OWNED,
    "run-list GET": OPEN_TO_USERS,
    "run-detail GET": OWNED,
    "run-detail DELETE": OWNED_WRITE,
    "run-cancel POST": OWNED_WRITE,
    "run-events GET": OWNED,
    "execution-list GET": OPEN_TO_USERS,
    "execution-detail GET": OWNED,
    "execution-detail DELETE": OWNED_WRITE,
    "execution-trades GET": OWNED,
    "execution-equity GET": OWNED,
    "execution-report GET": OWNED,
    # Rows without bars: whoever may see them is told so.
    "execution-replay GET": OWNED | {who: {409} for who in ("read token", "owner", "staff")},
    "conversation-list GET": OPEN_TO_USERS,
    "conversation-list POST": MAKES,
    "conversation-detail GET": OWNED,
    "conversation-detail PATCH": OWNED_WRITE,
    "conversation-detail DELETE": OWNED_WRITE,
    "conversation-messages GET": OWNED,
    "conversation-messages POST": OWNED_WRITE,
    "conversation-events GET": OWNED,
    "token-list GET": TOKENS,
    "token-list POST": MAKES,
    "token-detail DELETE": ONE_TOKEN,
    "data-symbols GET": OPEN_TO_USERS,
    "data-bars GET": OPEN_TO_USERS,
    "data-import POST": MAKES,
    "data-import DELETE": {who: {404} for who in OWNED} | {"nobody": {401}, "read token": {403}},
    # A ticket may do no more than what asks for it: everybody gets one.
    "tickets POST": MAKES | {"read token": {201}},
    "me GET": OPEN_TO_USERS,
    "keys GET": STAFF,
    "budget GET": STAFF,
    "schema GET": PUBLIC,
    "docs GET": PUBLIC,
    "redoc GET": PUBLIC,
}
# Not of the API: what operators probe, and the way in.
PROBES = {"healthz", "readyz", "metrics"}
BESIDE = {"home", *PROBES}
BODIES: dict[str, Any] = {
    "strategy-list POST": {"name": "New", "code": CODE},
    "strategy-detail PATCH": {"name": "Two"},
    "submit-generate POST": {"description": "buy when RSI < 30, sell when RSI > 70"},
    "token-list POST": {"name": "another"},
    "conversation-list POST": {"test_symbol": "GOOG"},
    "conversation-detail PATCH": {"title": "Two"},
    "conversation-messages POST": {"content": "buy when RSI < 30, sell when RSI > 70"},
}
QUERIES = {
    "data-bars GET": "?symbol=GOOG&page_size=5",
    "data-import POST": "?symbol=MINE",
    "data-import DELETE": "?symbol=MINE",
}


def routes(patterns: Any = None) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield the name and the view of every route outside the admin."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            if pattern.app_name != "admin":
                yield from routes(pattern.url_patterns)
        elif isinstance(pattern, URLPattern):
            yield str(pattern.name), pattern.callback


def operations() -> list[str]:
    """Return every route with every method that it takes."""
    found = []
    for name, view in routes():
        if name in BESIDE:
            continue
        actions = getattr(view, "actions", None) or {
            method: method for method in ("get", "post", "put", "patch", "delete") if hasattr(view.view_class, method)
        }
        found += [f"{name} {method.upper()}" for method in actions if method != "head"]
    return sorted(set(found))


def ask(client: APIClient, world: World, operation: str) -> Any:
    """Send the request that an operation is for."""
    name, _, method = operation.partition(" ")
    address = world.address(name) + QUERIES.get(operation, "")
    if operation == "data-import POST":
        return client.generic("POST", address, CSV, content_type="text/csv")
    headers = {"Accept": "application/json"} if name.endswith("-events") else {}
    if operation in ("strategy-detail DELETE", "run-detail DELETE"):
        world.clients["owner"].post(reverse("run-cancel", args=[world.run]))
    return getattr(client, method.lower())(address, BODIES.get(operation), headers=headers)


class TestAccess:
    def test_is_ruled_for_every_route(self) -> None:
        assert operations() == sorted(RULES)

    @pytest.mark.parametrize("who", list(OWNED))
    @pytest.mark.parametrize("operation", operations())
    def test_is_as_ruled(self, world: World, operation: str, who: str) -> None:
        answer = ask(world.clients[who], world, operation)

        assert answer.status_code in RULES[operation][who], answer.content[:300]
        if answer.status_code >= 400:
            assert answer["Content-Type"] == "application/problem+json"

    @pytest.mark.parametrize("operation", [name for name in sorted(RULES) if RULES[name] is OPEN_TO_USERS])
    def test_shows_nothing_of_others(self, world: World, operation: str) -> None:
        answer = ask(world.clients["other"], world, operation)

        for key in (world.strategy, world.run, world.execution, world.token, world.conversation):
            assert key not in answer.content.decode()

    def test_says_nothing_of_others_in_filters_either(self, world: World) -> None:
        theirs = world.clients["other"].get(f"/api/runs/?strategy={world.strategy}")
        unknown = world.clients["other"].get("/api/runs/?strategy=00000000-0000-0000-0000-000000000000")

        assert theirs.status_code == unknown.status_code == 200
        assert theirs.json()["results"] == unknown.json()["results"] == []

    def test_leaves_probes_to_operators(self, world: World) -> None:
        for name in PROBES:
            assert world.clients["nobody"].get(reverse(name)).status_code in (200, 503)


def admin_routes() -> list[str]:
    """Return the names of the admin's routes."""
    names = []
    for resolver in get_resolver().url_patterns:
        if isinstance(resolver, URLResolver) and resolver.app_name == "admin":
            for pattern in resolver.url_patterns:
                inner = pattern.url_patterns if isinstance(pattern, URLResolver) else [pattern]
                names += [str(route.name) for route in inner if getattr(route, "name", None)]
    return sorted(set(names) - {"login", "logout"})


@pytest.mark.django_db
class TestAdmin:
    @pytest.mark.parametrize("name", admin_routes())
    @pytest.mark.parametrize("known", [False, True], ids=["nobody", "user"])
    def test_sends_everybody_but_staff_to_the_login(self, name: str, known: bool) -> None:
        browser = Client()
        if known:
            browser.force_login(User.objects.create_user("somebody"))
        arguments: list[list[Any]] = [[], ["1"], ["auth"], [1, "x"], ["00000000-0000-0000-0000-000000000000"]]

        for candidate in arguments:
            try:
                address = reverse(f"admin:{name}", args=candidate)
            except Exception:  # noqa: S112  # the next number of arguments fits
                continue
            answer = browser.get(address)
            assert answer.status_code == 302
            assert answer["Location"].startswith("/admin/login/")
            return
        raise AssertionError(f"no address for {name}")
