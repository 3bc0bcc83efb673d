"""A new kind of run is one file and one line: route, schema, limits, events, cancellation, idempotency come with it."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import override_settings
from django.urls import include, path, re_path
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from strategy_api.accounts.models import IdempotencyKey
from strategy_api.runs import kinds, leases, outcomes, submission, sweeper, worker
from strategy_api.runs.models import Run
from tests.integration.conftest import client_of
from tests.integration.ping import PART, PING
from tests.integration.test_strategies import CODE

LEASE = timedelta(seconds=30)


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    """The kinds of `ping`, registered by a line each, and the addresses with theirs among them."""
    kinds.register(PING)
    kinds.register(PART)
    addresses = ModuleType("addresses")
    addresses.urlpatterns = [  # type: ignore[attr-defined]
        re_path("^api/", include(submission.routes())),
        path("", include(django_settings.ROOT_URLCONF)),
    ]
    with override_settings(ROOT_URLCONF=addresses):
        yield
    kinds.unregister(PING)
    kinds.unregister(PART)


def work_off() -> None:
    """Do everything that waits, as workers would: as many messages as there are runs."""
    while run_id := Run.objects.claimable(timezone.now()).values_list("pk", flat=True).first():
        worker.perform(run_id)


def ask(api: APIClient, **body: Any) -> dict[str, Any]:
    """Submit a ping and return the run."""
    answer = api.post("/api/ping/", {"text": "hello", **body})
    assert answer.status_code == 202, answer.json()
    run: dict[str, Any] = answer.json()
    return run


def shown(api: APIClient, run: dict[str, Any]) -> dict[str, Any]:
    """Return a run as it is now."""
    found: dict[str, Any] = api.get(f"/api/runs/{run['id']}/").json()
    return found


class TestNewKind:
    def test_has_a_route_that_validates_and_a_result(self, api: APIClient) -> None:
        refused = api.post("/api/ping/", {"text": 3, "loud": True})
        run = ask(api)
        work_off()

        assert refused.status_code == 400
        assert {error["pointer"] for error in refused.json()["errors"]} == {"/text", "/loud"}
        assert shown(api, run)["state"] == "succeeded"
        assert shown(api, run)["result"]["answer"] == "HELLO"

    def test_has_events(self, api: APIClient) -> None:
        run = ask(api)
        work_off()

        events = api.get(run["links"]["events"], headers={"Accept": "application/json"}).json()

        assert [event["type"] for event in events] == ["run.queued", "run.started", "ping.started", "run.succeeded"]

    def test_is_in_the_schema(self) -> None:
        document = SchemaGenerator().get_schema(request=None, public=True)
        operation = document["paths"]["/api/ping/"]["post"]

        assert operation["summary"] == "Ping"
        assert "202" in operation["responses"]
        assert {parameter["name"] for parameter in operation["parameters"]} == {"Idempotency-Key", "Prefer"}
        assert "too_many_runs" in operation["responses"]["429"]["description"]

    def test_can_be_filtered_by(self, api: APIClient) -> None:
        run = ask(api)

        assert [row["id"] for row in api.get("/api/runs/?kind=ping").json()["results"]] == [run["id"]]
        assert api.get("/api/runs/?kind=execute").json()["results"] == []
        assert api.get("/api/runs/?kind=pong").status_code == 400

    def test_is_submitted_once_for_one_key(self, api: APIClient) -> None:
        answers = [api.post("/api/ping/", {"text": "a"}, headers={"Idempotency-Key": "k"}) for _ in range(3)]

        assert len({answer.json()["id"] for answer in answers}) == 1
        assert [answer.headers.get("Idempotent-Replayed") for answer in answers] == [None, "true", "true"]

    def test_counts_by_its_weight(self, api: APIClient, settings: Any) -> None:
        settings.QUEUED_RUNS_LIMIT = 45
        ask(api), ask(api)

        refused = api.post("/api/ping/", {"text": "one more"})

        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_runs")

    def test_is_cancelled(self, api: APIClient) -> None:
        run = ask(api)

        assert api.post(run["links"]["cancel"]).json()["state"] == "cancelled"

    def test_fails_once_where_its_result_cannot_be_stored(self, api: APIClient) -> None:
        run = ask(api, unstorable=True)
        work_off()

        failed = shown(api, run)
        assert (failed["state"], failed["error"]["code"], failed["attempt"]) == ("failed", "result_not_storable", 1)

    def test_that_a_worker_does_not_know_fails_with_the_reason(self, api: APIClient) -> None:
        run = ask(api)
        kinds.unregister(PING)
        work_off()
        kinds.register(PING)

        assert shown(api, run)["error"]["code"] == "unknown_kind"


class TestChildren:
    def test_are_worked_off_before_their_parent_goes_on(self, api: APIClient) -> None:
        run = ask(api, parts=5)
        work_off()

        done = shown(api, run)
        assert done["state"] == "succeeded"
        assert done["result"]["parts"] == [0, 1, 2, 3, 4]
        assert done["attempt"] == 1
        progress = [event.data for event in Run.objects.get(pk=run["id"]).events.filter(type="children.progress")]
        assert [(step["done"], step["total"]) for step in progress] == [(number, 5) for number in range(1, 6)]

    def test_hold_no_worker_while_they_are_waited_for(self, api: APIClient) -> None:
        run = ask(api, parts=2)

        worker.perform(Run.objects.get().pk)

        waiting = Run.objects.get(pk=run["id"])
        assert (waiting.state, waiting.lease_token, waiting.waits_for_children) == ("running", None, True)
        assert [child.state for child in waiting.children.all()] == ["queued", "queued"]

    def test_weigh_nothing_beside_their_parent(self, api: APIClient, settings: Any) -> None:
        settings.QUEUED_RUNS_LIMIT = 40
        ask(api, parts=40)
        worker.perform(Run.objects.get().pk)

        ask(api)

        assert Run.objects.filter(parent__isnull=False).count() == 40

    def test_are_cancelled_with_their_parent(self, api: APIClient) -> None:
        run = ask(api, parts=3)
        worker.perform(Run.objects.get().pk)
        working = leases.claim(Run.objects.filter(parent=run["id"]).order_by("position")[0].pk, lease=LEASE)

        cancelled = api.post(f"/api/runs/{run['id']}/cancel/").json()

        assert cancelled["state"] == "cancelled"
        children = Run.objects.filter(parent=run["id"]).order_by("position")
        assert [child.state for child in children] == ["running", "cancelled", "cancelled"]
        assert working is not None
        assert children[0].cancel_requested_at is not None

    def test_that_nobody_waits_for_are_cancelled_at_its_end(self, api: APIClient) -> None:
        ask(api, parts=3, patient=False)

        worker.perform(Run.objects.get().pk)

        assert set(Run.objects.values_list("kind", "state")) == {("ping", "succeeded"), ("ping_part", "cancelled")}

    def test_are_not_submitted_again_by_an_attempt_after_a_crash(self, api: APIClient) -> None:
        ask(api, parts=3)
        run_id = Run.objects.get().pk
        lease = leases.claim(run_id, lease=LEASE)
        assert lease is not None
        worker.Job(lease=lease).submit_child(PART, {"part": 0}, position=0)
        Run.objects.filter(pk=run_id).update(lease_until=timezone.now() - timedelta(seconds=1))

        work_off()

        assert Run.objects.filter(parent=run_id).count() == 3
        assert Run.objects.get(pk=run_id).state == "succeeded"

    def test_that_end_at_the_same_time_wake_their_parent_once(self, api: APIClient) -> None:
        run = ask(api, parts=8)
        worker.perform(Run.objects.get().pk)
        start = threading.Barrier(8)

        def end(child: Run) -> None:
            start.wait()
            worker.perform(child.pk)
            connection.close()

        threads = [threading.Thread(target=end, args=[child]) for child in Run.objects.filter(parent=run["id"])]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        woken = Run.objects.get(pk=run["id"])
        assert (woken.state, woken.waits_for_children) == ("queued", False)

    def test_whose_parent_was_never_told_are_found_by_the_sweeper(self, api: APIClient) -> None:
        run = ask(api, parts=1)
        worker.perform(Run.objects.get().pk)
        now = timezone.now()
        Run.objects.filter(parent=run["id"]).update(state="succeeded", finished_at=now)

        sweeper.sweep()

        assert Run.objects.get(pk=run["id"]).state == "queued"

    def test_are_listed_and_linked(self, api: APIClient) -> None:
        run = ask(api, parts=2)
        worker.perform(Run.objects.get().pk)

        children = api.get(f"/api/runs/?parent={run['id']}").json()["results"]

        assert len(children) == 2
        assert children[0]["links"]["parent"].endswith(f"/api/runs/{run['id']}/")
        assert children[0]["parent"] == run["id"]

    def test_leave_a_finished_parent_as_it_is(self, api: APIClient) -> None:
        run = ask(api, parts=1)
        worker.perform(Run.objects.get().pk)
        child = leases.claim(Run.objects.get(parent=run["id"]).pk, lease=LEASE)
        outcomes.finish(Run.objects.get(pk=run["id"]).pk, Run.State.CANCELLED, lease_token=None)
        assert child is not None

        child.settle(Run.State.SUCCEEDED)

        assert Run.objects.get(pk=run["id"]).state == "cancelled"


class TestOneKey:
    def test_of_many_requests_to_two_routes_at_once_makes_one_object(self, owner: User) -> None:
        """Twenty at once, with one key, two routes and two bodies: one is done, the rest replay it or are refused."""
        start = threading.Barrier(20)
        answers: list[Any] = []
        token_client = client_of(owner)

        def post(number: int) -> None:
            client = APIClient()
            client.credentials(**token_client._credentials)
            start.wait()
            if number % 2:
                answer = client.post("/api/ping/", {"text": f"{number % 4}"}, headers={"Idempotency-Key": "same"})
            else:
                body = {"name": f"{number % 4}", "code": CODE}
                answer = client.post("/api/strategies/", body, headers={"Idempotency-Key": "same"})
            answers.append(answer)
            connection.close()

        threads = [threading.Thread(target=post, args=[number]) for number in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        done = [answer for answer in answers if answer.status_code in (201, 202)]
        assert len({answer.json()["id"] for answer in done}) == 1
        assert sum("Idempotent-Replayed" not in answer.headers for answer in done) == 1
        assert {answer.status_code for answer in answers} - {201, 202} == {422}
        assert len(done) == 5
        assert IdempotencyKey.objects.count() == 1
        assert Run.objects.filter(kind="ping").count() + owner.strategies.count() == 1
