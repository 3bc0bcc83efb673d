"""Lists: order, pages, sparse fields, and a number of queries that does not grow with the rows."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from strategy_api.runs.models import Run, RunEvent
from strategy_api.strategies.models import Execution, Review, Strategy, StrategyVersion
from tests.integration.conftest import client_of
from tests.integration.records import execution_of, execution_values, strategy_of

MANY = 10_000


@pytest.fixture
def owner(db: None) -> User:
    """Somebody with strategies."""
    return User.objects.create_user("owner")


@pytest.fixture
def api(owner: User) -> APIClient:
    """The owner's client."""
    return client_of(owner)


def every(api: APIClient, address: str, key: str = "next") -> list[dict[str, Any]]:
    """Return the rows of all pages in one direction."""
    rows, seen = [], 0
    while address:
        page = api.get(address).json()
        rows += page["results"]
        address = page[key]
        seen += 1
        assert seen < 50
    return rows


class TestPages:
    @pytest.mark.parametrize("ordering", ["return_pct", "-return_pct", "created_at", "-sharpe_ratio", "trade_count"])
    @pytest.mark.parametrize("page_size", [1, 2, 3, 7])
    def test_hold_every_row_once_in_order_there_and_back(
        self, api: APIClient, owner: User, ordering: str, page_size: int
    ) -> None:
        strategy = strategy_of(owner)
        for figure in (3.0, 1.0, None, 2.0, 2.0, None, -4.5):
            missing = {"status": "failed", "error_code": "strategy_raised", "metrics": None} if figure is None else {}
            execution_of(strategy, return_pct=figure, sharpe_ratio=figure, **missing)
        address = f"/api/executions/?ordering={ordering}&page_size={page_size}"

        rows = every(api, address)
        last = api.get(address).json()
        while last["next"]:
            last = api.get(last["next"]).json()
        back = [last["results"]]
        while last["previous"]:
            last = api.get(last["previous"]).json()
            back.insert(0, last["results"])

        assert len({row["id"] for row in rows}) == 7
        assert [row["id"] for page in back for row in page] == [row["id"] for row in rows]
        if "pct" in ordering:
            figures = [row["metrics"] and row["id"] for row in rows]
            assert figures[-2:] == [None, None]

    def test_stay_right_while_rows_are_added(self, api: APIClient, owner: User) -> None:
        old = [strategy_of(owner, name=str(n)) for n in range(4)]
        first = api.get("/api/strategies/?page_size=2").json()

        strategy_of(owner, name="new")
        second = api.get(first["next"]).json()

        names = [row["name"] for row in first["results"] + second["results"]]
        assert names == [strategy.name for strategy in reversed(old)]

    @pytest.mark.parametrize(
        "cursor", ["x", "W10", "bnVsbA", "W2ZhbHNlLCItY3JlYXRlZF9hdCIsImdhcmJhZ2UiLCJ4Il0", "%ED%A0%80", "A" * 200]
    )
    def test_refuse_a_cursor_that_is_not_ours(self, api: APIClient, cursor: str) -> None:
        answer = api.get(f"/api/strategies/?cursor={cursor}")

        assert (answer.status_code, answer.json()["code"]) == (404, "invalid_cursor")

    def test_refuse_a_cursor_of_another_order(self, api: APIClient, owner: User) -> None:
        for number in range(3):
            strategy_of(owner, name=str(number))
        cursor = api.get("/api/strategies/?page_size=1").json()["next"].partition("cursor=")[2].partition("&")[0]

        answer = api.get(f"/api/strategies/?ordering=name&cursor={cursor}")

        assert answer.json()["code"] == "invalid_cursor"


class TestQueries:
    @pytest.mark.parametrize(
        ("query", "parameter"),
        [
            ("page_size=0", "page_size"),
            ("page_size=201", "page_size"),
            ("page_size=ten", "page_size"),
            ("ordering=owner", "ordering"),
            ("status=sleeping", "status"),
            ("stauts=draft", "stauts"),
            ("fields=id,owner", "fields"),
            ("created_after=yesterday", "created_after"),
            ("search=%00", "search"),
        ],
    )
    def test_that_are_not_understood_are_refused_by_name(self, api: APIClient, query: str, parameter: str) -> None:
        answer = api.get(f"/api/strategies/?{query}")

        assert answer.status_code == 400
        assert [error["parameter"] for error in answer.json()["errors"]] == [parameter]

    def test_find_words_in_any_order_and_tags_in_any_script(self, api: APIClient, owner: User) -> None:
        strategy_of(owner, name="Golden cross", description="slow and steady", tags=["趋势", 'a "b"'])
        strategy_of(owner, name="Mean reversion")

        def names(query: dict[str, str]) -> list[str]:
            return [row["name"] for row in api.get("/api/strategies/", query).json()["results"]]

        assert names({"search": "steady golden"}) == ["Golden cross"]
        assert names({"tag": "趋势"}) == ["Golden cross"]
        assert names({"tag": 'a "b"'}) == ["Golden cross"]
        assert names({"tag": "b"}) == []

    def test_send_only_the_fields_that_are_asked_for(self, api: APIClient, owner: User) -> None:
        strategy = strategy_of(owner)

        rows = api.get("/api/strategies/?fields=id,name").json()["results"]
        one = api.get(f"/api/strategies/{strategy.pk}/?fields=status").json()

        assert rows == [{"id": str(strategy.pk), "name": "One"}]
        assert one == {"status": "draft"}


