"""Values of another world, in every place that takes one: refused with the name of the place, never a failure."""

import base64
import json
import uuid
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.test import Client
from rest_framework.test import APIClient

from strategy_api.runs.models import Run
from tests.integration.conftest import client_of
from tests.integration.records import execution_of, run_of, strategy_of

HUGE = "9" * 5_000
TEXTS = [
    *(
        "\x00",
        "a\x00b",
        "\ud800",
        "\udfff\ud800",
        "\u202e",
        "\ufffe",
        "💥" * 50,
        "%",
        "_",
        "\\",
        "'",
        '"',
        "' OR 1=1 --",
    ),
    *(
        "-1",
        "0",
        "1e999",
        "-1e999",
        "NaN",
        "Infinity",
        "1_000",
        "٣",
        "½",
        "0x10",
        " 1 ",
        "1.0",
        "+1",
        "--1",
        HUGE,
        "-" + HUGE,
    ),
    *("9" * 19, "9223372036854775808", "-9223372036854775809", "2147483648", "1e308", "4e-324"),
    *("0001-01-01", "0000-00-00", "9999-12-31", "10000-01-01", "2024-02-30", "0001-01-01T00:00:00+14:00"),
    *("9999-12-31T23:59:59-14:00", "1600-01-01T00:00:00Z", "9000-01-01T00:00:00Z", "2024-01-01T00:00:00+99:99"),
    *("2024-01-01T24:00:00Z", "2024-01-01T23:59:60Z", "1677-09-21", "2262-04-12", "-0001-01-01", "2024-W01-1"),
    *("x" * 199, "x" * 201, "x" * 4_000, "a " * 100, "(" * 150, "[" * 199, "*" * 199, "%" * 199, "_" * 199, "a%" * 99),
    *(
        "true",
        "True",
        "null",
        "None",
        "[]",
        "{}",
        "[object Object]",
        "../../etc/passwd",
        "a,b,c",
        ",,,,",
        "name,name",
        "__class__",
    ),
]
QUERIES = {
    "/api/strategies/": (
        *("status", "tag", "search", "created_after", "created_before", "ordering", "page_size", "cursor", "fields"),
        "format",
    ),
    "/api/executions/": (
        *("status", "symbol", "interval", "created_after", "created_before", "verified", "ordering", "strategy"),
        *("page_size", "cursor", "fields"),
    ),
    "/api/runs/": ("state", "kind", "strategy", "parent", "ordering", "page_size", "cursor", "fields"),
    "/api/data/bars/?symbol=GOOG": ("interval", "start_date", "end_date", "after", "page_size", "symbol"),
    "/api/data/symbols/": ("search",),
    "/api/tokens/": ("page_size", "cursor", "ordering"),
    "/api/strategies/available_indicators/": ("search",),
}
VALUES = [
    *(
        None,
        True,
        [],
        {},
        [[]],
        {"a": {"b": []}},
        1e308,
        -1e308,
        10**400,
        -(10**400),
        2**63,
        -(2**63) - 1,
        0.1,
        -0.0,
        1e-320,
    ),
    *(
        "\x00",
        "\ud800",
        "x" * 100_000,
        "💥" * 1000,
        "\n" * 10_000,
        " ",
        "9999-12-31",
        "0001-01-01",
        "1e999",
        "\u202e\u2066",
    ),
]
RAW = ["1e999", "-1e999", HUGE, "-" + HUGE, "1" + "0" * 400, "0." + "9" * 5_000, "1e-99999", "1E+400", "9" * 4_299]

pytestmark = pytest.mark.usefixtures("many_requests")


@pytest.fixture
def owner(db: None) -> User:
    """Somebody with strategies."""
    return User.objects.create_user("owner", is_staff=True, is_superuser=True)


@pytest.fixture
def api(owner: User) -> APIClient:
    """A client that gets what a browser would get where we fail."""
    client = client_of(owner)
    client.raise_request_exception = False
    return client


