"""What a backtest gave: the change in words, the code, the figures, and the bars to play."""

import difflib
import math
from statistics import NormalDist
from typing import Any

from backtest_engine.agents.conversation.answers.comparing import side_by_side
from backtest_engine.agents.conversation.differences import changes, sentence, setting_changes
from backtest_engine.agents.conversation.turn import Turn
from backtest_engine.language import explain
from backtest_engine.spec import StrategySpec

# From this many tries on, the answer says what trying does to the evidence.
MANY_TRIES = 5
_EULER = 0.5772156649015329


def answer(turn: Turn) -> None:
    """Say what changed and what came of it."""
    plan = turn.plan
    if (error := plan.focus.get("error")) is not None:
        _failure(turn, error)
        return
    done = plan.focus["done"]
    before = plan.focus.get("before")
    if before is not None:
        _what_was_understood(turn, before)
    if len(done) > 1:
        side_by_side(turn, plan.focus["results"], title="Side by side")
    for one in done if len(done) > 1 else done[:1]:
        _figures(turn, one)
    _replay(turn, done[0])
    _evidence(turn)


def _what_was_understood(turn: Turn, before: dict[str, Any]) -> None:
    state, plan = turn.state, turn.plan
    if plan.intent == "new_strategy":
        told = (
            explain(StrategySpec.model_validate(state.spec))
            if state.spec is not None
            else "It is written as free code."
        )
        assumed = "".join(f"\nAssumed: {line}" for line in plan.assumptions)
        turn.say("text", f"{told}{assumed}", metadata={"assumptions": plan.assumptions, "title": state.title})
        turn.say("code", state.code, metadata=_about(turn) | {"language": "python"})
        return
    _diff(turn, before)


def _about(turn: Turn) -> dict[str, Any]:
    return {"strategy": turn.state.strategy, "version": turn.state.version}


def _diff(turn: Turn, before: dict[str, Any]) -> None:
    state = turn.state
    after = StrategySpec.model_validate(state.spec) if state.spec is not None else None
    old = StrategySpec.model_validate(before["spec"]) if before["spec"] is not None else None
    changed, stayed = changes(old, after) if after is not None else ([], [])
    settings = setting_changes(before["settings"], state.settings)
    if not changed:
        if settings:
            turn.say(
                "text",
                f"Run with {'; '.join(map(sentence, settings))}. The rules stay as they are.",
                metadata={"settings": settings},
            )
        return
    lines = [*map(sentence, changed), *map(sentence, settings)]
    kept = f"\nStays: {'; '.join(stayed)}." if stayed else ""
    diff = list(
        difflib.unified_diff(
            before["code"].splitlines(), state.code.splitlines(), "before", f"v{state.version}", n=2, lineterm=""
        )
    )
    content = f"{'Taken back. ' if turn.plan.intent == 'undo' else ''}{'; '.join(lines)}.{kept}"
    turn.say(
        "diff",
        content,
        metadata=_about(turn) | {"changes": changed, "settings": settings, "stayed": stayed, "diff": "\n".join(diff)},
    )


def _figures(turn: Turn, done: dict[str, Any]) -> None:
    execution = done["execution"]
    metrics = execution.get("metrics") or {}
    tries = len(turn.state.tried)
    facts = _about(turn) | {
        "execution": execution["id"],
        "symbol": execution["symbol"],
        "interval": execution["interval"],
        "first_bar_at": execution["first_bar_at"],
        "last_bar_at": execution["last_bar_at"],
        "verified": execution.get("verified"),
        "try": tries,
    }
    turn.say("metrics", f"{told(execution)} This is try {tries}.", metadata=facts, metrics=metrics)
    for warning in execution.get("warnings") or []:
        if (warning.get("details") or {}).get("severity") in ("doubt", "error", "blocking") or warning["code"] in _TOLD:
            turn.say("warning", warning["message"], metadata={"code": warning["code"], "execution": execution["id"]})
    _shorter_data(turn, execution)


