"""What a strategy leaves in events and results is stored by every database, or refused once."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User

from backtest_engine.checks.parameters import check_broker
from backtest_engine.domain import BROKER_RANGES, BrokerSettings
from backtest_engine.errors import InvalidParameter, StrategyError
from strategy_api.common.storable import storable
from strategy_api.runs import event_data, events, kinds, worker
from strategy_api.runs.kinds import RunKind
from strategy_api.runs.models import Run, RunEvent
from tests.integration.conftest import client_of
from tests.integration.records import run_of, strategy_of

NESTED: Any = []
for _ in range(500):
    NESTED = [NESTED]
HOSTILE = {
    "nul": "a\x00b",
    "surrogate": "\ud800x\udfff",
    "nan": float("nan"),
    "infinity": float("-inf"),
    "huge": 10**5_000,
    "beyond": 10**309,
    "nested": NESTED,
    "key": {"\x00": 1, "\ud800": 2},
    "long": "x" * 1_000_000,
    "object": object(),
    "bytes": b"\xff",
    "many": list(range(200_000)),
}


@pytest.fixture
def run(owner: User) -> Run:
    """A run that waits."""
    return run_of(strategy_of(owner))


class TestEvents:
    @pytest.mark.parametrize("name", HOSTILE)
    def test_keep_what_can_be_kept(self, run: Run, name: str) -> None:
        events.append_event(run.pk, "test", value=HOSTILE[name], other=1)

        kept = RunEvent.objects.get(run=run).data
        assert kept.get("other") == 1 or kept == {"not_storable": ["other", "value"]}
        assert len(json.dumps(kept)) <= event_data.MOST_CHARACTERS

    def test_of_strange_names_are_kept(self, run: Run) -> None:
        events.append_event(run.pk, "test", **{"\x00": 1, "\ud800": object()})

        assert RunEvent.objects.get(run=run).data == {"not_storable": ["\ufffd", "\ufffd\ufffd\ufffd"]}


class TestResults:
    @pytest.mark.parametrize("name", HOSTILE)
    @pytest.mark.parametrize("fails", [False, True])
    def test_are_stored_or_refused_once(
        self, run: Run, monkeypatch: pytest.MonkeyPatch, name: str, fails: bool
    ) -> None:
        def perform(job: Any) -> None:
            job.emit("test", value=HOSTILE[name])
            job.result["value"] = HOSTILE[name]
            if fails:
                raise StrategyError("bad \x00 \ud800", details={"value": HOSTILE[name]})

        kind = RunKind(name="hostile", queue="execution", perform=perform)
        monkeypatch.setattr(kinds, "find", lambda _: kind)
        Run.objects.filter(pk=run.pk).update(kind="execute")

        worker.perform(run.pk)

        run.refresh_from_db()
        assert run.finished
        assert run.attempt == 1
        assert run.state == "succeeded" or run.error_code in ("result_not_storable", "strategy_error")
        client_of(User.objects.create_user("staff", is_staff=True)).get(f"/api/runs/{run.pk}/").json()


class TestStorable:
    def test_changes_nothing_that_is_sound(self) -> None:
        value = {"a": [1, 2.5, None, True, "é💥", {"b": -(10**300)}]}

        assert storable(value) == value

    @pytest.mark.parametrize("value", [10**309, -(10**400), NESTED, {"a": [10**5000]}])
    def test_refuses_what_nothing_can_stand_for(self, value: Any) -> None:
        with pytest.raises(ValueError, match=r"integer|nested"):
            storable(value)


def engine_takes(name: str, value: float) -> bool:
    try:
        check_broker(BrokerSettings(**{name: value}))
    except InvalidParameter:
        return False
    return True


class TestBrokerRanges:
    @pytest.mark.parametrize("name", BROKER_RANGES)
    def test_are_the_same_in_the_api_and_in_the_engine(self, owner: User, name: str) -> None:
        least, most = BROKER_RANGES[name]
        address = f"/api/strategies/{strategy_of(owner).pk}/execute/"
        api = client_of(owner)
        for value in (least, most, least - 1e-6, most * 1.001, -1.0, 1e300, 10**400, float("inf")):
            accepted = engine_takes(name, value)
            raw = json.dumps({name: value}).replace("Infinity", "1e999")
            answer = api.generic("POST", address, raw, content_type="application/json")

            assert answer.status_code == (202 if accepted else 400), value
