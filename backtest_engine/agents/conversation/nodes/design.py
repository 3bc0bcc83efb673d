"""From a strategy to code: a version is written, repaired, or taken back."""

from backtest_engine.agents.conversation.state import Change
from backtest_engine.agents.conversation.turn import Turn
from backtest_engine.language import explain, title_of
from backtest_engine.spec import StrategySpec

MOST_FIXES = 5


def run(turn: Turn) -> str | None:
    """Ask for the next version."""
    plan = turn.plan
    if turn.outcomes is not None:
        return _fix(turn)
    if plan.intent == "undo" and plan.spec is None:
        return _undo(turn)
    if plan.intent == "modify_code":
        turn.say(
            "text",
            "The code is written from the rules of the strategy, so that both always say the same; it is not edited "
            "freely here. The code was not changed. Say a change of the rules instead, or take the code with "
            "'show me the code'.",
        )
        return "nothing"
    if plan.spec is None:
        turn.command("generate", description=plan.said, settings=plan.settings)
        return "written"
    spec = StrategySpec.model_validate(plan.spec)
    plan.name = plan.name or (turn.state.title if not plan.replaces else "") or title_of(spec, plan.settings)
    plan.explanation = plan.explanation or explain(spec)
    settings = dict(plan.settings)
    if plan.symbols:
        settings["symbol"] = plan.symbols[0]
    turn.command(
        "revise",
        strategy=None if plan.replaces else turn.state.strategy,
        name=plan.name,
        description=turn.state.goal,
        spec=plan.spec,
        explanation=plan.explanation,
        assumptions=plan.assumptions,
        settings=settings,
    )
    return "written"


def _fix(turn: Turn) -> str:
    plan = turn.plan
    plan.fixes += 1
    turn.outcomes = None
    turn.command("fix", strategy=plan.focus.get("strategy") or turn.state.strategy, settings=plan.settings)
    return "written"


def _undo(turn: Turn) -> str:
    state, plan = turn.state, turn.plan
    target = _target(turn)
    if target is None:
        turn.say("text", "There is nothing to take back: this is the first version.")
        return "nothing"
    change = state.changes[target]
    plan.back_to = target
    plan.spec = change.spec
    # A version is gone back to for its rules; the last change is taken back as it was, its settings too.
    plan.settings = dict(change.settings) if "steps" in plan.focus else dict(state.settings)
    if plan.spec == state.spec and plan.settings == state.settings:
        turn.say("text", "Nothing changes: the strategy is like that already.")
        return "nothing"
    return run(turn) or "written"


def _target(turn: Turn) -> int | None:
    changes, focus = turn.state.changes, turn.plan.focus
    if not changes:
        return None
    if "version" in focus:
        numbered = [place for place, change in enumerate(changes) if change.version == focus["version"]]
        return numbered[-1] if numbered else None
    if focus.get("first"):
        return _first_of(changes)
    place = len(changes) - 1
    for _ in range(int(focus.get("steps", 1))):
        parent = changes[place].parent
        if parent is None:
            return place if place != len(changes) - 1 else None
        place = parent
    return place


def _first_of(changes: list[Change]) -> int:
    """Return where the strategy of now began: a new description begins anew."""
    place = len(changes) - 1
    while (parent := changes[place].parent) is not None:
        place = parent
    return place