_TOLD = frozenset(
    [
        "no_trades",
        "interval_mismatch",
        "fitted_to_bars",
        "data_starts_later",
        "short_history",
        "unpaid_orders",
        "orders_lost",
    ]
)


def told(execution: dict[str, Any]) -> str:
    """Return a backtest in a sentence."""
    metrics = execution.get("metrics") or {}
    span = f"{execution['first_bar_at'][:10]} to {execution['last_bar_at'][:10]}"
    figures = [
        f"return {_percent(metrics.get('return_pct'))} "
        f"(buying and holding {_percent(metrics.get('buy_hold_return_pct'))})",
        f"largest drawdown {_percent(metrics.get('max_drawdown_pct'))}",
        f"{metrics.get('trades') or 0} trades",
    ]
    if metrics.get("sharpe_ratio") is not None:
        figures.append(f"Sharpe {metrics['sharpe_ratio']:.2f}")
    return f"{execution['symbol']} {execution['interval']}, {span}: {', '.join(figures)}."


def _percent(value: float | None) -> str:
    # Adding nothing turns a negative zero into one that people write.
    return "–" if value is None else f"{round(value, 1) + 0.0:.1f} %"


def _shorter_data(turn: Turn, execution: dict[str, Any]) -> None:
    """Say where the bars cover less than was asked for."""
    settings, first, last = turn.plan.settings, execution["first_bar_at"][:10], execution["last_bar_at"][:10]
    start, end = str(settings.get("start") or ""), str(settings.get("end") or "")
    late = start and _days(first) - _days(start) > 7
    early = end and _days(end) - _days(last) > 7
    if late or early:
        asked = f"{start or 'the beginning'} to {end or 'the end'}"
        turn.say(
            "warning",
            f"The data of {execution['symbol']} cover {first} to {last} only, of {asked} that was asked for.",
            metadata={"code": "data_cover_less", "execution": execution["id"]},
        )


def _days(day: str) -> int:
    year, month, number = map(int, day.split("-"))
    return year * 365 + month * 30 + number


def _replay(turn: Turn, done: dict[str, Any]) -> None:
    execution = done["execution"]
    data = {
        "execution": execution["id"],
        "symbol": execution["symbol"],
        "interval": execution["interval"],
        "bars": execution["bars"],
        "first_bar_at": execution["first_bar_at"],
        "last_bar_at": execution["last_bar_at"],
        "url": f"/api/executions/{execution['id']}/replay/",
    }
    turn.say(
        "backtest_replay",
        f"{execution['bars']} bars of {execution['symbol']} to step through.",
        metadata=_about(turn),
        backtest_data=data,
    )


def _evidence(turn: Turn) -> None:
    tries = len(turn.state.tried)
    if tries < MANY_TRIES or turn.plan.intent == "undo":
        return
    turn.say(
        "warning",
        f"{tries} tries so far: of {tries} strategies that know nothing, the best is expected "
        f"{expected_best(tries):.1f} standard errors above zero by luck alone. Ask 'is that just luck?' before you "
        "believe the best of them.",
        metadata={"code": "many_tries", "tries": tries},
    )


def expected_best(tries: int) -> float:
    """Return the expected maximum of so many independent standard normal values.

    Bailey and López de Prado, The Deflated Sharpe Ratio (2014), equation 6.
    """
    if tries < 2:
        return 0.0
    normal = NormalDist()
    return (1 - _EULER) * normal.inv_cdf(1 - 1 / tries) + _EULER * normal.inv_cdf(1 - 1 / (tries * math.e))


def _failure(turn: Turn, error: dict[str, Any]) -> None:
    hint = f" {error['hint']}" if error.get("hint") else ""
    line = f" (line {error['line']})" if error.get("line") else ""
    tried = f" {turn.plan.fixes} repairs did not help." if turn.plan.fixes else ""
    kept = " Nothing has changed." if turn.state.spec is not None else ""
    turn.say(
        "error",
        f"{error.get('message', 'The run failed.')}{line}{hint}{tried}{kept}",
        metadata={"code": error.get("code", "error"), "problem": error},
    )