def failures(answers: Iterable[tuple[Any, Any]]) -> list[str]:
    """Return what was answered with a failure of ours, or not as JSON."""
    found = []
    for asked, answer in answers:
        if answer.status_code >= 500:
            found.append(f"{answer.status_code} {str(asked)[:150]}")
        elif answer.status_code >= 400 and answer["Content-Type"].startswith("application/problem+json"):
            json.loads(answer.content.decode())
    return found


class TestQueries:
    @pytest.mark.parametrize("address", QUERIES)
    def test_of_any_kind_are_answered(self, api: APIClient, owner: User, address: str) -> None:
        execution_of(strategy_of(owner, tags=["a"], description="b"))
        glue = "&" if "?" in address else "?"
        asked = [
            f"{address}{glue}{name}={quote(text, errors='surrogatepass')}"
            for name in QUERIES[address]
            for text in TEXTS
        ]

        assert failures((query, api.get(query)) for query in asked) == []

    @pytest.mark.parametrize(
        ("query", "name"),
        [
            ("/api/data/bars/?symbol=GOOG&after=1600-01-01T00:00:00Z", "after"),
            ("/api/data/bars/?symbol=GOOG&after=9000-01-01T00:00:00Z", "after"),
            ("/api/data/bars/?symbol=GOOG&start_date=0001-01-01", "start_date"),
            ("/api/data/bars/?symbol=GOOG&end_date=9999-12-31", "end_date"),
            ("/api/strategies/?created_after=0001-01-01T00:00:00%2B14:00", "created_after"),
            ("/api/executions/?created_before=9999-12-31T23:59:59-14:00", "created_before"),
            (f"/api/strategies/?page_size={HUGE}", "page_size"),
            ("/api/strategies/?search=" + "a+" * 60, "search"),
            ("/api/strategies/?tag=%00", "tag"),
        ],
    )
    def test_out_of_range_are_refused_by_name(self, api: APIClient, query: str, name: str) -> None:
        answer = api.get(query)

        assert answer.status_code == 400
        assert [error["parameter"] for error in answer.json()["errors"]] == [name]

    def test_of_bytes_that_are_no_text_are_answered(self, api: APIClient) -> None:
        queries = [
            "%ff",
            "a=%ff%fe",
            "search=%ed%a0%80",
            "%00=%00",
            "search=%C0%80",
            "=",
            "&&&",
            "a" * 8_000,
            "search&search",
        ]

        assert failures((query, api.get(f"/api/strategies/?{query}")) for query in queries) == []


class TestCursors:
    def test_made_by_hand_lead_nowhere(self, api: APIClient, owner: User) -> None:
        execution = execution_of(strategy_of(owner))
        places: list[Any] = [
            *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0001-01-01", "\ud800", "\x00", "", "x" * 50),
            *(None, [], {}, True, 1e308, 10**30, -(10**30), "nan", "inf", float("nan"), float("inf"), "1" * 60, 2**63),
        ]
        keys: list[Any] = [str(execution.pk), "\ud800", None, [], {}, 5, 2**63, True, "x", "\x00"]
        orders = ["-created_at", "created_at", "return_pct", "-trade_count", "name", "\ud800", None, 5]
        asked = []
        for place in places:
            for key in keys:
                for order in orders[:4]:
                    asked.append((order, [False, order, place, key]))
        asked += [
            ("-created_at", value) for value in ([], {}, None, 5, "x", [1], [1, 2, 3], [1, 2, 3, 4, 5], [None] * 4)
        ]
        asked += [
            ("-created_at", [back, "-created_at", "2024-01-01T00:00:00Z", str(execution.pk)]) for back in (1, "x", None)
        ]

        def answers() -> Iterable[tuple[Any, Any]]:
            for order, content in asked:
                cursor = base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")
                yield content, api.get(f"/api/executions/?ordering={order}&cursor={cursor}")
            for raw in ("=", "====", "a", "ab", "abc", "/+/+", "💥", "W" * 199, "-_-_"):
                yield raw, api.get(f"/api/executions/?cursor={quote(raw)}")

        assert failures(answers()) == []


