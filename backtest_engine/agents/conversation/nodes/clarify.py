"""From words to a strategy, or to one question about them."""

from typing import Any

from backtest_engine.agents.conversation.refining import Refined
from backtest_engine.agents.conversation.settings import read_run
from backtest_engine.agents.conversation.state import Option, Plan
from backtest_engine.agents.conversation.turn import Turn
from backtest_engine.errors import DescriptionRefused, NeedsClarification
from backtest_engine.generate.offline import OfflineGenerator
from backtest_engine.language import explain
from backtest_engine.language.overlaps import overlap
from backtest_engine.spec import StrategySpec

# What the rules cannot read and a model perhaps can.
_BEYOND_RULES = frozenset(["not_understood", "unknown_word", "unsupported_rule", "unsupported_sizing"])


def run(turn: Turn) -> str | None:
    """Read what the turn says of the strategy; ask where it is open."""
    plan = turn.plan
    if turn.outcomes is not None:
        return _unknown_symbol(turn)
    if plan.spec is not None:
        return "understood"
    if plan.intent == "new_strategy":
        return _read(turn, plan)
    assert turn.refined is not None  # noqa: S101  # a turn that changes something was read
    return _refined(turn, plan, turn.refined)


# A new description


def _read(turn: Turn, plan: Plan) -> str:
    try:
        draft = OfflineGenerator().generate(plan.said)
    except NeedsClarification as error:
        return _ask_about(turn, plan, error.details.get("questions", []))
    except DescriptionRefused as error:
        return _refused(turn, plan, error)
    plan.spec = dict(draft.spec or {})
    plan.name, plan.code, plan.explanation = draft.name, draft.code, draft.explanation
    plan.assumptions = [*draft.assumptions, *(notice.message for notice in draft.warnings)]
    plan.settings = _named(plan, draft.settings)
    return "understood"


def _named(plan: Plan, said: Any) -> dict[str, Any]:
    """Return the settings with those that the description names, dates as the turns of a conversation count them."""
    run = read_run("")
    run.values = dict(said)
    return run.over(plan.settings)


def _ask_about(turn: Turn, plan: Plan, questions: list[dict[str, Any]]) -> str:
    options = [
        Option(id=str(option["id"]), label=str(option["text"]), wording=str(option["reading"]))
        for question in questions
        for option in question.get("options", [])
        if isinstance(option, dict)
    ]
    unique = {option.id: option for option in options}
    text = " ".join(dict.fromkeys(str(question["question"]) for question in questions)) or "What is meant?"
    turn.ask(text, list(unique.values()), said=plan.said)
    return "asked"


def _refused(turn: Turn, plan: Plan, error: DescriptionRefused) -> str:
    problems = error.details.get("problems", [])
    if (
        "generate" in turn.abilities
        and "model" in turn.abilities
        and all(one.get("code") in _BEYOND_RULES for one in problems)
    ):
        plan.settings = _named(plan, error.details.get("settings", {}))
        return "understood"
    turn.ask(
        f"That could not be read as a strategy: {error.message}. When should it buy, and when should it sell? "
        "For example: buy when RSI(14) is below 30, sell when RSI(14) is above 70.",
        [],
    )
    return "asked"


# A change


def _refined(turn: Turn, plan: Plan, refined: Refined) -> str:
    edited = refined.edited
    if refined.run.conflicts:
        turn.ask(f"Two values are said for the {'; the '.join(refined.run.conflicts)}. Which is meant?", [])
        return "asked"
    if edited.impossible:
        turn.ask(f"That cannot be done: {edited.impossible}. What should be changed instead?", [])
        return "asked"
    if edited.unread:
        return _ask_about_the_rest(turn, plan, refined)
    if edited.question or edited.choices:
        _ask_which(turn, plan, refined)
        return "asked"
    if (where := _overlapping(edited.spec, refined.base)) is not None:
        options = [_option("anyway", "do it anyway", edited.spec, plan)]
        turn.ask(
            f"Entry and exit would then both hold while {where}, so that a position closes as soon as it is open. "
            "Is that meant?",
            options,
        )
        return "asked"
    plan.spec = edited.spec.as_json()
    if plan.spec == turn.state.spec and plan.settings == turn.state.settings and not plan.symbols:
        turn.say("text", "Nothing changes: the strategy is like that already.")
        return "asked"
    if plan.spec == turn.state.spec:
        plan.spec = None
        return "rerun_backtest"
    return "understood"


def _option(name: str, label: str, spec: StrategySpec, plan: Plan) -> Option:
    return Option(id=name, label=label, wording=label, spec=spec.as_json(), settings=dict(plan.settings))


def _ask_which(turn: Turn, plan: Plan, refined: Refined) -> None:
    choices = refined.edited.choices
    options = [_option(f"option_{place}", choice.label, choice.spec, plan) for place, choice in enumerate(choices, 1)]
    question = refined.edited.question or "Which is meant?"
    if len(options) == 1:
        question = f"Is this meant: {options[0].label}?"
    quoted = f"'{turn.text.strip()[:200]}' can be done in {len(options)} ways. " if len(options) > 1 else ""
    turn.ask(f"{quoted}{question} Nothing has changed yet.", options)


def _ask_about_the_rest(turn: Turn, plan: Plan, refined: Refined) -> str:
    unread = ", ".join(f"'{text}'" for text in refined.edited.unread)
    why = f" ({refined.refused})" if refined.refused else ""
    options = [
        _option("without", "do the rest without it", choice.spec, plan)
        for choice in refined.edited.choices
        if choice.label == "the rest"
    ]
    told = f" The rest would be: {explain(StrategySpec.model_validate(options[0].spec))}" if options else ""
    turn.ask(f"{unread} was not understood{why}, so nothing has changed yet.{told} What is meant?", options)
    return "asked"


def _overlapping(after: StrategySpec, before: StrategySpec) -> str | None:
    for name, side in after.sides.items():
        old = before.sides.get(name)
        if side.exit is None or (old is not None and (old.entry, old.exit) == (side.entry, side.exit)):
            continue
        if (where := overlap(side.entry, side.exit)) is not None:
            return where
    return None


# A market that nobody knows


def _unknown_symbol(turn: Turn) -> str:
    plan = turn.plan
    error = next(one["error"] for one in turn.outcomes or [] if one.get("error"))
    details = error.get("details") or {}
    offered = [*details.get("near", []), *details.get("available", [])]
    options = [
        Option(
            id=f"market_{symbol}",
            label=str(symbol),
            wording=f"on {symbol}",
            spec=plan.spec,
            settings={**plan.settings, "symbol": symbol},
        )
        for symbol in list(dict.fromkeys(offered))[:8]
    ]
    turn.outcomes = None
    turn.ask(f"{error['message']} Which market should it be? Nothing has changed yet.", options, said="")
    return "asked"
