"""Conversations through the API: a turn is a run, its answer is written once, whatever dies in between."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.test import APIClient

from strategy_api.agents.models import Conversation, Message
from strategy_api.runs import topic_types, worker
from strategy_api.runs.models import Run
from strategy_api.strategies.models import Execution, Strategy
from tests.integration.conftest import RSI, Work

LIST = "/api/conversations/"


class Talk:
    """A conversation of a user, with somebody who does the work."""

    def __init__(self, api: APIClient, work: Work, **start: Any) -> None:
        self.api, self.work = api, work
        self.address = f"{LIST}{api.post(LIST, start).json()['id']}/"

    def say(self, content: str = "", **more: Any) -> list[dict[str, Any]]:
        """Say a turn, work until nothing is left to do, and return what answers it."""
        turn = self.api.post(f"{self.address}messages/", {"content": content, **more}).json()
        while Run.objects.filter(state=Run.State.QUEUED).exists():
            self.work()
        number = turn["parameters"]["turn"] if "parameters" in turn else turn["results"][0]["reply_to"]
        return self.api.get(f"{self.address}messages/", {"reply_to": number}).json()["results"]

    @property
    def state(self) -> dict[str, Any]:
        """Where the conversation stands."""
        return self.api.get(self.address).json()


@pytest.fixture
def talk(api: APIClient, work: Work, many_requests: None) -> Talk:
    """A conversation about an RSI strategy."""
    talk = Talk(api, work)
    talk.say(RSI)
    return talk


class TestTurns:
    def test_turn_words_into_a_strategy_with_numbers(self, api: APIClient, work: Work) -> None:
        talk = Talk(api, work)
        messages = talk.say(RSI)
        state = talk.state

        assert [one["message_type"] for one in messages][:4] == ["text", "code", "metrics", "backtest_replay"]
        assert (state["node"], state["awaiting_feedback"], state["feedback_intent"]) == (
            "await_feedback",
            True,
            "new_strategy",
        )
        execution = Execution.objects.get(pk=messages[2]["metadata"]["execution"])
        assert messages[2]["metrics"] == execution.metrics
        assert execution.version.spec == state["spec"]
        assert execution.version.number == state["version"]

    def test_change_the_strategy_by_a_version(self, talk: Talk) -> None:
        messages = talk.say("entry at 25 and 5% stop, on GOOG in 2008")
        state = talk.state
        metrics = next(one for one in messages if one["message_type"] == "metrics")
        execution = Execution.objects.get(pk=metrics["metadata"]["execution"])

        assert state["settings"] == {"symbol": "GOOG", "start": "2008-01-01", "end": "2008-12-31"}
        assert state["spec"]["long"]["stop_loss"] == {"kind": "percent", "percent": 5.0}
        assert execution.version.spec == state["spec"]
        assert execution.version.number == 2
        assert (execution.first_bar_at.year, execution.last_bar_at.year) == (2008, 2008)

    def test_take_a_setting_back(self, talk: Talk) -> None:
        talk.say("for 2008")
        messages = talk.say("all of the data")

        metrics = next(one for one in messages if one["message_type"] == "metrics")
        assert metrics["metadata"]["first_bar_at"].startswith("2004")
        assert talk.state["settings"] == {}

    def test_say_why_from_trades_and_bars(self, talk: Talk) -> None:
        (answer,) = talk.say("why did it lose in 2008?")
        facts = answer["metadata"]["facts"]

        trades = Execution.objects.latest("created_at").trades
        mine = [one for one in trades if "2008" in (one["entry_time"][:4], one["exit_time"][:4])]
        assert facts["count"] == len(mine) > 0
        assert facts["pnl"] == pytest.approx(sum(one["pnl"] for one in mine))
        assert "2008" in answer["content"]

    def test_run_on_several_markets(self, talk: Talk) -> None:
        messages = talk.say("on EURUSD and GOOG")
        symbols = {one["metadata"]["symbol"] for one in messages if one["message_type"] == "metrics"}

        assert symbols == {"EURUSD", "GOOG"}
        assert messages[0]["message_type"] == "comparison"

    def test_name_the_strategy_too(self, talk: Talk) -> None:
        talk.say("call it Dipper")

        assert talk.state["title"] == "Dipper"
        assert Strategy.objects.get().name == "Dipper"

    def test_go_on_with_a_strategy_that_is_there(self, api: APIClient, work: Work, talk: Talk) -> None:
        strategy = str(Strategy.objects.get().pk)
        other = Talk(api, work, strategy=strategy, test_symbol="EURUSD")
        other.say("rsi 7")

        assert other.state["settings"] == {"symbol": "EURUSD"}
        assert other.state["version"] == 2
        assert Execution.objects.latest("created_at").symbol == "EURUSD"

    def test_survive_the_deletion_of_the_strategy(self, api: APIClient, talk: Talk) -> None:
        api.delete(f"/api/strategies/{Strategy.objects.get().pk}/")
        talk.say("rsi 7")

        assert talk.state["spec"]["long"]["entry"]["left"]["parameters"] == {"period": 7}
        assert talk.state["strategy"] == str(Strategy.objects.get().pk)


class TestMessages:
    def test_are_said_once_for_each_client_id(self, talk: Talk) -> None:
        first = talk.say("rsi 10", client_id="a")
        again = talk.say("rsi 10", client_id="a")
        other = talk.api.post(f"{talk.address}messages/", {"content": "rsi 11", "client_id": "a"})

        assert again == first
        assert Message.objects.filter(content="rsi 10").count() == 1
        assert (other.status_code, other.json()["code"]) == (409, "client_id_reused")

    def test_answer_questions_by_option(self, talk: Talk) -> None:
        question = talk.say("3% stop and 6% target") and talk.say("change it to 5%")[-1]
        stop = next(one["id"] for one in question["metadata"]["options"] if "stop" in one["label"])
        assert talk.state["question"]["id"] == question["metadata"]["question_id"]
        talk.say(answers={question["metadata"]["question_id"]: stop})

        side = talk.state["spec"]["long"]
        assert (side["stop_loss"]["percent"], side["take_profit"]["percent"]) == (5.0, 6.0)
        assert talk.state["question"] is None

    @pytest.mark.parametrize(
        ("body", "status"),
        [({}, 422), ({"content": " "}, 422), ({"content": 5}, 400), ({"content": "x", "answers": {"q": 1}}, 400)],
    )
    def test_that_say_nothing_are_refused(self, talk: Talk, body: dict[str, Any], status: int) -> None:
        assert talk.api.post(f"{talk.address}messages/", body).status_code == status

    def test_are_numbered_without_gaps_and_followed_by_topic(self, talk: Talk) -> None:
        talk.say("rsi 10")
        conversation = Conversation.objects.get()
        numbers = list(conversation.messages.values_list("seq", flat=True))
        events, _ = topic_types.events_after(f"conversation:{conversation.pk}", 0)

        assert numbers == list(range(1, conversation.last_seq + 1))
        told = [event["data"]["seq"] for event in events if event["type"] == "message"]
        assert sorted(told) == numbers
        assert {event["type"] for event in events} == {"message", "node", "progress"}
        listed = talk.api.get(f"{talk.address}events/", headers={"Accept": "application/json"}).json()
        assert [event["seq"] for event in listed] == list(range(1, len(events) + 1))

    def test_are_answered_in_their_order(self, api: APIClient, talk: Talk) -> None:
        for content in ("rsi 10", "entry at 25", "undo"):
            api.post(f"{talk.address}messages/", {"content": content})
        for run in Run.objects.filter(state=Run.State.QUEUED).order_by("-created_at"):
            # The last turn is taken first; it waits for those before it.
            try:
                worker.perform(run.pk)
            except worker.TryLater:
                Run.objects.filter(state=Run.State.QUEUED).update(not_before=None)
        while Run.objects.unfinished().exists():
            Run.objects.filter(state=Run.State.QUEUED).update(not_before=None)
            for run in Run.objects.filter(state=Run.State.QUEUED).order_by("-created_at"):
                try:
                    worker.perform(run.pk)
                except worker.TryLater:
                    continue

        assert "RSI(10)" in _rules(talk)
        assert talk.state["spec"]["long"]["entry"]["right"]["value"] == 30


def _rules(talk: Talk) -> str:
    told = [one for one in talk.say("explain it") if one["message_type"] == "text"]
    return str(told[0]["content"])


class TestCrashes:
    @pytest.mark.parametrize("dies", ["before anything", "after its child", "in the write"])
    def test_leave_the_transcript_of_an_undisturbed_turn(
        self, talk: Talk, monkeypatch: pytest.MonkeyPatch, dies: str
    ) -> None:
        class Killed(BaseException):
            """Nothing catches this, as nothing catches SIGKILL."""

        turn = talk.api.post(f"{talk.address}messages/", {"content": "entry at 25 and 5% stop"}).json()
        places = {
            "before anything": "strategy_api.agents.work.converse.step",
            "after its child": "strategy_api.runs.worker.Job.wait_for_children",
            "in the write": "strategy_api.agents.work.converse.publish",
        }
        with monkeypatch.context() as patched:
            if dies == "in the write":
                real = worker.Job.settle

                def settle(job: Any, *arguments: Any, **named: Any) -> None:
                    if job.run.kind == "converse":
                        raise Killed
                    real(job, *arguments, **named)

                patched.setattr(worker.Job, "settle", settle)
            else:
                patched.setattr(places[dies], _raising(Killed))
            with pytest.raises(Killed):
                worker.perform(turn["id"])
        Run.objects.filter(state=Run.State.RUNNING).update(lease_until=timezone.now() - timedelta(seconds=1))
        while Run.objects.claimable(timezone.now()).exists():
            for run in Run.objects.claimable(timezone.now()):
                worker.perform(run.pk)

        answers = talk.api.get(f"{talk.address}messages/", {"reply_to": turn["parameters"]["turn"]}).json()["results"]
        assert [one["message_type"] for one in answers] == ["diff", "metrics", "backtest_replay"]
        assert Strategy.objects.get().versions.count() == 2
        assert Execution.objects.count() == 2
        assert talk.state["awaiting_feedback"]


def _raising(error: type[BaseException]) -> Any:
    def raises(*_: Any, **__: Any) -> None:
        raise error

    return raises


class TestReplay:
    def test_steps_through_bars_orders_fills_and_reasons(self, talk: Talk) -> None:
        execution = Execution.objects.get()
        first = talk.api.get(f"/api/executions/{execution.pk}/replay/", {"page_size": 200}).json()
        second = talk.api.get(f"/api/executions/{execution.pk}/replay/", {"start": first["next"]}).json()

        assert first["bars"] == execution.bars
        assert len(first["time"]) == len(first["close"]) == len(first["indicators"]["RSI(14)"]) == 200
        assert second["start"] == 200
        fills = [one for one in first["fills"] + second["fills"] if one["action"] == "open"]
        entries = [one["entry_bar"] for one in execution.trades if one["entry_bar"] < second["next"]]
        assert [one["bar"] for one in fills] == entries
        order = next(one for one in second["orders"] if one["action"] == "open")
        (reason,) = [one for one in second["reasons"] if one["bar"] == order["bar"]]
        assert reason["rules"][0]["condition"] == "RSI(14) is below 30"
        assert reason["rules"][0]["left"] < 30


class TestOwners:
    def test_see_their_own_only(self, talk: Talk, stranger: APIClient) -> None:
        assert stranger.get(talk.address).status_code == 404
        assert stranger.post(f"{talk.address}messages/", {"content": "rsi 2"}).status_code == 404
        assert stranger.get(LIST).json()["results"] == []

    def test_find_them_by_words(self, talk: Talk) -> None:
        talk.say("call it Dipper")

        assert len(talk.api.get(LIST, {"search": "dipper"}).json()["results"]) == 1
        assert talk.api.get(LIST, {"search": "nowhere"}).json()["results"] == []

    def test_delete_them_and_keep_the_strategy(self, talk: Talk) -> None:
        assert talk.api.delete(talk.address).status_code == 204
        assert Strategy.objects.count() == 1
        assert Message.objects.count() == 0

    def test_cannot_begin_with_the_strategy_of_others(self, talk: Talk, stranger: APIClient) -> None:
        assert stranger.post(LIST, {"strategy": str(Strategy.objects.get().pk)}).status_code == 404


class TestChatPort:
    def test_names_one_conversation_for_each_client(self, owner: User, work: Work, db: None) -> None:
        from strategy_api.agents.chat import Conversations

        port = Conversations()
        assert port.topic_of(user=owner, client_id="page-1") is None
        turn = port.say(user=owner, client_id="page-1", content=RSI, message_id="m1")
        again = port.say(user=owner, client_id="page-1", content=RSI, message_id="m1")

        assert turn.topic == again.topic == port.topic_of(user=owner, client_id="page-1")
        assert Message.objects.count() == 1
