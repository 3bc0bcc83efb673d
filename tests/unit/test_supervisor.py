"""The supervisor: planted faults, noise, gates, models, pictures."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

import jsonschema
import pytest

from backtest_engine.agents.supervisor.acceptance import p_of_better
from backtest_engine.agents.supervisor.bench import Bench
from backtest_engine.agents.supervisor.classify import kinds_of
from backtest_engine.agents.supervisor.insights import insights
from backtest_engine.agents.supervisor.models import ModelAnalyst, ModelOrchestrator
from backtest_engine.agents.supervisor.objective import aim_of
from backtest_engine.agents.supervisor.panel import Panel
from backtest_engine.agents.supervisor.records import Iteration
from backtest_engine.agents.supervisor.supervisor import Outcome, Supervisor
from backtest_engine.domain import BrokerSettings
from backtest_engine.errors import BudgetExhausted, Cancelled, InvalidParameter, ModelUnavailable
from backtest_engine.ports import CancelSignal, Completion, Prompt
from backtest_engine.spec import FractionSize, PercentDistance, StrategySpec
from tests.fakes.models import ScriptedModel
from tests.score.planted import HONEST, PLANTED, Planted
from tests.score.supervisor import first_look, keeps, on_noise, spec_of

BY_NAME = {planted.name: planted for planted in PLANTED}
DEAD = BY_NAME["entry threshold that is never reached"]
NEAR = BY_NAME["stop nearer than the noise"]


def bench_of(planted: Planted) -> Bench:
    return Bench(dataset=planted.dataset(), broker=planted.broker)


def supervised(planted: Planted, **wishes: Any) -> Outcome:
    return Supervisor(bench=bench_of(planted), **wishes).run(spec_of(planted.words))


class TestAnalyst:
    @pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.name)
    def test_finds_a_planted_fault_and_proposes_the_right_kind_of_change(self, planted: Planted) -> None:
        scored = first_look(planted)

        assert scored.found, [finding.code for finding in scored.findings]
        assert scored.proposed, scored.kinds

    @pytest.mark.parametrize("planted", HONEST, ids=lambda planted: planted.name)
    def test_says_nothing_grave_of_a_strategy_without_fault(self, planted: Planted) -> None:
        assert [finding.code for finding in first_look(planted).findings if finding.severity == "high"] == []


class TestSupervisor:
    @pytest.mark.parametrize("number", range(5))
    def test_keeps_nothing_on_noise_and_says_that_nothing_beats_chance(self, number: int) -> None:
        outcome = on_noise(number)

        assert not keeps(outcome.iterations)
        assert outcome.ending == "nothing_beats_chance"
        assert "Nothing beats chance" in outcome.sentence

    def test_keeps_a_change_that_is_better_beyond_the_noise(self) -> None:
        outcome = supervised(NEAR)

        second = outcome.iterations[1]
        assert (second.kept, second.change and second.change.kind) == (True, "stops")
        assert "beyond the noise" in second.why
        assert outcome.spec != spec_of(NEAR.words)
        assert outcome.evidence_before != outcome.evidence_after
        assert second.change is not None
        assert '"kind": "atr"' in second.change.diff

    def test_proposes_a_moved_threshold_and_leaves_it_alone(self) -> None:
        outcome = supervised(DEAD)

        (proposal,) = [tried for tried in outcome.iterations[0].proposals if tried.proposal.kind == "parameters"]
        assert (proposal.proposal.changes_meaning, proposal.allowed) == (True, False)
        assert "never went below 3" in proposal.proposal.reason
        assert len(outcome.iterations) == 1
        assert outcome.spec == spec_of(DEAD.words)
        assert "`allow`" in outcome.sentence

    def test_moves_a_threshold_that_it_may_move(self) -> None:
        outcome = supervised(DEAD, allow=("parameters",))

        assert outcome.iterations[1].change is not None
        assert outcome.iterations[1].change.kind == "parameters"
        assert outcome.iterations[1].change.changes_meaning

    def test_ends_where_the_objective_is_reached(self) -> None:
        outcome = supervised(NEAR, aim=aim_of("trade_count >= 5"))

        assert outcome.ending == "objective_reached"
        assert len(outcome.iterations) == 1

    def test_refuses_an_objective_that_there_is_not(self) -> None:
        with pytest.raises(InvalidParameter):
            aim_of("happiness >= 3")

    def test_goes_on_after_the_iterations_that_are_there(self) -> None:
        whole = supervised(NEAR)
        kept = [Iteration.from_dict(json.loads(json.dumps(one.as_dict()))) for one in whole.iterations[:1]]
        written: list[int] = []

        again = Supervisor(
            bench=bench_of(NEAR), on_iteration=lambda iteration, _: written.append(iteration.number)
        ).run(spec_of(NEAR.words), done=kept)

        assert written == list(range(2, len(whole.iterations) + 1))
        assert again.ending == whole.ending
        assert [one.as_dict() for one in again.iterations] == [one.as_dict() for one in whole.iterations]

    def test_stops_where_nobody_wants_it_any_more(self) -> None:
        asked = iter([False, False, True, True, True, True])

        with pytest.raises(Cancelled):
            supervised(NEAR, cancelled=lambda: next(asked))

    def test_counts_every_specification_that_it_played(self) -> None:
        outcome = supervised(NEAR)

        tried = {json.dumps(one.spec.as_json()) for one in outcome.iterations if one.spec is not None}
        tried |= {
            json.dumps(row.proposal.spec.as_json())
            for one in outcome.iterations
            for row in one.proposals
            if row.p is not None
        }
        assert outcome.iterations[-1].tries == len(tried)

    def test_tells_the_progress_of_each_iteration(self) -> None:
        events: list[str] = []
        supervised(NEAR, on_event=lambda event, **_: events.append(event))

        assert events[:3] == ["iteration.started", "agent.started", "agent.finished"]
        assert {"agent.thought", "refinement.applied", "iteration.finished"} <= set(events)


class TestAcceptance:
    def test_sees_no_advantage_of_a_strategy_over_itself(self) -> None:
        bench = bench_of(NEAR)
        result = bench.play(spec_of(NEAR.words))

        assert p_of_better(result, result, metric="sharpe_ratio") == 1.0

    def test_is_sure_of_a_plain_advantage(self) -> None:
        bench = bench_of(NEAR)
        without = spec_of("Buy when RSI(5) is below 35. Sell when RSI(5) is above 60.")

        assert p_of_better(bench.play(spec_of(NEAR.words)), bench.play(without), metric="sharpe_ratio") < 0.01


def edited(spec: StrategySpec, **side: Any) -> StrategySpec:
    assert spec.long is not None
    return spec.model_copy(update={"long": spec.long.model_copy(update=side)})


class TestClassify:
    def test_reads_the_kind_of_change_from_the_specifications(self) -> None:
        before = spec_of(NEAR.words)
        cases: Iterable[tuple[StrategySpec, set[str], bool]] = (
            (edited(before, stop_loss=PercentDistance(percent=3)), {"stops"}, False),
            (edited(before, take_profit=PercentDistance(percent=3)), {"exits"}, False),
            (before.model_copy(update={"sizing": FractionSize(fraction=0.5)}), {"sizing"}, False),
            (spec_of(NEAR.words.replace("below 35", "below 30")), {"parameters"}, True),
            (spec_of(NEAR.words.replace("below 35", "below 35 and close is above SMA(50)")), {"filters"}, False),
        )

        for after, kinds, meaning in cases:
            assert kinds_of(before, after) == (kinds, meaning)


def idea(spec: dict[str, Any], **more: Any) -> str:
    told = {"finding": "stop_too_near", "words": "a wider stop", "reason": "It is near.", "expected": "Fewer stops."}
    return json.dumps({"ideas": [{**told, **more, "spec": spec}]})


class SlowModel:
    """A model that answers nothing before it is told to stop."""

    def complete(self, prompt: Prompt, *, cancelled: CancelSignal | None = None) -> Completion:
        while cancelled is None or not cancelled():
            pass
        raise Cancelled("stopped")


class TestModels:
    def test_takes_an_idea_through_the_same_gates(self) -> None:
        wider = edited(spec_of(NEAR.words), stop_loss=PercentDistance(percent=30)).as_json()
        model = ScriptedModel([idea(wider)] * 5)

        outcome = supervised(NEAR, panel=Panel(orchestrator=ModelOrchestrator(model=model)))

        (tried,) = [row for row in outcome.iterations[0].proposals if row.proposal.source == "model"]
        assert (tried.proposal.kind, tried.allowed) == ("stops", True)
        assert tried.p is not None

    def test_marks_an_idea_that_changes_what_was_said(self) -> None:
        moved = spec_of(NEAR.words.replace("below 35", "below 45")).as_json()
        model = ScriptedModel([idea(moved)] * 5)

        outcome = supervised(NEAR, panel=Panel(orchestrator=ModelOrchestrator(model=model)))

        (tried,) = [row for row in outcome.iterations[0].proposals if row.proposal.source == "model"]
        assert (tried.proposal.kind, tried.proposal.changes_meaning, tried.allowed) == ("parameters", True, False)

    def test_drops_an_observation_whose_numbers_are_made_up(self) -> None:
        said = [
            {"code": "made_up", "severity": "medium", "sentence": "It would have made 98765 %."},
            {"code": "patience", "severity": "low", "sentence": "The exit waits for the same indicator."},
        ]
        model = ScriptedModel([json.dumps({"observations": said})] * 5)

        outcome = supervised(NEAR, panel=Panel(analyst=ModelAnalyst(model=model)))

        codes = [finding.code for finding in outcome.iterations[0].findings]
        assert "patience" in codes
        assert "made_up" not in codes
        assert "stop_too_near" in codes

    @pytest.mark.parametrize(
        ("model", "code"),
        [
            (ScriptedModel(["nonsense"] * 9), "answer_invalid"),
            (ScriptedModel([idea({"schema_version": "1"})] * 9), "answer_invalid"),
            (ScriptedModel([ModelUnavailable("Blocked.", code="answer_blocked")]), "answer_blocked"),
            (ScriptedModel([BudgetExhausted("Nothing is left.")]), "budget_exhausted"),
            (SlowModel(), "model_too_slow"),
        ],
        ids=["broken", "useless", "blocked", "over_budget", "slow"],
    )
    def test_lets_the_rules_answer_once_a_model_cannot_and_says_so(self, model: Any, code: str) -> None:
        thoughts: list[str] = []

        def listen(event: str, /, **data: Any) -> None:
            if event == "agent.thought" and data.get("code"):
                thoughts.append(data["code"])

        panel = Panel(orchestrator=ModelOrchestrator(model=model, seconds=0.05))
        outcome = supervised(NEAR, panel=panel, on_event=listen)

        assert thoughts == [code]
        assert [one.as_dict() for one in outcome.iterations] == [one.as_dict() for one in supervised(NEAR).iterations]


def vega_lite_schema() -> Any:
    import importlib.resources

    file = importlib.resources.files("altair") / "vegalite/v5/schema/vega-lite-schema.json"
    return json.loads(file.read_text())


class TestInsights:
    def test_are_valid_vega_lite_and_say_why_they_help(self) -> None:
        validator = jsonschema.Draft7Validator(vega_lite_schema())
        for planted in (NEAR, DEAD, BY_NAME["one weekday loses"]):
            bench = bench_of(planted)
            situation = bench.situation(spec_of(planted.words))
            pictures = insights(situation, first_look(planted).findings)

            assert len(pictures) >= 2
            for picture in pictures:
                problems: Sequence[Any] = list(validator.iter_errors(picture.with_values()))
                assert [problem.message[:200] for problem in problems] == [], picture.name
                assert not list(validator.iter_errors(picture.with_url("/rows/")))
                assert picture.why
                assert picture.rows

    def test_names_the_finding_that_a_picture_shows(self) -> None:
        bench = bench_of(NEAR)
        findings = first_look(NEAR).findings
        (excursion,) = [
            one for one in insights(bench.situation(spec_of(NEAR.words)), findings) if one.name == "trade_excursion"
        ]

        assert excursion.why == next(one.sentence for one in findings if one.code == "stop_too_near")


def test_a_broker_setting_reaches_every_trial() -> None:
    free = Bench(dataset=NEAR.dataset(), broker=BrokerSettings(commission=0.0))

    result = free.play(spec_of(NEAR.words))

    assert result.metrics["commissions"] == 0
