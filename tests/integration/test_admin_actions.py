"""The desk as a place to work: verdicts, bulk actions, comparisons, the first page."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from backtest_engine.limited import LimitReached
from strategy_api.accounts.models import Token
from strategy_api.runs.models import Run
from strategy_api.strategies.models import Review
from tests.integration.conftest import client_of
from tests.integration.records import execution_of, run_of, strategy_of

STRATEGIES = "/admin/strategies/strategy/"


@pytest.fixture
def owner(db: None) -> User:
    """Somebody with strategies."""
    return User.objects.create_user("owner")


@pytest.fixture
def desk(owner: User) -> Client:
    """A superuser's browser."""
    client = Client()
    client.force_login(User.objects.create_superuser("boss"))
    return client


def verdict(status: str, comment: str) -> dict[str, Any]:
    """Return the change form with one verdict filled in."""
    inlines = {"versions": 2, "reviews": 0}
    management = {f"{name}-INITIAL_FORMS": count for name, count in inlines.items()}
    totals = {"versions-TOTAL_FORMS": 0, "versions-INITIAL_FORMS": 0, "reviews-TOTAL_FORMS": 1}
    return {
        **management,
        **totals,
        "name": "One",
        "tags": "[]",
        "reviews-0-status": status,
        "reviews-0-comment": comment,
    }


class TestVerdicts:
    def test_are_given_with_a_reason_and_seen_by_the_owner(self, desk: Client, owner: User) -> None:
        strategy = strategy_of(owner)

        answer = desk.post(f"{STRATEGIES}{strategy.pk}/change/", verdict("changes_requested", "Say when it exits."))

        assert answer.status_code == 302, answer.content.decode()[:2000]
        address = f"/api/strategies/{strategy.pk}/"
        (review,) = client_of(owner).get(f"{address}reviews/").json()["results"]
        assert (review["status"], review["comment"]) == ("changes_requested", "Say when it exits.")
        assert (review["reviewer"], review["version"]) == ("boss", 2)
        assert client_of(owner).get(address).json()["status"] == "changes_requested"

    def test_are_given_to_many_at_once(self, desk: Client, owner: User) -> None:
        chosen = [strategy_of(owner, name=str(number)).pk for number in range(3)]

        desk.post(STRATEGIES, {"action": "approve", "comment": "Well done.", "_selected_action": chosen})

        assert list(Review.objects.values_list("status", "comment")) == [("approved", "Well done.")] * 3

    def test_may_be_given_by_staff_who_may_change_strategies(self, owner: User) -> None:
        reviewer = User.objects.create_user("reviewer", is_staff=True)
        reviewer.user_permissions.add(
            Permission.objects.get_by_natural_key("change_strategy", "strategies", "strategy")
        )
        client = Client()
        client.force_login(reviewer)
        strategy = strategy_of(owner)

        answer = client.post(f"{STRATEGIES}{strategy.pk}/change/", verdict("approved", "Well done."))

        assert answer.status_code == 302, answer.content.decode()[:2000]
        assert list(Review.objects.values_list("status", "reviewer__username")) == [("approved", "reviewer")]

    def test_are_not_changed_later(self, desk: Client, owner: User) -> None:
        strategy = strategy_of(owner)
        desk.post(f"{STRATEGIES}{strategy.pk}/change/", verdict("approved", "first"))

        page = desk.get(f"{STRATEGIES}{strategy.pk}/change/").content.decode()

        assert "first" in page
        assert 'name="reviews-0-comment"' not in page


class TestBulkActions:
    def test_cancel_what_has_not_ended(self, desk: Client, owner: User) -> None:
        strategy = strategy_of(owner)
        runs = [run_of(strategy), run_of(strategy), run_of(strategy, state="succeeded", finished_at=timezone.now())]

        page = desk.post(
            "/admin/runs/run/", {"action": "cancel", "_selected_action": [run.pk for run in runs]}, follow=True
        )

        assert "2 of 3 cancelled" in page.content.decode()
        assert Run.objects.filter(state="cancelled").count() == 2

    def test_revoke_tokens(self, desk: Client, owner: User) -> None:
        client = client_of(owner)
        tokens = [str(token.pk) for token in Token.objects.filter(user=owner)]
        form = {"action": "delete_selected", "_selected_action": tokens, "post": "yes"}

        desk.post("/admin/accounts/token/", form)

        assert client.get("/api/me/").status_code == 401


class TestPages:
    def test_compare_any_two_versions(self, desk: Client, owner: User) -> None:
        strategy = strategy_of(owner)
        address = f"/admin/strategies/strategyversion/{strategy.current_version_id}/compare/"

        beside_its_parent = desk.get(address).content.decode()
        against_itself = desk.get(f"{address}?against=x").content.decode()

        for page in (beside_its_parent, against_itself):
            assert 'class="replace"' in page
            assert "<pre>x = 1</pre>" in page
            assert "<pre>x = 2</pre>" in page

    def test_say_so_when_versions_cannot_be_compared_now(
        self, desk: Client, owner: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def give_up(*_: object, **__: object) -> None:
            raise LimitReached("busy")

        monkeypatch.setattr("strategy_api.strategies.diffs.compared", give_up)
        address = f"/admin/strategies/strategyversion/{strategy_of(owner).current_version_id}/"

        version, compared = desk.get(f"{address}change/"), desk.get(f"{address}compare/")

        assert (version.status_code, compared.status_code) == (200, 503)
        for page in (version, compared):
            assert "cannot be compared now" in page.content.decode()

    def test_lead_with_failures_queue_and_reviews(self, desk: Client, owner: User) -> None:
        strategy = strategy_of(owner, name="Waiting for you", status="in_review")
        run_of(strategy)
        run_of(strategy, state="failed", error_code="strategy_raised", finished_at=timezone.now())

        page = desk.get("/admin/").content.decode()

        assert "Waiting for you" in page
        assert "?failure=strategy_raised" in page
        assert "The oldest waits for" in page

    def test_show_the_rest_when_keys_are_not_known(
        self, desk: Client, owner: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail() -> None:
            raise ConnectionError

        monkeypatch.setattr("strategy_api.strategies.dashboard.language_models.key_states", fail)

        assert "Not known at the moment." in desk.get("/admin/").content.decode()

    def test_never_show_what_makes_a_token(self, desk: Client, owner: User) -> None:
        token, text = Token.objects.create(user=owner, name="laptop")

        pages = [desk.get(f"/admin/accounts/token/{part}").content.decode() for part in ("", f"{token.pk}/change/")]

        for page in pages:
            assert "laptop" in page
            assert text not in page
            assert token.digest not in page
            assert token.token_key not in page

    def test_list_failures_by_what_went_wrong(self, desk: Client, owner: User) -> None:
        strategy = strategy_of(owner)
        execution_of(strategy)
        execution_of(strategy, status="failed", error_code="wall_time_limit", metrics=None)

        page = desk.get("/admin/strategies/execution/?failure=wall_time_limit").content.decode()

        assert "1 execution" in page