class TestAddresses:
    def test_of_objects_that_cannot_be_are_not_found(self, api: APIClient, owner: User) -> None:
        strategy = strategy_of(owner)
        keys = [*TEXTS, "0" * 32, str(uuid.UUID(int=0)), f"{{{strategy.pk}}}", str(strategy.pk).upper()]
        paths = [
            f"/api/{kind}/{quote(key, safe='', errors='surrogatepass')}/"
            for kind in ("strategies", "runs", "tokens")
            for key in keys
        ]
        paths += [
            f"/api/strategies/{strategy.pk}/versions/{quote(key, safe='', errors='surrogatepass')}/{more}"
            for key in keys
            for more in ("", "diff/")
        ]
        paths += ["/api/%ff/", "/%00", "/api/" + "a/" * 2_000, "/api/..%2f..%2fetc/passwd", "//", "/api//strategies//"]

        assert failures((path, api.get(path)) for path in paths) == []


class TestHeaders:
    def test_of_any_kind_are_answered(self, api: APIClient, owner: User) -> None:
        strategy = strategy_of(owner)
        run = run_of(strategy)
        values = [
            "",
            " ",
            "\x7f",
            "é",
            "x" * 8_000,
            HUGE,
            '"',
            'W/"',
            "*",
            ",",
            "a,b",
            "0",
            "-1",
            "1e9",
            "bytes=0-1",
            "٣",
            "%00",
        ]
        names = ["If-None-Match", "If-Match", "Idempotency-Key", "Last-Event-ID", "Prefer", "X-Request-Id", "Accept"]
        names += ["Accept-Encoding", "Range", "Origin", "If-Modified-Since", "Referer", "User-Agent", "Accept-Language"]
        names += ["X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Content-Type", "X-HTTP-Method-Override"]
        address = f"/api/strategies/{strategy.pk}/"

        def answers() -> Iterable[tuple[Any, Any]]:
            for name in names:
                for value in values:
                    headers = {name: value}
                    yield (name, value), api.get(address, headers=headers)
                    yield (name, value), api.patch(address, {"name": "x"}, headers=headers)
                    yield (name, value), api.post(f"{address}execute/", {}, headers=headers)
                    if name == "Last-Event-ID":
                        accept = {"Accept": "application/json"}
                        yield (name, value), api.get(f"/api/runs/{run.pk}/events/", headers=headers | accept)

        assert failures(answers()) == []

    def test_that_say_who_asks_are_answered(self, api: APIClient) -> None:
        values = [
            "Token",
            "Token ",
            "Token a b",
            "Bearer \x00",
            "Basic",
            "Basic ====",
            "Basic " + "A" * 8_000,
            "Token " + "é" * 100,
        ]
        values += [
            f"Basic {base64.b64encode(text).decode()}"
            for text in (b"", b":", b"a", b"\xff:\xff", b"a\x00:b", b"a" * 5_000 + b":b")
        ]
        client = Client(raise_request_exception=False)

        found = failures((value, client.get("/api/tokens/", HTTP_AUTHORIZATION=value)) for value in values)

        assert found == []