def queries(client: Any, address: str) -> int:
    """Return how many queries an answer takes."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


HEAVY = ("code", "spec", "trades", "equity", "log")


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("/api/strategies/", ()),
        ("/api/strategies/{strategy}/versions/", ()),
        ("/api/strategies/{strategy}/reviews/", ()),
        ("/api/strategies/{strategy}/execution_history/", ()),
        ("/api/executions/", ()),
        ("/api/executions/{execution}/", ("log",)),
        ("/api/executions/{execution}/trades/", ("trades",)),
        ("/api/executions/{execution}/equity/", ("equity",)),
        ("/api/executions/{execution}/report/", ("trades", "equity")),
    ],
)
def test_an_answer_fetches_no_heavy_column_that_it_does_not_show(
    api: APIClient, owner: User, address: str, shown: tuple[str, ...]
) -> None:
    strategy = strategy_of(owner)
    execution = execution_of(strategy)
    Review.objects.create(strategy=strategy, version=strategy.current_version, reviewer=owner, status="approved")

    with CaptureQueriesContext(connection) as captured:
        assert api.get(address.format(strategy=strategy.pk, execution=execution.pk)).status_code == 200

    # The strategy that a list belongs to is looked up with its code.
    last = [query["sql"] for query in captured if "LEFT OUTER JOIN" in query["sql"] or "_execution" in query["sql"]][-1]
    assert {column for column in HEAVY if f'"{column}"' in last.partition(" FROM ")[0]} == set(shown)


def fill(first: Strategy, count: int) -> None:
    """Add rows of every kind, as many of them to one strategy."""
    owner, last = first.owner, first.versions.latest("number").number
    strategies = [Strategy(owner=owner, name=f"s{number}") for number in range(count)]
    Strategy.objects.bulk_create(strategies, batch_size=500)
    versions = [
        StrategyVersion(strategy=strategy, number=1, code="x = 1\n", sha256="0" * 64, origin="manual")
        for strategy in strategies
    ]
    StrategyVersion.objects.bulk_create(versions, batch_size=500)
    for strategy, version in zip(strategies, versions, strict=True):
        strategy.current_version = version
    Strategy.objects.bulk_update(strategies, ["current_version"], batch_size=300)
    StrategyVersion.objects.bulk_create(
        [
            StrategyVersion(
                strategy=first, number=last + number, code="y", sha256="1" * 64, origin="fix", parent=versions[0]
            )
            for number in range(1, count + 1)
        ],
        batch_size=500,
    )
    values = execution_values(first) | {"strategy": None, "version": None}
    about = {"subject_type": "strategy", "subject_id": first.pk, "subject_version": 2}
    runs = [Run(owner=owner, kind="execute", **about) for _ in range(count)]
    Run.objects.bulk_create(runs, batch_size=500)
    RunEvent.objects.bulk_create(
        [RunEvent(run=runs[0], seq=number + 1, type="test.step") for number in range(count)], batch_size=500
    )
    Execution.objects.bulk_create(
        [
            Execution(**{**values, "run": run, "strategy": first, "version": first.current_version, "trades": []})
            for run in runs
        ],
        batch_size=300,
    )


class TestNumberOfQueries:
    def test_is_the_same_for_ten_rows_and_for_ten_thousand(self, owner: User) -> None:
        api, desk = client_of(owner), Client()
        desk.force_login(User.objects.create_superuser("boss"))
        first = strategy_of(owner)
        lists = {
            **dict.fromkeys(("/api/strategies/", "/api/runs/", "/api/executions/", "/api/tokens/"), api),
            f"/api/strategies/{first.pk}/versions/": api,
            f"/api/strategies/{first.pk}/execution_history/?ordering=-sharpe_ratio": api,
            f"/api/strategies/{first.pk}/execution_history/": api,
            **{
                f"/admin/{name}/": desk
                for name in ("strategies/strategy", "strategies/strategyversion", "runs/run", "strategies/execution")
            },
            "/admin/": desk,
        }
        for address, client in lists.items():  # what the first request of a kind looks up for good
            client.get(address)

        fill(first, 10)
        few = {address: queries(client, address) for address, client in lists.items()}
        fill(first, MANY - 10)
        many = {address: queries(client, address) for address, client in lists.items()}

        assert Execution.objects.count() == Run.objects.count() == MANY
        assert many == few
        assert max(few.values()) <= 25
