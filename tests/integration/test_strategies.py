"""Strategies over the API: who sees what, versions, retries."""

import pytest
from rest_framework.test import APIClient

from strategy_api.runs.models import Run
from strategy_api.strategies.models import Strategy, StrategyVersion
from tests.integration.conftest import Work

CODE = "x = 1\n"


def create(api: APIClient, **body: object) -> str:
    """Create a strategy and return its address."""
    return api.post("/api/strategies/", {"name": "One", "code": CODE, **body})["Location"]


class TestStrategies:
    def test_are_created_with_a_first_version(self, api: APIClient) -> None:
        answer = api.post("/api/strategies/", {"name": "One", "code": CODE, "tags": ["trend"]})

        assert answer.status_code == 201
        body = api.get(answer["Location"]).json()
        assert body["current_version"]["code"] == CODE
        assert body["current_version"]["origin"] == "manual"
        assert (body["version"], body["tags"], body["status"]) == (1, ["trend"], "draft")

    def test_get_a_new_version_for_new_code_only(self, api: APIClient) -> None:
        strategy = create(api)

        renamed = api.patch(strategy, {"name": "Two", "code": CODE}).json()
        changed = api.patch(strategy, {"code": "x = 2\n"}).json()

        assert (renamed["name"], renamed["version"]) == ("Two", 1)
        assert changed["version"] == 2
        assert [row["number"] for row in api.get(f"{strategy}versions/").json()["results"]] == [2, 1]
        assert api.get(f"{strategy}versions/1/").json()["code"] == CODE

    def test_show_what_a_version_changed(self, api: APIClient) -> None:
        strategy = create(api)
        api.patch(strategy, {"code": "x = 2\ny = 3\n"})

        diff = api.get(f"{strategy}versions/2/diff/").json()

        assert (diff["number"], diff["parent"]) == (2, 1)
        assert "-x = 1\n+x = 2\n+y = 3" in diff["unified"]
        assert [line["kind"] for line in diff["hunks"][0]["lines"]] == ["removed", "added", "added"]

    def test_are_found_by_text_tag_and_status(self, api: APIClient) -> None:
        create(api, name="Golden cross", tags=["trend"])
        create(api, name="Mean reversion")

        def names(query: str) -> list[str]:
            return [row["name"] for row in api.get(f"/api/strategies/?{query}").json()["results"]]

        assert names("search=golden") == ["Golden cross"]
        assert names("tag=trend") == ["Golden cross"]
        assert names("status=archived") == []
        assert names("") == ["Mean reversion", "Golden cross"]

    def test_come_in_pages(self, api: APIClient) -> None:
        for number in range(5):
            create(api, name=str(number))

        first = api.get("/api/strategies/?page_size=3").json()
        second = api.get(first["next"]).json()

        assert [row["name"] for row in first["results"] + second["results"]] == ["4", "3", "2", "1", "0"]

    def test_are_deleted_with_their_history_but_not_under_a_run(self, api: APIClient) -> None:
        strategy = create(api)
        run = api.post(f"{strategy}execute/", {}).json()

        refused = api.delete(strategy)
        api.post(run["links"]["cancel"])
        deleted = api.delete(strategy)

        assert (refused.status_code, refused.json()["code"]) == (409, "run_unfinished")
        assert deleted.status_code == 204
        assert not Strategy.objects.exists()

    def test_cannot_be_approved_by_their_owner(self, api: APIClient) -> None:
        answer = api.patch(create(api), {"status": "approved"})

        assert answer.status_code == 400
        assert answer.json()["errors"][0]["pointer"] == "/status"


class TestVersions:
    def test_are_immutable(self, api: APIClient) -> None:
        create(api)
        version = StrategyVersion.objects.get()

        version.code = "x = 9"
        with pytest.raises(TypeError, match="immutable"):
            version.save()
        with pytest.raises(TypeError, match="immutable"):
            StrategyVersion.objects.update(code="x = 9")

        assert StrategyVersion.objects.get().code == CODE


