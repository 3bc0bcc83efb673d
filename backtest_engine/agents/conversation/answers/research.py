"""Research by asking: a sweep, the other readings, whether it is luck. Each becomes a study where one can be made."""

from typing import Any

from backtest_engine.agents.conversation.state import CommandKind
from backtest_engine.agents.conversation.turn import Turn

TITLES: dict[str, str] = {
    "optimize": "trying many values",
    "spread": "testing the other readings of the words",
    "significance": "testing whether the result may be luck",
}


def answer(turn: Turn) -> None:
    """Ask for the study, or say that it cannot be made here."""
    kind: CommandKind = turn.plan.intent  # type: ignore[assignment]  # the intents of research are kinds of command
    state = turn.state
    if kind not in turn.abilities:
        turn.say(
            "text", f"Not available here: {TITLES[kind]}. Nothing has changed.", metadata={"code": "not_available"}
        )
        return
    if turn.outcomes is None:
        turn.command(
            kind,
            strategy=state.strategy,
            version=state.version,
            spec=state.spec,
            settings=state.settings,
            said=turn.text,
            goal=state.goal,
        )
        return
    outcome = turn.outcomes[0]
    if outcome["state"] != "succeeded":
        error = outcome.get("error") or {}
        turn.say("error", str(error.get("message", "The study failed.")), metadata={"code": error.get("code", "error")})
        return
    result: dict[str, Any] = outcome["result"]
    if (best := result.get("best_spec")) is not None:
        state.best = best
    turn.say("study", str(result.get("summary", "")), metadata={"kind": kind, "study": result})