class TestBodies:
    def test_of_any_kind_are_answered(self, api: APIClient, owner: User) -> None:
        strategy = strategy_of(owner)
        address = f"/api/strategies/{strategy.pk}/"
        fields = {
            ("POST", "/api/strategies/"): {"name": "a", "code": "x = 1", "description": "", "tags": []},
            ("PATCH", address): {"name": "a", "code": "x", "description": "", "tags": ["a"], "status": "draft"},
            ("POST", f"{address}clone/"): {"name": "a"},
            ("POST", f"{address}execute/"): {
                "version": 1,
                "dataset_fingerprint": "0" * 64,
                "cash": 1e4,
                "commission": 0,
                "spread": 0,
                "parameters": {"n": 1},
                "max_fix_attempts": 0,
                "test_symbol": "GOOG",
                "interval": "1d",
                "start_date": "2010-01-01",
                "end_date": "2011-01-01",
            },
            ("POST", f"{address}fix_errors/"): {"max_attempts": 1, "test_symbol": "GOOG"},
            ("POST", "/api/strategies/generate_with_ai/"): {
                "description": "buy",
                "name": "a",
                "generator": "offline",
                "execute_after_generation": False,
                "max_fix_attempts": 0,
                "start_date": "2010-01-01",
            },
            ("POST", "/api/tokens/"): {"name": "a", "scopes": ["read"], "expires_in_days": 1},
        }

        def answers() -> Iterable[tuple[Any, Any]]:
            for (method, path), body in fields.items():
                for name in body:
                    for value in VALUES:
                        for odd in (value, [value], {"n": value}):
                            sent = json.dumps({**body, name: odd})
                            yield (path, name, odd), api.generic(method, path, sent, content_type="application/json")
                    for raw in RAW:
                        sent = json.dumps({**body, name: "@"}).replace('"@"', raw)
                        answer = api.generic(method, path, sent, content_type="application/json")
                        yield (path, name, raw), answer
                        if answer.status_code == 400:
                            assert {error["pointer"].split("/")[1] for error in answer.json()["errors"]} == {name}
                        sent = json.dumps({**body, name: {"n": "@"}}).replace('"@"', raw)
                        yield (path, name, raw), api.generic(method, path, sent, content_type="application/json")

        assert failures(answers()) == []
        assert Run.objects.exists()

    def test_that_are_not_what_they_say_are_answered(self, api: APIClient) -> None:
        types = [
            "application/json",
            "text/csv",
            "multipart/form-data; boundary=x",
            "multipart/form-data",
            "text/plain",
            "",
        ]
        types += [
            "application/json; charset=utf-16",
            "application/json; charset=nonsense",
            "a" * 500,
            "multipart/form-data; boundary=" + "x" * 300,
        ]
        bodies = [
            b"",
            b"{}",
            b"\xff",
            b"\x00" * 100,
            b"--x\r\n",
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a\x00"\r\n\r\nx\r\n--x--\r\n',
        ]
        bodies += [
            b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n' * 3_000 + b"--x--\r\n",
            '{"a": 1}'.encode("utf-16"),
        ]

        def answers() -> Iterable[tuple[Any, Any]]:
            for kind in types:
                for body in bodies:
                    for path in ("/api/strategies/", "/api/data/import/?symbol=MINE", "/admin/login/"):
                        yield (path, kind, body[:60]), api.generic("POST", path, body, content_type=kind)

        assert failures(answers()) == []


# Django's own filters of dates take one without a time zone.
@pytest.mark.filterwarnings("ignore:DateTimeField")
class TestAdmin:
    def test_takes_any_query(self, owner: User) -> None:
        execution = execution_of(strategy_of(owner))
        client = Client(raise_request_exception=False)
        client.force_login(owner)
        pages = [
            "strategies/strategy",
            "strategies/execution",
            "strategies/strategyversion",
            "runs/run",
            "llm/llmcall",
            "accounts/token",
            "auth/user",
            "axes/accessattempt",
        ]
        names = [
            "q",
            "p",
            "o",
            "created_at__gte",
            "created_at__lt",
            "all",
            "e",
            "_popup",
            "status__exact",
            "id__exact",
            "strategy__id__exact",
        ]
        odd = [*TEXTS, "a " * 2_000, "1.2.3." * 50]

        def answers() -> Iterable[tuple[Any, Any]]:
            for page in pages:
                for name in names:
                    for text in odd[::3] if page == pages[0] else odd[::12]:
                        query = f"/admin/{page}/?{name}={quote(text, errors='surrogatepass')}"
                        yield query, client.get(query)
                for text in odd[::6]:
                    path = f"/admin/{page}/{quote(text, safe='', errors='surrogatepass')}/change/"
                    yield path, client.get(path)
            for text in odd:
                page = f"/admin/strategies/strategyversion/{execution.version_id}/compare/"
                path = f"{page}?against={quote(text, errors='surrogatepass')}"
                yield path, client.get(path)

        assert failures(answers()) == []