class TestOwnership:
    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("get", ""),
            ("patch", ""),
            ("delete", ""),
            ("post", "execute/"),
            ("post", "fix_errors/"),
            ("get", "execution_history/"),
            ("get", "versions/"),
            ("get", "versions/1/"),
            ("get", "versions/1/diff/"),
        ],
    )
    def test_makes_a_strategy_invisible_to_others(
        self, api: APIClient, stranger: APIClient, method: str, path: str
    ) -> None:
        address = create(api) + path

        answer = getattr(stranger, method)(address)

        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        assert not Run.objects.exists()

    def test_makes_runs_invisible_to_others_and_visible_to_staff(
        self, api: APIClient, stranger: APIClient, staff: APIClient
    ) -> None:
        run = api.post(f"{create(api)}execute/", {}).json()["links"]["self"]

        assert stranger.get(run).status_code == 404
        assert stranger.get(f"{run}events/", headers={"Accept": "application/json"}).status_code == 404
        assert stranger.post(f"{run}cancel/").status_code == 404
        assert stranger.get("/api/runs/").json()["results"] == []
        assert staff.get(run).status_code == 200

    def test_asks_for_a_token(self, api: APIClient) -> None:
        address = create(api)

        answer = APIClient().get(address)

        assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
        assert answer["WWW-Authenticate"].startswith("Token")


class TestIdempotency:
    def test_gives_the_same_run_for_the_same_request(self, api: APIClient) -> None:
        strategy = create(api)

        answers = [
            api.post(f"{strategy}execute/", {"cash": 5_000}, headers={"Idempotency-Key": "k1"}) for _ in range(3)
        ]

        assert len({answer.json()["id"] for answer in answers}) == 1
        assert [answer.get("Idempotent-Replayed") for answer in answers] == [None, "true", "true"]
        assert Run.objects.count() == 1

    def test_refuses_another_body(self, api: APIClient) -> None:
        strategy = create(api)
        api.post(f"{strategy}execute/", {"cash": 5_000}, headers={"Idempotency-Key": "k1"})

        answer = api.post(f"{strategy}execute/", {"cash": 6_000}, headers={"Idempotency-Key": "k1"})

        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")

    def test_covers_strategies_too(self, api: APIClient) -> None:
        body = {"name": "One", "code": CODE}

        first = api.post("/api/strategies/", body, headers={"Idempotency-Key": "s1"})
        again = api.post("/api/strategies/", body, headers={"Idempotency-Key": "s1"})

        assert (first.status_code, again.status_code) == (201, 201)
        assert first.json()["id"] == again.json()["id"]

    def test_keys_belong_to_their_user(self, api: APIClient, stranger: APIClient) -> None:
        body = {"name": "One", "code": CODE}

        mine = api.post("/api/strategies/", body, headers={"Idempotency-Key": "s1"}).json()
        theirs = stranger.post("/api/strategies/", body, headers={"Idempotency-Key": "s1"}).json()

        assert mine["id"] != theirs["id"]


class TestRequests:
    def test_over_the_size_limit_are_refused(self, api: APIClient, settings: object) -> None:
        answer = api.post("/api/strategies/", {"name": "big", "code": "#" * (1 << 20)})

        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")

    def test_that_are_not_json_are_refused(self, api: APIClient) -> None:
        broken = api.generic("POST", "/api/strategies/", b'{"name": ', content_type="application/json")
        other = api.generic("POST", "/api/strategies/", b"name=x", content_type="text/plain")
        listed = api.generic("POST", "/api/strategies/", b"[1]", content_type="application/json")

        assert (broken.status_code, broken.json()["code"]) == (400, "parse_error")
        assert (other.status_code, other.json()["code"]) == (415, "unsupported_media_type")
        assert listed.status_code == 400

    def test_to_nowhere_answer_with_a_problem(self, api: APIClient) -> None:
        answer = api.get("/api/runs/00000000-0000-0000-0000-000000000000/")

        assert answer.status_code == 404
        assert answer["Content-Type"] == "application/problem+json"

    def test_beyond_the_number_of_unfinished_runs_are_refused(
        self, api: APIClient, settings: object, work: Work
    ) -> None:
        settings.QUEUED_RUNS_LIMIT = 2
        strategy = create(api)

        answers = [api.post(f"{strategy}execute/", {}) for _ in range(3)]

        assert [answer.status_code for answer in answers] == [202, 202, 429]
        assert (answers[2].json()["code"], answers[2]["Retry-After"]) == ("too_many_runs", "5")


class TestIndicators:
    def test_lead_with_the_core_ones(self, api: APIClient) -> None:
        names = [row["name"] for row in api.get("/api/strategies/available_indicators/").json()]

        assert names[:7] == ["sma", "ema", "rsi", "macd", "bollinger", "atr", "stochastic"]

    def test_say_what_they_take_and_give(self, api: APIClient) -> None:
        (rsi,) = [
            row
            for row in api.get("/api/strategies/available_indicators/?search=relative strength index").json()
            if row["name"] == "rsi"
        ]

        assert rsi["parameters"][0]["default"] == 14
        assert rsi["lookback"] == 14
        assert rsi["inputs"] == ["Close"]
