"""Waiting for backtests, and what became of them."""

import hashlib
import json
from typing import Any

from backtest_engine.agents.conversation.nodes.design import MOST_FIXES
from backtest_engine.agents.conversation.state import Change, Result
from backtest_engine.agents.conversation.turn import Turn

KEPT_METRICS = (
    "return_pct",
    "buy_hold_return_pct",
    "sharpe_ratio",
    "max_drawdown_pct",
    "trades",
    "win_rate_pct",
    "profit_factor",
    "equity_final",
    "exposure_time_pct",
)
# What changing the strategy's code mends; everything else is the request's or somebody else's fault.
_STRATEGYS_FAULT = frozenset(
    ["strategy_error", "strategy_rejected", "strategy_raised", "limit_exceeded", "sandbox_violation", "invalid_journal"]
)


def run(turn: Turn) -> str | None:
    """Ask for backtests, then look at how they ended."""
    if turn.commands:
        return None
    if turn.outcomes is None:
        _execute(turn)
        return None
    plan = turn.plan
    failed = next((one for one in turn.outcomes if one["state"] != "succeeded"), None)
    if failed is not None:
        return _failed(turn, failed.get("error") or {})
    done = [*plan.focus.get("done", []), *(one["result"] for one in turn.outcomes)]
    plan.focus["done"] = done
    left = plan.symbols[len(done) :]
    if left:
        turn.outcomes = None
        for symbol in left:
            _execute_on(turn, symbol)
        return None
    _keep(turn, done)
    return "succeeded"


def _execute(turn: Turn) -> None:
    plan = turn.plan
    for symbol in plan.symbols:
        _execute_on(turn, symbol)
    if not plan.symbols:
        _execute_on(turn, None)


def _execute_on(turn: Turn, symbol: str | None) -> None:
    settings = {**turn.plan.settings, **({"symbol": symbol} if symbol else {})}
    done = turn.plan.focus.get("done") or [{}]
    turn.command(
        "execute",
        strategy=done[0].get("strategy") or turn.state.strategy,
        version=done[0].get("version") or turn.state.version,
        settings=settings,
    )


def _failed(turn: Turn, error: dict[str, Any]) -> str:
    code = error.get("code", "")
    if code == "unknown_symbol":
        return "unknown_symbol"
    mendable = code in _STRATEGYS_FAULT or bool((error.get("details") or {}).get("phase"))
    if mendable and turn.plan.fixes < MOST_FIXES:
        return "failed"
    turn.plan.focus["error"] = error
    return "gave_up"


def _keep(turn: Turn, done: list[dict[str, Any]]) -> None:
    """Make what was planned current; a look at several markets changes nothing."""
    state, plan = turn.state, turn.plan
    results = [_result(one) for one in done]
    plan.focus["results"] = [one.model_dump() for one in results]
    state.shown = results if len(results) > 1 else []
    _count_try(turn, results)
    if plan.symbols and plan.spec is None:
        return
    if plan.intent == "compare":
        return
    first = done[0]
    parent = len(state.changes) - 1 if state.changes and not plan.replaces else None
    if plan.back_to is not None:
        parent = state.changes[plan.back_to].parent
    state.strategy = str(first.get("strategy") or state.strategy)
    state.version = int(first.get("version") or state.version or 1)
    plan.focus["before"] = {"spec": state.spec, "settings": state.settings, "code": state.code}
    spec = first.get("spec") if "spec" in first else plan.spec
    if plan.spec is not None or "spec" in first:
        state.spec = plan.spec or spec
        state.code = first.get("code") or state.code
    if plan.replaces or not state.title:
        state.title = str(first.get("name") or plan.name or state.title)
    if "last" in plan.settings:
        # The span ends where the data do: only the backtest says when it began.
        plan.settings = {name: value for name, value in plan.settings.items() if name != "last"}
        plan.settings["start"] = results[0].first[:10]
    state.settings = dict(plan.settings)
    if plan.replaces:
        state.best = None
    state.changes.append(
        Change(
            turn=state.turn,
            parent=parent,
            spec=state.spec,
            settings=state.settings,
            version=state.version,
            said=plan.said[:300],
            results=results,
        )
    )


def _result(done: dict[str, Any]) -> Result:
    execution = done["execution"]
    metrics = execution.get("metrics") or {}
    return Result(
        execution=str(execution["id"]),
        version=done.get("version"),
        symbol=str(execution["symbol"]),
        interval=execution["interval"],
        first=execution["first_bar_at"],
        last=execution["last_bar_at"],
        metrics={name: metrics.get(name) for name in KEPT_METRICS},
    )


def _count_try(turn: Turn, results: list[Result]) -> None:
    """Count every strategy that was evaluated on given bars once: the same again is no further try."""
    spec = turn.plan.spec or turn.state.spec
    for result in results:
        settings = {
            name: value for name, value in turn.plan.settings.items() if name not in ("symbol", "start", "end", "last")
        }
        key = json.dumps([spec, settings, result.symbol, result.interval, result.first, result.last], sort_keys=True)
        digest = _digest(key)
        if digest not in turn.state.tried:
            turn.state.tried.append(digest)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
